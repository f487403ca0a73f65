//! The figures of one meeting, counted from its people. 应到 = 实到 + 请假 + 缺席; 迟到, 暂离, 早退 and 补签 are among
//! 实到; 列席, 旁听, 工作人员 and 计划外 have their own lines, outside 应到. Without a roster nobody is expected and
//! whoever came is present. Substitutes have no records yet and count zero.

pub mod across;
pub mod narrow;
pub mod period;

use std::collections::HashMap;

use chrono::TimeDelta;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use serde::Serialize;
use uuid::Uuid;

use super::attendance::Leaving;
use super::model::{EventKind, Role, Source, attendance, attendance_event, meeting};
use super::people_list::{self, Row};
use crate::base::Base;
use crate::base::clock::Instant;

/// How late somebody was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Band {
    /// Five minutes at most.
    #[serde(rename = "within_5")]
    Within5,
    /// Fifteen minutes at most.
    #[serde(rename = "within_15")]
    Within15,
    #[serde(rename = "more")]
    More,
}

impl Band {
    pub const EACH: [Band; 3] = [Band::Within5, Band::Within15, Band::More];

    /// Of somebody who came `after` the start.
    pub fn of(after: TimeDelta) -> Band {
        match after {
            after if after <= TimeDelta::minutes(5) => Band::Within5,
            after if after <= TimeDelta::minutes(15) => Band::Within15,
            _ => Band::More,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Band::Within5 => "within_5",
            Band::Within15 => "within_15",
            Band::More => "more",
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            Band::Within5 => "5 分钟以内",
            Band::Within15 => "5 至 15 分钟",
            Band::More => "15 分钟以上",
        }
    }

    pub fn parse(word: &str) -> Option<Band> {
        Band::EACH.into_iter().find(|band| band.word() == word)
    }
}

/// The figures. Shares are in tenths of a percent, so that none is rounded twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statistics {
    /// Of the attendance log.
    pub version: i64,
    pub has_roster: bool,
    pub expected: i64,
    pub present: i64,
    pub leave: i64,
    pub absent: i64,
    pub substitutes: i64,
    /// Among the present: came after the start.
    pub late: i64,
    /// Among the present: out of the room, while the meeting goes on.
    pub away: i64,
    /// Among the present: went before the end and was not back.
    pub left_early: i64,
    /// Among the present: signed in afterwards by an organiser.
    pub made_up: i64,
    /// People whose sign-in was undone or restored at least once.
    pub corrected: i64,
    /// 实到 / 应到; absent where nobody is expected.
    pub rate_permille: Option<i64>,
    /// 实到 / (应到 − 请假).
    pub rate_without_leave_permille: Option<i64>,
    pub outside: Outside,
    pub late_bands: Vec<BandCount>,
    pub by_unit: Vec<UnitCount>,
    pub by_role: Vec<RoleCount>,
    /// Of everybody who came, expected or not.
    pub by_source: Vec<SourceCount>,
    /// Arrivals per minute, without make-ups, which do not tell when somebody came; minutes without any left out.
    pub arrivals: Vec<Arrival>,
    /// By then half of those arrivals had come, and 95 of a hundred.
    pub median_at: Option<Instant>,
    pub p95_at: Option<Instant>,
    pub peak: Option<Arrival>,
    /// From the scan to the finished sign-in of those who signed in themselves, in milliseconds.
    pub door_median_ms: Option<i64>,
    pub door_p95_ms: Option<i64>,
}

/// Who came and is not counted in 应到 and 实到.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outside {
    pub observers: i64,
    pub guests: i64,
    pub staff: i64,
    pub unplanned: i64,
}

