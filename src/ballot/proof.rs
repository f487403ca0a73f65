//! Whether a report of a vote that somebody holds is one of ours, and the newest.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::model::{RevisionState, ballot_file, ballot_revision, ballot_round};
use crate::base::Base;
use crate::base::clock::Instant;

/// What is told of a report of ours: to everybody, so it is little.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The question that was decided.
    pub question: String,
    pub round: i32,
    pub revision: i32,
    pub at: Instant,
    /// There is a newer revision.
    pub superseded: bool,
}

/// The revision that carries this digest: 32 hexadecimal digits in small letters.
pub async fn of_digest(base: &Base, digest: &str) -> Result<Option<Proof>, DbErr> {
    let revision = ballot_revision::Entity::find()
        .filter(ballot_revision::Column::Digest.eq(digest))
        .one(base.db.read())
        .await?;
    proof(base, revision).await
}

/// The revision of which the bytes with this SHA-256 are a file, unchanged.
pub async fn of_file(base: &Base, hash: &str) -> Result<Option<Proof>, DbErr> {
    let Some(file) = ballot_file::Entity::find_by_id(hash).one(base.db.read()).await? else {
        return Ok(None);
    };
    let revision = ballot_revision::Entity::find_by_id(file.revision_id).one(base.db.read()).await?;
    proof(base, revision).await
}

async fn proof(base: &Base, revision: Option<ballot_revision::Model>) -> Result<Option<Proof>, DbErr> {
    let Some(revision) = revision else { return Ok(None) };
    let round = ballot_round::Entity::find_by_id(revision.round_id).one(base.db.read()).await?;
    Ok(round.map(|round| Proof {
        question: round.question,
        round: round.number,
        revision: revision.number,
        at: revision.at,
        superseded: revision.state != RevisionState::Valid.word(),
    }))
}
