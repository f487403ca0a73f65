//! The page of phones at `/`, its assets, and what its script asks for.

use std::sync::LazyLock;

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use rust_embed::RustEmbed;
use serde::Deserialize;
use serde_json::{Value, json};

use super::control::{Controlled, Refused, read};
use super::oauth::COOKIE;
use super::people::Person;
use super::server::Simulator;
use super::state::World;
use crate::wechat::callback::Mode;

/// The front end's outputs; empty when it was not built, and the phones then lack their looks.
#[derive(RustEmbed)]
#[folder = "assets/dist"]
#[include = "simulator-*"]
#[include = "manifest.json"]
#[allow_missing = true]
struct Assets;

static MANIFEST: LazyLock<Value> = LazyLock::new(|| {
    let file = Assets::get("manifest.json");
    file.and_then(|file| serde_json::from_slice(&file.data).ok()).unwrap_or(Value::Null)
});

/// The address of an asset by its plain name; empty when the front end was not built.
pub fn asset(name: &str) -> String {
    MANIFEST[name].as_str().map(|file| format!("/_sim/assets/{file}")).unwrap_or_default()
}

/// A page that is never cached.
pub fn html(status: StatusCode, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(body) => HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .insert_header(("cache-control", "no-store"))
            .body(body),
        Err(error) => {
            tracing::error!(%error, "a page of the simulator cannot be drawn");
            HttpResponse::InternalServerError().finish()
        }
    }
}

#[derive(Template)]
#[template(path = "simulator.html")]
struct PhonesPage {
    style: String,
    script: String,
    account: String,
    mode: &'static str,
}

async fn phones_page(simulator: web::Data<Simulator>) -> HttpResponse {
    let mode = match simulator.account().mode {
        Mode::Plain => "明文模式",
        Mode::Compatible => "兼容模式",
        Mode::Safe => "安全模式",
    };
    let account = simulator.account().name.clone();
    let page = PhonesPage { style: asset("simulator.css"), script: asset("simulator.js"), account, mode };
    html(StatusCode::OK, &page)
}

/// A script by its plain name, which may change with every build.
pub fn script(name: &str) -> Option<Vec<u8>> {
    MANIFEST[name].as_str().and_then(Assets::get).map(|file| file.data.into_owned())
}

async fn assets(name: web::Path<String>) -> HttpResponse {
    let Some(file) = Assets::get(&name).filter(|_| name.starts_with("simulator-")) else {
        return HttpResponse::NotFound().finish();
    };
    let kind =
        if name.ends_with(".css") { "text/css; charset=utf-8" } else { "text/javascript; charset=utf-8" };
    HttpResponse::Ok()
        .content_type(kind)
        .insert_header(("cache-control", "public, max-age=31536000, immutable"))
        .body(file.data.into_owned())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPhone {
    nickname: Option<String>,
    openid: Option<String>,
}

/// A phone as the page draws it: who it is and the menu at the bottom of its chat.
fn phone(world: &World, person: &Person) -> Value {
    let menu = world.menus.seen_by(person).filter(|_| person.follows());
    json!({
        "openid": person.openid, "nickname": person.nickname, "follows": person.follows(), "menu": menu,
        "typing": person.typing, "last": person.inbox.last_id(), "notices": person.notices,
        "title": world.jars.title(&person.openid),
    })
}

async fn phones(simulator: web::Data<Simulator>) -> Controlled {
    let mut world = simulator.world();
    world.people.ensure_phone()?;
    let phones: Vec<Value> = world.people.phones().map(|person| phone(&world, person)).collect();
    let codes = world.codes.scannable(simulator.clock().unix());
    let site = simulator.account().callback().map(|url| url.origin().ascii_serialization());
    Ok(HttpResponse::Ok().json(json!({"phones": phones, "codes": codes, "site": site})))
}

async fn add_phone(simulator: web::Data<Simulator>, body: web::Bytes) -> Controlled {
    let asked: NewPhone = read(&body)?;
    if asked.nickname.as_ref().is_some_and(|name| name.chars().count() > 20) {
        return Err(Refused::new(400, "a nickname has at most 20 characters"));
    }
    let mut world = simulator.world();
    let openid = world.people.add_phone(asked.nickname, asked.openid.as_deref())?.openid.clone();
    let person = world.people.get(&openid).ok_or_else(|| Refused::new(404, "no such user"))?;
    Ok(HttpResponse::Ok().json(phone(&world, person)))
}

#[derive(Deserialize)]
struct OpenAs {
    openid: String,
    url: String,
}

/// For browsers that do not find `*.localhost`: the site itself, and this browser continues as `openid`.
async fn open_as(asked: web::Query<OpenAs>) -> HttpResponse {
    let cookie = Cookie::build(COOKIE, asked.openid.as_str()).path("/").same_site(SameSite::Lax);
    HttpResponse::Found()
        .cookie(cookie.http_only(true).finish())
        .insert_header(("location", asked.url.as_str()))
        .finish()
}

/// Below `/_sim`.
pub fn control_routes(cfg: &mut web::ServiceConfig) {
    cfg.route("/phones", web::get().to(phones))
        .route("/phones", web::post().to(add_phone))
        .route("/open", web::get().to(open_as))
        .route("/assets/{name}", web::get().to(assets));
}

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.route("/", web::get().to(phones_page));
}
