//! A program's write: its JSON body, and the `Idempotency-Key` by which a repeat gets the first answer.

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use bytes::BytesMut;
use futures_util::StreamExt;
use futures_util::future::{LocalBoxFuture, Ready, ready};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::context::context;
use super::{Context, Error, JSON_BODY, StaffUser};
use crate::base::privacy::digest;
use crate::people::receipt::{self, Claim, ReceiptError};

/// The header that names a write.
pub const KEY: &str = "Idempotency-Key";
/// Marks an answer that was given before.
pub const REPLAYED: &str = "Idempotent-Replayed";
/// As JSON writes the sign that no text has.
const NUL: &[u8] = b"\\u0000";
/// The longest key, in characters.
const LONGEST_KEY: usize = 200;

/// The JSON body of a member of staff; no body at all reads as `{}`. Nothing is read of anybody else's.
#[derive(Debug)]
pub struct Sent<T> {
    pub value: T,
    /// Of the bytes as they came, for [`Call::once`].
    pub digest: String,
}

impl<T: DeserializeOwned + 'static> FromRequest for Sent<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Sent<T>, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let json = kind.is_none_or(|kind| kind.starts_with("application/json"));
        let mut payload = payload.take();
        let request = request.clone();
        Box::pin(async move {
            StaffUser::find(&request).await?.ok_or_else(|| Error::new("login_required"))?;
            let mut bytes = BytesMut::new();
            while let Some(chunk) = payload.next().await {
                let chunk = chunk.map_err(|error| Error::new("bad_request").because(error))?;
                if bytes.len() + chunk.len() > JSON_BODY {
                    return Err(Error::too_large(JSON_BODY));
                }
                bytes.extend_from_slice(&chunk);
            }
            if !json && !bytes.is_empty() {
                return Err(Error::invalid(
                    "body",
                    "请求内容",
                    "应为 JSON，Content-Type 应为 application/json。",
                ));
            }
            // PostgreSQL stores no NUL, and nobody types one.
            if bytes.windows(NUL.len()).any(|part| part == NUL) {
                return Err(Error::invalid("body", "请求内容", "不能含有空字符（\\u0000）。"));
            }
            let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
            let value = serde_json::from_slice(text).map_err(unreadable)?;
            Ok(Sent { value, digest: digest(&bytes) })
        })
    }
}

fn unreadable(error: serde_json::Error) -> Error {
    let place = format!("第 {} 行第 {} 列", error.line(), error.column());
    let problem = if error.is_data() { "内容不符合接口说明" } else { "不是有效的 JSON" };
    Error::invalid("body", "请求内容", &format!("{place}{problem}。")).because(error)
}

/// One write of a program.
pub struct Call {
    context: Context,
    key: Option<String>,
    /// Method, path and query.
    target: String,
}

/// What a write came to.
pub struct Done {
    status: StatusCode,
    body: Result<String, serde_json::Error>,
}

impl Done {
    pub fn ok(body: &impl Serialize) -> Done {
        Done { status: StatusCode::OK, body: serde_json::to_string(body) }
    }

    pub fn created(body: &impl Serialize) -> Done {
        Done { status: StatusCode::CREATED, body: serde_json::to_string(body) }
    }
}

impl FromRequest for Call {
    type Error = Error;
    type Future = Ready<Result<Call, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request))
    }
}

fn read(request: &HttpRequest) -> Result<Call, Error> {
    let context = context(request)?;
    let key = request.headers().get(KEY).map(|value| value.to_str().unwrap_or("").to_string());
    if key.as_ref().is_some_and(|key| key.trim().is_empty() || key.len() > LONGEST_KEY) {
        return Err(Error::invalid(KEY, KEY, "应为 1 到 200 个 ASCII 字符。"));
    }
    let target = format!("{} {}", context.method, context.target);
    Ok(Call { context, key, target })
}

impl Call {
    /// Does `work` once for the key of this call; a repeat gets the first answer, and another call with the same key
    /// is `op_conflict`. Only a success is kept: what was refused changed nothing and may be tried again.
    ///
    /// `work` is given an operation id that is the same at every try. It must be safe to begin again under it: a
    /// first try may have been cut off after its commit.
    pub async fn once(
        self,
        staff: &StaffUser,
        body: &str,
        work: impl AsyncFnOnce(Uuid) -> Result<Done, Error>,
    ) -> Result<HttpResponse, Error> {
        let Some(key) = self.key else { return answer(settled(work(Uuid::now_v7()).await?)?, false) };
        let base = &self.context.web.base;
        let call = digest(format!("{} {body}", self.target).as_bytes());
        let op = match receipt::claim(base, staff.id, &key, &call).await.map_err(failed)? {
            Claim::Open(op) => op,
            Claim::Done(first) => return answer(first, true),
            Claim::Taken => return Err(Error::new("op_conflict")),
        };
        let done = settled(work(op).await?)?;
        match receipt::settle(base, staff.id, &key, &call, done.clone()).await {
            Ok(kept) => answer(kept, false),
            Err(error) => {
                // The work is committed, so this answer is true; a repeat does the same work under the same id.
                tracing::warn!(%error, "an answer could not be kept");
                answer(done, false)
            }
        }
    }
}

fn settled(done: Done) -> Result<receipt::Answer, Error> {
    let body = done.body.map_err(|error| Error::new("internal").because(error))?;
    Ok(receipt::Answer { status: done.status.as_u16(), body })
}

