//! Formal votes, run by their rules.

mod again;
mod flow;
mod live;
mod model;
mod races;
mod secrecy;
mod voters;
