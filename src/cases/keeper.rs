//! What time alone brings: cases that end because nobody sent, rated or asked for anything, reminders, and drafts of
//! papers to units that are late. Safe to run at any moment,
//! by any replica, as often as anybody likes: each end is an act under the case's lock, refused when it is not due.

use async_trait::async_trait;
use chrono::{DurationRound, TimeDelta};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::act::Act;
use super::decide::{Actor, Command, Refusal};
use super::ends::INFO;
use super::model::case_clock;
use super::notice;
use super::write::{self, Call, WriteError};
use super::{Cases, paper, remind, year};
use crate::base::clock::Instant;
use crate::jobs::{self, Handler};

/// Cases looked at in one go.
const BATCH: u64 = 200;

/// Ends what is over; answers how many cases ended.
pub async fn run(cases: &Cases) -> Result<u64, DbErr> {
    let mut ended = 0;
    for (code, act) in [(INFO, Act::Lapse), ("S1", Act::Close), ("P6", Act::Finish)] {
        ended += over(cases, code, act).await?;
    }
    remind::run(cases).await?;
    let late = async {
        year::recount::stragglers(cases).await?;
        paper::draft::run(cases).await
    };
    match late.await {
        Ok((drafted, proposed)) => tracing::debug!(drafted, proposed, "papers to late units drafted"),
        Err(WriteError::Database(error)) => return Err(error),
        Err(error) => tracing::error!(%error, "papers to late units could not be drafted"),
    }
    notice::catch_up_all(cases).await?;
    Ok(ended)
}

/// The kind of the job.
const JOB: &str = "cases.keep";

/// Makes sure that there is a run at once and then at every full hour, so that drafts stand there when the morning begins.
pub async fn plan(cases: &Cases) -> Result<(), DbErr> {
    at(cases, cases.base.clock.now()).await
}

/// A run at `moment`, unless its hour has one.
async fn at(cases: &Cases, moment: Instant) -> Result<(), DbErr> {
    let hour = format!("{JOB}:{}", moment.format("%Y-%m-%dT%H"));
    let tx = cases.base.db.write().await?;
    jobs::enqueue(&cases.base, &tx, JOB, &(), moment, Some(hour)).await?;
    tx.commit().await
}

/// Runs, and plans the next run: by the clock of the program, which a standstill or a demo puts forward.
pub struct KeeperJob(pub Cases);

#[async_trait]
impl Handler for KeeperJob {
    fn kind(&self) -> &'static str {
        JOB
    }

    fn lane(&self) -> jobs::Lane {
        jobs::Lane::Heavy
    }

    async fn run(&self, _payload: &str) -> anyhow::Result<()> {
        let now = self.0.base.clock.now();
        let next = now.duration_trunc(TimeDelta::hours(1))? + TimeDelta::hours(1);
        at(&self.0, next).await?;
        let ended = run(&self.0).await?;
        tracing::debug!(ended, "petitions whose time is over ended");
        Ok(())
    }
}

async fn over(cases: &Cases, code: &str, act: Act) -> Result<u64, DbErr> {
    let due = case_clock::Entity::find()
        .filter(case_clock::Column::Running.eq(true))
        .filter(case_clock::Column::Code.eq(code))
        .filter(case_clock::Column::DueAt.lte(cases.store.clock.now()))
        .order_by_asc(case_clock::Column::DueAt)
        .limit(BATCH)
        .all(cases.store.db.read())
        .await?;
    let mut ended = 0;
    for clock in due {
        let call =
            Call { seen: None, op: Some(format!("keeper:{}:{}", act.word(), clock.id)), ..Call::default() };
        match write::act(cases, &Actor::system(), clock.case_id, act, &Command::default(), &call).await {
            Ok(_) => ended += 1,
            // Badly rated cases wait for people; others went on in the meantime.
            Err(WriteError::Refused(Refusal::Early | Refusal::State(_))) => {}
            Err(WriteError::Database(error)) => return Err(error),
            Err(error) => tracing::error!(%error, case = %clock.case_id, "a case could not be ended"),
        }
    }
    Ok(ended)
}
