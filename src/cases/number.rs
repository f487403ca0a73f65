//! Numbers of cases and papers, and the code by which somebody without an account reads their own case. Pure.
//!
//! A number is given once: it is not used again, and stays as an alias where a case is merged or changes its track.

use unicode_normalization::UnicodeNormalization;

use crate::base::privacy::Keys;

/// Crockford's base32: digits and letters without I, L, O, U.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Random letters of a query code: 50 bits.
const RANDOM: usize = 10;
/// What keyed hashes of query codes are made with.
const HASH_KIND: &str = "query_code";

/// Shown once to the person who filed a case; stored as a keyed hash, because 50 bits can be tried out.
#[derive(Clone, PartialEq, Eq)]
pub struct QueryCode(String);

impl QueryCode {
    /// The code of what `seed` names: ten letters of it, and their check letter. With a seed that only the server can
    /// make, nobody can guess it, and the same act has the same code whenever it is repeated.
    pub fn of(seed: &[u8; 32]) -> QueryCode {
        let values: Vec<u8> = seed.iter().take(RANDOM).map(|byte| byte & 31).collect();
        let all = values.iter().copied().chain([check(&values)]);
        QueryCode(all.map(|value| char::from(LETTERS[usize::from(value)])).collect())
    }

    /// What people type: small letters, O and I and L for 0 and 1, spaces and dashes, full-width signs. `None`: not a
    /// code, which needs no look-up and is no try at guessing.
    pub fn parse(typed: &str) -> Option<QueryCode> {
        let letters = typed.nfkc().map(|sign| sign.to_ascii_uppercase());
        let mut code = String::with_capacity(RANDOM + 1);
        for letter in letters.filter(|sign| !is_gap(*sign)) {
            code.push(match letter {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            });
        }
        let values: Option<Vec<u8>> = code
            .bytes()
            .map(|sign| {
                LETTERS.iter().position(|letter| *letter == sign).and_then(|at| u8::try_from(at).ok())
            })
            .collect();
        let values = values?;
        let (last, random) = values.split_last()?;
        (random.len() == RANDOM && check(random) == *last).then_some(QueryCode(code))
    }

    /// As it is shown: `7M3K-9QTD-2XE`.
    pub fn shown(&self) -> String {
        let parts: Vec<&str> = [0..4, 4..8, 8..11].into_iter().filter_map(|at| self.0.get(at)).collect();
        parts.join("-")
    }

    /// What it is stored as.
    pub fn hash(&self, keys: &Keys) -> String {
        keys.blind(HASH_KIND, &self.0)
    }

    /// What it may be stored as, by any of the keys: for looking up.
    pub fn hashes(&self, keys: &Keys) -> Vec<String> {
        keys.blinds(HASH_KIND, &self.0)
    }
}

impl std::fmt::Debug for QueryCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("QueryCode(…)")
    }
}

fn is_gap(sign: char) -> bool {
    sign.is_whitespace() || "-‐‑–—_.·".contains(sign)
}

/// The sum of the letters, each times its own power of two, in the field of 32 elements: tells every single wrong letter
/// and every two that changed places. One that is right by chance: 1 in 32.
fn check(values: &[u8]) -> u8 {
    // Horner's rule; doubling is a shift, reduced by x⁵ + x² + 1.
    let double = |value: u8| if value & 16 == 0 { value << 1 } else { (value << 1) ^ 0b10_0101 };
    values.iter().fold(0, |sum, value| double(sum ^ value))
}

/// What a case is called: `16944` of an inquiry, `XF2026000123` of a petition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CaseNumber {
    /// Rising, of the whole city, not free of gaps.
    Inquiry(i64),
    Petition {
        year: i32,
        serial: i64,
    },
}

