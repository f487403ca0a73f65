//! Formal votes, run by their rules.

mod again;
mod appointment;
mod chair;
mod faults;
mod flow;
mod live;
mod model;
mod notice;
mod papers;
mod phone;
mod program;
mod races;
mod report;
mod screen;
mod secrecy;
mod voters;
