//! Formal votes, run by their rules.

mod again;
mod chair;
mod flow;
mod live;
mod model;
mod program;
mod races;
mod report;
mod secrecy;
mod voters;
