//! Event streams for screens and dashboards. Phones never hold one: in the background they lose it, and a
//! thousand of them would hold a thousand sockets for one number.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, ContentEncoding};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use tokio_stream::wrappers::IntervalStream;

use super::{Context, Error};

/// One event: its name and its data, already JSON.
#[derive(Clone, Debug)]
pub struct Event {
    text: Bytes,
}

/// A listener that heard nothing for 5 s says that it is disconnected.
const BEAT: Duration = Duration::from_secs(2);

impl Event {
    /// `name` has no line breaks; JSON has none either.
    pub fn new(name: &str, data: &impl Serialize) -> Result<Event, Error> {
        let json = serde_json::to_string(data).map_err(|error| Error::new("internal").because(error))?;
        Ok(Event { text: Bytes::from(format!("event: {name}\ndata: {json}\n\n")) })
    }
}

/// Answers with `events` as they come and a `beat` `{"now": milliseconds}` every 2 s. It ends with them, when the
/// process is asked to stop, or when the client is gone; then the client asks again, from a full picture.
pub fn stream(context: &Context, events: impl Stream<Item = Event> + 'static) -> Result<HttpResponse, Error> {
    let place = context
        .web
        .streams
        .clone()
        .try_acquire_owned()
        .map_err(|_| Error::new("unavailable").because_of("too many open streams").retry_after(5))?;
    let clock = context.web.base.clock.clone();
    let beats = IntervalStream::new(tokio::time::interval(BEAT)).map(move |_| {
        Some(Bytes::from(format!("event: beat\ndata: {{\"now\":{}}}\n\n", clock.now().timestamp_millis())))
    });
    let events = events.map(|event| Some(event.text)).chain(stream::once(async { None }));
    let body = stream::select(events, beats)
        .take_while(|part| std::future::ready(part.is_some()))
        .filter_map(std::future::ready)
        .take_until(context.web.base.stopping.clone().cancelled_owned())
        .map(move |part| {
            // The place is free again when the stream is dropped.
            let _held = &place;
            Ok::<_, Infallible>(part)
        });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        // Compression would hold events back until a block is full; so would a buffering proxy.
        .insert_header(ContentEncoding::Identity)
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(body))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use actix_web::web::get;
    use actix_web::{HttpResponse, body::MessageBody};

    use super::*;
    use crate::web::testing::{app, ask, header, place, text};

    async fn two_events(context: Context) -> Result<HttpResponse, Error> {
        let events =
            [Event::new("attendance", &serde_json::json!({"name": "a\nb"}))?, Event::new("code", &1)?];
        super::stream(&context, futures_util::stream::iter(events))
    }

    async fn no_events(context: Context) -> Result<HttpResponse, Error> {
        super::stream(&context, futures_util::stream::pending())
    }

    #[actix_web::test]
    async fn events_follow_each_other_unbuffered_and_end_with_their_source() {
        let place = place().await;
        let app = app(&place, |routes| {
            routes.route("/s", get().to(two_events));
        })
        .await;
        let answer = ask(&app, TestRequest::get().uri("/s")).await;
        assert_eq!(header(&answer, "content-type"), "text/event-stream");
        assert_eq!(header(&answer, "x-accel-buffering"), "no");
        assert_eq!(header(&answer, "content-encoding"), "identity");
        let body = text(answer).await;
        let name = body.find("event: attendance\ndata: {\"name\":\"a\\nb\"}\n\n");
        assert!(name < body.find("event: code\ndata: 1\n\n"), "{body}");
    }

    #[actix_web::test]
    async fn a_quiet_stream_beats_and_ends_when_the_process_stops() {
        let place = place().await;
        let app = app(&place, |routes| {
            routes.route("/s", get().to(no_events));
        })
        .await;
        let mut body = Box::pin(ask(&app, TestRequest::get().uri("/s")).await.into_body());
        let first = std::future::poll_fn(|cx| body.as_mut().poll_next(cx)).await.unwrap().unwrap();
        assert!(first.starts_with(b"event: beat\ndata: {\"now\":"));
        place.web.base.stopping.cancel();
        assert!(std::future::poll_fn(|cx| body.as_mut().poll_next(cx)).await.is_none());
    }
}
