//! Everything the simulated platform knows about one account. It lives as long as the process.

use serde_json::{Value, json};

use super::delivery::Outcome;
use super::faults::Faults;
use super::handsets::Handsets;
use super::media::Library;
use super::menu::Menus;
use super::network::Requests;
use super::oauth::Grants;
use super::people::People;
use super::qrcode::Codes;
use super::quota::Usage;
use super::shorten::ShortKeys;
use super::tag::Tags;
use super::template::Templates;
use super::token::Tokens;
use super::webview::Jars;

/// How many pushes `GET /_sim/state` remembers.
const REMEMBERED_PUSHES: usize = 100;

/// The sum of every concern's own state; each is described where its calls are.
#[derive(Default)]
pub struct World {
    pub people: People,
    pub tokens: Tokens,
    pub menus: Menus,
    pub codes: Codes,
    pub library: Library,
    pub grants: Grants,
    pub tags: Tags,
    pub templates: Templates,
    pub short_keys: ShortKeys,
    pub usage: Usage,
    pub requests: Requests,
    pub faults: Faults,
    pub jars: Jars,
    pub handsets: Handsets,
    pushes: std::collections::VecDeque<Value>,
    last_number: i64,
}

impl World {
    /// A number that was not used before: for `MsgId`, menu ids and notice ids.
    pub fn next_number(&mut self) -> i64 {
        // Real ones have 17 digits: more than a float holds, which is worth meeting in a test.
        const FIRST: i64 = 24_000_000_000_000_001;
        self.last_number += 1;
        FIRST + self.last_number
    }

    /// Keeps what became of a push, for `GET /_sim/state`.
    pub fn remember(&mut self, openid: &str, what: &str, at: i64, outcome: &Outcome) {
        if self.pushes.len() == REMEMBERED_PUSHES {
            self.pushes.pop_front();
        }
        self.pushes.push_back(json!({
            "at": at, "openid": openid, "what": what,
            "deliveries": outcome.deliveries, "problem": outcome.problem,
        }));
    }

    /// The newest pushes first.
    pub fn recent_pushes(&self) -> Vec<&Value> {
        self.pushes.iter().rev().collect()
    }
}
