//! Sign-ins that organisers make for others: at the door, afterwards, and for many at once (edge case 47).
//! They go through the same door as everybody's.

use std::collections::HashSet;

use futures_util::future::join_all;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::Meetings;
use super::checkin::{self, Attempt, CheckIn, Outcome, Refusal, Who};
use super::enrol::{FieldError, Form};
use super::journal::reason;
use super::model::{Presence, Source, State, attendance, attendance_event, meeting};
use super::people_list;
use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::error::Coded;
use crate::people::person::{self, Described, PersonError};

#[derive(Debug, thiserror::Error)]
pub enum ByHandError {
    #[error("the form has {} mistakes", .0.len())]
    Form(Vec<FieldError>),
    #[error("no reason was given")]
    NoReason,
    #[error("nobody was chosen")]
    Nobody,
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Person(#[from] PersonError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for ByHandError {
    fn code(&self) -> &'static str {
        match self {
            ByHandError::Form(_) => "bad_request",
            ByHandError::NoReason => "reason_needed",
            ByHandError::Nobody => "nobody_chosen",
            ByHandError::Refused(refusal) => refusal.code(),
            ByHandError::Person(_) | ByHandError::Database(_) => "unavailable",
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            ByHandError::Refused(refusal) => refusal.details(),
            _ => Vec::new(),
        }
    }
}

/// Who does it, why, and the id that makes a repeat the same act.
#[derive(Clone, Debug)]
pub struct Act<'a> {
    pub op: Uuid,
    pub actor: &'a str,
    pub reason: &'a str,
}

/// People of one batch at most.
pub const BATCH: usize = 1000;

/// While sign-in runs, staff sign somebody in (代签); afterwards it is a make-up (补签), which needs its reason.
pub fn source_at(meeting: &meeting::Model, now: Instant) -> Source {
    let over = now > meeting.closes_at || meeting.state() == State::Closed;
    if over { Source::MakeUp } else { Source::Staff }
}

/// Signs in somebody who is on the roster or in the log of `meeting`.
pub async fn sign_in(
    meetings: &Meetings,
    meeting: &meeting::Model,
    person: Uuid,
    act: Act<'_>,
) -> Result<CheckIn, ByHandError> {
    people_list::one(&meetings.base, meeting.id, person).await?.ok_or(ByHandError::Nobody)?;
    let source = source_at(meeting, meetings.base.clock.now());
    if source == Source::MakeUp && reason(act.reason).is_none() {
        return Err(ByHandError::NoReason);
    }
    let op_id = format!("staff:{}:{person}", act.op);
    Ok(meetings.door.check_in(attempt(meetings, meeting.id, person, op_id, source, &act)).await?)
}

/// Signs in somebody who stands at the desk: known to the city or new to it, on the roster or not.
pub async fn walk_in(
    meetings: &Meetings,
    meeting: &meeting::Model,
    form: &Form,
    act: Act<'_>,
) -> Result<CheckIn, ByHandError> {
    let source = source_at(meeting, meetings.base.clock.now());
    if source == Source::MakeUp && reason(act.reason).is_none() {
        return Err(ByHandError::NoReason);
    }
    let described = form.parse().map_err(ByHandError::Form)?;
    let base = &meetings.base;
    let person = known_or_new(base, &described).await?;
    let op_id = format!("staff:{}:{person}", act.op);
    Ok(meetings.door.check_in(attempt(meetings, meeting.id, person, op_id, source, &act)).await?)
}

/// The person described, made where the city knows them not. A unit is corrected by the roster or by themselves, not
/// at the door.
pub(super) async fn known_or_new(base: &Base, described: &Described) -> Result<Uuid, PersonError> {
    if let Some(known) = person::find(base, base.db.read(), described).await? {
        return Ok(known.id);
    }
    let tx = base.db.write().await?;
    let ids = person::ensure_many(base, &tx, std::slice::from_ref(described)).await?;
    tx.commit().await?;
    Ok(ids[0])
}

/// What a batch came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    pub signed_in: usize,
    /// Were there already.
    pub already: usize,
    /// Could not be stored; trying again signs in only those.
    pub failed: usize,
}

