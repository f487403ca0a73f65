//! What a 签到表 says: who was expected, who came, when and how. Pure but for reading the rows.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use serde::Serialize;
use uuid::Uuid;

use crate::base::Base;
use crate::base::clock::{self, Instant};
use crate::meeting::attendance::Leaving;
use crate::meeting::leave::model::LeaveState;
use crate::meeting::model::{EventKind, Place, Role, Source, attendance_event, meeting};
use crate::meeting::people_list::{self, Row};
use crate::meeting::phase::Phase;
use crate::meeting::statistics::Statistics;

/// All that a sheet may show. Two that are equal are one revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Content {
    pub meeting: Uuid,
    pub title: String,
    pub place: String,
    pub when: String,
    /// 应到 … 缺席 in words.
    pub counts: String,
    /// Of the attendance log.
    pub version: i64,
    pub lines: Vec<Line>,
}

/// One person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    pub name: String,
    pub unit: String,
    /// 参会, 列席 … 计划外.
    pub part: &'static str,
    pub seat: String,
    /// Masked.
    pub phone: String,
    pub position: Option<i64>,
    pub at: String,
    /// 准时, 迟到, 补签, 请假, 缺席; before the end 未签到.
    pub class: &'static str,
    pub source: &'static str,
    /// Where the phone was, if it was asked.
    pub place: &'static str,
    pub remark: String,
}

impl Content {
    /// The sheet of `meeting` now.
    pub async fn read(base: &Base, meeting: &meeting::Model) -> Result<Content, DbErr> {
        let now = base.clock.now();
        let mut rows = people_list::everybody(base, meeting.id).await?;
        let reasons = reasons(base, meeting.id).await?;
        let statistics = Statistics::count(meeting, &rows, 0, now);
        sort(&mut rows);
        let over = matches!(Phase::of(meeting, now), Phase::Over | Phase::Cancelled);
        Ok(Content {
            meeting: meeting.id,
            title: meeting.title.clone(),
            place: meeting.place.clone(),
            when: long_span(meeting),
            counts: counts(&statistics, over),
            version: meeting.version,
            lines: rows.iter().map(|row| line(meeting, row, &reasons, now)).collect(),
        })
    }
}

/// 应到 first, by unit and rank; then the others; 计划外 last. A unit stands where its first person stands.
fn sort(rows: &mut [Row]) {
    let group = |row: &Row| match row.role() {
        Some(Role::Attendee) => 0,
        Some(_) => 1,
        None if row.roster => 2,
        None => 0,
    };
    let rank = |row: &Row| match (row.planned(), &row.attendance) {
        (Some(entry), _) => (0, i64::from(entry.rank)),
        (None, Some(there)) => (1, there.position),
        (None, None) => (2, 0),
    };
    let mut units: HashMap<String, (i32, i64)> = HashMap::new();
    for row in rows.iter() {
        let first = units.entry(row.unit.clone()).or_insert_with(|| rank(row));
        *first = (*first).min(rank(row));
    }
    rows.sort_by_cached_key(|row| {
        (group(row), units.get(&row.unit).copied(), row.unit.clone(), rank(row), row.person)
    });
}

fn line(meeting: &meeting::Model, row: &Row, reasons: &HashMap<Uuid, String>, now: Instant) -> Line {
    let over = matches!(Phase::of(meeting, now), Phase::Over | Phase::Cancelled);
    let there = row.attendance.as_ref().filter(|there| there.is_in());
    Line {
        name: row.name.clone(),
        unit: row.unit.clone(),
        part: row.part(),
        seat: row.planned().and_then(|entry| entry.seat.clone()).unwrap_or_default(),
        phone: row.phone.clone(),
        position: there.map(|there| there.position),
        at: there.map(|there| time(meeting, there.at)).unwrap_or_default(),
        class: class(meeting, row, over),
        source: there.and_then(|there| Source::parse(&there.source)).map_or("", Source::zh),
        place: there.and_then(|there| there.place()).map_or("", Place::zh),
        remark: remark(meeting, row, reasons, now),
    }
}

