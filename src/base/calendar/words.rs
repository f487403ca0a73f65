//! How a date was reached: one step a day, in a form for programs and in a sentence for people.

use chrono::{Datelike, NaiveDate};
use serde::{Serialize, Serializer};

use crate::base::clock::Instant;

/// The end of a time limit, and the way to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reached {
    /// The last day, by the calendar of China.
    pub date: NaiveDate,
    /// The first instant after the limit: whatever happens at it or later is late.
    pub due_at: Instant,
    /// A day that decided it lies in a year which the State Council has not published.
    pub provisional: bool,
    pub steps: Vec<Step>,
}

/// A day that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    pub date: NaiveDate,
    pub verdict: Verdict,
    /// Which of the counted days (or hours) this is; `None` when it was not counted.
    pub number: Option<i64>,
    pub why: Why,
    /// The festival behind a day off or a make-up day.
    pub holiday: Option<String>,
    pub provisional: bool,
    /// The same in one sentence, in Chinese.
    pub text: String,
}

/// What became of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Day 0: the day of the event is never counted.
    Start,
    Counted,
    Skipped,
    /// Not counted, but the limit ends here because it would have ended on a day off.
    MovedTo,
}

/// What a day is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// Monday to Friday.
    Weekday,
    Weekend,
    /// Off by the notice.
    Holiday,
    /// A Saturday or Sunday worked by the notice.
    MakeUp,
    /// Off in a year without notice, because the law itself names the date.
    FixedHoliday,
    /// Counted by the calendar, whatever kind of day it is.
    CalendarDay,
    /// Counted by the clock.
    ClockHours,
}

impl Why {
    /// The word in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Why::Weekday => "weekday",
            Why::Weekend => "weekend",
            Why::Holiday => "holiday",
            Why::MakeUp => "make_up",
            Why::FixedHoliday => "fixed_holiday",
            Why::CalendarDay => "calendar_day",
            Why::ClockHours => "clock_hours",
        }
    }
}

impl Serialize for Why {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// One day as the calendar knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    pub date: NaiveDate,
    pub work: bool,
    pub why: Why,
    pub holiday: Option<String>,
    pub provisional: bool,
}

impl Day {
    /// `国庆节放假`, `因国庆节调休上班` …, and that it is a guess where it is one.
    pub fn zh(&self) -> String {
        let holiday = self.holiday.as_deref().unwrap_or_default();
        let what = match self.why {
            Why::Weekend => "周末".to_string(),
            Why::Holiday | Why::FixedHoliday => format!("{holiday}放假"),
            Why::MakeUp => format!("因{holiday}调休上班"),
            Why::Weekday | Why::CalendarDay | Why::ClockHours => "工作日".to_string(),
        };
        match self.provisional {
            true => format!("{what}（{}年放假安排尚未公布，暂按预计）", self.date.year()),
            false => what,
        }
    }

    /// The step of a day that is counted as working day `number`, or skipped.
    pub(super) fn step(&self, verdict: Verdict, number: Option<i64>) -> Step {
        let (date, what) = (zh_date(self.date), self.zh());
        let text = match (verdict, number) {
            (Verdict::Start, _) => format!("{date}是起算日，不计入，从第二天起算。"),
            (Verdict::Counted, Some(number)) => format!("{date}：{what}，第{number}个工作日。"),
            (Verdict::MovedTo, _) => format!("{date}：{what}，期限顺延到这一天。"),
            _ => format!("{date}：{what}，不计。"),
        };
        Step {
            date: self.date,
            verdict,
            number,
            why: self.why,
            holiday: self.holiday.clone(),
            provisional: self.provisional,
            text,
        }
    }
}

/// `2026年10月10日（周六）`: limits run over the end of a year, so the year is always said.
pub fn zh_date(date: NaiveDate) -> String {
    let day = ["一", "二", "三", "四", "五", "六", "日"][date.weekday().num_days_from_monday() as usize];
    format!("{}年{}月{}日（周{day}）", date.year(), date.month(), date.day())
}
