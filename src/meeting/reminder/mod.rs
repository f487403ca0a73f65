//! Reminders: who is told what, by a button or by the clock. Which way each notice goes is `notify`'s.

pub mod model;
mod occasion;
pub mod report;
pub mod schedule;

use std::collections::HashSet;

use chrono::TimeDelta;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::attendance::presence::on_leave;
use super::edit::{self, EditError};
use super::model::{EntryStatus, Presence, State, attendance, meeting, roster_entry};
use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::error::Coded;
use crate::notify::batch::{self, Counts, Order};
use crate::notify::quiet;
use crate::people::audit;
use model::{Kind, plan};

pub use occasion::MeetingOccasion;
pub use schedule::{ReminderJob, plan_ahead};

/// How `notify` knows whose notices these are.
pub const SOURCE: &str = "meeting";

/// The words of all kinds, for the operator's templates.
pub fn kinds() -> Vec<&'static str> {
    Kind::EACH.map(Kind::word).to_vec()
}

#[derive(Debug, thiserror::Error)]
pub enum ReminderError {
    #[error("nobody is to be told")]
    Nobody,
    #[error("the meeting is over")]
    Over,
    #[error("the meeting was cancelled")]
    Cancelled,
    #[error("the meeting was not cancelled")]
    NotCancelled,
    #[error("no such reminder or person")]
    NotFound,
    #[error(transparent)]
    Meeting(#[from] EditError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for ReminderError {
    fn code(&self) -> &'static str {
        match self {
            ReminderError::Nobody => "remind_nobody",
            ReminderError::Over => "remind_over",
            ReminderError::Cancelled => "remind_cancelled",
            ReminderError::NotCancelled => "remind_not_cancelled",
            ReminderError::NotFound => "reminder_not_found",
            ReminderError::Meeting(error) => error.code(),
            ReminderError::Database(_) => "unavailable",
        }
    }
}

/// Who asks for a reminder, and under which id a repeat is the same act.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    pub op: Uuid,
    pub actor: &'a str,
    /// Now, even in the quiet hours.
    pub urgent: bool,
}

/// What a reminder came to when it was placed.
#[derive(Clone, Debug)]
pub struct Placed {
    pub id: Uuid,
    pub kind: Kind,
    pub counts: Counts,
    /// When it goes out, if not at once.
    pub postponed: Option<Instant>,
}

/// Tells the people of `meeting` whom `kind` concerns; the recipients are those of this moment. The same ask again finds
/// what it came to.
pub async fn remind(base: &Base, meeting: Uuid, kind: Kind, ask: Ask<'_>) -> Result<Placed, ReminderError> {
    let meeting = edit::find(base, meeting).await?;
    let key = format!("op:{}:{}", meeting.id, ask.op);
    if batch::placed(base, &key).await?.is_none() {
        allowed(&meeting, kind, base.clock.now())?;
        let people = recipients(base, &meeting, kind).await?;
        if people.is_empty() {
            return Err(ReminderError::Nobody);
        }
        place(base, &meeting, kind, key.clone(), &people, ask).await?;
    }
    let placed = batch::placed(base, &key).await?.ok_or(ReminderError::NotFound)?;
    let (found, counts) = batch::find(base, meeting.id, placed.id).await?.ok_or(ReminderError::NotFound)?;
    let postponed = (found.not_before > found.created_at).then_some(found.not_before);
    Ok(Placed { id: found.id, kind: Kind::parse(&found.kind).unwrap_or(kind), counts, postponed })
}

/// Places the batch with its line in the log.
async fn place(
    base: &Base,
    meeting: &meeting::Model,
    kind: Kind,
    key: String,
    people: &[Uuid],
    ask: Ask<'_>,
) -> Result<(), DbErr> {
    let order = Order {
        id: Uuid::now_v7(),
        key,
        source: SOURCE,
        subject: meeting.id,
        kind: kind.word(),
        actor: ask.actor,
        urgent: ask.urgent || is_urgent(meeting, base.clock.now()),
        paced: kind.is_paced(),
        after: TimeDelta::zero(),
    };
    let tx = base.db.write().await?;
    let (_, new) = batch::place(base, &tx, &order, people).await?;
    if new {
        let detail = format!("{} {}", kind.word(), people.len());
        audit::write(base, &tx, ask.actor, "meeting.remind", &meeting.id.to_string(), &detail).await?;
    }
    tx.commit().await
}

/// A meeting that begins before the morning, or goes on, cannot wait for it.
fn is_urgent(meeting: &meeting::Model, now: Instant) -> bool {
    let soon = |morning| meeting.starts_at <= morning + TimeDelta::minutes(30);
    now <= meeting.ends_at && quiet::ends(now).is_some_and(soon)
}

