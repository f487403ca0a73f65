//! Cases as programs ask for them: one, or page by page; and who did what with one already.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::duty::{self, DutyError, Row};
use super::model::{car_case, car_line};
use super::state::OPEN;
use crate::base::Base;

/// The case and what was tried.
pub async fn one(base: &Base, id: Uuid) -> Result<Row, DutyError> {
    let case = car_case::Entity::find_by_id(id).one(base.db.read()).await?.ok_or(DutyError::NotFound)?;
    duty::rows(base, vec![case]).await?.pop().ok_or(DutyError::NotFound)
}

/// At most `limit` cases in the order of their making, those after `after`; open ones only, or all.
pub async fn page(base: &Base, open: bool, after: Option<Uuid>, limit: u64) -> Result<Vec<Row>, DbErr> {
    let mut cases = car_case::Entity::find().order_by_asc(car_case::Column::Id).limit(limit);
    if open {
        let open = OPEN.iter().map(|state| state.word());
        cases = cases.filter(car_case::Column::State.is_in(open));
    }
    if let Some(after) = after {
        cases = cases.filter(car_case::Column::Id.gt(after));
    }
    duty::rows(base, cases.all(base.db.read()).await?).await
}

/// Whether `staff` did this before: the log of the case has a line of this kind and detail by them.
pub async fn did(base: &Base, case: Uuid, kind: &str, detail: &str, staff: &str) -> Result<bool, DbErr> {
    let line = car_line::Entity::find()
        .filter(car_line::Column::CaseId.eq(case))
        .filter(car_line::Column::Kind.eq(kind))
        .filter(car_line::Column::Detail.eq(detail))
        .filter(car_line::Column::Actor.eq(staff))
        .one(base.db.read())
        .await?;
    Ok(line.is_some())
}
