//! Who owns a plate: the imported register, or another system before it. Owners' numbers go from here into messages and
//! nowhere else.

mod connector;
pub mod import;

use std::collections::HashSet;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use super::model::{car_owner, car_suppression};
use super::plate::Plate;
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

/// Where owners are looked up.
#[derive(Clone)]
pub enum Register {
    Imported,
    Connected(Connector),
}

impl Register {
    /// The owner of `plate`. A system that does not answer in time is as if it were not there.
    pub async fn look_up(&self, base: &Base, plate: &Plate) -> Result<Option<Owner>, RegisterError> {
        if let Register::Connected(connector) = self {
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
