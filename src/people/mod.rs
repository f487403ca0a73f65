//! Floor 2: followers of the account, persons, which follower is which person, and the staff.

pub mod audit;
pub mod follower;
pub mod model;
pub mod name;
mod password;
pub mod person;
pub mod phone;
pub mod receipt;
pub mod retention;
pub mod session;
pub mod staff;

use crate::base::privacy::reseal::Sealed;

/// This module's columns of sealed values.
pub const SEALED: [Sealed; 2] = [
    Sealed {
        table: "person",
        id: "id",
        and: None,
        column: "phone_sealed",
        place: person::PHONE_PLACE,
        blind: Some(("phone_hash", phone::HASH_KIND)),
    },
    Sealed {
        table: "idempotency",
        id: "staff_id",
        and: Some("key"),
        column: "answer_sealed",
        place: receipt::PLACE,
        blind: None,
    },
];
