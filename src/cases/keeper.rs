//! What time alone brings: cases that end because nobody sent, rated or asked for anything. Safe to run at any moment,
//! by any replica, as often as anybody likes: each end is an act under the case's lock, refused when it is not due.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::Cases;
use super::act::Act;
use super::decide::{Actor, Command, Refusal};
use super::ends::INFO;
use super::model::case_clock;
use super::write::{self, Call, WriteError};

/// Cases looked at in one go.
const BATCH: u64 = 200;

/// Ends what is over; answers how many cases ended.
pub async fn run(cases: &Cases) -> Result<u64, DbErr> {
    let mut ended = 0;
    for (code, act) in [(INFO, Act::Lapse), ("S1", Act::Close), ("P6", Act::Finish)] {
        ended += over(cases, code, act).await?;
    }
    Ok(ended)
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
