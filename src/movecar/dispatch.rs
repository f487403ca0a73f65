//! The job that finds the owner of a case and places what they are told. Nobody waits for it, so an unknown plate looks
//! like a known one whose owner cannot be reached.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::{State, Way, car_case, car_link, car_message};
use super::plate::Plate;
use super::register::{self, Owner};
use super::state::{self, Changes, Step};
use super::submit::PLATE_PLACE;
use super::watch::{self, What};
use super::{Movecar, doubt, heard, notice};
use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::db::whole;
use crate::base::privacy::{digest, random_code};
use crate::jobs;
use crate::notify::phone::{self, Medium, Outgoing};

/// The kind of its job.
pub const JOB: &str = "car.dispatch";
/// After how long somebody hears that an owner could not be reached where there is nobody to ask: what a message that
/// does not arrive takes, too.
const NOBODY: (TimeDelta, i64) = (TimeDelta::seconds(70), 80);
/// Letters of a link: 31 to the 12th, and short enough for a message.
const LINK: usize = 12;
/// A message is of no use later.
const USEFUL: TimeDelta = TimeDelta::minutes(20);

#[derive(Serialize, Deserialize)]
struct Payload {
    case: Uuid,
}

/// Has the owner told, soon.
pub async fn enqueue(base: &Base, tx: &DatabaseTransaction, case: Uuid) -> Result<(), DbErr> {
    let dedup = Some(format!("{JOB}:{case}"));
    jobs::enqueue(base, tx, JOB, &Payload { case }, base.clock.now(), dedup).await
}

pub struct DispatchJob(pub Arc<Movecar>);

#[async_trait]
impl jobs::Handler for DispatchJob {
    fn kind(&self) -> &'static str {
        JOB
    }

    async fn run(&self, payload: &str) -> anyhow::Result<()> {
        let Payload { case } = serde_json::from_str(payload)?;
        dispatch(&self.0, case).await
    }
}

async fn dispatch(car: &Movecar, id: Uuid) -> anyhow::Result<()> {
    let base = &car.base;
    let Some(case) = car_case::Entity::find_by_id(id).one(base.db.read()).await? else { return Ok(()) };
    if case.held.is_some() || !matches!(case.state(), State::Created | State::Checked) {
        return Ok(());
    }
    let Some(plate) = Plate::open(&base.keys, PLATE_PLACE, &case.plate_sealed)? else { return Ok(()) };
    // Asked before the transaction: another system may take its time.
    let owner = match plate.class.desk_only() {
        true => None,
        false => car.register.look_up(base, &plate).await?,
    };
    let tx = base.db.write().await?;
    doubt::lock_plate(base, &tx, &plate.hash(&base.keys)).await?;
    if plate.class.desk_only() {
        state::step(base, &tx, id, Step::ToDesk, Vec::new(), "", "desk_only").await?;
    } else {
        state::step(base, &tx, id, Step::Check, Vec::new(), "", "").await?;
        let owner = match owner {
            Some(owner) => may_ask(car, &tx, &plate, &owner).await?.map(|left| (owner, left)),
            None => None,
        };
        match owner {
            Some((owner, left)) => ask(car, &tx, &case, &plate, &owner, left).await?,
            None => {
                let (least, spread) = NOBODY;
                let later = least + TimeDelta::seconds(i64::from(id.as_bytes()[15]) * spread / 256);
                watch::enqueue(base, &tx, id, What::Nobody, case.created_at + later).await?;
            }
        }
    }
    tx.commit().await?;
    jobs::wake(base).await;
    state::announce(base, id).await;
    Ok(())
}

/// How many messages may still be sent to the number about this plate; `None`: none, or it may not be asked.
pub(super) async fn may_ask(
    car: &Movecar,
    tx: &DatabaseTransaction,
    plate: &Plate,
    owner: &Owner,
) -> Result<Option<u64>, DbErr> {
    if register::suppressed(&car.base, tx, plate, &owner.phone).await? {
        return Ok(None);
    }
    let left = left(car, tx, &plate.hashes(&car.base.keys), owner.no_calls).await?;
    Ok((left > 0).then_some(left))
}

