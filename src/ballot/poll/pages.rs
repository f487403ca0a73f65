//! Polls and questions on the phone: `/m/{code}/polls`, `/m/{code}/questions`. Only whoever signed in takes part. A choice travels in the body of a post
//! and nowhere else; no page about an anonymous poll tells it.

mod questions;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path, ServiceConfig, resource};
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder};
use askama::Template;
use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use std::time::Duration;
use uuid::Uuid;

use super::answer::{Answer, Outcome};
use super::board::{Board, stage_of};
use super::lookup::{self, Bar, Own};
use super::model::{State, poll};
use super::refusal::PollRefusal;
use super::{NO_VOTE, Polls};
use crate::base::error::describe;
use crate::meeting::attendance::address::{self, Meeting};
use crate::meeting::attendance::presence;
use crate::people::person as persons;
use crate::web::{Attendee, Error, Layout, Limit, Page, Posted};

/// Answers that one phone may send in a minute; repeats are calm, so this is only against floods.
const ANSWERS: Limit = Limit { name: "poll", times: 60, per: Duration::from_secs(60) };
/// When a phone asks again, in milliseconds: while something is going on, and otherwise.
const SOON: i64 = 8_000;
const LATER: i64 = 15_000;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/m/{code}/polls").get(list))
        .service(resource("/m/{code}/polls/status").get(status))
        .service(resource("/m/{code}/polls/{poll}").get(show).post(answer))
        .service(resource("/m/{code}/polls/{poll}/status").get(status_of_poll))
        .service(resource("/m/{code}/questions").get(questions::show).post(questions::ask))
        .service(resource("/m/{code}/questions/status").get(questions::status))
        .service(resource("/m/{code}/questions/{question}/{way}").post(questions::upvote));
}

/// Somebody's phone at the polls of a meeting.
struct Guest {
    request: HttpRequest,
    polls: Data<Polls>,
    meeting: Meeting,
    follower: Uuid,
    /// Who they are, once they have told.
    person: Option<Uuid>,
    page: Layout,
}

impl FromRequest for Guest {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Guest, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let polls = request.app_data::<Data<Polls>>().cloned();
        let (attendee, page) =
            (Attendee::from_request(request, payload), Layout::from_request(request, payload));
        let request = request.clone();
        Box::pin(async move {
            let polls =
                polls.ok_or_else(|| Error::new("internal").because_of("no polls in this application"))?;
            let meeting = address::of_code(&polls.base, request.match_info().query("code")).await?;
            let meeting = meeting.ok_or_else(|| Error::new("meeting_not_found"))?;
            let follower = attendee.await?.follower_id;
            let person = persons::of_follower(polls.base.db.read(), follower).await?;
            let (person, page) = (person.map(|person| person.id), page.await?);
            Ok(Guest { request, polls, meeting, follower, person, page })
        })
    }
}

#[derive(Template)]
#[template(path = "poll/phone_away.html")]
struct AwayPage {
    page: Layout,
    code: String,
    text: String,
}

impl Guest {
    /// Whoever signed in, in the room or out of it for a while.
    async fn signed_in(&self) -> Result<Uuid, PollRefusal> {
        let person = self.person.ok_or(PollRefusal::NotSignedIn)?;
        let guests = presence::guests(self.polls.base.db.read(), self.meeting.id, &[person]).await?;
        if guests.contains_key(&person) { Ok(person) } else { Err(PollRefusal::NotSignedIn) }
    }

    fn draws(&self, view: impl Template, status: StatusCode) -> HttpResponse {
        let mut answer = Page::of(view).respond_to(&self.request);
        *answer.status_mut() = status;
        answer
    }

    /// Tells nothing of what is asked.
    fn turns_away(&self, refusal: PollRefusal) -> Result<HttpResponse, Error> {
        if matches!(refusal, PollRefusal::RetryLater(_) | PollRefusal::NoPoll) {
            return Err(refusal.into());
        }
        let (status, text) = describe(&refusal);
        let view = AwayPage { page: self.page.clone(), code: self.meeting.code.clone(), text };
        Ok(self.draws(view, StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN)))
    }
}

#[derive(Template)]
#[template(path = "poll/phone_list.html")]
struct ListPage {
    page: Layout,
    code: String,
    title: String,
    stage: String,
    rows: Vec<Row>,
}

struct Row {
    link: String,
    question: String,
    labels: &'static str,
    word: &'static str,
    tone: &'static str,
}

