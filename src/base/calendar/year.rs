//! One year of the State Council's arrangement: what is off, and what is worked for it.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use super::words::zh_date;

/// No arrangement since 2000 was longer than 9 days; a longer one is a slip of the pen.
const LONGEST_HOLIDAY_DAYS: i64 = 12;
/// Days that a notice may reach into the years beside its own: 元旦 has begun on 29 December.
const OVER_THE_EDGE_DAYS: u64 = 10;

/// A year as the operator's file or a published notice has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Year {
    pub year: i32,
    pub status: Status,
    /// The notice: its name, and its number only where that is certain.
    pub source: String,
    #[serde(default, rename = "holiday")]
    pub holidays: Vec<Holiday>,
}

/// Whether the State Council has said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Published,
    /// Expected only: every day of the year answers `provisional`.
    Provisional,
}

/// One item of the notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    pub name: String,
    /// First day off.
    pub from: NaiveDate,
    /// Last day off.
    pub to: NaiveDate,
    /// Saturdays and Sundays worked for it.
    #[serde(default)]
    pub work: Vec<NaiveDate>,
}

impl Holiday {
    /// Every day off, first to last.
    pub fn days(&self) -> impl Iterator<Item = NaiveDate> + '_ {
        self.from.iter_days().take_while(|day| *day <= self.to)
    }
}

impl Year {
    /// Everything that cannot be, in Chinese; empty: the year can be used.
    pub fn problems(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if !(1949..=2999).contains(&self.year) {
            return vec![format!("{} 不是可用的年份。", self.year)];
        }
        let mut off: BTreeMap<NaiveDate, &str> = BTreeMap::new();
        let mut work: BTreeMap<NaiveDate, &str> = BTreeMap::new();
        for holiday in &self.holidays {
            let name = holiday.name.as_str();
            if name.trim().is_empty() {
                wrong.push("有一段放假没有写节日名称。".to_string());
            }
            let length = (holiday.to - holiday.from).num_days() + 1;
            if length < 1 {
                wrong.push(format!("{name}：放假最后一天早于第一天。"));
                continue;
            }
            if length > LONGEST_HOLIDAY_DAYS {
                wrong.push(format!("{name}：放假 {length} 天，超过 {LONGEST_HOLIDAY_DAYS} 天，请核对。"));
                continue;
            }
            for day in holiday.days() {
                if let Some(other) = off.insert(day, name) {
                    wrong.push(format!("{name}：{}已经是{other}假期。", zh_date(day)));
                }
            }
            for day in &holiday.work {
                if !is_weekend(*day) {
                    wrong.push(format!("{name}：{}不是周末，不必调休上班。", zh_date(*day)));
                }
                if work.insert(*day, name).is_some() {
                    wrong.push(format!("{name}：{}调休上班写了两次。", zh_date(*day)));
                }
            }
        }
        for (day, name) in off.iter().chain(&work).filter(|(day, _)| !self.near(**day)) {
            wrong.push(format!("{name}：{}不在 {} 年。", zh_date(*day), self.year));
        }
        for (day, name) in work.iter().filter(|(day, _)| off.contains_key(day)) {
            wrong.push(format!("{name}：{}既放假又上班。", zh_date(*day)));
        }
        wrong
    }

    fn near(&self, day: NaiveDate) -> bool {
        let inside = |day: Option<NaiveDate>| day.is_some_and(|day| day.year() == self.year);
        inside(day.checked_add_days(Days::new(OVER_THE_EDGE_DAYS)))
            || inside(day.checked_sub_days(Days::new(OVER_THE_EDGE_DAYS)))
    }

    /// Days off that are no Saturday or Sunday, sorted.
    pub fn weekdays_off(&self) -> Vec<NaiveDate> {
        let mut days: Vec<_> =
            self.holidays.iter().flat_map(Holiday::days).filter(|day| !is_weekend(*day)).collect();
        days.sort();
        days
    }

    /// Saturdays and Sundays that are worked, sorted.
    pub fn make_up_days(&self) -> Vec<NaiveDate> {
        let mut days: Vec<_> = self.holidays.iter().flat_map(|holiday| holiday.work.clone()).collect();
        days.sort();
        days
    }
}

/// Saturday or Sunday.
pub fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn year(from: &str, to: &str, work: &[&str]) -> Year {
        let holiday = Holiday {
            name: "国庆节".to_string(),
            from: day(from),
            to: day(to),
            work: work.iter().map(|text| day(text)).collect(),
        };
        Year { year: 2026, status: Status::Published, source: String::new(), holidays: vec![holiday] }
    }

    #[test]
    fn what_cannot_be_is_named() {
        let cases = [
            (year("2026-10-07", "2026-10-01", &[]), "最后一天早于第一天"),
            (year("2026-10-01", "2026-10-31", &[]), "超过 12 天"),
            (year("2026-10-01", "2026-10-07", &["2026-10-08"]), "10月8日（周四）不是周末"),
            (year("2026-10-01", "2026-10-07", &["2026-10-04"]), "既放假又上班"),
            (year("2026-10-01", "2026-10-07", &["2026-10-10", "2026-10-10"]), "写了两次"),
            (year("2025-10-01", "2025-10-07", &[]), "不在 2026 年"),
        ];
        for (year, expected) in cases {
            let problems = year.problems().join("\n");
            assert!(problems.contains(expected), "{expected} in {problems}");
        }
        let mut twice = year("2026-10-01", "2026-10-07", &[]);
        twice.holidays.push(twice.holidays[0].clone());
        assert!(twice.problems()[0].contains("已经是国庆节假期"));
        assert_eq!(Year { year: -5, ..twice }.problems(), ["-5 不是可用的年份。"]);
    }

    #[test]
    fn a_notice_may_begin_in_the_december_before() {
        assert_eq!(year("2025-12-30", "2026-01-01", &["2025-12-28"]).problems(), Vec::<String>::new());
    }
}
