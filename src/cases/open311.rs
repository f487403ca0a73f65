//! Open311 GeoReport v2: what is answered, in XML and JSON, and how requests are read (all pure); `find.rs`, which cases
//! are there for whom; `serve.rs`, the calls.
//!
//! Source: <http://wiki.open311.org/GeoReport_v2/> with its extensions page (`page`, `page_size`, `extensions`), and
//! mySociety's service request updates. Deviations: a description may have 4000 Unicode characters, and the number of a
//! request is answered at once, never a token.

mod find;
pub mod form;
pub mod json;
pub mod model;
mod serve;
pub mod xml;

pub use serve::routes;

pub use model::{Answer, Attribute, Choice, Created, Definition, Fault, Note, Request, Service, Update};

/// The two formats; a path ends in `.xml` or `.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Xml,
    Json,
}

impl Format {
    pub fn of_extension(extension: &str) -> Option<Format> {
        match extension {
            "xml" => Some(Format::Xml),
            "json" => Some(Format::Json),
            _ => None,
        }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Format::Xml => "text/xml; charset=utf-8",
            Format::Json => "application/json; charset=utf-8",
        }
    }

    /// The body of an answer.
    pub fn render(self, answer: &Answer) -> Result<String, serde_json::Error> {
        match self {
            Format::Xml => xml::render(answer),
            Format::Json => json::render(answer),
        }
    }
}

/// Why another system's answer could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("larger, deeper or longer than any answer of this protocol")]
    TooLarge,
    #[error("has a document type, which this protocol has not")]
    Doctype,
    #[error("not well-formed XML: {0}")]
    Xml(String),
    #[error("not what GeoReport v2 has here: {0}")]
    Shape(#[from] serde_json::Error),
}
