//! The frame around every request: its id and log span, refusal of foreign forms, errors and panics drawn as
//! pages or JSON, and the headers that keep pages safe and fresh.

use std::panic::AssertUnwindSafe;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpResponse};
use futures_util::FutureExt;
use tracing::Instrument;

use super::{Context, Error, Web, csrf, error, oauth};
use crate::base::Base;

/// The middleware; the outermost one.
pub async fn frame<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(web) = request.app_data::<Data<Web>>().cloned() else {
        return Err(Error::new("internal").because_of("the application lacks `Web::routes`").into());
    };
    let context = Context::of(&request, web);
    request.extensions_mut().insert(context.clone());
    let span = tracing::info_span!(
        "request",
        id = %context.request_id,
        method = %context.method,
        path = %context.path,
    );
    run(request, next, context).instrument(span).await
}

/// Text in which no sign is NUL: nobody types one, and PostgreSQL stores none. `encoded` as in addresses and forms.
pub(super) fn written(encoded: &str) -> Result<(), Error> {
    if encoded.contains("%00") { Err(Error::new("bad_request").because_of("NUL in a text")) } else { Ok(()) }
}

async fn run<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
    context: Context,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let entered = csrf::origin(&context, request.headers()).and_then(|()| written(&context.target));
    if let Err(refused) = entered {
        let mut response = answer(refused, &context).await;
        finish(response.headers_mut(), &context);
        return Ok(request.into_response(response));
    }
    let failed = match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(Ok(response)) => {
            let wrong_method = response.status() == StatusCode::METHOD_NOT_ALLOWED;
            let failed = match response.response().error() {
                Some(failed) => Some(told(failed)),
                // actix answers these without an error and without words.
                None => wrong_method.then(|| Error::new("method_not_allowed")),
            };
            let mut response = match failed {
                Some(failed) => {
                    let allowed = response.headers().get(header::ALLOW).cloned();
                    let mut drawn = answer(failed, &context).await;
                    if let Some(allowed) = allowed {
                        drawn.headers_mut().insert(header::ALLOW, allowed);
                    }
                    response.into_response(drawn)
                }
                None => response.map_into_boxed_body(),
            };
            finish(response.response_mut().headers_mut(), &context);
            return Ok(response);
        }
        Ok(Err(failed)) => told(&failed),
        Err(panic) => Error::new("internal").because_of(format!("panic: {}", words(&*panic))),
    };
    let mut response = answer(failed.clone(), &context).await;
    finish(response.headers_mut(), &context);
    Err(InternalError::from_response(failed, response).into())
}

/// The answer to what failed. Who must be known first is sent to WeChat.
async fn answer(mut failed: Error, context: &Context) -> HttpResponse {
    if failed.code() == "wechat_required" && context.is_visit() {
        match oauth::start(context, &context.target).await {
            Ok(away) => return away,
            Err(error) => failed = error,
        }
    }
    error::draw(&failed, context)
}

fn told(error: &actix_web::Error) -> Error {
    match error.as_error::<Error>() {
        Some(ours) => ours.clone(),
        None => Error::from_actix(error),
    }
}

fn words(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without words")
}

