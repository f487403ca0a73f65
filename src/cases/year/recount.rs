//! Counting open clocks anew after a year was published: case by case, each under its own lock and with a line in its
//! log, in small steps that a crash repeats without harm.

use async_trait::async_trait;
use chrono::NaiveDate;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::work_year;
use crate::base::clock::Instant;
use crate::cases::act::Act;
use crate::cases::deadline::Unit;
use crate::cases::decide::{Actor, Command, Refusal};
use crate::cases::model::case_clock;
use crate::cases::write::{self, Call, WriteError};
use crate::cases::{Cases, paper};
use crate::jobs::{self, Handler};

/// The kind of the job.
const JOB: &str = "cases.recount";
/// Cases in one step.
const BATCH: u64 = 200;

#[derive(Serialize, Deserialize)]
struct Payload {
    year: i32,
    /// Of the publication: a later one has a job of its own.
    published_at: Instant,
}

/// Puts the job into the publication's transaction.
pub(super) async fn enqueue(
    cases: &Cases,
    tx: &DatabaseTransaction,
    year: i32,
    published_at: Instant,
) -> Result<(), DbErr> {
    let now = cases.base.clock.now();
    jobs::enqueue(&cases.base, tx, JOB, &Payload { year, published_at }, now, None).await
}

/// Running clocks that end in `year` or later, or so shortly before that a notice of that year may touch them.
fn concerned(year: i32) -> Select<case_clock::Entity> {
    let from = NaiveDate::from_ymd_opt(year - 1, 12, 20).unwrap_or(NaiveDate::MIN);
    case_clock::Entity::find()
        .filter(case_clock::Column::Running.eq(true))
        .filter(case_clock::Column::Unit.ne(Unit::Hours.word()))
        .filter(case_clock::Column::DueOn.gte(from))
}

/// How many cases have such a clock.
pub(super) async fn reaching(cases: &Cases, year: i32) -> Result<i64, DbErr> {
    let count: Option<i64> = concerned(year)
        .select_only()
        .column_as(Expr::cust("COUNT(DISTINCT case_id)"), "cases")
        .into_tuple()
        .one(cases.store.db.read())
        .await?;
    Ok(count.unwrap_or(0))
}

/// Counts the clocks of one case anew; whether one moved.
pub async fn case(cases: &Cases, id: Uuid) -> Result<bool, WriteError> {
    let moved =
        match write::act(cases, &Actor::system(), id, Act::Recount, &Command::default(), &Call::default())
            .await
        {
            Ok(_) => true,
            // Nothing moved, or nothing runs any more.
            Err(WriteError::Refused(Refusal::Early | Refusal::State(_))) => false,
            Err(error) => return Err(error),
        };
    paper::draft::recheck(cases, id).await?;
    Ok(moved)
}

/// Clocks that were counted with an older calendar, by a replica that had not heard of the newer one yet.
pub async fn stragglers(cases: &Cases) -> Result<u64, WriteError> {
    let calendar = cases.calendar();
    let Some(last) = calendar.years().map(|year| year.year).filter(|year| calendar.is_published(*year)).max()
    else {
        return Ok(0);
    };
    let until = NaiveDate::from_ymd_opt(last, 12, 31).unwrap_or(NaiveDate::MIN);
    let ids: Vec<Uuid> = case_clock::Entity::find()
        .select_only()
        .column(case_clock::Column::CaseId)
        .distinct()
        .filter(case_clock::Column::Running.eq(true))
        .filter(case_clock::Column::Provisional.eq(true))
        .filter(case_clock::Column::DueOn.lte(until))
        .limit(BATCH)
        .into_tuple()
        .all(cases.store.db.read())
        .await?;
    let mut moved = 0;
    for id in ids {
        moved += u64::from(case(cases, id).await?);
    }
    Ok(moved)
}

/// The job.
pub struct RecountJob(pub Cases);

#[async_trait]
impl Handler for RecountJob {
    fn kind(&self) -> &'static str {
        JOB
    }

    fn lane(&self) -> jobs::Lane {
        jobs::Lane::Heavy
    }

    async fn run(&self, payload: &str) -> anyhow::Result<()> {
        let Payload { year, published_at } = serde_json::from_str(payload)?;
        super::reload(&self.0).await?;
        while self.step(year, published_at).await? {}
        Ok(())
    }
}

impl RecountJob {
    /// The next cases; whether there are more.
    async fn step(&self, year: i32, published_at: Instant) -> anyhow::Result<bool> {
        let cases = &self.0;
        let row = work_year::Entity::find_by_id(year).one(cases.base.db.read()).await?;
        let Some(row) = row.filter(|row| row.published_at == published_at && row.finished_at.is_none())
        else {
            return Ok(false);
        };
        let mut ids = concerned(year)
            .select_only()
            .column(case_clock::Column::CaseId)
            .distinct()
            .order_by_asc(case_clock::Column::CaseId)
            .limit(BATCH);
        if let Some(after) = row.cursor {
            ids = ids.filter(case_clock::Column::CaseId.gt(after));
        }
        let ids: Vec<Uuid> = ids.into_tuple().all(cases.store.db.read()).await?;
        let mut moved = row.moved;
        for id in &ids {
            moved += i64::from(case(cases, *id).await?);
        }
        let more = !ids.is_empty();
        let done = row.done + i64::try_from(ids.len()).unwrap_or(0);
        let finished = (!more).then(|| cases.base.clock.now());
        let tx = cases.base.db.write().await?;
        work_year::Entity::update_many()
            .col_expr(work_year::Column::Done, done.into())
            .col_expr(work_year::Column::Moved, moved.into())
            .col_expr(work_year::Column::Cursor, ids.last().copied().or(row.cursor).into())
            .col_expr(work_year::Column::FinishedAt, finished.into())
            .filter(work_year::Column::Year.eq(year))
            .filter(work_year::Column::PublishedAt.eq(published_at))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        Ok(more)
    }
}
