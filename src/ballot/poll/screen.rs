//! What an organiser put on the hall's screen: `/screen/{key}/poll`. Whoever has the key may look. A formal vote has
//! the screen first: while one runs, and while its result stands there, this shows nothing.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path, ServiceConfig, resource};
use chrono::TimeDelta;
use futures_util::{Stream, stream};
use serde::Serialize;
use tokio::sync::watch;
use uuid::Uuid;

use super::board::{Board, Line, OnScreen, Shown};
use super::lookup::Bar;
use super::model::State;
use super::refusal::PollRefusal;
use super::{NO_VOTE, Polls};
use crate::ballot::Ballots;
use crate::ballot::board::Board as Votes;
use crate::ballot::screen::holds_screen;
use crate::base::Base;
use crate::base::clock::Instant;
use crate::meeting::attendance::address;
use crate::web::{Context, Error, Event, stream as answer};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/screen/{key}/poll/stream").get(watch_polls))
        .service(resource("/screen/{key}/poll/snapshot").get(look));
}

/// The whole picture; each replaces the one before.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Picture {
    version: i64,
    /// `none`: the screen shows what it showed; `poll`, `question`.
    mode: &'static str,
    heading: String,
    /// What it is not.
    label: &'static str,
    text: String,
    bars: Vec<Bar>,
    answered: i64,
    note: String,
    /// Who asked the question.
    asker: String,
    /// How many joined it.
    joined: String,
}

/// What the screen shows of `board`; `votes` come first.
pub fn picture(board: &Board, votes: Option<&Votes>, now: Instant) -> Picture {
    let none = Picture { version: board.version, mode: "none", ..Picture::default() };
    if votes.is_some_and(|votes| holds_screen(votes, now)) {
        return none;
    }
    match board.shown {
        Shown::Nothing => none,
        Shown::Poll(id) => match board.polls.iter().find(|line| line.id == id) {
            Some(line) => of_poll(none, line),
            None => none,
        },
        Shown::Question(_) => match &board.question {
            Some(question) => of_question(none, question),
            None => none,
        },
    }
}

fn of_question(none: Picture, question: &OnScreen) -> Picture {
    let joined = match question.upvotes {
        0 => String::new(),
        upvotes => format!("{upvotes} 人想问"),
    };
    Picture {
        mode: "question",
        heading: "现场提问".to_string(),
        text: question.text.clone(),
        asker: question.asker.clone(),
        joined,
        ..none
    }
}

fn of_poll(none: Picture, line: &Line) -> Picture {
    let how = if line.multiple { "可多选" } else { "单选" };
    Picture {
        mode: "poll",
        heading: format!("小调查 · {how} · {}", if line.named { "实名" } else { "匿名" }),
        label: NO_VOTE,
        text: line.question.clone(),
        bars: line.bars.clone(),
        answered: line.answered,
        note: match line.state {
            State::Open => "正在进行：签到后，在手机的会议页面上选".to_string(),
            _ => "已结束".to_string(),
        },
        ..none
    }
}

async fn meeting_of(polls: &Polls, key: &str) -> Result<Uuid, Error> {
    let meeting = address::of_screen(&polls.base, key).await?;
    meeting.map(|meeting| meeting.id).ok_or_else(|| Error::new("screen_unpaired"))
}

async fn watch_polls(
    context: Context,
    polls: Data<Polls>,
    ballots: Data<Ballots>,
    key: Path<String>,
) -> Result<HttpResponse, Error> {
    let meeting = meeting_of(&polls, &key).await?;
    answer(&context, events(&polls, &ballots, meeting, key.into_inner()))
}

#[derive(Serialize)]
struct Looked {
    now: i64,
    poll: Picture,
}

/// The same for a network that swallows streams.
async fn look(polls: Data<Polls>, ballots: Data<Ballots>, key: Path<String>) -> Result<Json<Looked>, Error> {
    let meeting = meeting_of(&polls, &key).await?;
    let now = polls.base.clock.now();
    let board = polls.board_of(meeting).await?;
    let votes = ballots.live.current(meeting).await;
    let votes = votes.ok_or_else(|| PollRefusal::RetryLater("no board of the votes in time".to_string()))?;
    let poll = picture(&board, Some(&votes), now);
    Ok(Json(Looked { now: now.timestamp_millis(), poll }))
}

/// The pictures of a meeting until the screen's key serves no more.
fn events(polls: &Polls, ballots: &Ballots, meeting: Uuid, key: String) -> impl Stream<Item = Event> + use<> {
    let feed = Feed {
        base: polls.base.clone(),
        meeting,
        key,
        boards: polls.live.watch(meeting),
        votes: ballots.live.watch(meeting),
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
    votes: watch::Receiver<Option<Arc<Votes>>>,
    told: Option<Picture>,
    /// When the key was last looked at.
    checked: Instant,
}

/// How often a screen looks at the clock: time takes the result of a vote off the wall.
const TICK: Duration = Duration::from_secs(1);
/// How long a screen goes on after its key was changed, at most.
const KEY_HOLDS: TimeDelta = TimeDelta::seconds(5);

impl Feed {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if self.base.stopping.is_cancelled() || !self.holds().await {
                return None;
            }
            let (board, votes) =
                (self.boards.borrow_and_update().clone(), self.votes.borrow_and_update().clone());
            // Whether a vote has the screen must be known first.
            if let (Some(board), Some(votes)) = (board, votes) {
                let picture = picture(&board, Some(&votes), self.base.clock.now());
                if self.told.as_ref() != Some(&picture) {
                    let event = Event::new("poll", &picture);
                    self.told = Some(picture);
                    return event.inspect_err(|error| tracing::error!(%error, "a poll cannot be told")).ok();
                }
            }
            tokio::select! {
                changed = self.boards.changed() => changed.ok()?,
                changed = self.votes.changed() => changed.ok()?,
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
