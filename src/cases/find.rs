//! Searching at the desk, among the cases that an officer may know of and no others.
//!
//! Numbers and what is public are found by their tables. What is not public is sealed, and stays so at rest: its titles
//! and texts are opened and read here, newest first and [`OPENED`] at a time, so that a search never leaves words of
//! citizens in an index. A page may thus end early; the next one goes on where it stopped, and nothing is left out.

use chrono::{Days, NaiveDate, NaiveTime};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::Cases;
use super::access::Officer;
use super::list::{self, Row};
use super::model::{State, Track, case_file, case_text};
use super::search;
use super::text::{self, TextError};
use crate::base::clock::from_shanghai;
use crate::base::search::Query;

/// Rows of a page.
pub const PAGE: u64 = 50;
/// Sealed texts that one page opens at most: a few milliseconds.
pub const OPENED: u64 = 400;

/// What an officer looks for; what is empty asks nothing.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// A number, or words.
    pub words: String,
    /// Code of the lead unit.
    pub unit: String,
    pub category: String,
    pub state: Option<State>,
    pub track: Option<Track>,
    /// Days of Beijing on which a case was filed, both included.
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    /// Only what somebody in office should have done by now.
    pub overdue: bool,
    /// Public numbers below this one.
    pub before: Option<i64>,
}

/// A page of results, the highest number first.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub rows: Vec<Row>,
    /// How many there are in all; absent where words were asked for.
    pub count: Option<u64>,
    /// Where the next page goes on.
    pub next: Option<i64>,
}

/// What `officer` may find of `wanted`.
pub async fn find(cases: &Cases, officer: &Officer, wanted: &Wanted) -> Result<Found, TextError> {
    let words = wanted.words.trim();
    let narrow = filtered(cases, officer, wanted);
    if words.is_empty() {
        let count = narrow.clone().count(cases.store.db.read()).await?;
        let (files, next) = page(cases, narrow, wanted.before).await?;
        return Ok(Found { rows: list::titled(cases, files).await?, count: Some(count), next });
    }
    if let Some(number) = numbered(words) {
        let (files, next) = page(cases, narrow.filter(number), wanted.before).await?;
        if !files.is_empty() {
            return Ok(Found { rows: list::titled(cases, files).await?, count: None, next });
        }
    }
    match Query::new(words) {
        Some(query) => by_words(cases, filtered(cases, officer, wanted), &query, wanted.before).await,
        None => Ok(Found::default()),
    }
}

fn filtered(cases: &Cases, officer: &Officer, wanted: &Wanted) -> Select<case_file::Entity> {
    use case_file::Column;
    let mut all = Condition::all().add(officer.scope(&cases.units));
    let midnight = |day: NaiveDate| from_shanghai(day.and_time(NaiveTime::MIN));
    for (column, asked) in [(Column::LeadUnit, &wanted.unit), (Column::Category, &wanted.category)] {
        if !asked.is_empty() {
            all = all.add(column.eq(asked));
        }
    }
    if let Some(state) = wanted.state {
        all = all.add(Column::State.eq(state.word()));
    }
    if let Some(track) = wanted.track {
        all = all.add(Column::Track.eq(track.word()));
    }
    if let Some(from) = wanted.from {
        all = all.add(Column::CreatedAt.gte(midnight(from)));
    }
    if let Some(after) = wanted.to.and_then(|to| to.checked_add_days(Days::new(1))) {
        all = all.add(Column::CreatedAt.lt(midnight(after)));
    }
    if wanted.overdue {
        all = all.add(Column::NextDueAt.lte(cases.store.clock.now()));
    }
    case_file::Entity::find().filter(all)
}

/// The case of this number: its own, or the one that it got as a petition. Old systems' numbers went on in ours.
fn numbered(words: &str) -> Option<Condition> {
    use case_file::Column;
    let word = words.to_ascii_uppercase();
    if word.starts_with("XF") {
        return Some(Condition::all().add(Column::PetitionNo.eq(word)));
    }
    word.parse::<i64>().ok().map(|number| Condition::all().add(Column::PublicNo.eq(number)))
}

/// Those below `before`, and where the page after begins.
async fn page(
    cases: &Cases,
    found: Select<case_file::Entity>,
    before: Option<i64>,
) -> Result<(Vec<case_file::Model>, Option<i64>), TextError> {
    let found = match before {
        Some(before) => found.filter(case_file::Column::PublicNo.lt(before)),
        None => found,
    };
    let mut files =
        found.order_by_desc(case_file::Column::PublicNo).limit(PAGE + 1).all(cases.store.db.read()).await?;
    let next = cut(&mut files);
    Ok((files, next))
}

/// Leaves one page of `files`; the number before which the next begins, where there were more.
fn cut(files: &mut Vec<case_file::Model>) -> Option<i64> {
    let more = files.len() as u64 > PAGE;
    files.truncate(PAGE as usize);
    files.last().filter(|_| more).map(|file| file.public_no)
}

async fn by_words(
    cases: &Cases,
    found: Select<case_file::Entity>,
    query: &Query,
    before: Option<i64>,
) -> Result<Found, TextError> {
    use case_file::Column;
    let db = cases.store.db.read();
    let public = found.clone().filter(Column::PublishedAt.is_not_null());
    let mut files = match search::narrowed(cases, public, query, before).await? {
        Some(public) => public.limit(PAGE + 1).all(db).await?,
        None => Vec::new(),
    };
    let mut sealed = found.filter(Column::PublishedAt.is_null());
    if let Some(before) = before {
        sealed = sealed.filter(Column::PublicNo.lt(before));
    }
    let sealed = sealed.order_by_desc(Column::PublicNo).limit(OPENED).all(db).await?;
    // Below the last that was opened, what is public waits for the next page, too: the order holds across pages.
    let floor = sealed.last().filter(|_| sealed.len() as u64 == OPENED).map(|file| file.public_no);
    let texts = case_text::Entity::find()
        .filter(case_text::Column::Id.is_in(sealed.iter().map(|file| file.original_text)))
        .all(db)
        .await?;
    for file in sealed {
        let Some(row) = texts.iter().find(|text| text.id == file.original_text) else { continue };
        let words = cases.store.keys.open(text::PLACE, &row.sealed)?;
        if query.found_in(&format!("{words}\n{}", file.place)) {
            files.push(file);
        }
    }
    files.retain(|file| floor.is_none_or(|floor| file.public_no >= floor));
    files.sort_by_key(|file| std::cmp::Reverse(file.public_no));
    let next = cut(&mut files).or(floor);
    Ok(Found { rows: list::titled(cases, files).await?, count: None, next })
}
