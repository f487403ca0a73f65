//! Feature: the shell of the staff pages, and the manual.

mod api;
mod help;

pub use api::routes as api_routes;
pub use help::routes as help_routes;
