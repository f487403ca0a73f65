//! Who holds the phone: WeChat's web authorization, silent, started by the frame when an attendee's page is
//! asked for by somebody we do not know, and answered at `GET /wechat/oauth`.
//!
//! The state is random, serves one browser (by a cookie) for ten minutes, and the page to return to stays here.
//! WeChat may open the return address twice, at once or later: the second time finds the first one's result.

use std::sync::Arc;
use std::time::Duration;

use actix_web::cookie::{Cookie, time};
use actix_web::http::header::LOCATION;
use actix_web::web::Query;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::page::own_page;
use super::session::{self, Attendee};
use super::{Context, Error};
use crate::base::privacy::{digest, mask_openid, random_bytes, random_token, same};
use crate::people::follower;
use crate::people::session::Kind;
use crate::wechat::api::Api;
use crate::wechat::errcode::Reaction;
use crate::wechat::oauth::{Return, Scope, UserToken, authorize_url};

/// Where WeChat returns to; its host must be listed as 网页授权域名.
pub const RETURN: &str = "/wechat/oauth";
/// Holds the browser's own secret, which the state is tied to.
pub const COOKIE: &str = "yst_browser";

const LIFE: Duration = Duration::from_secs(600);
/// How often one browser may be sent round within a minute before it hears that it does not work.
const ROUNDS: i64 = 5;
/// How long a second return waits for the first.
const PATIENCE: Duration = Duration::from_secs(4);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Asks the platform whose code this is.
pub type Identify = Arc<dyn Fn(String) -> BoxFuture<'static, Result<UserToken, Unidentified>> + Send + Sync>;

/// Why a code led to nobody.
#[derive(Debug, thiserror::Error)]
pub enum Unidentified {
    /// Used, expired or made up (40029, 40163, 42003): the browser may be sent round again.
    #[error("the code serves no more")]
    Spent,
    /// The platform did not answer, or not now.
    #[error("the platform is busy: {0}")]
    Busy(String),
}

/// Asks the platform itself.
pub fn by_platform(api: Api) -> Identify {
    Arc::new(move |code| {
        let api = api.clone();
        Box::pin(async move {
            api.exchange_code(&code).await.map_err(|error| match error.reaction() {
                Reaction::RestartOauth => Unidentified::Spent,
                _ => Unidentified::Busy(error.to_string()),
            })
        })
    })
}

#[derive(Serialize, Deserialize)]
struct Started {
    /// The digest of the browser's secret.
    browser: String,
    back: String,
}

/// Sends the browser to WeChat, to come back to `back`.
pub async fn start(context: &Context, back: &str) -> Result<HttpResponse, Error> {
    let base = &context.web.base;
    let Some(wechat) = &base.config.wechat else {
        return Err(Error::new("wechat_required").because_of("no account is configured"));
    };
    // Elsewhere the real platform shows a page of its own without a word about what to do.
    let real = wechat.open_base.host_str().is_some_and(|host| host.ends_with(".qq.com"));
    if real && !context.user_agent.contains("MicroMessenger") {
        return Err(Error::new("wechat_required"));
    }
    let browser = context.browser.clone().unwrap_or_else(random_token);
    let rounds = base.cache.increment(&format!("oauth:rounds:{}", digest(browser.as_bytes())), MINUTE).await;
    if rounds > ROUNDS {
        return Err(Error::new("oauth_failed").because_of("sent round too often: does it keep cookies?"));
    }
    let state = hex::encode(random_bytes::<16>());
    let started = Started { browser: digest(browser.as_bytes()), back: own_page(back).to_string() };
    let started = serde_json::to_vec(&started).map_err(|error| Error::new("internal").because(error))?;
    base.cache.set(&key("state", &state), started, LIFE).await;
    let url =
        authorize_url(&wechat.open_base, &wechat.app_id, &base.config.link(RETURN), Scope::Base, &state);
    let mut cookie = session::cookie(&context.web, COOKIE, browser);
    cookie.set_max_age(time::Duration::seconds(LIFE.as_secs().cast_signed()));
    Ok(HttpResponse::Found().cookie(cookie).insert_header((LOCATION, url)).finish())
}

