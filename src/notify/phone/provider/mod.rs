//! Who carries messages and calls. One file each; they know wire formats and nothing of states.

mod aliyun;
pub mod errors;
mod http;
mod log;
mod tencent;
mod wire;

use crate::base::clock::{Clock, Instant};
use crate::people::phone::Phone;

use super::model::{Kind, Medium};
use super::settings::{Settings, Wording};
use errors::Reaction;

pub(super) use aliyun::{Aliyun, Product, parameters};
pub(super) use log::NAME as LOG;

/// One message, as a provider needs it.
pub(super) struct Call<'a> {
    pub reference: &'a str,
    pub medium: Medium,
    pub number: &'a Phone,
    pub wording: &'a Wording,
    /// In the purpose's order, made to fit.
    pub words: &'a [(String, String)],
    /// That may be pressed; empty: it is only read out.
    pub keys: &'a str,
}

/// How a provider answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It took it under this number; `end`: and knows already how it ended.
    Taken { id: String, end: Option<Kind> },
    /// It surely did not take it.
    Refused { code: String, reaction: Reaction },
    /// Nobody knows whether it took it.
    Unsure { cause: String },
}

/// What a provider knows of a message that it may have taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// `id`: where it tells its number.
    Here { id: Option<String>, end: Option<(Kind, String)> },
    /// Not there now; it may appear later.
    Absent,
    /// It answers no such question, or not now.
    CannotTell,
}

/// What is asked for by [`Provider::look_up`].
pub(super) struct Question<'a> {
    pub reference: &'a str,
    pub provider_id: Option<&'a str>,
    pub medium: Medium,
    pub number: &'a Phone,
    /// When it was handed over.
    pub at: Instant,
}

/// A back end of ours. Cheap enough to build once.
pub(super) enum Provider {
    Log,
    Aliyun(aliyun::Aliyun),
    Tencent(tencent::Tencent),
    Http(http::Http),
}

/// The providers that the operator configured.
pub(super) fn all(settings: &Settings, clock: &Clock) -> Result<Vec<Provider>, reqwest::Error> {
    let client = wire::client()?;
    let one = |name: &str| match name {
        LOG => Some(Provider::Log),
        aliyun::NAME => settings
            .aliyun
            .clone()
            .map(|account| Provider::Aliyun(aliyun::Aliyun::new(client.clone(), account, clock.clone()))),
        tencent::NAME => settings
            .tencent
            .clone()
            .map(|account| Provider::Tencent(tencent::Tencent::new(client.clone(), account, clock.clone()))),
        http::NAME => settings
            .http
            .clone()
            .map(|account| Provider::Http(http::Http::new(client.clone(), account, clock.clone()))),
        _ => None,
    };
    Ok(settings.named().into_iter().filter_map(one).collect())
}

impl Provider {
    /// Stable: it stands in the database and in the operator's file.
    pub fn name(&self) -> &'static str {
        match self {
            Provider::Log => LOG,
            Provider::Aliyun(_) => aliyun::NAME,
            Provider::Tencent(_) => tencent::NAME,
            Provider::Http(_) => http::NAME,
        }
    }

    /// Hands one over; once, without trying again.
    pub async fn send(&self, call: &Call<'_>) -> Verdict {
        match self {
            Provider::Log => log::send(call),
            Provider::Aliyun(aliyun) => aliyun.send(call).await,
            Provider::Tencent(tencent) => tencent.send(call).await,
            Provider::Http(http) => http.send(call).await,
        }
    }

    /// Asks what became of one that it may have taken.
    pub async fn look_up(&self, question: &Question<'_>) -> Found {
        match self {
            Provider::Log | Provider::Http(_) => Found::CannotTell,
            Provider::Aliyun(aliyun) => aliyun.look_up(question).await,
            Provider::Tencent(tencent) => tencent.look_up(question).await,
        }
    }
}

/// What a provider without a template for this message is taken to have answered.
fn no_template(provider: &str) -> Verdict {
    let meaning = "phone.toml 里没有写这一种的模板编号";
    Verdict::Refused { code: format!("{provider} has no template"), reaction: Reaction::FixWording(meaning) }
}
