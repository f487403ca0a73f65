//! The web view of each phone on the page: the back end's site under an origin of the phone's own.
//!
//! `http://phone2.localhost:8090/m/1` is the site's `/m/1` as the second phone sees it: with its own cookies,
//! WeChat's user agent, and web authorisation that knows who it is. Browsers resolve `*.localhost` to this
//! machine, so several phones in one browser are several devices to the site.

mod bridge;
mod jar;
mod rewrite;

use actix_web::guard::{Guard, GuardContext};
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::TryStreamExt;
use url::Url;

pub use jar::Jars;
use rewrite::Origins;

use super::oauth::Authorize;
use super::server::Simulator;

/// WeChat 8 on a common Android phone.
const USER_AGENT: &str = "Mozilla/5.0 (Linux; Android 14; V2324A Build/UP1A; wv) AppleWebKit/537.36 \
    (KHTML, like Gecko) Version/4.0 Chrome/130.0.0.0 Mobile Safari/537.36 XWEB/1300259 MMWEBSDK/20241103 \
    MicroMessenger/8.0.55.2780 WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64";
/// The largest request, and the largest page that is rewritten, in bytes.
const MAX_BODY: usize = 12 * 1024 * 1024;
/// Headers of the connection rather than of the message, and those that would keep a page out of its frame.
const NOT_FORWARDED: &[HeaderName] = &[
    header::HOST,
    header::COOKIE,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::ACCEPT_ENCODING,
    header::CONTENT_ENCODING,
    header::UPGRADE,
    header::USER_AGENT,
    header::SET_COOKIE,
    header::X_FRAME_OPTIONS,
    header::STRICT_TRANSPORT_SECURITY,
    header::LOCATION,
];

/// The number of the phone that a host names, counted from 0.
fn phone_of(host: &str) -> Option<usize> {
    let (name, _) = host.split_once(".localhost")?;
    let number: usize = name.strip_prefix("phone")?.parse().ok()?;
    number.checked_sub(1)
}

struct OfPhone;

impl Guard for OfPhone {
    fn check(&self, context: &GuardContext<'_>) -> bool {
        let host = context.head().headers().get(header::HOST).and_then(|host| host.to_str().ok());
        host.or(context.head().uri.host()).and_then(phone_of).is_some()
    }
}

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(
        web::scope("")
            .guard(OfPhone)
            .app_data(web::PayloadConfig::new(MAX_BODY))
            .route("/connect/oauth2/authorize", web::get().to(authorize))
            .route("/connect/ping", web::get().to(ping))
            .configure(bridge::routes)
            .default_service(web::to(forward)),
    );
}

/// Lets the page find out whether this browser resolves `*.localhost`.
async fn ping() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// Whose web view this is, and between which origins its addresses are translated.
struct View {
    openid: String,
    origins: Origins,
    site: Url,
}

/// The view of a request; what cannot be found is said in the page's place.
fn view(simulator: &Simulator, request: &HttpRequest) -> Result<View, &'static str> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let index = phone_of(host).unwrap_or(usize::MAX);
    let openid = simulator.world().people.phone(index).map(|person| person.openid.clone());
    let Some(openid) = openid else {
        return Err("没有这部手机，请回到模拟器首页。");
    };
    let Some(site) = simulator.account().callback() else {
        return Err("还没有设置服务器地址，打不开它的网页。");
    };
    let origins = Origins::new(&site, simulator.base(), &format!("http://{host}"));
    Ok(View { openid, origins, site })
}

fn plain(status: u16, text: &'static str) -> HttpResponse {
    let status = status.try_into().unwrap_or(actix_web::http::StatusCode::BAD_GATEWAY);
    HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(text)
}

async fn authorize(
    request: HttpRequest,
    simulator: web::Data<Simulator>,
    asked: web::Query<Authorize>,
) -> HttpResponse {
    let view = match view(&simulator, &request) {
        Ok(view) => view,
        Err(missing) => return plain(404, missing),
    };
    let mut response = asked.answer_as(&simulator, &view.openid);
    let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
    if let Some(to) = to.map(|to| view.origins.to_phone(to)).and_then(|to| to.parse().ok()) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}

