//! Looks after what was handed over: asks the provider about what nobody knows, and ends the wait for a receipt.

use async_trait::async_trait;
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::{Kind, Medium, State, Why, message};
use super::provider::{Found, Question};
use super::{Event, NUMBER_PLACE, Phones, RECEIPT_WAIT};
use crate::base::Base;
use crate::base::clock::Instant;
use crate::jobs::{self, Handler, Lane};
use crate::people::phone::Phone;

/// The job's kind.
const JOB: &str = "phone.watch";
/// When a provider is first asked about what it may have taken: it needs a moment to know itself.
pub(super) const FIRST: TimeDelta = TimeDelta::seconds(10);
/// And how often again, until [`RECEIPT_WAIT`] is over.
const AGAIN: TimeDelta = TimeDelta::seconds(60);

#[derive(Serialize, Deserialize)]
struct Look {
    message: Uuid,
    round: u32,
}

/// Enqueues a look after `message`.
pub(super) async fn enqueue(
    base: &Base,
    tx: &impl ConnectionTrait,
    message: Uuid,
    round: u32,
    at: Instant,
) -> Result<(), DbErr> {
    // The state tells two waits of one message apart: doubts before, receipts after.
    let dedup = format!("{JOB}:{message}:{round}:{}", at.timestamp_millis());
    jobs::enqueue(base, tx, JOB, &Look { message, round }, at, Some(dedup)).await
}

pub(super) struct WatchJob(pub Phones);

#[async_trait]
impl Handler for WatchJob {
    fn kind(&self) -> &'static str {
        JOB
    }

    fn lane(&self) -> Lane {
        Lane::Remote
    }

    async fn run(&self, payload: &str) -> anyhow::Result<()> {
        let Look { message: id, round } = serde_json::from_str(payload)?;
        let phones = &self.0;
        let Some(message) = message::Entity::find_by_id(id).one(phones.base.db.read()).await? else {
            return Ok(());
        };
        match State::parse(&message.state) {
            Some(State::Unsure | State::Accepted) => phones.look_after(&message, round).await,
            _ => Ok(()),
        }
    }
}

impl Phones {
    async fn look_after(&self, message: &message::Model, round: u32) -> anyhow::Result<()> {
        let now = self.base.clock.now();
        let accepted = State::parse(&message.state) == Some(State::Accepted);
        let since = message.accepted_at.or(message.claimed_at).unwrap_or(message.created_at);
        match self.inquire(message).await? {
            Found::Here { id, end } => {
                if !accepted {
                    let name = self.provider_of(message).map_or("", |provider| provider.name());
                    self.taken(message, name, id.as_deref(), None).await?;
                }
                if let Some((kind, code)) = end {
                    return self.ended(message, kind, &code).await;
                }
                if !accepted {
                    return Ok(());
                }
            }
            Found::Absent | Found::CannotTell => {}
        }
        let tx = self.base.db.write().await?;
        if now < since + RECEIPT_WAIT {
            enqueue(&self.base, &tx, message.id, round + 1, (now + AGAIN).min(since + RECEIPT_WAIT)).await?;
            return Ok(tx.commit().await?);
        }
        let heard = self.tell(&tx, message, Event::Unknown, now, None).await?;
        tx.commit().await?;
        if let Some(heard) = heard {
            self.told(&heard).await;
        }
        Ok(())
    }

    fn provider_of(&self, message: &message::Model) -> Option<&super::provider::Provider> {
        self.providers.iter().find(|provider| Some(provider.name()) == message.provider.as_deref())
    }

    async fn inquire(&self, message: &message::Model) -> anyhow::Result<Found> {
        let number = self.base.keys.open(NUMBER_PLACE, &message.number_sealed)?;
        let (Some(provider), Some(number)) = (self.provider_of(message), Phone::parse(&number)) else {
            return Ok(Found::CannotTell);
        };
        let question = Question {
            reference: &message.reference,
            provider_id: message.provider_id.as_deref(),
            medium: Medium::parse(&message.medium).unwrap_or(Medium::Sms),
            number: &number,
            at: message.claimed_at.unwrap_or(message.created_at),
        };
        Ok(provider.look_up(&question).await)
    }

    async fn ended(&self, message: &message::Model, kind: Kind, code: &str) -> anyhow::Result<()> {
        let event = match kind {
            Kind::Delivered => Event::Delivered,
            Kind::Undelivered => Event::Failed { why: Why::Undelivered },
            Kind::Answered => Event::Answered { seconds: 0 },
            Kind::NotAnswered => Event::NotAnswered,
            Kind::Key | Kind::Reply => return Ok(()),
        };
        let tx = self.base.db.write().await?;
        let heard = self.tell(&tx, message, event, self.base.clock.now(), Some(code)).await?;
        tx.commit().await?;
        if let Some(heard) = heard {
            self.told(&heard).await;
        }
        Ok(())
    }
}
