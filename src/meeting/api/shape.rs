//! Meetings and check-ins as JSON, in both directions.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::clock::Instant;
use crate::meeting::Meetings;
use crate::meeting::checkin::CheckIn;
use crate::meeting::edit::{Draft, Options};
use crate::meeting::location::{RADIUS, Venue};
use crate::meeting::model::{CodeKind, LocationUse, Policy, meeting};
use crate::people::staff::Role;
use crate::web::{Error, StaffUser};

/// A meeting as programs see it.
#[derive(Debug, Serialize)]
pub struct MeetingJson {
    id: Uuid,
    code: String,
    /// Where its page is on a phone.
    url: String,
    title: String,
    summary: String,
    place: String,
    starts_at: Instant,
    ends_at: Instant,
    checkin: WindowJson,
    /// Names on the big screen hide their middle.
    mask_names: bool,
    state: String,
    /// What WeChat's own code of the meeting holds, once the platform made it.
    scene_url: Option<String>,
    /// The big screen; for those who may hold meetings.
    #[serde(skip_serializing_if = "Option::is_none")]
    screen_url: Option<String>,
    version: i64,
    created_at: Instant,
    updated_at: Instant,
}

#[derive(Debug, Serialize)]
struct WindowJson {
    opens_at: Instant,
    closes_at: Instant,
    policy: String,
    code: String,
    /// Whoever is signed in may sign in colleagues.
    helpers: bool,
    location: LocationJson,
}

#[derive(Debug, Serialize)]
struct LocationJson {
    /// `off`, `evidence` or `gate`.
    mode: String,
    /// Degrees, GCJ-02.
    latitude: Option<f64>,
    longitude: Option<f64>,
    /// Metres.
    radius: Option<i32>,
}

impl LocationJson {
    fn of(meeting: &meeting::Model) -> LocationJson {
        let venue = meeting.venue();
        LocationJson {
            mode: meeting.location().word().to_string(),
            latitude: venue.map(|venue| venue.degrees().0),
            longitude: venue.map(|venue| venue.degrees().1),
            radius: venue.map(|venue| venue.radius),
        }
    }
}

impl MeetingJson {
    pub fn of(meetings: &Meetings, user: &StaffUser, meeting: meeting::Model) -> MeetingJson {
        let link = |path: String| meetings.base.config.link(&path);
        MeetingJson {
            id: meeting.id,
            checkin: WindowJson {
                location: LocationJson::of(&meeting),
                opens_at: meeting.opens_at,
                closes_at: meeting.closes_at,
                policy: meeting.policy,
                code: meeting.code_kind,
                helpers: meeting.helpers,
            },
            url: link(format!("/m/{}", meeting.code)),
            screen_url: (user.role >= Role::Organiser)
                .then(|| link(format!("/screen/{}", meeting.screen_key))),
            code: meeting.code,
            title: meeting.title,
            summary: meeting.summary,
            place: meeting.place,
            starts_at: meeting.starts_at,
            ends_at: meeting.ends_at,
            mask_names: meeting.mask_names,
            state: meeting.state,
            scene_url: meeting.scene_url,
            version: meeting.version,
            created_at: meeting.created_at,
            updated_at: meeting.updated_at,
        }
    }
}

/// A meeting as a program describes it. Times are RFC 3339 with any offset.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MeetingBody {
    title: Option<String>,
    summary: Option<String>,
    place: Option<String>,
    starts_at: Option<String>,
    ends_at: Option<String>,
    checkin: WindowBody,
    mask_names: Option<bool>,
    /// As read before: a change in between is a conflict.
    updated_at: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WindowBody {
    opens_at: Option<String>,
    closes_at: Option<String>,
    policy: Option<String>,
    code: Option<String>,
    helpers: Option<bool>,
    location: Option<LocationBody>,
}

/// Where people have to be, as a whole: what is absent is not kept.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LocationBody {
    mode: String,
    latitude: f64,
    longitude: f64,
    radius: Option<i32>,
}

