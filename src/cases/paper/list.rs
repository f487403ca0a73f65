//! Papers as officers see them: those of the cases that they may know of, and drafts only where they may decide.

use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use super::content::Content;
use super::draft;
use super::model::{PaperState, case_paper};
use crate::cases::Cases;
use crate::cases::access::Officer;
use crate::cases::model::{Part, case_file};
use crate::cases::text;
use crate::cases::write::WriteError;

/// Rows of a page.
pub const PAGE: u64 = 50;

/// A paper with what it says and its case.
pub struct Shown {
    pub paper: case_paper::Model,
    pub content: Content,
    pub file: case_file::Model,
}

/// Papers that `officer` may know of.
pub(super) fn visible(cases: &Cases, officer: &Officer) -> Select<case_paper::Entity> {
    let theirs = Query::select()
        .column(case_file::Column::Id)
        .from(case_file::Entity)
        .cond_where(officer.scope(&cases.units))
        .to_owned();
    let query = case_paper::Entity::find().filter(case_paper::Column::CaseId.in_subquery(theirs));
    if officer.has(Part::Propaganda) || officer.has(Part::Supervision) {
        return query;
    }
    // A unit learns of a paper when it is signed, and only of those to itself; leaders read all signed ones.
    let mut any = Condition::any();
    for seat in &officer.seats {
        any = match seat.part {
            Part::Liaison | Part::Head => any.add(case_paper::Column::Unit.eq(&seat.unit)),
            Part::Leader | Part::Moderator => any.add(case_paper::Column::Number.is_not_null()),
            _ => any,
        };
    }
    if any.is_empty() {
        any = any.add(case_paper::Column::Level.lt(0));
    }
    query.filter(case_paper::Column::Number.is_not_null()).filter(any)
}

/// Papers in `state`, or all; the newest first.
pub async fn list(
    cases: &Cases,
    officer: &Officer,
    state: Option<PaperState>,
    page: u64,
) -> Result<(Vec<Shown>, u64), WriteError> {
    let db = cases.store.db.read();
    let mut query = visible(cases, officer);
    if let Some(state) = state {
        query = query.filter(case_paper::Column::State.eq(state.word()));
    }
    let count = query.clone().count(db).await?;
    let papers = query
        .order_by_desc(case_paper::Column::DraftedAt)
        .order_by_desc(case_paper::Column::Id)
        .offset(page * PAGE)
        .limit(PAGE)
        .all(db)
        .await?;
    Ok((shown(cases, papers).await?, count))
}

/// Drafts that wait for a decision of `officer`.
pub async fn waiting(cases: &Cases, officer: &Officer) -> Result<u64, WriteError> {
    let mut levels = Vec::new();
    if officer.has(Part::Propaganda) {
        levels.push(super::NOTICE);
    }
    if officer.has(Part::Supervision) {
        levels.push(super::SUPERVISION);
    }
    let query = visible(cases, officer)
        .filter(case_paper::Column::State.eq(PaperState::Draft.word()))
        .filter(case_paper::Column::Level.is_in(levels));
    Ok(query.count(cases.store.db.read()).await?)
}

/// Papers that wait for a reply of a unit of `officer`.
pub async fn unanswered(cases: &Cases, officer: &Officer) -> Result<u64, WriteError> {
    let units = officer.seats.iter().filter(|seat| seat.part.of_unit()).map(|seat| seat.unit.as_str());
    let query = visible(cases, officer)
        .filter(case_paper::Column::State.eq(PaperState::Signed.word()))
        .filter(case_paper::Column::RepliedAt.is_null())
        .filter(case_paper::Column::Unit.is_in(units));
    Ok(query.count(cases.store.db.read()).await?)
}

/// One paper; `None` where it is not theirs to know about.
pub async fn find(cases: &Cases, officer: &Officer, id: Uuid) -> Result<Option<Shown>, WriteError> {
    let paper =
        visible(cases, officer).filter(case_paper::Column::Id.eq(id)).all(cases.store.db.read()).await?;
    Ok(shown(cases, paper).await?.pop())
}

/// The papers of one case that `officer` may know of.
pub async fn of_case(cases: &Cases, officer: &Officer, case: Uuid) -> Result<Vec<Shown>, WriteError> {
    let papers = visible(cases, officer)
        .filter(case_paper::Column::CaseId.eq(case))
        .order_by_asc(case_paper::Column::DraftedAt)
        .all(cases.store.db.read())
        .await?;
    shown(cases, papers).await
}

/// The unit's reply, where there is one.
pub async fn reply(cases: &Cases, paper: &case_paper::Model) -> Result<Option<String>, WriteError> {
    let Some(id) = paper.reply_text else { return Ok(None) };
    Ok(text::read(cases.store.db.read(), &cases.store.keys, id).await?.map(|read| read.text))
}

pub(super) async fn shown(cases: &Cases, papers: Vec<case_paper::Model>) -> Result<Vec<Shown>, WriteError> {
    let ids = papers.iter().map(|paper| paper.case_id);
    let files =
        case_file::Entity::find().filter(case_file::Column::Id.is_in(ids)).all(cases.store.db.read()).await?;
    let mut all = Vec::new();
    for paper in papers {
        if let Some(file) = files.iter().find(|file| file.id == paper.case_id) {
            all.push(Shown { content: draft::open(cases, &paper)?, file: file.clone(), paper });
        }
    }
    Ok(all)
}
