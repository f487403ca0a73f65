//! Floor 4: petitions on the shared case database.

pub mod number;
pub mod personal;
pub mod similar;
pub mod webhook;
