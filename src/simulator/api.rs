//! The calls that back ends make: one table of calls, one way in.
//!
//! Every call passes the same gates in the same order: faults, verb, access token, daily quota. Only then does
//! its own function see it. Refusals carry a `rid`, which `openapi/rid/get` explains.

use std::collections::HashMap;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::errcode::{Refusal, refuse, refuse_saying};
use super::media::Upload;
use super::push::Push;
use super::server::{Account, Simulator};
use super::state::World;
use super::{ids, media, menu, message, network, oauth, qrcode, quota, shorten, tag, template, token, user};
use crate::base::clock::Instant;

/// The largest request: a video of 10 MB with its envelope.
const MAX_BODY: usize = 12 * 1024 * 1024;

/// One call of the platform.
pub struct Endpoint {
    pub path: &'static str,
    pub verb: Verb,
    pub needs_token: bool,
    /// Calls a day of a new account; `None` is not limited.
    pub daily: Option<u64>,
    pub run: fn(&mut Call<'_>) -> Result<Answer, Refusal>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Get,
    Post,
}

/// A call on its way through: the request, the world that it may change, and the pushes it causes.
pub struct Call<'a> {
    pub account: &'a Account,
    /// The simulator's own address.
    pub base: &'a str,
    pub now: Instant,
    pub world: &'a mut World,
    pub query: HashMap<String, String>,
    pub body: &'a [u8],
    pub upload: Option<Upload>,
    pub client_ip: String,
    /// Delivered after the call was answered.
    pub pushes: Vec<Push>,
}

/// What the caller receives.
pub enum Answer {
    Json(Value),
    File { content_type: String, name: String, bytes: web::Bytes },
}

type Run = fn(&mut Call<'_>) -> Result<Answer, Refusal>;

/// A call by GET that needs a token.
pub const fn get(path: &'static str, daily: Option<u64>, run: Run) -> Endpoint {
    Endpoint { path, verb: Verb::Get, needs_token: true, daily, run }
}

/// A call by POST that needs a token.
pub const fn post(path: &'static str, daily: Option<u64>, run: Run) -> Endpoint {
    Endpoint { path, verb: Verb::Post, needs_token: true, daily, run }
}

/// A call that proves itself otherwise than by a token.
pub const fn open(path: &'static str, verb: Verb, daily: Option<u64>, run: Run) -> Endpoint {
    Endpoint { path, verb, needs_token: false, daily, run }
}

/// Every call.
pub fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    let tables: [&'static [Endpoint]; 12] = [
        token::ENDPOINTS,
        network::ENDPOINTS,
        quota::ENDPOINTS,
        menu::ENDPOINTS,
        qrcode::ENDPOINTS,
        shorten::ENDPOINTS,
        message::ENDPOINTS,
        template::ENDPOINTS,
        media::ENDPOINTS,
        user::ENDPOINTS,
        tag::ENDPOINTS,
        oauth::ENDPOINTS,
    ];
    tables.into_iter().flatten()
}

pub fn endpoint(path: &str) -> Option<&'static Endpoint> {
    endpoints().find(|endpoint| endpoint.path == path)
}

pub fn routes(cfg: &mut web::ServiceConfig) {
    for endpoint in endpoints() {
        cfg.service(web::resource(endpoint.path).app_data(web::PayloadConfig::new(MAX_BODY)).to(serve));
    }
}

impl Call<'_> {
    /// Unix seconds.
    pub fn unix(&self) -> i64 {
        self.now.timestamp()
    }

    /// A query parameter that is there and not empty.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The body as a JSON object.
    pub fn json(&self) -> Result<Value, Refusal> {
        parse(self.body)
    }

    /// The body as a JSON object whose `\uXXXX` stay as typed: messages show them literally.
    pub fn literal_json(&self) -> Result<Value, Refusal> {
        if !has_unicode_escape(self.body) {
            return self.json();
        }
        let text = String::from_utf8_lossy(self.body).replace("\\u", "\\\\u");
        parse(text.as_bytes())
    }
}

fn parse(body: &[u8]) -> Result<Value, Refusal> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(refuse(44002));
    }
    let value: Value = serde_json::from_slice(body).map_err(|_| refuse(47001))?;
    if value.is_object() { Ok(value) } else { Err(refuse(47001)) }
}

/// Whether JSON was written with `\uXXXX` instead of plain UTF-8.
pub fn has_unicode_escape(body: &[u8]) -> bool {
    body.windows(6).any(|part| part.starts_with(b"\\u") && part[2..].iter().all(u8::is_ascii_hexdigit))
}

/// A text member of an object; absent and empty are the same.
pub fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A text member as owned text, empty when absent.
pub fn owned(value: &Value, name: &str) -> String {
    text(value, name).unwrap_or_default().to_string()
}

/// `{"errcode":0,"errmsg":"ok"}`.
pub fn ok() -> Result<Answer, Refusal> {
    ok_with(json!({}))
}

