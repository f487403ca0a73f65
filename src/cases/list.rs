//! Cases in lists: the inbox of an officer, the cases of a citizen, and what everybody may read.

use sea_orm::sea_query::{Expr, ExprTrait, NullOrdering};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::Cases;
use super::access::Officer;
use super::decide::PROPOSED;
use super::model::{Part, State, case_file, case_text};
use super::partner::Caller;
use super::submit;
use super::text::{self, TextError};
use super::view::Reader;
use crate::base::db::count_up_to;

/// Rows of a page.
pub const PAGE: u64 = 50;
/// Nobody turns further pages than these.
const COUNTED: u64 = 10_000;

/// What an officer wants to see.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only what waits for one of their offices.
    pub waiting: bool,
    pub page: u64,
}

/// A case in a list, with the title that its author gave it.
#[derive(Clone, Debug)]
pub struct Row {
    pub file: case_file::Model,
    pub title: String,
}

/// The cases of `officer`, whose running clock ends first on top; and how many there are, counted no further than
/// [`COUNTED`].
pub async fn inbox(cases: &Cases, officer: &Officer, filter: &Filter) -> Result<(Vec<Row>, u64), TextError> {
    let db = cases.store.db.read();
    let mut query = case_file::Entity::find().filter(officer.scope(&cases.units));
    if filter.waiting {
        query = query.filter(waiting(officer));
    }
    let count = count_up_to(db, query.clone(), COUNTED).await?;
    let files = query
        .order_by_with_nulls(case_file::Column::NextDueAt, Order::Asc, NullOrdering::Last)
        .order_by_desc(case_file::Column::CreatedAt)
        .offset(filter.page * PAGE)
        .limit(PAGE)
        .all(db)
        .await?;
    Ok((titled(cases, files).await?, count))
}

/// What waits for one of the offices of `officer`.
fn waiting(officer: &Officer) -> Condition {
    use case_file::Column;
    let mut any = Condition::any();
    let bad = || Expr::col(Column::UnitScore).lte(2).or(Expr::col(Column::OfficeScore).lte(2));
    for seat in &officer.seats {
        let mine: &[State] = match seat.part {
            Part::Moderator | Part::Propaganda => &[State::Submitted, State::Disputed],
            Part::Liaison => &[State::Forwarded, State::Accepted, State::InProgress, State::Rework],
            Part::Supervision => &[State::Review, State::Recheck],
            Part::Head | Part::Leader | Part::Journalist | Part::Citizen | Part::Proxy | Part::System => &[],
        };
        any = any.add(Column::State.is_in(mine.iter().map(|state| state.word())));
        match seat.part {
            Part::Moderator | Part::Supervision => {
                any = any.add(Condition::all().add(Column::State.eq(State::Answered.word())).add(bad()));
            }
            Part::Head => any = any.add(Column::ExtensionAsked.eq(true)),
            Part::Leader => {
                let proposed =
                    Condition::any().add(Column::OverdueLevel.gte(PROPOSED)).add(Column::Hot.eq(true));
                any = any.add(Column::ExtensionAsked.eq(true));
                any = any.add(Condition::all().add(Column::Leader.is_null()).add(proposed));
            }
            _ => {}
        }
    }
    any
}

/// `files` with the titles that their authors gave them.
pub async fn titled(cases: &Cases, files: Vec<case_file::Model>) -> Result<Vec<Row>, TextError> {
    let ids = files.iter().map(|file| file.original_text);
    let texts =
        case_text::Entity::find().filter(case_text::Column::Id.is_in(ids)).all(cases.store.db.read()).await?;
    let title = |file: &case_file::Model| -> Result<String, TextError> {
        let Some(row) = texts.iter().find(|text| text.id == file.original_text) else {
            return Ok(file.public_title.clone());
        };
        let words = cases.store.keys.open(text::PLACE, &row.sealed)?;
        Ok(text::split(&words).0.to_string())
    };
    files.into_iter().map(|file| Ok(Row { title: title(&file)?, file })).collect()
}

/// What a program wants listed.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub state: Option<State>,
    /// Code of the lead unit.
    pub unit: Option<String>,
    /// The system's own name of a case that it filed.
    pub external: Option<String>,
    /// Public numbers below this one.
    pub before: Option<i64>,
    pub limit: u64,
}

/// What `caller` may list as `reader`, the highest number first; and before which number the next page begins.
pub async fn of_caller(
    cases: &Cases,
    caller: &Caller,
    reader: Reader,
    wanted: &Wanted,
) -> Result<(Vec<Row>, Option<i64>), TextError> {
    let mut query = case_file::Entity::find().filter(caller.scope(cases, reader));
    if let Some(state) = wanted.state {
        query = query.filter(case_file::Column::State.eq(state.word()));
    }
    if let Some(unit) = &wanted.unit {
        query = query.filter(case_file::Column::LeadUnit.eq(unit));
    }
    if let Some(external) = &wanted.external {
        let id = submit::filed(cases, &caller.client(), external).await?.unwrap_or_default();
        query = query.filter(case_file::Column::Id.eq(id));
    }
    if let Some(before) = wanted.before {
        query = query.filter(case_file::Column::PublicNo.lt(before));
    }
    let mut files = query
        .order_by_desc(case_file::Column::PublicNo)
        .limit(wanted.limit + 1)
        .all(cases.store.db.read())
        .await?;
    let most = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let more = files.len() > most;
    files.truncate(most);
    let next = files.last().filter(|_| more).map(|file| file.public_no);
    let rows = match reader {
        Reader::Public => {
            files.into_iter().map(|file| Row { title: file.public_title.clone(), file }).collect()
        }
        Reader::Office | Reader::Author => titled(cases, files).await?,
    };
    Ok((rows, next))
}

/// What `follower` filed, for themselves or for others; the newest first.
pub async fn of_follower(cases: &Cases, follower: Uuid) -> Result<Vec<Row>, TextError> {
    let mine = Condition::any()
        .add(case_file::Column::Author.eq(follower))
        .add(case_file::Column::Proxy.eq(follower));
    let files = case_file::Entity::find()
        .filter(mine)
        .order_by_desc(case_file::Column::CreatedAt)
        .limit(PAGE)
        .all(cases.store.db.read())
        .await?;
    titled(cases, files).await
}

/// The public case of this number.
pub async fn published(cases: &Cases, public_no: i64) -> Result<Option<case_file::Model>, DbErr> {
    case_file::Entity::find()
        .filter(case_file::Column::PublicNo.eq(public_no))
        .filter(case_file::Column::PublishedAt.is_not_null())
        .one(cases.store.db.read())
        .await
}

/// The case of `follower` with this number.
pub async fn own(cases: &Cases, follower: Uuid, public_no: i64) -> Result<Option<case_file::Model>, DbErr> {
    case_file::Entity::find()
        .filter(case_file::Column::PublicNo.eq(public_no))
        .filter(
            Condition::any()
                .add(case_file::Column::Author.eq(follower))
                .add(case_file::Column::Proxy.eq(follower)),
        )
        .one(cases.store.db.read())
        .await
}
