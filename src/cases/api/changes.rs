//! The ordered feed of everything that happened to the caller's cases: what other systems keep themselves in step by.

use std::time::Duration;

use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use super::cases::caller;
use crate::base::cache::Message;
use crate::base::clock::Instant;
use crate::cases::{CHANNEL, Cases, feed};
use crate::web::{Error, StaffUser};

/// The longest that an answer waits for something to happen.
const LONGEST: u64 = 30;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    after: i64,
    limit: Option<u64>,
    /// Seconds to wait when nothing has happened yet.
    #[serde(default)]
    wait: u64,
}

#[derive(Serialize)]
pub(super) struct Changes {
    items: Vec<ChangeJson>,
    /// What the next question names as `after`.
    next: i64,
}

#[derive(Serialize)]
pub(super) struct ChangeJson {
    seq: i64,
    public_no: i64,
    act: String,
    from: String,
    to: String,
    part: String,
    unit: String,
    version: i64,
    at: Instant,
}

impl ChangeJson {
    fn of(change: feed::Told) -> ChangeJson {
        let feed::Told { event, file } = change;
        ChangeJson {
            seq: event.seq.unwrap_or_default(),
            public_no: file.public_no,
            act: event.kind,
            from: event.from_state,
            to: event.to_state,
            part: event.part,
            unit: event.unit,
            version: event.version,
            at: event.at,
        }
    }
}

pub(super) async fn list(
    cases: Data<Cases>,
    user: StaffUser,
    asked: Query<Asked>,
) -> Result<Json<Changes>, Error> {
    let caller = caller(&cases, &user).await?;
    // Heard from before the first look on: what happens between look and wait is not slept through.
    let mut messages = cases.base.cache.messages();
    let end = tokio::time::Instant::now() + Duration::from_secs(asked.wait.min(LONGEST));
    let limit = asked.limit.unwrap_or(feed::PAGE).clamp(1, feed::PAGE);
    loop {
        let told = feed::told(&cases, &caller, asked.after, limit).await?;
        let over = tokio::time::Instant::now() >= end || cases.base.stopping.is_cancelled();
        if !told.is_empty() || over {
            let items: Vec<ChangeJson> = told.into_iter().map(ChangeJson::of).collect();
            let next = items.last().map_or(asked.after, |last| last.seq);
            return Ok(Json(Changes { items, next }));
        }
        tokio::select! {
            () = cases.base.stopping.cancelled() => {}
            () = tokio::time::sleep_until(end) => {}
            () = announced(&mut messages) => {}
        }
    }
}

/// Until some case went on, or so much was missed that one may have.
async fn announced(messages: &mut broadcast::Receiver<Message>) {
    loop {
        match messages.recv().await {
            Ok(message) if message.channel != CHANNEL => {}
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
            // The process ends; what stands beside this decides.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}