/// `{"errcode":0,"errmsg":"ok", …}`.
pub fn ok_with(more: Value) -> Result<Answer, Refusal> {
    let mut answer = json!({"errcode": 0, "errmsg": "ok"});
    if let (Value::Object(answer), Value::Object(more)) = (&mut answer, more) {
        answer.extend(more);
    }
    Ok(Answer::Json(answer))
}

/// An answer without `errcode`, as many calls give.
pub fn bare(value: Value) -> Result<Answer, Refusal> {
    Ok(Answer::Json(value))
}

async fn serve(
    request: HttpRequest,
    simulator: web::Data<Simulator>,
    query: web::Query<HashMap<String, String>>,
    body: web::Bytes,
) -> HttpResponse {
    let Some(endpoint) = endpoint(request.path()) else {
        return HttpResponse::NotFound().finish();
    };
    let upload = match media::read_upload(request.headers(), &body).await {
        Ok(upload) => upload,
        Err(refusal) => {
            return answer(endpoint.path, refused(&refusal, &ids::rid(simulator.clock().unix())));
        }
    };
    let delay = simulator.world().faults.api_delay();
    if delay > Duration::ZERO {
        tokio::time::sleep(delay).await;
    }
    let now = simulator.clock().now();
    let rid = ids::rid(now.timestamp());
    let client_ip = request.peer_addr().map(|peer| peer.ip().to_string()).unwrap_or_default();
    let mut world = simulator.world();
    let mut call = Call {
        account: simulator.account(),
        base: simulator.base(),
        now,
        world: &mut world,
        query: query.into_inner(),
        body: &body,
        upload,
        client_ip: client_ip.clone(),
        pushes: Vec::new(),
    };
    let result = gates(endpoint, request.method(), &mut call).and_then(|()| (endpoint.run)(&mut call));
    let pushes = std::mem::take(&mut call.pushes);
    let response = match result {
        Ok(Answer::File { content_type, name, bytes }) => HttpResponse::Ok()
            .insert_header(("content-type", content_type))
            .insert_header(("content-disposition", format!("attachment; filename=\"{name}\"")))
            .body(bytes),
        Ok(Answer::Json(value)) => answer(endpoint.path, value),
        Err(refusal) => {
            let value = refused(&refusal, &rid);
            world.requests.remember(rid, now, &request, &body, &value, client_ip);
            answer(endpoint.path, value)
        }
    };
    drop(world);
    simulator.push_later(pushes);
    response
}

fn gates(endpoint: &Endpoint, method: &Method, call: &mut Call<'_>) -> Result<(), Refusal> {
    if let Some(code) = call.world.faults.error_for(endpoint.path) {
        return Err(refuse(code));
    }
    match (endpoint.verb, method) {
        (Verb::Get, &Method::GET) | (Verb::Post, &Method::POST) => {}
        (Verb::Get, _) => return Err(refuse(43001)),
        (Verb::Post, _) => return Err(refuse(43002)),
    }
    if endpoint.needs_token {
        let token = call.param("access_token").ok_or_else(|| refuse(41001))?.to_string();
        call.world.tokens.check(&token, call.now.timestamp())?;
    }
    call.world.usage.count(endpoint, call.now)
}

fn refused(refusal: &Refusal, rid: &str) -> Value {
    json!({"errcode": refusal.code, "errmsg": format!("{} rid: {rid}", refusal.text)})
}

/// Always 200, also for refusals; web authorisation answers JSON as plain text, as the platform does.
fn answer(path: &str, value: Value) -> HttpResponse {
    let kind = if path.starts_with("/sns/") { "text/plain" } else { "application/json; encoding=utf-8" };
    HttpResponse::Ok().content_type(kind).body(value.to_string())
}

/// The app id and secret of calls that are made with them.
pub fn check_credentials(
    account: &Account,
    app_id: Option<&str>,
    secret: Option<&str>,
) -> Result<(), Refusal> {
    check_app_id(account, app_id)?;
    match secret {
        None => Err(refuse(41004)),
        Some(secret) if secret == account.app_secret => Ok(()),
        Some(_) => Err(refuse(40125)),
    }
}

pub fn check_app_id(account: &Account, app_id: Option<&str>) -> Result<(), Refusal> {
    match app_id {
        None => Err(refuse(41002)),
        Some(id) if id == account.app_id => Ok(()),
        Some(_) => Err(refuse(40013)),
    }
}

/// Refuses callers outside the whitelist, naming their address as WeChat does.
pub fn check_ip(call: &Call<'_>) -> Result<(), Refusal> {
    let ip = &call.client_ip;
    if call.world.faults.ip_allowed(ip) {
        return Ok(());
    }
    Err(refuse_saying(40164, format!("invalid ip {ip} ipv6 ::ffff:{ip}, not in whitelist")))
}
