//! Feature: the shell of the staff pages, and the manual.

mod help;

pub use help::routes as help_routes;
