//! Leave (请假): asked for on the phone or entered by the desk, decided by organisers. Whoever comes all the same signs
//! in as everybody; their leave rests, and comes back if the check-in is undone.

pub mod model;
mod read;

use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter,
};
use uuid::Uuid;

use self::model::{LeaveState, leave_request};
use super::attendance::announce;
use super::attendance::presence::hold;
use super::journal;
use super::model::{EventKind, State, attendance, attendance_event, meeting, roster_entry};
use super::phase::Phase;
use super::roster;
use crate::base::Base;
use crate::base::db::whole;
use crate::base::error::Coded;
use crate::base::privacy::KeyError;
use crate::people::audit;

pub use read::{Leave, UNREADABLE, count_waiting, granted, list, of_person, one, states};

pub(super) const REASON_PLACE: &str = "leave_request.reason";
/// The longest reason, in characters.
pub const LONGEST: usize = 200;
/// Who asks for themselves.
pub const SELF: &str = "self";

#[derive(Debug, thiserror::Error)]
pub enum LeaveError {
    #[error("no reason was given")]
    NoReason,
    #[error("the reason is too long")]
    TooLong,
    #[error("not on the roster")]
    NotOnRoster,
    #[error("is signed in")]
    SignedIn,
    #[error("the meeting is over")]
    Over,
    #[error("the meeting is cancelled")]
    Cancelled,
    #[error("no such meeting")]
    NoMeeting,
    #[error("no such request")]
    NotFound,
    #[error("decided already")]
    Decided,
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for LeaveError {
    fn code(&self) -> &'static str {
        match self {
            LeaveError::NoReason => "leave_reason_needed",
            LeaveError::TooLong => "leave_reason_too_long",
            LeaveError::NotOnRoster => "not_on_roster",
            LeaveError::SignedIn => "leave_signed_in",
            LeaveError::Over => "meeting_ended",
            LeaveError::Cancelled => "meeting_cancelled",
            LeaveError::NoMeeting => "meeting_not_found",
            LeaveError::NotFound => "leave_not_found",
            LeaveError::Decided => "request_decided",
            LeaveError::Key(_) => "internal",
            LeaveError::Database(_) => "unavailable",
        }
    }

    fn field(&self) -> Option<&'static str> {
        matches!(self, LeaveError::NoReason | LeaveError::TooLong).then_some("reason")
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            LeaveError::TooLong => vec![("limit", LONGEST.to_string())],
            _ => Vec::new(),
        }
    }
}

fn tidy(reason: &str) -> Result<String, LeaveError> {
    if reason.chars().count() > LONGEST {
        return Err(LeaveError::TooLong);
    }
    journal::reason(reason).ok_or(LeaveError::NoReason)
}

/// Asks for `person`, who is told apart by nothing but being on the roster. What waits or was approved stays as it is;
/// after a refusal one may ask again.
pub async fn ask(
    base: &Base,
    meeting_id: Uuid,
    person: Uuid,
    reason: &str,
) -> Result<leave_request::Model, LeaveError> {
    let reason = tidy(reason)?;
    let tx = base.db.write().await?;
    let meeting = hold(&tx, meeting_id).await?.ok_or(LeaveError::NoMeeting)?;
    if Phase::of(&meeting, base.clock.now()) == Phase::Over {
        return Err(LeaveError::Over);
    }
    expected(&tx, &meeting, person).await?;
    let known = find_of(&tx, meeting_id, person).await?;
    if let Some(known) = &known
        && matches!(LeaveState::parse(&known.state), Some(LeaveState::Asked | LeaveState::Approved))
    {
        return Ok(known.clone());
    }
    let row = leave_request::Model {
        id: known.as_ref().map_or_else(Uuid::now_v7, |known| known.id),
        meeting_id,
        person_id: person,
        reason_sealed: base.keys.seal(REASON_PLACE, &reason)?,
        state: LeaveState::Asked.word().to_string(),
        asked_at: base.clock.now(),
        asked_by: SELF.to_string(),
        decided_at: None,
        decided_by: None,
    };
    put(&tx, &row, known.is_some()).await?;
    audit::write(base, &tx, SELF, "leave.asked", &meeting_id.to_string(), &person.to_string()).await?;
    tx.commit().await?;
    Ok(row)
}