const MINUTE: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
pub struct Answer {
    code: Option<String>,
    state: Option<String>,
}

/// `GET /wechat/oauth`: the browser is back.
pub async fn finish(
    request: HttpRequest,
    context: Context,
    answer: Query<Answer>,
) -> Result<HttpResponse, Error> {
    let failed = |why: &'static str| Error::new("oauth_failed").because_of(why);
    let (code, state) = match Return::read(answer.code.as_deref(), answer.state.as_deref()) {
        Return::Granted { code, state } => (code, state),
        Return::Refused { .. } => return Err(failed("the user refused")),
        Return::Malformed => return Err(failed("not a return of the platform")),
    };
    let base = &context.web.base;
    let known = Attendee::find(&request).await?;
    let started = base.cache.get(&key("state", state)).await;
    let Some(started) = started.and_then(|bytes| serde_json::from_slice::<Started>(&bytes).ok()) else {
        // Somebody went back in their history: they are known, and this address is good for nothing.
        return if known.is_some() { Ok(go("/", None)) } else { Err(failed("the state is unknown or old")) };
    };
    let browser = context.browser.as_deref().unwrap_or_default();
    if !same(digest(browser.as_bytes()).as_bytes(), started.browser.as_bytes()) {
        return Err(failed("another browser's state"));
    }
    if known.is_some() {
        return Ok(go(&started.back, None));
    }
    if let Some(follower) = done(&context, state).await {
        return enter(&context, follower, &started.back).await;
    }
    let Some(lock) = base.cache.lock(&key("run", state), PATIENCE * 2).await else {
        let follower = result_of_the_other(&context, state).await;
        let follower = follower.ok_or_else(|| Error::new("oauth_busy").because_of("a first return hangs"))?;
        return enter(&context, follower, &started.back).await;
    };
    let identified = identify(&context, code.to_string(), state).await;
    lock.release().await;
    match identified {
        Ok(follower) => enter(&context, follower, &started.back).await,
        Err(Failure::Spent) => start(&context, &started.back).await,
        Err(Failure::Told(error)) => Err(error),
    }
}

enum Failure {
    Spent,
    Told(Error),
}

/// The follower behind `code`, noted for a second return with the same state.
async fn identify(context: &Context, code: String, state: &str) -> Result<Uuid, Failure> {
    let told = |error: Error| Failure::Told(error);
    let Some(ask) = &context.web.identify else {
        return Err(told(Error::new("oauth_busy").because_of("nobody to ask is wired")));
    };
    let token = match ask(code).await {
        Ok(token) => token,
        Err(Unidentified::Spent) => return Err(Failure::Spent),
        Err(busy) => return Err(told(Error::new("oauth_busy").because(busy))),
    };
    if token.is_snapshot() {
        return Err(told(Error::new("snapshot_user")));
    }
    let base = &context.web.base;
    let follower = follower::ensure(base, &token.openid).await.map_err(|error| told(error.into()))?;
    tracing::info!(openid = %mask_openid(&token.openid), "known by web authorization");
    base.cache.set(&key("done", state), follower.to_string(), LIFE).await;
    Ok(follower)
}

async fn done(context: &Context, state: &str) -> Option<Uuid> {
    let bytes = context.web.base.cache.get(&key("done", state)).await?;
    std::str::from_utf8(&bytes).ok()?.parse().ok()
}

