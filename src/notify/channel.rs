//! One person's notice: the channels in their order, and what each answer of the platform asks of us.

use std::time::Duration;

use chrono::TimeDelta;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::model::{Channel, State, batch, notice};
use super::send::UNKNOWN;
use super::templates::Template;
use super::{Notifier, Platform, Words, ledger};
use crate::people::follower::Known;
use crate::wechat::api::{ApiError, CustomMessage, Notice};
use crate::wechat::errcode::Reaction;

/// Tries of one person in all.
const TRIES: i32 = 4;
/// The first pause before a person is tried again; each further one is longer by as much.
const PAUSE: TimeDelta = TimeDelta::seconds(30);
/// How long the platform surely knows a repeat by its `client_msg_id`: ten minutes, less what clocks may differ.
const GUARD: TimeDelta = TimeDelta::minutes(9);
/// How long a channel rests that only an operator can mend.
const REST: Duration = Duration::from_secs(600);

/// How a try ended.
enum Outcome {
    /// The platform took it, under this number where it gives one.
    Taken(Option<String>),
    /// Not by this channel.
    Next(Option<(State, String)>),
    /// Not by any.
    Never(State, String),
    /// It was not taken, and may be later.
    Later(&'static str),
    /// Nobody knows whether it was taken.
    Unsure(&'static str),
}

impl Notifier {
    /// Tells one person by the best channel that there is.
    pub(super) async fn tell(
        &self,
        batch: &batch::Model,
        mut notice: notice::Model,
        known: &Known,
        words: &Words,
    ) -> Result<(), DbErr> {
        let Some(platform) = &self.platform else {
            return self.settle(&notice, State::NoChannel, Some("没有接入公众号")).await;
        };
        let now = self.base.clock.now();
        if notice.unsure && notice.claimed_at.is_none_or(|at| at < now - GUARD) {
            return self.settle(&notice, State::Failed, Some(UNKNOWN)).await;
        }
        let before = notice.channel.as_deref().and_then(Channel::parse);
        let mut last: Option<(State, String)> = None;
        let unsure = notice.unsure;
        for channel in Channel::EACH.into_iter().filter(|channel| !unsure || before == Some(*channel)) {
            let templates: Vec<Option<&Template>> = match channel {
                Channel::Custom => vec![None],
                _ => self.templates.of(channel, &batch.kind).map(Some).collect(),
            };
            for template in templates {
                if !self.open(channel, template, known).await {
                    continue;
                }
                if channel == Channel::Custom && !platform.rights.take(&known.openid).await {
                    continue;
                }
                if !self.claim(&mut notice, known.id, channel, template).await? {
                    continue;
                }
                match self.send(platform, &notice, known, channel, template, words).await? {
                    Outcome::Taken(message) => return self.taken(&notice, message).await,
                    Outcome::Next(why) => last = why.or(last),
                    Outcome::Never(state, why) => return self.settle(&notice, state, Some(&why)).await,
                    Outcome::Later(why) => return self.later(&notice, template, false, why).await,
                    Outcome::Unsure(why) => return self.later(&notice, template, true, why).await,
                }
            }
        }
        let (state, why) = match last {
            Some(bad) => bad,
            None if notice.unsure => (State::Failed, UNKNOWN.to_string()),
            None => (State::NoChannel, "没有可用的通知方式".to_string()),
        };
        self.settle(&notice, state, Some(&why)).await
    }

    /// Whether the channel may be tried at all.
    async fn open(&self, channel: Channel, template: Option<&Template>, known: &Known) -> bool {
        (channel == Channel::Subscribe || known.subscribed)
            && self.base.cache.get(&resting(channel, template)).await.is_none()
    }

    /// Commits that this person is being told by `channel`, with the right that it uses; `false` without a right, or
    /// when another worker has them.
    async fn claim(
        &self,
        notice: &mut notice::Model,
        follower: Uuid,
        channel: Channel,
        template: Option<&Template>,
    ) -> Result<bool, DbErr> {
        let tx = self.base.db.write().await?;
        if let (Channel::Subscribe, Some(template)) = (channel, template)
            && !ledger::take(&tx, follower, &template.id).await?
        {
            return Ok(false);
        }
        let now = self.base.clock.now();
        // A repeat counts its time from the first try.
        let claimed = if notice.unsure { notice.claimed_at.unwrap_or(now) } else { now };
        let done = notice::Entity::update_many()
            .col_expr(notice::Column::State, State::Sending.word().into())
            .col_expr(notice::Column::FollowerId, Some(follower).into())
            .col_expr(notice::Column::Channel, channel.word().into())
            .col_expr(notice::Column::TemplateId, template.map(|one| one.id.clone()).into())
            .col_expr(notice::Column::Attempts, (notice.attempts + 1).into())
            .col_expr(notice::Column::ClaimedAt, claimed.into())
            .col_expr(notice::Column::UpdatedAt, now.into())
            .filter(notice::Column::Id.eq(notice.id))
            .filter(notice::Column::State.eq(notice.state.as_str()))
            .filter(notice::Column::Attempts.eq(notice.attempts))
            .exec(&tx)
            .await?;
        if done.rows_affected == 0 {
            return Ok(false);
        }
        tx.commit().await?;
        notice.state = State::Sending.word().to_string();
        notice.channel = Some(channel.word().to_string());
        notice.attempts += 1;
        notice.claimed_at = Some(claimed);
        notice.follower_id = Some(follower);
        Ok(true)
    }

    async fn send(
        &self,
        platform: &Platform,
        notice: &notice::Model,
        known: &Known,
        channel: Channel,
        template: Option<&Template>,
        words: &Words,
    ) -> Result<Outcome, DbErr> {
        let link = self.base.config.link(&words.path);
        let answer = match template {
            None => {
                let text = CustomMessage::Text(words.text.clone());
                platform.api.send_custom(&known.openid, &text).await.map(|()| None)
            }
            Some(template) => {
                let values = match template.fill(words) {
                    Ok(values) => values,
                    Err(error) => {
                        tracing::error!(template = template.id, %error, "a template's field does not take its value");
                        self.unused(notice, Some(template)).await?;
                        return Ok(Outcome::Next(Some((State::Failed, "模板字段填不进去".to_string()))));
                    }
                };
                let message = Notice {
                    openid: known.openid.clone(),
                    template_id: template.id.clone(),
                    values,
                    url: Some(link),
                    mini_program: None,
                    client_msg_id: notice.id.simple().to_string(),
                };
                match channel {
                    Channel::Subscribe => platform.api.send_subscription(&message).await,
                    _ => platform.api.send_template(&message).await.map(Some),
                }
            }
        };
        let error = match answer {
            Ok(message) => return Ok(Outcome::Taken(message.filter(|id| !id.is_empty()))),
            Err(error) => error,
        };
        self.judge(platform, &error, notice, known, channel, template).await
    }

    /// What an error asks of us: section 14 of the platform's reference, by its [`Reaction`].
    async fn judge(
        &self,
        platform: &Platform,
        error: &ApiError,
        notice: &notice::Model,
        known: &Known,
        channel: Channel,
        template: Option<&Template>,
    ) -> Result<Outcome, DbErr> {
        let why = error.meaning();
        let failed = || Some((State::Failed, why.to_string()));
        Ok(match error.reaction() {
            Reaction::Done | Reaction::Empty => Outcome::Taken(None),
            _ if error.code().is_none() && channel.repeats_safely() => Outcome::Unsure(why),
            _ if error.code().is_none() => Outcome::Never(State::Failed, UNKNOWN.to_string()),
            Reaction::RetryLater | Reaction::Backoff | Reaction::RefreshToken => Outcome::Later(why),
            Reaction::GiveUpUser => {
                self.unused(notice, template).await?;
                let refused = matches!(error.code(), Some(43019 | 48002));
                Outcome::Never(if refused { State::Refused } else { State::Failed }, why.to_string())
            }
            Reaction::DropRight => {
                if let (Channel::Subscribe, Some(template)) = (channel, template) {
                    let tx = self.base.db.write().await?;
                    ledger::drop_all(&tx, known.id, &template.id).await?;
                    tx.commit().await?;
                }
                Outcome::Next(Some((State::Refused, why.to_string())))
            }
            Reaction::WindowClosed => {
                platform.rights.close(&known.openid).await;
                Outcome::Next(None)
            }
            Reaction::Stop | Reaction::StopUntilMidnight | Reaction::DisableTemplate | Reaction::Operator => {
                self.unused(notice, template).await?;
                self.base.cache.set(&resting(channel, template), "1", REST).await;
                Outcome::Next(failed())
            }
            _ => {
                self.unused(notice, template).await?;
                Outcome::Next(failed())
            }
        })
    }

    /// Gives a subscription's right back that the platform did not use.
    async fn unused(&self, notice: &notice::Model, template: Option<&Template>) -> Result<(), DbErr> {
        let (Some(follower), Some(template)) = (notice.follower_id, template) else { return Ok(()) };
        if template.channel != Channel::Subscribe {
            return Ok(());
        }
        let tx = self.base.db.write().await?;
        ledger::give_back(&tx, follower, &template.id).await?;
        tx.commit().await
    }

    /// The platform took it. What an event told meanwhile is newer and stays.
    async fn taken(&self, notice: &notice::Model, message: Option<String>) -> Result<(), DbErr> {
        let tx = self.base.db.write().await?;
        notice::Entity::update_many()
            .col_expr(notice::Column::State, State::Sent.word().into())
            .col_expr(notice::Column::MessageId, message.into())
            .col_expr(notice::Column::Reason, None::<String>.into())
            .col_expr(notice::Column::UpdatedAt, self.base.clock.now().into())
            .filter(notice::Column::Id.eq(notice.id))
            .filter(notice::Column::State.eq(State::Sending.word()))
            .exec(&tx)
            .await?;
        tx.commit().await
    }

    /// Tries again after a pause, until it was tried often enough. The right goes back and is taken anew: the platform
    /// spends none on a repeat of what it has.
    async fn later(
        &self,
        notice: &notice::Model,
        template: Option<&Template>,
        unsure: bool,
        why: &str,
    ) -> Result<(), DbErr> {
        if notice.attempts >= TRIES {
            let unsure = unsure || notice.unsure;
            return self.settle(notice, State::Failed, Some(if unsure { UNKNOWN } else { why })).await;
        }
        self.unused(notice, template).await?;
        let now = self.base.clock.now();
        let tx = self.base.db.write().await?;
        notice::Entity::update_many()
            .col_expr(notice::Column::State, State::Waiting.word().into())
            .col_expr(notice::Column::Unsure, (unsure || notice.unsure).into())
            .col_expr(notice::Column::Reason, why.into())
            .col_expr(notice::Column::DueAt, (now + PAUSE * notice.attempts).into())
            .col_expr(notice::Column::UpdatedAt, now.into())
            .filter(notice::Column::Id.eq(notice.id))
            .filter(notice::Column::State.eq(State::Sending.word()))
            .exec(&tx)
            .await?;
        tx.commit().await
    }
}

/// Set while a channel rests, for all people and replicas.
fn resting(channel: Channel, template: Option<&Template>) -> String {
    format!("notify:rests:{}:{}", channel.word(), template.map_or("", |one| &one.id))
}