/// Headers of every answer. Pages are never stored: WeChat's web view shows stored ones stubbornly.
fn finish(headers: &mut HeaderMap, context: &Context) {
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(HeaderName::from_static("x-request-id"), &context.request_id);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    let html = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("text/html"));
    if html && let Ok(policy) = HeaderValue::from_str(&context.web.policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// What a page of ours may load, and from where. Scripts and styles come from us, as files, and nothing is inline.
/// WeChat's client carries the calls of its JS-SDK in hidden frames with addresses of its own (`weixin:`).
///
/// A server that plays WeChat on another address (the simulator) shows our pages inside its phone and is where
/// forms may lead to when somebody has to be known first; the real platform does the first without frames.
pub(super) fn content_policy(base: &Base) -> String {
    let platform = base.config.wechat.as_ref().map(|wechat| wechat.open_base.origin().ascii_serialization());
    let forms = platform.as_deref().unwrap_or("");
    let frames = platform.as_deref().filter(|origin| !origin.ends_with(".qq.com")).unwrap_or("");
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; frame-src weixin:; base-uri 'none'; form-action 'self' {forms}; frame-ancestors 'self' {frames}"
    )
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use actix_web::test::TestRequest;
    use actix_web::web::get;

    use super::*;
    use crate::base::config::Options;
    use crate::web::testing::{app, ask, header, place, place_with, text};

    async fn fails() -> Result<&'static str, Error> {
        Err(Error::new("internal").because_of("password=hunter2 at 10.0.0.7"))
    }

    #[allow(clippy::panic, reason = "what the frame is there to catch")]
    async fn panics() -> &'static str {
        panic!("a secret of the inside")
    }

    #[actix_web::test]
    async fn every_answer_carries_its_id_and_safe_headers() {
        let place = place().await;
        let app = app(&place, |routes| {
            routes
                .route("/m/x", get().to(|| async { HttpResponse::Ok().content_type("text/html").body("") }));
        })
        .await;
        let answer = ask(&app, TestRequest::get().uri("/m/x")).await;
        assert_eq!(header(&answer, "x-request-id").len(), 10);
        assert_eq!(header(&answer, "cache-control"), "no-store");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
        let policy = header(&answer, "content-security-policy");
        assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
    }

    #[actix_web::test]
    async fn what_went_wrong_inside_is_not_shown() {
        let place = place().await;
        let app = app(&place, |routes| {
            routes.route("/m/x", get().to(fails)).route("/api/v1/x", get().to(fails));
        })
        .await;
        let answer = ask(&app, TestRequest::get().uri("/m/x")).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let id = header(&answer, "x-request-id").to_string();
        let page = text(answer).await;
        assert!(page.contains("服务暂时出了问题") && page.contains(&id), "{page}");
        assert!(!page.contains("hunter2"), "{page}");

        let json = text(ask(&app, TestRequest::get().uri("/api/v1/x")).await).await;
        assert!(json.contains(r#""code":"internal""#) && json.contains("request_id"), "{json}");
        assert!(!json.contains("hunter2"), "{json}");
    }

    #[actix_web::test]
    async fn a_panic_is_an_ordinary_error_for_people() {
        let place = place().await;
        let app = app(&place, |routes| {
            routes.route("/m/x", get().to(panics));
        })
        .await;
        let answer = ask(&app, TestRequest::get().uri("/m/x")).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(header(&answer, "cache-control"), "no-store");
        let page = text(answer).await;
        assert!(page.contains("服务暂时出了问题") && !page.contains("secret"), "{page}");
    }

    #[actix_web::test]
    async fn an_unknown_address_says_so_in_the_form_that_was_asked_for() {
        let place = place().await;
        let app = app(&place, |_| {}).await;
        let page = ask(&app, TestRequest::get().uri("/nowhere")).await;
        assert_eq!(page.status(), StatusCode::NOT_FOUND);
        assert!(text(page).await.contains("没有找到这个页面"));
        let json = text(ask(&app, TestRequest::get().uri("/api/v1/nowhere")).await).await;
        assert!(json.contains(r#""code":"not_found""#), "{json}");
    }

    #[actix_web::test]
    async fn only_a_server_that_plays_wechat_may_frame_our_pages() {
        let wechat = |open_base: &str| Options {
            wechat_app_id: Some("wx1234567890abcdef".to_string()),
            wechat_app_secret: Some("0123456789abcdef0123456789abcdef".to_string()),
            wechat_token: Some("token".to_string()),
            wechat_mode: Some("plain".to_string()),
            wechat_open_base: Some(open_base.to_string()),
            ..Options::default()
        };
        let real = place_with(wechat("https://open.weixin.qq.com")).await;
        assert!(content_policy(&real.web.base).ends_with("frame-ancestors 'self' "));
        let simulated = place_with(wechat("http://127.0.0.1:8090")).await;
        assert!(
            content_policy(&simulated.web.base).ends_with("frame-ancestors 'self' http://127.0.0.1:8090")
        );
    }
}
