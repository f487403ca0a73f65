//! Requests for leave as they are shown.

use std::collections::{HashMap, HashSet};

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::REASON_PLACE;
use super::model::{LeaveState, leave_request};
use crate::base::Base;
use crate::meeting::model::{Presence, attendance, meeting, roster_entry};

/// One request, with who asked.
#[derive(Clone, Debug)]
pub struct Leave {
    pub row: leave_request::Model,
    pub name: String,
    pub unit: String,
    /// As it is now: whoever came has none.
    pub state: LeaveState,
    /// For organisers; `None` once it was forgotten, [`UNREADABLE`] where no key opens it.
    pub reason: Option<String>,
}

/// What stands in place of a reason that cannot be read.
pub const UNREADABLE: &str = "无法读取";

/// Requests of a meeting, those that wait first, then the newest.
pub async fn list(base: &Base, meeting: Uuid) -> Result<Vec<Leave>, DbErr> {
    let db = base.db.read();
    let rows = leave_request::Entity::find()
        .filter(leave_request::Column::MeetingId.eq(meeting))
        .order_by_desc(leave_request::Column::State.eq(LeaveState::Asked.word()))
        .order_by_desc(leave_request::Column::AskedAt)
        .limit(1000)
        .all(db)
        .await?;
    let people = || rows.iter().map(|row| row.person_id);
    let mut names: HashMap<Uuid, (String, String)> = roster_entry::Entity::find()
        .filter(roster_entry::Column::MeetingId.eq(meeting))
        .filter(roster_entry::Column::PersonId.is_in(people()))
        .all(db)
        .await?
        .into_iter()
        .map(|entry| (entry.person_id, (entry.name, entry.unit)))
        .collect();
    let came = came(db, meeting).await?;
    let reasons = reasons(base, &rows);
    Ok(rows
        .into_iter()
        .zip(reasons)
        .map(|(row, reason)| {
            let (name, unit) = names.remove(&row.person_id).unwrap_or_default();
            Leave { state: row.state(came.contains(&row.person_id)), name, unit, reason, row }
        })
        .collect())
}

/// The reasons in words, `None` where one was forgotten. What no key opens is said so on the page, and logged once for
/// all of them: an operator has lost a key, or somebody wrote into the database.
fn reasons(base: &Base, rows: &[leave_request::Model]) -> Vec<Option<String>> {
    let mut unreadable = Vec::new();
    let mut told = Vec::with_capacity(rows.len());
    for row in rows {
        told.push(match base.keys.open(REASON_PLACE, &row.reason_sealed) {
            _ if row.reason_sealed.is_empty() => None,
            Ok(reason) => Some(reason),
            Err(error) => {
                unreadable.push((row, error));
                Some(UNREADABLE.to_string())
            }
        });
    }
    if let Some((row, error)) = unreadable.first() {
        let count = unreadable.len();
        tracing::error!(meeting = %row.meeting_id, first = %row.id, count, %error, "reasons for leave cannot be read");
    }
    told
}

/// How many wait for a decision; whoever came needs none any more.
pub async fn count_waiting(base: &Base, meeting: Uuid) -> Result<usize, DbErr> {
    let db = base.db.read();
    let waiting: Vec<Uuid> = leave_request::Entity::find()
        .select_only()
        .column(leave_request::Column::PersonId)
        .filter(leave_request::Column::MeetingId.eq(meeting))
        .filter(leave_request::Column::State.eq(LeaveState::Asked.word()))
        .into_tuple()
        .all(db)
        .await?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let came = came(db, meeting).await?;
    Ok(waiting.iter().filter(|person| !came.contains(person)).count())
}

async fn came(db: &impl ConnectionTrait, meeting: Uuid) -> Result<HashSet<Uuid>, DbErr> {
    let came: Vec<Uuid> = attendance::Entity::find()
        .select_only()
        .column(attendance::Column::PersonId)
        .filter(attendance::Column::MeetingId.eq(meeting))
        .filter(attendance::Column::Status.ne(Presence::Undone.word()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(came.into_iter().collect())
}

/// The states of all requests of a meeting as stored, by person.
pub async fn states(db: &impl ConnectionTrait, meeting: Uuid) -> Result<HashMap<Uuid, LeaveState>, DbErr> {
    let rows: Vec<(Uuid, String)> = leave_request::Entity::find()
        .select_only()
        .columns([leave_request::Column::PersonId, leave_request::Column::State])
        .filter(leave_request::Column::MeetingId.eq(meeting))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(person, state)| Some((person, LeaveState::parse(&state)?))).collect())
}

/// The request of one person, if there is one.
pub async fn of_person(
    db: &impl ConnectionTrait,
    meeting: Uuid,
    person: Uuid,
) -> Result<Option<leave_request::Model>, DbErr> {
    leave_request::Entity::find()
        .filter(leave_request::Column::MeetingId.eq(meeting))
        .filter(leave_request::Column::PersonId.eq(person))
        .one(db)
        .await
}

/// Who has leave from which of these meetings, as meeting and person.
pub async fn granted(base: &Base, meetings: &[meeting::Model]) -> Result<HashSet<(Uuid, Uuid)>, DbErr> {
    let rows: Vec<(Uuid, Uuid)> = leave_request::Entity::find()
        .select_only()
        .columns([leave_request::Column::MeetingId, leave_request::Column::PersonId])
        .filter(leave_request::Column::MeetingId.is_in(meetings.iter().map(|meeting| meeting.id)))
        .filter(leave_request::Column::State.eq(LeaveState::Approved.word()))
        .into_tuple()
        .all(base.db.read())
        .await?;
    Ok(rows.into_iter().collect())
}

/// The request of one person as it is shown, if there is one. `came`: they are signed in.
pub async fn one(base: &Base, meeting: Uuid, person: Uuid, came: bool) -> Result<Option<Leave>, DbErr> {
    let Some(row) = of_person(base.db.read(), meeting, person).await? else { return Ok(None) };
    let reason = reasons(base, std::slice::from_ref(&row)).pop().flatten();
    Ok(Some(Leave { state: row.state(came), name: String::new(), unit: String::new(), reason, row }))
}