impl CaseNumber {
    /// As people type and paste it: `No. 16944`, `第16944号`, `xf 2026-000123`.
    pub fn parse(typed: &str) -> Option<CaseNumber> {
        let text = tidy(typed);
        if let Some(rest) = text.strip_prefix("XF") {
            let (year, serial) = rest.split_at_checked(4)?;
            // Six digits, more after the 999,999th.
            let serial = digits(serial, 6)?;
            return Some(CaseNumber::Petition { year: year_of(year)?, serial });
        }
        digits(text.strip_prefix("NO").unwrap_or(&text), 1).map(CaseNumber::Inquiry)
    }
}

impl std::fmt::Display for CaseNumber {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CaseNumber::Inquiry(number) => write!(formatter, "{number}"),
            CaseNumber::Petition { year, serial } => write!(formatter, "XF{year}{serial:06}"),
        }
    }
}

/// Which paper is issued to a unit that is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PaperKind {
    /// 舆情抄告单
    Notice,
    /// 督办通知书
    Supervision,
}

impl PaperKind {
    pub fn letters(self) -> &'static str {
        match self {
            PaperKind::Notice => "CG",
            PaperKind::Supervision => "DB",
        }
    }
}

/// `CG-2026-0001`, `DB-2026-0001`: numbered per kind and year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PaperNumber {
    pub kind: PaperKind,
    pub year: i32,
    pub serial: i64,
}

impl PaperNumber {
    pub fn parse(typed: &str) -> Option<PaperNumber> {
        let text = tidy(typed);
        let (letters, rest) = text.split_at_checked(2)?;
        let kind =
            [PaperKind::Notice, PaperKind::Supervision].into_iter().find(|kind| kind.letters() == letters)?;
        let (year, serial) = rest.split_at_checked(4)?;
        Some(PaperNumber { kind, year: year_of(year)?, serial: digits(serial, 4)? })
    }
}

impl std::fmt::Display for PaperNumber {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}-{}-{:04}", self.kind.letters(), self.year, self.serial)
    }
}

/// Half-width capitals without gaps and the signs around a number.
fn tidy(typed: &str) -> String {
    let signs = typed.nfkc().map(|sign| sign.to_ascii_uppercase());
    signs.filter(|sign| !is_gap(*sign) && !"#第号:".contains(*sign)).collect()
}

fn year_of(text: &str) -> Option<i32> {
    digits(text, 4).and_then(|year| i32::try_from(year).ok()).filter(|year| (1949..=2999).contains(year))
}

