//! Forms of other sites are refused: by where the browser says they come from, and by the session's own token.

use actix_web::http::Method;
use actix_web::http::header::{HOST, HeaderMap, ORIGIN};

use super::{Context, Error};
use crate::base::privacy::same;

/// The header by which scripts send the token; forms have a field `csrf`.
pub const HEADER: &str = "X-CSRF-Token";

/// Calls of other servers, which have no cookies to abuse.
const FOREIGN: [&str; 1] = ["/wechat/callback"];

/// Refuses what changes something and was sent by a page of another site. Every browser of the last years says
/// where a form comes from; a client that does not is no browser, and cannot be led by another site.
pub fn origin(context: &Context, headers: &HeaderMap) -> Result<(), Error> {
    let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&context.method);
    if safe || context.bearer || FOREIGN.contains(&context.path.as_str()) {
        return Ok(());
    }
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = header("sec-fetch-site") {
        return if matches!(site, "same-origin" | "none") { Ok(()) } else { Err(refused(site)) };
    }
    let Some(from) = header(ORIGIN.as_str()) else { return Ok(()) };
    let own = context.web.base.config.public_url.origin().ascii_serialization();
    let host = header(HOST.as_str()).unwrap_or_default();
    let here = from.split_once("://").is_some_and(|(_, name)| !host.is_empty() && name == host);
    if from == own || here { Ok(()) } else { Err(refused(from)) }
}

/// Compares the token of a form with the session's. Staff must show it; an attendee's form may lack it, because
/// other programs fill that form in by its three published fields, but must not show a wrong one.
pub fn token(shown: Option<&str>, own: &str, required: bool) -> Result<(), Error> {
    match shown.filter(|shown| !shown.is_empty()) {
        Some(shown) if same(shown.as_bytes(), own.as_bytes()) => Ok(()),
        None if !required => Ok(()),
        _ => Err(Error::new("csrf").because_of("the token is missing or another session's")),
    }
}

fn refused(from: &str) -> Error {
    Error::new("csrf").because_of(format!("sent from {from}"))
}

#[cfg(test)]
mod tests {
    use actix_web::HttpResponse;
    use actix_web::http::StatusCode;
    use actix_web::test::TestRequest;
    use actix_web::web::{get, post};

    use super::*;
    use crate::web::testing::{app, ask, place};

    #[test]
    fn staff_must_show_the_token_and_nobody_may_show_a_wrong_one() {
        assert!(token(Some("right"), "right", true).is_ok());
        assert!(token(None, "right", true).is_err());
        assert!(token(Some(""), "right", true).is_err());
        assert!(token(None, "right", false).is_ok());
        assert!(token(Some("wrong"), "right", false).is_err());
    }

    #[actix_web::test]
    async fn forms_of_other_sites_are_refused() {
        let place = place().await;
        let app = app(&place, |routes| {
            let fine = || async { HttpResponse::Ok().finish() };
            routes
                .route("/m/x", post().to(fine))
                .route("/m/x", get().to(fine))
                .route("/wechat/callback", post().to(fine));
        })
        .await;
        let cases = [
            (vec![], StatusCode::OK),
            (vec![("Sec-Fetch-Site", "same-origin")], StatusCode::OK),
            (vec![("Sec-Fetch-Site", "none")], StatusCode::OK),
            (vec![("Sec-Fetch-Site", "cross-site"), ("Origin", "http://city.test")], StatusCode::FORBIDDEN),
            (vec![("Sec-Fetch-Site", "same-site")], StatusCode::FORBIDDEN),
            (vec![("Origin", "http://city.test")], StatusCode::OK),
            (vec![("Origin", "http://10.1.2.3:8080"), ("Host", "10.1.2.3:8080")], StatusCode::OK),
            (vec![("Origin", "http://evil.test")], StatusCode::FORBIDDEN),
            (vec![("Origin", "http://city.test.evil.test")], StatusCode::FORBIDDEN),
            (vec![("Origin", "null")], StatusCode::FORBIDDEN),
            (vec![("Origin", "http://evil.test"), ("Authorization", "Bearer x")], StatusCode::OK),
        ];
        for (headers, expected) in cases {
            let request = headers
                .iter()
                .fold(TestRequest::post().uri("/m/x"), |request, header| request.insert_header(*header));
            assert_eq!(ask(&app, request).await.status(), expected, "{headers:?}");
        }
        let visit = TestRequest::get().uri("/m/x").insert_header(("Sec-Fetch-Site", "cross-site"));
        assert_eq!(ask(&app, visit).await.status(), StatusCode::OK);
        let push = TestRequest::post().uri("/wechat/callback").insert_header(("Origin", "http://x.test"));
        assert_eq!(ask(&app, push).await.status(), StatusCode::OK);
    }
}