fn allowed(meeting: &meeting::Model, kind: Kind, now: Instant) -> Result<(), ReminderError> {
    match (meeting.state(), kind) {
        (State::Cancelled, Kind::Cancelled) => Ok(()),
        (State::Cancelled, _) => Err(ReminderError::Cancelled),
        (_, Kind::Cancelled) => Err(ReminderError::NotCancelled),
        (_, Kind::Materials) => Ok(()),
        (State::Closed, _) => Err(ReminderError::Over),
        _ if now > meeting.ends_at => Err(ReminderError::Over),
        _ => Ok(()),
    }
}

/// Whom `kind` concerns now, by person.
async fn recipients(base: &Base, meeting: &meeting::Model, kind: Kind) -> Result<Vec<Uuid>, DbErr> {
    let mut planned = planned(base, meeting.id).await?;
    if kind.is_for_coming() {
        let leaves = excused(base, meeting.id).await?;
        planned.retain(|person| !leaves.contains(person));
    }
    if kind.is_for_missing() {
        let there = present(base, meeting.id).await?;
        planned.retain(|person| !there.contains(person));
    }
    Ok(planned)
}

/// How many people would be told that they have not signed in.
pub async fn missing(base: &Base, meeting: &meeting::Model) -> Result<usize, DbErr> {
    Ok(recipients(base, meeting, Kind::NotSignedIn).await?.len())
}

/// Everybody on the roster, in its order.
async fn planned(base: &Base, meeting: Uuid) -> Result<Vec<Uuid>, DbErr> {
    roster_entry::Entity::find()
        .select_only()
        .column(roster_entry::Column::PersonId)
        .filter(roster_entry::Column::MeetingId.eq(meeting))
        .filter(roster_entry::Column::Status.eq(EntryStatus::Active.word()))
        .into_tuple()
        .all(base.db.read())
        .await
}

/// Those who have leave.
async fn excused(base: &Base, meeting: Uuid) -> Result<HashSet<Uuid>, DbErr> {
    let found: Vec<Uuid> = on_leave(meeting).into_tuple().all(base.db.read()).await?;
    Ok(found.into_iter().collect())
}

async fn present(base: &Base, meeting: Uuid) -> Result<HashSet<Uuid>, DbErr> {
    let there: Vec<Uuid> = attendance::Entity::find()
        .select_only()
        .column(attendance::Column::PersonId)
        .filter(attendance::Column::MeetingId.eq(meeting))
        .filter(attendance::Column::Status.ne(Presence::Undone.word()))
        .into_tuple()
        .all(base.db.read())
        .await?;
    Ok(there.into_iter().collect())
}

/// Which reminders go out by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// A day before the start.
    pub day_before: bool,
    /// An hour before the start.
    pub hour_before: bool,
    /// Ten minutes after the start, to those who are missing.
    pub after_start: bool,
    /// When time or place change, the meeting is cancelled, or a material is replaced.
    pub on_change: bool,
    /// When a vote begins, to those who may vote in it.
    pub on_vote: bool,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan { day_before: true, hour_before: true, after_start: true, on_change: true, on_vote: true }
    }
}

/// The plan of `meeting`.
pub async fn plan_of(db: &impl ConnectionTrait, meeting: Uuid) -> Result<Plan, DbErr> {
    Ok(match plan::Entity::find_by_id(meeting).one(db).await? {
        Some(row) => Plan {
            day_before: row.day_before,
            hour_before: row.hour_before,
            after_start: row.after_start,
            on_change: row.on_change,
            on_vote: row.on_vote,
        },
        None => Plan::default(),
    })
}

/// Chooses which reminders of `meeting` go out by themselves.
pub async fn set_plan(base: &Base, meeting: Uuid, plan: Plan, actor: &str) -> Result<(), ReminderError> {
    let meeting = edit::find(base, meeting).await?;
    let row = plan::ActiveModel {
        meeting_id: Set(meeting.id),
        day_before: Set(plan.day_before),
        hour_before: Set(plan.hour_before),
        after_start: Set(plan.after_start),
        on_change: Set(plan.on_change),
        on_vote: Set(plan.on_vote),
        updated_at: Set(base.clock.now()),
    };
    let tx = base.db.write().await?;
    let mut known = OnConflict::column(plan::Column::MeetingId);
    known.update_columns([
        plan::Column::DayBefore,
        plan::Column::HourBefore,
        plan::Column::AfterStart,
        plan::Column::OnChange,
        plan::Column::OnVote,
        plan::Column::UpdatedAt,
    ]);
    plan::Entity::insert(row).on_conflict(known).exec_without_returning(&tx).await?;
    plan_ahead(base, &tx, &meeting).await?;
    let detail = [plan.day_before, plan.hour_before, plan.after_start, plan.on_change, plan.on_vote]
        .map(|on| if on { "1" } else { "0" })
        .concat();
    audit::write(base, &tx, actor, "meeting.reminder_plan", &meeting.id.to_string(), &detail).await?;
    tx.commit().await?;
    Ok(())
}
