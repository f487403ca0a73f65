//! What time brings to a case: nobody to ask, silence, being late, the end of the hour; and the messages of fleets.
//! Each is a job that knows what it waited for, and does nothing where that is over.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::{State, Way, car_case, car_message};
use super::state::{self, Step};
use super::{Movecar, dispatch, heard, notice};
use crate::base::Base;
use crate::base::clock::Instant;
use crate::jobs;
use crate::notify::phone::{self, Medium, Outgoing};

/// The kind of its job.
pub const JOB: &str = "car.watch";
/// Without an answer for this long, an owner is silent.
pub const SILENCE: TimeDelta = TimeDelta::minutes(10);
/// How late an owner may be.
pub const GRACE: TimeDelta = TimeDelta::minutes(5);
/// A case that nobody deals with ends after this.
pub const EXPIRES: TimeDelta = TimeDelta::minutes(60);
/// Between two calls.
pub const REDIAL: TimeDelta = TimeDelta::minutes(1);

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// There is nobody to ask.
    Nobody,
    /// An answer to what was asked at this time.
    Silence(Instant),
    /// An owner who should be there at this time.
    Late(Instant),
    Redial,
    Expire,
    /// One message for all cars of this number.
    Digest(String),
}

#[derive(Serialize, Deserialize)]
struct Payload {
    case: Uuid,
    what: What,
}

pub async fn enqueue(
    base: &Base,
    tx: &DatabaseTransaction,
    case: Uuid,
    what: What,
    at: Instant,
) -> Result<(), DbErr> {
    jobs::enqueue(base, tx, JOB, &Payload { case, what }, at, None).await
}

/// The next message of a fleet; one that waits already takes this case along.
pub async fn enqueue_digest(
    base: &Base,
    tx: &DatabaseTransaction,
    case: Uuid,
    phone_hash: &str,
    at: Instant,
) -> Result<(), DbErr> {
    let what = What::Digest(phone_hash.to_string());
    let dedup = Some(format!("{JOB}:digest:{phone_hash}"));
    jobs::enqueue(base, tx, JOB, &Payload { case, what }, at, dedup).await
}

pub struct WatchJob(pub Arc<Movecar>);

#[async_trait]
impl jobs::Handler for WatchJob {
    fn kind(&self) -> &'static str {
        JOB
    }

    async fn run(&self, payload: &str) -> anyhow::Result<()> {
        let Payload { case, what } = serde_json::from_str(payload)?;
        let car = &self.0;
        let base = &car.base;
        let Some(row) = car_case::Entity::find_by_id(case).one(base.db.read()).await? else { return Ok(()) };
        match what {
            What::Nobody => one(base, case, Step::NoOwner).await?,
            What::Expire => one(base, case, Step::Expire).await?,
            What::Silence(asked) => silence(car, &row, asked).await?,
            What::Late(eta) => {
                if row.state() == State::Replied && row.eta_at == Some(eta) {
                    one(base, case, Step::Silence).await?;
                }
            }
            What::Redial => redial(car, &row).await?,
            What::Digest(phone_hash) => digest(car, &row, &phone_hash).await?,
        }
        jobs::wake(base).await;
        state::announce(base, case).await;
        Ok(())
    }
}

async fn one(base: &Base, case: Uuid, step: Step) -> Result<(), DbErr> {
    let tx = base.db.write().await?;
    if state::step(base, &tx, case, step, Vec::new(), "", "").await? && step == Step::Expire {
        dispatch::drop_waiting(base, &tx, case).await?;
    }
    tx.commit().await
}

/// The first silence offers a reminder and rings where nobody took a call; the second goes to the desk.
async fn silence(car: &Movecar, case: &car_case::Model, asked: Instant) -> anyhow::Result<()> {
    if case.asked_at != Some(asked) {
        return Ok(());
    }
    let base = &car.base;
    if case.state() == State::Reminded {
        return Ok(one(base, case.id, Step::ToDesk).await?);
    }
    if case.state() != State::Notified {
        return Ok(());
    }
    let owner = if case.answered { None } else { dispatch::owner_of(car, case).await? };
    let tx = base.db.write().await?;
    if state::step(base, &tx, case.id, Step::Silence, Vec::new(), "", "").await?
        && let Some((plate, owner)) = owner
        && dispatch::car_may_ring(car, case, &owner)
        && dispatch::may_ask(car, &tx, &plate, &owner).await?.is_some()
    {
        dispatch::call(car, &tx, case, &plate, &owner, base.clock.now()).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Rings once more, if the owner is waited for still.
async fn redial(car: &Movecar, case: &car_case::Model) -> anyhow::Result<()> {
    if !matches!(case.state(), State::Notifying | State::Notified | State::Silent) || case.answered {
        return Ok(());
    }
    let Some((plate, owner)) = dispatch::owner_of(car, case).await? else { return Ok(()) };
    let base = &car.base;
    let tx = base.db.write().await?;
    if dispatch::car_may_ring(car, case, &owner)
        && dispatch::may_ask(car, &tx, &plate, &owner).await?.is_some()
    {
        dispatch::call(car, &tx, case, &plate, &owner, base.clock.now()).await?;
    } else {
        heard::settle(car, &tx, case.id).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// One message for every open car of a number that was not told yet.
async fn digest(car: &Movecar, first: &car_case::Model, phone_hash: &str) -> anyhow::Result<()> {
    let Some((_, owner)) = dispatch::owner_of(car, first).await? else { return Ok(()) };
    let base = &car.base;
    let tx = base.db.write().await?;
    let open = car_case::Entity::find()
        .filter(car_case::Column::OwnerHash.is_in(owner.phone.hashes(&base.keys)))
        .filter(car_case::Column::State.eq(State::Notifying.word()))
        .order_by_asc(car_case::Column::CreatedAt)
        .all(&tx)
        .await?;
    let told: Vec<Uuid> = car_message::Entity::find()
        .filter(car_message::Column::CaseId.is_in(open.iter().map(|case| case.id)))
        .filter(car_message::Column::State.ne(Way::Dropped.word()))
        .all(&tx)
        .await?
        .into_iter()
        .map(|message| message.case_id)
        .collect();
    let waiting: Vec<_> = open.into_iter().filter(|case| !told.contains(&case.id)).collect();
    let Some(leader) = waiting.first() else { return Ok(tx.commit().await?) };
    let token = dispatch::link(base, &tx, leader.id, phone_hash, true).await?;
    let key = format!("car:digest:{}", leader.id);
    let now = base.clock.now();
    let outgoing = Outgoing {
        key: key.clone(),
        purpose: heard::DIGEST,
        medium: Medium::Sms,
        number: owner.phone.clone(),
        words: vec![("count", waiting.len().to_string()), ("token", token)],
        not_before: None,
        not_after: Some(now + EXPIRES),
        urgent: false,
    };
    let placed = phone::place(base, &tx, &outgoing).await?;
    notice::place(base, &tx, &key, placed.id, &owner.phone).await?;
    for case in &waiting {
        let key = format!("{key}:{}", case.id);
        dispatch::store(base, &tx, case, &key, phone_hash, Medium::Sms, placed.id).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Notes that the owner was asked at `now`, and waits for an answer.
pub(super) async fn asked(
    base: &Base,
    tx: &DatabaseTransaction,
    case: Uuid,
    now: Instant,
) -> Result<(), DbErr> {
    car_case::Entity::update_many()
        .col_expr(car_case::Column::AskedAt, Expr::value(now))
        .filter(car_case::Column::Id.eq(case))
        .exec(tx)
        .await?;
    enqueue(base, tx, case, What::Silence(now), now + SILENCE).await
}
