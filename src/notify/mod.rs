//! Floor 3: what reaches whom by which channel. Features say whom and what as an [`Occasion`]; this module knows none
//! by name.
//!
//! ```text
//! batch.rs      an act of telling many people: placed once, a row for each person, their states add up
//! send.rs       the job: some people at a time, never in the quiet hours, nothing twice
//! channel.rs    one person: subscription notice → template message → customer-service message → call list
//! hear.rs       what the platform tells afterwards: allowed, refused, arrived
//! ledger.rs     who allowed what · templates.rs the operator's templates · quiet.rs the hours
//! phone/        short messages and calls: outbox, providers, receipts
//! ```

pub mod batch;
mod channel;
mod hear;
pub mod ledger;
pub mod model;
pub mod phone;
pub mod quiet;
pub mod retention;
mod send;
mod templates;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::DbErr;
use uuid::Uuid;

use crate::base::Base;
use crate::jobs::Handler;
use crate::people::{follower, person as persons};
use crate::wechat::api::Api;
use crate::wechat::rights::Rights;

pub use send::JOB;
pub use templates::{FILE, Templates};

/// What a notice says to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// For the operator's templates: names of [`templates::FIELDS`] and their values.
    pub fields: Vec<(&'static str, String)>,
    /// The page that a tap opens; starts with `/`.
    pub path: String,
    /// The whole, for a customer-service message.
    pub text: String,
}

impl Words {
    /// `text` with its `{marks}` filled in; what this notice does not say is a dash, for fields must not be empty.
    fn put_into(&self, text: &str) -> String {
        let fill = |text: String, (mark, value): (&str, &str)| text.replace(&format!("{{{mark}}}"), value);
        let said = self.fields.iter().map(|(mark, value)| (*mark, value.as_str()));
        said.chain(templates::FIELDS.map(|mark| (mark, "—"))).fold(text.to_string(), fill)
    }
}

/// What to do about one person, decided when their turn comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    Tell(Words),
    /// It is not needed any more; why, in Chinese.
    Skip(&'static str),
}

/// A feature's reason to tell people something.
#[async_trait]
pub trait Occasion: Send + Sync {
    /// Stable: it stands in the database.
    fn name(&self) -> &'static str;

    /// Whether the people of its batches are followers themselves, and not persons whom a follower may be tied to.
    fn tells_followers(&self) -> bool {
        false
    }

    /// What each of `people` is told now. Whoever is missing in the answer is not told.
    async fn words(&self, batch: &model::batch::Model, people: &[Uuid])
    -> anyhow::Result<HashMap<Uuid, Say>>;
}

/// Everything that sends notices. Cheap to clone.
#[derive(Clone)]
pub struct Notifier {
    base: Base,
    /// Absent where no official account is configured: then everybody stands on the call list.
    platform: Option<Platform>,
    templates: Arc<Templates>,
    occasions: Arc<HashMap<&'static str, Arc<dyn Occasion>>>,
}

#[derive(Clone)]
struct Platform {
    api: Api,
    rights: Rights,
}

/// What the page of a follower offers: templates to allow, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// For `wx-open-subscribe`, separated by commas.
    pub templates: String,
    /// Notices that may still be sent by one-time templates.
    pub remaining: i64,
    /// A long-term template is allowed.
    pub lasting: bool,
}

impl Notifier {
    pub fn new(
        base: Base,
        api: Option<Api>,
        templates: Templates,
        occasions: Vec<Arc<dyn Occasion>>,
    ) -> Notifier {
        let platform = api.map(|api| {
            let rights = Rights::new(base.cache.clone(), base.clock.clone(), &api.settings().app_id);
            Platform { api, rights }
        });
        let occasions = occasions.into_iter().map(|occasion| (occasion.name(), occasion)).collect();
        Notifier { base, platform, templates: Arc::new(templates), occasions: Arc::new(occasions) }
    }

    /// The job that sends.
    pub fn handler(&self) -> Arc<dyn Handler> {
        Arc::new(send::SendJob(self.clone()))
    }

    /// What a page may offer `follower`; `None` without templates to subscribe to.
    pub async fn offer(&self, follower: Uuid) -> Result<Option<Offer>, DbErr> {
        let asked = self.templates.asked();
        if self.platform.is_none() || asked.is_empty() {
            return Ok(None);
        }
        let rights = ledger::of(&self.base, follower).await?;
        let of_these = rights.iter().filter(|right| asked.contains(&right.template_id.as_str()));
        let (mut remaining, mut lasting) = (0, false);
        for right in of_these {
            remaining += right.remaining;
            lasting |= right.long_term;
        }
        Ok(Some(Offer { templates: asked.join(","), remaining, lasting }))
    }

    /// The WeChat user behind each of `people` of a batch of `source`, where there is one.
    async fn followers_of(
        &self,
        source: &str,
        people: &[Uuid],
    ) -> Result<HashMap<Uuid, follower::Known>, DbErr> {
        let db = self.base.db.read();
        match self.occasions.get(source) {
            Some(occasion) if occasion.tells_followers() => follower::of_ids(db, people).await,
            _ => persons::followers_of(db, people).await,
        }
    }
}
