//! Whether a printed digest or a file is one of ours. Tells no more than which meeting, which revision, and when.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter};
use unicode_normalization::UnicodeNormalization;

use super::model::{sheet_file, sheet_revision};
use super::revision::DIGITS;
use crate::base::Base;
use crate::base::clock::Instant;
use crate::meeting::model::meeting;

/// A revision of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    pub title: String,
    pub number: i32,
    pub at: Instant,
    /// There is a newer revision.
    pub superseded: bool,
}

/// The digest in what somebody typed, pasted or scanned: blanks, dashes and full-width letters are as good as none,
/// and the whole address of the code will do. `None` when it cannot be one.
pub fn digest(typed: &str) -> Option<String> {
    let plain: String = typed.chars().take(500).collect::<String>().nfkc().collect();
    let plain = plain.rsplit_once("d=").map_or(plain.as_str(), |(_, rest)| rest);
    let digits: String = plain
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '-')
        .collect::<String>()
        .to_lowercase();
    let fits = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then_some(digits)
}

/// The revision that carries this digest; `None` when there is none.
pub async fn of_digest(base: &Base, typed: &str) -> Result<Option<Proof>, DbErr> {
    let Some(digest) = digest(typed) else { return Ok(None) };
    let revision = sheet_revision::Entity::find()
        .filter(sheet_revision::Column::Digest.eq(digest))
        .one(base.db.read())
        .await?;
    proof(base, revision).await
}

/// The revision of which the bytes with this hash are a file, unchanged.
pub async fn of_file(base: &Base, hash: &str) -> Result<Option<Proof>, DbErr> {
    let Some(file) = sheet_file::Entity::find_by_id(hash).one(base.db.read()).await? else { return Ok(None) };
    let revision = sheet_revision::Entity::find_by_id(file.revision_id).one(base.db.read()).await?;
    proof(base, revision).await
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
    Ok(Some(Proof { title: meeting.title, number, at, superseded: newer > 0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_understood_however_people_type_it() {
        let own = "3f9a12bc3f9a12bc3f9a12bc3f9a12bc";
        for typed in [
            own.to_string(),
            own.to_uppercase(),
            "3F9A 12BC 3F9A 12BC 3F9A-12BC 3F9A 12BC".to_string(),
            "３Ｆ９Ａ　12bc3f9a12bc3f9a12bc3f9a12bc".to_string(),
            format!("https://city.test/verify?d={own}"),
        ] {
            assert_eq!(digest(&typed).as_deref(), Some(own), "{typed}");
        }
        let endless = "3".repeat(1_000_000);
        for typed in ["", "3f9a", "' OR 1=1 --", "zf9a12bc3f9a12bc3f9a12bc3f9a12bc", endless.as_str()] {
            assert_eq!(digest(typed), None);
        }
    }
}
