//! Mobile numbers of mainland China.

use crate::base::privacy::{KeyError, Keys, mask_phone};

/// What keyed hashes of phones are made with.
pub const HASH_KIND: &str = "phone";

/// A valid mobile number: eleven digits, never shown whole by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone(String);

impl Phone {
    /// Reads what people type: spaces, dashes, full-width digits, +86 in front. `None` when no number is in it.
    pub fn parse(text: &str) -> Option<Phone> {
        let mut digits = String::new();
        for letter in text.trim().chars() {
            match letter {
                '0'..='9' => digits.push(letter),
                '０'..='９' => digits.push(char::from(b'0' + (letter as u32 - '０' as u32) as u8)),
                ' ' | '\u{3000}' | '\u{A0}' | '-' | '－' | '–' | '(' | ')' | '+' | '＋' | '\t' => {}
                _ => return None,
            }
        }
        let number = match digits.len() {
            13 => digits.strip_prefix("86")?,
            15 => digits.strip_prefix("0086")?,
            _ => digits.as_str(),
        };
        let bytes = number.as_bytes();
        (bytes.len() == 11 && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1]))
            .then(|| Phone(number.to_string()))
    }

    /// The number in the clear, for sending to; never for logs or pages.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// `138****6021`.
    pub fn masked(&self) -> String {
        mask_phone(&self.0)
    }

    /// What it is looked up by, for writing.
    pub fn hash(&self, keys: &Keys) -> String {
        keys.blind(HASH_KIND, &self.0)
    }

    /// What it may be stored under, for looking up: see [`Keys::blinds`].
    pub fn hashes(&self, keys: &Keys) -> Vec<String> {
        keys.blinds(HASH_KIND, &self.0)
    }

    /// As stored in `place` (`table.column`).
    pub fn seal(&self, keys: &Keys, place: &str) -> Result<String, KeyError> {
        keys.seal(place, &self.0)
    }
}

impl std::fmt::Debug for Phone {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_type_them() {
        for text in [
            "13812346021",
            " 138 1234 6021 ",
            "138-1234-6021",
            "１３８１２３４６０２１",
            "+86 13812346021",
            "008613812346021",
        ] {
            assert_eq!(
                Phone::parse(text).map(|phone| phone.reveal().to_string()).as_deref(),
                Some("13812346021"),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_mobile_number_is_refused() {
        for text in [
            "",
            "1381234602",
            "138123460211",
            "12812346021",
            "23812346021",
            "1381234602a",
            "=13812346021",
            "057712345678",
        ] {
            assert!(Phone::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_number_does_not_show_itself_in_logs() {
        assert_eq!(format!("{:?}", Phone::parse("13812346021").unwrap()), "138****6021");
    }
}
