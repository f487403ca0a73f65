//! A city's own gateway: one signed POST a message; what it takes and answers stands in `docs/providers.md`.

use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::{Call, Verdict, wire};
use crate::base::clock::Clock;
use crate::base::privacy::random_bytes;
use crate::notify::phone::settings::Http as Account;
use crate::notify::phone::sign::plain;

pub const NAME: &str = "http";

pub struct Http {
    client: reqwest::Client,
    account: Account,
    clock: Clock,
}

impl Http {
    pub fn new(client: reqwest::Client, account: Account, clock: Clock) -> Http {
        Http { client, account, clock }
    }

    pub async fn send(&self, call: &Call<'_>) -> Verdict {
        let words: Map<String, Value> =
            call.words.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
        let body = json!({
            "id": call.reference, "medium": call.medium.word(), "number": call.number.reveal(),
            "purpose": call.wording.purpose, "text": call.wording.filled(call.words), "words": words, "keys": call.keys,
            "template": call.wording.templates.get(NAME),
        })
        .to_string();
        let timestamp = self.clock.unix().to_string();
        let nonce = hex::encode(random_bytes::<16>());
        let secret = self.account.secret.expose_secret();
        let signature = plain::signature(&timestamp, &nonce, body.as_bytes(), secret);
        let request = self
            .client
            .post(&self.account.url)
            .header("content-type", "application/json")
            .header("x-yst-timestamp", timestamp)
            .header("x-yst-nonce", nonce)
            .header("x-yst-signature", signature)
            .body(body);
        let answer = match wire::send(request).await {
            Ok(answer) => answer,
            Err(silence) => return silence.into(),
        };
        match (answer.body["accepted"].as_bool(), answer.body["reason"].as_str()) {
            (Some(true), _) => {
                let id = answer.body["id"].as_str().unwrap_or(call.reference);
                Verdict::Taken { id: id.to_string(), end: None }
            }
            (Some(false), reason) => answer.refused(NAME, reason.unwrap_or("refused")),
            (None, _) => answer.strange(),
        }
    }
}
