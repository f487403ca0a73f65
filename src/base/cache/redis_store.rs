//! The Redis store. A call that fails is answered from this replica's memory instead, and Redis is left alone for
//! a moment, so that a lost Redis costs a short pause and not every request its time-out.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, FromRedisValue, RedisError, RedisResult, Script};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

use super::memory::Memory;
use super::{Message, deliver};

pub struct RedisStore {
    connection: ConnectionManager,
    prefix: String,
    fallback: Memory,
    messages: broadcast::Sender<Message>,
    /// Milliseconds after `started` until which Redis is left alone.
    rest_until: AtomicI64,
    started: Instant,
    listener: JoinHandle<()>,
}

const CONNECT: Duration = Duration::from_secs(2);
const RESPOND: Duration = Duration::from_millis(800);
const REST: Duration = Duration::from_secs(2);

impl RedisStore {
    pub async fn connect(
        url: &str,
        fallback: Memory,
        messages: broadcast::Sender<Message>,
    ) -> RedisResult<RedisStore> {
        let (address, prefix) = url.split_once('#').unwrap_or((url, "yst:"));
        let client = Client::open(address)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(RESPOND))
            .set_number_of_retries(1);
        // Connects with the first call: a server starts, slower, also while Redis is away.
        let connection = ConnectionManager::new_lazy_with_config(client.clone(), config)?;
        let listener = tokio::spawn(listen(client, prefix.to_string(), messages.clone()));
        Ok(RedisStore {
            connection,
            prefix: prefix.to_string(),
            fallback,
            messages,
            rest_until: AtomicI64::new(0),
            started: Instant::now(),
            listener,
        })
    }

    pub async fn get(&self, key: &str) -> Option<Bytes> {
        match self.ask(redis::cmd("GET").arg(self.key(key))).await {
            Some(value) => value,
            None => self.fallback.get(key),
        }
    }

    pub async fn set(&self, key: &str, value: Bytes, ttl: Duration) {
        let mut command = redis::cmd("SET");
        command.arg(self.key(key)).arg(value.as_ref()).arg("PX").arg(millis(ttl));
        if self.ask::<()>(&command).await.is_none() {
            self.fallback.set(key, value, ttl);
        }
    }

    pub async fn set_if_absent(&self, key: &str, value: Bytes, ttl: Duration) -> bool {
        let mut command = redis::cmd("SET");
        command.arg(self.key(key)).arg(value.as_ref()).arg("NX").arg("PX").arg(millis(ttl));
        match self.ask::<Option<String>>(&command).await {
            Some(answer) => answer.is_some(),
            None => self.fallback.set_if_absent(key, value, ttl),
        }
    }

    pub async fn take(&self, key: &str) -> Option<Bytes> {
        match self.ask(redis::cmd("GETDEL").arg(self.key(key))).await {
            Some(value) => value,
            None => self.fallback.take(key),
        }
    }

    pub async fn increment(&self, key: &str, ttl: Duration) -> i64 {
        // One step, so that no counter is left without an end.
        let script = Script::new(
            "local n = redis.call('INCR', KEYS[1]) if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end return n",
        );
        if self.resting() {
            return self.fallback.increment(key, ttl);
        }
        let mut connection = self.connection.clone();
        let answer = script.key(self.key(key)).arg(millis(ttl)).invoke_async(&mut connection).await;
        match self.note(answer) {
            Some(count) => count,
            None => self.fallback.increment(key, ttl),
        }
    }

    pub async fn publish(&self, message: Message) {
        let mut command = redis::cmd("PUBLISH");
        command.arg(self.key(&message.channel)).arg(&message.payload);
        if self.ask::<i64>(&command).await.is_none() {
            deliver(&self.messages, message);
        }
    }

    pub async fn ping(&self) -> bool {
        let mut connection = self.connection.clone();
        redis::cmd("PING").query_async::<String>(&mut connection).await.is_ok()
    }

    async fn ask<T: FromRedisValue>(&self, command: &redis::Cmd) -> Option<T> {
        if self.resting() {
            return None;
        }
        let mut connection = self.connection.clone();
        self.note(command.query_async(&mut connection).await)
    }

    fn note<T>(&self, answer: Result<T, RedisError>) -> Option<T> {
        match answer {
            Ok(value) => Some(value),
            Err(error) => {
                let rest_until = self.started.elapsed() + REST;
                self.rest_until.store(rest_until.as_millis() as i64, Ordering::Relaxed);
                tracing::warn!(%error, "redis does not answer; going on with this replica's memory");
                None
            }
        }
    }

    fn resting(&self) -> bool {
        (self.started.elapsed().as_millis() as i64) < self.rest_until.load(Ordering::Relaxed)
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }
}

impl Drop for RedisStore {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// Hands on what any replica published, over a connection of its own, and connects again when it is lost.
async fn listen(client: Client, prefix: String, messages: broadcast::Sender<Message>) {
    loop {
        if let Err(error) = listen_once(&client, &prefix, &messages).await {
            tracing::warn!(%error, "redis messages interrupted");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn listen_once(
    client: &Client,
    prefix: &str,
    messages: &broadcast::Sender<Message>,
) -> RedisResult<()> {
    let mut connection = client.get_async_pubsub().await?;
    connection.psubscribe(format!("{prefix}*")).await?;
    let mut stream = connection.on_message();
    while let Some(message) = stream.next().await {
        let channel = message.get_channel_name().trim_start_matches(prefix).to_string();
        deliver(messages, Message { channel, payload: message.get_payload()? });
    }
    Ok(())
}

fn millis(ttl: Duration) -> u64 {
    (ttl.as_millis() as u64).max(1)
}
