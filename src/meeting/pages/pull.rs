//! 在电脑上打开: `/m/pull` on the phone, `/pull` on the computer.

use std::time::Duration;

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::http::header::USER_AGENT;
use actix_web::web::{Data, Json, Query};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::layout;
use crate::base::Base;
use crate::base::clock;
use crate::base::error::describe;
use crate::meeting::material::pairing::{self, PairingError};
use crate::meeting::material::shelf;
use crate::meeting::papers::Pile;
use crate::meeting::{Meetings, history, qr};
use crate::people::model::person;
use crate::people::person as persons;
use crate::web::{Attendee, Error, Layout, Limit, Nothing, Page, Posted, client_ip, see_other};

/// The computer's browser, for as long as it is paired.
const COOKIE: &str = "yst_pull";
/// Digits that one address may try in ten minutes: an office has many computers behind one.
const TRIES: Limit = Limit { name: "pull-try", times: 30, per: Duration::from_secs(600) };
/// Digits that the whole world may try in ten minutes: guessing one of a million stays hopeless.
const ALL_TRIES: Limit = Limit { name: "pull-all", times: 300, per: Duration::from_secs(600) };
/// Pairings that one person may begin in ten minutes.
const PAIRINGS: Limit = Limit { name: "pull-begin", times: 30, per: Duration::from_secs(600) };
/// Meetings whose materials are handed over, the newest first.
const MEETINGS: usize = 30;

/// Who lent this browser their materials, if the loan still holds.
pub async fn holder(request: &HttpRequest, base: &Base) -> Result<Option<person::Model>, Error> {
    let Some(cookie) = request.cookie(COOKIE) else { return Ok(None) };
    Ok(pairing::holder(base, cookie.value()).await?.map(|(person, _)| person))
}

#[derive(Template)]
#[template(path = "meeting/pull_computer.html")]
struct ComputerPage {
    page: Layout,
    /// The code for the phone, as a picture's address.
    picture: String,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "meeting/pull_materials.html")]
struct PulledPage {
    page: Layout,
    name: String,
    until: String,
    piles: Vec<Pile>,
}

/// The computer's page: how to pair, or what it was lent.
pub async fn on_computer(request: HttpRequest, meetings: Data<Meetings>) -> Result<HttpResponse, Error> {
    let base = &meetings.base;
    let page = layout(&request).await?;
    let cookie = request.cookie(COOKIE).map(|cookie| cookie.value().to_string());
    if let Some(token) = &cookie
        && let Some((person, grant)) = pairing::holder(base, token).await?
    {
        let now = base.clock.now();
        let mut piles = Vec::new();
        for one in history::of_person(base, person.id).await?.into_iter().take(MEETINGS) {
            let shelf = shelf::of(base, &one.meeting, Some(person.id)).await?;
            if shelf.found().next().is_some() {
                piles.push(Pile::of(&one.meeting, &shelf, &format!("/pull/{}", one.meeting.code), now));
            }
        }
        let until = clock::zh_minute(grant.ends_at);
        return Ok(Page::of(PulledPage { page, name: person.name, until, piles }).respond_to(&request));
    }
    unpaired(&request, base, page, None).await
}

async fn unpaired(
    request: &HttpRequest,
    base: &Base,
    page: Layout,
    problem: Option<String>,
) -> Result<HttpResponse, Error> {
    let kept = request.cookie(COOKIE).map(|cookie| cookie.value().to_string());
    let token = kept.unwrap_or_else(pairing::new_token);
    let challenge = pairing::challenge(base, &token, &browser(request)).await;
    let svg = qr::svg(&base.config.link(&format!("/m/pull?c={challenge}")))?;
    let picture: String = url::form_urlencoded::byte_serialize(svg.as_bytes()).collect();
    let picture = format!("data:image/svg+xml;charset=utf-8,{}", picture.replace('+', "%20"));
    let view = ComputerPage { page, picture, problem };
    let mut answer = if view.problem.is_some() {
        Page::refused(view).respond_to(request)
    } else {
        Page::of(view).respond_to(request)
    };
    let cookie = Cookie::build(COOKIE, token)
        .path("/pull")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(base.config.public_url.scheme() == "https")
        .max_age(time::Duration::seconds(pairing::LIFE.num_seconds() * 2))
        .finish();
    answer.add_cookie(&cookie).map_err(|error| Error::new("internal").because(error))?;
    Ok(answer)
}

fn browser(request: &HttpRequest) -> String {
    let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    pairing::browser_of(agent)
}

#[derive(Deserialize)]
pub struct Digits {
    digits: String,
}

