//! The report of a published result, as files that can be filed and verified.

pub mod content;
mod docx;
mod pdf;

use bytes::Bytes;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use self::content::Report;
use super::model::{State, ballot_file, ballot_revision, ballot_round};
use super::publish::revisions;
use super::refusal::BallotRefusal;
use super::round::in_meeting;
use super::sheet::{filed, sheet};
use crate::base::Base;
use crate::base::error::Coded;
use crate::base::files::FilesError;
use crate::base::pdf::Face;
use crate::base::words::words;
use crate::meeting::attendance::presence;
use crate::people::audit;

words! {
    /// A form of a report.
    Form {
        Docx = "docx", "Word";
        Pdf = "pdf", "PDF";
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error(transparent)]
    Refused(#[from] BallotRefusal),
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error("not published")]
    NotPublished,
    #[error("no such file of this round")]
    NoFile,
    #[error("no Chinese face to draw a PDF with")]
    NoFace,
    #[error("the report cannot be written: {0}")]
    Broken(String),
}

impl Coded for ReportError {
    fn code(&self) -> &'static str {
        match self {
            ReportError::Refused(refusal) => refusal.code(),
            ReportError::Database(_) => "unavailable",
            ReportError::Files(error) => error.code(),
            ReportError::NotPublished => "result_not_published",
            ReportError::NoFile => "file_missing",
            ReportError::NoFace => "report_pdf_missing",
            ReportError::Broken(_) => "internal",
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            ReportError::Refused(refusal) => refusal.details(),
            _ => Vec::new(),
        }
    }
}

/// A file for somebody to save.
pub struct File {
    pub name: String,
    pub content_type: &'static str,
    pub bytes: Bytes,
}

impl Form {
    fn content_type(self) -> &'static str {
        match self {
            Form::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Form::Pdf => "application/pdf",
        }
    }

    fn file_name(self, title: &str, round: &ballot_round::Model, revision: i32) -> String {
        format!("表决报告-{title}-第{}项-第{revision}版.{}", round.number, self.word())
    }
}

/// Makes `form` of the newest published revision of a round; the file is kept, and can be verified from then on. Made
/// again it is the same file.
pub async fn export(
    base: &Base,
    meeting: Uuid,
    id: Uuid,
    form: Form,
    actor: &str,
) -> Result<File, ReportError> {
    let round = in_meeting(base, meeting, id).await?;
    if round.state() != State::Published {
        return Err(ReportError::NotPublished);
    }
    let sheet = sheet(base, id).await?;
    let revision = sheet.revisions.last().cloned().ok_or(ReportError::NotPublished)?;
    let report = Report::of(base, &sheet, &revision).await?;
    let name = form.file_name(&report.title, &round, revision.number);
    // Hundreds of names take their time; other requests go on.
    let written = tokio::task::spawn_blocking(move || match form {
        Form::Docx => docx::write(&report).map_err(|error| ReportError::Broken(error.to_string())),
        Form::Pdf => Ok(pdf::write(&report, &Face::find().ok_or(ReportError::NoFace)?)),
    });
    let bytes: Bytes = written.await.map_err(|error| ReportError::Broken(error.to_string()))??.into();
    let hash = hex::encode(Sha256::digest(&bytes));
    // Stored before the row that speaks of it.
    base.files.put(&key(&hash), bytes.clone()).await?;
    filed(base, revision.id, &hash, form.word()).await?;
    let tx = base.db.write().await?;
    let detail = format!("{} {} 第 {} 版", round.number, form.zh(), revision.number);
    audit::write(base, &tx, actor, "ballot.report", &meeting.to_string(), &detail).await?;
    tx.commit().await?;
    Ok(File { name, content_type: form.content_type(), bytes })
}

/// A file that was made before, as it was.
pub async fn kept(base: &Base, meeting: Uuid, id: Uuid, hash: &str) -> Result<File, ReportError> {
    let round = in_meeting(base, meeting, id).await?;
    let file = ballot_file::Entity::find_by_id(hash).one(base.db.read()).await?.ok_or(ReportError::NoFile)?;
    let all = revisions(base.db.read(), id).await?;
    let revision = all.into_iter().find(|one| one.id == file.revision_id).ok_or(ReportError::NoFile)?;
    let form = Form::parse(&file.form).ok_or(ReportError::NoFile)?;
    let named = presence::find(base.db.read(), meeting).await?.ok_or(BallotRefusal::NoMeeting)?;
    let bytes = base.files.get(&key(&file.hash)).await?;
    let name = form.file_name(&named.title, &round, revision.number);
    Ok(File { name, content_type: form.content_type(), bytes })
}

/// A published revision with the files that were made of it.
pub struct Listed {
    pub revision: ballot_revision::Model,
    pub files: Vec<ballot_file::Model>,
}

/// The published revisions of a round, the newest first.
pub async fn list(base: &Base, id: Uuid) -> Result<Vec<Listed>, BallotRefusal> {
    let db = base.db.read();
    let mut listed = Vec::new();
    for revision in revisions(db, id).await?.into_iter().rev() {
        let of_revision = ballot_file::Column::RevisionId.eq(revision.id);
        let files = ballot_file::Entity::find().filter(of_revision).all(db).await?;
        listed.push(Listed { revision, files });
    }
    Ok(listed)
}

/// Whether this machine can make PDFs.
pub async fn makes_pdf() -> bool {
    tokio::task::spawn_blocking(|| Face::find().is_some()).await.unwrap_or(false)
}

fn key(hash: &str) -> String {
    format!("ballots/{hash}")
}
