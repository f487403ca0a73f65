//! One request over the wire: limits, and what a failure says about whether it arrived.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use serde_json::Value;
use url::Url;

use super::errors::{PAUSE, Reaction};
use super::{Verdict, errors};

const CONNECT: Duration = Duration::from_secs(3);
/// Answer included. A message is in a worker's hands for so long at most.
const ANSWER: Duration = Duration::from_secs(8);
/// The largest answer that is read.
const MAX_ANSWER: usize = 256 * 1024;
/// How long a provider may ask us to wait.
const LONGEST: Duration = Duration::from_secs(60);

pub fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder().connect_timeout(CONNECT).timeout(ANSWER).redirect(Policy::none()).build()
}

/// An answer of some kind.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// `Null` where it is no JSON.
    pub body: Value,
}

/// Why there is no answer.
pub enum Silence {
    /// The request surely did not arrive.
    NotSent(String),
    /// It may have.
    Unsure(String),
}

/// Sends once. Errors hold no address: it carries the number.
pub async fn send(request: reqwest::RequestBuilder) -> Result<Answer, Silence> {
    let silence = |error: reqwest::Error| {
        let away = error.is_connect() || error.is_builder();
        let cause = causes(&error.without_url());
        if away { Silence::NotSent(cause) } else { Silence::Unsure(cause) }
    };
    let mut response = request.send().await.map_err(silence)?;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(silence)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(Silence::Unsure("an answer that is too large".to_string()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
}

impl From<Silence> for Verdict {
    fn from(silence: Silence) -> Verdict {
        match silence {
            Silence::NotSent(cause) => {
                let code = format!("unreachable: {cause}");
                Verdict::Refused { code, reaction: Reaction::BackOff(PAUSE) }
            }
            Silence::Unsure(cause) => Verdict::Unsure { cause },
        }
    }
}

impl Answer {
    /// A refusal by `code`, with the wait that the provider asks for.
    pub fn refused(&self, provider: &str, code: &str) -> Verdict {
        let reaction = match self.wait() {
            Some(wait) => Reaction::BackOff(wait),
            None => errors::look_up(provider, code),
        };
        Verdict::Refused { code: code.to_string(), reaction }
    }

    /// The provider broke down, and does not say that it was only busy.
    pub fn failed(&self) -> bool {
        self.status >= 500 && self.wait().is_none()
    }

    /// An answer in none of the provider's forms: of a gateway, perhaps after the provider got it.
    pub fn strange(&self) -> Verdict {
        match self.status {
            429 => Verdict::Refused {
                code: "HTTP 429".to_string(),
                reaction: Reaction::BackOff(self.wait().unwrap_or(PAUSE)),
            },
            status @ 400..=499 => Verdict::Refused {
                code: format!("HTTP {status}"),
                reaction: Reaction::Rest("服务商拒绝了请求，请检查地址和账号"),
            },
            status => Verdict::Unsure { cause: format!("HTTP {status} in no form that is known") },
        }
    }

    /// `x-acs-retry-after` in milliseconds, or `retry-after` in seconds.
    fn wait(&self) -> Option<Duration> {
        let number = |name| self.headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
        let wait = number("x-acs-retry-after").map(Duration::from_millis);
        wait.or_else(|| number("retry-after").map(Duration::from_secs)).map(|wait| wait.min(LONGEST))
    }
}

/// What stands in `host` of a request to `base`.
pub fn host(base: &Url) -> String {
    let host = base.host_str().unwrap_or_default();
    base.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}"))
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
