//! A meeting's polls and questions in an organiser's hand: locked, changed, noted in the audit log, told to everybody.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QuerySelect};
use uuid::Uuid;

use super::live;
use super::model::poll_stage;
use super::refusal::PollRefusal;
use crate::base::Base;
use crate::base::db::whole;
use crate::meeting::attendance::presence;
use crate::people::audit;

/// The stage under its lock. Dropping it changes nothing.
pub(super) struct Held {
    pub tx: DatabaseTransaction,
    pub stage: poll_stage::Model,
    /// The meeting is over or cancelled.
    pub over: bool,
}

/// Takes the lock of the meeting's stage, which is made with the first use.
pub(super) async fn hold(base: &Base, meeting: Uuid) -> Result<Held, PollRefusal> {
    let tx = base.db.write().await?;
    let row = presence::find(&tx, meeting).await?.ok_or(PollRefusal::NoMeeting)?;
    let once = OnConflict::column(poll_stage::Column::MeetingId).do_nothing().to_owned();
    poll_stage::Entity::insert(whole::<poll_stage::ActiveModel>(empty(meeting)))
        .on_conflict(once)
        .exec_without_returning(&tx)
        .await?;
    let stage = poll_stage::Entity::find_by_id(meeting).lock_exclusive().one(&tx).await?;
    let stage = stage.ok_or_else(|| PollRefusal::RetryLater("no stage".to_string()))?;
    Ok(Held { tx, stage, over: row.state().word() != "active" })
}

/// The stage as it is now; one that was never used is empty.
pub(super) async fn of(conn: &impl ConnectionTrait, meeting: Uuid) -> Result<poll_stage::Model, DbErr> {
    Ok(poll_stage::Entity::find_by_id(meeting).one(conn).await?.unwrap_or_else(|| empty(meeting)))
}

fn empty(meeting: Uuid) -> poll_stage::Model {
    poll_stage::Model {
        meeting_id: meeting,
        asking: false,
        moderated: true,
        shown_poll: None,
        shown_question: None,
        version: 0,
    }
}

impl Held {
    /// Adds a line to the audit log, and commits.
    pub async fn save(self, base: &Base, actor: &str, action: &str, detail: &str) -> Result<(), PollRefusal> {
        let meeting = self.stage.meeting_id.to_string();
        audit::write(base, &self.tx, actor, action, &meeting, detail).await?;
        self.commit(base).await
    }

    /// Writes the stage, commits, and tells everybody.
    pub async fn commit(self, base: &Base) -> Result<(), PollRefusal> {
        let Held { tx, mut stage, .. } = self;
        stage.version += 1;
        let meeting = stage.meeting_id;
        poll_stage::Entity::update(whole::<poll_stage::ActiveModel>(stage)).exec(&tx).await?;
        tx.commit().await?;
        live::announce(base, meeting).await;
        Ok(())
    }
}
