//! Votes on the hall's screen: what `/screen/{key}` shows while a round runs and after it. Whoever has the key may
//! look; nobody who voted, and nothing of a result before its rules show it, is ever in it.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path, ServiceConfig, resource};
use chrono::TimeDelta;
use futures_util::{Stream, stream};
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::watch;
use uuid::Uuid;

use super::board::{Board, Running};
use super::refusal::BallotRefusal;
use super::result::{Face, Shown};
use super::rules::{Kind, Role};
use super::told::{self, Bar, Told};
use super::{Ballots, paper};
use crate::base::Base;
use crate::base::clock::Instant;
use crate::meeting::attendance::address;
use crate::web::{Context, Error, Event, stream as answer};

/// How long a result stays on the screen, unless the next round opens.
const STAYS: TimeDelta = TimeDelta::minutes(10);

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/screen/{key}/ballot/stream").get(watch_votes))
        .service(resource("/screen/{key}/ballot/snapshot").get(look));
}

/// The whole picture; each replaces the one before.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Picture {
    version: i64,
    /// `none`: the screen shows what it showed; `open`, `counting`, `closed`: no result yet; `result`.
    mode: &'static str,
    heading: String,
    question: String,
    labels: Vec<String>,
    rule: String,
    options: Vec<String>,
    candidates: Vec<paper::Item>,
    seats: Option<i64>,
    ends_at: Option<i64>,
    voted: i64,
    expected: i64,
    quorum: String,
    /// Of the running round, where its rules show them.
    bars: Vec<Bar>,
    result: Option<Told>,
}

/// What the screen shows of `board` at `now`.
pub fn picture(board: &Board, now: Instant) -> Picture {
    let none = Picture { version: board.version, mode: "none", ..Picture::default() };
    if let Some(open) = &board.open {
        return running(none, open, now);
    }
    let newest = board.last.as_ref().filter(|last| changed(last).is_some_and(|at| now < at + STAYS));
    let Some(last) = newest else { return none };
    let seen = board.seen_by(Face::Hall).last;
    Picture {
        mode: if seen.is_some() { "result" } else { "closed" },
        heading: told::heading(last.number, last.kind, last.secret),
        question: last.question.clone(),
        labels: told::labels(last.manual, last.advisory),
        voted: last.turnout.voted,
        expected: last.turnout.voted + last.turnout.not_pressed,
        result: seen.as_ref().map(Told::of),
        ..none
    }
}

/// Whether a vote or its result is what the screen shows of `board` at `now`.
pub fn holds_screen(board: &Board, now: Instant) -> bool {
    picture(board, now).mode != "none"
}

/// When people last had something new to see of it.
fn changed(shown: &Shown) -> Option<Instant> {
    shown.published_at.max(shown.closed_at)
}

fn running(none: Picture, open: &Running, now: Instant) -> Picture {
    let options: Vec<(&str, Role)> =
        open.options.iter().map(|option| (option.label.as_str(), option.role)).collect();
    let motion = open.kind == Kind::Motion;
    let counts = open.counts.as_ref().filter(|_| motion).and_then(|counts| counts.first());
    Picture {
        mode: if open.ends_at.is_none_or(|ends| now < ends) { "open" } else { "counting" },
        heading: told::heading(open.number, open.kind, open.secret),
        question: open.question.clone(),
        labels: told::labels(None, open.advisory),
        rule: if open.kind == Kind::Rating { String::new() } else { open.pass.clone() },
        bars: counts.map(|counts| told::bars(&options, counts, 0)).unwrap_or_default(),
        options: options.into_iter().map(|(label, _)| label.to_string()).collect(),
        candidates: if motion { Vec::new() } else { open.items.clone() },
        seats: open.seats,
        ends_at: open.ends_at.map(|at| at.timestamp_millis()),
        voted: open.voted,
        expected: open.expected,
        quorum: open.quorum.as_ref().map(told::quorum_zh).unwrap_or_default(),
        ..none
    }
}

async fn meeting_of(ballots: &Ballots, key: &str) -> Result<Uuid, Error> {
    let meeting = address::of_screen(&ballots.base, key).await?;
    meeting.map(|meeting| meeting.id).ok_or_else(|| Error::new("screen_unpaired"))
}

async fn watch_votes(
    context: Context,
    ballots: Data<Ballots>,
    key: Path<String>,
) -> Result<HttpResponse, Error> {
    let meeting = meeting_of(&ballots, &key).await?;
    answer(&context, events(&ballots, meeting, key.into_inner()))
}

#[derive(Serialize)]
struct Looked {
    now: i64,
    ballot: Picture,
}

/// The same for a network that swallows streams.
async fn look(ballots: Data<Ballots>, key: Path<String>) -> Result<Json<Looked>, Error> {
    let meeting = meeting_of(&ballots, &key).await?;
    let now = ballots.base.clock.now();
    let board = ballots.live.current(meeting).await;
    let board = board.ok_or_else(|| BallotRefusal::RetryLater("no board in time".to_string()))?;
    let ballot = picture(&board, now);
    Ok(Json(Looked { now: now.timestamp_millis(), ballot }))
}

/// The pictures of a meeting until the screen's key serves no more.
fn events(ballots: &Ballots, meeting: Uuid, key: String) -> impl Stream<Item = Event> + use<> {
    let feed = Feed {
        base: ballots.base.clone(),
        meeting,
        key,
        boards: ballots.live.watch(meeting),
        told: None,
        checked: Instant::default(),
    };
    stream::unfold(feed, |mut feed| async move {
        let event = feed.next().await?;
        Some((event, feed))
    })
}

struct Feed {
    base: Base,
    meeting: Uuid,
    key: String,
    boards: watch::Receiver<Option<Arc<Board>>>,
    told: Option<Picture>,
    /// When the key was last looked at.
    checked: Instant,
}

/// How often a screen looks at the clock: time ends rounds and takes results off the wall.
const TICK: std::time::Duration = std::time::Duration::from_secs(1);
/// How long a screen goes on after its key was changed, at most.
const KEY_HOLDS: TimeDelta = TimeDelta::seconds(5);

impl Feed {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if self.base.stopping.is_cancelled() || !self.holds().await {
                return None;
            }
            let board = self.boards.borrow_and_update().clone();
            if let Some(board) = board {
                let picture = picture(&board, self.base.clock.now());
                if self.told.as_ref() != Some(&picture) {
                    let event = Event::new("ballot", &picture);
                    self.told = Some(picture);
                    return event.inspect_err(|error| tracing::error!(%error, "a vote cannot be told")).ok();
                }
            }
            tokio::select! {
                changed = self.boards.changed() => changed.ok()?,
                () = tokio::time::sleep(TICK) => {}
            }
        }
    }

    /// Whether the key still opens this meeting's screen.
    async fn holds(&mut self) -> bool {
        let now = self.base.clock.now();
        if now < self.checked + KEY_HOLDS {
            return true;
        }
        self.checked = now;
        match address::of_screen(&self.base, &self.key).await {
            Ok(meeting) => meeting.is_some_and(|meeting| meeting.id == self.meeting),
            // The next look tries again; what is shown was true a moment ago.
            Err(error) => {
                tracing::warn!(%error, "a screen's key cannot be looked at");
                true
            }
        }
    }
}
