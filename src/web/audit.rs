//! How the audit log reads: every feature brings words for its own acts.

use crate::base::clock::Instant;

/// The words of one feature.
#[derive(Clone, Copy)]
pub struct AuditWords {
    /// What the names of its acts begin with, and what such acts are about: the log can be searched by them.
    pub kinds: &'static [(&'static str, &'static str)],
    /// The act of this name.
    pub act: fn(&str) -> &'static str,
    /// The detail of an act, read at a time.
    pub detail: fn(&str, &str, Instant) -> String,
    /// What the target of an act is called, and the path that its id is put behind.
    pub target: Option<(&'static str, &'static str)>,
}

impl AuditWords {
    /// The words for `action` among those of all features.
    pub fn of<'a>(all: &'a [AuditWords], action: &str) -> Option<&'a AuditWords> {
        all.iter().find(|words| words.kinds.iter().any(|(start, _)| action.starts_with(start)))
    }
}
