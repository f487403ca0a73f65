//! `token`, `stable_token` and the JS-SDK's ticket.
//!
//! The two kinds of access token are kept apart: neither ends the other. When a kind gets a new token its
//! previous one lives five minutes more at most, and the one before that is dead at once.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::api::{Answer, Call, Endpoint, Verb, bare, check_credentials, check_ip, get, ok_with, open, text};
use super::errcode::{Refusal, refuse};
use super::ids;

pub const ENDPOINTS: &[Endpoint] = &[
    open("/cgi-bin/token", Verb::Get, Some(2_000), token),
    open("/cgi-bin/stable_token", Verb::Post, Some(500_000), stable_token),
    get("/cgi-bin/ticket/getticket", Some(1_000_000), ticket),
];

/// How long a token is good for, in seconds.
const LIFE: i64 = 7200;
/// How long the previous token outlives a new one, and how early `stable_token` renews.
const OVERLAP: i64 = 300;
/// `force_refresh` must be this far apart, and is granted this often a day.
const FORCE_PAUSE: i64 = 30;
const FORCE_DAILY: u64 = 20;
/// How many dead tokens are remembered as expired rather than unknown.
const ENDED: usize = 64;

#[derive(Default)]
pub struct Tokens {
    classic: Pair,
    stable: Pair,
    forced_at: Option<i64>,
    ended: VecDeque<String>,
    ticket: Option<Issued>,
}

#[derive(Default)]
struct Pair {
    current: Option<Issued>,
    previous: Option<Issued>,
}

#[derive(Clone)]
struct Issued {
    value: String,
    expires_at: i64,
}

impl Pair {
    fn renew(&mut self, now: i64) -> Issued {
        let new = Issued { value: format!("98_{}", ids::random(133)), expires_at: now + LIFE };
        self.previous = self
            .current
            .replace(new.clone())
            .map(|old| Issued { expires_at: old.expires_at.min(now + OVERLAP), value: old.value });
        new
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Issued> {
        self.current.iter_mut().chain(self.previous.iter_mut())
    }
}

impl Tokens {
    /// Whether an API call may be made with `token`: 40014, 40001 or 42001 when not.
    pub fn check(&mut self, token: &str, now: i64) -> Result<(), Refusal> {
        let shape = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if token.len() < 32 || token.len() > 512 || !token.bytes().all(shape) {
            return Err(refuse(40014));
        }
        let known = self.classic.all().chain(self.stable.all()).find(|issued| issued.value == token);
        match known.map(|issued| issued.expires_at) {
            Some(expires_at) if expires_at > now => Ok(()),
            Some(_) => Err(refuse(42001)),
            None if self.ended.iter().any(|ended| ended == token) => Err(refuse(42001)),
            None => Err(refuse(40001)),
        }
    }

    /// Fault: every token is past its time (42001).
    pub fn expire_all(&mut self) {
        for issued in self.classic.all().chain(self.stable.all()) {
            if self.ended.len() == ENDED {
                self.ended.pop_front();
            }
            self.ended.push_back(issued.value.clone());
        }
        self.forget_all();
    }

    /// Fault: every token is superseded (40001), as when somebody else asked for new ones.
    pub fn forget_all(&mut self) {
        self.classic = Pair::default();
        self.stable = Pair::default();
        self.ticket = None;
    }

    /// The ticket that pages are signed with at `now`.
    pub fn ticket(&self, now: i64) -> Option<&str> {
        self.ticket.as_ref().filter(|ticket| ticket.expires_at > now).map(|ticket| ticket.value.as_str())
    }

    /// For tests and the state page: the tokens that are good at `now`.
    pub fn alive(&mut self, now: i64) -> usize {
        self.classic.all().chain(self.stable.all()).filter(|issued| issued.expires_at > now).count()
    }
}

fn token(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    if call.param("grant_type") != Some("client_credential") {
        return Err(refuse(40002));
    }
    check_credentials(call.account, call.param("appid"), call.param("secret"))?;
    check_ip(call)?;
    let now = call.unix();
    granted(&call.world.tokens.classic.renew(now), now)
}

fn stable_token(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.json()?;
    if text(&asked, "grant_type") != Some("client_credential") {
        return Err(refuse(40002));
    }
    check_credentials(call.account, text(&asked, "appid"), text(&asked, "secret"))?;
    check_ip(call)?;
    let now = call.unix();
    if asked.get("force_refresh").and_then(Value::as_bool).unwrap_or_default() {
        return force(call, now);
    }
    let tokens = &mut call.world.tokens;
    match &tokens.stable.current {
        Some(current) if current.expires_at - OVERLAP > now => granted(current, now),
        _ => granted(&tokens.stable.renew(now), now),
    }
}

fn force(call: &mut Call<'_>, now: i64) -> Result<Answer, Refusal> {
    if call.world.tokens.forced_at.is_some_and(|at| now - at < FORCE_PAUSE) {
        return Err(refuse(45011));
    }
    call.world.usage.count_named("stable_token force_refresh", FORCE_DAILY, call.now)?;
    call.world.tokens.forced_at = Some(now);
    granted(&call.world.tokens.stable.renew(now), now)
}

fn granted(issued: &Issued, now: i64) -> Result<Answer, Refusal> {
    bare(json!({"access_token": issued.value, "expires_in": issued.expires_at - now}))
}

fn ticket(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    if !matches!(call.param("type"), Some("jsapi" | "wx_card")) {
        return Err(refuse(40035));
    }
    let now = call.unix();
    let ticket = match call.world.tokens.ticket.take() {
        Some(ticket) if ticket.expires_at - OVERLAP > now => ticket,
        _ => Issued { value: ids::random(86), expires_at: now + LIFE },
    };
    call.world.tokens.ticket = Some(ticket.clone());
    ok_with(json!({"ticket": ticket.value, "expires_in": ticket.expires_at - now}))
}
