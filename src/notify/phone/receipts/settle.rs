//! Matches stored receipts with messages. What names none of ours waits, for it may be here before our own commit.

use async_trait::async_trait;
use chrono::TimeDelta;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::Base;
use crate::base::clock::Instant;
use crate::jobs::{self, Handler};
use crate::notify::phone::model::{Kind, Medium, State, Why, message, receipt};
use crate::notify::phone::{Event, Phones, TEXT_PLACE};

/// The job's kind.
const JOB: &str = "phone.receipts";
/// How long a receipt waits for the message that it names.
pub const PARKED: TimeDelta = TimeDelta::minutes(10);
/// How old a message may be that an answer by short message belongs to.
const ANSWERS: TimeDelta = TimeDelta::hours(48);

#[derive(Serialize, Deserialize)]
struct Batch {
    receipts: Vec<Uuid>,
    round: u32,
}

pub async fn enqueue(
    base: &Base,
    tx: &impl ConnectionTrait,
    receipts: Vec<Uuid>,
    round: u32,
    at: Instant,
) -> Result<(), DbErr> {
    jobs::enqueue(base, tx, JOB, &Batch { receipts, round }, at, None).await
}

pub struct SettleJob(pub Phones);

#[async_trait]
impl Handler for SettleJob {
    fn kind(&self) -> &'static str {
        JOB
    }

    async fn run(&self, payload: &str) -> anyhow::Result<()> {
        let Batch { receipts, round } = serde_json::from_str(payload)?;
        let phones = &self.0;
        let mut early = Vec::new();
        let mut broken = None;
        for id in receipts {
            match phones.settle(id).await {
                Ok(true) => {}
                Ok(false) => early.push(id),
                // One that a feature cannot take in holds up no other.
                Err(error) => broken = broken.or(Some(error)),
            }
        }
        if !early.is_empty() {
            let now = phones.base.clock.now();
            let wait = TimeDelta::seconds(1 << round.min(7));
            let tx = phones.base.db.write().await?;
            enqueue(&phones.base, &tx, early, round + 1, now + wait).await?;
            tx.commit().await?;
        }
        broken.map_or(Ok(()), Err)
    }
}

impl Phones {
    /// Lets one receipt have its effect, once; `false`: the message that it names is not there yet.
    async fn settle(&self, id: Uuid) -> anyhow::Result<bool> {
        let now = self.base.clock.now();
        let tx = self.base.db.write().await?;
        let open = receipt::Entity::find_by_id(id).filter(receipt::Column::DoneAt.is_null()).one(&tx).await?;
        let Some(receipt) = open else { return Ok(true) };
        let message = self.named_by(&tx, &receipt).await?;
        if message.is_none() && now < receipt.received_at + PARKED {
            return Ok(false);
        }
        let done = receipt::Entity::update_many()
            .col_expr(receipt::Column::DoneAt, now.into())
            .col_expr(receipt::Column::MessageId, message.as_ref().map(|message| message.id).into())
            .filter(receipt::Column::Id.eq(id))
            .filter(receipt::Column::DoneAt.is_null())
            .exec(&tx)
            .await?;
        let Some(message) = message.filter(|_| done.rows_affected > 0) else {
            tx.commit().await?;
            metrics::counter!("phone_receipts_total", "provider" => receipt.provider, "fate" => "not ours")
                .increment(1);
            return Ok(true);
        };
        let mut heard = Vec::new();
        let at = receipt.told_at.unwrap_or(now);
        let early = [State::Sending, State::Unsure].map(State::word).contains(&message.state.as_str());
        let kind = Kind::parse(&receipt.kind);
        if early && kind != Some(Kind::Reply) {
            // It was here before the provider's own answer, which may be lost: it proves that the provider took it.
            self.hold(&tx, &message).await?;
            self.name(&tx, &message, &receipt.provider_id).await?;
            if let Some(provider) = self.providers.iter().find(|one| one.name() == receipt.provider) {
                let accepted = Event::Accepted { provider: provider.name() };
                heard.extend(self.tell(&tx, &message, accepted, at, None).await?);
            }
        }
        if let Some(event) = self.event(&message, &receipt)? {
            heard.extend(self.tell(&tx, &message, event, at, receipt.detail.as_deref()).await?);
        }
        tx.commit().await?;
        metrics::counter!("phone_receipts_total", "provider" => receipt.provider, "fate" => "ours")
            .increment(1);
        for one in &heard {
            self.told(one).await;
        }
        Ok(true)
    }

    /// The message that a receipt is about: by our own number or by the provider's, never by the telephone number.
    async fn named_by(
        &self,
        tx: &DatabaseTransaction,
        receipt: &receipt::Model,
    ) -> Result<Option<message::Model>, DbErr> {
        let of_provider =
            || message::Entity::find().filter(message::Column::Provider.eq(receipt.provider.as_str()));
        if let Some(number) = &receipt.number_hash {
            // An answer names nothing: it belongs to what was said last to whoever wrote.
            return of_provider()
                .filter(message::Column::NumberHash.eq(number))
                .filter(message::Column::Medium.eq(Medium::Sms.word()))
                .filter(
                    message::Column::State
                        .is_in([State::Accepted, State::Delivered, State::Unknown].map(State::word)),
                )
                .filter(message::Column::ClaimedAt.gt(receipt.received_at - ANSWERS))
                .order_by_desc(message::Column::ClaimedAt)
                .one(tx)
                .await;
        }
        let by_id = of_provider().filter(message::Column::ProviderId.eq(receipt.provider_id.as_str()));
        if let Some(found) = by_id.one(tx).await? {
            return Ok(Some(found));
        }
        let Some(reference) = &receipt.reference else { return Ok(None) };
        of_provider()
            .filter(message::Column::Reference.eq(reference))
            .filter(message::Column::ProviderId.is_null())
            .one(tx)
            .await
    }

    /// Writes down what the provider calls `message`, unless that is known.
    pub(in crate::notify::phone) async fn name(
        &self,
        tx: &DatabaseTransaction,
        message: &message::Model,
        id: &str,
    ) -> Result<(), DbErr> {
        message::Entity::update_many()
            .col_expr(message::Column::ProviderId, id.into())
            .filter(message::Column::Id.eq(message.id))
            .filter(message::Column::ProviderId.is_null())
            .exec(tx)
            .await?;
        Ok(())
    }

    fn event(&self, message: &message::Model, receipt: &receipt::Model) -> anyhow::Result<Option<Event>> {
        let call = message.medium == Medium::Voice.word();
        let event = match (Kind::parse(&receipt.kind), call) {
            (Some(Kind::Delivered), false) => Event::Delivered,
            (Some(Kind::Undelivered), _) => Event::Failed { why: Why::Undelivered },
            (Some(Kind::Answered), true) => Event::Answered { seconds: receipt.seconds.unwrap_or_default() },
            (Some(Kind::NotAnswered), true) => Event::NotAnswered,
            (Some(Kind::Key), true) => match receipt.mark.chars().next() {
                Some(key) => Event::Key(key),
                None => return Ok(None),
            },
            (Some(Kind::Reply), _) => {
                let sealed = receipt.text_sealed.as_deref().unwrap_or_default();
                Event::Reply { text: self.base.keys.open(TEXT_PLACE, sealed)? }
            }
            // A call is not delivered, and nobody presses keys in a short message.
            _ => return Ok(None),
        };
        Ok(Some(event))
    }
}
