//! Formal votes, run by their rules.

mod chair;
mod flow;
mod program;
mod report;
mod voters;