fn failed(error: ReceiptError) -> Error {
    let code = match error {
        ReceiptError::Database(_) => "unavailable",
        ReceiptError::Key(_) => "internal",
    };
    Error::new(code).because(error)
}

fn answer(kept: receipt::Answer, replayed: bool) -> Result<HttpResponse, Error> {
    let status = StatusCode::from_u16(kept.status).map_err(|error| Error::new("internal").because(error))?;
    let mut answer = HttpResponse::build(status);
    if replayed {
        answer.insert_header((REPLAYED, "true"));
    }
    Ok(answer.content_type("application/json").body(kept.body))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use actix_web::test::TestRequest;
    use actix_web::web::{get, post, resource};
    use serde::Deserialize;

    use super::*;
    use crate::people::session::{self, Kind};
    use crate::people::staff::{self, Role};
    use crate::web::testing::{Place, TestApp, app, ask, header, place, text};
    use crate::web::{Organiser, Sent};

    static WORK: AtomicUsize = AtomicUsize::new(0);

    #[derive(Deserialize)]
    struct Order {
        #[serde(default)]
        fail: bool,
    }

    async fn work(user: Organiser, call: Call, order: Sent<Order>) -> Result<HttpResponse, Error> {
        call.once(&user.0, &order.digest, async |op| {
            if order.value.fail {
                return Err(Error::new("window_closed"));
            }
            let count = WORK.fetch_add(1, Ordering::SeqCst);
            Ok(Done::created(&serde_json::json!({"op": op, "count": count})))
        })
        .await
    }

    async fn staffed() -> (Place, TestApp, String) {
        let place = place().await;
        let app = app(&place, |routes| {
            routes.service(resource("/api/v1/x").post(work).get(|| async { "" }));
        })
        .await;
        let base = &place.web.base;
        let id = staff::add(base, "li", "李明", Role::Organiser, "correct horse", "test").await.unwrap();
        let token = session::open(base, Kind::Api, id, "test").await.unwrap().token;
        (place, app, token)
    }

    fn send(token: &str, key: Option<&str>, body: &'static str) -> TestRequest {
        let request = TestRequest::post()
            .uri("/api/v1/x")
            .insert_header(("Authorization", format!("Bearer {token}")))
            .insert_header(("Content-Type", "application/json"))
            .set_payload(body);
        match key {
            Some(key) => request.insert_header((KEY, key.to_string())),
            None => request,
        }
    }

    #[actix_web::test]
    async fn the_same_write_again_gets_the_first_answer_and_does_nothing() {
        let (_place, app, token) = staffed().await;
        let first = ask(&app, send(&token, Some("k1"), "{}")).await;
        assert_eq!((first.status(), header(&first, REPLAYED)), (StatusCode::CREATED, ""));
        let first = text(first).await;
        let second = ask(&app, send(&token, Some("k1"), "{}")).await;
        assert_eq!((second.status(), header(&second, REPLAYED)), (StatusCode::CREATED, "true"));
        assert_eq!(text(second).await, first);
        assert_ne!(text(ask(&app, send(&token, Some("k2"), "{}")).await).await, first);
        assert_ne!(text(ask(&app, send(&token, None, "{}")).await).await, first);
    }

    #[actix_web::test]
    async fn another_write_under_a_used_key_is_a_conflict() {
        let (_place, app, token) = staffed().await;
        ask(&app, send(&token, Some("k1"), "{}")).await;
        let other = ask(&app, send(&token, Some("k1"), r#"{"a": 1}"#)).await;
        assert_eq!(other.status(), StatusCode::CONFLICT);
        assert!(text(other).await.contains("op_conflict"));
    }

    #[actix_web::test]
    async fn a_refused_write_may_be_tried_again_under_its_key() {
        let (place, app, token) = staffed().await;
        let refused = ask(&app, send(&token, Some("k1"), r#"{"fail": true}"#)).await;
        assert!(text(refused).await.contains("window_closed"));
        let again = ask(&app, send(&token, Some("k1"), r#"{"fail": true}"#)).await;
        assert!(text(again).await.contains("window_closed"));
        place.web.base.clock.advance(receipt::LIFE + chrono::TimeDelta::seconds(1));
        assert_eq!(receipt::sweep(&place.web.base).await.unwrap(), 1);
    }

    #[actix_web::test]
    async fn a_body_or_key_that_cannot_be_read_is_named() {
        let (_place, app, token) = staffed().await;
        let broken = text(ask(&app, send(&token, None, "{\"fail\":")).await).await;
        assert!(broken.contains(r#""field":"body""#) && broken.contains("第 1 行第 8 列"), "{broken}");
        let wrong = text(ask(&app, send(&token, None, r#"{"fail": 3}"#)).await).await;
        assert!(wrong.contains("不符合接口说明"), "{wrong}");
        let long = "k".repeat(LONGEST_KEY + 1);
        let key = text(ask(&app, send(&token, Some(&long), "{}")).await).await;
        assert!(key.contains(r#""field":"Idempotency-Key""#), "{key}");
    }

    #[actix_web::test]
    async fn a_wrong_method_is_told_as_every_error_is() {
        let place = place().await;
        let app = app(&place, |routes| {
            routes.route("/api/v1/y", get().to(|| async { "" }));
            routes.service(resource("/api/v1/x").route(post().to(|| async { "" })));
        })
        .await;
        let answer = ask(&app, TestRequest::delete().uri("/api/v1/x")).await;
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert!(text(answer).await.contains(r#""code":"method_not_allowed""#));
    }
}
