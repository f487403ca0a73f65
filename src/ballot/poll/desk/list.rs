//! The tab: every poll of the meeting, with its buttons.

use actix_web::web::{Data, Json, Query};
use actix_web::{HttpResponse, Responder};
use askama::Template;
use futures_util::StreamExt;
use serde::Serialize;
use tokio_stream::wrappers::WatchStream;
use uuid::Uuid;

use super::questions::Questions;
use super::{After, here, labels, page_of, tone};
use crate::ballot::Ballots;
use crate::ballot::poll::board::{self, Shown};
use crate::ballot::poll::model::{State, poll};
use crate::ballot::poll::refusal::PollRefusal;
use crate::ballot::poll::{Polls, lookup, moderate, questions};
use crate::ballot::screen::holds_screen;
use crate::meeting::desk::Head;
use crate::web::{Context, Error, Event, Layout, Page, StaffUser, stream};

#[derive(Template)]
#[template(path = "poll/desk_list.html")]
pub(super) struct ListPage {
    page: Layout,
    head: Head,
    /// Of the meeting's board: what this page shows is not older.
    version: i64,
    rows: Vec<Row>,
    questions: Questions,
    problem: Option<String>,
    /// A formal vote is on the screen.
    vote_on_screen: bool,
}

struct Row {
    number: i32,
    href: String,
    question: String,
    labels: String,
    state: &'static str,
    tone: &'static str,
    answered: i64,
    draft: bool,
    open: bool,
    shown: bool,
}

pub async fn show(
    polls: Data<Polls>,
    ballots: Data<Ballots>,
    _user: StaffUser,
    head: Head,
    after: Query<After>,
    page: Layout,
) -> Result<impl Responder, Error> {
    Ok(Page::of(view(&polls, &ballots, here(head, &after), page, None).await?))
}

/// The tab as it is now; `problem` is what was refused.
pub(super) async fn view(
    polls: &Polls,
    ballots: &Ballots,
    head: Head,
    page: Layout,
    problem: Option<String>,
) -> Result<ListPage, PollRefusal> {
    let base = &polls.base;
    // Read anew: the page after a button shows what the button did.
    let board = board::read(base, head.id).await?;
    let rows = lookup::list(base.db.read(), head.id).await?;
    let asked = questions::list(base.db.read(), head.id).await?;
    Ok(ListPage {
        page: page.at("meetings"),
        version: board.version,
        rows: rows.iter().map(|poll| row(poll, board.shown)).collect(),
        questions: Questions::of(moderate::settings(base, head.id).await?, &asked, board.shown),
        vote_on_screen: vote_on_screen(ballots, head.id).await,
        head,
        problem,
    })
}

/// Whether a formal vote has the screen at this moment.
pub(super) async fn vote_on_screen(ballots: &Ballots, meeting: Uuid) -> bool {
    let board = ballots.live.current(meeting).await;
    board.is_some_and(|board| holds_screen(&board, ballots.base.clock.now()))
}

fn row(poll: &poll::Model, shown: Shown) -> Row {
    let state = poll.state();
    Row {
        number: poll.number,
        href: page_of(poll.meeting_id, poll.id),
        question: poll.question.clone(),
        labels: labels(poll.multiple, poll.named),
        state: state.zh(),
        tone: tone(state),
        answered: poll.answered,
        draft: state == State::Draft,
        open: state == State::Open,
        shown: shown == Shown::Poll(poll.id),
    }
}

/// That something changed; the page reads itself again.
#[derive(Serialize)]
struct Told {
    version: i64,
}

/// Event `poll`.
pub async fn watch(
    context: Context,
    polls: Data<Polls>,
    _user: StaffUser,
    head: Head,
) -> Result<HttpResponse, Error> {
    let events = WatchStream::new(polls.live.watch(head.id)).filter_map(|board| {
        let event = board.map(|board| Event::new("poll", &Told { version: board.version }));
        let told = event.and_then(|event| {
            event.inspect_err(|error| tracing::error!(%error, "polls cannot be told")).ok()
        });
        std::future::ready(told)
    });
    stream(&context, events)
}

#[derive(Serialize)]
pub struct Look {
    now: i64,
    poll: Told,
}

/// The same for a network that swallows streams.
pub async fn look(polls: Data<Polls>, _user: StaffUser, head: Head) -> Result<Json<Look>, Error> {
    let board = polls.live.current(head.id).await;
    let board = board.ok_or_else(|| PollRefusal::RetryLater("no board in time".to_string()))?;
    let now = polls.base.clock.now().timestamp_millis();
    Ok(Json(Look { now, poll: Told { version: board.version } }))
}
