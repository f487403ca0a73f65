//! Follow-up notes as officers and everybody else see them.

use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use super::model::{FollowUpState, case_follow_up};
use super::{NOTE, REPLY};
use crate::base::clock::Instant;
use crate::cases::Cases;
use crate::cases::access::Officer;
use crate::cases::model::{Part, case_file};
use crate::cases::text::TextError;

/// Rows of a list.
pub const PAGE: u64 = 50;

/// A note, its case, and its words.
#[derive(Clone, Debug)]
pub struct Shown {
    pub row: case_follow_up::Model,
    pub file: case_file::Model,
    pub note: String,
    pub reply: Option<String>,
}

/// What everybody reads under a public case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub at: Instant,
    pub unit: String,
    pub note: Vec<String>,
    /// Empty: the unit let its time go by.
    pub reply: Vec<String>,
}

/// Notes that `officer` may know of: their own; those to their unit, once sent; and for those who decide, all but drafts.
/// Always of cases that they may know of.
fn visible(cases: &Cases, officer: &Officer) -> Select<case_follow_up::Entity> {
    use case_follow_up::Column;
    let theirs = Query::select()
        .column(case_file::Column::Id)
        .from(case_file::Entity)
        .cond_where(officer.scope(&cases.units))
        .to_owned();
    let sent = || Column::State.ne(FollowUpState::Draft.word());
    let mut any = Condition::any();
    for seat in &officer.seats {
        any = match seat.part {
            Part::Journalist => any.add(Column::WrittenBy.eq(&officer.username)),
            Part::Liaison | Part::Head => {
                any.add(Condition::all().add(Column::Unit.eq(&seat.unit)).add(sent()))
            }
            Part::Moderator | Part::Propaganda => any.add(sent()),
            _ => any,
        };
    }
    if any.is_empty() {
        any = any.add(Column::Version.lt(0));
    }
    case_follow_up::Entity::find().filter(Column::CaseId.in_subquery(theirs)).filter(any)
}

/// Note `id` with its case, if `officer` may know of it.
pub async fn find(
    cases: &Cases,
    officer: &Officer,
    id: Uuid,
) -> Result<Option<(case_follow_up::Model, case_file::Model)>, DbErr> {
    let db = cases.store.db.read();
    let row = visible(cases, officer).filter(case_follow_up::Column::Id.eq(id)).one(db).await?;
    let Some(row) = row else { return Ok(None) };
    let file = case_file::Entity::find_by_id(row.case_id).one(db).await?;
    Ok(file.map(|file| (row, file)))
}

/// The same with its words.
pub async fn one(cases: &Cases, officer: &Officer, id: Uuid) -> Result<Option<Shown>, TextError> {
    let Some((row, file)) = find(cases, officer, id).await? else { return Ok(None) };
    let keys = &cases.store.keys;
    let note = keys.open(NOTE, &row.note_sealed)?;
    let reply = row.reply_sealed.as_deref().map(|sealed| keys.open(REPLY, sealed)).transpose()?;
    Ok(Some(Shown { row, file, note, reply }))
}

/// The newest notes that `officer` may know of, with their cases; those below `before`.
pub async fn list(
    cases: &Cases,
    officer: &Officer,
    before: Option<Uuid>,
) -> Result<Vec<(case_follow_up::Model, case_file::Model)>, DbErr> {
    let db = cases.store.db.read();
    let mut query = visible(cases, officer);
    if let Some(before) = before {
        query = query.filter(case_follow_up::Column::Id.lt(before));
    }
    let rows = query.order_by_desc(case_follow_up::Column::Id).limit(PAGE).all(db).await?;
    let ids = rows.iter().map(|row| row.case_id);
    let files = case_file::Entity::find().filter(case_file::Column::Id.is_in(ids)).all(db).await?;
    let with = |row: case_follow_up::Model| {
        let file = files.iter().find(|file| file.id == row.case_id)?.clone();
        Some((row, file))
    };
    Ok(rows.into_iter().filter_map(with).collect())
}

/// What is public under `file`, oldest first: nothing where the case itself is not public.
pub async fn public(cases: &Cases, file: &case_file::Model) -> Result<Vec<Told>, DbErr> {
    if file.published_at.is_none() {
        return Ok(Vec::new());
    }
    let rows = case_follow_up::Entity::find()
        .filter(case_follow_up::Column::CaseId.eq(file.id))
        .filter(case_follow_up::Column::State.eq(FollowUpState::Published.word()))
        .order_by_asc(case_follow_up::Column::DecidedAt)
        .limit(PAGE)
        .all(cases.store.db.read())
        .await?;
    let lines = |text: &str| text.lines().map(str::to_string).collect();
    let told = |row: case_follow_up::Model| Told {
        at: row.decided_at.unwrap_or(row.written_at),
        unit: cases.units.name(&row.unit).to_string(),
        note: lines(&row.public_note),
        reply: lines(&row.public_reply),
    };
    Ok(rows.into_iter().map(told).collect())
}

/// How many notes wait for `officer`: for the reply of their unit, or for a decision of theirs.
pub async fn waiting(cases: &Cases, officer: &Officer) -> Result<u64, DbErr> {
    use case_follow_up::Column;
    let mut any = Condition::any();
    for seat in &officer.seats {
        let state = match seat.part {
            Part::Liaison | Part::Head => Condition::all()
                .add(Column::Unit.eq(&seat.unit))
                .add(Column::State.eq(FollowUpState::Sent.word())),
            Part::Moderator | Part::Propaganda => {
                Condition::any().add(Column::State.eq(FollowUpState::Replied.word())).add(
                    Condition::all()
                        .add(Column::State.eq(FollowUpState::Sent.word()))
                        .add(Column::DueAt.lte(cases.store.clock.now())),
                )
            }
            _ => continue,
        };
        any = any.add(state);
    }
    if any.is_empty() {
        return Ok(0);
    }
    visible(cases, officer).filter(any).count(cases.store.db.read()).await
}
