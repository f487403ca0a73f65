//! The simulator from outside: as the back end of an account meets it over HTTP.

mod backend;
mod calls;
mod follower;
mod messages;
mod oauth;
mod phones;
mod pushes;
mod tokens;
