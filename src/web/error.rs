//! The one way in which a handler fails, and what a person or a program then sees.

use std::fmt::Write as _;

use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, LOCATION, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use askama::Template;
use sea_orm::DbErr;

use super::{Context, Layout, code_of};
use crate::base::error::{Coded, describe, text};

/// A code of the error table with its text filled in. Any module's error becomes one by `?`.
#[derive(Debug, Clone)]
pub struct Error {
    code: &'static str,
    status: StatusCode,
    message: String,
    field: Option<&'static str>,
    retry_after: Option<u64>,
    /// Of a thing that somebody else changed: what it is at now.
    version: Option<i64>,
    /// For the log alone.
    cause: Option<String>,
}

impl Error {
    /// The error `code`, whose text needs no details.
    pub fn new(code: &'static str) -> Error {
        let text = text(code);
        Error {
            code: text.code,
            status: StatusCode::from_u16(text.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            message: text.zh.to_string(),
            field: None,
            retry_after: None,
            version: None,
            cause: None,
        }
    }

    /// `limit` in bytes.
    pub fn too_large(limit: usize) -> Error {
        let mut error = Error::new("too_large");
        let limit =
            if limit >= 1 << 20 { format!("{} MB", limit >> 20) } else { format!("{} KB", limit >> 10) };
        error.message = error.message.replace("{limit}", &limit);
        error
    }

    /// One form field that is not right: its name in the form, its name on the page, and what is wrong with it.
    pub fn invalid(field: &'static str, label: &str, problem: &str) -> Error {
        let mut error = Error::new("invalid");
        error.message = error.message.replace("{field}", label).replace("{problem}", problem);
        error.field = Some(field);
        error
    }

    /// Adds what really happened, for the log.
    pub fn because(self, cause: impl std::error::Error) -> Error {
        let chain = chain(&cause);
        self.because_of(chain)
    }

    pub fn because_of(mut self, cause: impl Into<String>) -> Error {
        self.cause = Some(cause.into());
        self
    }

    /// Tells programs how many seconds to wait.
    pub fn retry_after(mut self, seconds: u64) -> Error {
        self.retry_after = Some(seconds);
        self
    }

    /// Tells programs which version they should have named.
    pub fn at_version(mut self, version: i64) -> Error {
        self.version = Some(version);
        self
    }

    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The HTTP status; from 500 on it is ours to mend, not the person's.
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    pub fn message(&self) -> &str {
        &self.message
    }

    pub fn field(&self) -> Option<&'static str> {
        self.field
    }

    /// What actix refused by itself: an unknown path, a body that is too large.
    pub(super) fn from_actix(error: &actix_web::Error) -> Error {
        let status = error.as_response_error().status_code();
        let made = Error::new(code_of(status));
        let made = if made.code == "too_large" { Error::too_large(super::BODY) } else { made };
        made.because_of(error.to_string())
    }
}

/// Unlike other errors, not [`Coded`] itself: so every coded error converts.
impl<E: Coded> From<E> for Error {
    fn from(error: E) -> Error {
        let (status, message) = describe(&error);
        let mut made = Error::new(error.code());
        made.status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        made.message = message;
        made.field = error.field();
        made.because_of(chain(&error))
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Error {
        Error::new("unavailable").because(error)
    }
}

impl From<askama::Error> for Error {
    fn from(error: askama::Error) -> Error {
        Error::new("internal").because(error)
    }
}

/// An error and everything behind it in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let told = cause.to_string();
        if !line.ends_with(&told) && write!(line, ": {told}").is_err() {
            break;
        }
        next = cause.source();
    }
    line
}

impl std::fmt::Display for Error {
    fn fmt(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(out, "{}", self.code)?;
        self.cause.iter().try_for_each(|cause| write!(out, ": {cause}"))
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    /// Without words: the frame draws the page, knowing who asked.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status)
    }
}

#[derive(Template)]
#[template(path = "error_phone.html")]
struct PhonePage<'a> {
    page: Layout,
    title: &'a str,
    advice: &'a str,
    sign: &'static str,
    link: Option<Link>,
}

#[derive(Template)]
#[template(path = "error_desk.html")]
struct DeskPage<'a> {
    page: Layout,
    title: &'a str,
    advice: &'a str,
    link: Option<Link>,
}

/// Where to go from here.
struct Link {
    href: String,
    text: &'static str,
}

/// The answer to a request that failed. Logs what people must not see.
pub(super) fn draw(error: &Error, context: &Context) -> HttpResponse {
    log(error, context);
    if context.is_desk() && error.code == "login_required" && !context.json {
        let back = if context.is_visit() { &context.target } else { "/desk" };
        let query: String = url::form_urlencoded::byte_serialize(back.as_bytes()).collect();
        return HttpResponse::SeeOther()
            .insert_header((LOCATION, format!("/desk/login?back={query}")))
            .finish();
    }
    let mut answer = HttpResponse::build(error.status);
    if let Some(seconds) = error.retry_after {
        answer.insert_header((RETRY_AFTER, seconds));
    }
    if context.json {
        let mut body = serde_json::json!({
            "code": error.code,
            "message": error.message,
            "request_id": context.request_id,
        });
        if let Some(field) = error.field {
            body["field"] = field.into();
        }
        if let Some(version) = error.version {
            answer.insert_header((ETAG, format!("\"{version}\"")));
            body["version"] = version.into();
        }
        return answer.json(body);
    }
    let page = Layout::bare(context);
    let (title, advice) = split(&error.message);
    let drawn = if context.is_desk() {
        let desk = || Link { href: "/desk".to_string(), text: "返回工作台" };
        let link = Some(way_on(error, context).unwrap_or_else(desk));
        DeskPage { page, title, advice, link }.render()
    } else {
        let sign = if error.status.is_server_error() || error.status == StatusCode::TOO_MANY_REQUESTS {
            "sign-wait"
        } else {
            "sign-info"
        };
        PhonePage { page, title, advice, sign, link: way_on(error, context) }.render()
    };
    match drawn {
        Ok(html) => answer.content_type("text/html; charset=utf-8").body(html),
        Err(cause) => {
            tracing::error!(request_id = %context.request_id, %cause, "the error page cannot be drawn");
            answer.content_type("text/plain; charset=utf-8").body(error.message.clone())
        }
    }
}

