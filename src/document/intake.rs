//! Taking a file in: limits while it arrives, a look at what it is, safe storage, and the job that converts it.

use std::path::PathBuf;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter};
use sha2::{Digest, Sha256};
use tempfile::TempPath;
use tokio::io::AsyncWriteExt;

use super::kind::{self, Refusal};
use super::model::document::{ActiveModel, Column, Entity};
use super::poppler::{PDF_NAME, Pdf, PdfError};
use super::{Documents, Hash, Kind, State, convert, name};
use crate::base::error::{Coded, text};
use crate::base::files::FilesError;

/// A file that is safely stored; its preview comes by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub hash: Hash,
    pub kind: Kind,
    pub bytes: u64,
    /// What to call it: see [`name::clean`].
    pub name: String,
    /// Why there will be no preview, where that is known already: a code of the error table.
    pub reason: Option<&'static str>,
}

impl Received {
    /// What its uploader is told of a preview that will not come.
    pub fn reason_text(&self) -> Option<&'static str> {
        self.reason.map(|code| text(code).zh)
    }
}

/// Why a file was not taken in. Nothing of it stays.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    #[error("more than {most} bytes")]
    TooLarge { most: u64 },
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the upload broke off")]
    Interrupted(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error("the database did not take it")]
    Database(#[from] DbErr),
}

impl Coded for IntakeError {
    fn code(&self) -> &'static str {
        match self {
            IntakeError::TooLarge { .. } => "too_large",
            IntakeError::Refused(refusal) => refusal.code(),
            IntakeError::Interrupted(_) => "upload_interrupted",
            IntakeError::Files(error) => error.code(),
            IntakeError::Database(_) => "unavailable",
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            IntakeError::TooLarge { most } => vec![("limit", format!("{} MB", most >> 20))],
            IntakeError::Refused(refusal) => refusal.details(),
            _ => Vec::new(),
        }
    }
}

/// A file that arrived and stands on this machine's disk until it is dropped.
struct Arrived {
    path: TempPath,
    hash: Hash,
    bytes: u64,
}

impl Documents {
    /// Takes in what its user calls `given`, a piece at a time. On return the bytes are safe and their conversion is
    /// enqueued; the same bytes again cost nothing and start nothing twice.
    pub async fn intake<E>(
        &self,
        given: &str,
        upload: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Received, IntakeError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let name = name::clean(given);
        kind::named(&name)?;
        let arrived = self.arrive(upload).await?;
        let (path, called): (PathBuf, String) = (arrived.path.to_path_buf(), name.clone());
        let kind = tokio::task::spawn_blocking(move || kind::inspect(&path, &called))
            .await
            .map_err(|error| Refusal::Damaged(error.to_string()))??;
        let reason = self.foresee(kind, &arrived).await?;
        let base = &self.inner.base;
        // Stored before the row that speaks of it; written again even when known, should the store have lost it.
        base.files.put_file(&arrived.hash.original(), &arrived.path).await?;
        let row = ActiveModel {
            hash: Set(arrived.hash.to_string()),
            kind: Set(kind.name().to_string()),
            bytes: Set(i64::try_from(arrived.bytes).unwrap_or(i64::MAX)),
            state: Set(if reason.is_some() { State::Failed } else { State::Waiting }.name().to_string()),
            pages: Set(None),
            reason: Set(reason.map(ToString::to_string)),
            tries: Set(0),
            fonts: Set(String::new()),
            created_at: Set(base.clock.now()),
        };
        let tx = base.db.write().await?;
        let known = OnConflict::column(Column::Hash).do_nothing().to_owned();
        let fresh = Entity::insert(row).on_conflict(known).exec_without_returning(&tx).await? > 0;
        // Whoever uploads it again after a failure wants another try.
        let failed = Entity::update_many()
            .col_expr(Column::State, Expr::value(State::Waiting.name()))
            .col_expr(Column::Reason, Expr::value(None::<String>))
            .col_expr(Column::Tries, Expr::value(0))
            .filter(Column::Hash.eq(arrived.hash.as_str()))
            .filter(Column::State.eq(State::Failed.name()));
        if reason.is_none() && (fresh || failed.exec(&tx).await?.rows_affected > 0) {
            convert::enqueue(base, &tx, &arrived.hash).await?;
        }
        tx.commit().await?;
        crate::jobs::wake(base).await;
        Ok(Received { hash: arrived.hash, kind, bytes: arrived.bytes, name, reason })
    }

    /// Looks whether a PDF has a password or too many pages, so that its uploader hears it at once. Where that cannot
    /// be told in a moment, the conversion tells it later.
    async fn foresee(&self, kind: Kind, arrived: &Arrived) -> Result<Option<&'static str>, IntakeError> {
        let local = |error: std::io::Error| IntakeError::Files(FilesError::from(error));
        let tools = self.tools().await;
        let able = kind == Kind::Pdf && tools.poppler;
        let Some(sandbox) = tools.sandbox.as_ref().filter(|_| able) else { return Ok(None) };
        let room = tempfile::tempdir_in(self.scratch().map_err(local)?).map_err(local)?;
        std::fs::hard_link(&arrived.path, room.path().join(PDF_NAME)).map_err(local)?;
        let _slot = self.inner.readers.acquire().await;
        let pdf = Pdf { sandbox, room: room.path(), urgent: true };
        match pdf.glance(self.inner.base.config.document_max_pages).await {
            Err(PdfError::Encrypted) => Err(Refusal::Encrypted.into()),
            Err(PdfError::TooMany(_)) => Ok(Some("document_too_many_pages")),
            Ok(_) | Err(_) => Ok(None),
        }
    }

    async fn arrive<E>(&self, upload: impl Stream<Item = Result<Bytes, E>>) -> Result<Arrived, IntakeError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let local = |error: std::io::Error| IntakeError::Files(FilesError::from(error));
        let most = self.inner.base.config.document_max_bytes;
        let (file, path) =
            tempfile::NamedTempFile::new_in(self.scratch().map_err(local)?).map_err(local)?.into_parts();
        let mut file = tokio::fs::File::from_std(file);
        let (mut sum, mut bytes) = (Sha256::new(), 0);
        let mut upload = std::pin::pin!(upload);
        while let Some(piece) = upload.next().await {
            let piece = piece.map_err(|error| IntakeError::Interrupted(error.into()))?;
            bytes += piece.len() as u64;
            if bytes > most {
                return Err(IntakeError::TooLarge { most });
            }
            sum.update(&piece);
            file.write_all(&piece).await.map_err(local)?;
        }
        file.flush().await.map_err(local)?;
        let hash = Hash(hex::encode(sum.finalize()));
        Ok(Arrived { path, hash, bytes })
    }
}
