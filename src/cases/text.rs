//! Texts of a case: sealed in a table of their own, so that the log names them and never holds them, and so that what
//! must not be read any more can go.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::model::{TextKind, case_text};
use crate::base::clock::Instant;
use crate::base::db::whole;
use crate::base::privacy::{KeyError, Keys};

pub const PLACE: &str = "case_text.text";

#[derive(Debug, thiserror::Error)]
pub enum TextError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl crate::base::error::Coded for TextError {
    fn code(&self) -> &'static str {
        match self {
            TextError::Key(_) => "internal",
            TextError::Database(_) => "unavailable",
        }
    }
}

/// A text as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    pub id: Uuid,
    pub kind: TextKind,
    pub text: String,
    pub at: Instant,
}

/// Keeps `text` and says under which id.
pub async fn keep(
    db: &impl ConnectionTrait,
    keys: &Keys,
    case: Uuid,
    kind: TextKind,
    text: &str,
    at: Instant,
) -> Result<Uuid, TextError> {
    let id = Uuid::now_v7();
    let sealed = keys.seal(PLACE, text)?;
    let row = case_text::Model { id, case_id: case, kind: kind.word().to_string(), sealed, at };
    case_text::Entity::insert(whole::<case_text::ActiveModel>(row)).exec_without_returning(db).await?;
    Ok(id)
}

/// One text; `None` where it was removed.
pub async fn read(db: &impl ConnectionTrait, keys: &Keys, id: Uuid) -> Result<Option<Read>, TextError> {
    let row = case_text::Entity::find_by_id(id).one(db).await?;
    row.map(|row| open(keys, row)).transpose()
}

/// All texts of a case, in the order in which they came.
pub async fn all(db: &impl ConnectionTrait, keys: &Keys, case: Uuid) -> Result<Vec<Read>, TextError> {
    let rows = case_text::Entity::find()
        .filter(case_text::Column::CaseId.eq(case))
        .order_by_asc(case_text::Column::At)
        .order_by_asc(case_text::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(|row| open(keys, row)).collect()
}

fn open(keys: &Keys, row: case_text::Model) -> Result<Read, TextError> {
    let kind = TextKind::parse(&row.kind).unwrap_or(TextKind::Note);
    Ok(Read { id: row.id, kind, text: keys.open(PLACE, &row.sealed)?, at: row.at })
}

/// Removes the public texts of `case`: what was cut out must not stand in its history.
pub async fn remove_public(db: &impl ConnectionTrait, case: Uuid) -> Result<(), DbErr> {
    let gone = case_text::Entity::delete_many()
        .filter(case_text::Column::CaseId.eq(case))
        .filter(case_text::Column::Kind.eq(TextKind::Public.word()));
    gone.exec(db).await.map(|_| ())
}

/// Title and body, as `original` texts keep both.
pub fn join(title: &str, body: &str) -> String {
    format!("{title}\n{body}")
}

/// The other way round.
pub fn split(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}
