//! Working days and time limits. Pure: years are data, nothing here reads a clock or a database.
//!
//! Day 0 is the local date of the event, whatever its hour or kind of day; the limit is the end of its last day, and
//! the next instant is late (Civil Code art. 201). Make-up Saturdays and Sundays are working days, weekday holidays
//! are not. A limit in calendar days that ends on a day off moves to the next working day (Civil Code art. 203).
//! Years that nobody has published are guessed, and whatever rests on a guess says so: it is `provisional`.

mod files;
pub mod notice;
pub mod words;
mod year;

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike, Duration, NaiveDate, NaiveTime};

use crate::base::clock::{Instant, from_shanghai, shanghai};

pub use words::{Day, Reached, Step, Verdict, Why};
pub use year::{Holiday, Status, Year, is_weekend};

/// Days that the law itself names (全国年节及纪念日放假办法, 2024): month, day, name. The rest follows the moon or the sun.
const FIXED: [(u32, u32, &str); 6] = [
    (1, 1, "元旦"),
    (5, 1, "劳动节"),
    (5, 2, "劳动节"),
    (10, 1, "国庆节"),
    (10, 2, "国庆节"),
    (10, 3, "国庆节"),
];

/// Every year that is known, as one answer to "is this a working day?".
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    years: BTreeMap<i32, Year>,
    /// What the notices say: true worked, false off; and for which festival.
    named: HashMap<NaiveDate, (bool, String)>,
}

impl Calendar {
    /// Of `years`; a later one of the same year replaces an earlier one.
    pub fn new(years: impl IntoIterator<Item = Year>) -> Calendar {
        let years: BTreeMap<i32, Year> = years.into_iter().map(|year| (year.year, year)).collect();
        let mut named = HashMap::new();
        for holiday in years.values().flat_map(|year| &year.holidays) {
            named.extend(holiday.days().map(|day| (day, (false, holiday.name.clone()))));
            named.extend(holiday.work.iter().map(|day| (*day, (true, holiday.name.clone()))));
        }
        Calendar { years, named }
    }

    /// This calendar with `years` put over its own.
    pub fn with(&self, years: impl IntoIterator<Item = Year>) -> Calendar {
        Calendar::new(self.years.values().cloned().chain(years))
    }

    /// The data of a year, published or expected.
    pub fn year(&self, year: i32) -> Option<&Year> {
        self.years.get(&year)
    }

    /// Every year with data, oldest first.
    pub fn years(&self) -> impl Iterator<Item = &Year> {
        self.years.values()
    }

    /// The State Council has said what is off in `year`.
    pub fn is_published(&self, year: i32) -> bool {
        self.years.get(&year).is_some_and(|year| year.status == Status::Published)
    }

    /// What `date` is. Every date has an answer; `provisional` tells whether it is a guess.
    pub fn day(&self, date: NaiveDate) -> Day {
        let published = self.is_published(date.year());
        let known = self.years.contains_key(&date.year());
        let fixed = || FIXED.iter().find(|(month, day, _)| (date.month(), date.day()) == (*month, *day));
        let (work, why, holiday) = match (self.named.get(&date), is_weekend(date)) {
            (Some((true, name)), _) => (true, Why::MakeUp, Some(name.clone())),
            (Some((false, name)), _) => (false, Why::Holiday, Some(name.clone())),
            (None, weekend) => match fixed().filter(|_| !known) {
                Some((_, _, name)) => (false, Why::FixedHoliday, Some((*name).to_string())),
                None if weekend => (false, Why::Weekend, None),
                None => (true, Why::Weekday, None),
            },
        };
        Day { date, work, why, holiday, provisional: !published }
    }

    /// Whether `date` is a working day, and whether that is only a guess.
    pub fn is_work_day(&self, date: NaiveDate) -> (bool, bool) {
        let day = self.day(date);
        (day.work, day.provisional)
    }

    /// The end of the `length`th working day after `start`. A length of 0 ends on `start` itself, or on the next
    /// working day where that is a day off.
    pub fn due_work_days(&self, start: NaiveDate, length: u16) -> Reached {
        let mut steps = vec![self.day(start).step(Verdict::Start, None)];
        let mut counted = 0;
        let mut date = start;
        if length == 0 {
            return self.moved(start, steps, false);
        }
        while counted < i64::from(length) {
            let Some(next) = date.succ_opt() else { break };
            date = next;
            let day = self.day(date);
            counted += i64::from(day.work);
            steps.push(match day.work {
                true => day.step(Verdict::Counted, Some(counted)),
                false => day.step(Verdict::Skipped, None),
            });
        }
        // Day 0 is not counted, so that its kind decides nothing.
        let provisional = steps.iter().skip(1).any(|step| step.provisional);
        Reached { date, due_at: end_of(date), provisional, steps }
    }

