//! What a test may break: delays, refusals, lost and repeated pushes, quotas, tokens.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::handsets::PhoneFaults;

/// The longest delay that may be asked for, in milliseconds.
const MAX_DELAY: u64 = 120_000;

/// `POST /_sim/faults`. Every member is optional; what is left out stays as it was, and `reset` comes first.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Lifts every fault before the rest of this order is carried out.
    #[serde(default)]
    pub reset: bool,
    /// Milliseconds before each API call is answered.
    pub api_delay_ms: Option<u64>,
    /// Milliseconds before each push is sent.
    pub push_delay_ms: Option<u64>,
    /// Refusals by path; replaces earlier ones of the same path.
    #[serde(default)]
    pub errors: Vec<PathError>,
    /// Deliveries to lose on the way to the back end: they time out at once and are repeated.
    pub drop_pushes: Option<u32>,
    /// Answers to lose on the way back: the back end has acted, the platform repeats.
    pub drop_answers: Option<u32>,
    /// How many more times each answered push is delivered again.
    pub repeat_pushes: Option<u32>,
    /// The repeats go out together with the first delivery, all at once.
    pub repeat_at_once: Option<bool>,
    /// Calls left today, by path.
    #[serde(default)]
    pub quota: HashMap<String, u64>,
    /// Every access token is past its time now (42001).
    #[serde(default)]
    pub expire_tokens: bool,
    /// Every access token is superseded now (40001).
    #[serde(default)]
    pub invalidate_tokens: bool,
    /// Addresses that may ask for tokens; an empty list lets everybody.
    pub ip_whitelist: Option<Vec<String>>,
    /// Of providers of short messages and calls; replaced whole.
    pub phones: Option<PhoneFaults>,
    /// Web authorisation gives snapshot users (`is_snapshotuser`).
    pub snapshot: Option<bool>,
}

/// `path` answers `errcode`, `times` times (for ever when absent).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathError {
    /// `/cgi-bin/…`, or `*` for every call.
    pub path: String,
    pub errcode: i64,
    pub times: Option<u32>,
}

/// The faults in force.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Faults {
    api_delay_ms: u64,
    push_delay_ms: u64,
    errors: Vec<PathError>,
    drop_pushes: u32,
    drop_answers: u32,
    repeat_pushes: u32,
    repeat_at_once: bool,
    ip_whitelist: Vec<String>,
    pub snapshot: bool,
}

/// What happens to one delivery on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    None,
    Push,
    Answer,
}

impl Faults {
    /// Carries out the part of an order that stays in force.
    pub fn apply(&mut self, order: &Order) {
        if order.reset {
            *self = Faults::default();
        }
        set(&mut self.api_delay_ms, &order.api_delay_ms.map(|ms| ms.min(MAX_DELAY)));
        set(&mut self.push_delay_ms, &order.push_delay_ms.map(|ms| ms.min(MAX_DELAY)));
        set(&mut self.drop_pushes, &order.drop_pushes);
        set(&mut self.drop_answers, &order.drop_answers);
        set(&mut self.repeat_pushes, &order.repeat_pushes.map(|times| times.min(100)));
        set(&mut self.repeat_at_once, &order.repeat_at_once);
        set(&mut self.ip_whitelist, &order.ip_whitelist);
        set(&mut self.snapshot, &order.snapshot);
        for error in &order.errors {
            self.errors.retain(|old| old.path != error.path);
            if error.errcode != 0 && error.times != Some(0) {
                self.errors.push(error.clone());
            }
        }
    }

    pub fn api_delay(&self) -> Duration {
        Duration::from_millis(self.api_delay_ms)
    }

    pub fn push_delay(&self) -> Duration {
        Duration::from_millis(self.push_delay_ms)
    }

    /// The code with which this call of `path` is refused, if any; counts it.
    pub fn error_for(&mut self, path: &str) -> Option<i64> {
        let index = self.errors.iter().position(|error| error.path == path || error.path == "*")?;
        let error = &mut self.errors[index];
        let code = error.errcode;
        match &mut error.times {
            Some(1) => {
                self.errors.remove(index);
            }
            Some(times) => *times -= 1,
            None => {}
        }
        Some(code)
    }

    /// What happens to the next delivery; counts it.
    pub fn next_loss(&mut self) -> Loss {
        if self.drop_pushes > 0 {
            self.drop_pushes -= 1;
            return Loss::Push;
        }
        if self.drop_answers > 0 {
            self.drop_answers -= 1;
            return Loss::Answer;
        }
        Loss::None
    }

    /// Extra deliveries of an answered push, and whether they go out together with the first.
    pub fn repeats(&self) -> (u32, bool) {
        (self.repeat_pushes, self.repeat_at_once)
    }

    pub fn ip_allowed(&self, ip: &str) -> bool {
        self.ip_whitelist.is_empty() || self.ip_whitelist.iter().any(|allowed| allowed == ip)
    }
}

fn set<T: Clone>(value: &mut T, ordered: &Option<T>) {
    if let Some(ordered) = ordered {
        *value = ordered.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(json: serde_json::Value) -> Order {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn an_error_lasts_as_often_as_ordered() {
        let mut faults = Faults::default();
        faults.apply(&order(serde_json::json!({"errors": [{"path": "/a", "errcode": -1, "times": 2}]})));
        assert_eq!(faults.error_for("/b"), None);
        assert_eq!((faults.error_for("/a"), faults.error_for("/a")), (Some(-1), Some(-1)));
        assert_eq!(faults.error_for("/a"), None);
        faults.apply(&order(serde_json::json!({"errors": [{"path": "*", "errcode": 45011}]})));
        assert!((0..5).all(|_| faults.error_for("/a") == Some(45011)));
        faults.apply(&order(serde_json::json!({"reset": true})));
        assert_eq!(faults.error_for("/a"), None);
    }

    #[test]
    fn losses_are_counted_down() {
        let mut faults = Faults::default();
        faults.apply(&order(serde_json::json!({"drop_pushes": 1, "drop_answers": 1})));
        let losses = [faults.next_loss(), faults.next_loss(), faults.next_loss()];
        assert_eq!(losses, [Loss::Push, Loss::Answer, Loss::None]);
    }
}
