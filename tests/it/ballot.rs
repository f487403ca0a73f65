//! Formal votes, run by their rules.

mod flow;
mod voters;
