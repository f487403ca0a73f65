//! What stands across the pages of 内部 materials: whose copy it is, and when it was made.

use crate::base::Base;
use crate::base::clock;
use crate::base::error::Coded;
use crate::base::privacy::KeyError;
use crate::people::model::person;
use crate::people::person::PHONE_PLACE;
use crate::people::retention::is_gone;

/// The phone number cannot be read, so the mark cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("the mark cannot be made")]
pub struct MarkError(#[from] KeyError);

impl Coded for MarkError {
    fn code(&self) -> &'static str {
        "internal"
    }
}

/// Name and unit; last four digits and time.
pub fn lines(base: &Base, person: &person::Model) -> Result<Vec<String>, MarkError> {
    let tail: String = if is_gone(&person.phone_sealed) {
        "****".to_string()
    } else {
        let phone = base.keys.open(PHONE_PLACE, &person.phone_sealed)?;
        phone.chars().skip(phone.chars().count().saturating_sub(4)).collect()
    };
    let at = clock::shanghai(base.clock.now()).format("%Y-%m-%d %H:%M");
    Ok(vec![format!("{} {}", person.name, person.unit), format!("{tail} {at}")])
}
