//! Hands a message to a provider. It is claimed by a committed state first: whoever finds it claimed does not send it.

use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::guard::{Claim, rings_from};
use super::model::{Kind, Medium, State, Why, message};
use super::provider::errors::Reaction;
use super::provider::{Call, Provider, Verdict};
use super::{Event, NUMBER_PLACE, Phones, RECEIPT_WAIT, WORDS_PLACE, watch};
use crate::base::Base;
use crate::base::clock::Instant;
use crate::jobs::{self, Handler, Lane};
use crate::people::phone::Phone;

/// The job's kind.
const JOB: &str = "phone.send";
/// How often busy providers are asked.
const TRIES: i32 = 6;
/// How long a provider rests that only an operator can mend.
const REST: Duration = Duration::from_secs(600);
/// Longer than any call to a provider: whoever claimed a message before is dead.
const DEAD: TimeDelta = TimeDelta::seconds(30);
/// Letters of one value: the least that a carrier takes in a notice.
const WORD: usize = 35;

#[derive(Serialize, Deserialize)]
struct Step {
    message: Uuid,
    step: i32,
}

/// Enqueues a step of `message`; the same step once.
pub(super) async fn enqueue(
    base: &Base,
    tx: &impl ConnectionTrait,
    message: Uuid,
    step: i32,
    at: Instant,
) -> Result<(), DbErr> {
    let dedup = format!("{JOB}:{message}:{step}");
    jobs::enqueue(base, tx, JOB, &Step { message, step }, at, Some(dedup)).await
}

pub(super) struct SendJob(pub Phones);

#[async_trait]
impl Handler for SendJob {
    fn kind(&self) -> &'static str {
        JOB
    }

    fn lane(&self) -> Lane {
        Lane::Remote
    }

    async fn run(&self, payload: &str) -> anyhow::Result<()> {
        let Step { message: id, step } = serde_json::from_str(payload)?;
        let phones = &self.0;
        let Some(message) = message::Entity::find_by_id(id).one(phones.base.db.read()).await? else {
            return Ok(());
        };
        match State::parse(&message.state) {
            Some(State::Waiting) => phones.hand_over(message, step).await,
            Some(State::Sending) => phones.doubt(&message).await,
            _ => Ok(()),
        }
    }
}

/// What to do next about a message that was not taken.
enum Next {
    Done,
    Again(Instant),
    Fail(Why, Option<String>),
}

impl Phones {
    async fn hand_over(&self, mut message: message::Model, step: i32) -> anyhow::Result<()> {
        let now = self.base.clock.now();
        let medium = Medium::parse(&message.medium).unwrap_or(Medium::Sms);
        let morning = match medium {
            Medium::Voice if !message.urgent => {
                rings_from(now, self.settings.rings_from, self.settings.rings_to)
            }
            _ => None,
        };
        let over = |at: Instant| message.not_after.is_some_and(|end| at > end);
        let next = match morning {
            _ if over(now) => Next::Fail(Why::TooLate, None),
            Some(morning) if over(morning) => Next::Fail(Why::TooLate, None),
            Some(morning) => Next::Again(morning),
            None => self.ask(&mut message, medium).await?,
        };
        match next {
            Next::Done => Ok(()),
            Next::Again(at) => {
                let tx = self.base.db.write().await?;
                enqueue(&self.base, &tx, message.id, step + 1, at).await?;
                Ok(tx.commit().await?)
            }
            Next::Fail(why, code) => self.fail(&message, why, code.as_deref()).await,
        }
    }

