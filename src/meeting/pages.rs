//! Meetings on the phone: `/m` and `/m/{code}`. Every page offers one act; a form posts and leads back here.

mod colleague;
mod leave;
mod materials;
mod pull;
mod room;
mod visitor;

use actix_web::web::{Data, Json, Path, Query, ServiceConfig, resource};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

use self::visitor::{Said, Visitor, held_ticket, keep};
use super::checkin::{Attempt, Refusal, Who};
use super::enrol::{EnrolError, Form, enrol};
use super::material::search;
use super::model::{CodeKind, RequestKind, Source, meeting};
use super::venue_code::{Ticket, check_rotating, check_short};
use super::visit::Face;
use super::{Meetings, edit, history, requests, scanned, views};
use crate::document::Documents;
use crate::notify::Notifier;
use crate::people::person as persons;
use crate::web::{Attendee, Error, Layout, Limit, Page, Posted, see_other};

/// Check-ins that one phone may try in a minute.
const CHECK_INS: Limit = Limit { name: "check-in", times: 20, per: Duration::from_secs(60) };
/// Six-digit codes that one phone may try in ten minutes.
const SHORT_CODES: Limit = Limit { name: "short-code", times: 10, per: Duration::from_secs(600) };
/// Searches that one phone may do in a minute.
const SEARCHES: Limit = Limit { name: "search", times: 30, per: Duration::from_secs(60) };

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/m").get(mine))
        .service(resource("/m/scanned").get(read_scan))
        .service(resource("/m/pull").get(pull::on_phone).post(pull::answer))
        .service(resource("/m/{code}").get(show))
        .service(resource("/m/{code}/status").get(status))
        .service(resource("/m/{code}/checkin").post(check_in).get(back))
        .service(resource("/m/{code}/code").post(short_code).get(back))
        .service(resource("/m/{code}/request").post(ask).get(back))
        .service(resource("/m/{code}/step").post(room::step).get(back))
        .service(resource("/m/{code}/leave").get(leave::show).post(leave::ask))
        .service(resource("/m/{code}/leave/withdraw").post(leave::withdraw).get(leave::back))
        .service(resource("/m/{code}/help").get(colleague::show).post(colleague::sign_in))
        .service(resource("/m/{code}/materials/{id}").get(materials::read))
        .service(resource("/m/{code}/materials/{id}/pages/{page}").get(materials::page))
        .service(resource("/m/{code}/materials/{id}/links").get(materials::links))
        .service(resource("/m/{code}/materials/{id}/file").get(materials::file))
        .service(resource("/m/{code}/materials/{id}/progress").post(materials::progress))
        .service(resource("/pull").get(pull::on_computer).post(pull::pair))
        .service(resource("/pull/status").get(pull::status))
        .service(resource("/pull/end").post(pull::end))
        .service(resource("/pull/{code}/{id}").get(materials::read))
        .service(resource("/pull/{code}/{id}/pages/{page}").get(materials::page))
        .service(resource("/pull/{code}/{id}/links").get(materials::links))
        .service(resource("/pull/{code}/{id}/file").get(materials::file))
        .service(resource("/pull/{code}/{id}/progress").post(materials::progress));
}

/// 我的会议.
async fn mine(
    meetings: Data<Meetings>,
    documents: Data<Documents>,
    attendee: Attendee,
    asked: Query<Asked>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let base = &meetings.base;
    let now = base.clock.now();
    let person = persons::of_follower(base.db.read(), attendee.follower_id).await?;
    let words = search::tidy(&asked.q);
    if let Some(person) = person.as_ref().filter(|_| !words.is_empty()) {
        SEARCHES.check(base, &attendee.follower_id.to_string()).await?;
        let matches = search::search(base, &documents, person, &words).await?;
        return Ok(Page::of(views::found(page, words, matches, now)));
    }
    let list = match person {
        Some(person) => history::of_person(base, person.id).await?,
        None => Vec::new(),
    };
    Ok(Page::of(views::mine(page, list, now)))
}

/// What is searched for in 我的会议.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
}

#[derive(Deserialize)]
struct ScannedText {
    text: String,
}

