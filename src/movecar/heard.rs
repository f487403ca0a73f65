//! What became of a message or call to an owner: told by `notify`, once each, in its transaction.

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::model::{Reply, State, Way, car_case, car_message};
use super::state::{self, Step};
use super::watch::{self, What};
use super::{Movecar, answer, dispatch};
use crate::notify::phone::{Event, Heard, Listener, Medium, Purpose};

pub const ASK: &str = "movecar.ask";
pub const REMIND: &str = "movecar.remind";
pub const DIGEST: &str = "movecar.digest";
pub const CALL: &str = "movecar.call";
/// What car-moving says by phone; the wording is the operator's (`wechat-config/phone.toml`).
pub const PURPOSES: [Purpose; 4] = [
    Purpose { name: ASK, medium: Medium::Sms, words: &["plate", "reason", "token", "hotline"], keys: "" },
    Purpose { name: REMIND, medium: Medium::Sms, words: &["plate", "reason", "token", "hotline"], keys: "" },
    Purpose { name: DIGEST, medium: Medium::Sms, words: &["count", "token"], keys: "" },
    Purpose { name: CALL, medium: Medium::Voice, words: &["letter", "tail"], keys: "1234789" },
];
/// A call taken for less than this (seconds), and without a key, was a voicemail's.
const VOICEMAIL: i64 = 6;

/// Hears for car-moving.
pub struct Ears(pub Arc<Movecar>);

#[async_trait]
impl Listener for Ears {
    fn purposes(&self) -> &'static [Purpose] {
        &PURPOSES
    }

    /// One case, or those of a fleet, in the order of their ids.
    async fn hold(&self, tx: &DatabaseTransaction, message: Uuid) -> anyhow::Result<()> {
        let own = car_message::Entity::find()
            .select_only()
            .column(car_message::Column::CaseId)
            .filter(car_message::Column::CarriedAs.eq(message))
            .order_by_asc(car_message::Column::CaseId);
        for case in own.into_tuple::<Uuid>().all(tx).await? {
            state::hold(tx, case).await?;
        }
        Ok(())
    }

    async fn heard(&self, tx: &DatabaseTransaction, heard: &Heard) -> anyhow::Result<()> {
        let messages = car_message::Entity::find()
            .filter(car_message::Column::CarriedAs.eq(heard.message))
            .order_by_asc(car_message::Column::CaseId)
            .all(tx)
            .await?;
        for message in messages {
            hear(&self.0, tx, &message, heard).await?;
        }
        Ok(())
    }

    async fn over(&self, message: Uuid) -> anyhow::Result<bool> {
        let messages = car_message::Entity::find()
            .filter(car_message::Column::CarriedAs.eq(message))
            .all(self.0.base.db.read())
            .await?;
        let cases = car_case::Entity::find()
            .filter(car_case::Column::Id.is_in(messages.iter().map(|message| message.case_id)))
            .all(self.0.base.db.read())
            .await?;
        Ok(!cases.is_empty() && cases.iter().all(|case| !case.state().is_open()))
    }

    async fn committed(&self, heard: &Heard) {
        let cases = car_message::Entity::find()
            .filter(car_message::Column::CarriedAs.eq(heard.message))
            .all(self.0.base.db.read())
            .await;
        match cases {
            Ok(messages) => {
                for message in messages {
                    state::announce(&self.0.base, message.case_id).await;
                }
            }
            Err(error) => tracing::warn!(%error, "a change of a case was not announced"),
        }
    }
}

