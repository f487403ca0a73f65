//! 关怀模式: larger, darker letters on phone pages, remembered by a cookie so that it needs no script.

use actix_web::cookie::time::Duration;
use actix_web::web::Query;
use actix_web::{HttpResponse, http::header::LOCATION};
use serde::Deserialize;

use super::page::own_page;
use super::{Context, session};

pub const COOKIE: &str = "yst_large";

#[derive(Deserialize)]
pub struct Switch {
    on: u8,
    #[serde(default)]
    back: String,
}

/// Remembers the wish and returns to the page where it was made.
pub async fn switch(context: Context, wish: Query<Switch>) -> HttpResponse {
    let mut cookie = session::cookie(&context.web, COOKIE, "1".to_string());
    if wish.on == 1 {
        cookie.set_max_age(Duration::days(365));
    } else {
        cookie.make_removal();
    }
    HttpResponse::SeeOther().cookie(cookie).insert_header((LOCATION, own_page(&wish.back))).finish()
}

#[cfg(test)]
mod tests {
    use actix_web::cookie::Cookie;
    use actix_web::test::TestRequest;

    use super::*;
    use crate::web::testing::{app, ask, header, place, text};

    #[actix_web::test]
    async fn the_wish_is_remembered_and_shows_on_every_phone_page() {
        let place = place().await;
        let app = app(&place, |_| {}).await;
        let answer = ask(&app, TestRequest::get().uri("/large-type?on=1&back=%2Fm%2FK7Q2")).await;
        assert_eq!(header(&answer, "location"), "/m/K7Q2");
        assert!(header(&answer, "set-cookie").starts_with("yst_large=1;"));
        let page = ask(&app, TestRequest::get().uri("/none").cookie(Cookie::new(COOKIE, "1"))).await;
        assert!(text(page).await.contains(r#"class="h5 large""#));
        let away = ask(&app, TestRequest::get().uri("/large-type?on=0&back=https://evil.test")).await;
        assert_eq!(header(&away, "location"), "/");
    }
}
