//! How often each call may be made a day, and the calls that show and reset it.

use std::collections::HashMap;

use chrono::{Datelike, NaiveDate};
use serde_json::json;

use super::api::{
    self, Answer, Call, Endpoint, Verb, check_app_id, check_credentials, ok, ok_with, open, post, text,
};
use super::errcode::{Refusal, refuse};
use crate::base::clock::{Instant, shanghai};

pub const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/clear_quota", None, clear),
    open("/cgi-bin/clear_quota/v2", Verb::Post, None, clear_by_secret),
    post("/cgi-bin/openapi/quota/get", None, show),
    post("/cgi-bin/openapi/quota/clear", None, clear_one),
];

/// Resets of everything and of one call that are granted a month.
const CLEARS: u32 = 10;
const CLEARS_OF_ONE: u32 = 50;

/// What was used today (a day in China) and which resets this month.
#[derive(Default)]
pub struct Usage {
    day: Option<NaiveDate>,
    used: HashMap<&'static str, u64>,
    /// Set by faults; stronger than the table.
    limits: HashMap<String, u64>,
    clears: u32,
    clears_of_one: u32,
}

impl Usage {
    /// Counts one call; 45009 when the day's quota is used up.
    pub fn count(&mut self, endpoint: &Endpoint, now: Instant) -> Result<(), Refusal> {
        match self.limit(endpoint) {
            Some(limit) => self.count_named(endpoint.path, limit, now),
            None => Ok(()),
        }
    }

    /// Counts one use of `name`, which is granted `limit` times a day.
    pub fn count_named(&mut self, name: &'static str, limit: u64, now: Instant) -> Result<(), Refusal> {
        self.turn(now);
        let used = self.used.entry(name).or_default();
        if *used >= limit {
            return Err(refuse(45009));
        }
        *used += 1;
        Ok(())
    }

    /// Fault: `path` has `remain` calls left today.
    pub fn leave(&mut self, path: &str, remain: u64, now: Instant) {
        self.turn(now);
        let used = self.used.get(path).copied().unwrap_or_default();
        self.limits.insert(path.to_string(), used + remain);
    }

    /// Fault lifted: the table's limits hold again.
    pub fn lift(&mut self) {
        self.limits.clear();
    }

    /// Calls made today, for the state page.
    pub fn today(&self) -> &HashMap<&'static str, u64> {
        &self.used
    }

    fn limit(&self, endpoint: &Endpoint) -> Option<u64> {
        self.limits.get(endpoint.path).copied().or(endpoint.daily)
    }

    /// Starts a new day, and with a new month its resets.
    fn turn(&mut self, now: Instant) {
        let today = shanghai(now).date_naive();
        if self.day == Some(today) {
            return;
        }
        if self.day.is_none_or(|day| (day.year(), day.month()) != (today.year(), today.month())) {
            self.clears = 0;
            self.clears_of_one = 0;
        }
        self.day = Some(today);
        self.used.clear();
        self.limits.clear();
    }
}

fn clear(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.json()?;
    check_app_id(call.account, text(&asked, "appid"))?;
    clear_all(call)
}

/// Works without a token, which may itself be what ran out.
fn clear_by_secret(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    if call.body.is_empty() {
        check_credentials(call.account, call.param("appid"), call.param("appsecret"))?;
    } else {
        let asked = call.json()?;
        check_credentials(call.account, text(&asked, "appid"), text(&asked, "appsecret"))?;
    }
    clear_all(call)
}

fn clear_all(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let usage = &mut call.world.usage;
    usage.turn(call.now);
    if usage.clears == CLEARS {
        return Err(refuse(48006));
    }
    usage.clears += 1;
    usage.used.clear();
    usage.limits.clear();
    ok()
}

fn clear_one(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let endpoint = asked_path(call)?;
    let usage = &mut call.world.usage;
    usage.turn(call.now);
    if usage.clears_of_one == CLEARS_OF_ONE {
        return Err(refuse(48006));
    }
    usage.clears_of_one += 1;
    usage.used.remove(endpoint.path);
    usage.limits.remove(endpoint.path);
    ok()
}

fn show(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let endpoint = asked_path(call)?;
    let usage = &mut call.world.usage;
    usage.turn(call.now);
    let used = usage.used.get(endpoint.path).copied().unwrap_or_default();
    let limit = usage.limit(endpoint).unwrap_or_default();
    ok_with(json!({
        "quota": {"daily_limit": limit, "used": used, "remain": limit.saturating_sub(used)},
    }))
}

fn asked_path(call: &Call<'_>) -> Result<&'static Endpoint, Refusal> {
    let asked = call.json()?;
    let path = text(&asked, "cgi_path").ok_or_else(|| refuse(76021))?;
    if path.starts_with("/sns/") {
        return Err(refuse(76022));
    }
    api::endpoint(path).ok_or_else(|| refuse(76021))
}
