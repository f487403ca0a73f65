//! yishiting (议事厅): the back end of a city's WeChat official account.
//!
//! Modules stand on floors; a module imports only from floors below its own.
//! `docs/architecture.md` has the map, and a test holds the code to it.

pub mod ballot;
pub mod base;
pub mod cases;
pub mod chat;
pub mod cli;
pub mod console;
pub mod demo;
pub mod document;
pub mod jobs;
pub mod meeting;
pub mod movecar;
pub mod notify;
pub mod people;
pub mod server;
pub mod simulator;
pub mod web;
pub mod wechat;
