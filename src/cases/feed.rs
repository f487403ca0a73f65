//! The order of everything that happened to all cases. Events are committed side by side, so their order is given
//! afterwards, by one replica at a time: whoever read up to a number has missed nothing before it.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::Cases;
use super::counter;
use super::model::{case_event, case_file};

const LOCK: Duration = Duration::from_secs(20);
/// Events numbered in one transaction.
const BATCH: u64 = 500;
/// Events in one answer at most.
pub const PAGE: u64 = 500;

/// Numbers what has none yet. Within a case the order is that of its versions.
pub async fn number(cases: &Cases) -> Result<u64, DbErr> {
    let Some(lock) = cases.store.cache.lock("cases.feed", LOCK).await else { return Ok(0) };
    let mut numbered = 0;
    let outcome = loop {
        match batch(cases).await {
            Ok(0) => break Ok(numbered),
            Ok(more) => numbered += more,
            Err(error) => break Err(error),
        }
    };
    lock.release().await;
    outcome
}

async fn batch(cases: &Cases) -> Result<u64, DbErr> {
    let tx = cases.store.db.write().await?;
    // The counter's row is the lock that counts, should two replicas believe that they hold the other one.
    counter::take_in(&tx, "seq", 0).await?;
    let events = case_event::Entity::find()
        .select_only()
        .column(case_event::Column::Id)
        .filter(case_event::Column::Seq.is_null())
        .order_by_asc(case_event::Column::At)
        .order_by_asc(case_event::Column::Version)
        .order_by_asc(case_event::Column::Id)
        .limit(BATCH)
        .into_tuple::<uuid::Uuid>()
        .all(&tx)
        .await?;
    let many = i64::try_from(events.len()).unwrap_or(0);
    let last = counter::take_in(&tx, "seq", many).await?;
    for (seq, id) in (last - many + 1..).zip(events) {
        case_event::Entity::update_many()
            .col_expr(case_event::Column::Seq, Expr::value(seq))
            .filter(case_event::Column::Id.eq(id))
            .exec(&tx)
            .await?;
    }
    tx.commit().await?;
    Ok(many.unsigned_abs())
}

/// What happened after `after`, in order, with the case that each belongs to.
pub async fn after(
    cases: &Cases,
    after: i64,
    limit: u64,
) -> Result<Vec<(case_event::Model, Option<case_file::Model>)>, DbErr> {
    number(cases).await?;
    let db = cases.store.db.read();
    let events = case_event::Entity::find()
        .filter(case_event::Column::Seq.gt(after))
        .order_by_asc(case_event::Column::Seq)
        .limit(limit.min(PAGE))
        .all(db)
        .await?;
    let ids = events.iter().map(|event| event.case_id);
    let files = case_file::Entity::find().filter(case_file::Column::Id.is_in(ids)).all(db).await?;
    let of = |id| files.iter().find(|file| file.id == id).cloned();
    Ok(events
        .into_iter()
        .map(|event| (of(event.case_id), event))
        .map(|(file, event)| (event, file))
        .collect())
}