/// An organiser enters leave for somebody who told them otherwise: approved at once.
pub async fn enter(
    base: &Base,
    meeting_id: Uuid,
    person: Uuid,
    reason: &str,
    staff: &str,
) -> Result<leave_request::Model, LeaveError> {
    let reason = tidy(reason)?;
    let tx = base.db.write().await?;
    let meeting = hold(&tx, meeting_id).await?.ok_or(LeaveError::NoMeeting)?;
    let entry = expected(&tx, &meeting, person).await?;
    let known = find_of(&tx, meeting_id, person).await?;
    if let Some(known) = &known
        && known.state == LeaveState::Approved.word()
    {
        return Ok(known.clone());
    }
    let now = base.clock.now();
    let row = leave_request::Model {
        id: known.as_ref().map_or_else(Uuid::now_v7, |known| known.id),
        meeting_id,
        person_id: person,
        reason_sealed: base.keys.seal(REASON_PLACE, &reason)?,
        state: LeaveState::Approved.word().to_string(),
        asked_at: now,
        asked_by: staff.to_string(),
        decided_at: Some(now),
        decided_by: Some(staff.to_string()),
    };
    put(&tx, &row, known.is_some()).await?;
    let version = record(base, &tx, &meeting, &entry, EventKind::LeaveApproved, staff).await?;
    audit::write(base, &tx, staff, "leave.approved", &meeting_id.to_string(), &person.to_string()).await?;
    tx.commit().await?;
    announce(base, meeting_id, version).await;
    Ok(row)
}

/// Approves or refuses what was asked. The same decision again is the same; the other one is told that it came late.
pub async fn decide(
    base: &Base,
    meeting_id: Uuid,
    id: Uuid,
    approve: bool,
    staff: &str,
) -> Result<leave_request::Model, LeaveError> {
    let wanted = if approve { LeaveState::Approved } else { LeaveState::Rejected };
    let tx = base.db.write().await?;
    let meeting = hold(&tx, meeting_id).await?.ok_or(LeaveError::NoMeeting)?;
    let known = find(&tx, meeting_id, id).await?;
    if known.state == wanted.word() {
        return Ok(known);
    }
    if known.state != LeaveState::Asked.word() {
        return Err(LeaveError::Decided);
    }
    let row = leave_request::Model {
        state: wanted.word().to_string(),
        decided_at: Some(base.clock.now()),
        decided_by: Some(staff.to_string()),
        ..known
    };
    let mut version = meeting.version;
    if approve {
        let entry = expected(&tx, &meeting, row.person_id).await?;
        version = record(base, &tx, &meeting, &entry, EventKind::LeaveApproved, staff).await?;
    }
    put(&tx, &row, true).await?;
    let action = format!("leave.{}", wanted.word());
    audit::write(base, &tx, staff, &action, &meeting_id.to_string(), &row.person_id.to_string()).await?;
    tx.commit().await?;
    announce(base, meeting_id, version).await;
    Ok(row)
}