/// Messages that a plate may still cause, over all who ask.
async fn left(
    car: &Movecar,
    tx: &DatabaseTransaction,
    plate: &[String],
    no_calls: bool,
) -> Result<u64, DbErr> {
    let limits = &car.settings.plate;
    let now = car.base.clock.now();
    let placed = async |since: Instant| {
        car_message::Entity::find()
            .filter(car_message::Column::PlateHash.is_in(plate.iter().cloned()))
            .filter(car_message::Column::State.ne(Way::Dropped.word()))
            .filter(car_message::Column::At.gt(since))
            .count(tx)
            .await
    };
    let per_day = if no_calls { limits.per_day_no_calls } else { limits.per_day };
    let hour = limits.per_hour.saturating_sub(placed(now - TimeDelta::hours(1)).await?);
    let day = per_day.saturating_sub(placed(now - TimeDelta::days(1)).await?);
    Ok(hour.min(day))
}

async fn ask(
    car: &Movecar,
    tx: &DatabaseTransaction,
    case: &car_case::Model,
    plate: &Plate,
    owner: &Owner,
    left: u64,
) -> anyhow::Result<()> {
    let base = &car.base;
    let hash = owner.phone.hash(&base.keys);
    let sent: Changes = vec![(car_case::Column::OwnerHash, hash.clone().into())];
    if !state::step(base, tx, case.id, Step::Send, sent, "", "").await? {
        return Ok(());
    }
    let others = car_case::Entity::find()
        .filter(car_case::Column::OwnerHash.is_in(owner.phone.hashes(&base.keys)))
        .filter(car_case::Column::ClosedAt.is_null())
        .filter(car_case::Column::State.ne(State::Expired.word()))
        .count(tx)
        .await?;
    if others > car.settings.fleet.more_than {
        let at = base.clock.now() + TimeDelta::minutes(car.settings.fleet.digest_minutes);
        return Ok(watch::enqueue_digest(base, tx, case.id, &hash, at).await?);
    }
    sms(car, tx, case, plate, owner, heard::ASK).await?;
    if car_may_ring(car, case, owner) && left > 1 {
        call(car, tx, case, plate, owner, base.clock.now()).await?;
    }
    Ok(())
}

/// Calls are sure of their place, at decent hours or urgent, and wanted.
pub(super) fn car_may_ring(car: &Movecar, case: &car_case::Model, owner: &Owner) -> bool {
    case.callable && !owner.no_calls && (case.urgent || car.settings.may_call(car.base.clock.now()))
}

/// A short message with a link of its own.
pub(super) async fn sms(
    car: &Movecar,
    tx: &DatabaseTransaction,
    case: &car_case::Model,
    plate: &Plate,
    owner: &Owner,
    purpose: &'static str,
) -> anyhow::Result<()> {
    let base = &car.base;
    let token = link(base, tx, case.id, &owner.phone.hash(&base.keys), false).await?;
    let words = vec![
        ("plate", plate.masked()),
        ("reason", case.reason().zh().to_string()),
        ("token", token),
        ("hotline", car.settings.hotline.clone()),
    ];
    place(car, tx, case, owner, purpose, Medium::Sms, words, base.clock.now()).await
}

/// A call that says letter and last two signs.
pub(super) async fn call(
    car: &Movecar,
    tx: &DatabaseTransaction,
    case: &car_case::Model,
    plate: &Plate,
    owner: &Owner,
    at: Instant,
) -> anyhow::Result<()> {
    let (letter, tail) = plate.spoken();
    let words = vec![("letter", letter), ("tail", tail)];
    place(car, tx, case, owner, heard::CALL, Medium::Voice, words, at).await
}

