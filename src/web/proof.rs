//! Papers of this system that can be verified: who answers for them, and what an answer tells.

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::DbErr;
use unicode_normalization::UnicodeNormalization;

use crate::base::Base;
use crate::base::clock::Instant;

/// A revision of ours. It tells no more than which meeting, which revision, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// 签到表, 表决报告.
    pub what: &'static str,
    /// The meeting's, with what tells one paper of it from another.
    pub title: String,
    pub number: i32,
    pub at: Instant,
    /// There is a newer revision.
    pub superseded: bool,
}

/// Answers for one kind of paper.
#[async_trait]
pub trait Prover: Send + Sync {
    /// The revision that carries these 32 hexadecimal digits.
    async fn of_digest(&self, base: &Base, digest: &str) -> Result<Option<Proof>, DbErr>;

    /// The revision of which the bytes with this hash are a file, unchanged.
    async fn of_file(&self, base: &Base, hash: &str) -> Result<Option<Proof>, DbErr>;
}

/// Those of all features; the server hands them to the page that asks.
pub type Provers = Vec<Arc<dyn Prover>>;

/// Digits of a digest as papers print it.
const DIGITS: usize = 32;

/// The digest in what somebody typed, pasted or scanned: blanks, dashes and full-width letters are as good as none,
/// and the whole address of the code will do. `None` when it cannot be one.
pub fn digest(typed: &str) -> Option<String> {
    let plain: String = typed.chars().take(500).collect::<String>().nfkc().collect();
    let plain = plain.rsplit_once("d=").map_or(plain.as_str(), |(_, rest)| rest);
    let digits: String = plain
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '-')
        .collect::<String>()
        .to_lowercase();
    let fits = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_understood_however_people_type_it() {
        let own = "3f9a12bc3f9a12bc3f9a12bc3f9a12bc";
        for typed in [
            own.to_string(),
            own.to_uppercase(),
            "3F9A 12BC 3F9A 12BC 3F9A-12BC 3F9A 12BC".to_string(),
            "３Ｆ９Ａ　12bc3f9a12bc3f9a12bc3f9a12bc".to_string(),
            format!("https://city.test/verify?d={own}"),
        ] {
            assert_eq!(digest(&typed).as_deref(), Some(own), "{typed}");
        }
        let endless = "3".repeat(1_000_000);
        for typed in ["", "3f9a", "' OR 1=1 --", "zf9a12bc3f9a12bc3f9a12bc3f9a12bc", endless.as_str()] {
            assert_eq!(digest(typed), None);
        }
    }
}
