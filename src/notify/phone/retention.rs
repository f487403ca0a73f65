//! How long messages and receipts are kept.

use chrono::TimeDelta;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::model::{budget, message, receipt};
use crate::base::Base;

/// Numbers and words: as long as somebody may ask what was sent to them.
const NUMBERS: TimeDelta = TimeDelta::days(30);
/// That something was sent, for the statistics.
const ROWS: TimeDelta = TimeDelta::days(400);

/// Forgets numbers, words and receipts whose time is over; how many rows it touched.
pub async fn sweep(base: &Base) -> Result<u64, DbErr> {
    let now = base.clock.now();
    let tx = base.db.write().await?;
    let told = receipt::Entity::delete_many().filter(receipt::Column::ReceivedAt.lt(now - NUMBERS));
    let mut touched = told.exec(&tx).await?.rows_affected;
    let emptied = message::Entity::update_many()
        .col_expr(message::Column::NumberSealed, "".into())
        .col_expr(message::Column::NumberHash, "".into())
        .col_expr(message::Column::WordsSealed, "".into())
        .filter(message::Column::CreatedAt.lt(now - NUMBERS))
        .filter(message::Column::NumberSealed.ne(""));
    touched += emptied.exec(&tx).await?.rows_affected;
    let old = message::Entity::delete_many().filter(message::Column::CreatedAt.lt(now - ROWS));
    touched += old.exec(&tx).await?.rows_affected;
    budget::Entity::delete_many().filter(budget::Column::UpdatedAt.lt(now - ROWS)).exec(&tx).await?;
    tx.commit().await?;
    Ok(touched)
}
