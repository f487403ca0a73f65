//! Who carries messages and calls. One file each; they know wire formats and nothing of states.

pub mod errors;
mod log;

use crate::base::clock::{Clock, Instant};
use crate::people::phone::Phone;

use super::model::{Kind, Medium};
use super::settings::{Settings, Wording};
use errors::Reaction;

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
    Here {
        id: String,
        end: Option<(Kind, String)>,
    },
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
}

/// The providers that the operator configured.
pub(super) fn all(settings: &Settings, _clock: &Clock) -> Result<Vec<Provider>, reqwest::Error> {
    Ok(settings.named().iter().map(|_| Provider::Log).collect())
}

impl Provider {
    /// Stable: it stands in the database and in the operator's file.
    pub fn name(&self) -> &'static str {
        match self {
            Provider::Log => log::NAME,
        }
    }

    /// Hands one over; once, without trying again.
    pub async fn send(&self, call: &Call<'_>) -> Verdict {
        match self {
            Provider::Log => log::send(call),
        }
    }

    /// Asks what became of one that it may have taken.
    pub async fn look_up(&self, _question: &Question<'_>) -> Found {
        match self {
            Provider::Log => Found::CannotTell,
        }
    }
}
