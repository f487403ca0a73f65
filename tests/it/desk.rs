//! The organisers' desk: meetings, sign-in lists, rosters, requests, codes.

mod checks;
mod meetings;
pub mod office;
mod people;
mod reminders;
mod requests;
mod rosters;
mod sheet;
mod statistics;
