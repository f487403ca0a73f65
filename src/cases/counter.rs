//! Numbers that rise and are never used twice. They are taken in small blocks, in a transaction of their own, so that
//! nobody who files a case waits for another; what is left of a block when a process ends is missing for good.

use std::sync::Arc;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use tokio::sync::Mutex;

use super::model::case_counter;
use crate::base::Base;
use crate::base::db::whole;

/// The counter of public numbers.
pub const PUBLIC: &str = "public_no";
const BLOCK: i64 = 16;

/// Public numbers of one process.
#[derive(Clone, Default)]
pub struct Numbers(Arc<Mutex<std::ops::Range<i64>>>);

impl Numbers {
    /// The one number that something brings with it.
    pub fn only(number: i64) -> Numbers {
        Numbers(Arc::new(Mutex::new(number..number + 1)))
    }

    /// The next public number.
    pub async fn next(&self, store: &Base) -> Result<i64, DbErr> {
        let mut block = self.0.lock().await;
        if let Some(number) = block.next() {
            return Ok(number);
        }
        let last = take(store, PUBLIC, BLOCK).await?;
        *block = last - BLOCK + 1..last + 1;
        block.next().ok_or_else(|| DbErr::Custom("an empty block of numbers".to_string()))
    }
}

/// Takes `many` numbers of the counter `name`; answers the last of them.
pub async fn take(store: &Base, name: &str, many: i64) -> Result<i64, DbErr> {
    let tx = store.db.write().await?;
    let last = take_in(&tx, name, many).await?;
    tx.commit().await?;
    Ok(last)
}

/// The same in a transaction of the caller: then no number is missing, and takers wait for each other.
pub async fn take_in(tx: &sea_orm::DatabaseTransaction, name: &str, many: i64) -> Result<i64, DbErr> {
    let row = case_counter::Model { name: name.to_string(), last: 0 };
    case_counter::Entity::insert(whole::<case_counter::ActiveModel>(row))
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    case_counter::Entity::update_many()
        .col_expr(case_counter::Column::Last, Expr::col(case_counter::Column::Last).add(many))
        .filter(case_counter::Column::Name.eq(name))
        .exec(tx)
        .await?;
    let row = case_counter::Entity::find_by_id(name.to_string()).one(tx).await?;
    row.map(|row| row.last).ok_or_else(|| DbErr::RecordNotFound(format!("the counter {name}")))
}

/// Lets the counter begin after `last`, for what is imported; never goes back.
pub async fn at_least(store: &Base, name: &str, last: i64) -> Result<(), DbErr> {
    let tx = store.db.write().await?;
    take_in(&tx, name, 0).await?;
    case_counter::Entity::update_many()
        .col_expr(case_counter::Column::Last, last.into())
        .filter(case_counter::Column::Name.eq(name))
        .filter(case_counter::Column::Last.lt(last))
        .exec(&tx)
        .await?;
    tx.commit().await
}
