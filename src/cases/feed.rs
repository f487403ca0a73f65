//! The order of everything that happened to all cases. Events are committed side by side, so their order is given
//! afterwards, by one replica at a time: whoever read up to a number has missed nothing before it.

use std::time::Duration;

use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::Cases;
use super::act::{Act, TABLE};
use super::counter;
use super::model::{case_event, case_file};
use super::partner::Caller;
use super::view::{self, Reader};

const LOCK: Duration = Duration::from_secs(20);
/// The counter of places in the feed.
pub const COUNTER: &str = "seq";
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
    counter::take_in(&tx, COUNTER, 0).await?;
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
    let last = counter::take_in(&tx, COUNTER, many).await?;
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

/// One event with its case as it is now.
pub struct Told {
    pub event: case_event::Model,
    pub file: case_file::Model,
}

/// What happened after `after`, in order, to the cases that `caller` may know of; to others than offices without what
/// offices keep among themselves. A case that comes to an office later tells of itself from then on, so a reader takes
/// the case itself by its number whenever it is told.
pub async fn told(cases: &Cases, caller: &Caller, after: i64, limit: u64) -> Result<Vec<Told>, DbErr> {
    number(cases).await?;
    let internal = TABLE.iter().map(|row| row.act).filter(|act| view::internal(*act)).map(Act::word);
    let of = |reader: Reader| {
        let ids = Query::select()
            .column(case_file::Column::Id)
            .from(case_file::Entity)
            .cond_where(caller.scope(cases, reader))
            .take();
        case_event::Column::CaseId.in_subquery(ids)
    };
    let plain = Condition::all()
        .add(case_event::Column::Kind.is_not_in(internal))
        .add(Condition::any().add(of(Reader::Author)).add(of(Reader::Public)));
    let rows = case_event::Entity::find()
        .filter(case_event::Column::Seq.gt(after))
        .filter(Condition::any().add(of(Reader::Office)).add(plain))
        .order_by_asc(case_event::Column::Seq)
        .limit(limit.min(PAGE))
        .all(cases.store.db.read())
        .await?;
    let ids = rows.iter().map(|event| event.case_id);
    let files =
        case_file::Entity::find().filter(case_file::Column::Id.is_in(ids)).all(cases.store.db.read()).await?;
    let with = |event: case_event::Model| {
        let file = files.iter().find(|file| file.id == event.case_id)?.clone();
        Some(Told { event, file })
    };
    Ok(rows.into_iter().filter_map(with).collect())
}
