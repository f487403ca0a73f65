//! The way in: a feature places a message in its own transaction, and what commits will be sent.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::model::{Medium, State, message};
use super::{NUMBER_PLACE, WORDS_PLACE, send};
use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::privacy::{KeyError, random_code};
use crate::people::phone::Phone;

/// Letters of a reference: 31 to the 12th, and short enough for every provider.
const REFERENCE: usize = 12;

/// What is to be said to whom.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Names the act: the same key is the same message, whatever else is different.
    pub key: String,
    /// The [`Purpose`](super::Purpose)'s name.
    pub purpose: &'static str,
    pub medium: Medium,
    pub number: Phone,
    /// Names of the purpose's words and their values. No addresses of pages: carriers refuse them in values.
    pub words: Vec<(&'static str, String)>,
    /// Not handed over before this; `None`: at once.
    pub not_before: Option<Instant>,
    /// Not handed over after this: then it failed with [`Why::TooLate`](super::Why).
    pub not_after: Option<Instant>,
    /// A call that rings in the quiet hours, too.
    pub urgent: bool,
}

/// A message as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    pub id: Uuid,
    /// `false`: the key was placed before.
    pub new: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("words that cannot be written: {0}")]
    Words(#[from] serde_json::Error),
}

/// Puts `outgoing` and its job into the transaction; call [`wake`](crate::jobs::wake) after the commit.
pub async fn place(base: &Base, tx: &DatabaseTransaction, outgoing: &Outgoing) -> Result<Placed, PlaceError> {
    let now = base.clock.now();
    let words = serde_json::to_string(&outgoing.words)?;
    let id = Uuid::now_v7();
    let row = message::ActiveModel {
        id: Set(id),
        reference: Set(random_code(REFERENCE)),
        key: Set(outgoing.key.clone()),
        purpose: Set(outgoing.purpose.to_string()),
        medium: Set(outgoing.medium.word().to_string()),
        number_sealed: Set(outgoing.number.seal(&base.keys, NUMBER_PLACE)?),
        number_hash: Set(outgoing.number.hash(&base.keys)),
        words_sealed: Set(base.keys.seal(WORDS_PLACE, &words)?),
        urgent: Set(outgoing.urgent),
        state: Set(State::Waiting.word().to_string()),
        provider: Set(None),
        provider_id: Set(None),
        refused_by: Set(String::new()),
        reason: Set(None),
        tries: Set(0),
        not_after: Set(outgoing.not_after),
        claimed_at: Set(None),
        accepted_at: Set(None),
        updated_at: Set(now),
        created_at: Set(now),
    };
    let unless_placed = OnConflict::column(message::Column::Key).do_nothing().to_owned();
    let new = message::Entity::insert(row).on_conflict(unless_placed).exec_without_returning(tx).await? > 0;
    if new {
        let at = outgoing.not_before.map_or(now, |at| at.max(now));
        send::enqueue(base, tx, id, 0, at).await?;
        return Ok(Placed { id, new });
    }
    let known = message::Entity::find().filter(message::Column::Key.eq(&outgoing.key)).one(tx).await?;
    let known = known.ok_or_else(|| DbErr::RecordNotFound("message just placed".to_string()))?;
    Ok(Placed { id: known.id, new })
}

/// Takes back what no provider was asked to carry yet; `false`: too late, or it ended before.
pub async fn cancel(base: &Base, tx: &DatabaseTransaction, id: Uuid) -> Result<bool, DbErr> {
    let done = message::Entity::update_many()
        .col_expr(message::Column::State, State::Cancelled.word().into())
        .col_expr(message::Column::UpdatedAt, base.clock.now().into())
        .filter(message::Column::Id.eq(id))
        .filter(message::Column::State.eq(State::Waiting.word()))
        .exec(tx)
        .await?;
    Ok(done.rows_affected > 0)
}

/// The words of a message as they were placed; empty where there is none, or where they were forgotten.
pub async fn words(base: &Base, id: Uuid) -> Result<Vec<(String, String)>, PlaceError> {
    let found = message::Entity::find_by_id(id).one(base.db.read()).await?;
    match found.filter(|row| !row.words_sealed.is_empty()) {
        Some(row) => Ok(serde_json::from_str(&base.keys.open(WORDS_PLACE, &row.words_sealed)?)?),
        None => Ok(Vec::new()),
    }
}

/// How far a message is, for a feature's own pages; `None`: there is none.
pub async fn state(base: &Base, id: Uuid) -> Result<Option<State>, DbErr> {
    let found = message::Entity::find_by_id(id).one(base.db.read()).await?;
    Ok(found.and_then(|row| State::parse(&row.state)))
}