/// The polls of the meeting.
async fn list(guest: Guest) -> Result<HttpResponse, Error> {
    let person = match guest.signed_in().await {
        Ok(person) => person,
        Err(refusal) => return guest.turns_away(refusal),
    };
    let board = guest.polls.board_of(guest.meeting.id).await?;
    let ids: Vec<Uuid> = board.polls.iter().map(|line| line.id).collect();
    let answered = lookup::answered(&guest.polls.base, &ids, person).await?;
    let row = |line: &super::board::Line| {
        let (word, tone) = match (line.state, answered.contains(&line.id)) {
            (State::Open, true) => ("已答", "word-good"),
            (State::Open, false) => ("进行中", "word-wait"),
            _ if line.public => ("看结果", ""),
            _ => ("已结束", ""),
        };
        Row {
            link: format!("/m/{}/polls/{}", guest.meeting.code, line.id),
            question: line.question.clone(),
            labels: labels(line.multiple, line.named),
            word,
            tone,
        }
    };
    let view = ListPage {
        page: guest.page.clone(),
        code: guest.meeting.code.clone(),
        title: guest.meeting.title.clone(),
        stage: board.entries(),
        rows: board.polls.iter().rev().map(row).collect(),
    };
    Ok(guest.draws(view, StatusCode::OK))
}

fn labels(multiple: bool, named: bool) -> &'static str {
    match (multiple, named) {
        (false, false) => "单选 · 匿名",
        (false, true) => "单选 · 实名",
        (true, false) => "可多选 · 匿名",
        (true, true) => "可多选 · 实名",
    }
}