fn class(meeting: &meeting::Model, row: &Row, over: bool) -> &'static str {
    match row.attendance.as_ref().filter(|there| there.is_in()) {
        Some(there) if there.source == Source::MakeUp.word() => "补签",
        Some(there) if there.is_late(meeting) => "迟到",
        Some(_) => "准时",
        None if row.is_on_leave() => "请假",
        None if !over => "未签到",
        // Nobody has to answer for a seat that was offered, not assigned.
        None if row.role() == Some(Role::Attendee) => "缺席",
        None => "未到",
    }
}

/// Never why somebody is on leave.
fn remark(meeting: &meeting::Model, row: &Row, reasons: &HashMap<Uuid, String>, now: Instant) -> String {
    let asked = (row.leave == Some(LeaveState::Asked)).then_some("请假未批");
    let there = match &row.attendance {
        Some(there) if there.is_in() => there,
        undone => {
            let undone = undone.as_ref().map(|_| "签到已撤销");
            return [undone, asked].into_iter().flatten().collect::<Vec<_>>().join("；");
        }
    };
    let superseded = (row.leave == Some(LeaveState::Approved)).then(|| "请假后到会".to_string());
    let out = Leaving::of(meeting, there, now)
        .zip(there.left_at)
        .map(|(leaving, at)| format!("{} {}", time(meeting, at), leaving.zh()));
    let scanned = there.deciding_scan(meeting).map(|at| format!("{} 扫码", clock::zh_second(at)));
    let by_other = match Source::parse(&there.source) {
        Some(Source::Staff) => Some("工作人员代签".to_string()),
        Some(Source::Helper) => Some("同事代签".to_string()),
        _ => None,
    };
    let reason = reasons.get(&there.event_id).cloned();
    [scanned, by_other, reason, superseded, out].into_iter().flatten().collect::<Vec<_>>().join("；")
}

/// Why people were made up, by the event.
async fn reasons(base: &Base, meeting: Uuid) -> Result<HashMap<Uuid, String>, DbErr> {
    let told: Vec<(Uuid, String)> = attendance_event::Entity::find()
        .select_only()
        .columns([attendance_event::Column::Id, attendance_event::Column::Reason])
        .filter(attendance_event::Column::MeetingId.eq(meeting))
        .filter(attendance_event::Column::Kind.eq(EventKind::In.word()))
        .filter(attendance_event::Column::Reason.is_not_null())
        .into_tuple()
        .all(base.db.read())
        .await?;
    Ok(told.into_iter().filter(|(_, reason)| !reason.is_empty()).collect())
}

/// `08:47:12`, with the day in front when the meeting began on another one.
fn time(meeting: &meeting::Model, at: Instant) -> String {
    let (wall, start) = (clock::shanghai(at), clock::shanghai(meeting.starts_at));
    let form = if wall.date_naive() == start.date_naive() { "%H:%M:%S" } else { "%m-%d %H:%M:%S" };
    wall.format(form).to_string()
}

/// A paper outlives the year: the year is always written.
fn long_span(meeting: &meeting::Model) -> String {
    clock::zh_span(meeting.starts_at, meeting.ends_at, Instant::UNIX_EPOCH)
}

fn counts(told: &Statistics, over: bool) -> String {
    // Until the end they may still come.
    let absent = if over { "缺席" } else { "未到" };
    let outside = told.outside.total();
    let mut text = if told.has_roster {
        format!(
            "应到 {} 人，实到 {} 人，请假 {} 人，{absent} {} 人；其中迟到 {} 人，补签 {} 人",
            told.expected, told.present, told.leave, told.absent, told.late, told.made_up
        )
    } else {
        format!("实到 {} 人（未导入名册）；其中迟到 {} 人，补签 {} 人", told.present, told.late, told.made_up)
    };
    for (word, people) in [("暂离", told.away), ("早退", told.left_early)] {
        if people > 0 {
            text.push_str(&format!("，{word} {people} 人"));
        }
    }
    if outside > 0 {
        text.push_str(&format!("。列席、旁听、工作人员和计划外到会 {outside} 人，不计入应到和实到"));
    }
    text
}
