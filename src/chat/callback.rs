//! `/wechat/callback` over HTTP: thin, and never an answer that would show the user 该公众号提供的服务出现故障.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use tokio::time::{Instant, timeout_at};

use crate::wechat::callback::{CallbackError, Query};

use super::Chat;

/// The path that the platform knows.
pub const PATH: &str = "/wechat/callback";
/// The largest body that is read; real pushes are below 10 KiB.
const LIMIT: usize = 64 * 1024;

impl Chat {
    /// Adds the callback to an application. It must stand outside of sessions, CSRF checks and compression.
    pub fn routes(self: &Arc<Self>, config: &mut web::ServiceConfig) {
        let callback = web::resource(PATH)
            .app_data(web::Data::from(self.clone()))
            .route(web::get().to(verify))
            .route(web::post().to(receive));
        config.service(callback);
    }
}

/// The console checks the address; may come any time, and again.
async fn verify(chat: web::Data<Chat>, request: HttpRequest) -> HttpResponse {
    let query = Query::parse(request.query_string());
    match chat.account.verify_url(&query) {
        Ok(echo) => HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(echo.to_owned()),
        Err(error) => refuse(&chat, &error),
    }
}

async fn receive(chat: web::Data<Chat>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let deadline = Instant::now() + chat.budget;
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > LIMIT) {
        return refuse(&chat, &CallbackError::TooLarge);
    }
    let body = match timeout_at(deadline, read(payload)).await {
        Ok(Ok(Some(body))) => body,
        Ok(Ok(None)) => return refuse(&chat, &CallbackError::TooLarge),
        Ok(Err(error)) => return broken(&error),
        Err(over) => return broken(&over),
    };
    let opened = match chat.account.open(&Query::parse(request.query_string()), &body, chat.base.clock.now())
    {
        Ok(opened) => opened,
        Err(error) => return refuse(&chat, &error),
    };
    let worked;
    let reply = match chat.at_once(&opened.inbound) {
        Some(reply) => {
            chat.rights.record(&opened.inbound).await;
            reply
        }
        None => {
            worked = chat.clone().into_inner().reply(&opened.inbound, deadline).await;
            &worked
        }
    };
    let answer = opened.seal(reply, chat.base.clock.now(), rand::random());
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, HeaderValue::from_static(answer.content_type)))
        .body(answer.body)
}

/// The whole body, or `None` when it is over the limit. Nearly every push comes in one piece, which is not copied.
async fn read(mut payload: web::Payload) -> Result<Option<Bytes>, PayloadError> {
    let first = payload.try_next().await?.unwrap_or_default();
    let Some(mut piece) = payload.try_next().await? else {
        return Ok((first.len() <= LIMIT).then_some(first));
    };
    let mut body = BytesMut::from(first);
    loop {
        if body.len() + piece.len() > LIMIT {
            return Ok(None);
        }
        body.extend_from_slice(&piece);
        match payload.try_next().await? {
            Some(next) => piece = next,
            None => return Ok(Some(body.freeze())),
        }
    }
}

/// The peer learns nothing but the status; the operator reads why.
fn refuse(chat: &Chat, error: &CallbackError) -> HttpResponse {
    if let Some(unlogged) = chat.refusals.log_now(chat.base.clock.unix()) {
        match error {
            CallbackError::Stale { skew_seconds } => tracing::error!(
                skew_seconds,
                unlogged,
                "push refused: {error}. If this goes on, set this server's clock (NTP)"
            ),
            _ => tracing::warn!(unlogged, "push refused: {error}"),
        }
    }
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::FORBIDDEN);
    HttpResponse::new(status)
}

/// One line a second at most: anybody can call the address, and must not fill the log.
#[derive(Default)]
pub(super) struct Refusals {
    second: AtomicI64,
    unlogged: AtomicU64,
}

impl Refusals {
    /// Whether this second may still be logged, and how many refusals were not before.
    fn log_now(&self, second: i64) -> Option<u64> {
        if self.second.swap(second, Relaxed) == second {
            self.unlogged.fetch_add(1, Relaxed);
            return None;
        }
        Some(self.unlogged.swap(0, Relaxed))
    }
}

/// The body never came whole, so nobody waits for the answer.
fn broken(error: &dyn std::error::Error) -> HttpResponse {
    tracing::info!(%error, "a push broke off");
    HttpResponse::new(StatusCode::BAD_REQUEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::dev;
    use actix_web::test::TestRequest;
    use actix_web::{FromRequest, web::Payload};
    use futures_util::stream;

    async fn body(pieces: Vec<Vec<u8>>) -> Option<Bytes> {
        let pieces = stream::iter(pieces.into_iter().map(|piece| Ok(Bytes::from(piece))));
        let mut payload: dev::Payload = dev::Payload::Stream { payload: Box::pin(pieces) };
        let request = TestRequest::default().to_http_request();
        read(Payload::from_request(&request, &mut payload).await.unwrap()).await.unwrap()
    }

    #[actix_web::test]
    async fn a_body_is_read_whole_in_one_piece_or_many_and_never_beyond_the_limit() {
        assert_eq!(body(vec![]).await.unwrap(), "");
        assert_eq!(body(vec![b"<xml/>".to_vec()]).await.unwrap(), "<xml/>");
        assert_eq!(body(vec![b"<x".to_vec(), b"ml".to_vec(), b"/>".to_vec()]).await.unwrap(), "<xml/>");
        let half = vec![0; LIMIT / 2];
        assert_eq!(body(vec![half.clone(), half.clone()]).await.map(|body| body.len()), Some(LIMIT));
        assert_eq!(body(vec![half.clone(), half, vec![0]]).await, None);
        assert_eq!(body(vec![vec![0; LIMIT + 1]]).await, None);
    }

    #[test]
    fn refusals_are_logged_once_a_second_with_the_number_of_the_others() {
        let refusals = Refusals::default();
        assert_eq!(refusals.log_now(1), Some(0));
        assert_eq!((refusals.log_now(1), refusals.log_now(1)), (None, None));
        assert_eq!(refusals.log_now(2), Some(2));
        assert_eq!(refusals.log_now(5), Some(0));
    }
}
