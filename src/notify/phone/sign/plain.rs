//! The signature of the generic HTTP provider, both ways: HMAC-SHA256 over time, nonce and body, a line each.

use super::hmac_sha256;
use crate::base::privacy::same;

/// How far a timestamp may be off, in seconds.
pub const FRESH: i64 = 300;

/// Hex, for the header `x-yst-signature`. `timestamp`: Unix seconds, as text.
pub fn signature(timestamp: &str, nonce: &str, body: &[u8], secret: &str) -> String {
    let text = [timestamp.as_bytes(), b"\n", nonce.as_bytes(), b"\n", body].concat();
    hex::encode(hmac_sha256(secret.as_bytes(), &text))
}

/// Whether `given` is the signature of what came, and `timestamp` is of now (`unix`).
pub fn verifies(given: &str, timestamp: &str, nonce: &str, body: &[u8], secret: &str, unix: i64) -> bool {
    let fresh = timestamp.parse::<i64>().is_ok_and(|at| (at - unix).abs() <= FRESH);
    fresh && same(given.as_bytes(), signature(timestamp, nonce, body, secret).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_nonce_and_body_are_signed_and_old_ones_do_not_count() {
        // printf '1795320000\nn1\n{}' | openssl dgst -sha256 -hmac secret
        let signed = signature("1795320000", "n1", b"{}", "secret");
        assert_eq!(signed, "177bf581e9fbed98b5c2a6489c03737650909bb01f2d516b0cb28a4aa3beed5b");
        let at = 1_795_320_000;
        assert!(verifies(&signed, "1795320000", "n1", b"{}", "secret", at + FRESH));
        assert!(!verifies(&signed, "1795320000", "n1", b"{}", "secret", at + FRESH + 1));
        assert!(!verifies(&signed, "1795320000", "n2", b"{}", "secret", at));
        assert!(!verifies(&signed, "1795320001", "n1", b"{}", "secret", at));
        assert!(!verifies(&signed, "1795320000", "n1", b"{ }", "secret", at));
        assert!(!verifies(&signed, "1795320000", "n1", b"{}", "other", at));
        assert!(!verifies(&signed, "soon", "n1", b"{}", "secret", at));
    }
}
