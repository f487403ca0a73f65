//! Petitions on the shared case database.

mod access;
mod faults;
mod hooks;
mod inquiry;
mod late;
mod notices;
mod pages;
mod public;
mod systems;
mod years;
