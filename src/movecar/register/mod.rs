//! Who owns a plate: the imported register, or another system before it. Owners' numbers go from here into messages and
//! nowhere else.

mod connector;
pub mod import;

use std::collections::HashSet;

use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use super::model::{car_case, car_owner, car_suppression};
use super::plate::Plate;
use super::settings::{self, Settings};
use super::submit;
use crate::base::Base;
use crate::base::privacy::KeyError;
use crate::people::phone::Phone;

pub use connector::Connector;

pub const PLATE_PLACE: &str = "car_owner.plate";
pub const PHONE_PLACE: &str = "car_owner.phone";

/// Whom to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    pub phone: Phone,
    pub no_calls: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Where owners are looked up: other systems before the imported table.
#[derive(Clone, Default)]
pub struct Register {
    pub own: Option<Connector>,
    /// For plates of other provinces.
    pub national: Option<Connector>,
}

impl Register {
    /// As the operator's file says.
    pub fn of(settings: &Settings) -> Result<Register, reqwest::Error> {
        let connect = |to: &Option<settings::Connector>| to.clone().map(Connector::new).transpose();
        Ok(Register { own: connect(&settings.register)?, national: connect(&settings.national)? })
    }

    /// The owner of `plate`. A system that does not answer in time is as if it were not there.
    pub async fn look_up(&self, base: &Base, plate: &Plate) -> Result<Option<Owner>, RegisterError> {
        let national = self.national.as_ref().filter(|_| plate.is_from_elsewhere());
        if let Some(connector) = national.or(self.own.as_ref()) {
            match connector.look_up(base, plate).await {
                Ok(found) => return Ok(found),
                Err(error) => tracing::warn!(error = %error, "the register of owners did not answer"),
            }
        }
        imported(base, plate).await
    }
}

async fn imported(base: &Base, plate: &Plate) -> Result<Option<Owner>, RegisterError> {
    let row = car_owner::Entity::find()
        .filter(car_owner::Column::PlateHash.is_in(plate.hashes(&base.keys)))
        .one(base.db.read())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let phone = Phone::parse(&base.keys.open(PHONE_PLACE, &row.phone_sealed)?);
    Ok(phone.map(|phone| Owner { phone, no_calls: row.no_calls }))
}

/// The number is not asked about this plate any more.
pub async fn suppressed(
    base: &Base,
    db: &impl ConnectionTrait,
    plate: &Plate,
    phone: &Phone,
) -> Result<bool, DbErr> {
    let plates: HashSet<String> = plate.hashes(&base.keys).into_iter().collect();
    let found = car_suppression::Entity::find()
        .filter(car_suppression::Column::PlateHash.is_in(plates))
        .filter(car_suppression::Column::PhoneHash.is_in(phone.hashes(&base.keys)))
        .filter(car_suppression::Column::Checked.eq(true))
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// The suppression that an answer in `case` led to, under whichever key's hash: the plate's in the case is of the newest
/// key, its own stays of the key of that day.
pub fn suppression_of(base: &Base, case: &car_case::Model) -> Result<Condition, KeyError> {
    let plate = Plate::open(&base.keys, submit::PLATE_PLACE, &case.plate_sealed)?;
    let plates = plate.map_or_else(|| vec![case.plate_hash.clone()], |plate| plate.hashes(&base.keys));
    Ok(Condition::all()
        .add(car_suppression::Column::PlateHash.is_in(plates))
        .add(car_suppression::Column::PhoneHash.eq(case.owner_hash.clone().unwrap_or_default())))
}
