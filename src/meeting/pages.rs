//! Meetings on the phone: `/m` and `/m/{code}`. Every page offers one act; a form posts and leads back here.

mod colleague;
mod materials;
mod pull;

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path, Query, ServiceConfig, resource};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

use super::checkin::{Attempt, Refusal, Who};
use super::countersign::countersign;
use super::enrol::{EnrolError, Form, enrol};
use super::material::search;
use super::model::{CodeKind, RequestKind, Source, meeting};
use super::venue_code::{TICKET_LIFE, Ticket, check_rotating, check_short};
use super::visit::{Face, Visit, visit};
use super::{Meetings, edit, history, requests, scanned, views};
use crate::base::error::describe;
use crate::document::Documents;
use crate::notify::{Notifier, Offer};
use crate::people::person as persons;
use crate::web::{Attendee, Error, Layout, Limit, Page, Posted, see_other};

/// Check-ins that one phone may try in a minute.
const CHECK_INS: Limit = Limit { name: "check-in", times: 20, per: Duration::from_secs(60) };
/// Six-digit codes that one phone may try in ten minutes.
const SHORT_CODES: Limit = Limit { name: "short-code", times: 10, per: Duration::from_secs(600) };
/// Searches that one phone may do in a minute.
const SEARCHES: Limit = Limit { name: "search", times: 30, per: Duration::from_secs(60) };
/// Holds the scan ticket of one meeting's pages.
const TICKET: &str = "yst_scan";

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
    let base = &meetings.base;
    let now = base.clock.now();
    let mut refusal = None;
    if let (Some(slot), Some(mac)) = (scan.s, scan.k.as_deref()) {
        // The fresh code is turned into a ticket before WeChat is asked who this is: slow people are not locked out.
        match check_rotating(&base.keys, meeting.id, slot, mac, now) {
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
    let attendee = attendee(&request).await?;
    let page = layout(&request).await?;
    let held = held_ticket(&request, &meetings, &meeting);
    let seen = visit(&meetings, &meeting, attendee.follower_id, held.as_ref()).await?;
    // Where the code stays the same, opening the page is the scan.
    let scanned = held.is_none() && meeting.code_kind() == CodeKind::Static && seen.face != Face::Late;
    let refusal = refusal.filter(|_| seen.face == Face::NeedsCode);
    let offer = match (&seen.face, request.app_data::<Data<Notifier>>()) {
        (Face::SignedIn(_) | Face::Early, Some(notifier)) => notifier.offer(attendee.follower_id).await?,
        _ => None,
    };
    let said = Said { refusal, offer, ..Said::default() };
    let mut answer = draw(&request, &meetings, page, &meeting, seen, said)?;
    if scanned {
        keep(&mut answer, &meetings, &meeting, &Ticket::new(meeting.id, now))?;
    }
    Ok(answer)
}

/// What a posted form came to, to be said on the page that is drawn again.
#[derive(Default)]
struct Said {
    refusal: Option<Refusal>,
    form: Form,
    mistakes: Vec<super::enrol::FieldError>,
    /// Notices that this phone may allow.
    offer: Option<Offer>,
}

fn draw(
    request: &HttpRequest,
    meetings: &Meetings,
    page: Layout,
    meeting: &meeting::Model,
    seen: Visit,
    said: Said,
) -> Result<HttpResponse, Error> {
    let now = meetings.base.clock.now();
    let status = match &said.refusal {
        Some(refusal) => StatusCode::from_u16(describe(refusal).0).unwrap_or(StatusCode::CONFLICT),
        None if !said.mistakes.is_empty() => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let notice = said.refusal.as_ref().map(|refusal| describe(refusal).1);
    let offers = match said.refusal {
        Some(Refusal::IdentityMismatch | Refusal::BoundToOther) => Some(RequestKind::Admit),
        Some(Refusal::OutsideArea | Refusal::LocationUnavailable) => Some(RequestKind::Place),
        _ => None,
    };
    let head = views::head(meeting, now).with(meeting, &seen);
    let mut answer = match seen.face {
        Face::SignedIn(row) => {
            let sign = countersign(&meetings.base.keys, meeting, now);
            Page::of(views::done(page, head, meeting, &row, seen.seat, sign, said.offer, now))
                .respond_to(request)
        }
        Face::Early => Page::of(views::wait(page, head, meeting, said.offer, now)).respond_to(request),
        Face::NeedsCode => Page::of(views::needs_code(page, head, meeting, notice)).respond_to(request),
        Face::Cancelled | Face::Late | Face::NotOnRoster => {
            Page::of(views::closed(page, head, meeting, &seen, notice, said.form, &said.mistakes, now))
                .respond_to(request)
        }
        Face::OneTap | Face::Form => {
            let view = views::form(page, head, meeting, &seen, notice, said.form, &said.mistakes, offers);
            Page::of(view).respond_to(request)
        }
    };
    *answer.status_mut() = status;
    Ok(answer)
}

/// The form; a person who is known needs none of its fields.
#[derive(Default, Deserialize)]
#[serde(default)]
struct CheckInForm {
    unit: String,
    name: String,
    phone: String,
    /// Where the phone is, as it says; only a word of it is kept.
    place: String,
    /// What the organisers are asked for.
    why: String,
    /// Names this act, so that a repeat is the same act.
    op: String,
}

async fn check_in(
    request: HttpRequest,
    meetings: Data<Meetings>,
    code: Path<String>,
    attendee: Attendee,
    page: Layout,
    form: Posted<CheckInForm>,
) -> Result<HttpResponse, Error> {
    let meeting = find(&meetings, &code).await?;
    let base = &meetings.base;
    CHECK_INS.check(base, &attendee.follower_id.to_string()).await?;
    let now = base.clock.now();
    let ticket = held_ticket(&request, &meetings, &meeting);
    let person = persons::of_follower(base.db.read(), attendee.follower_id).await?;
    let attempt = Attempt {
        meeting: meeting.id,
        who: Who::Person(person.as_ref().map_or(Uuid::nil(), |person| person.id)),
        op_id: op_id(&form.0.op, attendee.follower_id),
        source: Source::Scan,
        actor: "self".to_string(),
        scanned_at: ticket.as_ref().map_or(now, |ticket| ticket.scanned_at.max(meeting.opens_at.min(now))),
        ticket: ticket.as_ref().map(|ticket| ticket.nonce.clone()),
        place: meeting.venue().map(|venue| venue.place(&form.0.place)),
        reason: None,
    };
    let form = Form { unit: form.0.unit, name: form.0.name, phone: form.0.phone };
    let outcome = match person {
        Some(_) => meetings.door.check_in(attempt).await.map_err(EnrolError::Refused),
        // No fresh scan: said before anything about the person is looked up or kept.
        None if meeting.code_kind() == CodeKind::Rotating && ticket.is_none() => {
            Err(Refusal::CodeExpired.into())
        }
        None => enrol(&meetings, &meeting, attendee.follower_id, &form, attempt).await,
    };
    let said = match outcome {
        Ok(_) => return Ok(see_other(&page_of(&meeting))),
        Err(EnrolError::Form(mistakes)) => Said { mistakes, form, ..Said::default() },
        Err(EnrolError::Refused(Refusal::RetryLater(cause))) => {
            tracing::warn!(cause, "a check-in was not stored");
            Said { refusal: Some(Refusal::RetryLater(cause)), form, ..Said::default() }
        }
        Err(EnrolError::Refused(refusal)) => Said { refusal: Some(refusal), form, ..Said::default() },
    };
    let seen = visit(&meetings, &meeting, attendee.follower_id, ticket.as_ref()).await.map_err(|error| {
        // The database is away: say the reason that matters, that the sign-in did not happen.
        Error::from(Refusal::from(error))
    })?;
    draw(&request, &meetings, page, &meeting, seen, said)
}

#[derive(Deserialize)]
struct ShortCode {
    digits: String,
}

/// The six digits on the screen, for back rows and failing cameras: as good as a scan.
async fn short_code(
    request: HttpRequest,
    meetings: Data<Meetings>,
    code: Path<String>,
    attendee: Attendee,
    page: Layout,
    form: Posted<ShortCode>,
) -> Result<HttpResponse, Error> {
    let meeting = find(&meetings, &code).await?;
    let base = &meetings.base;
    SHORT_CODES.check(base, &attendee.follower_id.to_string()).await?;
    let now = base.clock.now();
    let digits: String = form.0.digits.chars().filter(char::is_ascii_digit).collect();
    if !check_short(&base.keys, meeting.id, &digits, now) {
        let seen = visit(&meetings, &meeting, attendee.follower_id, None).await?;
        let said = Said { refusal: Some(Refusal::CodeExpired), ..Said::default() };
        return draw(&request, &meetings, page, &meeting, seen, said);
    }
    let mut answer = see_other(&page_of(&meeting));
    keep(&mut answer, &meetings, &meeting, &Ticket::new(meeting.id, now))?;
    Ok(answer)
}

/// Asks the organisers: for a make-up after the window, or to be checked against the roster.
async fn ask(
    request: HttpRequest,
    meetings: Data<Meetings>,
    code: Path<String>,
    attendee: Attendee,
    page: Layout,
    form: Posted<CheckInForm>,
) -> Result<HttpResponse, Error> {
    let meeting = find(&meetings, &code).await?;
    let base = &meetings.base;
    CHECK_INS.check(base, &attendee.follower_id.to_string()).await?;
    let asked_for = RequestKind::parse(&form.0.why);
    let form = Form { unit: form.0.unit, name: form.0.name, phone: form.0.phone };
    let known = requests::describe(base, attendee.follower_id).await?;
    let described = match known.map_or_else(|| form.parse(), Ok) {
        Ok(described) => described,
        Err(mistakes) => {
            let seen = visit(&meetings, &meeting, attendee.follower_id, None).await?;
            return draw(
                &request,
                &meetings,
                page,
                &meeting,
                seen,
                Said { form, mistakes, ..Said::default() },
            );
        }
    };
    let late = base.clock.now() > meeting.closes_at;
    let kind = match asked_for {
        _ if late => RequestKind::MakeUp,
        Some(RequestKind::Place) => RequestKind::Place,
        _ => RequestKind::Admit,
    };
    requests::ask(base, meeting.id, attendee.follower_id, kind, &described).await?;
    Ok(see_other(&page_of(&meeting)))
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

/// The ticket in this browser, if it holds; an old or forged one is as good as none.
fn held_ticket(request: &HttpRequest, meetings: &Meetings, meeting: &meeting::Model) -> Option<Ticket> {
    let cookie = request.cookie(TICKET)?;
    let base = &meetings.base;
    Ticket::open(&base.keys, meeting.id, cookie.value(), meeting.opens_at, base.clock.now()).ok()
}

/// Leaves the ticket in this browser, for this meeting's pages only.
fn keep(
    answer: &mut HttpResponse,
    meetings: &Meetings,
    meeting: &meeting::Model,
    ticket: &Ticket,
) -> Result<(), Error> {
    let base = &meetings.base;
    let wait = (meeting.opens_at - ticket.scanned_at).max(chrono::TimeDelta::zero());
    let cookie = Cookie::build(TICKET, ticket.seal(&base.keys))
        .path(page_of(meeting))
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(base.config.public_url.scheme() == "https")
        .max_age(time::Duration::seconds((wait + TICKET_LIFE).num_seconds()))
        .finish();
    answer.add_cookie(&cookie).map_err(|error| Error::new("internal").because(error))
}

/// The form's operation id, tied to the phone so that nobody can take up another's; a new one where it is missing.
fn op_id(given: &str, follower: Uuid) -> String {
    if given.is_empty() || given.len() > 64 {
        return Uuid::now_v7().to_string();
    }
    crate::base::privacy::digest(format!("{follower} {given}").as_bytes())[..32].to_string()
}
