//! All integration tests in one binary: it links once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod api;
mod attendance;
mod ballot;
mod cases;
mod chat;
mod checkin;
mod console;
mod demo;
mod desk;
mod document;
mod files;
mod health;
mod help;
mod helper;
mod journey;
mod keys;
mod location;
mod materials;
mod movecar;
mod phones;
mod poll;
mod presence;
mod program;
mod reminders;
mod retention;
mod roster;
mod scanner;
mod screen;
mod simulator;
mod site;
mod support;
mod tidy;
