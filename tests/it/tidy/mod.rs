//! What the compiler and clippy cannot hold: rules about the source tree, its text and its dependencies.
//!
//! Each rule is a test named by the rule. `docs/conventions.md` gives the reasons.

mod dependencies;
mod documents;
mod floors;
pub mod routes;
pub mod source;
mod tables;
mod text;

/// Fails with one offence a line, each `file:line: what and why`.
fn none(offences: Vec<String>) {
    assert!(offences.is_empty(), "\n{}\n", offences.join("\n"));
}
