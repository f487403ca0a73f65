//! Numbered revisions of a 签到表. What says the same is the same revision; each has a digest that is printed on it and
//! that anybody can have verified.

use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::SheetError;
use super::content::Content;
use super::model::{sheet_file, sheet_revision};
use super::xlsx::minute;
use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::db::whole;
use crate::meeting::model::meeting;
use crate::meeting::qr;

/// Readings of a sheet that people are just signing in to.
const TRIES: usize = 5;

/// What is printed on every sheet of a revision.
pub struct Printed {
    pub number: i32,
    pub code: String,
    pub at: Instant,
    /// Where it can be verified.
    pub link: String,
    /// The same as a picture.
    pub picture: Vec<u8>,
}

impl Printed {
    pub fn of(base: &Base, revision: &sheet_revision::Model) -> Result<Printed, SheetError> {
        let link = base.config.link(&format!("/verify?d={}", revision.digest));
        let picture = qr::png(&link, 240).map_err(|error| SheetError::Broken(error.to_string()))?;
        let code = revision.digest.clone();
        Ok(Printed { number: revision.number, code, at: revision.created_at, link, picture })
    }

    pub fn revision(&self) -> String {
        format!("第 {} 版", self.number)
    }

    /// In groups of four, for typing.
    pub fn digest(&self) -> String {
        grouped(&self.code)
    }

    pub fn made(&self) -> String {
        minute(self.at)
    }
}

/// `3f9a12bc…` as `3F9A 12BC …`.
pub fn grouped(digest: &str) -> String {
    let letters: Vec<char> = digest.to_uppercase().chars().collect();
    letters.chunks(4).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// The sheet of meeting `id` as it is now, and its revision: the newest one where nothing changed since, else a new
/// one.
pub async fn revise(
    base: &Base,
    id: Uuid,
    actor: &str,
) -> Result<(Content, sheet_revision::Model), SheetError> {
    for _ in 0..TRIES {
        let meeting = meeting::Entity::find_by_id(id).one(base.db.read()).await?;
        let meeting = meeting.ok_or(SheetError::NoMeeting)?;
        let content = Content::read(base, &meeting).await?;
        if let Some(revision) = number(base, &content, actor).await? {
            return Ok((content, revision));
        }
    }
    Err(SheetError::Busy)
}

/// `None` when somebody numbered a newer state meanwhile: a later number never says what was earlier.
async fn number(
    base: &Base,
    content: &Content,
    actor: &str,
) -> Result<Option<sheet_revision::Model>, SheetError> {
    let told = serde_json::to_vec(content).map_err(|error| SheetError::Broken(error.to_string()))?;
    let facts = hash(&told);
    let tx = base.db.write().await?;
    meeting::Entity::find_by_id(content.meeting)
        .lock_exclusive()
        .one(&tx)
        .await?
        .ok_or(SheetError::NoMeeting)?;
    let newest = sheet_revision::Entity::find()
        .filter(sheet_revision::Column::MeetingId.eq(content.meeting))
        .order_by_desc(sheet_revision::Column::Number)
        .one(&tx)
        .await?;
    let number = match newest {
        Some(newest) if newest.facts == facts => return Ok(Some(newest)),
        Some(newest) if newest.version > content.version => return Ok(None),
        Some(newest) => newest.number + 1,
        None => 1,
    };
    let at = base.clock.now();
    let all = format!("{} {number} {} {facts}", content.meeting, at.timestamp_millis());
    let mut digest = hash(all.as_bytes());
    digest.truncate(DIGITS);
    let revision = sheet_revision::Model {
        id: Uuid::now_v7(),
        meeting_id: content.meeting,
        number,
        digest,
        facts,
        version: content.version,
        created_by: actor.to_string(),
        created_at: at,
    };
    let row: sheet_revision::ActiveModel = whole(revision.clone());
    sheet_revision::Entity::insert(row).exec_without_returning(&tx).await?;
    tx.commit().await?;
    Ok(Some(revision))
}

/// Digits of a digest: 128 bits, and still typed in half a minute.
pub const DIGITS: usize = 32;

/// SHA-256 in hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Notes that the bytes with `hash` are a sheet of `revision`.
pub async fn note_file(
    base: &Base,
    tx: &impl sea_orm::ConnectionTrait,
    revision: Uuid,
    hash: &str,
    form: &str,
) -> Result<(), DbErr> {
    let row = sheet_file::ActiveModel {
        hash: Set(hash.to_string()),
        revision_id: Set(revision),
        form: Set(form.to_string()),
        created_at: Set(base.clock.now()),
    };
    let known = sea_orm::sea_query::OnConflict::column(sheet_file::Column::Hash).do_nothing().to_owned();
    sheet_file::Entity::insert(row).on_conflict(known).exec_without_returning(tx).await.map(|_| ())
}

/// A revision with the files that were made of it.
pub struct Listed {
    pub revision: sheet_revision::Model,
    pub files: Vec<sheet_file::Model>,
}

/// The newest revisions of a meeting, newest first.
pub async fn list(base: &Base, meeting: Uuid) -> Result<Vec<Listed>, DbErr> {
    const SHOWN: u64 = 50;
    let db = base.db.read();
    let revisions = sheet_revision::Entity::find()
        .filter(sheet_revision::Column::MeetingId.eq(meeting))
        .order_by_desc(sheet_revision::Column::Number)
        .limit(SHOWN)
        .all(db)
        .await?;
    let mut files = sheet_file::Entity::find()
        .filter(sheet_file::Column::RevisionId.is_in(revisions.iter().map(|revision| revision.id)))
        .order_by_asc(sheet_file::Column::CreatedAt)
        .all(db)
        .await?;
    Ok(revisions
        .into_iter()
        .map(|revision| Listed {
            files: files.extract_if(.., |file| file.revision_id == revision.id).collect(),
            revision,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_printed_in_groups_of_four() {
        assert_eq!(grouped("3f9a12bc"), "3F9A 12BC");
    }
}
