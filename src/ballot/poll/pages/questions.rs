//! Questions from the hall on the phone: `/m/{code}/questions`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path};
use askama::Template;
use serde::Deserialize;
use std::time::Duration;
use uuid::Uuid;

use super::{Guest, Status, waits};
use crate::ballot::poll::ask::{Ask, TEXT};
use crate::ballot::poll::model::{QuestionState, poll_question};
use crate::ballot::poll::refusal::PollRefusal;
use crate::ballot::poll::{Polls, moderate, questions};
use crate::base::error::describe;
use crate::web::{Error, Layout, Limit, Nothing, Posted};

/// Questions that one phone may send in ten minutes.
const QUESTIONS: Limit = Limit { name: "question", times: 10, per: Duration::from_secs(600) };
/// Times that one phone may join questions, or take that back, in a minute.
const UPVOTES: Limit = Limit { name: "upvote", times: 60, per: Duration::from_secs(60) };

#[derive(Template)]
#[template(path = "poll/phone_questions.html")]
struct QuestionsPage {
    page: Layout,
    code: String,
    title: String,
    stage: String,
    op: Uuid,
    asking: bool,
    moderated: bool,
    longest: usize,
    notice: Option<String>,
    said: &'static str,
    /// What was typed, where it was refused.
    typed: String,
    unnamed: bool,
    /// Own questions that others do not see: text, what became of it, its tone.
    own: Vec<(String, &'static str, &'static str)>,
    rows: Vec<Row>,
}

struct Row {
    path: String,
    text: String,
    asker: String,
    upvotes: i64,
    joined: bool,
    answered: bool,
    mine: bool,
}

/// What just happened, to be said on the page that is drawn again.
#[derive(Default)]
struct Said {
    refusal: Option<PollRefusal>,
    done: &'static str,
    form: Form,
}

/// A question as the form sends it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Form {
    op: String,
    text: String,
    unnamed: String,
}

pub async fn show(guest: Guest) -> Result<HttpResponse, Error> {
    sees(guest, Said::default()).await
}

async fn sees(guest: Guest, said: Said) -> Result<HttpResponse, Error> {
    let base = &guest.polls.base;
    let person = match guest.signed_in().await {
        Ok(person) => person,
        Err(refusal) => return guest.turns_away(refusal),
    };
    let board = guest.polls.board_of(guest.meeting.id).await?;
    let all = questions::list(base.db.read(), guest.meeting.id).await?;
    let joined = questions::joined(base, &all, person).await?;
    let settings = moderate::settings(base, guest.meeting.id).await?;
    let row = |row: &poll_question::Model| Row {
        path: format!("/m/{}/questions/{}", guest.meeting.code, row.id),
        text: row.text.clone(),
        asker: questions::asker(row),
        upvotes: row.upvotes,
        joined: joined.contains(&row.id),
        answered: row.state() == QuestionState::Answered,
        mine: row.person_id == person,
    };
    let own = all.iter().rev().filter(|row| row.person_id == person && !row.state().is_visible());
    let own = own.map(|row| match row.state() {
        QuestionState::Rejected => (row.text.clone(), "会务人员没有公开这个问题", "word-bad"),
        _ => (row.text.clone(), "等待会务人员审核，其他人还看不到", "word-wait"),
    });
    let status = match said.refusal.as_ref().map(describe_status) {
        Some(status) => StatusCode::from_u16(status).unwrap_or(StatusCode::CONFLICT),
        None => StatusCode::OK,
    };
    let view = QuestionsPage {
        page: guest.page.clone(),
        code: guest.meeting.code.clone(),
        title: guest.meeting.title.clone(),
        stage: board.questions_stage(),
        op: Uuid::new_v4(),
        asking: settings.asking,
        moderated: settings.moderated,
        longest: TEXT,
        notice: said.refusal.map(|refusal| describe(&refusal).1),
        said: said.done,
        unnamed: !said.form.unnamed.is_empty(),
        typed: said.form.text,
        own: own.collect(),
        rows: questions::public(&all).into_iter().map(row).collect(),
    };
    Ok(guest.draws(view, status))
}

fn describe_status(refusal: &PollRefusal) -> u16 {
    describe(refusal).0
}

pub async fn ask(guest: Guest, form: Posted<Form>) -> Result<HttpResponse, Error> {
    let form = form.0;
    let person = match guest.signed_in().await {
        Ok(person) => person,
        Err(refusal) => return guest.turns_away(refusal),
    };
    QUESTIONS.check(&guest.polls.base, &guest.follower.to_string()).await?;
    // A form that lost its id is an act of its own.
    let op = if form.op.is_empty() { Uuid::new_v4().to_string() } else { form.op.clone() };
    let unnamed = !form.unnamed.is_empty();
    let asked = Ask { meeting: guest.meeting.id, person, op, text: form.text.clone(), unnamed };
    let said = match guest.polls.ask(&asked).await {
        Ok(row) if row.state() == QuestionState::Waiting => Said {
            done: "已提交。会务人员审核后，其他参会人才能看到。",
            ..Said::default()
        },
        Ok(_) => Said { done: "已提交。", ..Said::default() },
        Err(refusal) => Said { refusal: Some(refusal), form, ..Said::default() },
    };
    sees(guest, said).await
}

/// Joins a question with `up`, takes that back with `down`.
pub async fn upvote(
    guest: Guest,
    path: Path<(String, String, String)>,
    _: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let up = match path.2.as_str() {
        "up" => true,
        "down" => false,
        _ => return Err(Error::new("not_found")),
    };
    let person = match guest.signed_in().await {
        Ok(person) => person,
        Err(refusal) => return guest.turns_away(refusal),
    };
    UPVOTES.check(&guest.polls.base, &guest.follower.to_string()).await?;
    let id = path.1.parse().map_err(|_| PollRefusal::NoQuestion)?;
    let refusal = guest.polls.upvote(guest.meeting.id, id, person, up).await.err();
    sees(guest, Said { refusal, ..Said::default() }).await
}

pub async fn status(polls: Data<Polls>, code: Path<String>) -> Result<Json<Status>, Error> {
    let board = polls.board(&code).await?;
    Ok(waits(&polls, &board, Some(board.questions_stage())))
}
