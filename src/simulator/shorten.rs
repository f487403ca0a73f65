//! Short keys for long data.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::api::{Answer, Call, Endpoint, ok_with, post, text};
use super::errcode::{Refusal, refuse};
use super::ids;

pub const ENDPOINTS: &[Endpoint] =
    &[post("/cgi-bin/shorten/gen", None, generate), post("/cgi-bin/shorten/fetch", None, fetch)];

const MAX_DATA: usize = 4096;
/// The longest life, which is also the default, in seconds.
const MAX_LIFE: i64 = 2_592_000;
const MAX_KEYS: usize = 100_000;

/// Data by its short key.
#[derive(Default)]
pub struct ShortKeys {
    kept: HashMap<String, Kept>,
}

struct Kept {
    data: String,
    created_at: i64,
    life: i64,
}

fn generate(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.json()?;
    let data = text(&asked, "long_data").ok_or_else(|| refuse(47003))?;
    if data.len() > MAX_DATA {
        return Err(refuse(9410010));
    }
    let life = asked.get("expire_seconds").map_or(Some(MAX_LIFE), Value::as_i64);
    let life = life.filter(|life| (1..=MAX_LIFE).contains(life)).ok_or_else(|| refuse(9410011))?;
    let now = call.unix();
    let kept = &mut call.world.short_keys.kept;
    if kept.len() >= MAX_KEYS {
        kept.retain(|_, kept| kept.created_at + kept.life > now);
    }
    if kept.len() >= MAX_KEYS {
        return Err(refuse(45009));
    }
    let key = ids::random(15);
    kept.insert(key.clone(), Kept { data: data.to_string(), created_at: now, life });
    ok_with(json!({"short_key": key}))
}

fn fetch(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.json()?;
    let key = text(&asked, "short_key").ok_or_else(|| refuse(47003))?;
    let now = call.unix();
    match call.world.short_keys.kept.get(key) {
        Some(kept) if kept.created_at + kept.life > now => ok_with(json!({
            "long_data": kept.data,
            "create_time": kept.created_at,
            "expire_seconds": kept.created_at + kept.life - now,
        })),
        _ => Err(refuse(40035)),
    }
}
