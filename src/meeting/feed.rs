//! What a big screen and the desk's code page show, as a stream: the meeting's state, its code, the count.
//! Each event is a full picture of its part; the first three come at once.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use sea_orm::DbErr;
use serde::Serialize;
use tokio::sync::watch;
use tokio_stream::wrappers::WatchStream;
use uuid::Uuid;

use super::attendance::Snapshot;
use super::countersign::{Countersign, countersign};
use super::model::{CodeKind, meeting};
use super::phase::Phase;
use super::venue_code::{self, SHORT_SLOT, SLOT};
use super::{Meetings, edit, qr};
use crate::base::Base;
use crate::base::clock::{self, Instant};
use crate::base::privacy::mask_name;
use crate::web::{Error, Event};

/// By what a meeting is watched. A screen loses it when its key is renewed.
#[derive(Clone, Debug)]
pub enum Handle {
    Screen(String),
    Desk(Uuid),
}

impl Handle {
    /// The meeting, while the handle opens it.
    pub async fn open(&self, base: &Base) -> Result<Option<meeting::Model>, DbErr> {
        match self {
            Handle::Screen(key) => edit::find_by_screen_key(base, key).await,
            Handle::Desk(id) => edit::find_by_id(base, *id).await,
        }
    }
}

/// Event `state`. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct State {
    /// `upcoming`, `open`, `closed`, `cancelled`, or `revoked` when the screen's key serves no more.
    pub state: &'static str,
    pub title: String,
    pub place: String,
    pub starts_at: i64,
    pub opens_at: i64,
    /// When sign-in begins, in words: `08:00`, or with the day when it is not today.
    pub opens: String,
    /// The rules of the day, for the foot of the screen.
    pub window: String,
    /// The colour and word of this minute.
    pub countersign: Option<Countersign>,
}

/// Event `code`; sent while sign-in runs.
#[derive(Clone, Debug, Serialize)]
pub struct Code {
    pub svg: String,
    /// Six digits to say aloud.
    pub short: String,
    /// Of a rotating code: when it ends, and how long it is shown in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot_ends_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<i64>,
}

/// Event `attendance`: never a phone, a reason, or the name of somebody who is not there.
#[derive(Clone, Debug, Serialize)]
pub struct Count {
    pub version: i64,
    pub expected: i64,
    pub present: i64,
    pub absent: i64,
    pub late: i64,
    pub leave: i64,
    pub others: i64,
    pub latest: Vec<Name>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Name {
    pub position: i64,
    pub name: String,
    pub unit: String,
    pub at: Instant,
}

/// Names that a screen shows.
const NAMES: usize = 10;
/// How often the clock is looked at: a slot or a window may have ended.
const TICK: Duration = Duration::from_secs(1);

/// Everything at one moment, for those who ask by hand.
#[derive(Serialize)]
pub struct Picture {
    pub now: i64,
    pub state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attendance: Option<Count>,
}

/// The picture of `meeting` now. `masked` hides the middle of names, as the meeting's own setting does.
pub fn picture(
    meetings: &Meetings,
    meeting: &meeting::Model,
    snapshot: Option<&Snapshot>,
    masked: bool,
) -> Result<Picture, Error> {
    let now = meetings.base.clock.now();
    let open = Phase::of(meeting, now) == Phase::Open;
    Ok(Picture {
        now: now.timestamp_millis(),
        state: state(&meetings.base, meeting, now),
        code: if open { Some(code(&meetings.base, meeting, now)?) } else { None },
        attendance: snapshot.map(|snapshot| count(snapshot, masked || meeting.mask_names)),
    })
}

/// The figures of a meeting as events `attendance`: each a whole picture.
pub fn figures(snapshots: watch::Receiver<Option<Arc<Snapshot>>>) -> impl Stream<Item = Event> + use<> {
    WatchStream::new(snapshots).filter_map(async |snapshot| {
        let event = Event::new("attendance", &*snapshot?);
        event.inspect_err(|error| tracing::error!(%error, "a snapshot cannot be told")).ok()
    })
}

/// The events of `meeting` until `handle` opens it no more.
pub fn events(
    meetings: &Meetings,
    meeting: meeting::Model,
    handle: Handle,
    masked: bool,
) -> impl Stream<Item = Event> + use<> {
    let feed = Feed {
        snapshots: meetings.attendance.watch(meeting.id),
        base: meetings.base.clone(),
        meeting,
        handle,
        masked,
        state: None,
        code: None,
        counted: None,
        revoked: false,
    };
    stream::unfold(feed, |mut feed| async move {
        let events = feed.next().await?;
        Some((stream::iter(events), feed))
    })
    .flatten()
}

/// One listener and what it was told last.
struct Feed {
    base: Base,
    meeting: meeting::Model,
    handle: Handle,
    masked: bool,
    snapshots: watch::Receiver<Option<Arc<Snapshot>>>,
    state: Option<State>,
    code: Option<Slot>,
    counted: Option<(i64, Instant)>,
    revoked: bool,
}

/// Which code is shown: the rotating slot, the minute of the short code, and the edit of the meeting.
type Slot = (Option<i64>, i64, Instant);

impl Feed {
    /// What is new; waits until something is. `None` ends the stream.
    async fn next(&mut self) -> Option<Vec<Event>> {
        loop {
            if self.revoked || self.base.stopping.is_cancelled() {
                return None;
            }
            self.refresh().await;
            match self.news() {
                Ok(events) if events.is_empty() => {}
                Ok(events) => return Some(events),
                Err(error) => {
                    tracing::error!(%error, meeting = %self.meeting.id, "a screen cannot be drawn");
                    return None;
                }
            }
            tokio::select! {
                changed = self.snapshots.changed() => changed.ok()?,
                () = tokio::time::sleep(TICK) => {}
            }
        }
    }

