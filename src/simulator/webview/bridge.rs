//! The client's side of the JS-SDK: the script that WeChat puts into every page (`WeixinJSBridge`), and its check of
//! the signature that a page shows in `wx.config`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::{plain, view};
use crate::simulator::control::{Controlled, Refused};
use crate::simulator::page;
use crate::simulator::preference::{SubscribeAct, choose};
use crate::simulator::server::Simulator;
use crate::wechat::jssdk::sign_page;

/// Where a page of the phone finds the script.
pub const SCRIPT: &str = "/connect/bridge.js";

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.route(SCRIPT, web::get().to(script))
        .route("/connect/verify", web::post().to(verify))
        .route("/connect/subscribe", web::post().to(subscribe));
}

/// What this phone's owner chose at `wx-open-subscribe`.
async fn subscribe(
    request: HttpRequest,
    simulator: web::Data<Simulator>,
    chosen: web::Json<SubscribeAct>,
) -> Controlled {
    let openid = view(&simulator, &request).map_err(|missing| Refused::new(404, missing))?.openid;
    choose(&simulator, &openid, &chosen).await
}

async fn script() -> HttpResponse {
    match page::script("simulator-bridge.js") {
        Some(script) => HttpResponse::Ok()
            .content_type("text/javascript; charset=utf-8")
            .insert_header(("cache-control", "no-store"))
            .body(script),
        None => plain(404, "界面脚本还没有构建。"),
    }
}

/// What `wx.config` passes, and the address that the browser shows.
#[derive(Deserialize)]
struct Shown {
    page: String,
    app_id: String,
    timestamp: String,
    nonce: String,
    signature: String,
}

/// Judges a page's signature as the platform does; the words are those that `wx.error` gets.
async fn verify(
    request: HttpRequest,
    simulator: web::Data<Simulator>,
    shown: web::Json<Shown>,
) -> HttpResponse {
    let view = match view(&simulator, &request) {
        Ok(view) => view,
        Err(missing) => return plain(404, missing),
    };
    // The site signed its own address, not the one under which this phone sees it.
    let page = view.origins.to_site(&shown.page);
    let judged = judge(&simulator, &shown, &page);
    let message = judged.err().map_or("ok".to_string(), |problem| format!("fail, {problem}"));
    HttpResponse::Ok().json(json!({ "message": message }))
}

fn judge(simulator: &Simulator, shown: &Shown, page: &str) -> Result<(), &'static str> {
    let account = simulator.account();
    if shown.app_id != account.app_id {
        return Err("invalid appid");
    }
    let host = Url::parse(page).ok().and_then(|page| page.host_str().map(str::to_string));
    let known = |host: &String| account.oauth_hosts.is_empty() || account.oauth_hosts.contains(host);
    if !host.as_ref().is_some_and(known) {
        return Err("invalid url domain");
    }
    let now = simulator.clock().unix();
    let world = simulator.world();
    let signed =
        world.tokens.ticket(now).zip(shown.timestamp.parse().ok()).is_some_and(|(ticket, timestamp)| {
            sign_page(ticket, &shown.nonce, timestamp, page).as_str() == shown.signature
        });
    if signed { Ok(()) } else { Err("invalid signature") }
}
