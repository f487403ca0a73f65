//! 回访：whom to call, because they were not content, or said nothing though much depended on their case (clock C1). Calls
//! are acts of the log (`Act::CallBack`); here is only the list of those that wait.

use sea_orm::{
    ColumnTrait, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, RelationDef,
    Select,
};

use super::Cases;
use super::access::Officer;
use super::ends::CALL;
use super::list::{self, Row};
use super::model::{Part, case_clock, case_file};
use super::text::TextError;

/// Rows of a page.
pub const PAGE: u64 = 50;

/// One to call.
#[derive(Clone, Debug)]
pub struct Call {
    pub row: Row,
    pub clock: case_clock::Model,
}

/// Who sees the list: those who call, and those who look after it.
pub fn may(officer: &Officer) -> bool {
    officer.has(Part::Moderator) || officer.has(Part::Supervision)
}

fn waiting(cases: &Cases, officer: &Officer) -> Select<case_clock::Entity> {
    let case: RelationDef = case_clock::Entity::belongs_to(case_file::Entity)
        .from(case_clock::Column::CaseId)
        .to(case_file::Column::Id)
        .into();
    case_clock::Entity::find()
        .join(JoinType::InnerJoin, case)
        .filter(case_clock::Column::Code.eq(CALL))
        .filter(case_clock::Column::Running.eq(true))
        .filter(officer.scope(&cases.units))
}

/// How many wait for a call.
pub async fn count(cases: &Cases, officer: &Officer) -> Result<u64, TextError> {
    Ok(waiting(cases, officer).count(cases.store.db.read()).await?)
}

/// Those who wait for a call, the nearest end first.
pub async fn list(cases: &Cases, officer: &Officer, page: u64) -> Result<Vec<Call>, TextError> {
    let db = cases.store.db.read();
    let clocks = waiting(cases, officer)
        .order_by_asc(case_clock::Column::DueAt)
        .order_by_asc(case_clock::Column::Id)
        .offset(page * PAGE)
        .limit(PAGE)
        .all(db)
        .await?;
    let ids = clocks.iter().map(|clock| clock.case_id);
    let files = case_file::Entity::find().filter(case_file::Column::Id.is_in(ids)).all(db).await?;
    let rows = list::titled(cases, files).await?;
    let call = |clock: case_clock::Model| {
        let row = rows.iter().find(|row| row.file.id == clock.case_id)?.clone();
        Some(Call { row, clock })
    };
    Ok(clocks.into_iter().filter_map(call).collect())
}
