//! The account's access token and JS-SDK ticket: kept in the shared cache, renewed before they end, by one
//! process at a time.
//!
//! `stable_token` gives every caller the same token until five minutes before its end, so a race costs a call
//! and never invalidates anybody's token. A forced refresh is never asked for: it is for leaks, by hand.

use super::Api;
use super::call::{ApiError, Request};
use crate::wechat::errcode::Reaction;
use serde::{Deserialize, Serialize};
use std::sync::PoisonError;
use std::time::Duration;

/// Renew this long before the end, when the platform begins to give out the next token.
const LEAD_SECONDS: i64 = 300;
/// Replicas spread their renewals over this time.
const JITTER_SECONDS: i64 = 60;
/// A credential just given is used at least this long, however soon it ends.
const LEAST_SECONDS: i64 = 30;
/// Longer than any try to get one may take, retries included.
const LOCK: Duration = Duration::from_secs(30);
/// How often to look whether the replica that holds the lock has stored its result.
const LOOK: Duration = Duration::from_millis(100);
const LOOKS: u32 = 100;
/// How long a refusal that only an operator can mend is repeated without asking.
const REFUSAL_MS: i64 = 30_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    AccessToken,
    JsapiTicket,
}

/// As stored; times in milliseconds since 1970.
#[derive(Serialize, Deserialize)]
struct Credential {
    value: String,
    renew_at: i64,
    ends_at: i64,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: i64,
}

#[derive(Deserialize)]
struct TicketAnswer {
    ticket: String,
    expires_in: i64,
}

#[derive(Serialize)]
struct TokenQuestion<'a> {
    grant_type: &'static str,
    appid: &'a str,
    secret: &'a str,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::JsapiTicket => "jsapi_ticket",
        }
    }
}

impl Api {
    /// The account's token, asked for if there is none. Check-ups call it to see whether the settings work.
    pub async fn access_token(&self) -> Result<String, ApiError> {
        self.credential(Kind::AccessToken, None).await
    }

    /// A token other than `bad`, which the platform has just refused.
    pub(super) async fn renewed_access_token(&self, bad: &str) -> Result<String, ApiError> {
        self.credential(Kind::AccessToken, Some(bad)).await
    }

    /// The ticket that signs pages (see [`jssdk`](crate::wechat::jssdk)).
    pub async fn jsapi_ticket(&self) -> Result<String, ApiError> {
        self.credential(Kind::JsapiTicket, None).await
    }

    async fn credential(&self, kind: Kind, bad: Option<&str>) -> Result<String, ApiError> {
        if let Some(value) = self.stored(kind, bad, |c| c.renew_at).await {
            return Ok(value);
        }
        let _alone_here = self.inner.asking[kind as usize].lock().await;
        for _ in 0..LOOKS {
            if let Some(value) = self.stored(kind, bad, |c| c.renew_at).await {
                return Ok(value);
            }
            if let Some(lock) = self.inner.cache.lock(&self.key(kind.name()), LOCK).await {
                // It may have been stored between the look and the lock.
                let found = self.stored(kind, bad, |c| c.renew_at).await;
                let result = match found {
                    Some(value) => Ok(value),
                    None => self.ask(kind).await,
                };
                lock.release().await;
                return result;
            }
            // Another replica is asking; until it has the new one, the old one serves.
            if let Some(value) = self.stored(kind, bad, |c| c.ends_at).await {
                return Ok(value);
            }
            tokio::time::sleep(LOOK).await;
        }
        self.ask(kind).await
    }

    /// The stored credential, unless it is the bad one or the given time of it has come.
    async fn stored(&self, kind: Kind, bad: Option<&str>, until: fn(&Credential) -> i64) -> Option<String> {
        let bytes = self.inner.cache.get(&self.key(kind.name())).await?;
        let credential: Credential = serde_json::from_slice(&bytes).ok()?;
        let good = self.now_ms() < until(&credential) && Some(credential.value.as_str()) != bad;
        good.then_some(credential.value)
    }

    async fn ask(&self, kind: Kind) -> Result<String, ApiError> {
        let (value, seconds) = match kind {
            Kind::AccessToken => self.ask_token().await?,
            Kind::JsapiTicket => {
                let request = Request::get("/cgi-bin/ticket/getticket").query("type", "jsapi");
                // Boxed because that call asks for the token in its turn.
                let answer: TicketAnswer = Box::pin(self.call(request)).await?;
                (answer.ticket, answer.expires_in)
            }
        };
        let lead = LEAD_SECONDS + rand::random_range(0..JITTER_SECONDS);
        let now = self.now_ms();
        let credential = Credential {
            value,
            renew_at: now + (seconds - lead).max(LEAST_SECONDS) * 1000,
            ends_at: now + seconds * 1000,
        };
        if let Ok(bytes) = serde_json::to_vec(&credential) {
            let life = Duration::from_secs(seconds.max(1).unsigned_abs());
            self.inner.cache.set(&self.key(kind.name()), bytes, life).await;
        }
        Ok(credential.value)
    }

    async fn ask_token(&self) -> Result<(String, i64), ApiError> {
        use secrecy::ExposeSecret;
        let now = self.now_ms();
        if let Some((until, error)) = &*self.inner.refusal.lock().unwrap_or_else(PoisonError::into_inner)
            && now < *until
        {
            return Err(error.clone());
        }
        let settings = &self.inner.settings;
        let question = TokenQuestion {
            grant_type: "client_credential",
            appid: &settings.app_id,
            secret: settings.app_secret.expose_secret(),
        };
        let request = Request::post("/cgi-bin/stable_token", &question)?.with_secret().repeatable();
        let answer = match Box::pin(self.send(&request)).await {
            Ok(answer) => answer.json::<TokenAnswer>(),
            Err(error) => Err(error),
        };
        let mut refusal = self.inner.refusal.lock().unwrap_or_else(PoisonError::into_inner);
        *refusal = match &answer {
            Err(error) if error.reaction() == Reaction::Stop => Some((now + REFUSAL_MS, error.clone())),
            _ => None,
        };
        answer.map(|answer| (answer.access_token, answer.expires_in))
    }
}
