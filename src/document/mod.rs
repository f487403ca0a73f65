//! Floor 3: an uploaded office file becomes safe pictures of its pages. Knows nothing of meetings.
//!
//! A document is known by the [`Hash`] of its bytes; who may see it, and under which name, is its owner's to say.
//!
//! ```text
//! let documents = Documents::new(base);                           // one a process, cheap to clone
//! jobs::Worker::new(base, documents.handlers());                  // conversions run as jobs
//! let received = documents.intake("报告.pptx", upload).await?;     // stores, checks, enqueues; then write your own row
//! documents.state(&received.hash).await?;                         // waiting → converting (n of m) → ready | failed
//! documents.page(&hash, 1, Dpi::Phone).await?;                    // a JPEG
//! documents.watermarked_page(&hash, 1, Dpi::Phone, &lines).await?; // for 内部 files; an error rather than unmarked
//! documents.original(&hash).await?; documents.watermarked_pdf(&hash, &lines).await?;
//! ```
//!
//! Every change of a document's state is published on the cache as channel [`CHANNEL`], payload the hash.

mod convert;
mod first_slide;
mod fonts;
mod intake;
pub mod kind;
mod model;
pub mod name;
mod ofd;
mod office;
mod pages;
mod pdf;
mod picture;
mod poppler;
mod sandbox;
mod search;
mod steps;
mod tools;
mod watermark;

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use tokio::sync::{OnceCell, Semaphore};

use crate::base::Base;
use crate::base::error::text;
use crate::base::files::{FilesError, Stored};
use crate::jobs::Handler;

pub use intake::{IntakeError, Received};
pub use kind::Kind;
pub use model::State;
pub use ofd::{Order, child as draw_ofd};
pub use pages::{Dpi, PageError};
pub use search::Hit;
pub use tools::Tools;

use model::{document, document_page};
use watermark::Face;

/// Where changes are published; the payload is the document's hash.
pub const CHANNEL: &str = "document";

/// SHA-256 of a file's bytes, as 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash(String);

/// Not 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the hash of a document")]
pub struct NotAHash;

impl FromStr for Hash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Hash, NotAHash> {
        let fits = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if fits { Ok(Hash(text.to_string())) } else { Err(NotAHash) }
    }
}

impl TryFrom<String> for Hash {
    type Error = NotAHash;

    fn try_from(text: String) -> Result<Hash, NotAHash> {
        text.parse()
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> String {
        hash.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Hash {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the uploaded bytes are.
    fn original(&self) -> String {
        format!("documents/{self}/original")
    }

    /// Where the converted PDF is.
    fn pdf(&self) -> String {
        format!("documents/{self}/document.pdf")
    }

    fn page(&self, number: u32, dpi: Dpi) -> String {
        format!("documents/{self}/{}/{number}.jpg", dpi.dots())
    }

    /// Everything of this document.
    fn folder(&self) -> String {
        format!("documents/{self}")
    }
}

/// A document as its owner shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub hash: Hash,
    pub kind: Kind,
    pub bytes: u64,
    pub state: State,
    /// Known once counted; always known when ready.
    pub pages: Option<u32>,
    /// Pages whose picture is there; page 1 may come long before the others.
    pub pages_ready: u32,
    /// Why there is no preview: a code of the error table.
    pub reason: Option<String>,
    /// Fonts that the document names and this machine lacks: others stand in for them, and lines may break elsewhere.
    pub substituted_fonts: Vec<String>,
}

impl Document {
    /// What a reader is told instead of pages.
    pub fn reason_text(&self) -> Option<&'static str> {
        self.reason.as_deref().map(|code| text(code).zh)
    }
}

/// A page that can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// From 1.
    pub number: u32,
    /// Pixels at [`Dpi::Phone`], so that a reader keeps its place while pictures load.
    pub width: u32,
    pub height: u32,
    /// What is written on it, for searching; empty where the page is a picture.
    pub text: String,
}

/// Documents of this process. Cheap to clone.
#[derive(Clone)]
pub struct Documents {
    inner: Arc<Inner>,
}

struct Inner {
    base: Base,
    /// Looked for when first needed.
    tools: OnceCell<Tools>,
    face: OnceCell<Option<Arc<Face>>>,
    /// Pages drawn at once because a reader waits.
    readers: Semaphore,
}

/// Pages that are drawn at once for readers; conversions have their own limit.
const READERS: usize = 2;

impl Documents {
    pub fn new(base: Base) -> Documents {
        Documents::with(base, OnceCell::new())
    }

    /// With these converters instead of what the machine has.
    pub fn with_tools(base: Base, tools: Tools) -> Documents {
        Documents::with(base, OnceCell::new_with(Some(tools)))
    }

    fn with(base: Base, tools: OnceCell<Tools>) -> Documents {
        let readers = Semaphore::new(READERS);
        Documents { inner: Arc::new(Inner { base, tools, face: OnceCell::new(), readers }) }
    }

    /// What this machine converts with.
    pub async fn tools(&self) -> &Tools {
        self.inner.tools.get_or_init(Tools::find).await
    }

