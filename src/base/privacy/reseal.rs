//! Seals anew what older keys sealed, and counts what each key still seals.
//!
//! A batch is one transaction, and only rows of older keys are looked at: interrupted or repeated, it goes on where it
//! was. The server may serve meanwhile, as soon as it knows the new key.

use sea_orm::sea_query::{Expr, ExprTrait, LockType, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, Order, SqlErr};
use uuid::Uuid;

use super::{FORM, KeyError};
use crate::base::Base;

/// Rows in one transaction: check-ins that come meanwhile wait a few milliseconds at most.
const BATCH: u64 = 200;

/// A column of sealed values, by its names in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub table: &'static str,
    /// A UUID of the primary key, and the text that completes it, if one does.
    pub id: &'static str,
    pub and: Option<&'static str>,
    pub column: &'static str,
    pub place: &'static str,
    /// The column of its keyed hash, and the kind that the hash is made with. Both are of one key in every row.
    pub blind: Option<(&'static str, &'static str)>,
}

#[derive(Debug, thiserror::Error)]
pub enum ResealError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// How far a column is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub done: u64,
    /// Rows that cannot be opened, or that would become the same as another one. They stay as they are.
    pub left: u64,
}

struct Row {
    id: Uuid,
    and: Option<String>,
    sealed: String,
}

/// How many values of `column` each key of the file seals, the newest first, and how many are of unknown keys.
pub async fn count(base: &Base, column: &Sealed) -> Result<(Vec<(u32, u64)>, u64), DbErr> {
    let mut known = Vec::new();
    for number in base.keys.numbers() {
        let with = Expr::col(column.column).like(format!("{FORM}{number}.%"));
        known.push((number, rows(base, column, with).await?));
    }
    let all = rows(base, column, Expr::col(column.column).ne("")).await?;
    let unknown = all.saturating_sub(known.iter().map(|(_, count)| count).sum());
    Ok((known, unknown))
}

async fn rows(base: &Base, column: &Sealed, which: Expr) -> Result<u64, DbErr> {
    let mut query = Query::select();
    query.expr_as(Expr::col(column.column).count(), "n").from(column.table).and_where(which);
    let row = base.db.read().query_one(&query).await?;
    let count: i64 = row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or_default();
    Ok(count.unsigned_abs())
}

/// Reseals all of `column`; `tell` hears the progress after each batch.
pub async fn reseal(
    base: &Base,
    column: &Sealed,
    mut tell: impl FnMut(Progress),
) -> Result<Progress, ResealError> {
    let mut progress = Progress::default();
    let mut last = None;
    loop {
        let tx = base.db.write().await?;
        let batch = older(base, &tx, column, last).await?;
        let Some(end) = batch.last().map(|row| (row.id, row.and.clone())) else { return Ok(progress) };
        let read = batch.len() as u64;
        match write_all(base, &tx, column, &batch).await {
            Ok(done) => {
                tx.commit().await?;
                progress.done += done;
                progress.left += read - done;
            }
            // One row meets another that is the same under the new key: the others need not wait for it.
            Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
                tx.rollback().await?;
                for row in batch {
                    let done = one(base, column, row).await?;
                    progress.done += u64::from(done);
                    progress.left += u64::from(!done);
                }
            }
            Err(error) => return Err(error.into()),
        }
        tell(progress);
        last = Some(end);
    }
}

/// The next rows that an older key sealed, after the row `last`: what had to be left is not met again.
async fn older(
    base: &Base,
    tx: &DatabaseTransaction,
    column: &Sealed,
    last: Option<(Uuid, Option<String>)>,
) -> Result<Vec<Row>, DbErr> {
    let newest = base.keys.newest().prefix();
    let mut query: SelectStatement = Query::select();
    query.columns([column.id, column.column]).columns(column.and).from(column.table);
    // What was forgotten is an empty text.
    query.and_where(Expr::col(column.column).ne(""));
    query.and_where(Expr::col(column.column).not_like(format!("{newest}%")));
    query.order_by(column.id, Order::Asc);
    if let Some((id, and)) = last {
        let mut after = Expr::col(column.id).gt(id);
        if let (Some(and), Some(value)) = (column.and, and) {
            after = after.or(Expr::col(column.id).eq(id).and(Expr::col(and).gt(value)));
        }
        query.and_where(after);
    }
    if let Some(and) = column.and {
        query.order_by(and, Order::Asc);
    }
    query.limit(BATCH).lock(LockType::Update);
    let read = |row: sea_orm::QueryResult| {
        let and = column.and.map(|and| row.try_get("", and)).transpose()?;
        Ok(Row { id: row.try_get("", column.id)?, and, sealed: row.try_get("", column.column)? })
    };
    tx.query_all(&query).await?.into_iter().map(read).collect()
}

async fn one(base: &Base, column: &Sealed, row: Row) -> Result<bool, ResealError> {
    let tx = base.db.write().await?;
    match write_all(base, &tx, column, &[row]).await {
        Ok(done) => {
            tx.commit().await?;
            Ok(done > 0)
        }
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// How many were resealed; a value that does not open is left for the operator to see.
async fn write_all(
    base: &Base,
    tx: &DatabaseTransaction,
    column: &Sealed,
    rows: &[Row],
) -> Result<u64, DbErr> {
    let mut done = 0;
    for row in rows {
        let Ok(plain) = base.keys.open(column.place, &row.sealed) else { continue };
        let sealed =
            base.keys.seal(column.place, &plain).map_err(|error| DbErr::Custom(error.to_string()))?;
        let mut update = Query::update();
        update.table(column.table).value(column.column, sealed);
        if let Some((hash, kind)) = column.blind {
            update.value(hash, base.keys.blind(kind, &plain));
        }
        update.and_where(Expr::col(column.id).eq(row.id)).and_where(Expr::col(column.column).eq(&row.sealed));
        if let (Some(and), Some(value)) = (column.and, &row.and) {
            update.and_where(Expr::col(and).eq(value));
        }
        done += tx.execute(&update).await?.rows_affected();
    }
    Ok(done)
}
