//! 离场 and 返回: somebody who is signed in steps out of the room, or is back in it. They came all the same (实到).

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::Refusal;
use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::db::whole;
use crate::base::privacy::digest;
use crate::meeting::attendance::announce;
use crate::meeting::attendance::presence::hold;
use crate::meeting::model::{EventKind, Presence, State, attendance, attendance_event, meeting};
use crate::meeting::phase::Phase;
use crate::people::audit;

/// One step over the threshold.
#[derive(Clone, Debug)]
pub struct Step {
    pub meeting: Uuid,
    pub person: Uuid,
    /// Out of the room; else back into it.
    pub out: bool,
    /// Names this act; a repeat with the same id is the same act.
    pub op_id: String,
    /// A staff user name; `None`: the person themselves.
    pub staff: Option<String>,
    pub reason: Option<String>,
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stepped {
    Ok,
    /// Was out, or in, before; nothing moved.
    Already,
    /// The same act again.
    Replayed,
}

impl Stepped {
    /// The reason code that programs read.
    pub fn code(self) -> &'static str {
        match self {
            Stepped::Ok => "ok",
            Stepped::Already => "already",
            Stepped::Replayed => "replayed",
        }
    }
}

impl Step {
    fn kind(&self) -> EventKind {
        if self.out { EventKind::Out } else { EventKind::Return }
    }

    fn body_hash(&self) -> String {
        digest(format!("{} {}", self.person, self.kind().word()).as_bytes())[..32].to_string()
    }
}

/// Does it, and tells what it came to and where the person is now.
pub async fn step_out(base: &Base, wanted: &Step) -> Result<(Stepped, attendance::Model), Refusal> {
    let (id, person, kind) = (wanted.meeting, wanted.person, wanted.kind());
    let tx = base.db.write().await?;
    let meeting = hold(&tx, id).await?.ok_or(Refusal::NoMeeting)?;
    let now = base.clock.now();
    let row = attendance::Entity::find_by_id((id, person)).one(&tx).await?;
    let done = attendance_event::Entity::find()
        .filter(attendance_event::Column::MeetingId.eq(id))
        .filter(attendance_event::Column::OpId.eq(wanted.op_id.as_str()))
        .one(&tx)
        .await?;
    let mut row = match (done, row) {
        (Some(done), _) if done.body_hash != wanted.body_hash() => return Err(Refusal::OpConflict),
        (Some(_), Some(row)) => return Ok((Stepped::Replayed, row)),
        (_, row) => row.filter(attendance::Model::is_in).ok_or(Refusal::NotSignedIn)?,
    };
    if !decide(&meeting, &row, wanted, now)? {
        return Ok((Stepped::Already, row));
    }
    let version = meeting.version + 1;
    let event = attendance_event::Model {
        id: Uuid::now_v7(),
        meeting_id: id,
        person_id: person,
        kind: kind.word().to_string(),
        op_id: wanted.op_id.clone(),
        body_hash: wanted.body_hash(),
        source: row.source.clone(),
        actor: wanted.staff.clone().unwrap_or_else(|| "self".to_string()),
        scanned_at: now,
        at: now,
        position: None,
        name: row.name.clone(),
        unit: row.unit.clone(),
        ticket: None,
        place: None,
        reason: wanted.reason.clone(),
        undoes: None,
        version,
    };
    attendance_event::Entity::insert(whole(event)).exec_without_returning(&tx).await?;
    step(&mut row, kind, now);
    let change = attendance::ActiveModel {
        meeting_id: Set(id),
        person_id: Set(person),
        status: Set(row.status.clone()),
        left_at: Set(row.left_at),
        ..Default::default()
    };
    attendance::Entity::update(change).exec(&tx).await?;
    let counters = meeting::ActiveModel { id: Set(id), version: Set(version), ..Default::default() };
    meeting::Entity::update(counters).exec(&tx).await?;
    if let Some(staff) = &wanted.staff {
        let detail = format!("{person} {}", wanted.reason.as_deref().unwrap_or_default());
        let action = format!("attendance.{}", kind.word());
        audit::write(base, &tx, staff, &action, &id.to_string(), detail.trim_end()).await?;
    }
    tx.commit().await?;
    announce(base, id, version).await;
    Ok((Stepped::Ok, row))
}

/// Whether anything moves. After the meeting only staff put right what was missed, and say why.
fn decide(
    meeting: &meeting::Model,
    row: &attendance::Model,
    wanted: &Step,
    now: Instant,
) -> Result<bool, Refusal> {
    if meeting.state() == State::Cancelled {
        return Err(Refusal::Cancelled);
    }
    if row.is_away() == wanted.out {
        return Ok(false);
    }
    match (Phase::of(meeting, now), &wanted.staff) {
        (Phase::Over, None) => Err(Refusal::Ended),
        (Phase::Over, Some(_)) if wanted.reason.is_none() => Err(Refusal::ReasonNeeded),
        _ => Ok(true),
    }
}

/// What a step at `at` makes of somebody who is signed in.
pub fn step(row: &mut attendance::Model, kind: EventKind, at: Instant) {
    let (presence, left_at) = match kind {
        EventKind::Out => (Presence::Away, Some(at)),
        _ => (Presence::In, None),
    };
    row.status = presence.word().to_string();
    row.left_at = left_at;
}
