//! What the desk looks at before an owner is told. Whoever asks sees the usual page.

use std::collections::HashSet;

use chrono::TimeDelta;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::Movecar;
use super::model::{Doubt, car_plate, car_request};
use super::photo::{self, Photo};
use super::plate::Plate;
use super::submit::Wish;
use crate::base::Base;
use crate::base::clock::{Instant, shanghai};
use crate::base::geo;

/// A picture is remembered for this long, and so many of them.
const PICTURES: TimeDelta = TimeDelta::days(30);
const MOST_PICTURES: u64 = 5000;
/// Longer than a request takes from its time to its commit.
const UNDER_WAY: TimeDelta = TimeDelta::seconds(2);
/// Days on which somebody may ask for one plate before it looks like something else.
const SAME_PAIR_DAYS: usize = 3;
/// Metres between picture and place.
const FAR: f64 = 1000.0;

/// Takes the plate's row. A plate that many persons of one network ask for is shielded.
pub async fn hold_plate(
    car: &Movecar,
    tx: &DatabaseTransaction,
    wish: &Wish,
    plate: &Plate,
) -> Result<Option<Doubt>, DbErr> {
    let base = &car.base;
    let hash = plate.hash(&base.keys);
    lock_plate(base, tx, &hash).await?;
    // A shield may stand under an older key's hash.
    let shielded = car_plate::Entity::find()
        .filter(car_plate::Column::PlateHash.is_in(plate.hashes(&base.keys)))
        .filter(car_plate::Column::ShieldUntil.gt(base.clock.now()))
        .one(tx)
        .await?;
    if shielded.is_some() {
        return Ok(Some(Doubt::Shielded));
    }
    if wish.network.is_empty() {
        return Ok(None);
    }
    let mut people: HashSet<Uuid> = car_request::Entity::find()
        .select_only()
        .column(car_request::Column::FollowerId)
        .filter(car_request::Column::PlateHash.is_in(plate.hashes(&base.keys)))
        .filter(car_request::Column::Network.eq(&wish.network))
        .filter(car_request::Column::At.gt(base.clock.now() - TimeDelta::days(1)))
        .into_tuple()
        .all(tx)
        .await?
        .into_iter()
        .collect();
    people.insert(wish.follower);
    if people.len() as u64 >= car.settings.network.shield_after {
        shield(base, tx, &hash).await?;
        return Ok(Some(Doubt::Shielded));
    }
    Ok(None)
}

/// Whether a picture was sent before, as far as it was known outside of the transaction: comparing it with thousands
/// takes longer than others should wait.
pub struct Seen {
    before: bool,
    /// What came after this is not compared yet.
    until: Instant,
}

impl Seen {
    pub async fn before(base: &Base, photo: &Photo) -> Result<Seen, DbErr> {
        let now = base.clock.now();
        let before = seen_since(base.db.read(), now - PICTURES, photo).await?;
        Ok(Seen { before, until: now - UNDER_WAY })
    }
}

/// Whether somebody sent a picture like this after `since`.
async fn seen_since(db: &impl ConnectionTrait, since: Instant, photo: &Photo) -> Result<bool, DbErr> {
    let pictures: Vec<Option<i64>> = car_request::Entity::find()
        .select_only()
        .column(car_request::Column::PhotoHash)
        .filter(car_request::Column::At.gt(since))
        .order_by_desc(car_request::Column::At)
        .limit(MOST_PICTURES)
        .into_tuple()
        .all(db)
        .await?;
    Ok(pictures.into_iter().flatten().any(|looks| photo::alike(looks, photo.looks)))
}

/// Why this request should be looked at first.
pub async fn of(
    car: &Movecar,
    tx: &DatabaseTransaction,
    wish: &Wish,
    plate: &Plate,
    photo: &Photo,
    seen: &Seen,
) -> Result<Option<Doubt>, DbErr> {
    let base = &car.base;
    let now = base.clock.now();
    let days: Vec<sea_orm::prelude::DateTimeUtc> = car_request::Entity::find()
        .select_only()
        .column(car_request::Column::At)
        .filter(car_request::Column::FollowerId.eq(wish.follower))
        .filter(car_request::Column::PlateHash.is_in(plate.hashes(&base.keys)))
        .filter(car_request::Column::At.gt(now - PICTURES))
        .into_tuple()
        .all(tx)
        .await?;
    let days: HashSet<_> = days.into_iter().chain([now]).map(|at| shanghai(at).date_naive()).collect();
    if days.len() >= SAME_PAIR_DAYS {
        return Ok(Some(Doubt::SamePair));
    }
    if seen.before || seen_since(tx, seen.until, photo).await? {
        return Ok(Some(Doubt::SamePhoto));
    }
    let fresh = TimeDelta::minutes(car.settings.photo.minutes);
    if photo.shot_at.is_some_and(|shot| now - shot > fresh) {
        return Ok(Some(Doubt::OldPhoto));
    }
    let Some(spot) = wish.spot else { return Ok(None) };
    if let Some((latitude, longitude)) = photo.taken_at
        && geo::metres(geo::gcj02(latitude, longitude), spot.at) > FAR + spot.exact.clamp(0.0, FAR)
    {
        return Ok(Some(Doubt::FarPhoto));
    }
    let city = &car.settings.city;
    let off = geo::metres((city.latitude, city.longitude), spot.at);
    Ok((off > city.radius_km * 1000.0).then_some(Doubt::FarPlace))
}

/// Takes the plate's row, so that requests for one car stand in line.
pub(super) async fn lock_plate(base: &Base, tx: &DatabaseTransaction, hash: &str) -> Result<(), DbErr> {
    let now = base.clock.now();
    let row = car_plate::ActiveModel {
        plate_hash: Set(hash.to_string()),
        shield_until: Set(None),
        updated_at: Set(now),
    };
    let taken = OnConflict::column(car_plate::Column::PlateHash)
        .value(car_plate::Column::UpdatedAt, Expr::value(now))
        .to_owned();
    car_plate::Entity::insert(row).on_conflict(taken).exec_without_returning(tx).await.map(|_| ())
}

/// Shields the plate for a day.
pub(super) async fn shield(base: &Base, tx: &DatabaseTransaction, hash: &str) -> Result<(), DbErr> {
    let until = base.clock.now() + TimeDelta::days(1);
    car_plate::Entity::update_many()
        .col_expr(car_plate::Column::ShieldUntil, Expr::value(until))
        .filter(Expr::col(car_plate::Column::PlateHash).eq(hash))
        .exec(tx)
        .await
        .map(|_| ())
}