impl Outside {
    pub fn total(&self) -> i64 {
        self.observers + self.guests + self.staff + self.unplanned
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BandCount {
    pub band: Band,
    pub count: i64,
}

/// A unit's share of 应到 and of those who came for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UnitCount {
    pub unit: String,
    pub expected: i64,
    pub present: i64,
    pub leave: i64,
    pub absent: i64,
    pub late: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoleCount {
    pub role: &'static str,
    /// On the roster.
    pub planned: i64,
    pub present: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceCount {
    pub source: &'static str,
    pub count: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Arrival {
    pub minute: Instant,
    pub count: i64,
}

/// The figures of `meeting` now.
pub async fn of_meeting(base: &Base, meeting: &meeting::Model) -> Result<Statistics, DbErr> {
    let rows = people_list::read(base, meeting.id).await?;
    let corrected = corrected(base, meeting.id).await?.len() as i64;
    Ok(Statistics::count(meeting, &rows, corrected, base.clock.now()))
}

/// Whose sign-in was ever undone or restored.
pub async fn corrected(base: &Base, meeting: Uuid) -> Result<Vec<Uuid>, DbErr> {
    let kinds = [EventKind::Undo.word(), EventKind::Restore.word()];
    attendance_event::Entity::find()
        .select_only()
        .column(attendance_event::Column::PersonId)
        .distinct()
        .filter(attendance_event::Column::MeetingId.eq(meeting))
        .filter(attendance_event::Column::Kind.is_in(kinds))
        .into_tuple()
        .all(base.db.read())
        .await
}

/// The minute in which somebody came, counted from 1970.
pub fn minute_of(there: &attendance::Model) -> i64 {
    there.came_at().timestamp().div_euclid(60)
}

/// Whether somebody is counted: expected, or there is no roster to be expected by.
pub fn is_counted(row: &Row) -> bool {
    !row.roster || row.role() == Some(Role::Attendee)
}

impl Statistics {
    /// Pure. `rows`: everybody on the roster or in the log; `corrected`: see [`Statistics::corrected`].
    pub fn count(meeting: &meeting::Model, rows: &[Row], corrected: i64, now: Instant) -> Statistics {
        let has_roster = rows.iter().any(|row| row.roster);
        let mut told = Statistics::empty(meeting.version, has_roster, corrected);
        let mut units = Units::default();
        let mut minutes: HashMap<i64, i64> = HashMap::new();
        let (mut came, mut doors) = (Vec::new(), Vec::new());
        for row in rows {
            let there = row.attendance.as_ref().filter(|there| there.is_in());
            if has_roster && is_counted(row) {
                let leave = i64::from(row.is_on_leave());
                let unit = units.of(&row.unit);
                told.expected += 1;
                unit.expected += 1;
                told.leave += leave;
                unit.leave += leave;
            }
            told.count_role(row, there.is_some());
            let Some(there) = there else { continue };
            told.count_source(there);
            if there.source != Source::MakeUp.word() {
                *minutes.entry(minute_of(there)).or_default() += 1;
                came.push(there.came_at());
                if there.is_own() {
                    doors.push((there.at - there.came_at()).num_milliseconds().max(0));
                }
            }
            if is_counted(row) {
                let late = there.is_late(meeting);
                told.present += 1;
                told.made_up += i64::from(there.source == Source::MakeUp.word());
                match row.leaving(meeting, now) {
                    Some(Leaving::Away) => told.away += 1,
                    Some(Leaving::Early) => told.left_early += 1,
                    Some(Leaving::Left) | None => {}
                }
                let unit = units.of(&row.unit);
                unit.present += 1;
                unit.late += i64::from(late);
                if late {
                    told.late += 1;
                    told.count_band(Band::of(there.came_at() - meeting.starts_at));
                }
            }
        }
        if has_roster {
            told.absent = told.expected - told.present - told.leave;
        }
        told.rate_permille = permille(told.present, told.expected);
        told.rate_without_leave_permille = permille(told.present, told.expected - told.leave);
        told.by_unit = units.finish(has_roster);
        told.by_role.retain(|role| role.planned > 0 || role.present > 0);
        told.arrivals = arrivals(minutes);
        // The first of several equal ones.
        told.peak = told.arrivals.iter().rev().max_by_key(|arrival| arrival.count).cloned();
        came.sort_unstable();
        doors.sort_unstable();
        (told.median_at, told.p95_at) = (share(&came, 50), share(&came, 95));
        (told.door_median_ms, told.door_p95_ms) = (share(&doors, 50), share(&doors, 95));
        told
    }

    fn empty(version: i64, has_roster: bool, corrected: i64) -> Statistics {
        let roles = [Role::Attendee, Role::Observer, Role::Guest, Role::Staff].map(Role::word);
        Statistics {
            version,
            has_roster,
            expected: 0,
            present: 0,
            leave: 0,
            absent: 0,
            substitutes: 0,
            late: 0,
            away: 0,
            left_early: 0,
            made_up: 0,
            corrected,
            rate_permille: None,
            rate_without_leave_permille: None,
            outside: Outside::default(),
            late_bands: Band::EACH.map(|band| BandCount { band, count: 0 }).to_vec(),
            by_unit: Vec::new(),
            by_role: roles.map(|role| RoleCount { role, planned: 0, present: 0 }).to_vec(),
            by_source: Vec::new(),
            arrivals: Vec::new(),
            median_at: None,
            p95_at: None,
            peak: None,
            door_median_ms: None,
            door_p95_ms: None,
        }
    }

    fn count_role(&mut self, row: &Row, there: bool) {
        if let Some(role) = row.role()
            && let Some(count) = self.by_role.iter_mut().find(|count| count.role == role.word())
        {
            count.planned += 1;
            count.present += i64::from(there);
        }
        if there && row.roster {
            match row.role() {
                Some(Role::Attendee) => {}
                Some(Role::Observer) => self.outside.observers += 1,
                Some(Role::Guest) => self.outside.guests += 1,
                Some(Role::Staff) => self.outside.staff += 1,
                None => self.outside.unplanned += 1,
            }
        }
    }

    fn count_source(&mut self, there: &attendance::Model) {
        let Some(source) = Source::parse(&there.source).map(Source::word) else { return };
        match self.by_source.iter_mut().find(|count| count.source == source) {
            Some(count) => count.count += 1,
            None => self.by_source.push(SourceCount { source, count: 1 }),
        }
    }

    fn count_band(&mut self, band: Band) {
        if let Some(count) = self.late_bands.iter_mut().find(|count| count.band == band) {
            count.count += 1;
        }
    }
}

/// `part` of `whole` in tenths of a percent, rounded half up.
pub fn permille(part: i64, whole: i64) -> Option<i64> {
    (whole > 0).then(|| (part * 2000 + whole) / (whole * 2))
}

/// `81.4%`; and never 100% where somebody is missing, nor 0% where somebody came.
pub fn percent(part: i64, whole: i64) -> Option<String> {
    let rounded = permille(part, whole)?;
    let shown = match rounded {
        1000 if part < whole => 999,
        0 if part > 0 => 1,
        rounded => rounded,
    };
    Some(format!("{}.{}%", shown / 10, shown % 10))
}

/// The value that `percent` of a hundred do not exceed; `sorted` from small to large.
fn share<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    let place = (sorted.len() * percent).div_ceil(100);
    sorted.get(place.checked_sub(1)?).copied()
}

fn arrivals(minutes: HashMap<i64, i64>) -> Vec<Arrival> {
    let mut list: Vec<Arrival> = minutes
        .into_iter()
        .filter_map(|(minute, count)| {
            Some(Arrival { minute: Instant::from_timestamp(minute * 60, 0)?, count })
        })
        .collect();
    list.sort_by_key(|arrival| arrival.minute);
    list
}

/// Units in the order in which they were first met.
#[derive(Default)]
struct Units {
    list: Vec<UnitCount>,
    index: HashMap<String, usize>,
}

impl Units {
    fn of(&mut self, unit: &str) -> &mut UnitCount {
        let index = *self.index.entry(unit.to_string()).or_insert_with(|| {
            self.list.push(UnitCount { unit: unit.to_string(), ..UnitCount::default() });
            self.list.len() - 1
        });
        &mut self.list[index]
    }

    fn finish(mut self, has_roster: bool) -> Vec<UnitCount> {
        if has_roster {
            self.list.iter_mut().for_each(|unit| unit.absent = unit.expected - unit.present - unit.leave);
        }
        self.list
    }
}

#[cfg(test)]
mod tests;
