//! Whether a report of a vote that somebody holds is one of ours, and the newest. Told to everybody, so it is little.

use async_trait::async_trait;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::model::{RevisionState, ballot_file, ballot_revision, ballot_round};
use crate::base::Base;
use crate::meeting::attendance::presence;
use crate::web::{Proof, Prover};

/// Answers for reports of votes.
pub struct Reports;

#[async_trait]
impl Prover for Reports {
    async fn of_digest(&self, base: &Base, digest: &str) -> Result<Option<Proof>, DbErr> {
        let revision = ballot_revision::Entity::find()
            .filter(ballot_revision::Column::Digest.eq(digest))
            .one(base.db.read())
            .await?;
        proof(base, revision).await
    }

    async fn of_file(&self, base: &Base, hash: &str) -> Result<Option<Proof>, DbErr> {
        let Some(file) = ballot_file::Entity::find_by_id(hash).one(base.db.read()).await? else {
            return Ok(None);
        };
        let revision = ballot_revision::Entity::find_by_id(file.revision_id).one(base.db.read()).await?;
        proof(base, revision).await
    }
}

async fn proof(base: &Base, revision: Option<ballot_revision::Model>) -> Result<Option<Proof>, DbErr> {
    let Some(revision) = revision else { return Ok(None) };
    let db = base.db.read();
    let Some(round) = ballot_round::Entity::find_by_id(revision.round_id).one(db).await? else {
        return Ok(None);
    };
    let Some(meeting) = presence::find(db, round.meeting_id).await? else { return Ok(None) };
    Ok(Some(Proof {
        what: "表决报告",
        title: format!("{} 第 {} 项表决", meeting.title, round.number),
        number: revision.number,
        at: revision.at,
        superseded: revision.state != RevisionState::Valid.word(),
    }))
}