    /// Asks one provider after the other.
    async fn ask(&self, message: &mut message::Model, medium: Medium) -> anyhow::Result<Next> {
        let number = self.base.keys.open(NUMBER_PLACE, &message.number_sealed)?;
        let words = self.base.keys.open(WORDS_PLACE, &message.words_sealed)?;
        let words = fitted(serde_json::from_str(&words)?, medium);
        let keys = self.said.get(message.purpose.as_str()).map_or("", |said| said.purpose.keys);
        let (Some(number), Some(wording)) = (Phone::parse(&number), self.settings.wording(&message.purpose))
        else {
            return Ok(Next::Fail(Why::Wording, None));
        };
        let mut last = (Why::NoProvider, None);
        let mut busy = None;
        let reference = message.reference.clone();
        let call = Call { reference: &reference, medium, number: &number, wording, words: &words, keys };
        for provider in self.candidates(message, medium) {
            if self.rests(provider, medium).await {
                continue;
            }
            let claimed_at = self.base.clock.now();
            match self.claim(message, medium, provider.name(), claimed_at).await? {
                Claim::Ours => {}
                Claim::Gone => return Ok(Next::Done),
                Claim::Refused(why) => {
                    if why == Why::Budget {
                        tracing::error!(
                            medium = medium.word(),
                            "today's allowance is used up; nothing more is sent"
                        );
                    }
                    return Ok(Next::Fail(why, None));
                }
            }
            let began = std::time::Instant::now();
            let verdict = provider.send(&call).await;
            report(provider.name(), medium, &verdict, began.elapsed());
            let (code, reaction) = match verdict {
                Verdict::Taken { id, end } => {
                    self.taken(message, provider.name(), Some(&id), end).await?;
                    return Ok(Next::Done);
                }
                Verdict::Unsure { .. } => {
                    self.doubt_now(message).await?;
                    return Ok(Next::Done);
                }
                Verdict::Refused { code, reaction } => (code, reaction),
            };
            let lasting = !matches!(reaction, Reaction::BackOff(_));
            self.release(message, medium, provider.name(), claimed_at, lasting).await?;
            last.1 = Some(code);
            match reaction {
                Reaction::OtherProvider(why) => last.0 = why,
                Reaction::OtherMedium(why) => return Ok(Next::Fail(why, last.1)),
                Reaction::FixWording(_) => last.0 = Why::Wording,
                Reaction::Rest(_) => {
                    let until = (self.base.clock.now() + REST).timestamp_millis().to_string();
                    self.base.cache.set(&resting(provider.name(), medium), until, REST).await;
                }
                Reaction::BackOff(after) => {
                    busy = Some(busy.map_or(after, |other: Duration| other.min(after)))
                }
            }
        }
        match busy {
            Some(after) if message.tries < TRIES => {
                let steps = u32::try_from(message.tries).unwrap_or(1);
                let wait = after * steps + after.mul_f64(rand::random::<f64>());
                Ok(Next::Again(self.base.clock.now() + TimeDelta::from_std(wait)?))
            }
            _ => Ok(Next::Fail(last.0, last.1)),
        }
    }

    /// Who may still be asked, in order.
    fn candidates(&self, message: &message::Model, medium: Medium) -> Vec<&Provider> {
        let order = self.settings.channel(medium).order(&message.reference);
        let refused: Vec<&str> = message.refused_by.split(',').collect();
        order
            .into_iter()
            .filter(|name| !refused.contains(name))
            .filter_map(|name| self.providers.iter().find(|provider| provider.name() == name))
            .collect()
    }

    async fn rests(&self, provider: &Provider, medium: Medium) -> bool {
        let until = self.base.cache.get(&resting(provider.name(), medium)).await.unwrap_or_default();
        let until = std::str::from_utf8(&until).ok().and_then(|until| until.parse::<i64>().ok());
        until.is_some_and(|until| self.base.clock.now().timestamp_millis() < until)
    }

    /// A provider took it, under `id` where it told one.
    pub(super) async fn taken(
        &self,
        message: &message::Model,
        provider: &'static str,
        id: Option<&str>,
        end: Option<Kind>,
    ) -> anyhow::Result<()> {
        let now = self.base.clock.now();
        let tx = self.base.db.write().await?;
        let mut heard = self.tell(&tx, message, Event::Accepted { provider }, now, None).await?;
        // Whether it is over by now or not: receipts name it so. Its feature's rows are held since it was told.
        if let Some(id) = id {
            self.name(&tx, message, id).await?;
        }
        match end {
            Some(Kind::Delivered) => {
                tx.commit().await?;
                if let Some(heard) = heard.take() {
                    self.told(&heard).await;
                }
                let tx = self.base.db.write().await?;
                let heard = self.tell(&tx, message, Event::Delivered, now, None).await?;
                tx.commit().await?;
                if let Some(heard) = heard {
                    self.told(&heard).await;
                }
                return Ok(());
            }
            _ => watch::enqueue(&self.base, &tx, message.id, 0, now + RECEIPT_WAIT).await?,
        }
        tx.commit().await?;
        if let Some(heard) = heard {
            self.told(&heard).await;
        }
        Ok(())
    }

