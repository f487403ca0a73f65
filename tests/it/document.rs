//! From an upload to pages: with the real LibreOffice and the real sandbox.

mod attacks;
mod flow;
pub mod samples;
mod trouble;

use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::{TryStreamExt, stream};
use yishiting::document::{Document, Documents, Hash, IntakeError, Received, State, Tools};
use yishiting::jobs::Worker;

use crate::support::TestApp;

/// An upload that comes in pieces of this many bytes, as from a phone.
const PIECE: usize = 64 << 10;

pub fn pieces(bytes: &[u8]) -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> {
    let pieces: Vec<_> = bytes.chunks(PIECE).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    stream::iter(pieces)
}

/// A desk that takes documents in, and the worker that converts them.
pub struct Desk {
    pub app: TestApp,
    pub documents: Documents,
    pub worker: Worker,
}

impl Desk {
    pub async fn open() -> Desk {
        Desk::with(TestApp::spawn().await, Tools::find().await)
    }

    pub fn with(app: TestApp, tools: Tools) -> Desk {
        let documents = Documents::with_tools(app.base.clone(), tools);
        let worker = Worker::new(app.base.clone(), documents.handlers());
        Desk { app, documents, worker }
    }

    /// The same desk with other tools.
    pub fn equipped(self, tools: Tools) -> Desk {
        Desk::with(self.app, tools)
    }

    pub async fn take(&self, name: &str, bytes: &[u8]) -> Result<Received, IntakeError> {
        self.documents.intake(name, pieces(bytes)).await
    }

    /// Takes it in and converts it, with a second try where the first fails.
    pub async fn convert(&self, name: &str, bytes: &[u8]) -> Document {
        let received = self.take(name, bytes).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        self.work().await;
        self.state(&received.hash).await
    }

    pub async fn work(&self) {
        for _ in 0..3 {
            self.worker.run_due().await.unwrap();
            self.app.clock.advance(TimeDelta::minutes(1));
        }
    }

    pub async fn state(&self, hash: &Hash) -> Document {
        self.documents.state(hash).await.unwrap().unwrap()
    }

    /// Everything that is written on the pages.
    pub async fn text(&self, hash: &Hash) -> String {
        let pages = self.documents.pages(hash).await.unwrap();
        pages.into_iter().map(|page| page.text).collect::<Vec<_>>().join("\n")
    }

    /// The original as it is downloaded.
    pub async fn original(&self, hash: &Hash) -> Vec<u8> {
        let pieces: Vec<Bytes> =
            self.documents.original(hash).await.unwrap().stream.try_collect().await.unwrap();
        pieces.concat()
    }

    /// Files under way on this machine.
    pub fn scratch(&self) -> usize {
        std::fs::read_dir(self.app.base.config.data_dir.join("scratch")).map_or(0, Iterator::count)
    }
}

/// Not converted, and why; the reader is told so in Chinese.
pub fn failed_because(document: &Document) -> &str {
    assert_eq!((document.state, document.pages_ready), (State::Failed, 0), "{document:?}");
    assert!(document.reason_text().is_some());
    document.reason.as_deref().unwrap()
}
