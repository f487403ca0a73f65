//! A case by its number and query code, for who has neither WeChat nor an account.

use std::time::Duration;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::Cases;
use super::model::case_file;
use super::number::{CaseNumber, QueryCode};
use crate::base::error::Coded;

/// Wrong codes before a case has to wait.
const TRIES: i64 = 5;
/// Tries from one network: many people may share one.
const FROM: i64 = 60;
const WAIT: Duration = Duration::from_secs(15 * 60);

#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The number, the code, or both: nobody learns which.
    #[error("wrong number or code")]
    Wrong,
    #[error("too many wrong codes")]
    Locked,
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for QueryError {
    fn code(&self) -> &'static str {
        match self {
            QueryError::Wrong => "case_code_wrong",
            QueryError::Locked => "case_code_locked",
            QueryError::Database(_) => "unavailable",
        }
    }
}

/// The case of `number`, if `code` is its code. `network` is where the question came from.
pub async fn open(
    cases: &Cases,
    number: &str,
    code: &str,
    network: &str,
) -> Result<case_file::Model, QueryError> {
    // As people type it; what is no number at all is wrong like any other.
    let number = CaseNumber::parse(number).map_or_else(String::new, |number| number.to_string());
    let own = format!("case-code:{number}");
    // Every try counts until the right one: two at once cannot both be the fifth.
    let tries = cases.base.cache.increment(&own, WAIT).await;
    let from = cases.base.cache.increment(&format!("case-code-from:{network}"), WAIT).await;
    if tries > TRIES || from > FROM {
        return Err(QueryError::Locked);
    }
    let found = match QueryCode::parse(code) {
        Some(code) => {
            case_file::Entity::find()
                .filter(case_file::Column::QueryHash.is_in(code.hashes(&cases.store.keys)))
                .one(cases.store.db.read())
                .await?
        }
        None => None,
    };
    let mine = |file: &case_file::Model| file.number() == number || file.public_no.to_string() == number;
    let file = found.filter(mine).ok_or(QueryError::Wrong)?;
    cases.base.cache.delete(&own).await;
    Ok(file)
}
