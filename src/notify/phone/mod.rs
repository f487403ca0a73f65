//! Short messages and calls, for every feature.
//!
//! ```text
//! outbox.rs     a feature places one in its own transaction, and may take it back
//! send.rs       the job that hands it to a provider: claimed by a committed state first, never sent twice
//! watch.rs      what nobody knows for sure: asking the provider, waiting for a receipt, giving up
//! guard.rs      allowances of a day and of one number, and the hours in which nobody is called
//! receipts/     what providers tell: parked as a row, then matched, once
//! tell.rs       one change of state and the feature's own, in one transaction
//! provider/     who carries it: one file each; sign/ their signatures (pure); errors.rs their codes
//! privacy_number.rs  a number between two; off by default
//! settings.rs   wechat-config/phone.toml · retention.rs how long all this is kept
//! ```
//!
//! A feature implements [`Listener`] and the server hands it over; this module knows none by name.

mod guard;
pub mod model;
pub mod outbox;
pub mod privacy_number;
pub mod provider;
pub mod receipts;
pub mod retention;
mod send;
mod settings;
pub mod sign;
mod tell;
mod watch;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::privacy::reseal::Sealed;
use crate::jobs::Handler;
use crate::people::phone::HASH_KIND;

pub use model::{Medium, Why};
pub use outbox::{Outgoing, PlaceError, Placed, cancel, place};
pub use settings::{FILE, Settings};

use provider::Provider;

/// Without any receipt for this long, nobody knows whether it arrived (row 12 of the car-moving cases).
pub const RECEIPT_WAIT: TimeDelta = TimeDelta::minutes(5);
/// Where numbers, words and answers stand sealed.
pub(crate) const NUMBER_PLACE: &str = "phone_message.number";
pub(crate) const WORDS_PLACE: &str = "phone_message.words";
pub(crate) const TEXT_PLACE: &str = "phone_receipt.text";

/// Every column of sealed values.
pub const SEALED: [Sealed; 3] = [
    Sealed {
        table: "phone_message",
        id: "id",
        and: None,
        column: "number_sealed",
        place: NUMBER_PLACE,
        blind: Some(("number_hash", HASH_KIND)),
    },
    Sealed {
        table: "phone_message",
        id: "id",
        and: None,
        column: "words_sealed",
        place: WORDS_PLACE,
        blind: None,
    },
    Sealed {
        table: "phone_receipt",
        id: "id",
        and: None,
        column: "text_sealed",
        place: TEXT_PLACE,
        blind: None,
    },
];

/// One thing that a feature says by phone. Its wording stands in `wechat-config/phone.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purpose {
    /// Stable, unique among all features, e.g. `movecar.ask`: it stands in the database and in the operator's file.
    pub name: &'static str,
    pub medium: Medium,
    /// What may stand between braces in the wording, in the order in which providers number them.
    pub words: &'static [&'static str],
    /// Of a call: the keys that may be pressed, e.g. `12349`; empty: it is only read out.
    pub keys: &'static str,
}

/// What happened to one message or call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A provider took it.
    Accepted {
        provider: &'static str,
    },
    /// It is on the phone.
    Delivered,
    /// It will not arrive; another channel may.
    Failed {
        why: Why,
    },
    /// Somebody, or somebody's voicemail, took the call; a short one without a key is the latter.
    Answered {
        seconds: i64,
    },
    NotAnswered,
    /// A key was pressed; each key of a call is told once.
    Key(char),
    /// An answer by short message to what was sent last to that number.
    Reply {
        text: String,
    },
    /// Nothing was heard for [`RECEIPT_WAIT`]: it may have arrived, or may still arrive. It is never sent again.
    Unknown,
}

/// An [`Event`] and what it is about.
#[derive(Clone, Debug)]
pub struct Heard {
    pub message: Uuid,
    /// As it was placed.
    pub key: String,
    pub purpose: String,
    pub medium: Medium,
    /// When it happened: by the provider's clock where it told one, else ours.
    pub at: Instant,
    pub event: Event,
}

/// A feature that sends by phone.
#[async_trait]
pub trait Listener: Send + Sync {
    /// What it says by phone.
    fn purposes(&self) -> &'static [Purpose];

    /// Takes the rows of its own that belong to `message`, before the message itself is taken. A feature takes its
    /// rows before it places or cancels messages, too: in one order everywhere, nobody waits in a circle.
    async fn hold(&self, _tx: &DatabaseTransaction, _message: Uuid) -> anyhow::Result<()> {
        Ok(())
    }

    /// Hears what became of a message of its purposes, in the transaction that writes it down: once each, whatever
    /// is repeated. An error rolls both back, and it is told again.
    async fn heard(&self, tx: &DatabaseTransaction, heard: &Heard) -> anyhow::Result<()>;

    /// Whether what `message` is about has ended while its telephone rings: a provider that can says so instead.
    async fn over(&self, _message: Uuid) -> anyhow::Result<bool> {
        Ok(false)
    }

    /// Runs after that transaction was committed, for what may be lost: announcing, waking.
    async fn committed(&self, _heard: &Heard) {}
}

/// Everything that sends by phone. Cheap to clone.
#[derive(Clone)]
pub struct Phones {
    base: Base,
    settings: Arc<Settings>,
    providers: Arc<Vec<Provider>>,
    said: Arc<HashMap<&'static str, Said>>,
}

/// A purpose, and whose it is.
struct Said {
    purpose: Purpose,
    listener: Arc<dyn Listener>,
}

impl Phones {
    /// `settings` must have been loaded with the purposes of `listeners`.
    pub fn new(
        base: Base,
        settings: Settings,
        listeners: Vec<Arc<dyn Listener>>,
    ) -> Result<Phones, reqwest::Error> {
        let providers = provider::all(&settings, &base.clock)?;
        let mut said = HashMap::new();
        for listener in listeners {
            for purpose in listener.purposes() {
                said.insert(purpose.name, Said { purpose: *purpose, listener: listener.clone() });
            }
        }
        Ok(Phones {
            base,
            settings: Arc::new(settings),
            providers: Arc::new(providers),
            said: Arc::new(said),
        })
    }

    /// The jobs that send, and that look after what was sent.
    pub fn handlers(&self) -> Vec<Arc<dyn Handler>> {
        vec![
            Arc::new(send::SendJob(self.clone())),
            Arc::new(watch::WatchJob(self.clone())),
            Arc::new(receipts::SettleJob(self.clone())),
        ]
    }

    /// Somebody is configured to carry such messages; the print to the log counts.
    pub fn serves(&self, medium: Medium) -> bool {
        !self.settings.channel(medium).providers.is_empty()
    }
}
