//! `/_sim`: how tests and people move the simulated world. What users do is in [`act`](super::act).

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError, web};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::act;
use super::faults::Order;
use super::handsets::{PhoneFaults, Provider};
use super::people::PeopleError;
use super::server::Simulator;
use super::template::Template;

/// The most followers that one call makes.
const MAX_MADE: usize = 100_000;

/// Why a control call did nothing; the text is for developers.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct Refused {
    status: StatusCode,
    text: String,
}

impl Refused {
    pub fn new(status: u16, text: impl Into<String>) -> Refused {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        Refused { status, text: text.into() }
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status).json(json!({"error": self.text}))
    }
}

impl From<PeopleError> for Refused {
    fn from(error: PeopleError) -> Refused {
        let status = if error == PeopleError::Shape { 400 } else { 409 };
        Refused::new(status, error.to_string())
    }
}

pub type Controlled = Result<HttpResponse, Refused>;

/// The body as JSON, whatever its content type says; an empty body is `{}`.
pub fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Refused> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| Refused::new(400, error.to_string()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Followers {
    count: Option<usize>,
    openids: Option<Vec<String>>,
    /// Whether they follow; nothing is pushed either way.
    subscribe: Option<bool>,
}

async fn followers(simulator: web::Data<Simulator>, body: web::Bytes) -> Controlled {
    let asked: Followers = read(&body)?;
    let made = asked.count.or(asked.openids.as_ref().map(Vec::len)).unwrap_or_default();
    if !(1..=MAX_MADE).contains(&made) || (asked.count.is_some() && asked.openids.is_some()) {
        return Err(Refused::new(400, format!("give either count or openids, 1 to {MAX_MADE}")));
    }
    let now = simulator.clock().unix();
    let since = asked.subscribe.unwrap_or(true).then_some(now);
    let mut world = simulator.world();
    let mut openids = Vec::with_capacity(made);
    match asked.openids {
        Some(given) => {
            for openid in given {
                world.people.meet(&openid)?.followed_at = since;
                openids.push(openid);
            }
        }
        None => {
            for _ in 0..made {
                let person = world.people.invent()?;
                person.followed_at = since;
                openids.push(person.openid.clone());
            }
        }
    }
    Ok(HttpResponse::Ok().json(json!({"openids": openids})))
}

#[derive(Deserialize)]
struct Since {
    /// Items newer than this id.
    #[serde(default)]
    after: u64,
    /// `1`: the user's own messages too.
    #[serde(default)]
    all: u8,
}

async fn inbox(
    simulator: web::Data<Simulator>,
    openid: web::Path<String>,
    since: web::Query<Since>,
) -> Controlled {
    let world = simulator.world();
    let person = world.people.get(&openid).ok_or_else(|| Refused::new(404, "no such user"))?;
    Ok(HttpResponse::Ok().json(json!({
        "openid": person.openid,
        "nickname": person.nickname,
        "follows": person.follows(),
        "typing": person.typing,
        "items": person.inbox.items(since.after, since.all == 1),
    })))
}

async fn faults(simulator: web::Data<Simulator>, body: web::Bytes) -> Controlled {
    let order: Order = read(&body)?;
    let mut world = simulator.world();
    world.faults.apply(&order);
    if order.reset {
        world.usage.lift();
        world.handsets.faults = PhoneFaults::default();
    }
    if let Some(phones) = &order.phones {
        world.handsets.faults = phones.clone();
    }
    for (path, remain) in &order.quota {
        world.usage.leave(path, *remain, simulator.clock().now());
    }
    if order.expire_tokens {
        world.tokens.expire_all();
    }
    if order.invalidate_tokens {
        world.tokens.forget_all();
    }
    Ok(HttpResponse::Ok().json(&world.faults))
}

async fn state(simulator: web::Data<Simulator>) -> Controlled {
    let now = simulator.clock().unix();
    let account = simulator.account();
    let mut world = simulator.world();
    let followers = world.people.iter().filter(|person| person.follows()).count();
    let alive = world.tokens.alive(now);
    Ok(HttpResponse::Ok().json(json!({
        "app_id": account.app_id,
        "original_id": account.original_id,
        "mode": format!("{:?}", account.mode).to_lowercase(),
        "callback": account.callback().map(String::from),
        "now": now,
        "users": world.people.len(),
        "followers": followers,
        "tokens_alive": alive,
        "menu": world.menus.main(),
        "codes": world.codes.scannable(now),
        "templates": world.templates.all(),
        "media": world.library.len(),
        "calls_today": world.usage.today(),
        "faults": world.faults,
        "pushes": world.recent_pushes(),
    })))
}

async fn verify(simulator: web::Data<Simulator>) -> Controlled {
    Ok(HttpResponse::Ok().json(simulator.verify_callback().await))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    callback: Option<String>,
    /// Where providers of short messages and calls post their receipts.
    #[serde(default)]
    receipts: HashMap<Provider, String>,
}

async fn settings(simulator: web::Data<Simulator>, body: web::Bytes) -> Controlled {
    let asked: Settings = read(&body)?;
    if let Some(callback) = asked.callback {
        let callback = Url::parse(&callback).map_err(|error| Refused::new(400, error.to_string()))?;
        simulator.account().set_callback(callback);
    }
    for (provider, url) in asked.receipts {
        let url = Url::parse(&url).map_err(|error| Refused::new(400, error.to_string()))?;
        simulator.world().handsets.set_hook(provider, url);
    }
    Ok(HttpResponse::Ok().json(json!({"callback": simulator.account().callback().map(String::from)})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Forward {
    forward_seconds: u32,
}

/// Puts the clock forward, for whoever shares it; a simulator on its own lives by the real one.
async fn clock(simulator: web::Data<Simulator>, body: web::Bytes) -> Controlled {
    let asked: Forward = read(&body)?;
    if !simulator.clock().forward(TimeDelta::seconds(asked.forward_seconds.into())) {
        return Err(Refused::new(
            409,
            "this simulator lives by the real clock; yishiting demo can be put forward",
        ));
    }
    Ok(HttpResponse::Ok().json(json!({"now": simulator.clock().now().to_rfc3339()})))
}

async fn templates(simulator: web::Data<Simulator>, body: web::Bytes) -> Controlled {
    let template: Template = read(&body)?;
    simulator.world().templates.put(template.clone());
    Ok(HttpResponse::Ok().json(template))
}

async fn media(simulator: web::Data<Simulator>, id: web::Path<String>) -> HttpResponse {
    let world = simulator.world();
    match world.library.file(&id, simulator.clock().unix()) {
        Some(file) => HttpResponse::Ok().content_type(file.content_type).body(file.bytes.clone()),
        None => HttpResponse::NotFound().finish(),
    }
}

async fn help() -> HttpResponse {
    let calls: Vec<Value> =
        HELP.iter().map(|(call, meaning)| json!({"call": call, "meaning": meaning})).collect();
    HttpResponse::Ok().json(calls)
}

const HELP: &[(&str, &str)] = &[
    ("POST /_sim/followers {count | openids, subscribe?}", "make users; nothing is pushed"),
    ("POST /_sim/users/{openid}/text {content, bizmsgmenuid?}", "write to the account"),
    ("POST /_sim/users/{openid}/image {base64?}", "send a picture"),
    ("POST /_sim/users/{openid}/location {latitude, longitude, label?, scale?}", "send a place"),
    ("POST /_sim/users/{openid}/scan {scene | url | ticket}", "scan a code; who does not follow will follow"),
    ("POST /_sim/users/{openid}/click {key, result?}", "tap a menu button; result is what its camera reads"),
    ("POST /_sim/users/{openid}/view {url}", "tap a menu button that opens a page"),
    ("POST /_sim/users/{openid}/follow, /unfollow", "follow or leave the account"),
    ("POST /_sim/users/{openid}/subscribe {template_ids, accept?}", "answer a subscribe pop-up"),
    ("POST /_sim/users/{openid}/settings {notices?, platform?, nickname?}", "notices: on, off or blocked"),
    ("POST /_sim/users/{openid}/event {event, fields?}", "push any event"),
    ("GET /_sim/users/{openid}/inbox?after=ID&all=1", "what that phone shows"),
    ("GET, POST /_sim/phones {nickname?}", "the phones on the page, and one more"),
    ("POST /_sim/templates {id, title, content, kind}", "kind: template, one_time or long_term"),
    (
        "POST /_sim/faults {reset?, api_delay_ms?, push_delay_ms?, errors?, drop_pushes?, drop_answers?, \
      repeat_pushes?, repeat_at_once?, quota?, expire_tokens?, invalidate_tokens?, ip_whitelist?, snapshot?, phones?}",
        "what goes wrong; errors: [{path, errcode, times?}], quota: {path: calls left}, phones: {refuse: [{provider?, \
      code, times?}], drop_answers, hold_receipts, early_receipts, repeat_receipts, receipt_delay_ms, \
      answer_delay_ms, undelivered, no_answer, voicemail}",
    ),
    ("GET /_sim/numbers", "telephones that got anything"),
    ("GET /_sim/phones/sent", "all short messages and calls, the oldest first"),
    (
        "GET /_sim/phones/{number}/inbox",
        "the short messages and calls of a telephone, and the call that rings",
    ),
    ("POST /_sim/phones/{number}/answer, /decline, /press {key}, /hangup {seconds?}", "what its owner does"),
    ("POST /_sim/phones/{number}/reply {content}", "answer the last short message"),
    ("POST /_sim/phones/templates {code, text, words}", "the wording behind a provider's template"),
    ("POST /_sim/phones/receipts", "post the receipts that were held back"),
    ("POST /_sim/verify", "check the callback address as the console does"),
    (
        "POST /_sim/settings {callback?, receipts?: {aliyun?, tencent?}}",
        "set the callback address, and where receipts go",
    ),
    ("POST /_sim/clock {forward_seconds}", "put the clock of a demo forward, server and simulator together"),
    ("GET /_sim/state", "everything at a glance"),
];

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(
        web::scope("/_sim")
            .app_data(web::PayloadConfig::new(16 * 1024 * 1024))
            .route("", web::get().to(help))
            .route("/followers", web::post().to(followers))
            .route("/users/{openid}/inbox", web::get().to(inbox))
            .route("/faults", web::post().to(faults))
            .route("/state", web::get().to(state))
            .route("/verify", web::post().to(verify))
            .route("/settings", web::post().to(settings))
            .route("/clock", web::post().to(clock))
            .route("/templates", web::post().to(templates))
            .route("/media/{id}", web::get().to(media))
            .configure(super::page::control_routes)
            .configure(super::handsets::control_routes)
            .configure(act::routes),
    );
}
