//! Which clocks an act starts, stops, pauses or moves, and where they end. The days are counted by `base::calendar`,
//! with the lengths of `deadline.rs`; the log keeps what came out, so that no later calendar changes the past.

use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use uuid::Uuid;

use super::act::Act;
use super::deadline::{Deadlines, Unit};
use super::decide::{Command, Seen, live, settle};
use super::fold::{Due, Tick};
use super::model::{BAD, Called, State, Track, case_clock};
use crate::base::calendar::{Calendar, Reached};
use crate::base::clock::{Instant, shanghai};

/// Days in which a citizen may send what is missing (`need_info`, section 2.2 of the rules of cases).
const INFO_DAYS: i32 = 15;
/// Its clock. It obliges nobody in office, so it is no deadline of theirs.
pub const INFO: &str = "N1";
/// All that run while somebody in office has to do something.
const WORK: [&str; 9] = ["M1", "P0", "D1", "R1", "F1", "P1", "P2", "P3", PAPER];
/// The clock of the reply to a paper.
pub const PAPER: &str = "U1";
/// The clock of the call to an author who was not content.
pub const CALL: &str = "C1";
/// Cases of an old system: whoever was not content years ago is not called today.
const OLD: &str = "import";

/// The calendar of now and the lengths of the city.
#[derive(Clone)]
pub struct Ends {
    pub calendar: Arc<Calendar>,
    pub deadlines: Arc<Deadlines>,
}

impl Ends {
    /// The clocks of a case that waits for its first check.
    pub fn opening(&self, track: Track, at: Instant) -> Vec<Tick> {
        let codes: &[&str] = match track {
            Track::Inquiry => &["M1"],
            Track::Petition => &["M1", "P0"],
        };
        codes.iter().map(|code| self.start(code, at)).collect()
    }

    /// What `act` does to the clocks of the case in `seen`, when it leads to the state `to`.
    pub fn ticks(&self, seen: &Seen<'_>, act: Act, to: State, command: &Command) -> Vec<Tick> {
        let (clocks, now) = (seen.clocks, seen.now);
        let petition = seen.file.track() == Track::Petition;
        let start = |codes: &[&str]| codes.iter().map(|code| self.start(code, now)).collect::<Vec<_>>();
        let met = |codes: &[&str]| settle(clocks, codes, true);
        let stopped = |codes: &[&str]| settle(clocks, codes, false);
        let all = || stopped(&live(clocks).map(|clock| clock.code.as_str()).collect::<Vec<_>>());
        match act {
            Act::AskInfo => [self.pause(clocks, now), start(&[INFO])].concat(),
            Act::GiveInfo => [met(&[INFO]), self.resume(clocks, now)].concat(),
            Act::Reject => [met(&["M1", "P0"]), stopped(&["N1"])].concat(),
            Act::Appeal | Act::Unmerge => self.opening(seen.file.track(), now),
            Act::Convert => [all(), self.opening(Track::Petition, now)].concat(),
            Act::Reopen => [all(), self.opening(seen.file.track(), now)].concat(),
            Act::Forward => {
                let begin: &[&str] = match (petition, seen.file.replied_at.is_some()) {
                    (true, _) => &["P1", "D1"],
                    (false, false) => &["R1", "F1", "D1"],
                    (false, true) => &["F1", "D1"],
                };
                [met(&["M1", "P0"]), start(begin)].concat()
            }
            Act::Dispute => [met(&["D1"]), stopped(&["R1", "F1", "P1"])].concat(),
            Act::FirstReply => {
                let decision: &[&str] = if petition { &["P2"] } else { &[] };
                [met(&["R1", "P1"]), stopped(&["D1"]), start(decision)].concat()
            }
            Act::Start => stopped(&["D1"]),
            Act::Answer => {
                let then: &[&str] = if petition { &["S1", "P4"] } else { &["S1"] };
                let done: Vec<_> =
                    [met(&["R1", "F1", "P1", "P2", PAPER]), stopped(&["D1", "S1", "P4"])].concat();
                [done, start(then)].concat()
            }
            Act::GrantExtension => self.extend(clocks, command.days.unwrap_or_default()),
            Act::Rate => {
                let bad = command.scores.is_some_and(|scores| scores.iter().any(|score| *score <= BAD));
                if bad { self.call(seen) } else { Vec::new() }
            }
            Act::CallBack => match command.call.map(|call| call.result) {
                Some(Called::Reached | Called::GaveUp) => met(&[CALL]),
                _ => Vec::new(),
            },
            Act::Rework => [stopped(&["S1", "P4", CALL]), start(&["F1"])].concat(),
            // From here on it is for others to look at.
            Act::AskReview => [met(&["P4"]), stopped(&[CALL]), start(&["P5"])].concat(),
            Act::DecideReview => [met(&["P5"]), start(&["P6"])].concat(),
            Act::AskRecheck => [met(&["P6"]), start(&["P7"])].concat(),
            Act::DecideRecheck => met(&["P7"]),
            // The right to a review outlives the rating.
            Act::Close => {
                let silent = seen.file.unit_score.is_none() && seen.file.is_key();
                let call = if silent { self.call(seen) } else { Vec::new() };
                [stopped(&["S1", PAPER]), call].concat()
            }
            Act::IssueNotice | Act::Supervise => [stopped(&[PAPER]), start(&[PAPER])].concat(),
            Act::ReplyPaper => met(&[PAPER]),
            Act::RevokePaper => stopped(&[PAPER]),
            _ if matches!(to, State::Merged | State::Withdrawn | State::ClosedNoAnswer | State::Final) => {
                all()
            }
            _ => Vec::new(),
        }
    }

