//! The queue: everything that a meeting votes on, in order.

use actix_web::Responder;
use actix_web::web::{Data, Query};
use askama::Template;

use super::view::face;
use super::{After, here, page_of, tone};
use crate::ballot::model::{State, ballot_round};
use crate::ballot::refusal::BallotRefusal;
use crate::ballot::result::{Face, visible};
use crate::ballot::{Ballots, board, round};
use crate::base::clock;
use crate::meeting::desk::Head;
use crate::web::{Error, Layout, Page, StaffUser};

#[derive(Template)]
#[template(path = "ballot/desk_queue.html")]
struct QueuePage {
    page: Layout,
    head: Head,
    /// Of the meeting's board: what this page shows is not older.
    version: i64,
    rows: Vec<Row>,
}

struct Row {
    number: i32,
    href: String,
    question: String,
    labels: String,
    state: &'static str,
    tone: &'static str,
    open: bool,
    /// What it came to, where this member of staff may know.
    result: String,
    at: String,
}

pub async fn show(
    ballots: Data<Ballots>,
    _user: StaffUser,
    head: Head,
    after: Query<After>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let board = board::read(&ballots.base, head.id, &mut None).await?;
    let rounds = round::of_meeting(&ballots.base, head.id).await?;
    let face = face(&head);
    let rows: Result<Vec<Row>, BallotRefusal> = rounds.iter().map(|round| row(round, face)).collect();
    let version = board.map_or(0, |board| board.version);
    Ok(Page::of(QueuePage { page: page.at("meetings"), head: here(head, &after), version, rows: rows? }))
}

fn row(round: &ballot_round::Model, face: Face) -> Result<Row, BallotRefusal> {
    let (state, rules) = (round.state(), round.rules()?);
    let mut labels = vec![if round.secret { "无记名" } else { "记名" }, rules.kind.zh()];
    if round.manual.is_some() {
        labels.push("人工计票");
    }
    if rules.advisory {
        labels.push("供决策参考");
    }
    let result = match round.count()? {
        Some(count) if visible(round, face)? => count.verdict.sentence,
        _ => String::new(),
    };
    let at = round.closed_at.or(round.opened_at).map(clock::zh_minute).unwrap_or_default();
    Ok(Row {
        number: round.number,
        href: page_of(round.meeting_id, round.id),
        question: round.question.clone(),
        labels: labels.join(" · "),
        state: state.zh(),
        tone: tone(state),
        open: state == State::Open,
        result,
        at,
    })
}