/// Signs in many with one reason, as one batch that can be taken back as one.
pub async fn make_up(
    meetings: &Meetings,
    meeting: Uuid,
    people: &[Uuid],
    act: Act<'_>,
) -> Result<Done, ByHandError> {
    if people.is_empty() || people.len() > BATCH {
        return Err(ByHandError::Nobody);
    }
    if reason(act.reason).is_none() {
        return Err(ByHandError::NoReason);
    }
    let people = people_list::those_of(&meetings.base, meeting, people).await?;
    if people.is_empty() {
        return Err(ByHandError::Nobody);
    }
    let attempts = people.iter().map(|person| {
        let op_id = format!("{}{person}", batch_prefix(act.op));
        meetings.door.check_in(attempt(meetings, meeting, *person, op_id, Source::MakeUp, &act))
    });
    let mut done = Done::default();
    for result in join_all(attempts).await {
        match result {
            Ok(check_in) if check_in.outcome == Outcome::Already => done.already += 1,
            Ok(_) => done.signed_in += 1,
            Err(Refusal::RetryLater(_) | Refusal::NeedsBinding) => done.failed += 1,
            Err(refusal) => return Err(refusal.into()),
        }
    }
    Ok(done)
}

fn attempt(
    meetings: &Meetings,
    meeting: Uuid,
    person: Uuid,
    op_id: String,
    source: Source,
    act: &Act<'_>,
) -> Attempt {
    Attempt {
        meeting,
        who: Who::Person(person),
        op_id,
        source,
        actor: act.actor.to_string(),
        scanned_at: meetings.base.clock.now(),
        place: None,
        ticket: None,
        reason: reason(act.reason),
    }
}

/// A batch of make-ups, for taking it back.
#[derive(Clone, Debug)]
pub struct Batch {
    pub id: Uuid,
    pub at: Instant,
    pub actor: String,
    pub reason: String,
    pub people: usize,
    /// Those whom it still holds signed in.
    pub standing: usize,
}

/// The batches of `meeting`, newest first.
pub async fn batches(base: &Base, meeting: Uuid) -> Result<Vec<Batch>, DbErr> {
    let events = admitted(base, meeting, "batch:").await?;
    let standing = standing(base, meeting).await?;
    let mut batches: Vec<Batch> = Vec::new();
    for event in events {
        let Some(id) = event.op_id.split(':').nth(1).and_then(|id| id.parse().ok()) else { continue };
        let batch = match batches.iter().position(|batch| batch.id == id) {
            Some(index) => &mut batches[index],
            None => {
                batches.push(Batch {
                    id,
                    at: event.at,
                    actor: event.actor.clone(),
                    reason: event.reason.clone().unwrap_or_default(),
                    people: 0,
                    standing: 0,
                });
                let last = batches.len() - 1;
                &mut batches[last]
            }
        };
        batch.people += 1;
        batch.standing += usize::from(standing.contains(&event.id));
    }
    Ok(batches)
}

/// Takes a batch back. Those who were undone, or signed in anew, since then are left as they are. Returns how many
/// were taken back.
pub async fn undo_batch(
    meetings: &Meetings,
    meeting: Uuid,
    batch: Uuid,
    actor: &str,
    why: &str,
) -> Result<usize, ByHandError> {
    let base = &meetings.base;
    let why = reason(why).ok_or(ByHandError::NoReason)?;
    let standing = standing(base, meeting).await?;
    let mut undone = 0;
    for event in admitted(base, meeting, &batch_prefix(batch)).await? {
        if !standing.contains(&event.id) {
            continue;
        }
        match checkin::undo(meetings, meeting, event.id, actor, &why).await {
            Ok(_) => undone += 1,
            // Somebody was faster.
            Err(Refusal::NothingToUndo) => {}
            Err(refusal) => return Err(refusal.into()),
        }
    }
    Ok(undone)
}

/// The make-up events that hold somebody signed in.
async fn standing(base: &Base, meeting: Uuid) -> Result<HashSet<Uuid>, DbErr> {
    let rows = attendance::Entity::find()
        .filter(attendance::Column::MeetingId.eq(meeting))
        .filter(attendance::Column::Source.eq(Source::MakeUp.word()))
        .filter(attendance::Column::Status.ne(Presence::Undone.word()))
        .all(base.db.read())
        .await?;
    Ok(rows.into_iter().map(|row| row.event_id).collect())
}

fn batch_prefix(batch: Uuid) -> String {
    format!("batch:{batch}:")
}

/// The events that gave a position under operation ids beginning with `prefix`, newest first.
async fn admitted(base: &Base, meeting: Uuid, prefix: &str) -> Result<Vec<attendance_event::Model>, DbErr> {
    attendance_event::Entity::find()
        .filter(attendance_event::Column::MeetingId.eq(meeting))
        .filter(attendance_event::Column::OpId.starts_with(prefix))
        .filter(attendance_event::Column::Position.is_not_null())
        .order_by_desc(attendance_event::Column::Version)
        .limit(20_000)
        .all(base.db.read())
        .await
}
