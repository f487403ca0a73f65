//! The steps from an original to pages, in a room of their own that goes when they end.

use std::path::Path;

use anyhow::Context;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter};
use tempfile::TempDir;

use super::kind::{Kind, decode};
use super::model::document;
use super::model::document_page::{ActiveModel, Column, Entity};
use super::office::{OfficeError, to_pdf, to_pdf_if_free};
use super::pages::Dpi;
use super::poppler::{PDF_NAME, Pdf, PdfError};
use super::sandbox::{Sandbox, Stopped};
use super::tools::Tools;
use super::{Documents, Hash, first_slide, fonts, ofd, office, picture};
use crate::base::files::FilesError;

/// Pages drawn by one run of the tool, at least and at most: each run costs its start, and readers want to see pages
/// come.
const PAGES_A_RUN: (u32, u32) = (8, 25);
/// A deck of fewer slides is drawn whole almost as fast as its first slide alone.
const DECK: u32 = 20;

/// A document with all its pages.
pub(super) struct Done {
    pub pages: u32,
    /// Fonts that others stand in for.
    pub fonts: Vec<String>,
}

/// Why there are no pages.
pub(super) enum Failure {
    /// The document itself is why; `code` of the error table.
    Final { code: &'static str, cause: String },
    /// The converter failed; perhaps not the next time.
    Again(String),
    /// This machine is why: no space, no database.
    Trouble(anyhow::Error),
}

pub(super) struct Steps<'a> {
    documents: &'a Documents,
    hash: &'a Hash,
    kind: Kind,
    tools: &'a Tools,
    sandbox: &'a Sandbox,
    room: TempDir,
    /// Pages at most.
    most: u32,
}