    /// The end of the `length`th calendar day after `start`. With `move_to_work_day` an end on a day off moves to the
    /// next working day. Only the days at the end decide, so that only they can make it provisional.
    pub fn due_days(&self, start: NaiveDate, length: u16, move_to_work_day: bool) -> Reached {
        let end = start.checked_add_signed(Duration::days(i64::from(length))).unwrap_or(NaiveDate::MAX);
        let start = self.day(start).step(Verdict::Start, None);
        let day = self.day(end);
        let last = Step {
            verdict: Verdict::Counted,
            number: Some(i64::from(length)),
            text: match move_to_work_day {
                true => format!("第{length}天是{}，{}。", words::zh_date(end), day.zh()),
                false => format!("第{length}天是{}。", words::zh_date(end)),
            },
            why: Why::CalendarDay,
            provisional: move_to_work_day && day.provisional,
            ..day.step(Verdict::Counted, None)
        };
        let steps = vec![start, last];
        match move_to_work_day {
            true => self.moved(end, steps, true),
            false => Reached { date: end, due_at: end_of(end), provisional: false, steps },
        }
    }

    /// `end`, or the next working day; `told`: the day `end` has its step already.
    fn moved(&self, end: NaiveDate, mut steps: Vec<Step>, told: bool) -> Reached {
        let mut day = self.day(end);
        let mut provisional = day.provisional;
        while !day.work {
            if day.date != end || !told {
                steps.push(day.step(Verdict::Skipped, None));
            }
            let Some(next) = day.date.succ_opt() else { break };
            day = self.day(next);
            provisional |= day.provisional;
        }
        if day.date != end {
            steps.push(day.step(Verdict::MovedTo, None));
        }
        Reached { date: day.date, due_at: end_of(day.date), provisional, steps }
    }

    /// `hours` by the clock after `start`, nights and days off included. Late from `due_at` on.
    pub fn due_hours(&self, start: Instant, hours: u16) -> Reached {
        self.due_clock(start, Duration::hours(i64::from(hours)))
    }

    /// `span` by the clock after `start`: what is left of hours after a pause is seldom a whole number of them.
    pub fn due_clock(&self, start: Instant, span: Duration) -> Reached {
        let due_at = start.checked_add_signed(span).unwrap_or(start);
        let step = |at: Instant, verdict, number, text| Step {
            verdict,
            number,
            text,
            why: Why::ClockHours,
            holiday: None,
            provisional: false,
            ..self.day(local(at)).step(verdict, number)
        };
        let wall = |at: Instant| format!("{}{}", words::zh_date(local(at)), shanghai(at).format("%H:%M"));
        let long = match (span.num_hours(), span.num_minutes() % 60) {
            (hours, 0) => format!("{hours}小时"),
            (hours, minutes) => format!("{hours}小时{minutes}分钟"),
        };
        let steps = vec![
            step(start, Verdict::Start, None, format!("从{}起算，夜间和休息日都计入。", wall(start))),
            step(due_at, Verdict::Counted, Some(span.num_hours()), format!("满{long}是{}。", wall(due_at))),
        ];
        Reached { date: local(due_at), due_at, provisional: false, steps }
    }

    /// Working days used from `start` (not counted) up to and with `date`: 0 when `date` is not later.
    pub fn used_up_to(&self, start: NaiveDate, date: NaiveDate) -> u16 {
        let days = start.iter_days().skip(1).take_while(|day| *day <= date);
        u16::try_from(days.filter(|day| self.day(*day).work).count()).unwrap_or(u16::MAX)
    }

    /// What is left of `length` working days that ran from `start` when the clock stops on `paused`.
    pub fn remaining(&self, start: NaiveDate, length: u16, paused: NaiveDate) -> u16 {
        length.saturating_sub(self.used_up_to(start, paused))
    }

    /// The end of a limit of `length` working days from `start` that stood still from `paused` to `resumed`: what was
    /// left is counted from the day of resumption, which is day 0 again.
    pub fn resume(&self, start: NaiveDate, length: u16, paused: NaiveDate, resumed: NaiveDate) -> Reached {
        self.due_work_days(resumed, self.remaining(start, length, paused))
    }
}

/// The date in China at `at`.
pub fn local(at: Instant) -> NaiveDate {
    shanghai(at).date_naive()
}

/// The first instant after `date` in China.
pub fn end_of(date: NaiveDate) -> Instant {
    date.succ_opt().map_or(Instant::MAX_UTC, |next| from_shanghai(next.and_time(NaiveTime::MIN)))
}

#[cfg(test)]
mod tests;