/// A number from 1 written with at least `least` digits, and nothing else.
fn digits(text: &str, least: usize) -> Option<i64> {
    let sound = text.len() >= least && text.bytes().all(|digit| digit.is_ascii_digit());
    text.parse().ok().filter(|number| sound && *number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::privacy::random_bytes;
    use proptest::prelude::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = QueryCode("7M3K9QTD0X1".into());
        let code = QueryCode::parse(&with_check(&code.0[..10])).unwrap();
        for typed in [
            code.shown(),
            code.shown().to_lowercase(),
            code.shown().replace('-', " "),
            code.shown().replace('-', "——"),
            code.0.replace('0', "o").replace('1', "l"),
            code.0.replace('0', "O").replace('1', "i"),
            format!(
                "  {} ",
                code.0.chars().map(|c| char::from_u32(c as u32 + 0xfee0).unwrap()).collect::<String>()
            ),
        ] {
            assert_eq!(QueryCode::parse(&typed), Some(code.clone()), "{typed}");
        }
        for wrong in ["", "7M3K", "UUUUUUUUUUU", "请输入查询码", "7M3K-9QTD-2XEE-0"] {
            assert_eq!(QueryCode::parse(wrong), None, "{wrong}");
        }
    }

    fn with_check(random: &str) -> String {
        let values: Vec<u8> = random
            .bytes()
            .map(|sign| LETTERS.iter().position(|letter| *letter == sign).unwrap() as u8)
            .collect();
        format!("{random}{}", char::from(LETTERS[usize::from(check(&values))]))
    }

    #[test]
    fn codes_are_stored_as_keyed_hashes_and_never_printed() {
        let (code, keys) = (QueryCode::of(&random_bytes()), Keys::from_master(&[7; 32]));
        assert_eq!(code.hashes(&keys), [code.hash(&keys)]);
        assert!(!code.hash(&keys).contains(&code.0));
        assert_ne!(code.hash(&keys), code.hash(&Keys::from_master(&[8; 32])));
        assert!(!format!("{code:?}").contains(&code.0));
        assert_ne!(QueryCode::of(&random_bytes()), QueryCode::of(&random_bytes()));
    }

    #[test]
    fn case_numbers_are_read_in_every_form() {
        for typed in ["16944", "No.16944", "no 16944", "№16944", "#16944", "第 16944 号", "１６９４４"]
        {
            assert_eq!(CaseNumber::parse(typed), Some(CaseNumber::Inquiry(16944)), "{typed}");
        }
        let petition = CaseNumber::Petition { year: 2026, serial: 123 };
        for typed in ["XF2026000123", "xf2026000123", "XF-2026-000123", "ＸＦ２０２６０００１２３"]
        {
            assert_eq!(CaseNumber::parse(typed), Some(petition), "{typed}");
        }
        for wrong in [
            "",
            "0",
            "-",
            "XF2026",
            "XF2026000000",
            "XF20260123",
            "XF0026000123",
            "16944a",
            "99999999999999999999",
            "路灯",
        ] {
            assert_eq!(CaseNumber::parse(wrong), None, "{wrong}");
        }
        assert_eq!(petition.to_string(), "XF2026000123");
        assert_eq!(CaseNumber::Inquiry(16944).to_string(), "16944");
    }

    #[test]
    fn papers_are_numbered_per_kind_and_year() {
        let paper = PaperNumber { kind: PaperKind::Notice, year: 2026, serial: 7 };
        assert_eq!(paper.to_string(), "CG-2026-0007");
        assert_eq!(PaperNumber::parse("cg—2026—0007"), Some(paper));
        let many = PaperNumber { kind: PaperKind::Supervision, year: 2026, serial: 12_345 };
        assert_eq!(PaperNumber::parse(&many.to_string()), Some(many));
        for wrong in ["CG-2026-7", "XX-2026-0007", "CG-26-0007", "CG", "督办", "DB-2026-0000"] {
            assert_eq!(PaperNumber::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_code_is_read_back(_seed in 0u8..255) {
            let code = QueryCode::of(&random_bytes());
            prop_assert_eq!(code.0.len(), RANDOM + 1);
            prop_assert_eq!(QueryCode::parse(&code.shown()), Some(code.clone()));
        }

        #[test]
        fn one_wrong_letter_is_noticed(at in 0usize..11, by in 1usize..32) {
            let mut signs = QueryCode::of(&random_bytes()).0.into_bytes();
            let place = LETTERS.iter().position(|letter| *letter == signs[at]).unwrap();
            signs[at] = LETTERS[(place + by) % 32];
            prop_assert_eq!(QueryCode::parse(std::str::from_utf8(&signs).unwrap()), None);
        }

        #[test]
        fn two_letters_that_changed_places_are_noticed(one in 0usize..11, other in 0usize..11) {
            let mut signs = QueryCode::of(&random_bytes()).0.into_bytes();
            prop_assume!(signs[one] != signs[other]);
            signs.swap(one, other);
            prop_assert_eq!(QueryCode::parse(std::str::from_utf8(&signs).unwrap()), None);
        }

        #[test]
        fn any_text_is_read_without_fault(text in any::<String>()) {
            QueryCode::parse(&text);
            CaseNumber::parse(&text);
            PaperNumber::parse(&text);
        }

        #[test]
        fn numbers_are_read_back(year in 1949i32..3000, serial in 1i64..2_000_000) {
            for number in [CaseNumber::Inquiry(serial), CaseNumber::Petition { year, serial }] {
                prop_assert_eq!(CaseNumber::parse(&number.to_string()), Some(number));
            }
        }
    }
}
