//! What this machine converts with.

use std::collections::HashSet;
use std::ffi::OsString;

use super::fonts;
use super::sandbox::{Sandbox, find};

/// The converters. Any may be missing: uploads still work, and their readers are told to download.
#[derive(Clone, Default)]
pub struct Tools {
    pub(super) sandbox: Option<Sandbox>,
    /// How LibreOffice is started.
    pub(super) office: Option<Vec<OsString>>,
    pub(super) poppler: bool,
    /// Families of fonts, in lower case.
    pub(super) fonts: HashSet<String>,
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
        let office = find("soffice").map(|program| vec![program.into_os_string()]);
        Tools { sandbox, office, poppler, fonts }
    }

    /// The same with another program for LibreOffice; its arguments come behind these words.
    pub fn office(mut self, words: &[&str]) -> Tools {
        self.office = Some(words.iter().map(OsString::from).collect());
        self
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
        if find("fc-match").is_none() {
            missing.push("fontconfig fonts-noto-cjk");
        }
        missing
    }
}
