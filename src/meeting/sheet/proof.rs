//! Whether a printed digest or a file is one of ours. Tells no more than which meeting, which revision, and when.

use async_trait::async_trait;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter};

use super::model::{sheet_file, sheet_revision};
use crate::base::Base;
use crate::meeting::model::meeting;
use crate::web::{Proof, Prover};

/// Answers for sheets.
pub struct Sheets;

#[async_trait]
impl Prover for Sheets {
    async fn of_digest(&self, base: &Base, digest: &str) -> Result<Option<Proof>, DbErr> {
        let revision = sheet_revision::Entity::find()
            .filter(sheet_revision::Column::Digest.eq(digest))
            .one(base.db.read())
            .await?;
        proof(base, revision).await
    }

    async fn of_file(&self, base: &Base, hash: &str) -> Result<Option<Proof>, DbErr> {
        let Some(file) = sheet_file::Entity::find_by_id(hash).one(base.db.read()).await? else {
            return Ok(None);
        };
        let revision = sheet_revision::Entity::find_by_id(file.revision_id).one(base.db.read()).await?;
        proof(base, revision).await
    }
}

async fn proof(base: &Base, revision: Option<sheet_revision::Model>) -> Result<Option<Proof>, DbErr> {
    let Some(revision) = revision else { return Ok(None) };
    let db = base.db.read();
    let Some(meeting) = meeting::Entity::find_by_id(revision.meeting_id).one(db).await? else {
        return Ok(None);
    };
    let newer = sheet_revision::Entity::find()
        .filter(sheet_revision::Column::MeetingId.eq(revision.meeting_id))
        .filter(sheet_revision::Column::Number.gt(revision.number))
        .count(db)
        .await?;
    let (number, at) = (revision.number, revision.created_at);
    Ok(Some(Proof { what: "签到表", title: meeting.title, number, at, superseded: newer > 0 }))
}
