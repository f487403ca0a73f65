//! A posted form, with the session's token checked before anybody reads it.

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, Query};
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::context::context;
use super::frame::written;
use super::session::{Attendee, StaffUser};
use super::{BODY, Error, csrf};

/// The fields of an `application/x-www-form-urlencoded` body. Use it for every form, [`Nothing`] for a bare button.
#[derive(Debug)]
pub struct Posted<T>(pub T);

/// A form of no fields but the token.
#[derive(Debug, Deserialize)]
pub struct Nothing {}

#[derive(Deserialize)]
struct Token {
    csrf: Option<String>,
}

impl<T: DeserializeOwned + 'static> FromRequest for Posted<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Posted<T>, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = Bytes::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let body = body.await.map_err(|error| {
                use actix_web::error::PayloadError;
                match error.as_error::<PayloadError>() {
                    Some(PayloadError::Overflow) => Error::too_large(BODY),
                    _ => Error::new("bad_request").because_of(error.to_string()),
                }
            })?;
            let text =
                std::str::from_utf8(&body).map_err(|error| Error::new("bad_request").because(error))?;
            written(text)?;
            let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
            if !text.is_empty() && !kind.starts_with("application/x-www-form-urlencoded") {
                return Err(Error::new("bad_request").because_of(format!("a form was expected, not {kind}")));
            }
            let token = Query::<Token>::from_query(text).ok().and_then(|token| token.into_inner().csrf);
            check(&request, token.as_deref()).await?;
            let fields = Query::<T>::from_query(text)
                .map_err(|error| Error::new("bad_request").because_of(error.to_string()))?;
            Ok(Posted(fields.into_inner()))
        })
    }
}

/// Who is signed in, must show the token of that session: as a header, or as the form's field `csrf`.
pub(super) async fn check(request: &HttpRequest, field: Option<&str>) -> Result<(), Error> {
    let context = context(request)?;
    if context.bearer {
        return Ok(());
    }
    let header = request.headers().get(csrf::HEADER).and_then(|value| value.to_str().ok());
    let shown = header.or(field);
    if context.is_desk() {
        match StaffUser::find(request).await? {
            Some(staff) => csrf::token(shown, &staff.csrf, true),
            None => Ok(()),
        }
    } else {
        match Attendee::find(request).await? {
            Some(attendee) => csrf::token(shown, &attendee.csrf, false),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use actix_web::test::TestRequest;
    use actix_web::web::post;

    use super::*;
    use crate::people::staff::Role;
    use crate::web::testing::{app, ask, desk, phone, place, text};

    #[derive(Deserialize)]
    struct Who {
        name: String,
    }

    async fn greet(form: Posted<Who>) -> String {
        form.0.name
    }

    #[actix_web::test]
    async fn an_attendees_form_needs_no_token_but_must_not_show_a_wrong_one() {
        let place = place().await;
        let app = app(&place, |routes| {
            routes.route("/m/x", post().to(greet));
        })
        .await;
        let (cookie, token) = phone(&place).await;
        let send = |body: String| {
            let request = TestRequest::post().uri("/m/x").cookie(cookie.clone());
            request.insert_header(("Content-Type", "application/x-www-form-urlencoded")).set_payload(body)
        };
        assert_eq!(text(ask(&app, send("name=%E6%B1%9F".to_string())).await).await, "江");
        assert_eq!(ask(&app, send(format!("name=a&csrf={token}"))).await.status(), StatusCode::OK);
        assert_eq!(ask(&app, send("name=a&csrf=wrong".to_string())).await.status(), StatusCode::FORBIDDEN);
        assert_eq!(ask(&app, send("csrf=".to_string())).await.status(), StatusCode::BAD_REQUEST);
    }

    #[actix_web::test]
    async fn a_desk_form_needs_its_sessions_token() {
        let place = place().await;
        let app = app(&place, |routes| {
            routes.route("/desk/x", post().to(greet));
        })
        .await;
        let (cookie, token) = desk(&place, Role::Organiser).await;
        let send = |body: String| {
            let request = TestRequest::post().uri("/desk/x").cookie(cookie.clone());
            request.insert_header(("Content-Type", "application/x-www-form-urlencoded")).set_payload(body)
        };
        assert_eq!(ask(&app, send("name=a".to_string())).await.status(), StatusCode::FORBIDDEN);
        assert_eq!(ask(&app, send(format!("name=a&csrf={token}"))).await.status(), StatusCode::OK);
        let by_header = send("name=a".to_string()).insert_header((csrf::HEADER, token));
        assert_eq!(ask(&app, by_header).await.status(), StatusCode::OK);
    }

    #[actix_web::test]
    async fn a_form_that_is_too_large_or_no_form_at_all_is_refused() {
        let place = place().await;
        let app = app(&place, |routes| {
            routes.route("/m/x", post().to(greet));
        })
        .await;
        let form = |body: Vec<u8>| {
            let kind = ("Content-Type", "application/x-www-form-urlencoded");
            TestRequest::post().uri("/m/x").insert_header(kind).set_payload(body)
        };
        let large = ask(&app, form(vec![b'a'; BODY + 1])).await;
        assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert!(text(large).await.contains("最多 64 KB"));
        assert_eq!(ask(&app, form(vec![0xff, 0xfe])).await.status(), StatusCode::BAD_REQUEST);
        let json = TestRequest::post().uri("/m/x").set_json(serde_json::json!({"name": "a"}));
        assert_eq!(ask(&app, json).await.status(), StatusCode::BAD_REQUEST);
    }
}
