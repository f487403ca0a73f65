//! Taking a check-in back, and taking that back. An undo names the event it undoes, so repeating it is harmless.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::Refusal;
use crate::base::clock::Instant;
use crate::base::db::whole;
use crate::meeting::Meetings;
use crate::meeting::attendance::announce;
use crate::meeting::attendance::presence::hold;
use crate::meeting::model::{EventKind, Presence, attendance, attendance_event, meeting};
use crate::people::audit;

/// Undoes the check-in `event`, or restores it when `event` is itself an undo. Returns the id of the event written,
/// or of the one that had done it already.
pub async fn undo(
    meetings: &Meetings,
    meeting_id: Uuid,
    event: Uuid,
    actor: &str,
    reason: &str,
) -> Result<Uuid, Refusal> {
    let base = &meetings.base;
    let tx = base.db.write().await?;
    let meeting = hold(&tx, meeting_id).await?.ok_or(Refusal::NoMeeting)?;
    let target = attendance_event::Entity::find_by_id(event)
        .filter(attendance_event::Column::MeetingId.eq(meeting_id))
        .one(&tx)
        .await?
        .ok_or(Refusal::NothingToUndo)?;
    let done =
        attendance_event::Entity::find().filter(attendance_event::Column::Undoes.eq(event)).one(&tx).await?;
    if let Some(done) = done {
        return Ok(done.id);
    }
    let row = attendance::Entity::find_by_id((meeting_id, target.person_id)).one(&tx).await?;
    // Only the event that made the row what it is can be undone; an older one is history.
    let row = row.filter(|row| row.event_id == event).ok_or(Refusal::NothingToUndo)?;
    let kind = if row.is_in() { EventKind::Undo } else { EventKind::Restore };
    if kind == EventKind::Undo {
        for keeper in meetings.keepers.iter() {
            if let Some(code) = keeper.may_undo(&tx, meeting_id, target.person_id).await? {
                return Err(Refusal::Kept(code));
            }
        }
    }
    let presence = after(kind, row.left_at);
    let id = Uuid::now_v7();
    let version = meeting.version + 1;
    let entry = attendance_event::Model {
        id,
        kind: kind.word().to_string(),
        op_id: format!("undo:{event}"),
        body_hash: String::new(),
        actor: actor.to_string(),
        at: base.clock.now(),
        position: None,
        ticket: None,
        reason: Some(reason.to_string()),
        undoes: Some(event),
        version,
        ..target.clone()
    };
    attendance_event::Entity::insert(whole(entry)).exec_without_returning(&tx).await?;
    let row = attendance::ActiveModel {
        meeting_id: Set(meeting_id),
        person_id: Set(target.person_id),
        status: Set(presence.word().to_string()),
        event_id: Set(id),
        ..Default::default()
    };
    attendance::Entity::update(row).exec(&tx).await?;
    let counters = meeting::ActiveModel { id: Set(meeting_id), version: Set(version), ..Default::default() };
    meeting::Entity::update(counters).exec(&tx).await?;
    let detail = format!("{} {reason}", target.person_id);
    audit::write(base, &tx, actor, &format!("attendance.{}", kind.word()), &meeting_id.to_string(), &detail)
        .await?;
    tx.commit().await?;
    announce(base, meeting_id, version).await;
    Ok(id)
}

/// What an undo, or its undo, makes of somebody who is out of the room since `left_at`: coming back from an undo is
/// not coming back into the room.
pub fn after(kind: EventKind, left_at: Option<Instant>) -> Presence {
    match (kind, left_at) {
        (EventKind::Undo, _) => Presence::Undone,
        (_, Some(_)) => Presence::Away,
        (_, None) => Presence::In,
    }
}
