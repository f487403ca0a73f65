//! 暗号: a colour and a word that change each minute, on the hall's screen and on the phones of those who are signed
//! in. Whoever holds up a picture, or a page from a minute ago, is found out at a glance. Stateless, as the code is.

use chrono::DateTime;
use serde::Serialize;
use uuid::Uuid;

use super::model::meeting;
use super::phase::Phase;
use crate::base::clock::Instant;
use crate::base::privacy::Keys;

/// How long one is shown, in seconds.
const SLOT: i64 = 60;

/// Names of the colours in styles and in Chinese. None is told from another by hue alone: the word says it too.
const COLOURS: [(&str, &str); 6] = [
    ("red", "红色"),
    ("orange", "橙色"),
    ("green", "绿色"),
    ("blue", "蓝色"),
    ("purple", "紫色"),
    ("black", "黑色"),
];

const WORDS: [&str; 24] = [
    "高山", "流水", "春风", "明月", "松柏", "江河", "朝阳", "白云", "星辰", "田野", "竹林", "海岸", "雨露",
    "石桥", "灯塔", "风帆", "青草", "雪原", "瀑布", "彩虹", "麦浪", "湖光", "晚霞", "泉水",
];

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Countersign {
    pub colour: &'static str,
    /// `蓝色·松柏`
    pub text: String,
    /// In milliseconds since 1970.
    pub ends_at: i64,
}

/// What is shown at `now`; nothing before sign-in begins and after the meeting.
pub fn countersign(keys: &Keys, meeting: &meeting::Model, now: Instant) -> Option<Countersign> {
    matches!(Phase::of(meeting, now), Phase::Open | Phase::Running).then(|| of(keys, meeting.id, now))
}

fn of(keys: &Keys, meeting: Uuid, now: Instant) -> Countersign {
    let slot = now.timestamp().div_euclid(SLOT);
    let mac = keys.sign("countersign", &[meeting.as_bytes(), &slot.to_be_bytes()]);
    let (colour, zh) = COLOURS[usize::from(mac[0]) % COLOURS.len()];
    let word = WORDS[usize::from(mac[1]) % WORDS.len()];
    let ends_at = DateTime::from_timestamp((slot + 1) * SLOT, 0).unwrap_or(now);
    Countersign { colour, text: format!("{zh}·{word}"), ends_at: ends_at.timestamp_millis() }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::meeting::testing::a_meeting;

    #[test]
    fn it_holds_for_a_minute_and_in_one_meeting() {
        let keys = Keys::from_master(&[1; 32]);
        let start = DateTime::from_timestamp(1_790_000_040, 0).unwrap();
        let (one, other) = (a_meeting(start), a_meeting(start));
        let at = |meeting, second| countersign(&keys, meeting, start + TimeDelta::seconds(second)).unwrap();
        assert_eq!(at(&one, 0), at(&one, 59));
        assert_eq!(at(&one, 0).ends_at, (start + TimeDelta::seconds(60)).timestamp_millis());
        let minutes = |meeting| (0..10).map(|minute| at(meeting, 60 * minute).text).collect::<Vec<_>>();
        assert_ne!(minutes(&one), minutes(&other));
        let mut different = minutes(&one);
        different.dedup();
        assert!(different.len() > 5, "{different:?}");
    }

    #[test]
    fn it_is_shown_from_the_opening_to_the_end_of_the_meeting() {
        let keys = Keys::from_master(&[1; 32]);
        let meeting = a_meeting(DateTime::from_timestamp(1_790_000_040, 0).unwrap());
        let shown = |at: Instant| countersign(&keys, &meeting, at).is_some();
        let second = TimeDelta::seconds(1);
        assert!(!shown(meeting.opens_at - second) && shown(meeting.opens_at));
        assert!(
            shown(meeting.closes_at + second) && shown(meeting.ends_at) && !shown(meeting.ends_at + second)
        );
    }
}
