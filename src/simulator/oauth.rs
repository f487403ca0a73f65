//! Web authorisation: the page that gives a code, and the calls that take it.

use std::collections::HashMap;

use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::api::{Answer, Call, Endpoint, Verb, bare, check_app_id, check_credentials, ok, open};
use super::errcode::{Refusal, refuse};
use super::ids;
use super::server::Simulator;

pub const ENDPOINTS: &[Endpoint] = &[
    open("/sns/oauth2/access_token", Verb::Get, None, exchange),
    open("/sns/oauth2/refresh_token", Verb::Get, None, refresh),
    open("/sns/userinfo", Verb::Get, None, user_info),
    open("/sns/auth", Verb::Get, None, check),
];

/// Seconds: a code, a token, a refresh token.
const CODE_LIFE: i64 = 300;
const TOKEN_LIFE: i64 = 7200;
const REFRESH_LIFE: i64 = 30 * 24 * 3600;
/// Beyond this many, what has expired is swept.
const SWEEP: usize = 10_000;
/// The phone that a browser continues as.
pub const COOKIE: &str = "sim_openid";

/// Codes and user-level tokens.
#[derive(Default)]
pub struct Grants {
    codes: HashMap<String, Grant>,
    tokens: HashMap<String, Grant>,
    refreshes: HashMap<String, Grant>,
}

#[derive(Clone)]
struct Grant {
    openid: String,
    scope: String,
    /// A made-up user who only browses a snapshot of the page.
    snapshot: bool,
    used: bool,
    expires_at: i64,
}

impl Grants {
    /// A new code for `openid`.
    fn code(&mut self, openid: &str, scope: &str, snapshot: bool, now: i64) -> String {
        if self.codes.len() >= SWEEP {
            // Used and expired ones are known for a while, to tell them from invented ones.
            self.codes.retain(|_, grant| grant.expires_at + CODE_LIFE > now);
        }
        let openid = if snapshot { ids::openid() } else { openid.to_string() };
        let grant =
            Grant { openid, scope: scope.to_string(), snapshot, used: false, expires_at: now + CODE_LIFE };
        let code = ids::random(32);
        self.codes.insert(code.clone(), grant);
        code
    }

    fn redeem(&mut self, code: &str, now: i64) -> Result<Grant, Refusal> {
        let grant = self.codes.get_mut(code).ok_or_else(|| refuse(40029))?;
        if grant.used {
            return Err(refuse(40163));
        }
        if grant.expires_at <= now {
            return Err(refuse(42003));
        }
        grant.used = true;
        Ok(grant.clone())
    }

    fn issue(&mut self, grant: Grant, now: i64) -> (String, String) {
        if self.tokens.len() >= SWEEP {
            self.tokens.retain(|_, grant| grant.expires_at > now);
            self.refreshes.retain(|_, grant| grant.expires_at > now);
        }
        let (token, refresh) = (format!("98_{}", ids::random(100)), format!("98_{}", ids::random(100)));
        self.tokens.insert(token.clone(), Grant { expires_at: now + TOKEN_LIFE, ..grant.clone() });
        self.refreshes.insert(refresh.clone(), Grant { expires_at: now + REFRESH_LIFE, ..grant });
        (token, refresh)
    }
}

fn exchange(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    check_credentials(call.account, call.param("appid"), call.param("secret"))?;
    let code = call.param("code").ok_or_else(|| refuse(41008))?.to_string();
    if call.param("grant_type") != Some("authorization_code") {
        return Err(refuse(40002));
    }
    let now = call.unix();
    let grant = call.world.grants.redeem(&code, now)?;
    let mut answer = json!({"expires_in": TOKEN_LIFE, "openid": grant.openid, "scope": grant.scope});
    if grant.snapshot {
        answer["is_snapshotuser"] = json!(1);
    }
    let (token, refresh) = call.world.grants.issue(grant, now);
    answer["access_token"] = json!(token);
    answer["refresh_token"] = json!(refresh);
    bare(answer)
}

