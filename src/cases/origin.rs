//! From where the end of a clock is counted: its start, a pause that ended, an extension. Read from the log, so that an
//! end can be counted anew with another calendar, and every page can show how it was reached. Pure.

use chrono::{NaiveDate, TimeDelta};

use super::act::Act;
use super::deadline::Unit;
use super::ends::Ends;
use super::fold::{Change, Due, Tick};
use super::model::{case_clock, case_event};
use crate::base::calendar::words::zh_date;
use crate::base::calendar::{Reached, local};
use crate::base::clock::Instant;

/// What the newest end of a clock was counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The event that is day 0.
    pub from: Instant,
    /// Days from there.
    pub count: i32,
    /// When it began to rest the last time, and how many days were gone.
    pub paused: Option<(Instant, i32)>,
    /// Days by which it was put off.
    pub extended: i32,
}

/// What `events` of its case tell of `clock`.
pub fn of(events: &[case_event::Model], clock: &case_clock::Model) -> Origin {
    let mut origin = Origin { from: clock.started_at, count: clock.length, paused: None, extended: 0 };
    for event in events {
        let change: Change = serde_json::from_str(&event.change).unwrap_or_default();
        for tick in change.clocks {
            match tick {
                Tick::Pause { id, used } if id == clock.id => origin.paused = Some((event.at, used)),
                Tick::Resume { id, .. } if id == clock.id => {
                    let used = origin.paused.map_or(0, |(_, used)| used);
                    (origin.from, origin.count) = (event.at, (clock.length - used).max(0));
                }
                Tick::Move { id, .. } if id == clock.id && event.kind == Act::GrantExtension.word() => {
                    origin.extended = change.detail.parse().unwrap_or(0);
                    (origin.from, origin.count) = (clock.started_at, clock.length + origin.extended);
                }
                _ => {}
            }
        }
    }
    origin
}

/// The end by the calendar of `ends`, with its steps.
pub fn reached(ends: &Ends, origin: &Origin, clock: &case_clock::Model) -> Reached {
    let count = u16::try_from(origin.count).unwrap_or(0);
    match Unit::parse(&clock.unit) {
        Some(Unit::WorkDays) => ends.calendar.due_work_days(local(origin.from), count),
        Some(Unit::Days) => {
            ends.calendar.due_days(local(origin.from), count, ends.deadlines.move_to_work_day())
        }
        // Hours keep their instants: what was left after a pause is no whole number of them.
        _ => ends.calendar.due_clock(origin.from, (clock.due_at - origin.from).max(TimeDelta::zero())),
    }
}

/// How the end of `clock` was reached, a sentence a line.
pub fn told(ends: &Ends, events: &[case_event::Model], clock: &case_clock::Model) -> Vec<String> {
    let origin = of(events, clock);
    let mut lines = Vec::new();
    if let Some((paused, used)) = origin.paused {
        let what = match Unit::parse(&clock.unit) {
            Some(Unit::Hours) | None => String::new(),
            Some(unit) => {
                format!("，已用 {used} {}，还剩 {} {}", unit.zh(), (clock.length - used).max(0), unit.zh())
            }
        };
        lines.push(format!("{}暂停{what}。", zh_date(local(paused))));
        if clock.paused_at.is_none() && origin.from > paused {
            lines.push(format!("{}恢复计算。", zh_date(local(origin.from))));
        }
    }
    if origin.extended > 0 {
        lines.push(format!(
            "原为 {} 天，批准延长 {} 天，共 {} 天。",
            clock.length, origin.extended, origin.count
        ));
    }
    let reached = reached(ends, &origin, clock);
    if clock.paused_at.is_none() {
        lines.extend(reached.steps.into_iter().map(|step| step.text));
        if reached.date != clock.due_on {
            lines.push(format!("登记的截止日期是{}：计算时的放假安排与现在不同。", zh_date(clock.due_on)));
        }
    }
    if let Some(told) = clock.told_on {
        let told = zh_date(told);
        lines.push(format!("先前告知的日期是{told}，按新的放假安排提前了；是否超期仍按{told}认定。"));
    }
    lines
}

/// The ends that are others by the calendar of `ends`: what happens to their clocks, and `P2:2027-01-21:2027-01-25` of
/// each. A day that was told and lies later stays beside the new end (rule W5 of the calendar).
pub fn recount(
    ends: &Ends,
    events: &[case_event::Model],
    clocks: &[case_clock::Model],
) -> (Vec<Tick>, Vec<String>) {
    let counted = |clock: &&case_clock::Model| clock.running && clock.unit != Unit::Hours.word();
    let moved = clocks.iter().filter(counted).filter_map(|clock| {
        let reached = reached(ends, &of(events, clock), clock);
        if (reached.date, reached.provisional) == (clock.due_on, clock.provisional) {
            return None;
        }
        let told = clock.told_on.map_or(clock.due_on, |told| told.max(clock.due_on));
        let due = Due { on: reached.date, at: reached.due_at, provisional: reached.provisional };
        let tick = Tick::Move { id: clock.id, due, told_on: (due.on < told).then_some(told) };
        Some((tick, format!("{}:{}:{}", clock.code, clock.due_on, due.on)))
    });
    moved.unzip()
}

/// What [`recount`] wrote down: code, from, to.
pub fn moves(detail: &str) -> Vec<(String, NaiveDate, NaiveDate)> {
    let one = |part: &str| {
        let mut parts = part.split(':');
        Some((parts.next()?.to_string(), parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    };
    detail.split(',').filter_map(one).collect()
}