#[allow(clippy::too_many_arguments, reason = "each is one thing about the message")]
async fn place(
    car: &Movecar,
    tx: &DatabaseTransaction,
    case: &car_case::Model,
    owner: &Owner,
    purpose: &'static str,
    medium: Medium,
    words: Vec<(&'static str, String)>,
    at: Instant,
) -> anyhow::Result<()> {
    let base = &car.base;
    let before = car_message::Entity::find()
        .filter(car_message::Column::CaseId.eq(case.id))
        .filter(car_message::Column::Medium.eq(medium.word()))
        .count(tx)
        .await?;
    let key = format!("car:{}:{}:{}", case.id, medium.word(), before + 1);
    let outgoing = Outgoing {
        key: key.clone(),
        purpose,
        medium,
        number: owner.phone.clone(),
        words,
        not_before: Some(at),
        not_after: Some(at + USEFUL),
        urgent: case.urgent,
    };
    let placed = phone::place(base, tx, &outgoing).await?;
    store(base, tx, case, &key, &owner.phone.hash(&base.keys), medium, placed.id).await?;
    if medium == Medium::Sms {
        notice::place(base, tx, &key, placed.id, &owner.phone).await?;
    }
    Ok(())
}

pub(super) async fn store(
    base: &Base,
    tx: &DatabaseTransaction,
    case: &car_case::Model,
    key: &str,
    phone_hash: &str,
    medium: Medium,
    carried_as: Uuid,
) -> Result<(), DbErr> {
    let now = base.clock.now();
    let row = car_message::Model {
        id: Uuid::now_v7(),
        case_id: case.id,
        key: key.to_string(),
        plate_hash: case.plate_hash.clone(),
        phone_hash: phone_hash.to_string(),
        medium: medium.word().to_string(),
        state: Way::Placed.word().to_string(),
        carried_as: Some(carried_as),
        at: now,
        updated_at: now,
    };
    car_message::Entity::insert(whole::<car_message::ActiveModel>(row))
        .exec_without_returning(tx)
        .await
        .map(|_| ())
}

/// A new link for an owner; `whole`: to all open cases of the number.
pub(super) async fn link(
    base: &Base,
    tx: &DatabaseTransaction,
    case: Uuid,
    phone_hash: &str,
    whole_fleet: bool,
) -> Result<String, DbErr> {
    let token = random_code(LINK);
    let row = car_link::Model {
        token_hash: digest(token.as_bytes()),
        case_id: case,
        phone_hash: phone_hash.to_string(),
        whole: whole_fleet,
        made_at: base.clock.now(),
        used_at: None,
    };
    car_link::Entity::insert(whole::<car_link::ActiveModel>(row)).exec_without_returning(tx).await?;
    Ok(token)
}

/// The plate of a case and the owner to ask now; `None`: nobody, or not any more.
pub(super) async fn owner_of(
    car: &Movecar,
    case: &car_case::Model,
) -> anyhow::Result<Option<(Plate, Owner)>> {
    let base = &car.base;
    let Some(plate) = Plate::open(&base.keys, PLATE_PLACE, &case.plate_sealed)? else { return Ok(None) };
    Ok(car.register.look_up(base, &plate).await?.map(|owner| (plate, owner)))
}

/// Takes back what no provider carries yet: the case is over, or its owner answered.
pub(super) async fn drop_waiting(base: &Base, tx: &DatabaseTransaction, case: Uuid) -> Result<(), DbErr> {
    let waiting = car_message::Entity::find()
        .filter(car_message::Column::CaseId.eq(case))
        .filter(car_message::Column::State.eq(Way::Placed.word()))
        .order_by_asc(car_message::Column::Id)
        .all(tx)
        .await?;
    for row in waiting {
        if let Some(id) = row.carried_as
            && phone::cancel(base, tx, id).await?
        {
            car_message::Entity::update_many()
                .col_expr(car_message::Column::State, Way::Dropped.word().into())
                .col_expr(car_message::Column::UpdatedAt, Expr::value(base.clock.now()))
                .filter(car_message::Column::Id.eq(row.id))
                .exec(tx)
                .await?;
        }
    }
    Ok(())
}
