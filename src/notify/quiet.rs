//! Hours in which nobody is disturbed, on a Chinese clock. Pure.

use chrono::{NaiveTime, TimeDelta, Timelike};

use crate::base::clock::{Instant, from_shanghai, shanghai};

const FROM_HOUR: u32 = 22;
const TO_HOUR: u32 = 7;

/// When the quiet hours around `now` end; `None` outside of them.
pub fn ends(now: Instant) -> Option<Instant> {
    let wall = shanghai(now);
    let morning = NaiveTime::from_hms_opt(TO_HOUR, 0, 0)?;
    let day = match wall.hour() {
        hour if hour < TO_HOUR => wall.date_naive(),
        hour if hour >= FROM_HOUR => wall.date_naive() + TimeDelta::days(1),
        _ => return None,
    };
    Some(from_shanghai(day.and_time(morning)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDateTime;

    fn at(text: &str) -> Instant {
        from_shanghai(NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap())
    }

    #[test]
    fn from_ten_in_the_evening_to_seven_nobody_is_disturbed() {
        let morning = Some(at("2026-09-19 07:00"));
        for quiet in ["2026-09-18 22:00", "2026-09-18 23:59", "2026-09-19 00:00", "2026-09-19 06:59"] {
            assert_eq!(ends(at(quiet)), morning, "{quiet}");
        }
        for loud in ["2026-09-18 21:59", "2026-09-19 07:00", "2026-09-19 12:00"] {
            assert_eq!(ends(at(loud)), None, "{loud}");
        }
    }
}