/// The digits from the phone, typed into the computer.
pub async fn pair(
    request: HttpRequest,
    meetings: Data<Meetings>,
    form: Posted<Digits>,
) -> Result<HttpResponse, Error> {
    let base = &meetings.base;
    let address = client_ip(&request, base.config.trusted_proxies);
    TRIES.check(base, &address.map_or_else(String::new, |address| address.to_string())).await?;
    ALL_TRIES.check(base, "all").await?;
    let Some(token) = request.cookie(COOKIE).map(|cookie| cookie.value().to_string()) else {
        let problem = Some("浏览器没有保存本站的 Cookie，请允许后再试一次。".to_string());
        return unpaired(&request, base, layout(&request).await?, problem).await;
    };
    match pairing::by_digits(base, &token, &browser(&request), &form.0.digits).await {
        Ok(_) => Ok(see_other("/pull")),
        Err(wrong @ PairingError::Wrong) => {
            unpaired(&request, base, layout(&request).await?, Some(describe(&wrong).1)).await
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Serialize)]
pub struct Status {
    open: bool,
}

/// For the computer's page: whether it is paired now.
pub async fn status(request: HttpRequest, meetings: Data<Meetings>) -> Result<Json<Status>, Error> {
    Ok(Json(Status { open: holder(&request, &meetings.base).await?.is_some() }))
}

/// The computer gives back what it was lent.
pub async fn end(
    request: HttpRequest,
    meetings: Data<Meetings>,
    _form: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let base = &meetings.base;
    if let Some(cookie) = request.cookie(COOKIE)
        && let Some((person, grant)) = pairing::holder(base, cookie.value()).await?
    {
        pairing::end(base, person.id, grant.id).await?;
    }
    Ok(see_other("/pull"))
}

#[derive(Template)]
#[template(path = "meeting/pull_phone.html")]
struct PhonePage {
    page: Layout,
    /// A computer asks: its challenge, and what it calls itself.
    asks: Option<(String, String)>,
    /// `482 913`
    digits: String,
    address: String,
    /// Computers that are open: id, name, since when.
    computers: Vec<(Uuid, String, String)>,
    notice: Option<&'static str>,
    told: Option<&'static str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Challenge {
    c: String,
    done: String,
}

/// The phone's page: digits to type into a computer, the question of one that was scanned, and what is open.
pub async fn on_phone(
    meetings: Data<Meetings>,
    attendee: Attendee,
    asked: Query<Challenge>,
    page: Layout,
) -> Result<HttpResponse, Error> {
    let base = &meetings.base;
    let Some(person) = persons::of_follower(base.db.read(), attendee.follower_id).await? else {
        return Ok(see_other("/m"));
    };
    PAIRINGS.check(base, &person.id.to_string()).await?;
    let asks = match asked.c.as_str() {
        "" => None,
        challenge => pairing::asking(base, challenge).await.map(|browser| (challenge.to_string(), browser)),
    };
    let over = !asked.c.is_empty() && asks.is_none();
    let digits = pairing::digits(base, person.id).await?;
    let computers = pairing::open_for(base, person.id).await?;
    let view = PhonePage {
        page,
        asks,
        digits: format!("{} {}", &digits[..3], &digits[3..]),
        address: base.config.link("/pull"),
        computers: computers
            .into_iter()
            .map(|one| (one.id, one.browser, clock::zh_minute(one.opened_at)))
            .collect(),
        notice: over.then_some("电脑上的二维码已过期。请在电脑上刷新页面后重新扫码。"),
        told: match asked.done.as_str() {
            "allowed" => Some("已在电脑上打开，30 分钟内有效。"),
            "ended" => Some("已断开，那台电脑不能再查看您的材料。"),
            _ => None,
        },
    };
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(view.render()?))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    /// The challenge that is allowed.
    allow: String,
    /// The computer whose loan ends.
    end: Option<Uuid>,
}

/// Allows a computer, or ends its loan.
pub async fn answer(
    meetings: Data<Meetings>,
    attendee: Attendee,
    form: Posted<Answer>,
) -> Result<HttpResponse, Error> {
    let base = &meetings.base;
    let person = persons::of_follower(base.db.read(), attendee.follower_id).await?;
    let person = person.ok_or_else(|| Error::new("needs_binding"))?;
    if let Some(id) = form.0.end {
        pairing::end(base, person.id, id).await?;
        return Ok(see_other("/m/pull?done=ended"));
    }
    PAIRINGS.check(base, &person.id.to_string()).await?;
    pairing::allow(base, &form.0.allow, person.id).await?;
    Ok(see_other("/m/pull?done=allowed"))
}