    /// The call that the author of `seen` waits for from now on.
    fn call(&self, seen: &Seen<'_>) -> Vec<Tick> {
        if seen.file.source == OLD { Vec::new() } else { vec![self.start(CALL, seen.now)] }
    }

    /// A clock that starts now.
    pub fn start(&self, code: &str, at: Instant) -> Tick {
        let (length, unit) = self.length(code);
        let due = self.due(at, length, unit);
        Tick::Start {
            id: Uuid::now_v7(),
            code: code.to_string(),
            started_at: at,
            length,
            unit: unit.word().to_string(),
            due,
        }
    }

    fn length(&self, code: &str) -> (i32, Unit) {
        if code == INFO {
            return (INFO_DAYS, Unit::Days);
        }
        self.deadlines.get(code).map_or((INFO_DAYS, Unit::Days), |rule| (rule.length, rule.unit))
    }

    /// The end of `length` from `at`.
    pub fn due(&self, at: Instant, length: i32, unit: Unit) -> Due {
        let count = u16::try_from(length).unwrap_or(0);
        let day = shanghai(at).date_naive();
        end(match unit {
            Unit::Hours => self.calendar.due_hours(at, count),
            Unit::WorkDays => self.calendar.due_work_days(day, count),
            Unit::Days => self.calendar.due_days(day, count, self.deadlines.move_to_work_day()),
        })
    }

    fn pause(&self, clocks: &[case_clock::Model], now: Instant) -> Vec<Tick> {
        let working = |clock: &&case_clock::Model| clock.running && WORK.contains(&clock.code.as_str());
        let tick = |clock: &case_clock::Model| Tick::Pause { id: clock.id, used: self.used(clock, now) };
        clocks.iter().filter(working).map(tick).collect()
    }

    /// Days of `clock` that are gone, earlier pauses left out. Hours keep their instants instead.
    fn used(&self, clock: &case_clock::Model, now: Instant) -> i32 {
        let (from, to) = (shanghai(clock.started_at).date_naive(), shanghai(now).date_naive());
        let Some(unit) = Unit::parse(&clock.unit).filter(|unit| *unit != Unit::Hours) else { return 0 };
        let days = |from: NaiveDate, to: NaiveDate| match unit {
            Unit::WorkDays => i32::from(self.calendar.used_up_to(from, to)),
            _ => i32::try_from((to - from).num_days()).unwrap_or(0),
        };
        // An end that moved was counted from the last resumption: what is left up to it was not used.
        let first = self.due(clock.started_at, clock.length, unit).on == clock.due_on;
        let used = if first { days(from, to) } else { clock.length - days(to, clock.due_on) };
        used.clamp(0, clock.length)
    }

    fn resume(&self, clocks: &[case_clock::Model], now: Instant) -> Vec<Tick> {
        let day = shanghai(now).date_naive();
        let tick = |clock: &case_clock::Model| {
            let left = (clock.length - clock.used).max(0);
            let due = match (Unit::parse(&clock.unit), clock.paused_at) {
                (Some(Unit::WorkDays), _) => self.due(now, left, Unit::WorkDays),
                (Some(Unit::Days), _) => self.due(now, left, Unit::Days),
                (_, Some(paused)) => {
                    let at = now + (clock.due_at - paused).max(TimeDelta::zero());
                    Due { on: shanghai(at).date_naive(), at, provisional: false }
                }
                _ => Due { on: day, at: now, provisional: false },
            };
            Tick::Resume { id: clock.id, due }
        };
        clocks.iter().filter(|clock| clock.paused_at.is_some()).map(tick).collect()
    }

    /// The end of the decision, put off by `days` calendar days.
    fn extend(&self, clocks: &[case_clock::Model], days: i64) -> Vec<Tick> {
        let days = i32::try_from(days).unwrap_or(0);
        let decision = clocks.iter().filter(|clock| clock.running && clock.code == "P2");
        decision
            .map(|clock| Tick::Move {
                id: clock.id,
                due: self.due(clock.started_at, clock.length + days, Unit::Days),
                told_on: None,
            })
            .collect()
    }
}

fn end(reached: Reached) -> Due {
    Due { on: reached.date, at: reached.due_at, provisional: reached.provisional }
}
