//! Rebuilds the attendance of every meeting from its log and compares: the proof that nothing was lost or invented.

use std::collections::{BTreeMap, HashSet};

use chrono::TimeDelta;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, Select};
use serde::Serialize;
use uuid::Uuid;

use super::checkin::{after, row_of, step};
use super::model::{EventKind, attendance, attendance_event, meeting};
use crate::base::Base;

/// What was compared, and every difference found.
#[derive(Debug, Default, Serialize, PartialEq, Eq)]
pub struct Verdict {
    pub meetings: usize,
    pub events: usize,
    pub rows: usize,
    /// One sentence each; empty when all is well.
    pub differences: Vec<String>,
}

/// Compares every meeting. Reads in one transaction per meeting, so a check-in in between is no difference.
pub async fn verify(base: &Base) -> Result<Verdict, DbErr> {
    let meetings = meeting::Entity::find().order_by_asc(meeting::Column::CreatedAt);
    verify_these(base, meetings).await
}

/// The same for meetings that people may be signing in at, or were until a day ago; run every hour.
pub async fn verify_recent(base: &Base) -> Result<Verdict, DbErr> {
    let now = base.clock.now();
    let meetings = meeting::Entity::find()
        .filter(meeting::Column::OpensAt.lte(now))
        .filter(meeting::Column::EndsAt.gte(now - TimeDelta::days(1)));
    verify_these(base, meetings).await
}

async fn verify_these(base: &Base, meetings: Select<meeting::Entity>) -> Result<Verdict, DbErr> {
    let mut verdict = Verdict::default();
    for meeting in meetings.all(base.db.read()).await? {
        verify_meeting(base, meeting.id, &mut verdict).await?;
        verdict.meetings += 1;
    }
    Ok(verdict)
}

async fn verify_meeting(base: &Base, id: Uuid, verdict: &mut Verdict) -> Result<(), DbErr> {
    use sea_orm::QuerySelect;
    let tx = base.db.write().await?;
    let Some(meeting) = meeting::Entity::find_by_id(id).lock_exclusive().one(&tx).await? else {
        return Ok(());
    };
    let events = attendance_event::Entity::find()
        .filter(attendance_event::Column::MeetingId.eq(id))
        .order_by_asc(attendance_event::Column::Version)
        .all(&tx)
        .await?;
    let rows = attendance::Entity::find().filter(attendance::Column::MeetingId.eq(id)).all(&tx).await?;
    drop(tx);
    verdict.events += events.len();
    verdict.rows += rows.len();
    compare(&meeting, &events, rows, &mut verdict.differences);
    Ok(())
}

fn compare(
    meeting: &meeting::Model,
    events: &[attendance_event::Model],
    rows: Vec<attendance::Model>,
    differences: &mut Vec<String>,
) {
    let mut differ =
        |what: String| differences.push(format!("会议 {}（{}）：{what}", meeting.code, meeting.title));
    for (index, event) in events.iter().enumerate() {
        if event.version != index as i64 + 1 {
            differ(format!("日志第 {} 条的序号是 {}", index + 1, event.version));
            break;
        }
    }
    if meeting.version != events.len() as i64 {
        differ(format!("版本号 {} 与日志条数 {} 不符", meeting.version, events.len()));
    }
    let positions: Vec<i64> = events.iter().filter_map(|event| event.position).collect();
    let expected: Vec<i64> = (1..=positions.len() as i64).collect();
    if positions != expected {
        differ("签到位次不是从 1 起连续不重".to_string());
    }
    if meeting.last_position != positions.len() as i64 {
        differ(format!("最后位次 {} 与签到数 {} 不符", meeting.last_position, positions.len()));
    }
    let folded = fold(events);
    let stored: BTreeMap<Uuid, attendance::Model> =
        rows.into_iter().map(|row| (row.person_id, row)).collect();
    let people: HashSet<&Uuid> = folded.keys().chain(stored.keys()).collect();
    for person in people {
        if !same(folded.get(person), stored.get(person)) {
            differ(format!("参会人 {person} 的签到状态与日志推算不符"));
        }
    }
}

/// Whether a row is what the log says; one that an older version wrote lacks the scan.
fn same(folded: Option<&attendance::Model>, stored: Option<&attendance::Model>) -> bool {
    match (folded, stored) {
        (Some(folded), Some(stored)) if stored.scanned_at.is_none() => {
            attendance::Model { scanned_at: None, ..folded.clone() } == *stored
        }
        (folded, stored) => folded == stored,
    }
}

/// The attendance that a log amounts to.
pub fn fold(events: &[attendance_event::Model]) -> BTreeMap<Uuid, attendance::Model> {
    let mut rows: BTreeMap<Uuid, attendance::Model> = BTreeMap::new();
    for event in events {
        match EventKind::parse(&event.kind) {
            Some(EventKind::In) if event.position.is_some() => {
                rows.insert(event.person_id, row_of(event));
            }
            Some(kind @ (EventKind::Undo | EventKind::Restore)) => {
                if let Some(row) = rows.get_mut(&event.person_id) {
                    row.status = after(kind, row.left_at).word().to_string();
                    row.event_id = event.id;
                }
            }
            Some(kind @ (EventKind::Out | EventKind::Return)) => {
                if let Some(row) = rows.get_mut(&event.person_id) {
                    step(row, kind, event.at);
                }
            }
            _ => {}
        }
    }
    rows
}