/// A refused form leads back to its page; a broken visit can be tried again.
fn way_on(error: &Error, context: &Context) -> Option<Link> {
    if !context.is_visit() {
        return context.referer.clone().map(|href| Link { href, text: "返回" });
    }
    (error.status.is_server_error() || error.status == StatusCode::TOO_MANY_REQUESTS)
        .then(|| Link { href: context.target.clone(), text: "再试一次" })
}

/// The first sentence is the title, the rest is the advice.
fn split(message: &str) -> (&str, &str) {
    match message.split_once('。') {
        Some((title, advice)) => (title, advice),
        None => (message, ""),
    }
}

fn log(error: &Error, context: &Context) {
    let (id, code, cause) = (&context.request_id, error.code, error.cause.as_deref().unwrap_or(""));
    if error.status.is_server_error() {
        tracing::error!(request_id = %id, code, cause, path = %context.path, "request failed");
    } else {
        tracing::debug!(request_id = %id, code, cause, path = %context.path, "request refused");
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use actix_web::web::{get, post};

    use super::*;
    use crate::people::staff::StaffError;
    use crate::web::testing::{app, ask, header, place, text};

    #[derive(Debug, thiserror::Error)]
    #[error("the outer")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn a_modules_error_brings_its_text_its_field_and_its_chain() {
        let error = Error::from(StaffError::Invalid("password", "至少 8 个字符。"));
        assert_eq!((error.code(), error.field()), ("invalid", Some("password")));
        assert_eq!(error.message(), "密码：至少 8 个字符。");
        let error = Error::new("internal").because(Outer(std::io::Error::other("disk full")));
        assert_eq!(error.to_string(), "internal: the outer: disk full");
    }

    #[test]
    fn sizes_are_told_as_people_say_them() {
        assert_eq!(Error::too_large(64 << 10).message(), "内容太大，最多 64 KB。请缩小后再试。");
        assert_eq!(Error::too_large(2 << 20).message(), "内容太大，最多 2 MB。请缩小后再试。");
    }

    #[actix_web::test]
    async fn the_desk_leads_to_its_sign_in_and_back() {
        let place = place().await;
        let app = app(&place, |routes| {
            let closed = || async { Err::<String, _>(Error::new("login_required")) };
            routes
                .route("/desk/meetings", get().to(closed))
                .route("/desk/meetings", post().to(closed))
                .route("/api/v1/meetings", get().to(closed));
        })
        .await;
        let answer = ask(&app, TestRequest::get().uri("/desk/meetings?page=2")).await;
        assert_eq!(header(&answer, "location"), "/desk/login?back=%2Fdesk%2Fmeetings%3Fpage%3D2");
        let answer = ask(&app, TestRequest::post().uri("/desk/meetings")).await;
        assert_eq!(header(&answer, "location"), "/desk/login?back=%2Fdesk");
        let answer = ask(&app, TestRequest::get().uri("/api/v1/meetings")).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }

    #[actix_web::test]
    async fn programs_hear_the_field_and_when_to_come_back() {
        let place = place().await;
        let app = app(&place, |routes| {
            let invalid = || async {
                Err::<String, _>(Error::invalid("phone", "手机号", "请填 11 位手机号。"))
            };
            let busy = || async { Err::<String, _>(Error::new("rate_limited").retry_after(7)) };
            routes.route("/api/v1/a", get().to(invalid)).route("/api/v1/b", get().to(busy));
        })
        .await;
        let json = text(ask(&app, TestRequest::get().uri("/api/v1/a")).await).await;
        assert!(json.contains(r#""field":"phone""#) && json.contains("手机号：请填 11 位手机号。"), "{json}");
        assert_eq!(header(&ask(&app, TestRequest::get().uri("/api/v1/b")).await, "retry-after"), "7");
    }

    #[actix_web::test]
    async fn a_refused_form_leads_back_to_its_own_page_only() {
        let place = place().await;
        let app = app(&place, |routes| {
            routes.route("/m/x", post().to(|| async { Err::<String, _>(Error::new("window_closed")) }));
        })
        .await;
        let from =
            |referer: &'static str| TestRequest::post().uri("/m/x").insert_header(("Referer", referer));
        let page = text(ask(&app, from("http://city.test/m/x?t=1")).await).await;
        assert!(page.contains(r#"href="/m/x?t=1""#), "{page}");
        let page = text(ask(&app, from("http://evil.test/m/x")).await).await;
        assert!(!page.contains("evil"), "{page}");
    }
}