async fn hear(
    car: &Movecar,
    tx: &DatabaseTransaction,
    message: &car_message::Model,
    heard: &Heard,
) -> anyhow::Result<()> {
    let (base, case) = (&car.base, message.case_id);
    match &heard.event {
        Event::Accepted { provider } => {
            way(car, tx, message, Way::Accepted).await?;
            state::note(base, tx, case, Vec::new(), "accepted", provider, "").await?;
        }
        Event::Delivered => {
            way(car, tx, message, Way::Delivered).await?;
            arrive(car, tx, case, "sms").await?;
        }
        Event::Answered { seconds } if *seconds >= VOICEMAIL => {
            way(car, tx, message, Way::Answered).await?;
            taken(car, tx, case).await?;
        }
        Event::Answered { .. } | Event::NotAnswered => {
            way(car, tx, message, Way::NotAnswered).await?;
            state::note(base, tx, case, Vec::new(), "not_answered", "", "").await?;
            // Once: the first call's number ends in one.
            if message.key.ends_with(":1") {
                let at = base.clock.now() + watch::REDIAL;
                watch::enqueue(base, tx, case, What::Redial, at).await?;
            } else {
                settle(car, tx, case).await?;
            }
        }
        Event::Failed { why } => {
            way(car, tx, message, Way::Failed).await?;
            state::note(base, tx, case, Vec::new(), "failed", why.word(), "").await?;
            settle(car, tx, case).await?;
        }
        Event::Unknown => {
            way(car, tx, message, Way::Unknown).await?;
            state::note(base, tx, case, Vec::new(), "unknown", "", "").await?;
            settle(car, tx, case).await?;
        }
        Event::Key(key) => {
            way(car, tx, message, Way::Answered).await?;
            taken(car, tx, case).await?;
            if let Some(reply) = Reply::of_key(*key) {
                answer::answer(car, tx, case, reply, "call").await?;
            }
        }
        Event::Reply { text } => {
            let digit = text.trim().chars().next().map(|sign| if sign == '０' { '0' } else { sign });
            let read = |sign| Reply::of_key(sign).or_else(|| wide(sign).and_then(Reply::of_key));
            if let Some(reply) = digit.and_then(read) {
                answer::answer(car, tx, case, reply, "sms").await?;
            }
        }
    }
    Ok(())
}

fn wide(sign: char) -> Option<char> {
    ('０'..='９').contains(&sign).then(|| char::from(b'0' + (sign as u32 - '０' as u32) as u8))
}

async fn way(
    car: &Movecar,
    tx: &DatabaseTransaction,
    message: &car_message::Model,
    way: Way,
) -> Result<(), DbErr> {
    // A receipt that comes late takes nothing back.
    let better = matches!(Way::parse(&message.state), Some(Way::Delivered | Way::Answered));
    if better && !matches!(way, Way::Answered | Way::Delivered) {
        return Ok(());
    }
    car_message::Entity::update_many()
        .col_expr(car_message::Column::State, way.word().into())
        .col_expr(car_message::Column::UpdatedAt, Expr::value(car.base.clock.now()))
        .filter(car_message::Column::Id.eq(message.id))
        .exec(tx)
        .await
        .map(|_| ())
}

/// The owner knows: silence is counted from here.
async fn arrive(car: &Movecar, tx: &DatabaseTransaction, case: Uuid, by: &str) -> Result<(), DbErr> {
    let now = car.base.clock.now();
    let since = vec![(car_case::Column::NotifiedAt, Expr::value(now))];
    if state::step(&car.base, tx, case, Step::Arrive, since, "", by).await? {
        return watch::asked(&car.base, tx, case, now).await;
    }
    state::note(&car.base, tx, case, Vec::new(), "arrived", by, "").await
}

async fn taken(car: &Movecar, tx: &DatabaseTransaction, case: Uuid) -> Result<(), DbErr> {
    arrive(car, tx, case, "call").await?;
    let answered = vec![(car_case::Column::Answered, Expr::value(true))];
    state::note(&car.base, tx, case, answered, "answered", "", "").await
}

/// When a message came to nothing: another channel, or nobody can be reached.
pub(super) async fn settle(car: &Movecar, tx: &DatabaseTransaction, case: Uuid) -> anyhow::Result<()> {
    let Some(row) = car_case::Entity::find_by_id(case).one(tx).await? else { return Ok(()) };
    if row.state() != State::Notifying {
        return Ok(());
    }
    let messages = car_message::Entity::find().filter(car_message::Column::CaseId.eq(case)).all(tx).await?;
    let hopeless = |message: &car_message::Model| {
        matches!(
            Way::parse(&message.state),
            Some(Way::Failed | Way::NotAnswered | Way::Unknown | Way::Dropped) | None
        )
    };
    if !messages.iter().all(hopeless) {
        return Ok(());
    }
    // Another system is not kept waiting for: what it said at the dispatch is in the cache.
    let called = messages.iter().any(|message| message.medium == Medium::Voice.word());
    if !called
        && let Some((plate, owner)) = dispatch::owner_of(car, &row).await?
        && dispatch::car_may_ring(car, &row, &owner)
        && dispatch::may_ask(car, tx, &plate, &owner).await?.is_some()
    {
        return dispatch::call(car, tx, &row, &plate, &owner, car.base.clock.now()).await;
    }
    state::step(&car.base, tx, case, Step::Fail, Vec::new(), "", "").await?;
    Ok(())
}
