//! A base on a temporary folder and a clock that stands still, for the tests of this module.

use std::rc::Rc;

use actix_web::body::to_bytes;
use actix_web::cookie::Cookie;
use actix_web::dev::Service;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, init_service};
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpResponse};
use chrono::NaiveDate;
use futures_util::future::LocalBoxFuture;
use tempfile::TempDir;

use super::Web;
use crate::base::Base;
use crate::base::clock::{Clock, from_shanghai};
use crate::base::config::{Config, Options};
use crate::people::follower;
use crate::people::session::{self, Kind};
use crate::people::staff::{self, Role};

/// Keeps its folder until dropped.
pub struct Place {
    pub web: Web,
    _folder: TempDir,
}

pub async fn place() -> Place {
    place_with(Options::default()).await
}

pub async fn place_with(options: Options) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        data_dir: Some(folder.path().join("data")),
        public_url: options.public_url.or(Some("http://city.test".to_string())),
        ..options
    };
    std::fs::create_dir_all(folder.path().join("data")).unwrap();
    let config = Config::load(options, folder.path()).unwrap_or_else(|error| panic!("{error}"));
    let nine = NaiveDate::from_ymd_opt(2026, 9, 19).and_then(|day| day.and_hms_opt(8, 47, 12)).unwrap();
    let base = Base::open(config, Clock::manual(from_shanghai(nine))).await.unwrap();
    Place { web: Web::new(base), _folder: folder }
}

/// The application as `server` builds it.
pub struct TestApp(Box<dyn Fn(TestRequest) -> LocalBoxFuture<'static, HttpResponse>>);

/// An application with these routes.
pub async fn app(place: &Place, routes: impl FnOnce(&mut ServiceConfig) + 'static) -> TestApp {
    let web = place.web.clone();
    let app =
        App::new().wrap(from_fn(super::frame)).configure(routes).configure(move |config| web.routes(config));
    let service = Rc::new(init_service(app).await);
    TestApp(Box::new(move |request| {
        let service = service.clone();
        Box::pin(async move {
            match service.call(request.to_request()).await {
                Ok(response) => response.into_parts().1,
                Err(error) => error.as_response_error().error_response(),
            }
        })
    }))
}

/// The answer to `request`, whether a handler or the frame gave it.
pub async fn ask(app: &TestApp, request: TestRequest) -> HttpResponse {
    (app.0)(request).await
}

pub async fn text(response: HttpResponse) -> String {
    let bytes = to_bytes(response.into_body()).await.unwrap_or_else(|_| panic!("a body"));
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub fn header<'a>(response: &'a HttpResponse, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// A cookie of a fresh desk session of a new account with this role, and its form token.
pub async fn desk(place: &Place, role: Role) -> (Cookie<'static>, String) {
    let base = &place.web.base;
    let id = staff::add(base, role.name(), "陈晓燕", role, "correct horse", "test").await.unwrap();
    let opened = session::open(base, Kind::Staff, id, "test").await.unwrap();
    (Cookie::new("yst_desk", opened.token), opened.session.csrf)
}

/// A cookie of a known phone, and its form token.
pub async fn phone(place: &Place) -> (Cookie<'static>, String) {
    let base = &place.web.base;
    let id = follower::ensure(base, "oTest1").await.unwrap();
    let opened = session::open(base, Kind::Follower, id, "test").await.unwrap();
    (Cookie::new("yst_phone", opened.token), opened.session.csrf)
}
