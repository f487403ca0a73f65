//! What somebody in the hall does with questions: asks one, and joins those of others.

use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Polls;
use super::live;
use super::model::{QuestionState, poll_question, poll_upvote};
use super::refusal::PollRefusal;
use super::stage::hold;
use crate::base::db::whole;
use crate::meeting::attendance::presence::{self, Guest};
use crate::people::name::one_line;

/// A question as somebody sends it.
#[derive(Clone, Debug)]
pub struct Ask {
    pub meeting: Uuid,
    pub person: Uuid,
    /// Names this act: the same again is the same question.
    pub op: String,
    pub text: String,
    /// Others see no name; organisers do.
    pub unnamed: bool,
}

/// Characters of a question at most.
pub const TEXT: usize = 200;
/// Questions of one person that wait for an organiser at most.
pub const WAITING: u64 = 3;
/// Questions of one meeting at most.
const QUESTIONS: u64 = 1000;
/// How long an act waits for those before it.
const PATIENCE: Duration = Duration::from_secs(10);

impl Polls {
    /// Asks. Others see it once an organiser made it public, or at once where the meeting is set so.
    pub async fn ask(&self, ask: &Ask) -> Result<poll_question::Model, PollRefusal> {
        let text = one_line(&ask.text);
        let problem = match text.chars().count() {
            0 => Some("请写下问题".to_string()),
            long if long > TEXT => Some(format!("问题最多 {TEXT} 个字")),
            _ => None,
        };
        if let Some(problem) = problem {
            return Err(PollRefusal::Invalid(problem));
        }
        let _turn = self.turn().await?;
        let base = &self.base;
        let held = hold(base, ask.meeting).await?;
        let id = id_of(ask);
        if let Some(asked) = poll_question::Entity::find_by_id(id).one(&held.tx).await? {
            return Ok(asked);
        }
        if held.over {
            return Err(PollRefusal::MeetingOver);
        }
        if !held.stage.asking {
            return Err(PollRefusal::AskingOff);
        }
        let guest = in_the_room(&held.tx, ask.meeting, ask.person).await?;
        let all = poll_question::Entity::find().filter(poll_question::Column::MeetingId.eq(ask.meeting));
        let own = all.clone().filter(poll_question::Column::PersonId.eq(ask.person));
        let waits = own.filter(poll_question::Column::State.eq(QuestionState::Waiting.word()));
        if waits.count(&held.tx).await? >= WAITING {
            return Err(PollRefusal::ManyWaiting(WAITING));
        }
        if all.count(&held.tx).await? >= QUESTIONS {
            return Err(PollRefusal::Invalid(format!("这次会议的提问已满 {QUESTIONS} 个")));
        }
        let state = if held.stage.moderated { QuestionState::Waiting } else { QuestionState::Public };
        let asked = poll_question::Model {
            id,
            meeting_id: ask.meeting,
            person_id: ask.person,
            name: guest.name,
            unit: guest.unit,
            unnamed: ask.unnamed,
            text,
            state: state.word().to_string(),
            upvotes: 0,
            asked_at: base.clock.now(),
            decided_at: None,
            decided_by: None,
            version: 1,
        };
        let row = whole::<poll_question::ActiveModel>(asked.clone());
        poll_question::Entity::insert(row).exec_without_returning(&held.tx).await?;
        held.commit(base).await?;
        Ok(asked)
    }

    /// Joins a public question, or takes that back; the same again changes nothing.
    pub async fn upvote(
        &self,
        meeting: Uuid,
        question: Uuid,
        person: Uuid,
        up: bool,
    ) -> Result<(), PollRefusal> {
        let _turn = self.turn().await?;
        let tx = self.base.db.write().await?;
        // Takes the question's lock and moves its version; where nothing changes it is rolled back.
        let locked = poll_question::Entity::update_many()
            .col_expr(poll_question::Column::Version, Expr::col(poll_question::Column::Version).add(1))
            .filter(poll_question::Column::Id.eq(question))
            .filter(poll_question::Column::MeetingId.eq(meeting))
            .filter(poll_question::Column::State.eq(QuestionState::Public.word()))
            .exec_with_returning(&tx)
            .await?;
        if locked.is_empty() {
            return Err(PollRefusal::NoQuestion);
        }
        in_the_room(&tx, meeting, person).await?;
        let row = poll_upvote::Model { question_id: question, person_id: person };
        let changed = if up {
            let once = OnConflict::columns([poll_upvote::Column::QuestionId, poll_upvote::Column::PersonId])
                .do_nothing()
                .to_owned();
            poll_upvote::Entity::insert(whole::<poll_upvote::ActiveModel>(row))
                .on_conflict(once)
                .exec_without_returning(&tx)
                .await?
        } else {
            poll_upvote::Entity::delete_by_id((question, person)).exec(&tx).await?.rows_affected
        };
        if changed == 0 {
            return Ok(());
        }
        let count = poll_upvote::Entity::find()
            .filter(poll_upvote::Column::QuestionId.eq(question))
            .count(&tx)
            .await?;
        poll_question::Entity::update_many()
            .col_expr(poll_question::Column::Upvotes, Expr::value(count as i64))
            .filter(poll_question::Column::Id.eq(question))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        live::announce(&self.base, meeting).await;
        Ok(())
    }

    /// A hall that acts at once waits here in line and not for a connection each.
    async fn turn(&self) -> Result<tokio::sync::SemaphorePermit<'_>, PollRefusal> {
        let turn = tokio::time::timeout(PATIENCE, self.gate.acquire()).await;
        let turn = turn.map_err(|_| PollRefusal::RetryLater("no turn in time".to_string()))?;
        turn.map_err(|error| PollRefusal::RetryLater(error.to_string()))
    }
}

async fn in_the_room(
    conn: &impl sea_orm::ConnectionTrait,
    meeting: Uuid,
    person: Uuid,
) -> Result<Guest, PollRefusal> {
    let guest = presence::guests(conn, meeting, &[person]).await?.remove(&person);
    let guest = guest.ok_or(PollRefusal::NotSignedIn)?;
    if guest.away { Err(PollRefusal::Away) } else { Ok(guest) }
}

/// Tied to the person, so that nobody can take up another's act.
fn id_of(ask: &Ask) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(ask.meeting.as_bytes());
    hash.update(ask.person.as_bytes());
    hash.update(ask.op.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
