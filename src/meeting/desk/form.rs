//! The form of a meeting: what was typed, and what it means.

use chrono::{NaiveDateTime, NaiveTime, TimeDelta};
use serde::Deserialize;

use crate::base::clock::{self, Instant};
use crate::meeting::edit::{Draft, Options, Problem};
use crate::meeting::location::{RADIUS, Venue};
use crate::meeting::model::{CodeKind, LocationUse, Policy, meeting};

/// The fields as typed. Times are `2026-09-19T09:00` on a Chinese clock.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct MeetingForm {
    pub title: String,
    pub summary: String,
    pub place: String,
    pub starts_at: String,
    pub ends_at: String,
    pub opens_at: String,
    pub closes_at: String,
    pub policy: String,
    pub code: String,
    /// `yes`, as a ticked box says.
    pub mask_names: String,
    pub helpers: String,
    /// Whether people are asked where they are.
    pub location: String,
    /// Degrees, in either order, as map sites give them.
    pub venue: String,
    /// Metres.
    pub radius: String,
    /// When the editor read the meeting, in milliseconds since 1970.
    pub seen: String,
}

/// What is wrong with each field, for the page.
#[derive(Clone, Debug, Default)]
pub struct Mistakes(Vec<Problem>);

impl Mistakes {
    pub fn of(&self, field: &str) -> Option<&'static str> {
        let own = |problem: &&Problem| problem.field.trim_start_matches("checkin.") == field;
        self.0.iter().find(own).map(|problem| problem.problem)
    }

    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// `会议名称、结束时间`
    pub fn names(&self) -> String {
        self.0.iter().map(|problem| problem.name).collect::<Vec<_>>().join("、")
    }
}

/// The fields as the page shows them.
const ORDER: [&str; 8] =
    ["title", "place", "starts_at", "ends_at", "opens_at", "closes_at", "venue", "summary"];
const TIME: &str = "%Y-%m-%dT%H:%M";

impl MeetingForm {
    /// A new meeting: tomorrow morning, with sign-in from an hour before to half an hour after the start.
    pub fn suggested(now: Instant) -> MeetingForm {
        let tomorrow = clock::shanghai(now).date_naive() + TimeDelta::days(1);
        let at = |hour, minute| {
            let time = NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default();
            tomorrow.and_time(time).format(TIME).to_string()
        };
        MeetingForm {
            starts_at: at(9, 0),
            ends_at: at(11, 0),
            opens_at: at(8, 0),
            closes_at: at(9, 30),
            policy: Policy::Open.word().to_string(),
            code: CodeKind::Static.word().to_string(),
            location: LocationUse::Off.word().to_string(),
            radius: RADIUS.1.to_string(),
            ..MeetingForm::default()
        }
    }

    /// A meeting as it is stored.
    pub fn of(meeting: &meeting::Model) -> MeetingForm {
        let at = |at: Instant| clock::shanghai(at).format(TIME).to_string();
        MeetingForm {
            title: meeting.title.clone(),
            summary: meeting.summary.clone(),
            place: meeting.place.clone(),
            starts_at: at(meeting.starts_at),
            ends_at: at(meeting.ends_at),
            opens_at: at(meeting.opens_at),
            closes_at: at(meeting.closes_at),
            policy: meeting.policy.clone(),
            code: meeting.code_kind.clone(),
            mask_names: ticked(meeting.mask_names),
            helpers: ticked(meeting.helpers),
            location: meeting.location().word().to_string(),
            venue: venue_words(meeting),
            radius: meeting.radius.unwrap_or(RADIUS.1).to_string(),
            seen: meeting.updated_at.timestamp_millis().to_string(),
        }
    }

    /// What `stored` says differently, field by field: `地点：市行政中心 3 号会议室`.
    pub fn differences(&self, stored: &MeetingForm) -> Vec<String> {
        let time = |text: &str| text.replace('T', " ");
        let policy = |word: &str| Policy::parse(word).map_or("", Policy::zh).to_string();
        let yes = |word: &str| if word.is_empty() { "否" } else { "是" }.to_string();
        let manner = |word: &str| LocationUse::parse(word).map_or("", LocationUse::zh).to_string();
        let code = |word: &str| CodeKind::parse(word).map_or("", CodeKind::zh).to_string();
        [
            ("会议名称", &self.title, &stored.title, stored.title.clone()),
            ("地点", &self.place, &stored.place, stored.place.clone()),
            ("会议说明", &self.summary, &stored.summary, stored.summary.clone()),
            ("开始时间", &self.starts_at, &stored.starts_at, time(&stored.starts_at)),
            ("结束时间", &self.ends_at, &stored.ends_at, time(&stored.ends_at)),
            ("签到开始时间", &self.opens_at, &stored.opens_at, time(&stored.opens_at)),
            ("签到截止时间", &self.closes_at, &stored.closes_at, time(&stored.closes_at)),
            ("签到范围", &self.policy, &stored.policy, policy(&stored.policy)),
            ("签到码", &self.code, &stored.code, code(&stored.code)),
            ("大屏隐去姓名", &self.mask_names, &stored.mask_names, yes(&stored.mask_names)),
            ("位置", &self.location, &stored.location, manner(&stored.location)),
            ("会场坐标", &self.venue, &stored.venue, stored.venue.clone()),
            ("代同事签到", &self.helpers, &stored.helpers, yes(&stored.helpers)),
        ]
        .into_iter()
        .filter(|(_, mine, theirs, _)| mine != theirs)
        .map(|(name, _, _, said)| format!("{name}：{said}"))
        .collect()
    }

