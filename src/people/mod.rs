//! Floor 2: followers of the account, persons, which follower is which person, and the staff.

pub mod audit;
pub mod follower;
pub mod model;
pub mod name;
mod password;
pub mod person;
pub mod phone;
pub mod receipt;
pub mod session;
pub mod staff;