fn refresh(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    check_app_id(call.account, call.param("appid"))?;
    if call.param("grant_type") != Some("refresh_token") {
        return Err(refuse(40002));
    }
    let given = call.param("refresh_token").ok_or_else(|| refuse(41003))?.to_string();
    let now = call.unix();
    let grants = &mut call.world.grants;
    let grant = grants.refreshes.get(&given).cloned().ok_or_else(|| refuse(40030))?;
    if grant.expires_at <= now {
        return Err(refuse(42002));
    }
    let (token, _) = grants.issue(grant.clone(), now);
    bare(json!({
        "access_token": token, "expires_in": TOKEN_LIFE, "refresh_token": given,
        "openid": grant.openid, "scope": grant.scope,
    }))
}

fn granted<'c>(call: &'c Call<'_>) -> Result<&'c Grant, Refusal> {
    let token = call.param("access_token").ok_or_else(|| refuse(41001))?;
    let grant = call.world.grants.tokens.get(token).ok_or_else(|| refuse(40001))?;
    if grant.expires_at <= call.unix() {
        return Err(refuse(42001));
    }
    match call.param("openid") {
        None => Err(refuse(41009)),
        Some(openid) if openid == grant.openid => Ok(grant),
        Some(_) => Err(refuse(40003)),
    }
}

fn user_info(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let grant = granted(call)?;
    if grant.scope != "snsapi_userinfo" {
        return Err(refuse(48001));
    }
    let nickname = call.world.people.get(&grant.openid).map_or("微信用户", |person| &person.nickname);
    bare(json!({
        "openid": grant.openid, "nickname": nickname, "sex": 0, "province": "", "city": "", "country": "",
        "headimgurl": "", "privilege": [],
    }))
}

fn check(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    granted(call)?;
    ok()
}

/// The parameters of the authorisation address; those with `sim_` are the simulator's own.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Authorize {
    #[serde(default)]
    appid: String,
    #[serde(default)]
    redirect_uri: String,
    #[serde(default)]
    response_type: String,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    state: String,
    /// Continue as this user, without asking.
    pub sim_openid: Option<String>,
    /// Give a snapshot user.
    #[serde(default)]
    sim_snapshot: u8,
    /// The user declines.
    #[serde(default)]
    sim_deny: u8,
    /// Remember the choice in this browser.
    #[serde(default)]
    sim_remember: u8,
}

/// An error page of WeChat: number and text.
type PageError = (u32, &'static str);

impl Authorize {
    fn check(&self, simulator: &Simulator) -> Result<Url, PageError> {
        let account = simulator.account();
        match self.scope.as_str() {
            "" => return Err((10010, "scope 不能为空")),
            "snsapi_base" | "snsapi_userinfo" => {}
            _ => return Err((10005, "该公众号没有这些 scope 的权限")),
        }
        if self.redirect_uri.is_empty() {
            return Err((10011, "redirect_uri 不能为空"));
        }
        if self.appid.is_empty() {
            return Err((10012, "appid 不能为空"));
        }
        if self.appid != account.app_id {
            return Err((40013, "appid 参数错误"));
        }
        if self.state.is_empty() {
            return Err((10013, "state 不能为空"));
        }
        if self.state.len() > 128 || !self.state.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err((10016, "state 只能是字母和数字，最长 128 字节"));
        }
        if self.response_type != "code" {
            return Err((10015, "response_type 应为 code"));
        }
        let host = |url: &Url| url.host_str().map(str::to_string);
        let redirect = Url::parse(&self.redirect_uri).ok().filter(|url| url.has_host());
        let redirect = redirect.ok_or((10003, "redirect_uri 域名与后台配置不一致"))?;
        let hosts = &account.oauth_hosts;
        if !hosts.is_empty() && !hosts.iter().any(|allowed| Some(allowed) == host(&redirect).as_ref()) {
            return Err((10003, "redirect_uri 域名与后台配置不一致"));
        }
        Ok(redirect)
    }

    /// Where the browser goes on as `openid`.
    fn approve(&self, simulator: &Simulator, openid: &str, mut redirect: Url) -> Url {
        let now = simulator.clock().unix();
        let mut world = simulator.world();
        let snapshot = self.sim_snapshot == 1 || world.faults.snapshot;
        let code = world.grants.code(openid, &self.scope, snapshot, now);
        redirect.query_pairs_mut().append_pair("code", &code).append_pair("state", &self.state);
        redirect
    }

    /// The redirect for somebody who is already known: a web view's own phone.
    pub fn answer_as(&self, simulator: &Simulator, openid: &str) -> HttpResponse {
        match self.check(simulator) {
            Err(error) => error_page(error),
            Ok(redirect) => go(self.approve(simulator, openid, redirect).as_str()),
        }
    }
}

