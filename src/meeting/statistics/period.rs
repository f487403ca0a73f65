//! A span of days to look back on: a quarter, a year, or two dates.

use chrono::{Datelike, Days, NaiveDate};
use serde::Deserialize;

use crate::base::clock::{Instant, from_shanghai, shanghai};

/// As asked for: `2026-Q3`, `2026`, or the first and last day.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub period: String,
    pub from: String,
    pub to: String,
}

/// From the first to the last day, both included, on a Chinese calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub first: NaiveDate,
    pub last: NaiveDate,
}

impl Period {
    /// What was asked for; without anything usable, the quarter that `now` is in. Days in the wrong order are turned
    /// round, and ten years are the most.
    pub fn of(asked: &Asked, now: Instant) -> Period {
        let day = |text: &str| NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok().filter(sensible);
        if let (Some(one), Some(other)) = (day(&asked.from), day(&asked.to)) {
            let (first, last) = (one.min(other), one.max(other));
            let most = first.checked_add_days(Days::new(3653)).unwrap_or(last);
            return Period { first, last: last.min(most) };
        }
        named(asked.period.trim()).unwrap_or_else(|| {
            let today = shanghai(now).date_naive();
            quarter(today.year(), today.month0() / 3).unwrap_or(Period { first: today, last: today })
        })
    }

    /// The quarters of the year of `now` up to now, the year, and the year before: for choosing.
    pub fn usual(now: Instant) -> Vec<(String, Period)> {
        let today = shanghai(now).date_naive();
        let quarters = (0..=today.month0() / 3).rev().map(|n| format!("{}-Q{}", today.year(), n + 1));
        let years = [today.year(), today.year() - 1].map(|year| year.to_string());
        quarters.chain(years).filter_map(|name| Some((name.clone(), named(&name)?))).collect()
    }

    pub fn begins(&self) -> Instant {
        from_shanghai(self.first.and_hms_opt(0, 0, 0).unwrap_or_default())
    }

    /// The first instant after it.
    pub fn ends(&self) -> Instant {
        let next = self.last.succ_opt().unwrap_or(self.last);
        from_shanghai(next.and_hms_opt(0, 0, 0).unwrap_or_default())
    }

    /// `2026年第3季度`, `2026年`, or the two days.
    pub fn zh(&self) -> String {
        let year = self.first.year();
        if named(&year.to_string()) == Some(*self) {
            return format!("{year}年");
        }
        match (0..4).find(|n| quarter(year, *n) == Some(*self)) {
            Some(n) => format!("{year}年第{}季度", n + 1),
            None => format!("{} 至 {}", zh_day(self.first), zh_day(self.last)),
        }
    }
}

fn zh_day(day: NaiveDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

fn sensible(day: &NaiveDate) -> bool {
    (2000..2200).contains(&day.year())
}

fn named(name: &str) -> Option<Period> {
    let (year, part) = name.split_once("-Q").unwrap_or((name, ""));
    let year: i32 = year.parse().ok().filter(|year| (2000..2200).contains(year))?;
    match part {
        "" if !name.contains('-') => Some(Period {
            first: NaiveDate::from_ymd_opt(year, 1, 1)?,
            last: NaiveDate::from_ymd_opt(year, 12, 31)?,
        }),
        _ => quarter(year, part.parse::<u32>().ok()?.checked_sub(1)?),
    }
}

/// `n`: from 0.
fn quarter(year: i32, n: u32) -> Option<Period> {
    let first = NaiveDate::from_ymd_opt(year, n * 3 + 1, 1)?;
    let next = if n == 3 {
        NaiveDate::from_ymd_opt(year + 1, 1, 1)
    } else {
        NaiveDate::from_ymd_opt(year, n * 3 + 4, 1)
    };
    Some(Period { first, last: next?.pred_opt()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Instant {
        Instant::from_timestamp(1_790_000_000, 0).unwrap()
    }

    fn asked(period: &str, from: &str, to: &str) -> String {
        let asked = Asked { period: period.to_string(), from: from.to_string(), to: to.to_string() };
        Period::of(&asked, now()).zh()
    }

    #[test]
    fn a_period_is_a_quarter_a_year_or_two_days() {
        assert_eq!(asked("2026-Q1", "", ""), "2026年第1季度");
        assert_eq!(asked("2025", "", ""), "2025年");
        assert_eq!(asked("", "2026-02-10", "2026-01-05"), "2026年1月5日 至 2026年2月10日");
        for nonsense in ["", "2026-Q5", "2026-Q0", "x", "99999", "2026-", "-Q1", "2026-Q"] {
            assert_eq!(asked(nonsense, "9999-01-01", "x"), "2026年第3季度", "{nonsense}");
        }
        assert_eq!(asked("", "2001-01-01", "2199-12-31"), "2001年1月1日 至 2011年1月2日");
    }

    #[test]
    fn a_day_begins_at_midnight_in_china() {
        let year = named("2026").unwrap();
        assert_eq!(year.begins().to_rfc3339(), "2025-12-31T16:00:00+00:00");
        assert_eq!(year.ends().to_rfc3339(), "2026-12-31T16:00:00+00:00");
        assert_eq!(Period::usual(now()).len(), 5);
    }
}