/// Where a page goes on after the phone's scanner read something.
#[derive(Serialize)]
struct GoesTo {
    page: String,
}

/// For the button 扫一扫: a code of ours becomes the address of its page, anything else is refused.
async fn read_scan(
    meetings: Data<Meetings>,
    _attendee: Attendee,
    scan: Query<ScannedText>,
) -> Result<Json<GoesTo>, Error> {
    let found = scanned::read(&meetings.base, &scan.text).await?;
    let found = found.ok_or_else(|| Error::new("code_invalid"))?;
    Ok(Json(GoesTo { page: found.page() }))
}

#[derive(Deserialize)]
struct Scan {
    s: Option<i64>,
    k: Option<String>,
}

/// The meeting's page; with `s` and `k` it is the landing of a scan of the rotating code.
async fn show(
    request: HttpRequest,
    meetings: Data<Meetings>,
    code: Path<String>,
    scan: Query<Scan>,
) -> Result<HttpResponse, Error> {
    let meeting = find(&meetings, &code).await?;
    let now = meetings.base.clock.now();
    let mut refusal = None;
    if let (Some(slot), Some(mac)) = (scan.s, scan.k.as_deref()) {
        // The fresh code is turned into a ticket before WeChat is asked who this is: slow people are not locked out.
        match check_rotating(&meetings.base.keys, meeting.id, slot, mac, now) {
            Ok(()) => {
                let ticket = held_ticket(&request, &meetings, &meeting)
                    .unwrap_or_else(|| Ticket::new(meeting.id, now));
                let mut answer = see_other(&page_of(&meeting));
                keep(&mut answer, &meetings, &meeting, &ticket)?;
                return Ok(answer);
            }
            Err(stale) => refusal = Some(stale),
        }
    }
    let visitor = Visitor::at(request, meetings.clone(), meeting.clone()).await?;
    let seen = visitor.looks().await?;
    // Where the code stays the same, opening the page is the scan.
    let scanned =
        visitor.ticket.is_none() && meeting.code_kind() == CodeKind::Static && seen.face != Face::Late;
    let refusal = refusal.filter(|_| seen.face == Face::NeedsCode);
    let offer = match (&seen.face, visitor.request.app_data::<Data<Notifier>>()) {
        (Face::SignedIn(_) | Face::Early, Some(notifier)) => notifier.offer(visitor.follower).await?,
        _ => None,
    };
    let mut answer = visitor.draws(seen, Said { refusal, offer, ..Said::default() });
    if scanned {
        keep(&mut answer, &meetings, &meeting, &Ticket::new(meeting.id, now))?;
    }
    Ok(answer)
}

/// The form; a person who is known needs none of its fields.
#[derive(Default, Deserialize)]
#[serde(default)]
struct CheckInForm {
    #[serde(flatten)]
    who: Form,
    /// Where the phone is, as it says; only a word of it is kept.
    place: String,
    /// What the organisers are asked for.
    why: String,
    /// Names this act, so that a repeat is the same act.
    op: String,
}

async fn check_in(visitor: Visitor, form: Posted<CheckInForm>) -> Result<HttpResponse, Error> {
    let Posted(form) = form;
    visitor.tries(&CHECK_INS).await?;
    let Visitor { meetings, meeting, follower, ticket, .. } = &visitor;
    let person = persons::of_follower(meetings.base.db.read(), *follower).await?;
    let attempt = Attempt {
        meeting: meeting.id,
        who: Who::Person(person.as_ref().map_or(Uuid::nil(), |person| person.id)),
        op_id: op_id(&form.op, *follower),
        source: Source::Scan,
        actor: "self".to_string(),
        scanned_at: visitor.scanned_at(),
        ticket: ticket.as_ref().map(|ticket| ticket.nonce.clone()),
        place: visitor.place(&form.place),
        reason: None,
    };
    let outcome = match person {
        Some(_) => meetings.door.check_in(attempt).await.map_err(EnrolError::Refused),
        // No fresh scan: said before anything about the person is looked up or kept.
        None if meeting.code_kind() == CodeKind::Rotating && ticket.is_none() => {
            Err(Refusal::CodeExpired.into())
        }
        None => enrol(meetings, meeting, *follower, &form.who, attempt).await,
    };
    match outcome {
        Ok(_) => Ok(visitor.home()),
        Err(error) => visitor.sees(Said::of(error, form.who)).await,
    }
}

