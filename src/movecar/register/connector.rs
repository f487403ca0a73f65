//! Another system that knows owners, asked over HTTP: signed, with a time-out, its answers sealed in the cache.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::Owner;
use crate::base::Base;
use crate::base::privacy::KeyError;
use crate::movecar::plate::Plate;
use crate::movecar::settings;
use crate::people::phone::Phone;

const CACHE_PLACE: &str = "cache.car_owner";
/// Bytes of an answer.
const ANSWER: usize = 4096;

#[derive(Clone)]
pub struct Connector {
    http: reqwest::Client,
    settings: settings::Connector,
}

#[derive(Debug, thiserror::Error)]
pub enum ConnectorError {
    /// Without the address: it stays out of the log, and the plate is in no address.
    #[error("{}", .0.to_string())]
    Http(reqwest::Error),
    #[error("status {0}")]
    Status(u16),
    #[error("an answer that cannot be read")]
    Answer,
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl From<reqwest::Error> for ConnectorError {
    fn from(error: reqwest::Error) -> ConnectorError {
        ConnectorError::Http(error.without_url())
    }
}

#[derive(Serialize)]
struct Asked<'a> {
    plate: &'a str,
}

#[derive(Serialize, Deserialize)]
struct Told {
    phone: Option<String>,
    #[serde(default)]
    no_calls: bool,
}

impl Connector {
    pub fn new(settings: settings::Connector) -> Result<Connector, reqwest::Error> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_millis(settings.timeout_ms))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Connector { http, settings })
    }

    /// `None`: that system knows no owner.
    pub async fn look_up(&self, base: &Base, plate: &Plate) -> Result<Option<Owner>, ConnectorError> {
        let key = format!("car-owner:{}", plate.hash(&base.keys));
        if let Some(sealed) = base.cache.get(&key).await
            && let Ok(sealed) = std::str::from_utf8(&sealed)
            && let Ok(plain) = base.keys.open(CACHE_PLACE, sealed)
            && let Ok(told) = serde_json::from_str::<Told>(&plain)
        {
            return Ok(owner(&told));
        }
        let told = self.ask(base, plate).await?;
        let plain = serde_json::to_string(&told).map_err(|_| ConnectorError::Answer)?;
        let life = Duration::from_secs(self.settings.cache_minutes * 60);
        base.cache.set(&key, base.keys.seal(CACHE_PLACE, &plain)?, life).await;
        Ok(owner(&told))
    }

    async fn ask(&self, base: &Base, plate: &Plate) -> Result<Told, ConnectorError> {
        let body =
            serde_json::to_string(&Asked { plate: plate.reveal() }).map_err(|_| ConnectorError::Answer)?;
        let at = base.clock.unix().to_string();
        let signature = sign(self.settings.secret.expose_secret(), &at, &body);
        let answer = self
            .http
            .post(&self.settings.url)
            .header("content-type", "application/json")
            .header("x-key-id", &self.settings.key_id)
            .header("x-timestamp", at)
            .header("x-signature", signature)
            .body(body)
            .send()
            .await?;
        if !answer.status().is_success() {
            return Err(ConnectorError::Status(answer.status().as_u16()));
        }
        let bytes = answer.bytes().await?;
        if bytes.len() > ANSWER {
            return Err(ConnectorError::Answer);
        }
        serde_json::from_slice(&bytes).map_err(|_| ConnectorError::Answer)
    }
}

fn owner(told: &Told) -> Option<Owner> {
    let phone = Phone::parse(told.phone.as_deref()?)?;
    Some(Owner { phone, no_calls: told.no_calls })
}

/// HMAC-SHA-256 over time and body.
fn sign(secret: &str, at: &str, body: &str) -> String {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes())
        .unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
    mac.update(format!("{at}\n{body}").as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_covers_time_and_body() {
        let one = sign("secret", "1795320000", r#"{"plate":"浙C12345"}"#);
        assert_eq!(one.len(), 64);
        assert_ne!(one, sign("secret", "1795320001", r#"{"plate":"浙C12345"}"#));
        assert_ne!(one, sign("secret", "1795320000", r#"{"plate":"浙C12346"}"#));
    }
}
