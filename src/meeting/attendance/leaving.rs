//! What it means that somebody is out of the room. Pure.

use chrono::TimeDelta;

use crate::base::clock::Instant;
use crate::meeting::model::{attendance, meeting};
use crate::meeting::phase::Phase;

/// Whoever goes this shortly before the end has stayed to the end.
pub const TOLERANCE: TimeDelta = TimeDelta::minutes(10);

/// How somebody who signed in is out of the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// Went out, and may be back.
    Away,
    /// Went out before the end and was not back when the meeting was over.
    Early,
    /// Went at the end.
    Left,
}

impl Leaving {
    /// `None` for whoever is in the room, or did not come.
    pub fn of(meeting: &meeting::Model, there: &attendance::Model, now: Instant) -> Option<Leaving> {
        let left_at = there.left_at.filter(|_| there.is_in())?;
        Some(match Phase::of(meeting, now) {
            _ if left_at >= meeting.ends_at - TOLERANCE => Leaving::Left,
            Phase::Over => Leaving::Early,
            _ => Leaving::Away,
        })
    }

    /// As pages and sheets say it.
    pub fn zh(self) -> &'static str {
        match self {
            Leaving::Away => "暂离",
            Leaving::Early => "早退",
            Leaving::Left => "离会",
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::meeting::model::{Presence, Source, State};
    use crate::meeting::testing::a_meeting;

    fn outside(meeting: &meeting::Model, left_at: Option<Instant>) -> attendance::Model {
        let presence = if left_at.is_some() { Presence::Away } else { Presence::In };
        attendance::Model {
            meeting_id: meeting.id,
            person_id: Uuid::now_v7(),
            status: presence.word().to_string(),
            position: 1,
            at: meeting.starts_at,
            scanned_at: None,
            source: Source::Scan.word().to_string(),
            left_at,
            event_id: Uuid::now_v7(),
            name: "江一帆".to_string(),
            unit: "市金融办".to_string(),
            place: None,
        }
    }

    #[test]
    fn who_goes_before_the_last_ten_minutes_and_is_not_back_at_the_end_left_early() {
        let mut meeting = a_meeting(DateTime::from_timestamp(1_790_000_000, 0).unwrap());
        let end = meeting.ends_at;
        let minutes = |minutes: i64| end + TimeDelta::minutes(minutes);
        let of = |meeting: &meeting::Model, left: Instant, now: Instant| {
            Leaving::of(meeting, &outside(meeting, Some(left)), now)
        };
        assert_eq!(of(&meeting, minutes(-11), minutes(-1)), Some(Leaving::Away));
        assert_eq!(of(&meeting, minutes(-11), minutes(1)), Some(Leaving::Early));
        assert_eq!(of(&meeting, minutes(-10), minutes(-1)), Some(Leaving::Left));
        assert_eq!(of(&meeting, minutes(-10), minutes(1)), Some(Leaving::Left));
        assert_eq!(Leaving::of(&meeting, &outside(&meeting, None), minutes(1)), None);
        let undone = attendance::Model {
            status: Presence::Undone.word().to_string(),
            ..outside(&meeting, Some(minutes(-30)))
        };
        assert_eq!(Leaving::of(&meeting, &undone, minutes(1)), None);
        // The organiser closed it: whoever was out then had left.
        meeting.state = State::Closed.word().to_string();
        assert_eq!(of(&meeting, minutes(-60), minutes(-50)), Some(Leaving::Early));
    }
}
