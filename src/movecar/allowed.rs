//! Whether somebody may ask at all: blocks, quotas of person and network, their own car, the same car twice.

use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::count::{self, Window};
use super::model::{car_block, car_owner, car_request};
use super::photo::{self, Photo};
use super::plate::Plate;
use super::submit::{SubmitError, TOGETHER, Wish};
use super::{Movecar, register};
use crate::base::Base;
use crate::base::clock::shanghai;
use crate::people::phone::Phone;
use crate::people::{follower, person};

/// Takes what this person and this network may still use.
pub(super) async fn take(
    car: &Movecar,
    tx: &DatabaseTransaction,
    wish: &Wish,
    first_day: bool,
) -> Result<(), SubmitError> {
    let (base, settings) = (&car.base, &car.settings);
    let now = base.clock.now();
    let block = car_block::Entity::find_by_id(wish.follower).one(tx).await?;
    if let Some(until) = block.and_then(|block| block.until).filter(|until| *until > now) {
        return Err(SubmitError::Blocked(until));
    }
    let open = car_request::Entity::find()
        .filter(car_request::Column::FollowerId.eq(wish.follower))
        .filter(car_request::Column::OpenSlot.is_not_null())
        .one(tx)
        .await?;
    if let Some(open) = open {
        return Err(SubmitError::Open(open.number));
    }
    let person = format!("person:{}", wish.follower);
    let limits = &settings.person;
    if count::take(base, tx, &person, Window::Day, limits.per_day).await?.is_none() {
        return Err(SubmitError::Day(limits.per_day));
    }
    if first_day {
        let first = format!("new:{}", wish.follower);
        if count::take(base, tx, &first, Window::Day, limits.first_day).await?.is_none() {
            return Err(SubmitError::FirstDay(limits.first_day));
        }
    }
    if count::take(base, tx, &person, Window::Month, limits.per_month).await?.is_none() {
        return Err(SubmitError::Month(limits.per_month));
    }
    if !wish.network.is_empty() {
        let network = format!("network:{}", wish.network);
        if count::take(base, tx, &network, Window::Hour, settings.network.per_hour).await?.is_none() {
            return Err(SubmitError::Network);
        }
    }
    Ok(())
}

pub(super) async fn joined_today(base: &Base, follower: Uuid) -> Result<bool, DbErr> {
    let (since, now) = (follower::known_since(base.db.read(), follower).await?, base.clock.now());
    Ok(since.is_none_or(|since| shanghai(since).date_naive() == shanghai(now).date_naive()))
}

/// Nobody needs us to find themselves. Only for somebody whose phone we know: it tells nothing about others' plates.
pub(super) async fn own_cars(base: &Base, wish: &Wish) -> Result<bool, SubmitError> {
    let Some(person) = person::of_follower(base.db.read(), wish.follower).await? else { return Ok(false) };
    let plates = wish.plates.iter().flat_map(|plate| plate.hashes(&base.keys));
    let owners = car_owner::Entity::find()
        .filter(car_owner::Column::PlateHash.is_in(plates))
        .all(base.db.read())
        .await?;
    for owner in owners {
        // Either may stand under an older key's hash still.
        let phone = Phone::parse(&base.keys.open(register::PHONE_PLACE, &owner.phone_sealed)?);
        if phone.is_some_and(|phone| phone.hashes(&base.keys).contains(&person.phone_hash)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The same car again within half an hour: once, and with another picture.
pub(super) async fn repeated(
    base: &Base,
    tx: &DatabaseTransaction,
    wish: &Wish,
    plate: &Plate,
    photo: &Photo,
) -> Result<(), SubmitError> {
    let before = car_request::Entity::find()
        .filter(car_request::Column::FollowerId.eq(wish.follower))
        .filter(car_request::Column::PlateHash.is_in(plate.hashes(&base.keys)))
        .filter(car_request::Column::At.gt(base.clock.now() - TOGETHER))
        .all(tx)
        .await?;
    let same = |row: &car_request::Model| {
        row.photo_hash.is_none_or(|looks| looks == photo.looks || photo::alike(looks, photo.looks))
    };
    if before.len() > 1 || before.iter().any(same) { Err(SubmitError::Again) } else { Ok(()) }
}