    /// Reads the meeting again when its snapshot says that it was edited.
    async fn refresh(&mut self) {
        let edited = self
            .snapshots
            .borrow()
            .as_ref()
            .is_some_and(|snapshot| snapshot.meeting_updated != self.meeting.updated_at);
        if !edited {
            return;
        }
        match self.handle.open(&self.base).await {
            Ok(Some(meeting)) => self.meeting = meeting,
            Ok(None) => self.revoked = true,
            // The next tick tries again; what is shown was true a moment ago.
            Err(error) => tracing::warn!(%error, "a meeting cannot be read"),
        }
    }

    fn news(&mut self) -> Result<Vec<Event>, Error> {
        let now = self.base.clock.now();
        let mut events = Vec::new();
        let state = if self.revoked {
            State { state: "revoked", ..state(&self.base, &self.meeting, now) }
        } else {
            state(&self.base, &self.meeting, now)
        };
        let open = state.state == "open";
        if self.state.as_ref() != Some(&state) {
            events.push(Event::new("state", &state)?);
            self.state = Some(state);
        }
        let slot = slot(&self.meeting, now);
        if open && self.code != Some(slot) {
            events.push(Event::new("code", &code(&self.base, &self.meeting, now)?)?);
            self.code = Some(slot);
        }
        let snapshot = self.snapshots.borrow_and_update().clone();
        if let Some(snapshot) = snapshot {
            let version = (snapshot.version, snapshot.meeting_updated);
            if self.counted != Some(version) && !self.revoked {
                events.push(Event::new(
                    "attendance",
                    &count(&snapshot, self.masked || self.meeting.mask_names),
                )?);
                self.counted = Some(version);
            }
        }
        Ok(events)
    }
}

fn state(base: &Base, meeting: &meeting::Model, now: Instant) -> State {
    State {
        state: match Phase::of(meeting, now) {
            Phase::Coming => "upcoming",
            Phase::Open => "open",
            Phase::Running | Phase::Over => "closed",
            Phase::Cancelled => "cancelled",
        },
        title: meeting.title.clone(),
        place: meeting.place.clone(),
        starts_at: meeting.starts_at.timestamp_millis(),
        opens_at: meeting.opens_at.timestamp_millis(),
        opens: if day(meeting.opens_at) == day(now) {
            clock::zh_minute(meeting.opens_at)
        } else {
            clock::zh_moment(meeting.opens_at, now)
        },
        window: window(meeting, now),
        countersign: countersign(&base.keys, meeting, now),
    }
}

/// `签到时间 08:00–09:15　迟到以 09:00 为准`, with the day when it is not today.
fn window(meeting: &meeting::Model, now: Instant) -> String {
    let (opens, closes) = (meeting.opens_at, meeting.closes_at);
    let span = if day(opens) == day(now) && day(closes) == day(now) {
        format!("{}–{}", clock::zh_minute(opens), clock::zh_minute(closes))
    } else if day(opens) == day(now) && day(closes) == day(now) + chrono::TimeDelta::days(1) {
        format!("{}–次日 {}", clock::zh_minute(opens), clock::zh_minute(closes))
    } else {
        clock::zh_span(opens, closes, now)
    };
    format!("签到时间 {span}　迟到以 {} 为准", clock::zh_minute(meeting.starts_at))
}

fn day(at: Instant) -> chrono::NaiveDate {
    clock::shanghai(at).date_naive()
}

fn slot(meeting: &meeting::Model, now: Instant) -> Slot {
    let second = now.timestamp();
    let rotating = (meeting.code_kind() == CodeKind::Rotating).then(|| second.div_euclid(SLOT));
    (rotating, second.div_euclid(SHORT_SLOT), meeting.updated_at)
}

fn code(base: &Base, meeting: &meeting::Model, now: Instant) -> Result<Code, Error> {
    let rotating = meeting.code_kind() == CodeKind::Rotating;
    Ok(Code {
        svg: qr::svg(&qr::content(base, meeting, now))?,
        short: venue_code::short(&base.keys, meeting.id, now),
        slot_ends_at: rotating.then(|| venue_code::slot_ends_at(now).timestamp_millis()),
        seconds: rotating.then_some(SLOT),
    })
}

fn count(snapshot: &Snapshot, masked: bool) -> Count {
    let name = |name: &str| if masked { mask_name(name) } else { name.to_string() };
    Count {
        version: snapshot.version,
        expected: snapshot.expected,
        present: snapshot.present,
        absent: snapshot.absent,
        late: snapshot.late,
        leave: snapshot.leave,
        others: snapshot.others,
        latest: snapshot
            .latest
            .iter()
            .take(NAMES)
            .map(|latest| Name {
                position: latest.position,
                name: name(&latest.name),
                unit: latest.unit.clone(),
                at: latest.at,
            })
            .collect(),
    }
}
