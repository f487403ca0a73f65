//! Searching public cases: pairs of signs find candidates, the rarest pair first; then the words must stand in the text.
//! The rule is [`base::search`](crate::base::search)'s, the same for every database.

use sea_orm::sea_query::{Alias, Expr, ExprTrait, LikeExpr, Query as Statement, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, JoinType, QueryFilter, QueryOrder,
    QuerySelect, RelationDef, Select,
};

use super::Cases;
use super::model::{State, case_file, case_gram, case_search};
use crate::base::db::{count_up_to, whole};
use crate::base::search::{self, Query};

/// Rows of a page.
pub const PAGE: u64 = 20;
/// How far a pair's cases are counted to find the rarest.
const COUNTED: u64 = 2000;
/// Pairs that are compared for that; all of them must match.
const COMPARED: usize = 8;
/// Rows of one statement: databases limit its values.
const CHUNK: usize = 400;

/// What somebody wants to see of what is public.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub query: Option<Query>,
    /// Code of the lead unit; empty: of all.
    pub unit: String,
    pub category: String,
    /// Only what is (`false`) or is not (`true`) over.
    pub open: Option<bool>,
    /// Older than the case of this number.
    pub before: Option<i64>,
}

/// A page of cases, the newest number first, and whether there are older ones.
pub async fn public(cases: &Cases, wanted: &Wanted) -> Result<(Vec<case_file::Model>, bool), DbErr> {
    let db = cases.store.db.read();
    let mut found = case_file::Entity::find().filter(case_file::Column::PublishedAt.is_not_null());
    if !wanted.unit.is_empty() {
        found = found.filter(case_file::Column::LeadUnit.eq(&wanted.unit));
    }
    if !wanted.category.is_empty() {
        found = found.filter(case_file::Column::Category.eq(&wanted.category));
    }
    if let Some(open) = wanted.open {
        let states = State::ALL.into_iter().filter(|state| state.is_open() == open);
        found = found.filter(case_file::Column::State.is_in(states.map(State::word)));
    }
    if let Some(before) = wanted.before {
        found = found.filter(case_file::Column::PublicNo.lt(before));
    }
    found = match &wanted.query {
        None => found.order_by_desc(case_file::Column::PublicNo),
        Some(query) => match narrowed(cases, found, query, wanted.before).await? {
            Some(found) => found,
            None => return Ok((Vec::new(), false)),
        },
    };
    let mut rows = found.limit(PAGE + 1).all(db).await?;
    let more = rows.len() as u64 > PAGE;
    rows.truncate(PAGE as usize);
    Ok((rows, more))
}

/// Those of `found` whose public words match `query`, the highest number first; `None`: one of its pairs no case has.
pub(super) async fn narrowed(
    cases: &Cases,
    found: Select<case_file::Entity>,
    query: &Query,
    before: Option<i64>,
) -> Result<Option<Select<case_file::Entity>>, DbErr> {
    let Some((rarest, others)) = by_rarity(cases, query).await? else { return Ok(None) };
    let mut grams = Condition::all().add(case_gram::Column::Gram.eq(&rarest));
    if let Some(before) = before {
        grams = grams.add(case_gram::Column::No.lt(before));
    }
    for other in &others {
        grams = grams.add(Expr::exists(with(other)));
    }
    for term in query.terms() {
        // Letters and digits only: nothing in them to escape.
        grams = grams.add(
            Expr::col((case_search::Entity, case_search::Column::Folded))
                .like(LikeExpr::new(format!("%{term}%"))),
        );
    }
    let found = found
        .join(JoinType::InnerJoin, gram_of_case())
        .join(JoinType::InnerJoin, text_of_case())
        .filter(grams)
        .order_by_desc(case_gram::Column::No);
    Ok(Some(found))
}

fn gram_of_case() -> RelationDef {
    case_file::Entity::belongs_to(case_gram::Entity)
        .from(case_file::Column::PublicNo)
        .to(case_gram::Column::No)
        .into()
}

fn text_of_case() -> RelationDef {
    case_file::Entity::belongs_to(case_search::Entity)
        .from(case_file::Column::PublicNo)
        .to(case_search::Column::No)
        .into()
}

/// The case of the row has `gram`, too.
fn with(gram: &str) -> SelectStatement {
    let other = Alias::new("other");
    Statement::select()
        .expr(Expr::val(1))
        .from_as(case_gram::Entity, other.clone())
        .and_where(Expr::col((other.clone(), case_gram::Column::Gram)).eq(gram))
        .and_where(
            Expr::col((other, case_gram::Column::No)).equals((case_gram::Entity, case_gram::Column::No)),
        )
        .to_owned()
}

/// The pair that the fewest cases have, and the others; `None`: one of them no case has.
async fn by_rarity(cases: &Cases, query: &Query) -> Result<Option<(String, Vec<String>)>, DbErr> {
    let mut grams: Vec<String> = query.grams().iter().cloned().collect();
    if grams.len() == 1 {
        return Ok(grams.pop().map(|only| (only, grams)));
    }
    let mut rarest = (u64::MAX, 0);
    for (at, gram) in grams.iter().enumerate().take(COMPARED) {
        let all = case_gram::Entity::find().filter(case_gram::Column::Gram.eq(gram));
        let count = count_up_to(cases.store.db.read(), all, COUNTED).await?;
        if count == 0 {
            return Ok(None);
        }
        rarest = rarest.min((count, at));
    }
    let first = grams.swap_remove(rarest.1);
    Ok(Some((first, grams)))
}

/// What everybody can read of a case, and so can search.
fn words(file: &case_file::Model) -> String {
    [&file.public_title, &file.public_body, &file.public_answer, &file.place].map(String::as_str).join("\n")
}

/// Brings the table in line with what is public of `file`, in the transaction that changes it.
pub(super) async fn index(tx: &DatabaseTransaction, file: &case_file::Model) -> Result<(), DbErr> {
    let no = file.public_no;
    case_gram::Entity::delete_many().filter(case_gram::Column::No.eq(no)).exec(tx).await?;
    case_search::Entity::delete_by_id(no).exec(tx).await?;
    if file.published_at.is_none() {
        return Ok(());
    }
    let words = words(file);
    let row = case_search::Model { no, folded: search::fold(&words) };
    case_search::Entity::insert(whole::<case_search::ActiveModel>(row)).exec_without_returning(tx).await?;
    let grams: Vec<String> = search::grams(&words).into_iter().collect();
    for chunk in grams.chunks(CHUNK) {
        let rows = chunk
            .iter()
            .map(|gram| whole::<case_gram::ActiveModel>(case_gram::Model { gram: gram.clone(), no }));
        case_gram::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}