    /// A worker claimed it and was heard of no more: perhaps it is on its way.
    async fn doubt(&self, message: &message::Model) -> anyhow::Result<()> {
        let now = self.base.clock.now();
        if message.claimed_at.is_some_and(|at| at > now - DEAD) {
            anyhow::bail!("in another worker's hands");
        }
        self.doubt_now(message).await
    }

    async fn doubt_now(&self, message: &message::Model) -> anyhow::Result<()> {
        let now = self.base.clock.now();
        let tx = self.base.db.write().await?;
        let doubted = message::Entity::update_many()
            .col_expr(message::Column::State, State::Unsure.word().into())
            .col_expr(message::Column::UpdatedAt, Expr::value(now))
            .filter(message::Column::Id.eq(message.id))
            .filter(message::Column::State.eq(State::Sending.word()))
            .exec(&tx)
            .await?;
        if doubted.rows_affected > 0 {
            watch::enqueue(&self.base, &tx, message.id, 0, now + watch::FIRST).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn fail(&self, message: &message::Model, why: Why, code: Option<&str>) -> anyhow::Result<()> {
        let tx = self.base.db.write().await?;
        let heard = self.tell(&tx, message, Event::Failed { why }, self.base.clock.now(), code).await?;
        tx.commit().await?;
        if let Some(heard) = heard {
            self.told(&heard).await;
        }
        Ok(())
    }
}

fn resting(provider: &str, medium: Medium) -> String {
    format!("phone:rest:{provider}:{}", medium.word())
}

/// Values made to fit: carriers refuse a whole message for one that is too long, or that holds an address.
fn fitted(words: Vec<(String, String)>, medium: Medium) -> Vec<(String, String)> {
    let fit = |(name, value): (String, String)| {
        let mut value = value.replace("://", "：").trim().to_string();
        if medium == Medium::Sms && value.chars().count() > WORD {
            value = value.chars().take(WORD - 1).chain(['…']).collect();
        }
        (name, value)
    };
    words.into_iter().map(fit).collect()
}

/// Counted, and logged without number and words.
fn report(provider: &'static str, medium: Medium, verdict: &Verdict, took: Duration) {
    let outcome = match verdict {
        Verdict::Taken { .. } => "taken",
        Verdict::Refused { .. } => "refused",
        Verdict::Unsure { .. } => "unsure",
    };
    metrics::counter!("phone_provider_calls_total", "provider" => provider, "medium" => medium.word(), "outcome" => outcome)
        .increment(1);
    metrics::histogram!("phone_provider_seconds", "provider" => provider).record(took);
    match verdict {
        Verdict::Taken { .. } => {}
        Verdict::Refused { code, reaction: Reaction::Rest(meaning) | Reaction::FixWording(meaning) } => {
            tracing::error!(
                provider,
                medium = medium.word(),
                code,
                meaning,
                "an operator must look at this provider"
            );
        }
        Verdict::Refused { code, .. } => {
            tracing::info!(provider, medium = medium.word(), code, "a provider did not take a message");
        }
        Verdict::Unsure { cause } => {
            tracing::warn!(
                provider,
                medium = medium.word(),
                cause,
                "whether a provider took a message is not known"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fit_what_carriers_take() {
        let long = "罗阳大道".repeat(10);
        let words =
            vec![("place".to_string(), long.clone()), ("link".to_string(), "https://a.b/c".to_string())];
        let fit = fitted(words.clone(), Medium::Sms);
        assert_eq!(fit[0].1.chars().count(), 35);
        assert!(fit[0].1.ends_with('…'));
        assert_eq!(fit[1].1, "https：a.b/c");
        assert_eq!(fitted(words, Medium::Voice)[0].1, long);
    }
}
