//! A paper as a file to print and to file. The same paper is the same file, whenever it is made.

use sha2::{Digest, Sha256};

use super::list::Shown;
use super::model::{PaperState, case_paper};
use super::{content, docx, pdf};
use crate::base::error::Coded;
use crate::base::pdf::Face;
use crate::base::words::words;
use crate::cases::Cases;

words! {
    /// A form of a paper.
    Form {
        Docx = "docx", "Word";
        Pdf = "pdf", "PDF";
    }
}

impl Form {
    pub fn content_type(self) -> &'static str {
        match self {
            Form::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Form::Pdf => "application/pdf",
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("no Chinese face to draw a PDF with")]
    NoFace,
    /// What is kept is not what was signed.
    #[error("the paper and its digest differ")]
    Altered,
    #[error("the paper cannot be written: {0}")]
    Broken(String),
}

impl Coded for FileError {
    fn code(&self) -> &'static str {
        match self {
            FileError::NoFace => "report_pdf_missing",
            FileError::Altered | FileError::Broken(_) => "internal",
        }
    }
}

/// Whether what is kept of a paper is what was signed.
pub fn whole(cases: &Cases, paper: &case_paper::Model) -> Result<bool, FileError> {
    let opened = content::open(&cases.store.keys, paper);
    let (_, json) = opened.map_err(|error| FileError::Broken(error.to_string()))?;
    let digest = hex::encode(Sha256::digest(json.as_bytes()));
    Ok(paper.digest.as_deref().is_none_or(|signed| signed == digest))
}

/// What stands across a paper that does not hold.
pub(super) fn label(paper: &case_paper::Model) -> Option<&'static str> {
    match paper.state() {
        PaperState::Signed => None,
        PaperState::Draft => Some("未签发，仅供审阅"),
        PaperState::Revoked => Some("本件已撤销"),
        PaperState::Discarded | PaperState::Void => Some("未签发，已作废"),
    }
}

/// The file and its name.
pub async fn make(cases: &Cases, shown: &Shown, form: Form) -> Result<(String, Vec<u8>), FileError> {
    if !whole(cases, &shown.paper)? {
        return Err(FileError::Altered);
    }
    let (content, label) = (shown.content.clone(), label(&shown.paper));
    let digest = shown.paper.digest.clone().unwrap_or_default();
    let name = format!("{}-{}.{}", content.name(), content.numbered(), form.word());
    let written = tokio::task::spawn_blocking(move || match form {
        Form::Docx => {
            docx::write(&content, label, &digest).map_err(|error| FileError::Broken(error.to_string()))
        }
        Form::Pdf => Ok(pdf::write(&content, label, &digest, &Face::find().ok_or(FileError::NoFace)?)),
    });
    let bytes = written.await.map_err(|error| FileError::Broken(error.to_string()))??;
    Ok((name, bytes))
}
