//! Short-lived state shared by replicas: values, locks, counters, messages. Memory alone, or Redis.
//!
//! Nothing here is the only copy of anything that matters: when Redis is away, each replica goes on with its own
//! memory, and every rule still holds in the database.

mod memory;
mod redis_store;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::base::clock::Clock;
use memory::Memory;
use redis_store::RedisStore;

/// A message that some replica published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub channel: String,
    pub payload: String,
}

/// Values, locks, counters and messages with a life time. Cheap to clone; no call fails.
#[derive(Clone)]
pub struct Cache {
    store: Store,
    messages: broadcast::Sender<Message>,
}

#[derive(Clone)]
enum Store {
    Memory(Arc<Memory>),
    Redis(Arc<RedisStore>),
}

/// Messages that a slow listener may fall behind by before it loses the oldest; listeners re-read from the
/// database, so a lost message costs a moment, not a fact.
const BACKLOG: usize = 1024;

impl Cache {
    /// A cache of this process alone.
    pub fn memory(clock: Clock) -> Cache {
        let (messages, _) = broadcast::channel(BACKLOG);
        Cache { store: Store::Memory(Arc::new(Memory::new(clock))), messages }
    }

    /// Memory when `url` is absent, else Redis. `redis://host:port/db#prefix` puts `prefix` before every key.
    pub async fn connect(url: Option<&str>, clock: Clock) -> Result<Cache, redis::RedisError> {
        let Some(url) = url else { return Ok(Cache::memory(clock)) };
        let (messages, _) = broadcast::channel(BACKLOG);
        let store = RedisStore::connect(url, Memory::new(clock), messages.clone()).await?;
        Ok(Cache { store: Store::Redis(Arc::new(store)), messages })
    }

    pub async fn get(&self, key: &str) -> Option<Bytes> {
        match &self.store {
            Store::Memory(memory) => memory.get(key),
            Store::Redis(redis) => redis.get(key).await,
        }
    }

    pub async fn set(&self, key: &str, value: impl Into<Bytes>, ttl: Duration) {
        match &self.store {
            Store::Memory(memory) => memory.set(key, value.into(), ttl),
            Store::Redis(redis) => redis.set(key, value.into(), ttl).await,
        }
    }

    /// Sets `key` only where nothing is; says whether it did.
    pub async fn set_if_absent(&self, key: &str, value: impl Into<Bytes>, ttl: Duration) -> bool {
        match &self.store {
            Store::Memory(memory) => memory.set_if_absent(key, value.into(), ttl),
            Store::Redis(redis) => redis.set_if_absent(key, value.into(), ttl).await,
        }
    }

    /// Reads and removes in one step, so that a one-time value serves once.
    pub async fn take(&self, key: &str) -> Option<Bytes> {
        match &self.store {
            Store::Memory(memory) => memory.take(key),
            Store::Redis(redis) => redis.take(key).await,
        }
    }

    pub async fn delete(&self, key: &str) {
        self.take(key).await;
    }

    /// Adds one to a counter and returns it; the life time starts with the first.
    pub async fn increment(&self, key: &str, ttl: Duration) -> i64 {
        match &self.store {
            Store::Memory(memory) => memory.increment(key, ttl),
            Store::Redis(redis) => redis.increment(key, ttl).await,
        }
    }

    /// Takes a lock that ends by itself after `ttl`; `None` when another holds it.
    pub async fn lock(&self, key: &str, ttl: Duration) -> Option<Lock> {
        let token = Uuid::new_v4().to_string();
        let key = format!("lock:{key}");
        self.set_if_absent(&key, token.clone(), ttl).await.then(|| Lock { cache: self.clone(), key, token })
    }

    /// Tells every replica, this one too.
    pub async fn publish(&self, channel: &str, payload: &str) {
        let message = Message { channel: channel.to_string(), payload: payload.to_string() };
        match &self.store {
            Store::Memory(_) => deliver(&self.messages, message),
            Store::Redis(redis) => redis.publish(message).await,
        }
    }

    /// Every message from now on, on all channels.
    pub fn messages(&self) -> broadcast::Receiver<Message> {
        self.messages.subscribe()
    }

    /// Whether the shared store answers; memory always does.
    pub async fn ping(&self) -> bool {
        match &self.store {
            Store::Memory(_) => true,
            Store::Redis(redis) => redis.ping().await,
        }
    }

    /// `memory` or `redis`, for operators; no rule may depend on it.
    pub fn name(&self) -> &'static str {
        match self.store {
            Store::Memory(_) => "memory",
            Store::Redis(_) => "redis",
        }
    }
}

/// A held lock. Release it when done; a holder that dies loses it when its time is over.
pub struct Lock {
    cache: Cache,
    key: String,
    token: String,
}

impl Lock {
    pub async fn release(self) {
        let held = self.cache.get(&self.key).await;
        if held.as_deref() == Some(self.token.as_bytes()) {
            self.cache.delete(&self.key).await;
        }
    }
}

/// Nobody listening is no error.
fn deliver(messages: &broadcast::Sender<Message>, message: Message) {
    if messages.send(message).is_err() {
        tracing::trace!("no listener");
    }
}
