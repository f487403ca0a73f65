//! The only source of time. UTC to the millisecond inside, Asia/Shanghai on every page.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Datelike, Duration, FixedOffset, NaiveDateTime, TimeZone, Timelike, Utc};

/// An instant as stored: UTC, whole milliseconds, so that it reads back equal from both databases.
pub type Instant = DateTime<Utc>;

/// Real time, real time that a rehearsal put forward, or a time that a test owns and moves.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    #[default]
    System,
    /// So many milliseconds ahead of real time.
    Ahead(Arc<AtomicI64>),
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands still at `at` until moved.
    pub fn manual(at: Instant) -> Clock {
        Clock::Manual(Arc::new(AtomicI64::new(at.timestamp_millis())))
    }

    /// Real time, until it is put forward.
    pub fn ahead() -> Clock {
        Clock::Ahead(Arc::default())
    }

    /// Now, in whole milliseconds.
    pub fn now(&self) -> Instant {
        #[allow(clippy::disallowed_methods, reason = "this is the one place")]
        let real = || Utc::now().timestamp_millis();
        let millis = match self {
            Clock::System => real(),
            Clock::Ahead(by) => real() + by.load(Ordering::SeqCst),
            Clock::Manual(millis) => millis.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_millis(millis).unwrap_or_default()
    }

    /// Seconds since 1970, as WeChat counts.
    pub fn unix(&self) -> i64 {
        self.now().timestamp()
    }

    /// Moves a manual clock; does nothing to the others.
    pub fn advance(&self, by: Duration) {
        if let Clock::Manual(millis) = self {
            millis.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
        }
    }

    /// Puts a rehearsal's or a test's clock forward; `false`: it is the real one, which nobody moves.
    pub fn forward(&self, by: Duration) -> bool {
        match self {
            Clock::System => false,
            Clock::Ahead(millis) | Clock::Manual(millis) => {
                millis.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
                true
            }
        }
    }

    /// Sets a manual clock; does nothing to the others.
    pub fn set(&self, at: Instant) {
        if let Clock::Manual(millis) = self {
            millis.store(at.timestamp_millis(), Ordering::SeqCst);
        }
    }
}

/// The same instant on a Chinese wall clock. China has had one fixed offset since 1991.
pub fn shanghai(at: Instant) -> DateTime<FixedOffset> {
    at.with_timezone(&china())
}

/// A wall-clock time in China as an instant.
pub fn from_shanghai(wall: NaiveDateTime) -> Instant {
    china().from_local_datetime(&wall).single().map(|at| at.with_timezone(&Utc)).unwrap_or_default()
}

/// `9月19日（周六）09:00`, with the year in front when it is not the year of `now`.
pub fn zh_moment(at: Instant, now: Instant) -> String {
    let wall = shanghai(at);
    let day = ["一", "二", "三", "四", "五", "六", "日"][wall.weekday().num_days_from_monday() as usize];
    let year =
        if wall.year() == shanghai(now).year() { String::new() } else { format!("{}年", wall.year()) };
    format!("{year}{}月{}日（周{day}）{:02}:{:02}", wall.month(), wall.day(), wall.hour(), wall.minute())
}

/// `9月19日（周六）09:00–11:30`; the end carries its own date when it falls on another day.
pub fn zh_span(from: Instant, to: Instant, now: Instant) -> String {
    if shanghai(from).date_naive() == shanghai(to).date_naive() {
        format!("{}–{}", zh_moment(from, now), zh_minute(to))
    } else {
        format!("{} 至 {}", zh_moment(from, now), zh_moment(to, now))
    }
}

/// `08:47`.
pub fn zh_minute(at: Instant) -> String {
    shanghai(at).format("%H:%M").to_string()
}

/// `08:47:12`.
pub fn zh_second(at: Instant) -> String {
    shanghai(at).format("%H:%M:%S").to_string()
}

fn china() -> FixedOffset {
    const EIGHT_HOURS: i32 = 8 * 3600;
    FixedOffset::east_opt(EIGHT_HOURS).unwrap_or_else(|| unreachable!("eight hours are within a day"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        from_shanghai(NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap())
    }

    #[test]
    fn moments_read_as_people_write_them() {
        let now = at("2026-09-01 00:00");
        assert_eq!(zh_moment(at("2026-09-19 09:00"), now), "9月19日（周六）09:00");
        assert_eq!(zh_moment(at("2027-01-01 00:05"), now), "2027年1月1日（周五）00:05");
        assert_eq!(
            zh_span(at("2026-09-19 09:00"), at("2026-09-19 11:30"), now),
            "9月19日（周六）09:00–11:30"
        );
        assert_eq!(
            zh_span(at("2026-09-19 22:00"), at("2026-09-20 01:30"), now),
            "9月19日（周六）22:00 至 9月20日（周日）01:30"
        );
    }

    #[test]
    fn a_clock_put_forward_goes_on_from_there_and_the_real_one_stays() {
        let (real, ahead) = (Clock::System, Clock::ahead());
        assert!(ahead.forward(Duration::hours(2)) && !real.forward(Duration::hours(2)));
        let gap = ahead.now() - real.now();
        assert!(gap > Duration::minutes(119) && gap < Duration::minutes(121), "{gap}");
    }

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = Clock::manual(at("2026-09-19 08:00"));
        assert_eq!(clock.now(), clock.now());
        clock.advance(Duration::minutes(1));
        assert_eq!(zh_second(clock.now()), "08:01:00");
    }
}