impl<'a> Steps<'a> {
    /// `None` when this machine lacks what the kind needs.
    pub async fn prepare(
        documents: &'a Documents,
        hash: &'a Hash,
        kind: Kind,
    ) -> anyhow::Result<Option<Steps<'a>>> {
        let tools = documents.tools().await;
        let ready = match kind {
            Kind::Jpg | Kind::Png | Kind::Ofd => true,
            Kind::Pdf => tools.poppler,
            _ => tools.poppler && tools.office.is_some(),
        };
        let Some(sandbox) = tools.sandbox.as_ref().filter(|_| ready) else { return Ok(None) };
        let room = tempfile::Builder::new().prefix("convert-").tempdir_in(documents.scratch()?)?;
        let most = documents.inner.base.config.document_max_pages;
        Ok(Some(Steps { documents, hash, kind, tools, sandbox, room, most }))
    }

    pub async fn run(&self) -> Result<Done, Failure> {
        let original = self.room.path().join(office::input(self.kind));
        let files = &self.documents.inner.base.files;
        match self.kind {
            Kind::Jpg | Kind::Png => return self.picture().await,
            Kind::Pdf => files.fetch(&self.hash.original(), &self.room.path().join(PDF_NAME)).await?,
            Kind::Txt => {
                let text = decode(&files.get(&self.hash.original()).await?);
                tokio::fs::write(&original, format!("\u{FEFF}{text}")).await.map_err(FilesError::from)?;
                self.office(&original).await?;
            }
            _ => files.fetch(&self.hash.original(), &original).await?,
        }
        match self.kind {
            Kind::Ofd => return self.ofd().await,
            Kind::Pdf | Kind::Txt => {}
            _ => self.office(&original).await?,
        }
        self.pdf(&original).await
    }

    async fn picture(&self) -> Result<Done, Failure> {
        let bytes = self.documents.inner.base.files.get(&self.hash.original()).await?;
        let kind = self.kind;
        let drawn = tokio::task::spawn_blocking(move || {
            let whole = picture::read(&bytes, kind)?;
            picture::fitted(&whole, picture::PHONE_SIDE)
        });
        let (jpeg, _, _) = drawn
            .await
            .context("drawing broke off")
            .map_err(Failure::Trouble)?
            .map_err(|error| Failure::Final { code: "document_damaged", cause: error.to_string() })?;
        self.keep(vec![(1, jpeg)], &[]).await?;
        Ok(Done { pages: 1, fonts: Vec::new() })
    }

    async fn ofd(&self) -> Result<Done, Failure> {
        let (drawn, pictures) =
            ofd::draw(self.sandbox, self.room.path(), Dpi::Phone, self.most, None, "pages").await?;
        self.keep(pictures, &drawn.text).await?;
        Ok(Done { pages: drawn.pages, fonts: Vec::new() })
    }

    /// Original to PDF; of a long deck, the first slide alone beside it.
    async fn office(&self, original: &Path) -> Result<(), Failure> {
        let Some(program) = &self.tools.office else {
            return Err(Failure::Again("no LibreOffice".to_string()));
        };
        let slides = match self.kind {
            Kind::Pptx => first_slide::count(original),
            _ => None,
        };
        let expected = slides.unwrap_or(self.most);
        let whole = to_pdf(self.sandbox, program, self.room.path(), self.kind, expected);
        if slides.is_none_or(|slides| slides < DECK) {
            return Ok(whole.await?);
        }
        let mut whole = std::pin::pin!(whole);
        tokio::select! {
            done = &mut whole => Ok(done?),
            () = self.first_slide(original) => Ok(whole.await?),
        }
    }

    /// Shows the first slide early, where a core is free. Nothing depends on it.
    async fn first_slide(&self, original: &Path) {
        if let Err(why) = self.try_first_slide(original).await {
            tracing::debug!(hash = %self.hash, why, "no early first page");
        }
    }

    async fn try_first_slide(&self, original: &Path) -> Result<(), String> {
        let program = self.tools.office.as_ref().ok_or("no LibreOffice")?;
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let room = tempfile::tempdir_in(self.room.path()).map_err(|error| text(&error))?;
        let (from, to) = (original.to_path_buf(), room.path().join(office::input(self.kind)));
        let copied = tokio::task::spawn_blocking(move || first_slide::copy(&from, &to));
        copied.await.map_err(|error| text(&error))?.ok_or("an unusual list of slides")?;
        let converted = to_pdf_if_free(self.sandbox, program, room.path(), self.kind).await.ok_or("busy")?;
        converted.map_err(|error| text(&error))?;
        let pdf = Pdf { sandbox: self.sandbox, room: room.path(), urgent: true };
        let drawn = pdf.draw(1..=1, Dpi::Phone, 0.0, "pages").await.map_err(|error| text(&error))?;
        self.keep(drawn, &[]).await.map_err(|_| "not kept".to_string())
    }

    /// PDF to pages: the first by itself, then the others as they come.
    async fn pdf(&self, original: &Path) -> Result<Done, Failure> {
        let started = self.documents.inner.base.clock.now();
        let pdf = Pdf { sandbox: self.sandbox, room: self.room.path(), urgent: false };
        let info = match pdf.info(self.most).await {
            // Of our own making: perhaps the converter does better the next time.
            Err(PdfError::Damaged(cause)) if self.kind != Kind::Pdf => return Err(Failure::Again(cause)),
            info => info?,
        };
        let side = info.sides.iter().copied().fold(0.0, f64::max);
        let kept = async {
            let from = self.room.path().join(PDF_NAME);
            self.documents.inner.base.files.put_file(&self.hash.pdf(), &from).await.map_err(Failure::from)
        };
        let first = async {
            let drawn = pdf.draw(1..=1, Dpi::Phone, side, "first").await?;
            self.count(info.pages).await?;
            self.keep(drawn, &[]).await
        };
        let text = async { pdf.text().await.map_err(Failure::from) };
        let (_, _, text, fonts) = tokio::try_join!(kept, first, text, self.fonts(&pdf, original))?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let run = (info.pages / (2 * u32::try_from(cores).unwrap_or(1))).clamp(PAGES_A_RUN.0, PAGES_A_RUN.1);
        let runs = (2..=info.pages).step_by(run as usize).map(|begin| {
            let pages = begin..=(begin + run - 1).min(info.pages);
            let (pdf, text) = (&pdf, &text);
            async move {
                let drawn = pdf.draw(pages, Dpi::Phone, side, &format!("pages-{begin}")).await?;
                self.keep(drawn, text).await
            }
        });
        let runs: Vec<_> = runs.collect();
        stream::iter(runs).buffer_unordered(cores).try_collect::<Vec<()>>().await?;
        self.write_first(&text).await?;
        let took = (self.documents.inner.base.clock.now() - started).num_milliseconds();
        tracing::debug!(hash = %self.hash, pages = info.pages, took, "pages drawn");
        Ok(Done { pages: info.pages, fonts })
    }

    async fn fonts(&self, pdf: &Pdf<'_>, original: &Path) -> Result<Vec<String>, Failure> {
        let named = match self.kind {
            Kind::Pdf => pdf.fonts_not_embedded().await?.into_iter().collect(),
            kind => {
                let original = original.to_path_buf();
                let named = tokio::task::spawn_blocking(move || fonts::named(&original, kind)).await;
                named.context("looking for fonts broke off").map_err(Failure::Trouble)?
            }
        };
        Ok(fonts::missing(named, &self.tools.fonts))
    }

    /// Tells readers how many pages there will be.
    async fn count(&self, pages: u32) -> Result<(), Failure> {
        let tx = self.documents.inner.base.db.write().await?;
        document::Entity::update_many()
            .col_expr(document::Column::Pages, Expr::value(signed(pages)))
            .filter(document::Column::Hash.eq(self.hash.as_str()))
            .exec(&tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// The first page was shown before anybody had read it.
    async fn write_first(&self, text: &[String]) -> Result<(), Failure> {
        let tx = self.documents.inner.base.db.write().await?;
        Entity::update_many()
            .col_expr(Column::Text, Expr::value(text.first().cloned().unwrap_or_default()))
            .filter(Column::Hash.eq(self.hash.as_str()))
            .filter(Column::Number.eq(1))
            .exec(&tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Stores pictures, then says that their pages can be shown. `text`: of all pages, where known.
    async fn keep(&self, drawn: Vec<(u32, Bytes)>, text: &[String]) -> Result<(), Failure> {
        let base = &self.documents.inner.base;
        let mut rows = Vec::new();
        for (number, jpeg) in drawn {
            let (width, height) = picture::size(&jpeg).map_err(|error| Failure::Again(error.to_string()))?;
            base.files.put_remakable(&self.hash.page(number, Dpi::Phone), jpeg).await?;
            let text = text.get(number as usize - 1).cloned().unwrap_or_default();
            rows.push(ActiveModel {
                hash: Set(self.hash.to_string()),
                number: Set(signed(number)),
                width: Set(signed(width)),
                height: Set(signed(height)),
                text: Set(text),
            });
        }
        if rows.is_empty() {
            return Ok(());
        }
        let newer = OnConflict::columns([Column::Hash, Column::Number])
            .update_columns([Column::Width, Column::Height, Column::Text])
            .to_owned();
        let tx = base.db.write().await?;
        Entity::insert_many(rows).on_conflict(newer).exec_without_returning(&tx).await?;
        tx.commit().await?;
        self.documents.tell(self.hash).await;
        Ok(())
    }
}

fn signed(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

impl From<FilesError> for Failure {
    fn from(error: FilesError) -> Failure {
        Failure::Trouble(error.into())
    }
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Failure {
        Failure::Trouble(error.into())
    }
}

impl From<Stopped> for Failure {
    fn from(error: Stopped) -> Failure {
        match error {
            Stopped::Start(error) => Failure::Trouble(error.into()),
            error => Failure::Again(error.to_string()),
        }
    }
}

impl From<OfficeError> for Failure {
    fn from(error: OfficeError) -> Failure {
        match error {
            OfficeError::Stopped(stopped) => stopped.into(),
            OfficeError::Room(error) => Failure::Trouble(error.into()),
            error @ OfficeError::NoPdf(_) => Failure::Again(error.to_string()),
        }
    }
}

impl From<PdfError> for Failure {
    fn from(error: PdfError) -> Failure {
        let cause = error.to_string();
        match error {
            PdfError::Encrypted => Failure::Final { code: "document_encrypted", cause },
            PdfError::TooMany(_) => Failure::Final { code: "document_too_many_pages", cause },
            PdfError::Damaged(_) => Failure::Final { code: "document_damaged", cause },
            PdfError::Stopped(stopped) => stopped.into(),
        }
    }
}
