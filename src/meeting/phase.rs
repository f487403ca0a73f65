//! Where a meeting stands at one moment. Pure.

use super::model::{State, meeting};
use crate::base::clock::Instant;

/// What pages and screens tell of a meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Sign-in has not begun.
    Coming,
    /// Sign-in runs.
    Open,
    /// Sign-in is over and the meeting goes on.
    Running,
    /// The meeting is over, by its time or by the organiser.
    Over,
    Cancelled,
}

impl Phase {
    pub fn of(meeting: &meeting::Model, now: Instant) -> Phase {
        match meeting.state() {
            State::Cancelled => Phase::Cancelled,
            State::Closed => Phase::Over,
            State::Active if now < meeting.opens_at => Phase::Coming,
            State::Active if now <= meeting.closes_at => Phase::Open,
            State::Active if now <= meeting.ends_at => Phase::Running,
            State::Active => Phase::Over,
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            Phase::Coming => "未开始",
            Phase::Open => "签到中",
            Phase::Running => "签到已截止",
            Phase::Over => "已结束",
            Phase::Cancelled => "已取消",
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::meeting::testing::a_meeting;

    #[test]
    fn a_meeting_goes_from_coming_to_over_by_its_own_times() {
        let start = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let mut meeting = a_meeting(start);
        let at = |meeting: &meeting::Model, minutes| Phase::of(meeting, start + TimeDelta::minutes(minutes));
        for (minutes, phase) in [
            (-61, Phase::Coming),
            (-60, Phase::Open),
            (0, Phase::Open),
            (15, Phase::Open),
            (16, Phase::Running),
            (120, Phase::Running),
            (121, Phase::Over),
        ] {
            assert_eq!(at(&meeting, minutes), phase, "{minutes}");
        }
        meeting.state = State::Closed.word().to_string();
        assert_eq!(at(&meeting, 0), Phase::Over);
        meeting.state = State::Cancelled.word().to_string();
        assert_eq!(at(&meeting, 200), Phase::Cancelled);
    }
}
