//! Made-up identifiers in the shapes that the platform uses.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::base::privacy::{digest, random_bytes};

/// `len` random characters of `A-Za-z0-9_-`.
pub fn random(len: usize) -> String {
    let mut text = String::with_capacity(len + 64);
    while text.len() < len {
        URL_SAFE_NO_PAD.encode_string(random_bytes::<48>(), &mut text);
    }
    text.truncate(len);
    text
}

/// An openid: 28 characters that start with `o`.
pub fn openid() -> String {
    format!("o{}", random(27))
}

/// The account's original id; the same app id has always the same.
pub fn original_id(app_id: &str) -> String {
    format!("gh_{}", &digest(app_id.as_bytes())[..12])
}

/// A request's id as it stands in `errmsg`: three groups of hexadecimal digits.
pub fn rid(unix: i64) -> String {
    let random = hex::encode(random_bytes::<8>());
    format!("{unix:08x}-{}-{}", &random[..8], &random[8..])
}