#[derive(Deserialize)]
struct ShortCode {
    digits: String,
}

/// The six digits on the screen, for back rows and failing cameras: as good as a scan.
async fn short_code(visitor: Visitor, form: Posted<ShortCode>) -> Result<HttpResponse, Error> {
    visitor.tries(&SHORT_CODES).await?;
    let Visitor { meetings, meeting, .. } = &visitor;
    let now = visitor.now();
    let digits: String = form.0.digits.chars().filter(char::is_ascii_digit).collect();
    if !check_short(&meetings.base.keys, meeting.id, &digits, now) {
        // Whoever types one is asked for one again, whatever they scanned before.
        return Visitor { ticket: None, ..visitor }.sees(Said::no(Refusal::CodeExpired)).await;
    }
    let mut answer = visitor.home();
    keep(&mut answer, meetings, meeting, &Ticket::new(meeting.id, now))?;
    Ok(answer)
}

/// Asks the organisers: for a make-up after the window, or to be checked against roster or venue.
async fn ask(visitor: Visitor, form: Posted<CheckInForm>) -> Result<HttpResponse, Error> {
    let Posted(form) = form;
    visitor.tries(&CHECK_INS).await?;
    let Visitor { meetings, meeting, follower, .. } = &visitor;
    let known = requests::describe(&meetings.base, *follower).await?;
    let described = match known.map_or_else(|| form.who.parse(), Ok) {
        Ok(described) => described,
        Err(mistakes) => return visitor.sees(Said::of(EnrolError::Form(mistakes), form.who)).await,
    };
    let late = visitor.now() > meeting.closes_at;
    let kind = match RequestKind::parse(&form.why) {
        _ if late => RequestKind::MakeUp,
        Some(RequestKind::Place) => RequestKind::Place,
        _ => RequestKind::Admit,
    };
    requests::ask(&meetings.base, meeting.id, *follower, kind, &described).await?;
    Ok(visitor.home())
}

/// For the waiting page: whether to go on waiting, in milliseconds since 1970.
#[derive(Serialize)]
struct Waiting {
    waiting: bool,
    now: i64,
    until: i64,
}

async fn status(meetings: Data<Meetings>, code: Path<String>) -> Result<Json<Waiting>, Error> {
    let meeting = find(&meetings, &code).await?;
    let now = meetings.base.clock.now();
    let waiting = now < meeting.opens_at && meeting.state() == super::model::State::Active;
    Ok(Json(Waiting { waiting, now: now.timestamp_millis(), until: meeting.opens_at.timestamp_millis() }))
}

/// Reloading the answer to a form leads back to the page.
async fn back(code: Path<String>) -> HttpResponse {
    see_other(&format!("/m/{code}"))
}

async fn find(meetings: &Meetings, code: &str) -> Result<meeting::Model, Error> {
    edit::find_by_code(&meetings.base, code).await?.ok_or_else(|| Error::new("meeting_not_found"))
}

async fn attendee(request: &HttpRequest) -> Result<Attendee, Error> {
    let found = Attendee::find(request).await?;
    found.map(|attendee| (*attendee).clone()).ok_or_else(|| Error::new("wechat_required"))
}

async fn layout(request: &HttpRequest) -> Result<Layout, Error> {
    use actix_web::FromRequest;
    Layout::extract(request).await
}

fn page_of(meeting: &meeting::Model) -> String {
    format!("/m/{}", meeting.code)
}

/// The form's operation id, tied to the phone so that nobody can take up another's; a new one where it is missing.
fn op_id(given: &str, follower: Uuid) -> String {
    if given.is_empty() || given.len() > 64 {
        return Uuid::now_v7().to_string();
    }
    crate::base::privacy::digest(format!("{follower} {given}").as_bytes())[..32].to_string()
}
