//! Petitions on the shared case database.

mod access;
mod bulk;
mod callbacks;
mod channels;
mod exchange;
mod faults;
mod find;
mod follow_ups;
mod hooks;
mod inquiry;
mod late;
mod notices;
mod open311;
mod pages;
mod papers_http;
mod public;
mod second;
pub mod systems;
mod templates;
mod years;