    /// This machine's folder for files under way.
    fn scratch(&self) -> std::io::Result<PathBuf> {
        let folder = self.inner.base.config.data_dir.join("scratch");
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// What converts, for the worker.
    pub fn handlers(&self) -> Vec<Arc<dyn Handler>> {
        vec![Arc::new(convert::ConvertJob { documents: self.clone() })]
    }

    /// Where the document stands; `None` when no such file was ever taken in, or it was forgotten.
    pub async fn state(&self, hash: &Hash) -> Result<Option<Document>, DbErr> {
        Ok(self.states(std::slice::from_ref(hash)).await?.remove(hash))
    }

    /// The same for many, in two queries.
    pub async fn states(&self, hashes: &[Hash]) -> Result<HashMap<Hash, Document>, DbErr> {
        let names = || hashes.iter().map(Hash::as_str);
        let read = self.inner.base.db.read();
        let rows = document::Entity::find().filter(document::Column::Hash.is_in(names())).all(read).await?;
        let ready: Vec<(String, i64)> = document_page::Entity::find()
            .select_only()
            .column(document_page::Column::Hash)
            .column_as(document_page::Column::Number.count(), "ready")
            .filter(document_page::Column::Hash.is_in(names()))
            .group_by(document_page::Column::Hash)
            .into_tuple()
            .all(read)
            .await?;
        let ready: HashMap<String, i64> = ready.into_iter().collect();
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let pages_ready = ready.get(&row.hash).copied().unwrap_or(0);
                let shown = Document {
                    hash: row.hash.parse().ok()?,
                    kind: Kind::of(&row.kind)?,
                    bytes: row.bytes.unsigned_abs(),
                    state: State::of(&row.state),
                    pages: row.pages.map(i32::unsigned_abs),
                    pages_ready: u32::try_from(pages_ready).unwrap_or(0),
                    reason: row.reason,
                    substituted_fonts: row.fonts.lines().map(ToString::to_string).collect(),
                };
                Some((shown.hash.clone(), shown))
            })
            .collect())
    }

    /// The pages that can be shown now, in order, with their text.
    pub async fn pages(&self, hash: &Hash) -> Result<Vec<Page>, DbErr> {
        let rows = document_page::Entity::find()
            .filter(document_page::Column::Hash.eq(hash.as_str()))
            .order_by_asc(document_page::Column::Number)
            .all(self.inner.base.db.read())
            .await?;
        Ok(rows.into_iter().map(Page::from).collect())
    }

    /// The uploaded bytes, unchanged.
    pub async fn original(&self, hash: &Hash) -> Result<Stored, FilesError> {
        self.inner.base.files.stream(&hash.original()).await
    }

    /// Removes everything of a document that nobody refers to any more. Safe to repeat.
    pub async fn forget(&self, hash: &Hash) -> Result<(), ForgetError> {
        let tx = self.inner.base.db.write().await?;
        document_page::Entity::delete_many()
            .filter(document_page::Column::Hash.eq(hash.as_str()))
            .exec(&tx)
            .await?;
        document::Entity::delete_by_id(hash.as_str()).exec(&tx).await?;
        tx.commit().await?;
        Ok(self.inner.base.files.delete_under(&hash.folder()).await?)
    }

    /// How many documents wait or are being converted.
    pub async fn unfinished(&self) -> Result<u64, DbErr> {
        let names = [State::Waiting.name(), State::Converting.name()];
        let unfinished = document::Entity::find().filter(document::Column::State.is_in(names));
        unfinished.count(self.inner.base.db.read()).await
    }
}

impl Page {
    /// Whether `words` stand on the page, however its lines are broken, in any case.
    pub fn says(&self, words: &str) -> bool {
        let plain = |text: &str| text.split_whitespace().collect::<String>().to_lowercase();
        let words = plain(words);
        !words.is_empty() && plain(&self.text).contains(&words)
    }
}

impl From<document_page::Model> for Page {
    fn from(row: document_page::Model) -> Page {
        Page {
            number: row.number.unsigned_abs(),
            width: row.width.unsigned_abs(),
            height: row.height.unsigned_abs(),
            text: row.text,
        }
    }
}

/// Why a document could not be removed; a repeat finishes it.
#[derive(Debug, thiserror::Error)]
pub enum ForgetError {
    #[error("the database did not take it")]
    Database(#[from] DbErr),
    #[error(transparent)]
    Files(#[from] FilesError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_what_is_written_across_its_lines() {
        let page =
            Page {
                number: 1, width: 1, height: 1, text: "推进无纸\n化办公 Smart Meeting".to_string()
            };
        assert!(
            page.says("无纸化 办公") && page.says("smart meeting") && !page.says("无纸张") && !page.says(" ")
        );
    }

    #[test]
    fn a_hash_is_64_lower_case_digits_and_never_a_path() {
        assert!("a".repeat(64).parse::<Hash>().is_ok());
        for text in ["", "../../etc/passwd", &"A".repeat(64), &"a".repeat(63), &"a".repeat(65)] {
            assert_eq!(text.parse::<Hash>(), Err(NotAHash), "{text}");
        }
    }
}
