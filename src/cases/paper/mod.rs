//! Papers to units that are late: 舆情抄告单 when a limit was missed, 督办通知书 when that was neither answered nor the
//! matter handled in time (levels 1 and 2 of lateness; level 3 asks a leader to take the case over).
//!
//! A job drafts them on the morning of the next working day (`draft.rs`); an officer signs or discards (`issue.rs`, in
//! the one transaction of `write.rs`). What a signed one says is kept with its digest and never changes (`content.rs`);
//! `docx.rs` and `pdf.rs` are its forms. The yearly assessment is made of signed papers only (`assess.rs`).

pub mod assess;
pub mod content;
mod docx;
pub mod draft;
pub mod file;
pub mod issue;
pub mod list;
pub mod model;
mod pdf;

use super::act::Act;

/// What seals the contents of papers.
pub const PLACE: &str = "case_paper.content_sealed";

/// The level of 舆情抄告单.
pub const NOTICE: i32 = 1;
/// The level of 督办通知书.
pub const SUPERVISION: i32 = 2;

/// As it is headed.
pub fn name(level: i32) -> &'static str {
    if level >= SUPERVISION { "督办通知书" } else { "舆情抄告单" }
}

/// The act that signs it.
pub fn signing(level: i32) -> Act {
    if level >= SUPERVISION { Act::Supervise } else { Act::IssueNotice }
}
