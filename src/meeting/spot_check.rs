//! 抽查: the system draws some of those who are signed in, and staff look whether they are there. A code can be passed
//! on; a person who answers to their name cannot.

use std::collections::{HashMap, HashSet};

use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::model::{Finding, Presence, attendance, meeting, spot_check};
use super::people_list::{self, Row};
use crate::base::Base;
use crate::base::db::whole;
use crate::base::error::Coded;
use crate::people::audit;

/// People of one draw at most: as many as staff can look for.
pub const MOST: usize = 50;

/// The newest that are listed.
const LISTED: u64 = 1000;

#[derive(Debug, thiserror::Error)]
pub enum SpotError {
    #[error("no such meeting")]
    NoMeeting,
    #[error("a draw of {0}")]
    Count(usize),
    #[error("nobody was drawn under this id")]
    NotFound,
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for SpotError {
    fn code(&self) -> &'static str {
        match self {
            SpotError::NoMeeting => "meeting_not_found",
            SpotError::Count(_) => "bad_request",
            SpotError::NotFound => "not_found",
            SpotError::Database(_) => "unavailable",
        }
    }
}

/// Draws `count` of those who are signed in and were not drawn before; fewer when there are fewer. `draw` names the
/// act: a repeat is the same draw. Returns how many it drew.
pub async fn draw(
    base: &Base,
    meeting_id: Uuid,
    draw: Uuid,
    count: usize,
    actor: &str,
) -> Result<usize, SpotError> {
    if count == 0 || count > MOST {
        return Err(SpotError::Count(count));
    }
    let tx = base.db.write().await?;
    meeting::Entity::find_by_id(meeting_id).lock_exclusive().one(&tx).await?.ok_or(SpotError::NoMeeting)?;
    let before =
        spot_check::Entity::find().filter(spot_check::Column::MeetingId.eq(meeting_id)).all(&tx).await?;
    let repeated = before.iter().filter(|one| one.draw_id == draw).count();
    if repeated > 0 {
        return Ok(repeated);
    }
    let before: HashSet<Uuid> = before.into_iter().map(|one| one.person_id).collect();
    let present: Vec<Uuid> = attendance::Entity::find()
        .select_only()
        .column(attendance::Column::PersonId)
        .filter(attendance::Column::MeetingId.eq(meeting_id))
        .filter(attendance::Column::Status.eq(Presence::In.word()))
        .into_tuple()
        .all(&tx)
        .await?;
    let left: Vec<Uuid> = present.into_iter().filter(|person| !before.contains(person)).collect();
    let chosen = some_of(&left, count);
    let drawn = chosen.len();
    if drawn == 0 {
        return Ok(0);
    }
    let now = base.clock.now();
    let rows = chosen.into_iter().map(|person_id| {
        whole(spot_check::Model {
            id: Uuid::now_v7(),
            meeting_id,
            person_id,
            draw_id: draw,
            drawn_at: now,
            finding: Finding::Pending.word().to_string(),
            found_at: None,
            found_by: None,
        })
    });
    spot_check::Entity::insert_many(rows).exec_without_returning(&tx).await?;
    audit::write(base, &tx, actor, "spot.draw", &meeting_id.to_string(), &drawn.to_string()).await?;
    tx.commit().await?;
    Ok(drawn)
}

/// `count` of `people`, each as likely as every other.
fn some_of(people: &[Uuid], count: usize) -> Vec<Uuid> {
    let mut random = rand::rng();
    rand::seq::index::sample(&mut random, people.len(), count.min(people.len()))
        .into_iter()
        .map(|index| people[index])
        .collect()
}

/// Somebody who was drawn.
pub struct Drawn {
    pub check: spot_check::Model,
    pub finding: Finding,
    pub row: Row,
}

/// Everybody drawn at `meeting`: those still to be looked for first, then the newest.
pub async fn list(base: &Base, meeting: Uuid) -> Result<Vec<Drawn>, DbErr> {
    let checks = spot_check::Entity::find()
        .filter(spot_check::Column::MeetingId.eq(meeting))
        .order_by_desc(spot_check::Column::DrawnAt)
        .order_by_asc(spot_check::Column::Id)
        .limit(LISTED)
        .all(base.db.read())
        .await?;
    let people: Vec<Uuid> = checks.iter().map(|check| check.person_id).collect();
    let rows = people_list::these(base, meeting, &people).await?;
    let mut rows: HashMap<Uuid, Row> = rows.into_iter().map(|row| (row.person, row)).collect();
    let mut drawn: Vec<Drawn> = checks
        .into_iter()
        .filter_map(|check| {
            let finding = Finding::parse(&check.finding).unwrap_or(Finding::Pending);
            Some(Drawn { row: rows.remove(&check.person_id)?, check, finding })
        })
        .collect();
    drawn.sort_by_key(|one| one.finding != Finding::Pending);
    Ok(drawn)
}

/// Notes what staff found. The last word counts: who was in the corridor may come back.
pub async fn find(
    base: &Base,
    meeting: Uuid,
    check: Uuid,
    finding: Finding,
    actor: &str,
) -> Result<(), SpotError> {
    let tx = base.db.write().await?;
    let known = spot_check::Entity::find_by_id(check)
        .filter(spot_check::Column::MeetingId.eq(meeting))
        .one(&tx)
        .await?
        .ok_or(SpotError::NotFound)?;
    if known.finding == finding.word() {
        return Ok(());
    }
    let row = spot_check::ActiveModel {
        id: Set(check),
        finding: Set(finding.word().to_string()),
        found_at: Set(Some(base.clock.now())),
        found_by: Set(Some(actor.to_string())),
        ..Default::default()
    };
    spot_check::Entity::update(row).exec(&tx).await?;
    let action = format!("spot.{}", finding.word());
    audit::write(base, &tx, actor, &action, &meeting.to_string(), &known.person_id.to_string()).await?;
    tx.commit().await?;
    Ok(())
}