async fn result_of_the_other(context: &Context, state: &str) -> Option<Uuid> {
    tokio::time::timeout(PATIENCE, async {
        loop {
            if let Some(follower) = done(context, state).await {
                return follower;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    })
    .await
    .ok()
}

async fn enter(context: &Context, follower: Uuid, back: &str) -> Result<HttpResponse, Error> {
    let cookie = session::sign_in(context, Kind::Follower, follower).await?;
    Ok(go(back, Some(cookie)))
}

/// To a clean address: one with the code in it would be replayed by "back".
fn go(path: &str, cookie: Option<Cookie<'static>>) -> HttpResponse {
    let mut answer = HttpResponse::Found();
    answer.insert_header((LOCATION, path));
    if let Some(cookie) = cookie {
        answer.cookie(cookie);
    }
    answer.finish()
}

fn key(kind: &str, state: &str) -> String {
    format!("oauth:{kind}:{state}")
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use actix_web::http::StatusCode;
    use actix_web::test::TestRequest;
    use actix_web::web::get;
    use chrono::TimeDelta;

    use super::*;
    use crate::base::config::Options;
    use crate::web::testing::{Place, TestApp, app, ask, header, place_with, text};

    async fn me(attendee: Attendee) -> String {
        attendee.follower_id.to_string()
    }

    /// A place where WeChat is played at `open_base`: codes `good…` are o1, others as they are called.
    async fn wechat(open_base: &str) -> (Place, Arc<Mutex<Vec<String>>>) {
        let mut place = place_with(Options {
            wechat_app_id: Some("wx1234567890abcdef".to_string()),
            wechat_app_secret: Some("0123456789abcdef0123456789abcdef".to_string()),
            wechat_token: Some("token".to_string()),
            wechat_mode: Some("plain".to_string()),
            wechat_open_base: Some(open_base.to_string()),
            ..Options::default()
        })
        .await;
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        place.web = place.web.clone().identifying(Arc::new(move |code| {
            log.lock().unwrap().push(code.clone());
            Box::pin(async move {
                let snapshot = i32::from(code == "snapshot");
                match code.as_str() {
                    "spent" => Err(Unidentified::Spent),
                    "busy" => Err(Unidentified::Busy("time-out".to_string())),
                    _ => Ok(serde_json::from_str(&format!(
                        r#"{{"access_token":"t","openid":"o1","is_snapshotuser":{snapshot}}}"#
                    ))
                    .unwrap()),
                }
            })
        }));
        (place, asked)
    }

    async fn site(place: &Place) -> TestApp {
        app(place, |routes| {
            routes.route("/m/x", get().to(me)).route("/api/v1/me", get().to(me));
        })
        .await
    }

    /// What a browser keeps of the first step: where it was sent, and its secret.
    struct Sent {
        state: String,
        browser: Cookie<'static>,
    }

    async fn send(app: &TestApp, path: &str) -> Sent {
        let answer = ask(app, TestRequest::get().uri(path)).await;
        assert_eq!(answer.status(), StatusCode::FOUND);
        let url = header(&answer, "location");
        assert!(url.starts_with("http://127.0.0.1:8090/connect/oauth2/authorize?"), "{url}");
        assert!(url.contains("redirect_uri=http%3A%2F%2Fcity.test%2Fwechat%2Foauth&"), "{url}");
        let state = url.split("state=").nth(1).unwrap().trim_end_matches("#wechat_redirect").to_string();
        let browser = answer.cookies().find(|cookie| cookie.name() == COOKIE).unwrap().into_owned();
        Sent { state, browser }
    }

    fn back(sent: &Sent, code: &str) -> TestRequest {
        TestRequest::get()
            .uri(&format!("/wechat/oauth?code={code}&state={}", sent.state))
            .cookie(sent.browser.clone())
    }

    const SIMULATED: &str = "http://127.0.0.1:8090";

    #[actix_web::test]
    async fn a_stranger_is_sent_to_wechat_and_comes_back_known_at_a_clean_address() {
        let (place, _) = wechat(SIMULATED).await;
        let app = site(&place).await;
        let sent = send(&app, "/m/x?from=scan").await;
        let answer = ask(&app, back(&sent, "good1")).await;
        assert_eq!(header(&answer, "location"), "/m/x?from=scan");
        let session = answer.cookies().find(|cookie| cookie.name() == "yst_phone").unwrap().into_owned();
        let page = ask(&app, TestRequest::get().uri("/m/x").cookie(session)).await;
        let known = follower::find(&place.web.base, "o1").await.unwrap().unwrap();
        assert_eq!(text(page).await, known.id.to_string());
    }

    #[actix_web::test]
    async fn coming_back_twice_asks_the_platform_once() {
        let (place, asked) = wechat(SIMULATED).await;
        let app = site(&place).await;
        let sent = send(&app, "/m/x").await;
        let (one, two) = tokio::join!(ask(&app, back(&sent, "good1")), ask(&app, back(&sent, "good2")));
        let later = ask(&app, back(&sent, "good1")).await;
        for answer in [one, two, later] {
            assert_eq!(header(&answer, "location"), "/m/x");
            assert!(answer.cookies().any(|cookie| cookie.name() == "yst_phone"));
        }
        assert_eq!(asked.lock().unwrap().len(), 1);
    }

    #[actix_web::test]
    async fn a_return_is_good_for_the_browser_that_left_only() {
        let (place, asked) = wechat(SIMULATED).await;
        let app = site(&place).await;
        let victim = send(&app, "/m/x").await;
        let attacker = send(&app, "/m/x").await;
        let mixed = Sent { state: attacker.state, browser: victim.browser };
        assert_eq!(ask(&app, back(&mixed, "good1")).await.status(), StatusCode::UNAUTHORIZED);
        let bare = TestRequest::get().uri(&format!("/wechat/oauth?code=good1&state={}", mixed.state));
        assert_eq!(ask(&app, bare).await.status(), StatusCode::UNAUTHORIZED);
        assert!(asked.lock().unwrap().is_empty());
    }

    #[actix_web::test]
    async fn an_old_unknown_or_refused_return_is_told_calmly() {
        let (place, _) = wechat(SIMULATED).await;
        let app = site(&place).await;
        let sent = send(&app, "/m/x").await;
        place.web.base.clock.advance(TimeDelta::minutes(11));
        let old = ask(&app, back(&sent, "good1")).await;
        assert_eq!(old.status(), StatusCode::UNAUTHORIZED);
        assert!(text(old).await.contains("微信没有完成身份确认"));
        for uri in ["/wechat/oauth", "/wechat/oauth?state=abc", "/wechat/oauth?code=c&state=%3Cb%3E"] {
            let answer = ask(&app, TestRequest::get().uri(uri)).await;
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{uri}");
        }
    }

    #[actix_web::test]
    async fn a_snapshot_user_becomes_nobody() {
        let (place, _) = wechat(SIMULATED).await;
        let app = site(&place).await;
        let sent = send(&app, "/m/x").await;
        let answer = ask(&app, back(&sent, "snapshot")).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert!(answer.cookies().all(|cookie| cookie.name() != "yst_phone"));
        assert!(text(answer).await.contains("使用完整服务"));
        assert!(follower::find(&place.web.base, "o1").await.unwrap().is_none());
    }

    #[actix_web::test]
    async fn a_spent_code_starts_again_but_not_for_ever() {
        let (place, _) = wechat(SIMULATED).await;
        let app = site(&place).await;
        let mut sent = send(&app, "/m/x").await;
        let mut rounds = 0;
        loop {
            let answer = ask(&app, back(&sent, "spent")).await;
            if answer.status() != StatusCode::FOUND {
                assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
                break;
            }
            let url = header(&answer, "location");
            sent.state = url.split("state=").nth(1).unwrap().trim_end_matches("#wechat_redirect").to_string();
            rounds += 1;
            assert!(rounds < 10, "it never ends");
        }
    }

    #[actix_web::test]
    async fn a_busy_platform_is_told_and_the_same_return_may_be_tried_again() {
        let (place, _) = wechat(SIMULATED).await;
        let app = site(&place).await;
        let sent = send(&app, "/m/x").await;
        assert_eq!(ask(&app, back(&sent, "busy")).await.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(header(&ask(&app, back(&sent, "good1")).await, "location"), "/m/x");
    }

    #[actix_web::test]
    async fn scripts_and_other_browsers_are_told_instead_of_sent() {
        let (place, _) = wechat("https://open.weixin.qq.com").await;
        let app = site(&place).await;
        let page = ask(&app, TestRequest::get().uri("/m/x")).await;
        assert_eq!(page.status(), StatusCode::UNAUTHORIZED);
        assert!(text(page).await.contains("请在微信里打开这个页面"));
        let in_wechat = TestRequest::get().uri("/m/x").insert_header(("User-Agent", "x MicroMessenger/8.0"));
        assert_eq!(ask(&app, in_wechat).await.status(), StatusCode::FOUND);
        let script = ask(&app, TestRequest::get().uri("/api/v1/me")).await;
        assert_eq!(script.status(), StatusCode::UNAUTHORIZED);
    }
}
