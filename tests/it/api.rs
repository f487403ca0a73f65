//! The API as a partner's program uses it.

mod document;
mod fuzz;
mod meetings;
mod people;
mod reminders;
mod writes;