impl LocationBody {
    fn read(&self) -> Result<Option<(LocationUse, Venue)>, Error> {
        let field = "checkin.location";
        let manner = LocationUse::parse(&self.mode)
            .ok_or_else(|| Error::invalid(field, "签到位置", "mode 应为 off、evidence 或 gate。"))?;
        if manner == LocationUse::Off {
            return Ok(None);
        }
        let venue = Venue::new(self.latitude, self.longitude, self.radius.unwrap_or(RADIUS.1));
        let venue = venue.ok_or_else(|| {
            Error::invalid(field, "签到位置", "应有国内的 latitude 和 longitude，radius 为 50 到 5000 米。")
        })?;
        Ok(Some((manner, venue)))
    }
}

/// How long before its start a meeting opens for sign-in, unless said otherwise.
const OPENS_BEFORE: TimeDelta = TimeDelta::minutes(60);

impl MeetingBody {
    /// A whole meeting: what is absent has its default.
    pub fn draft(&self) -> Result<Draft, Error> {
        let missing = || "请填写，用 RFC 3339 格式，例如 2026-09-19T09:00:00+08:00。";
        let starts_at = time("starts_at", "开始时间", self.starts_at.as_deref())?
            .ok_or_else(|| Error::invalid("starts_at", "开始时间", missing()))?;
        let ends_at = time("ends_at", "结束时间", self.ends_at.as_deref())?
            .ok_or_else(|| Error::invalid("ends_at", "结束时间", missing()))?;
        let whole = Draft {
            title: String::new(),
            summary: String::new(),
            place: String::new(),
            starts_at,
            ends_at,
            opens_at: starts_at - OPENS_BEFORE,
            closes_at: ends_at,
            policy: Policy::Open,
            code_kind: CodeKind::Static,
            options: Options::default(),
        };
        self.over(whole)
    }

    /// `meeting` with what is present changed. A sign-in window that is not mentioned moves along with the meeting.
    pub fn changed(&self, meeting: &meeting::Model) -> Result<Draft, Error> {
        let old = Draft {
            title: meeting.title.clone(),
            summary: meeting.summary.clone(),
            place: meeting.place.clone(),
            starts_at: meeting.starts_at,
            ends_at: meeting.ends_at,
            opens_at: meeting.opens_at,
            closes_at: meeting.closes_at,
            policy: meeting.policy(),
            code_kind: meeting.code_kind(),
            options: Options::of(meeting),
        };
        let mut new = self.over(old)?;
        if self.checkin.opens_at.is_none() {
            new.opens_at += new.starts_at - meeting.starts_at;
        }
        if self.checkin.closes_at.is_none() {
            new.closes_at += new.ends_at - meeting.ends_at;
        }
        Ok(new)
    }

    /// When the caller read what it changes.
    pub fn seen(&self) -> Result<Option<Instant>, Error> {
        time("updated_at", "updated_at", self.updated_at.as_deref())
    }

    fn over(&self, old: Draft) -> Result<Draft, Error> {
        let window = &self.checkin;
        Ok(Draft {
            title: self.title.clone().unwrap_or(old.title),
            summary: self.summary.clone().unwrap_or(old.summary),
            place: self.place.clone().unwrap_or(old.place),
            starts_at: time("starts_at", "开始时间", self.starts_at.as_deref())?.unwrap_or(old.starts_at),
            ends_at: time("ends_at", "结束时间", self.ends_at.as_deref())?.unwrap_or(old.ends_at),
            opens_at: time("checkin.opens_at", "签到开始时间", window.opens_at.as_deref())?
                .unwrap_or(old.opens_at),
            closes_at: time("checkin.closes_at", "签到截止时间", window.closes_at.as_deref())?
                .unwrap_or(old.closes_at),
            policy: match window.policy.as_deref() {
                None => old.policy,
                Some(word) => Policy::parse(word)
                    .ok_or_else(|| Error::invalid("checkin.policy", "签到方式", "应为 open 或 roster。"))?,
            },
            code_kind: match window.code.as_deref() {
                None => old.code_kind,
                Some(word) => CodeKind::parse(word)
                    .ok_or_else(|| Error::invalid("checkin.code", "签到码", "应为 static 或 rotating。"))?,
            },
            options: Options {
                mask_names: self.mask_names.unwrap_or(old.options.mask_names),
                helpers: window.helpers.unwrap_or(old.options.helpers),
                location: match &window.location {
                    Some(location) => location.read()?,
                    None => old.options.location,
                },
            },
        })
    }
}

