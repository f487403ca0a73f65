//! 签到表: who came and who did not, in the form that offices file, as numbered revisions that can be verified.

pub mod columns;
pub mod content;
mod log;
pub mod model;
mod pdf;
pub mod proof;
pub mod revision;
mod xlsx;

use bytes::Bytes;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::base::Base;
use crate::base::error::Coded;
use crate::base::files::FilesError;
use crate::base::pdf::Face;
use crate::people::audit;
use columns::Column;
use model::{Form, sheet_file, sheet_revision};
use revision::{Printed, note_file, revise};

pub use content::{Content, Line};

#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error("no such meeting")]
    NoMeeting,
    #[error("no such file of this meeting")]
    NoFile,
    #[error("no Chinese face to draw a PDF with")]
    NoFace,
    #[error("the sheet changes faster than it can be read")]
    Busy,
    #[error("the sheet cannot be written: {0}")]
    Broken(String),
}

impl Coded for SheetError {
    fn code(&self) -> &'static str {
        match self {
            SheetError::Database(_) | SheetError::Busy => "unavailable",
            SheetError::Files(error) => error.code(),
            SheetError::NoMeeting => "meeting_not_found",
            SheetError::NoFile => "file_missing",
            SheetError::NoFace => "sheet_pdf_missing",
            SheetError::Broken(_) => "internal",
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
    pub fn content_type(self) -> &'static str {
        match self {
            Form::Xlsx | Form::Log => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Form::Pdf => "application/pdf",
        }
    }

    fn file_name(self, title: &str, number: i32) -> String {
        let (what, ending) = match self {
            Form::Xlsx => ("签到表", "xlsx"),
            Form::Pdf => ("签到表", "pdf"),
            Form::Log => ("签到流水", "xlsx"),
        };
        format!("{what}-{title}-第{number}版.{ending}")
    }
}

/// Makes `form` of the sheet of `meeting` as it is now; the file is kept, and can be verified from then on.
pub async fn export(
    base: &Base,
    meeting: Uuid,
    form: Form,
    columns: Vec<Column>,
    actor: &str,
) -> Result<File, SheetError> {
    let (content, revision) = revise(base, meeting, actor).await?;
    let printed = Printed::of(base, &revision)?;
    let name = form.file_name(&content.title, revision.number);
    let events = if form == Form::Log { log::read(base, meeting).await? } else { Vec::new() };
    // A large sheet takes its time; other requests go on.
    let written = tokio::task::spawn_blocking(move || {
        let broken = |error: rust_xlsxwriter::XlsxError| SheetError::Broken(error.to_string());
        match form {
            Form::Xlsx => xlsx::write(&content, &columns, &printed).map_err(broken),
            Form::Log => log::write(&content, &events, &printed).map_err(broken),
            Form::Pdf => {
                let face = Face::find().ok_or(SheetError::NoFace)?;
                Ok(pdf::write(&content, &columns, &printed, &face))
            }
        }
    });
    let bytes: Bytes = written.await.map_err(|error| SheetError::Broken(error.to_string()))??.into();
    let hash = revision::hash(&bytes);
    // Stored before the row that speaks of it.
    base.files.put(&key(&hash), bytes.clone()).await?;
    let tx = base.db.write().await?;
    note_file(base, &tx, revision.id, &hash, form.word()).await?;
    let detail = format!("{} {}", form.zh(), printed_as(revision.number));
    audit::write(base, &tx, actor, "sheet.export", &meeting.to_string(), &detail).await?;
    tx.commit().await?;
    Ok(File { name, content_type: form.content_type(), bytes })
}

/// A file that was exported before, as it was.
pub async fn kept(base: &Base, meeting: Uuid, title: &str, hash: &str) -> Result<File, SheetError> {
    let file = sheet_file::Entity::find_by_id(hash).one(base.db.read()).await?.ok_or(SheetError::NoFile)?;
    let revision = sheet_revision::Entity::find_by_id(file.revision_id)
        .filter(sheet_revision::Column::MeetingId.eq(meeting))
        .one(base.db.read())
        .await?
        .ok_or(SheetError::NoFile)?;
    let form = Form::parse(&file.form).ok_or(SheetError::NoFile)?;
    let bytes = base.files.get(&key(&file.hash)).await?;
    Ok(File { name: form.file_name(title, revision.number), content_type: form.content_type(), bytes })
}

/// Whether this machine can make PDFs.
pub async fn makes_pdf() -> bool {
    tokio::task::spawn_blocking(|| Face::find().is_some()).await.unwrap_or(false)
}

fn key(hash: &str) -> String {
    format!("sheets/{hash}")
}

fn printed_as(number: i32) -> String {
    format!("第 {number} 版")
}
