//! What the platform tells by events: what followers allowed or refused, and whether notices arrived.

use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::model::{Channel, State, notice};
use super::send::UNKNOWN;
use super::{Notifier, ledger};
use crate::base::clock::Instant;
use crate::people::follower;
use crate::wechat::errcode::{Reaction, look_up};
use crate::wechat::event::{Event, SendStatus, SubscribeChoice};

/// The result of one notice.
struct Receipt<'a> {
    channel: Channel,
    template: Option<&'a str>,
    message: &'a str,
    state: State,
    reason: Option<&'a str>,
}

impl Notifier {
    /// Takes in an event of `openid`; any other kind changes nothing. `op` is the push's own id: a repeat counts once.
    pub async fn hear(&self, openid: &str, op: Uuid, at: Instant, event: &Event) -> Result<(), DbErr> {
        match event {
            Event::SubscribeChoices(choices) | Event::SubscribeChanges(choices) => {
                let follower = follower::ensure(&self.base, openid).await?;
                let choices: Vec<_> = choices.iter().map(|choice| self.choice(choice)).collect();
                ledger::enter(&self.base, follower, op, at, &choices).await
            }
            Event::SubscribeSent(results) => {
                let follower = follower::ensure(&self.base, openid).await?;
                for result in results {
                    let meaning = look_up(result.error_code);
                    let (state, reason) = match meaning.reaction {
                        _ if result.error_code == 0 => (State::Delivered, None),
                        Reaction::DropRight => {
                            let tx = self.base.db.write().await?;
                            ledger::drop_all(&tx, follower, &result.template_id).await?;
                            tx.commit().await?;
                            (State::Refused, Some(meaning.meaning))
                        }
                        _ => (State::Failed, Some(meaning.meaning)),
                    };
                    let receipt = Receipt {
                        channel: Channel::Subscribe,
                        template: Some(&result.template_id),
                        message: &result.message_id,
                        state,
                        reason,
                    };
                    self.receipt(follower, receipt).await?;
                }
                Ok(())
            }
            Event::TemplateSent { message_id, status } => {
                let follower = follower::ensure(&self.base, openid).await?;
                let (state, reason) = match status {
                    SendStatus::Success => (State::Delivered, None),
                    SendStatus::UserBlocked => (State::Refused, Some("用户拒收公众号消息")),
                    SendStatus::SystemFailed => (State::Failed, Some("微信没有发送成功")),
                    SendStatus::Other(_) => (State::Failed, Some("微信没有发送成功")),
                };
                let (channel, message) = (Channel::Template, message_id.as_str());
                self.receipt(follower, Receipt { channel, template: None, message, state, reason }).await
            }
            _ => Ok(()),
        }
    }

    fn choice(&self, choice: &SubscribeChoice) -> ledger::Choice {
        ledger::Choice {
            long_term: self.templates.is_long_term(&choice.template_id),
            template_id: choice.template_id.clone(),
            accepted: choice.accepted,
        }
    }

    /// Enters a result. The event may be here before the answer to the call: then the notice is found by whom it is
    /// for and what it is.
    async fn receipt(&self, follower: Uuid, receipt: Receipt<'_>) -> Result<(), DbErr> {
        let open = notice::Column::State
            .is_in([State::Sending.word(), State::Sent.word(), State::Waiting.word()])
            .or(notice::Column::Reason.eq(UNKNOWN));
        let mut unnamed = Condition::all()
            .add(notice::Column::FollowerId.eq(follower))
            .add(notice::Column::Channel.eq(receipt.channel.word()))
            .add(notice::Column::MessageId.is_null())
            .add(open.clone());
        if let Some(template) = receipt.template {
            unnamed = unnamed.add(notice::Column::TemplateId.eq(template));
        }
        let tx = self.base.db.write().await?;
        let named =
            notice::Column::MessageId.eq(receipt.message).and(notice::Column::FollowerId.eq(follower));
        let mut found = notice::Entity::find().filter(named).one(&tx).await?;
        if found.is_none() {
            let oldest = notice::Entity::find().filter(unnamed).order_by_asc(notice::Column::ClaimedAt);
            found = oldest.one(&tx).await?;
        }
        let Some(found) = found else {
            tracing::debug!(message = receipt.message, "a result of a notice that is not ours");
            return Ok(());
        };
        notice::Entity::update_many()
            .col_expr(notice::Column::State, receipt.state.word().into())
            .col_expr(notice::Column::MessageId, receipt.message.into())
            .col_expr(notice::Column::Reason, receipt.reason.map(str::to_string).into())
            .col_expr(notice::Column::UpdatedAt, self.base.clock.now().into())
            .filter(notice::Column::Id.eq(found.id))
            .filter(open)
            .exec(&tx)
            .await?;
        tx.commit().await
    }
}
