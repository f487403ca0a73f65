//! A client that keeps cookies and does not follow redirects by itself, so that a test sees each step.

use std::collections::HashMap;
use std::sync::Mutex;

use reqwest::header::{COOKIE, HeaderMap, HeaderValue, LOCATION, SET_COOKIE, USER_AGENT};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::events::Events;

/// What WeChat's own browser on a phone calls itself.
const WECHAT: &str = "Mozilla/5.0 (Linux; Android 14; V2302A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160117 MMWEBSDK/20240404 MicroMessenger/8.0.50.2701(0x28003252) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64";
const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

pub struct Client {
    http: reqwest::Client,
    site: String,
    /// By origin, then name: hosts of one test differ by port only.
    cookies: Mutex<HashMap<String, HashMap<String, String>>>,
    bearer: Option<String>,
    /// Who approves when WeChat asks.
    openid: Option<String>,
}

/// An answer, read whole.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Client {
    pub fn browser(site: String) -> Client {
        Client::new(site, BROWSER)
    }

    /// A phone whose owner approves at once when WeChat asks who they are.
    pub fn phone(site: String, openid: &str) -> Client {
        Client { openid: Some(openid.to_string()), ..Client::new(site, WECHAT) }
    }

    fn new(site: String, agent: &'static str) -> Client {
        yishiting::server::install_crypto();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .default_headers(HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_static(agent))]))
            .build()
            .unwrap();
        Client { http, site, cookies: Mutex::default(), bearer: None, openid: None }
    }

    /// Sends `token` with every request to the site from now on.
    pub fn with_bearer(mut self, token: &str) -> Client {
        self.bearer = Some(token.to_string());
        self
    }

    /// Has this cookie of the site from now on.
    pub fn with_cookie(self, name: &str, value: &str) -> Client {
        let site = url::Url::parse(&self.site).unwrap().origin().ascii_serialization();
        self.keep(&site, &format!("{name}={value}"));
        self
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(self.request(Method::POST, path).form(form)).await
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// A request to a path of the site, or to an absolute address; send it with [`Client::send`].
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let ours = path.starts_with('/');
        let request =
            self.http.request(method, if ours { format!("{}{path}", self.site) } else { path.to_string() });
        match &self.bearer {
            Some(token) if ours => request.bearer_auth(token),
            _ => request,
        }
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let answer = self.execute(request).await;
        let (status, headers) = (answer.status(), answer.headers().clone());
        // A stream has no end: of one of those, only the head.
        let stream = headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let text = if stream { String::new() } else { answer.text().await.unwrap() };
        Answer { status, headers, text }
    }

    /// What a download comes to, byte by byte.
    pub async fn bytes(&self, path: &str) -> Vec<u8> {
        let answer = self.execute(self.request(Method::GET, path)).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.bytes().await.unwrap().to_vec()
    }

    /// Opens an event stream.
    pub async fn listen(&self, path: &str) -> Events {
        Events::of(self.execute(self.request(Method::GET, path)).await)
    }

    async fn execute(&self, request: reqwest::RequestBuilder) -> reqwest::Response {
        let mut request = request.build().unwrap();
        let origin = request.url().origin().ascii_serialization();
        if let Some(cookies) = self.cookies.lock().unwrap().get(&origin) {
            let line: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request.headers_mut().insert(COOKIE, line.join("; ").parse().unwrap());
        }
        let answer = self.http.execute(request).await.unwrap();
        for cookie in answer.headers().get_all(SET_COOKIE) {
            self.keep(&origin, cookie.to_str().unwrap());
        }
        answer
    }

    /// Opens a page as a person does: goes where it is sent, at most ten times.
    pub async fn open(&self, path: &str) -> Answer {
        let mut answer = self.get(path).await;
        let mut at = url::Url::parse(&self.site).unwrap().join(path).unwrap();
        for _ in 0..10 {
            let Some(to) = answer.location() else { return answer };
            at = at.join(&to).unwrap();
            if let Some(openid) = self.openid.as_deref().filter(|_| at.path() == "/connect/oauth2/authorize")
            {
                at.query_pairs_mut().append_pair("sim_openid", openid);
            }
            answer = self.get(at.as_str()).await;
        }
        panic!("sent around in a circle at {at}");
    }

    /// The site's cookie of this name.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(&self.site)?.get(name).cloned()
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        let mut all = self.cookies.lock().unwrap();
        all.entry(self.site.clone()).or_default().insert(name.to_string(), value.to_string());
    }

    fn keep(&self, origin: &str, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').unwrap();
        let mut all = self.cookies.lock().unwrap();
        let own = all.entry(origin.to_string()).or_default();
        if value.is_empty() || attributes.to_lowercase().contains("max-age=0") {
            own.remove(name);
        } else {
            own.insert(name.to_string(), value.to_string());
        }
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {}", self.text))
    }

    /// Where a redirect leads.
    pub fn location(&self) -> Option<String> {
        let to = self.headers.get(LOCATION)?.to_str().unwrap();
        self.status.is_redirection().then(|| to.to_string())
    }

    /// The value of a hidden field of the page, e.g. `csrf`.
    pub fn hidden(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let rest = self.text.split_once(&start).unwrap_or_else(|| panic!("no {name} in {}", self.text)).1;
        rest.split('"').next().unwrap().to_string()
    }
}
