//! What this machine converts with.

use std::collections::HashSet;
use std::ffi::OsString;
use std::time::Duration;

use super::fonts;
use super::office::Program;
use super::sandbox::{Sandbox, find};
use super::watermark::Face;

/// The converters. Any may be missing: uploads still work, and their readers are told to download.
#[derive(Clone, Default)]
pub struct Tools {
    pub(super) sandbox: Option<Sandbox>,
    pub(super) office: Option<Program>,
    pub(super) poppler: bool,
    /// Families of fonts, in lower case.
    pub(super) fonts: HashSet<String>,
    /// Whether Chinese letters can be drawn.
    pub(super) chinese: bool,
}

impl Tools {
    /// Looks what is installed, and tries the sandbox.
    pub async fn find() -> Tools {
        let sandbox = Sandbox::open().await;
        let fonts = match &sandbox {
            Some(sandbox) => fonts::installed(sandbox).await,
            None => HashSet::new(),
        };
        let poppler =
            ["pdfinfo", "pdftoppm", "pdftotext", "pdffonts"].iter().all(|tool| find(tool).is_some());
        let office = find("soffice").map(|program| Program::new(vec![program.into_os_string()]));
        Tools { sandbox, office, poppler, fonts, chinese: Face::find().await.is_some() }
    }

    /// The same with another program for LibreOffice; its arguments come behind these words.
    pub fn office(mut self, words: &[&str]) -> Tools {
        self.office = Some(Program::new(words.iter().map(OsString::from).collect()));
        self
    }

    /// The same, where LibreOffice may take no longer than `most` for any document.
    pub fn hurried(mut self, most: Duration) -> Tools {
        self.office = self.office.map(|program| Program { most, ..program });
        self
    }

    /// Whether Chinese letters come out as letters; without a Chinese font they come out as boxes.
    pub fn draws_chinese(&self) -> bool {
        self.chinese
    }

    /// What to install for previews of every kind, by Debian's names; empty when all is there.
    pub fn missing(&self) -> Vec<&'static str> {
        let mut missing = Vec::new();
        if self.sandbox.is_none() {
            missing.push("bubblewrap");
        }
        if self.office.is_none() {
            missing.push("libreoffice-impress libreoffice-writer libreoffice-calc");
        }
        if !self.poppler {
            missing.push("poppler-utils");
        }
        missing
    }
}