    /// Where people have to be; the outer `None` when the venue cannot be read.
    #[allow(clippy::option_option, reason = "wrong is not the same as unwanted")]
    fn location(&self) -> Option<Option<(LocationUse, Venue)>> {
        let manner = LocationUse::parse(&self.location).unwrap_or(LocationUse::Off);
        if manner == LocationUse::Off {
            return Some(None);
        }
        let mut degrees = self.venue.split([',', '，', ' ']).filter(|part| !part.is_empty()).map(str::parse);
        let (Some(Ok(one)), Some(Ok(other)), None) = (degrees.next(), degrees.next(), degrees.next()) else {
            return None;
        };
        let radius = self.radius.trim().parse().ok()?;
        Venue::new(one, other, radius).map(|venue| Some((manner, venue)))
    }

    /// When the editor read the meeting.
    pub fn seen(&self) -> Option<Instant> {
        self.seen.parse().ok().and_then(chrono::DateTime::from_timestamp_millis)
    }

    /// The meeting described, or everything that is wrong, at once.
    pub fn parse(&self) -> Result<Draft, Mistakes> {
        let mut problems = Vec::new();
        let mut time = |text: &str, field, name| {
            read_time(text).unwrap_or_else(|| {
                problems.push(Problem { field, name, problem: "请选择日期和时间。" });
                Instant::default()
            })
        };
        let location = self.location();
        let draft = Draft {
            title: self.title.clone(),
            summary: self.summary.clone(),
            place: self.place.clone(),
            starts_at: time(&self.starts_at, "starts_at", "开始时间"),
            ends_at: time(&self.ends_at, "ends_at", "结束时间"),
            opens_at: time(&self.opens_at, "opens_at", "签到开始时间"),
            closes_at: time(&self.closes_at, "closes_at", "签到截止时间"),
            policy: Policy::parse(&self.policy).unwrap_or(Policy::Open),
            code_kind: CodeKind::parse(&self.code).unwrap_or(CodeKind::Static),
            options: Options {
                mask_names: self.mask_names == YES,
                helpers: self.helpers == YES,
                location: location.unwrap_or_default(),
            },
        }
        .tidy();
        // Times that were not given cannot be before or after each other.
        let times_given = problems.is_empty();
        let is_time = |field: &str| field.ends_with("_at");
        problems.extend(draft.problems().into_iter().filter(|wrong| times_given || !is_time(wrong.field)));
        if location.is_none() {
            let problem = "请填写会场的经纬度，例如 27.778300,120.655100；范围 50 到 5000 米。";
            problems.push(Problem { field: "venue", name: "会场坐标", problem });
        }
        problems.sort_by_key(|wrong| {
            ORDER.iter().position(|field| wrong.field.trim_start_matches("checkin.") == *field)
        });
        if problems.is_empty() { Ok(draft) } else { Err(Mistakes(problems)) }
    }
}

/// The venue as the form has it: `27.7783,120.6551`.
fn venue_words(meeting: &meeting::Model) -> String {
    let known = meeting.latitude.zip(meeting.longitude);
    let degrees = |part: i32| f64::from(part) / 1e6;
    known.map(|(lat, lng)| format!("{},{}", degrees(lat), degrees(lng))).unwrap_or_default()
}

const YES: &str = "yes";

/// As a box of the form says it.
fn ticked(on: bool) -> String {
    if on { YES } else { "" }.to_string()
}

/// With or without seconds, as browsers send it.
fn read_time(text: &str) -> Option<Instant> {
    let wall = NaiveDateTime::parse_from_str(text, TIME)
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S"))
        .ok()?;
    Some(clock::from_shanghai(wall))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::meeting::testing::a_meeting;

    #[test]
    fn what_is_stored_comes_back_from_the_form_unchanged() {
        let start = DateTime::from_timestamp(1_789_779_600, 0).unwrap();
        let meeting = a_meeting(start);
        let form = MeetingForm::of(&meeting);
        assert_eq!(form.starts_at, "2026-09-19T09:00");
        let draft = form.parse().unwrap();
        assert_eq!((draft.starts_at, draft.closes_at), (meeting.starts_at, meeting.closes_at));
        assert_eq!(form.seen(), Some(meeting.updated_at));
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let form = MeetingForm {
            starts_at: "2026-09-19T09:00".to_string(),
            ends_at: "2026-09-19T08:00".to_string(),
            opens_at: "2026-09-19T08:00".to_string(),
            closes_at: "2026-09-19T07:00".to_string(),
            ..MeetingForm::default()
        };
        let mistakes = form.parse().unwrap_err();
        for field in ["title", "place", "ends_at", "closes_at"] {
            assert!(mistakes.of(field).is_some(), "{field}");
        }
        assert_eq!(mistakes.names(), "会议名称、地点、结束时间、签到截止时间");
        assert!(mistakes.of("summary").is_none());
    }

    #[test]
    fn a_time_that_is_missing_is_told_once_and_compared_with_nothing() {
        let form = MeetingForm {
            title: "会".to_string(),
            place: "室".to_string(),
            starts_at: "明天".to_string(),
            ..MeetingForm::suggested(DateTime::from_timestamp(1_790_000_000, 0).unwrap())
        };
        let mistakes = form.parse().unwrap_err();
        assert_eq!(mistakes.names(), "开始时间");
    }

    #[test]
    fn a_suggested_meeting_needs_only_its_name_and_place() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let form =
            MeetingForm { title: "会".to_string(), place: "室".to_string(), ..MeetingForm::suggested(now) };
        assert!(form.parse().unwrap().starts_at > now);
    }
}
