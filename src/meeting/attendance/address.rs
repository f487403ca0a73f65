//! Which meeting an address means: what another feature's pages ask before they ask who is present.

use sea_orm::DbErr;
use uuid::Uuid;

use crate::base::Base;
use crate::meeting::edit;

pub use crate::meeting::model::meeting::Model as Meeting;

/// The meeting with this id.
pub async fn of_id(base: &Base, id: Uuid) -> Result<Option<Meeting>, DbErr> {
    edit::find_by_id(base, id).await
}

/// The meeting of `/m/{code}`.
pub async fn of_code(base: &Base, code: &str) -> Result<Option<Meeting>, DbErr> {
    edit::find_by_code(base, code).await
}

/// The meeting of `/screen/{key}`.
pub async fn of_screen(base: &Base, key: &str) -> Result<Option<Meeting>, DbErr> {
    edit::find_by_screen_key(base, key).await
}
