//! What the frame knows of a request before any handler runs; errors are drawn from it, too.

use std::future::{Ready, ready};
use std::net::IpAddr;
use std::rc::Rc;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, AUTHORIZATION, REFERER, USER_AGENT};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::{Error, Web, large_type, limit, oauth};
use crate::base::privacy::random_code;

/// Facts of one request. Also an extractor.
#[derive(Clone)]
pub struct Context(Rc<Facts>);

pub struct Facts {
    pub web: Data<Web>,
    /// Ten letters that a person can read out on the phone; in every log line and on every error.
    pub request_id: String,
    pub method: Method,
    pub path: String,
    /// Path and query, as asked for.
    pub target: String,
    /// The page that the request came from, if it is one of ours: path and query.
    pub referer: Option<String>,
    pub client: Option<IpAddr>,
    pub user_agent: String,
    /// A program or a script asked, so errors are JSON.
    pub json: bool,
    /// The caller shows a token instead of a cookie, as programs do.
    pub bearer: bool,
    pub large_type: bool,
    /// The browser's own secret, while it is on its way to WeChat and back.
    pub browser: Option<String>,
}

impl std::ops::Deref for Context {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}

impl Context {
    pub(super) fn of(request: &ServiceRequest, web: Data<Web>) -> Context {
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        let path = request.path().to_string();
        let facts = Facts {
            request_id: random_code(10),
            method: request.method().clone(),
            target: request.uri().path_and_query().map_or_else(|| path.clone(), ToString::to_string),
            referer: own_path(&web, header(REFERER)),
            client: limit::client_ip(request.request(), web.base.config.trusted_proxies),
            user_agent: header(USER_AGENT).to_string(),
            json: path.starts_with("/api/")
                || header(ACCEPT).starts_with("application/json")
                || request.headers().contains_key("hx-request"),
            bearer: header(AUTHORIZATION).starts_with("Bearer "),
            large_type: request.cookie(large_type::COOKIE).is_some(),
            browser: request.cookie(oauth::COOKIE).map(|cookie| cookie.value().to_string()),
            path,
            web,
        };
        Context(Rc::new(facts))
    }

    /// Whether the page is asked for by a person who can be sent elsewhere first.
    pub(super) fn is_visit(&self) -> bool {
        self.method == Method::GET && !self.json
    }

    /// Pages of staff; everything else is the public's.
    pub(super) fn is_desk(&self) -> bool {
        self.path == "/desk" || self.path.starts_with("/desk/")
    }
}

fn own_path(web: &Web, referer: &str) -> Option<String> {
    let url = url::Url::parse(referer).ok()?;
    (url.origin() == web.base.config.public_url.origin())
        .then(|| url[url::Position::BeforePath..url::Position::AfterQuery].to_string())
}

impl FromRequest for Context {
    type Error = Error;
    type Future = Ready<Result<Context, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(context(request))
    }
}

/// The facts of `request`. Fails only where the application is not wrapped in the frame.
pub(super) fn context(request: &HttpRequest) -> Result<Context, Error> {
    request.extensions().get::<Context>().cloned().ok_or_else(|| {
        let wired = request.app_data::<Data<Web>>().is_some();
        Error::new("internal").because_of(format!("the request has no context; web is wired: {wired}"))
    })
}
