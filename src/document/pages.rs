//! Pictures of pages, and the same with the reader's name burned in.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use sea_orm::{DbErr, EntityTrait};

use super::kind::Kind;
use super::model::{State, document, document_page};
use super::pdf::Pictures;
use super::poppler::{PDF_NAME, Pdf, PdfError};
use super::watermark::{self, Face};
use super::{Documents, Hash, Page, ofd, office, picture};
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

/// Pages drawn at once when one is asked for: who zooms into one turns to the next.
const AHEAD: u32 = 4;
/// Points an inch.
const POINTS: f64 = 72.0;

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

impl From<PdfError> for PageError {
    fn from(error: PdfError) -> PageError {
        PageError::Broken(error.to_string())
    }
}

impl Documents {
    /// Page `number` (from 1) as JPEG.
    pub async fn page(&self, hash: &Hash, number: u32, dpi: Dpi) -> Result<Bytes, PageError> {
        let key = hash.page(number, dpi);
        let files = &self.inner.base.files;
        match (files.get(&key).await, dpi) {
            (Err(FilesError::Missing(_)), Dpi::Zoom) => {}
            (found, _) => return Ok(found?),
        }
        let _turn = self.inner.readers.acquire().await;
        // While it waited, another reader of the same page may have been served.
        match files.get(&key).await {
            Err(FilesError::Missing(_)) => self.draw_finer(hash, number).await,
            found => Ok(found?),
        }
    }

    /// The same with `lines` (name, unit, last four digits, time) drawn over it again and again.
    pub async fn watermarked_page(
        &self,
        hash: &Hash,
        number: u32,
        dpi: Dpi,
        lines: &[String],
    ) -> Result<Bytes, PageError> {
        let face = self.face().await?;
        let page = self.page(hash, number, dpi).await?;
        let lines = lines.to_vec();
        tokio::task::spawn_blocking(move || watermark::mark(&page, &lines, &face))
            .await
            .map_err(|error| PageError::Broken(error.to_string()))?
            .map_err(|error| PageError::Broken(error.to_string()))
    }

    /// The whole document for download, every page a picture with `lines` in it, a page at a time.
    pub async fn watermarked_pdf(
        &self,
        hash: &Hash,
        lines: &[String],
    ) -> Result<BoxStream<'static, Result<Bytes, PageError>>, PageError> {
        self.face().await?;
        let document = self.state(hash).await?.ok_or(PageError::Missing)?;
        let pages = document.pages.filter(|_| document.state == State::Ready).ok_or(PageError::Missing)?;
        let (pdf, head) = Pictures::begin(pages, Dpi::Zoom.dots(), lines);
        let source = (self.clone(), hash.clone(), lines.to_vec());
        let rest = stream::try_unfold((source, Some(pdf), 1), move |(source, pdf, number)| async move {
            let Some(mut pdf) = pdf else { return Ok(None) };
            if number > pages {
                return Ok(Some((pdf.end(), (source, None, number))));
            }
            let (documents, hash, lines) = &source;
            let jpeg = documents.watermarked_page(hash, number, Dpi::Zoom, lines).await?;
            let (width, height) =
                picture::size(&jpeg).map_err(|error| PageError::Broken(error.to_string()))?;
            let piece = pdf.page(&jpeg, width, height);
            Ok(Some((piece, (source, Some(pdf), number + 1))))
        });
        Ok(stream::iter([Ok(head)]).chain(rest).boxed())
    }

    async fn face(&self) -> Result<Arc<Face>, PageError> {
        let find = async || Face::find().await.map(Arc::new);
        self.inner.face.get_or_init(find).await.clone().ok_or(PageError::NoFont)
    }

    /// Makes page `number` and some behind it for zooming; where nothing can, the phone's picture serves.
    async fn draw_finer(&self, hash: &Hash, number: u32) -> Result<Bytes, PageError> {
        let read = self.inner.base.db.read();
        let key = (hash.to_string(), i32::try_from(number).unwrap_or(i32::MAX));
        let shown = document_page::Entity::find_by_id(key).one(read).await?.ok_or(PageError::Missing)?;
        let row = document::Entity::find_by_id(hash.as_str()).one(read).await?.ok_or(PageError::Missing)?;
        let kind = Kind::of(&row.kind).ok_or(PageError::Missing)?;
        let whole = State::of(&row.state) == State::Ready;
        let Some(sandbox) = self.tools().await.sandbox.as_ref().filter(|_| whole) else {
            return self.phone(hash, number).await;
        };
        let room =
            tempfile::tempdir_in(self.scratch().map_err(FilesError::from)?).map_err(FilesError::from)?;
        let room = room.path();
        let files = &self.inner.base.files;
        let drawn = match kind {
            Kind::Jpg | Kind::Png => {
                let bytes = files.get(&hash.original()).await?;
                vec![(number, finer_picture(bytes, kind).await?)]
            }
            Kind::Ofd => {
                files.fetch(&hash.original(), &room.join(office::input(kind))).await?;
                let most = self.inner.base.config.document_max_pages;
                ofd::draw(sandbox, room, Dpi::Zoom, most, Some(number), "zoom").await?.1
            }
            _ => {
                files.fetch(&hash.pdf(), &room.join(PDF_NAME)).await?;
                let last = (number + AHEAD - 1).min(row.pages.unwrap_or(1).unsigned_abs());
                let pdf = Pdf { sandbox, room, urgent: true };
                let shown = Page::from(shown);
                let side = f64::from(shown.width.max(shown.height)) / f64::from(Dpi::Phone.dots()) * POINTS;
                pdf.draw(number..=last.max(number), Dpi::Zoom, side, "zoom").await?
            }
        };
        let mut asked = None;
        for (page, bytes) in drawn {
            if page == number {
                asked = Some(bytes.clone());
            }
            files.put_remakable(&hash.page(page, Dpi::Zoom), bytes).await?;
        }
        asked.ok_or(PageError::Missing)
    }

    async fn phone(&self, hash: &Hash, number: u32) -> Result<Bytes, PageError> {
        Ok(self.inner.base.files.get(&hash.page(number, Dpi::Phone)).await?)
    }
}

async fn finer_picture(bytes: Bytes, kind: Kind) -> Result<Bytes, PageError> {
    let broken = |error: String| PageError::Broken(error);
    let fitted = tokio::task::spawn_blocking(move || {
        let whole = picture::read(&bytes, kind)?;
        picture::fitted(&whole, picture::ZOOM_SIDE)
    });
    let (bytes, _, _) = fitted
        .await
        .map_err(|error| broken(error.to_string()))?
        .map_err(|error| broken(error.to_string()))?;
    Ok(bytes)
}