async fn authorize(
    request: HttpRequest,
    simulator: web::Data<Simulator>,
    asked: web::Query<Authorize>,
) -> HttpResponse {
    let mut redirect = match asked.check(&simulator) {
        Ok(redirect) => redirect,
        Err(error) => return error_page(error),
    };
    if asked.sim_deny == 1 {
        redirect.query_pairs_mut().append_pair("state", &asked.state);
        return go(redirect.as_str());
    }
    let remembered = request.cookie(COOKIE).map(|cookie| cookie.value().to_string());
    let Some(openid) = asked.sim_openid.clone().or(remembered) else {
        return ask(&simulator, &request);
    };
    if simulator.world().people.meet(&openid).is_err() {
        return error_page((10016, "sim_openid 不是一个 openid"));
    }
    let mut response = go(asked.approve(&simulator, &openid, redirect).as_str());
    if asked.sim_remember == 1 {
        let cookie =
            Cookie::build(COOKIE, openid).path("/").same_site(SameSite::Lax).http_only(true).finish();
        if let Err(error) = response.add_cookie(&cookie) {
            tracing::warn!(%error, "the choice of phone cannot be remembered");
        }
    }
    response
}

fn go(to: &str) -> HttpResponse {
    HttpResponse::Found()
        .insert_header(("location", to))
        .insert_header(("cache-control", "no-store"))
        .finish()
}

/// Asks as whom to continue.
#[derive(Template)]
#[template(path = "simulator_authorize.html")]
struct AskPage {
    style: String,
    phones: Vec<Choice>,
    deny: String,
    userinfo: bool,
}

struct Choice {
    nickname: String,
    follows: bool,
    link: String,
}

fn ask(simulator: &Simulator, request: &HttpRequest) -> HttpResponse {
    let link = |more: &str| format!("{}?{}&{more}", request.path(), request.query_string());
    let mut world = simulator.world();
    if let Err(error) = world.people.ensure_phone() {
        tracing::warn!(%error, "no phone to continue as");
    }
    let phones = world.people.phones().map(|person| Choice {
        nickname: person.nickname.clone(),
        follows: person.follows(),
        link: link(&format!("sim_openid={}&sim_remember=1", person.openid)),
    });
    let page = AskPage {
        style: super::page::asset("simulator.css"),
        phones: phones.collect(),
        deny: link("sim_deny=1"),
        userinfo: request.query_string().contains("scope=snsapi_userinfo"),
    };
    super::page::html(actix_web::http::StatusCode::OK, &page)
}

/// WeChat's error page, with its number.
#[derive(Template)]
#[template(path = "simulator_error.html")]
struct ErrorPage {
    style: String,
    code: u32,
    text: &'static str,
}

fn error_page((code, text): PageError) -> HttpResponse {
    let page = ErrorPage { style: super::page::asset("simulator.css"), code, text };
    super::page::html(actix_web::http::StatusCode::BAD_REQUEST, &page)
}

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.route("/connect/oauth2/authorize", web::get().to(authorize));
}