async fn forward(request: HttpRequest, simulator: web::Data<Simulator>, body: web::Bytes) -> HttpResponse {
    let view = match view(&simulator, &request) {
        Ok(view) => view,
        Err(missing) => return plain(404, missing),
    };
    let path = request.uri().path_and_query().map(|path| path.as_str()).unwrap_or("/");
    let Ok(target) = view.site.join(&view.origins.to_site(path)) else {
        return plain(400, "网址不正确。");
    };
    let Ok(method) = reqwest::Method::from_bytes(request.method().as_str().as_bytes()) else {
        return plain(400, "请求方法不正确。");
    };
    let mut onward = simulator.http().request(method, target).header("user-agent", USER_AGENT);
    for (name, value) in request.headers() {
        if let (false, Ok(value)) = (NOT_FORWARDED.contains(name), value.to_str()) {
            onward = onward.header(name.as_str(), view.origins.to_site(value));
        }
    }
    let own = request.headers().get(header::COOKIE).and_then(|own| own.to_str().ok());
    let cookies = simulator.world().jars.header(&view.openid, own);
    if !cookies.is_empty() {
        onward = onward.header("cookie", cookies);
    }
    let body = if is_text(request.headers()) { view.origins.body_to_site(body) } else { body };
    match onward.body(body).send().await {
        Ok(response) => answer(&simulator, &view, response).await,
        Err(_) => plain(502, "网页打不开：服务器没有应答。"),
    }
}

/// Whether a body may hold addresses to translate.
fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    rewrite::is_text(kind)
}

async fn answer(simulator: &Simulator, view: &View, response: reqwest::Response) -> HttpResponse {
    let status = response.status().as_u16().try_into().unwrap_or(actix_web::http::StatusCode::BAD_GATEWAY);
    let mut answer = HttpResponse::build(status);
    let policies = response.headers().get_all("content-security-policy");
    let bridged = policies.iter().filter_map(|policy| policy.to_str().ok()).all(rewrite::lets_bridge);
    for (name, value) in response.headers() {
        let Ok(value) = value.to_str() else { continue };
        match name.as_str() {
            "set-cookie" => simulator.world().jars.keep(&view.openid, value),
            "location" => {
                answer.insert_header((header::LOCATION, view.origins.to_phone(value)));
            }
            "content-security-policy" => {
                let policy = rewrite::framed(&view.origins.to_phone(value));
                answer.append_header((header::CONTENT_SECURITY_POLICY, policy));
            }
            name if NOT_FORWARDED.iter().any(|own| own.as_str() == name) => {}
            name => {
                answer.append_header((name, value));
            }
        }
    }
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().to_string();
    if !rewrite::is_text(&kind) {
        return answer.streaming(response.bytes_stream().map_err(actix_web::error::ErrorBadGateway));
    }
    match response.text().await {
        Ok(text) => {
            if kind.starts_with("text/html") {
                simulator.world().jars.titled(&view.openid, rewrite::title(&text));
                if bridged {
                    return answer.body(rewrite::with_bridge(&view.origins.to_phone(&text), bridge::SCRIPT));
                }
            }
            answer.body(view.origins.to_phone(&text))
        }
        Err(_) => plain(502, "网页没有传完，请重试。"),
    }
}

#[cfg(test)]
mod tests {
    use super::phone_of;

    #[test]
    fn a_host_names_its_phone() {
        assert_eq!(phone_of("phone1.localhost:8090"), Some(0));
        assert_eq!(phone_of("phone12.localhost"), Some(11));
        for host in ["phone0.localhost", "localhost:8090", "phone.localhost", "127.0.0.1:8090", "phone1.cn"] {
            assert_eq!(phone_of(host), None, "{host}");
        }
    }
}
