//! One change of a message's state and what its feature makes of it, in one transaction.

use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};

use super::model::{Medium, State, message};
use super::{Event, Heard, Phones};
use crate::base::clock::Instant;

/// The state that `event` leads to, and those that it may come from. `None`: it changes none.
fn step(event: &Event) -> Option<(State, &'static [State])> {
    use State::{Accepted, Answered, Delivered, Failed, NotAnswered, Sending, Unknown, Unsure, Waiting};
    match event {
        Event::Accepted { .. } => Some((Accepted, &[Sending, Unsure, Unknown])),
        Event::Delivered => Some((Delivered, &State::OPEN)),
        Event::Failed { .. } => Some((Failed, &[Waiting, Sending, Unsure, Accepted, Unknown])),
        Event::Answered { .. } => Some((Answered, &State::OPEN)),
        Event::NotAnswered => Some((NotAnswered, &State::OPEN)),
        Event::Unknown => Some((Unknown, &[Sending, Unsure, Accepted])),
        Event::Key(_) | Event::Reply { .. } => None,
    }
}

impl Phones {
    /// Writes the change that `event` makes and tells the feature. `None`: it was over before, and nobody is told.
    /// `reason`: the provider's code.
    pub(super) async fn tell(
        &self,
        tx: &DatabaseTransaction,
        message: &message::Model,
        event: Event,
        at: Instant,
        reason: Option<&str>,
    ) -> anyhow::Result<Option<Heard>> {
        self.hold(tx, message).await?;
        if !self.write(tx, message, &event, reason).await? {
            return Ok(None);
        }
        let heard = Heard {
            message: message.id,
            key: message.key.clone(),
            purpose: message.purpose.clone(),
            medium: Medium::parse(&message.medium).unwrap_or(Medium::Sms),
            at,
            event,
        };
        match self.said.get(message.purpose.as_str()) {
            Some(said) => said.listener.heard(tx, &heard).await?,
            None => tracing::warn!(purpose = message.purpose, "nobody sends such messages any more"),
        }
        count(&heard);
        Ok(Some(heard))
    }

    /// Lets the feature take its rows; to be called before the message's own row is changed.
    pub(super) async fn hold(
        &self,
        tx: &DatabaseTransaction,
        message: &message::Model,
    ) -> anyhow::Result<()> {
        match self.said.get(message.purpose.as_str()) {
            Some(said) => said.listener.hold(tx, message.id).await,
            None => Ok(()),
        }
    }

    /// After the commit.
    pub(super) async fn told(&self, heard: &Heard) {
        if let Some(said) = self.said.get(heard.purpose.as_str()) {
            said.listener.committed(heard).await;
        }
    }

    /// Only the state; `false`: it was over before.
    pub(super) async fn write(
        &self,
        tx: &DatabaseTransaction,
        message: &message::Model,
        event: &Event,
        reason: Option<&str>,
    ) -> Result<bool, DbErr> {
        let Some((to, from)) = step(event) else { return Ok(true) };
        let mut change = message::Entity::update_many()
            .col_expr(message::Column::State, to.word().into())
            .col_expr(message::Column::UpdatedAt, self.base.clock.now().into());
        if to == State::Accepted {
            change = change.col_expr(message::Column::AcceptedAt, self.base.clock.now().into());
        }
        if let Event::Failed { why } = event {
            let text = [why.word(), reason.unwrap_or_default()].join(" ");
            change = change.col_expr(message::Column::Reason, text.trim().into());
        }
        let done = change
            .filter(message::Column::Id.eq(message.id))
            .filter(message::Column::State.is_in(from.iter().map(|state| state.word())))
            .exec(tx)
            .await?;
        Ok(done.rows_affected > 0)
    }
}

fn count(heard: &Heard) {
    let event = match &heard.event {
        Event::Accepted { .. } => "accepted",
        Event::Delivered => "delivered",
        Event::Failed { .. } => "failed",
        Event::Answered { .. } => "answered",
        Event::NotAnswered => "not_answered",
        Event::Key(_) => "key",
        Event::Reply { .. } => "reply",
        Event::Unknown => "unknown",
    };
    metrics::counter!("phone_messages_total", "medium" => heard.medium.word(), "event" => event).increment(1);
}