/// A moment of this century or so: what both databases store and every calendar shows.
fn time(field: &'static str, name: &str, text: Option<&str>) -> Result<Option<Instant>, Error> {
    let Some(text) = text else { return Ok(None) };
    let problem = "请用 RFC 3339 格式，例如 2026-09-19T09:00:00+08:00。";
    let wrong = || Error::invalid(field, name, problem);
    let parsed = DateTime::parse_from_rfc3339(text.trim()).map_err(|_| wrong())?.with_timezone(&Utc);
    let years = DateTime::from_timestamp(0, 0).zip(DateTime::from_timestamp(7_258_118_400, 0));
    if years.is_some_and(|(from, to)| parsed < from || parsed > to) {
        return Err(Error::invalid(field, name, "应在 1970 年到 2200 年之间。"));
    }
    DateTime::from_timestamp_millis(parsed.timestamp_millis()).ok_or_else(wrong).map(Some)
}

/// A check-in as programs see it.
#[derive(Debug, Serialize)]
pub struct CheckInJson {
    /// `ok`, `already` or `replayed`.
    result: &'static str,
    pub position: i64,
    person_id: Uuid,
    event_id: Uuid,
    name: String,
    unit: String,
    seat: Option<String>,
    at: Instant,
}

impl CheckInJson {
    pub fn of(done: CheckIn) -> CheckInJson {
        CheckInJson {
            result: done.outcome.code(),
            position: done.position,
            person_id: done.person,
            event_id: done.event,
            name: done.name,
            unit: done.unit,
            seat: done.seat,
            at: done.at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meeting::testing::a_meeting;

    fn body(json: serde_json::Value) -> MeetingBody {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn an_absent_window_opens_an_hour_before_the_start_and_closes_at_the_end() {
        let draft = body(serde_json::json!({
            "title": "会", "place": "厅",
            "starts_at": "2026-09-19T09:00:00+08:00", "ends_at": "2026-09-19T03:30:00.1234567Z",
        }));
        let draft = draft.draft().unwrap();
        assert_eq!(draft.opens_at.to_rfc3339(), "2026-09-19T00:00:00+00:00");
        assert_eq!(draft.closes_at.to_rfc3339(), "2026-09-19T03:30:00.123+00:00");
        assert_eq!((draft.policy, draft.code_kind), (Policy::Open, CodeKind::Static));
    }

    #[test]
    fn what_is_wrong_is_named_by_its_field() {
        let times =
            serde_json::json!({"starts_at": "2026-09-19T09:00:00Z", "ends_at": "2026-09-19T10:00:00Z"});
        for (change, field) in [
            (serde_json::json!({"starts_at": "tomorrow"}), "starts_at"),
            (serde_json::json!({"starts_at": null}), "starts_at"),
            (serde_json::json!({"ends_at": "9999-01-01T00:00:00Z"}), "ends_at"),
            (serde_json::json!({"checkin": {"policy": "all"}}), "checkin.policy"),
            (serde_json::json!({"checkin": {"code": "none"}}), "checkin.code"),
            (serde_json::json!({"checkin": {"opens_at": "2026-09-19 08:00"}}), "checkin.opens_at"),
        ] {
            let mut json = times.clone();
            json.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            assert_eq!(body(json).draft().unwrap_err().field(), Some(field), "{change}");
        }
    }

    #[test]
    fn a_window_that_is_not_mentioned_moves_along() {
        let start = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let meeting = a_meeting(start);
        let hour = TimeDelta::hours(1);
        let later = body(serde_json::json!({"starts_at": start + hour, "ends_at": meeting.ends_at + hour}));
        let draft = later.changed(&meeting).unwrap();
        assert_eq!((draft.opens_at, draft.closes_at), (meeting.opens_at + hour, meeting.closes_at + hour));
        let fixed = body(serde_json::json!({
            "starts_at": start + hour, "checkin": {"opens_at": meeting.opens_at, "closes_at": meeting.closes_at},
        }));
        let draft = fixed.changed(&meeting).unwrap();
        assert_eq!((draft.opens_at, draft.closes_at), (meeting.opens_at, meeting.closes_at));
        assert_eq!(draft.title, meeting.title);
    }
}