/// Takes back what was asked or approved: by the person, who will come after all, or by an organiser.
pub async fn withdraw(
    base: &Base,
    meeting_id: Uuid,
    person: Uuid,
    actor: &str,
) -> Result<leave_request::Model, LeaveError> {
    let tx = base.db.write().await?;
    let meeting = hold(&tx, meeting_id).await?.ok_or(LeaveError::NoMeeting)?;
    let known = find_of(&tx, meeting_id, person).await?.ok_or(LeaveError::NotFound)?;
    let approved = match LeaveState::parse(&known.state) {
        Some(LeaveState::Approved) => true,
        Some(LeaveState::Asked) => false,
        // Nothing is left to take back.
        _ => return Ok(known),
    };
    if actor == SELF && Phase::of(&meeting, base.clock.now()) == Phase::Over {
        return Err(LeaveError::Over);
    }
    let row = leave_request::Model {
        state: LeaveState::Withdrawn.word().to_string(),
        decided_at: Some(base.clock.now()),
        decided_by: Some(actor.to_string()),
        ..known
    };
    put(&tx, &row, true).await?;
    let mut version = meeting.version;
    if approved && let Some(entry) = roster::entry_of(&tx, meeting_id, person).await? {
        version = record(base, &tx, &meeting, &entry, EventKind::LeaveEnded, actor).await?;
    }
    audit::write(base, &tx, actor, "leave.withdrawn", &meeting_id.to_string(), &person.to_string()).await?;
    tx.commit().await?;
    announce(base, meeting_id, version).await;
    Ok(row)
}

/// Only somebody who is expected and not there can be on leave.
async fn expected(
    tx: &DatabaseTransaction,
    meeting: &meeting::Model,
    person: Uuid,
) -> Result<roster_entry::Model, LeaveError> {
    if meeting.state() == State::Cancelled {
        return Err(LeaveError::Cancelled);
    }
    let entry = roster::entry_of(tx, meeting.id, person).await?.ok_or(LeaveError::NotOnRoster)?;
    let row = attendance::Entity::find_by_id((meeting.id, person)).one(tx).await?;
    if row.is_some_and(|row| row.is_in()) {
        return Err(LeaveError::SignedIn);
    }
    Ok(entry)
}

async fn find(
    tx: &impl ConnectionTrait,
    meeting: Uuid,
    id: Uuid,
) -> Result<leave_request::Model, LeaveError> {
    leave_request::Entity::find_by_id(id)
        .filter(leave_request::Column::MeetingId.eq(meeting))
        .one(tx)
        .await?
        .ok_or(LeaveError::NotFound)
}

/// Whose request `id` is.
pub async fn find_person(base: &Base, meeting: Uuid, id: Uuid) -> Result<Uuid, LeaveError> {
    Ok(find(base.db.read(), meeting, id).await?.person_id)
}

async fn find_of(
    tx: &DatabaseTransaction,
    meeting: Uuid,
    person: Uuid,
) -> Result<Option<leave_request::Model>, DbErr> {
    leave_request::Entity::find()
        .filter(leave_request::Column::MeetingId.eq(meeting))
        .filter(leave_request::Column::PersonId.eq(person))
        .one(tx)
        .await
}

async fn put(tx: &DatabaseTransaction, row: &leave_request::Model, known: bool) -> Result<(), DbErr> {
    let row = whole(row.clone().into_active_model());
    match known {
        true => leave_request::Entity::update(row).exec(tx).await.map(|_| ()),
        false => leave_request::Entity::insert(row).exec_without_returning(tx).await.map(|_| ()),
    }
}

/// Writes what changes the counts into the meeting's log, without its reason, and gives the log's new version.
async fn record(
    base: &Base,
    tx: &DatabaseTransaction,
    meeting: &meeting::Model,
    entry: &roster_entry::Model,
    kind: EventKind,
    actor: &str,
) -> Result<i64, DbErr> {
    let (id, now, version) = (Uuid::now_v7(), base.clock.now(), meeting.version + 1);
    let event = attendance_event::Model {
        id,
        meeting_id: meeting.id,
        person_id: entry.person_id,
        kind: kind.word().to_string(),
        op_id: format!("leave:{id}"),
        body_hash: String::new(),
        source: String::new(),
        actor: actor.to_string(),
        scanned_at: now,
        at: now,
        position: None,
        name: entry.name.clone(),
        unit: entry.unit.clone(),
        ticket: None,
        place: None,
        reason: None,
        undoes: None,
        version,
    };
    attendance_event::Entity::insert(whole(event)).exec_without_returning(tx).await?;
    let counters = meeting::ActiveModel { id: Set(meeting.id), version: Set(version), ..Default::default() };
    meeting::Entity::update(counters).exec(tx).await?;
    Ok(version)
}
