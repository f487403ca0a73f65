//! Deliveries of one push: the platform repeats what was not answered in time, perhaps to another replica.
//!
//! Kept in the cache that replicas share. Losing it repeats the work, not its effects: those have [`Turn::op_id`].
//!
//! [`Turn::op_id`]: super::skill::Turn::op_id

use std::time::Duration;

use bytes::Bytes;

use crate::base::cache::Cache;
use crate::wechat::reply::Reply;

/// How long an answered push is remembered; the platform's last repeat comes about 15 s after the first delivery.
const KEEP: Duration = Duration::from_secs(120);
/// How long the work may go on beyond the budget before it is taken for dead and a repeat does it again.
const MARGIN: Duration = Duration::from_secs(2);
/// Stands where the reply will be.
const WORKING: Bytes = Bytes::new();

pub struct Repeats {
    cache: Cache,
    lease: Duration,
}

/// What is known of a push when a delivery comes in.
#[derive(Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The first: the caller does the work, and says [`Repeats::answered`].
    First,
    /// Another delivery is being worked on.
    Working,
    Answered(Reply),
}

impl Repeats {
    /// `budget`: the longest that a delivery waits for its answer.
    pub fn new(cache: Cache, budget: Duration) -> Repeats {
        Repeats { cache, lease: budget + MARGIN }
    }

    pub async fn deliver(&self, key: &str) -> Delivery {
        let key = name(key);
        if self.cache.set_if_absent(&key, WORKING, self.lease).await {
            return Delivery::First;
        }
        match self.cache.get(&key).await {
            Some(bytes) if !bytes.is_empty() => match serde_json::from_slice(&bytes) {
                Ok(reply) => Delivery::Answered(reply),
                Err(error) => {
                    // Another version of this program wrote it; the user has that version's answer.
                    tracing::warn!(%error, "the reply to an earlier delivery cannot be read");
                    Delivery::Answered(Reply::Success)
                }
            },
            _ => Delivery::Working,
        }
    }

    pub async fn answered(&self, key: &str, reply: &Reply) {
        match serde_json::to_vec(reply) {
            Ok(bytes) => self.cache.set(&name(key), bytes, KEEP).await,
            Err(error) => tracing::error!(%error, "a reply cannot be stored"),
        }
    }
}

fn name(key: &str) -> String {
    format!("push:{key}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Clock;
    use chrono::TimeDelta;

    fn repeats() -> (Repeats, Clock) {
        let clock = Clock::manual(Default::default());
        (Repeats::new(Cache::memory(clock.clone()), Duration::from_secs(4)), clock)
    }

    #[tokio::test]
    async fn a_repeat_gets_the_reply_for_more_than_a_minute() {
        let (repeats, clock) = repeats();
        assert_eq!(repeats.deliver("k").await, Delivery::First);
        assert_eq!(repeats.deliver("k").await, Delivery::Working);
        repeats.answered("k", &Reply::text("好")).await;
        clock.advance(TimeDelta::seconds(61));
        assert_eq!(repeats.deliver("k").await, Delivery::Answered(Reply::text("好")));
        assert_eq!(repeats.deliver("other").await, Delivery::First);
    }

    #[tokio::test]
    async fn work_that_died_is_done_again_by_a_later_delivery() {
        let (repeats, clock) = repeats();
        assert_eq!(repeats.deliver("k").await, Delivery::First);
        clock.advance(TimeDelta::seconds(5));
        assert_eq!(repeats.deliver("k").await, Delivery::Working, "the answer may still come");
        clock.advance(TimeDelta::seconds(2));
        assert_eq!(repeats.deliver("k").await, Delivery::First);
    }
}
