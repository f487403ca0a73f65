//! Reminders by the clock. A job is enqueued with the meeting's own transaction, for the start as it was then; one whose
//! meeting was moved, cancelled or closed meanwhile does nothing, and the move enqueued another.

use std::collections::HashSet;

use async_trait::async_trait;
use chrono::TimeDelta;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::Kind;
use super::{Ask, Plan, allowed, place, plan_of, planned, recipients};
use crate::base::Base;
use crate::base::clock::Instant;
use crate::jobs::{self, Handler};
use crate::meeting::edit;
use crate::meeting::material::renewal;
use crate::meeting::model::{State, meeting};
use crate::notify::batch;

/// The job's kind.
pub const JOB: &str = "meeting.remind";
/// Kinds that go out at a time before or after the start.
const TIMED: [(Kind, TimeDelta); 3] = [
    (Kind::DayBefore, TimeDelta::days(-1)),
    (Kind::HourBefore, TimeDelta::hours(-1)),
    (Kind::NotSignedIn, TimeDelta::minutes(10)),
];
/// Edits within this time are told as one.
const SETTLING: TimeDelta = TimeDelta::minutes(2);
/// Materials replaced within this time of each other are told as one: finding and sending each file takes a while.
const REPLACING: TimeDelta = TimeDelta::minutes(3);
/// A job that could not run in time, because nothing ran, is of no use any more.
const LATE: TimeDelta = TimeDelta::minutes(30);
/// How far ahead [`plan_coming`] looks.
const COMING: TimeDelta = TimeDelta::days(2);

#[derive(Serialize, Deserialize)]
struct Due {
    meeting: Uuid,
    kind: String,
    /// The start that it was planned for, or the moment of the change that it tells of; milliseconds since 1970.
    mark: i64,
    at: Instant,
}

/// Enqueues what is still ahead of `meeting`; a job that waits already is not enqueued again.
pub async fn plan_ahead(
    base: &Base,
    tx: &impl ConnectionTrait,
    meeting: &meeting::Model,
) -> Result<(), DbErr> {
    if meeting.state() != State::Active {
        return Ok(());
    }
    let now = base.clock.now();
    for (kind, offset) in TIMED {
        let at = meeting.starts_at + offset;
        if at > now {
            enqueue(base, tx, meeting.id, kind, meeting.starts_at.timestamp_millis(), at).await?;
        }
    }
    Ok(())
}

/// The same for all meetings of the next days, for those made by an older version.
pub async fn plan_coming(base: &Base) -> Result<usize, DbErr> {
    let now = base.clock.now();
    let coming = meeting::Entity::find()
        .filter(meeting::Column::State.eq(State::Active.word()))
        .filter(meeting::Column::StartsAt.gt(now - TimeDelta::hours(1)))
        .filter(meeting::Column::StartsAt.lt(now + COMING))
        .limit(1000)
        .all(base.db.read())
        .await?;
    for meeting in &coming {
        let tx = base.db.write().await?;
        plan_ahead(base, &tx, meeting).await?;
        tx.commit().await?;
    }
    Ok(coming.len())
}

/// After an edit: plans anew, and tells those who know of the meeting when its time or place changed.
pub async fn follow_edit(
    base: &Base,
    tx: &impl ConnectionTrait,
    old: &meeting::Model,
    new: &meeting::Model,
) -> Result<(), DbErr> {
    plan_ahead(base, tx, new).await?;
    let moved = old.starts_at != new.starts_at || old.ends_at != new.ends_at || old.place != new.place;
    if moved && new.state() == State::Active && new.ends_at > base.clock.now() {
        let at = base.clock.now() + SETTLING;
        enqueue(base, tx, new.id, Kind::Changed, new.updated_at.timestamp_millis(), at).await?;
    }
    Ok(())
}

/// After a meeting was cancelled, closed or reopened.
pub async fn follow_state(base: &Base, tx: &impl ConnectionTrait, new: &meeting::Model) -> Result<(), DbErr> {
    plan_ahead(base, tx, new).await?;
    let now = base.clock.now();
    if new.state() == State::Cancelled && new.ends_at > now {
        enqueue(base, tx, new.id, Kind::Cancelled, new.updated_at.timestamp_millis(), now).await?;
    }
    Ok(())
}

/// After a material got a new version: those who read the old one are told, once nothing more is replaced.
pub async fn follow_replacement(base: &Base, tx: &impl ConnectionTrait, meeting: Uuid) -> Result<(), DbErr> {
    let now = base.clock.now();
    enqueue(base, tx, meeting, Kind::Materials, now.timestamp_millis(), now + REPLACING).await
}

async fn enqueue(
    base: &Base,
    tx: &impl ConnectionTrait,
    meeting: Uuid,
    kind: Kind,
    mark: i64,
    at: Instant,
) -> Result<(), DbErr> {
    let due = Due { meeting, kind: kind.word().to_string(), mark, at };
    jobs::enqueue(base, tx, JOB, &due, at, Some(key(&due))).await
}

/// Of the job while it waits, and of the batch for ever.
fn key(due: &Due) -> String {
    format!("{JOB}:{}:{}:{}", due.meeting, due.kind, due.mark)
}

/// Places what is due.
pub struct ReminderJob(pub Base);

#[async_trait]
impl Handler for ReminderJob {
    fn kind(&self) -> &'static str {
        JOB
    }

    async fn run(&self, payload: &str) -> anyhow::Result<()> {
        let due: Due = serde_json::from_str(payload)?;
        let base = &self.0;
        let Some(kind) = Kind::parse(&due.kind) else { return Ok(()) };
        let Some(meeting) = edit::find_by_id(base, due.meeting).await? else { return Ok(()) };
        let now = base.clock.now();
        let holds = match kind {
            Kind::Changed | Kind::Cancelled => meeting.updated_at.timestamp_millis() == due.mark,
            // The last of several tells for all.
            Kind::Materials => {
                let latest = renewal::latest(base, meeting.id).await?;
                latest.is_some_and(|at| at.timestamp_millis() <= due.mark)
            }
            _ => meeting.starts_at.timestamp_millis() == due.mark && now <= due.at + LATE,
        };
        if !holds || !is_on(plan_of(base.db.read(), meeting.id).await?, kind) {
            return Ok(());
        }
        if allowed(&meeting, kind, now).is_err() {
            return Ok(());
        }
        let people = match kind {
            Kind::Changed => told(base, &meeting).await?,
            Kind::Materials => {
                let before = batch::newest(base, meeting.id, kind.word()).await?;
                renewal::outdated(base, &meeting, before.map(|batch| batch.created_at)).await?
            }
            _ => recipients(base, &meeting, kind).await?,
        };
        if !people.is_empty() {
            let ask = Ask { op: meeting.id, actor: "system", urgent: false };
            place(base, &meeting, kind, key(&due), &people, ask).await?;
        }
        Ok(())
    }
}

/// Those on the roster who were told of the meeting before: nobody else has anything to unlearn.
async fn told(base: &Base, meeting: &meeting::Model) -> Result<Vec<Uuid>, DbErr> {
    let told: HashSet<Uuid> = batch::told(base, meeting.id).await?;
    Ok(planned(base, meeting.id).await?.into_iter().filter(|person| told.contains(person)).collect())
}

fn is_on(plan: Plan, kind: Kind) -> bool {
    match kind {
        Kind::DayBefore => plan.day_before,
        Kind::HourBefore => plan.hour_before,
        Kind::NotSignedIn => plan.after_start,
        Kind::Changed | Kind::Cancelled | Kind::Materials => plan.on_change,
        Kind::Invitation => false,
    }
}
