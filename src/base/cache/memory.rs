//! The memory store: a sharded map whose entries end by the given clock.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use crate::base::clock::Clock;

pub struct Memory {
    clock: Clock,
    hasher: RandomState,
    shards: Vec<Mutex<Shard>>,
}

#[derive(Default)]
struct Shard {
    entries: HashMap<String, Entry>,
    /// Sweep when the map has grown to this.
    sweep_at: usize,
}

struct Entry {
    value: Value,
    ends_at: i64,
}

enum Value {
    Bytes(Bytes),
    Count(i64),
}

const SHARDS: usize = 64;
/// Entries a shard holds before the next insertion sweeps what has ended.
const SWEEP: usize = 4096;
/// Entries a shard never exceeds: full means the oldest-ending half goes, never growth.
const FULL: usize = 65_536;

impl Memory {
    pub fn new(clock: Clock) -> Memory {
        let shards =
            (0..SHARDS).map(|_| Mutex::new(Shard { entries: HashMap::new(), sweep_at: SWEEP })).collect();
        Memory { clock, hasher: RandomState::new(), shards }
    }

    pub fn get(&self, key: &str) -> Option<Bytes> {
        let now = self.now();
        self.shard(key).entries.get(key).filter(|entry| entry.ends_at > now).map(|entry| entry.value.bytes())
    }

    pub fn set(&self, key: &str, value: Bytes, ttl: Duration) {
        let now = self.now();
        self.shard(key).insert(key, Value::Bytes(value), now, ttl);
    }

    pub fn set_if_absent(&self, key: &str, value: Bytes, ttl: Duration) -> bool {
        let now = self.now();
        let mut shard = self.shard(key);
        if shard.entries.get(key).is_some_and(|entry| entry.ends_at > now) {
            return false;
        }
        shard.insert(key, Value::Bytes(value), now, ttl);
        true
    }

    pub fn take(&self, key: &str) -> Option<Bytes> {
        let now = self.now();
        self.shard(key)
            .entries
            .remove(key)
            .filter(|entry| entry.ends_at > now)
            .map(|entry| entry.value.bytes())
    }

    pub fn increment(&self, key: &str, ttl: Duration) -> i64 {
        let now = self.now();
        let mut shard = self.shard(key);
        if let Some(Entry { value: Value::Count(count), ends_at }) = shard.entries.get_mut(key)
            && *ends_at > now
        {
            *count += 1;
            return *count;
        }
        shard.insert(key, Value::Count(1), now, ttl);
        1
    }

    fn now(&self) -> i64 {
        self.clock.now().timestamp_millis()
    }

    fn shard(&self, key: &str) -> MutexGuard<'_, Shard> {
        let index = self.hasher.hash_one(key) as usize % SHARDS;
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    fn insert(&mut self, key: &str, value: Value, now: i64, ttl: Duration) {
        if self.entries.len() >= self.sweep_at {
            self.sweep(now);
        }
        let ends_at = now.saturating_add(ttl.as_millis() as i64);
        self.entries.insert(key.to_string(), Entry { value, ends_at });
    }

    fn sweep(&mut self, now: i64) {
        self.entries.retain(|_, entry| entry.ends_at > now);
        if self.entries.len() >= FULL {
            let mut ends: Vec<i64> = self.entries.values().map(|entry| entry.ends_at).collect();
            let middle = ends.len() / 2;
            let (_, median, _) = ends.select_nth_unstable(middle);
            let median = *median;
            self.entries.retain(|_, entry| entry.ends_at > median);
        }
        self.sweep_at = (self.entries.len() * 2).clamp(SWEEP, FULL);
    }
}

impl Value {
    fn bytes(&self) -> Bytes {
        match self {
            Value::Bytes(bytes) => bytes.clone(),
            Value::Count(count) => Bytes::from(count.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    const MINUTE: Duration = Duration::from_secs(60);

    fn memory() -> (Memory, Clock) {
        let clock = Clock::manual(Default::default());
        (Memory::new(clock.clone()), clock)
    }

    #[test]
    fn a_value_ends_when_its_time_is_over() {
        let (memory, clock) = memory();
        memory.set("a", Bytes::from("1"), MINUTE);
        assert_eq!(memory.get("a"), Some(Bytes::from("1")));
        clock.advance(TimeDelta::seconds(60));
        assert_eq!(memory.get("a"), None);
        assert!(memory.set_if_absent("a", Bytes::from("2"), MINUTE));
        assert!(!memory.set_if_absent("a", Bytes::from("3"), MINUTE));
    }

    #[test]
    fn a_value_is_taken_once() {
        let (memory, _) = memory();
        memory.set("a", Bytes::from("1"), MINUTE);
        assert_eq!(memory.take("a"), Some(Bytes::from("1")));
        assert_eq!(memory.take("a"), None);
    }

    #[test]
    fn a_counter_starts_again_after_its_window() {
        let (memory, clock) = memory();
        assert_eq!(memory.increment("n", MINUTE), 1);
        assert_eq!(memory.increment("n", MINUTE), 2);
        clock.advance(TimeDelta::seconds(61));
        assert_eq!(memory.increment("n", MINUTE), 1);
    }

    #[test]
    fn a_full_shard_drops_what_ends_first_and_never_grows() {
        let mut shard = Shard { entries: HashMap::new(), sweep_at: SWEEP };
        for n in 0..FULL as u64 + 10 {
            shard.insert(&n.to_string(), Value::Count(1), 0, Duration::from_millis(n + 1));
        }
        assert!(shard.entries.len() <= FULL);
        assert!(shard.entries.contains_key(&(FULL as u64 + 9).to_string()));
    }
}
