//! The proof that rows and logs agree: every case is folded anew and compared.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::Cases;
use super::fold::fold;
use super::model::{case_clock, case_event, case_file};

const BATCH: u64 = 500;

/// What was compared, and what differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub cases: u64,
    pub events: u64,
    /// One line each: the number of the case, and what is wrong.
    pub differences: Vec<String>,
}

/// Folds every case; `tell` hears how many are done.
pub async fn verify(cases: &Cases, mut tell: impl FnMut(u64)) -> Result<Verdict, DbErr> {
    let mut verdict = Verdict::default();
    let mut last = Uuid::nil();
    loop {
        let files = case_file::Entity::find()
            .filter(case_file::Column::Id.gt(last))
            .order_by_asc(case_file::Column::Id)
            .limit(BATCH)
            .all(cases.store.db.read())
            .await?;
        let Some(end) = files.last().map(|file| file.id) else { return Ok(verdict) };
        compare(cases, files, &mut verdict).await?;
        tell(verdict.cases);
        last = end;
    }
}

async fn compare(cases: &Cases, files: Vec<case_file::Model>, verdict: &mut Verdict) -> Result<(), DbErr> {
    let db = cases.store.db.read();
    let ids: Vec<Uuid> = files.iter().map(|file| file.id).collect();
    let events = case_event::Entity::find()
        .filter(case_event::Column::CaseId.is_in(ids.clone()))
        .order_by_asc(case_event::Column::CaseId)
        .order_by_asc(case_event::Column::Version)
        .all(db)
        .await?;
    let clocks = case_clock::Entity::find().filter(case_clock::Column::CaseId.is_in(ids)).all(db).await?;
    for file in files {
        let own: Vec<_> = events.iter().filter(|event| event.case_id == file.id).cloned().collect();
        verdict.cases += 1;
        verdict.events += own.len() as u64;
        if let Some(problem) = difference(&file, &own, &clocks) {
            verdict.differences.push(format!("{}：{problem}", file.public_no));
        }
    }
    Ok(())
}

/// What differs between a row and what its log adds up to.
fn difference(
    file: &case_file::Model,
    events: &[case_event::Model],
    clocks: &[case_clock::Model],
) -> Option<String> {
    let mut folded = match fold(events) {
        Ok(folded) => folded,
        Err(error) => return Some(error.to_string()),
    };
    // The public words stand in the row alone, so that they can go for good; the log says whether there are any.
    let told = &mut folded.file;
    told.public_title.clone_from(&file.public_title);
    told.public_body.clone_from(&file.public_body);
    told.public_answer.clone_from(&file.public_answer);
    if told.published_at.is_none() {
        told.public_text = None;
        if !file.public_body.is_empty() {
            return Some("public words without an event that made them public".to_string());
        }
    }
    if folded.file != *file {
        return Some(format!("the row says {}, the log {}", file.state, folded.file.state));
    }
    let mut own: Vec<&case_clock::Model> = clocks.iter().filter(|clock| clock.case_id == file.id).collect();
    own.sort_by_key(|clock| clock.id);
    folded.clocks.sort_by_key(|clock| clock.id);
    (!own.into_iter().eq(folded.clocks.iter())).then(|| "clocks differ from the log".to_string())
}