#[derive(Template)]
#[template(path = "poll/phone_poll.html")]
struct PollPage {
    page: Layout,
    code: String,
    id: Uuid,
    stage: String,
    no_vote: &'static str,
    labels: &'static str,
    question: String,
    notice: Option<String>,
    /// What just happened, or how it stands.
    done: Option<(&'static str, &'static str, &'static str)>,
    /// Options with whether they are chosen; empty: nothing to answer.
    options: Vec<(String, bool)>,
    multiple: bool,
    button: &'static str,
    /// What was chosen in a named poll.
    own: String,
    bars: Vec<Bar>,
    answered: i64,
    promise: &'static str,
}

/// What an answer came to, to be said on the page that is drawn again.
type Said = Result<Option<Outcome>, PollRefusal>;

async fn show(guest: Guest, path: Path<(String, String)>) -> Result<HttpResponse, Error> {
    sees(guest, poll_id(&path.1)?, Ok(None)).await
}

/// The page of a poll as it is now, with what was `said` of an answer.
async fn sees(guest: Guest, id: Uuid, said: Said) -> Result<HttpResponse, Error> {
    let base = &guest.polls.base;
    let seen = async {
        let person = guest.signed_in().await?;
        let poll = lookup::begun(base, guest.meeting.id, id).await?;
        let own = lookup::own(base, &poll, person).await?;
        let counts = if poll.is_public() { lookup::counts_of(base, &poll).await? } else { Vec::new() };
        Ok((poll, own, counts))
    };
    let (poll, own, counts) = match seen.await {
        Ok(seen) => seen,
        Err(refusal) => return guest.turns_away(refusal),
    };
    let status = match &said {
        Err(PollRefusal::RetryLater(_)) => StatusCode::SERVICE_UNAVAILABLE,
        Err(refusal) => StatusCode::from_u16(describe(refusal).0).unwrap_or(StatusCode::CONFLICT),
        Ok(_) => StatusCode::OK,
    };
    let view = view(&guest, poll, own, &counts, said)?;
    Ok(guest.draws(view, status))
}

fn view(
    guest: &Guest,
    poll: poll::Model,
    own: Own,
    counts: &[i64],
    said: Said,
) -> Result<PollPage, PollRefusal> {
    let names = poll.labels()?;
    let open = poll.state() == State::Open;
    let asks = open && (poll.named || !own.answered);
    let chosen: Vec<&str> = own.chosen.iter().filter_map(|at| names.get(*at)).map(String::as_str).collect();
    let options = names.iter().enumerate().map(|(at, name)| (name.clone(), own.chosen.contains(&at)));
    Ok(PollPage {
        stage: stage_of(poll.state(), poll.is_public(), poll.answered),
        done: done(&poll, &own, open, said.as_ref().ok().copied().flatten()),
        notice: said.err().map(|refusal| describe(&refusal).1),
        options: if asks { options.collect() } else { Vec::new() },
        own: chosen.join("、"),
        bars: if poll.is_public() { lookup::bars(&names, counts, poll.answered) } else { Vec::new() },
        answered: poll.answered,
        button: if own.answered { "改为这次的选择" } else { "提交" },
        promise: match (asks, poll.named) {
            (false, _) => "",
            (true, true) => {
                "这是实名小调查：您的姓名和选择会务人员看得到，不上大屏，也不给其他参会人看。结束前可以改。"
            }
            (true, false) => {
                "这是匿名小调查：系统只记您答过、各选项各几人，不记您选了什么，会务人员也查不到。提交后不能改。"
            }
        },
        no_vote: NO_VOTE,
        labels: labels(poll.multiple, poll.named),
        multiple: poll.multiple,
        page: guest.page.clone(),
        code: guest.meeting.code.clone(),
        id: poll.id,
        question: poll.question,
    })
}

/// Sign, headline and a line; a poll that waits for its answer says itself.
fn done(
    poll: &poll::Model,
    own: &Own,
    open: bool,
    outcome: Option<Outcome>,
) -> Option<(&'static str, &'static str, &'static str)> {
    let later = if poll.is_public() { "" } else { "会务人员公布结果后，本页会自动显示。" };
    match (own.answered, open) {
        (true, true) => Some((
            "good",
            "已提交",
            match (outcome, poll.named) {
                (Some(Outcome::Replaced), _) => "已改为您这一次的选择。",
                (Some(Outcome::Already), false) => "您此前已经答过，匿名小调查不能修改，这次没有改变。",
                (_, true) => "结束前可以改。",
                _ => later,
            },
        )),
        (true, false) => Some(("good", "小调查已结束", if poll.is_public() { "您已参加。" } else { later })),
        (false, false) => Some(("info", "小调查已结束", "您没有参加这个小调查。")),
        (false, true) => None,
    }
}

fn poll_id(text: &str) -> Result<Uuid, PollRefusal> {
    text.parse().map_err(|_| PollRefusal::NoPoll)
}

/// The fields of an answer: `o` with the place of an option, as often as options were chosen.
type Fields = Vec<(String, String)>;

async fn answer(
    guest: Guest,
    path: Path<(String, String)>,
    form: Posted<Fields>,
) -> Result<HttpResponse, Error> {
    ANSWERS.check(&guest.polls.base, &guest.follower.to_string()).await?;
    let id = poll_id(&path.1)?;
    let person = match guest.signed_in().await {
        Ok(person) => person,
        Err(refusal) => return guest.turns_away(refusal),
    };
    let chosen = chosen(&form.0);
    let answer = Answer { meeting: guest.meeting.id, poll: id, person, chosen };
    let said = guest.polls.answer(answer).await.map(Some);
    if let Err(PollRefusal::RetryLater(cause)) = &said {
        tracing::warn!(cause, "an answer was not stored");
    }
    sees(guest, id, said).await
}

/// What is no place of an option is none of any poll.
fn chosen(fields: &Fields) -> Vec<usize> {
    let places = fields.iter().filter(|(name, _)| name == "o").map(|(_, value)| value);
    places.map(|place| place.parse().unwrap_or(usize::MAX)).collect()
}

/// What a phone that waits is told: it asks again after `next` milliseconds.
#[derive(Serialize)]
struct Status {
    now: i64,
    next: i64,
    /// Changes when the page would.
    stage: Option<String>,
}

/// From this replica's board of the meeting, so that a hall of phones asks no database.
fn waits(polls: &Polls, board: &Board, stage: Option<String>) -> Json<Status> {
    let next = if board.asking || board.open().next().is_some() { SOON } else { LATER };
    Json(Status { now: polls.base.clock.now().timestamp_millis(), next, stage })
}

async fn status(polls: Data<Polls>, code: Path<String>) -> Result<Json<Status>, Error> {
    let board = polls.board(&code).await?;
    Ok(waits(&polls, &board, Some(board.entries())))
}

async fn status_of_poll(polls: Data<Polls>, path: Path<(String, String)>) -> Result<Json<Status>, Error> {
    let board = polls.board(&path.0).await?;
    Ok(waits(&polls, &board, board.stage(poll_id(&path.1)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_place_of_an_option_is_none_of_any_poll() {
        let fields = |values: &[&str]| -> Fields {
            values.iter().map(|value| ("o".to_string(), (*value).to_string())).collect()
        };
        assert_eq!(chosen(&fields(&["0", "2"])), [0, 2]);
        assert_eq!(chosen(&fields(&["-1", "甲", "", "99999999999999999999"])), [usize::MAX; 4]);
        assert!(chosen(&vec![("x".to_string(), "0".to_string())]).is_empty());
    }
}
