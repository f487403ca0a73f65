//! The platform's SHA-1 signatures over sorted parts.
//!
//! Three parts (token, timestamp, nonce) sign a URL check or a plain push; four (with the `Encrypt` text)
//! sign an encrypted push or reply. Parts are compared as bytes, never as numbers, and are used as received.

use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

/// A signature as it travels: 40 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 40]);

impl Signature {
    /// The 40 digits.
    pub fn as_str(&self) -> &str {
        // Only hexadecimal digits are ever written, so the fallback cannot be reached.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether the other side's text is this signature; takes the same time wherever they differ.
    pub fn matches(&self, given: &str) -> bool {
        self.0.as_slice().ct_eq(given.as_bytes()).into()
    }
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Signs the parts: sorted bytewise, concatenated, hashed.
pub fn sign<const N: usize>(mut parts: [&str; N]) -> Signature {
    parts.sort_unstable();
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    digest(hash)
}

/// Signs one text as it stands (the JS-SDK's way).
pub(super) fn sign_text(text: &str) -> Signature {
    digest(Sha1::new_with_prefix(text.as_bytes()))
}

fn digest(hash: Sha1) -> Signature {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [0; 40];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(hash.finalize()) {
        pair[0] = HEX[usize::from(byte >> 4)];
        pair[1] = HEX[usize::from(byte & 15)];
    }
    Signature(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_parts_give_the_platforms_signature() {
        let vectors = [
            (["AAAAA", "1714036504", "1514711492"], "f464b24fc39322e44b38aa78f5edd27bd1441696"),
            (["AAAAA", "1714112445", "415670741"], "6c5c811b55cc85e0e1b54100749188c20beb3f5d"),
            (["test", "1410685589", "test"], "f21891de399b4e33a1a93c9a7b8a8fffb5a443ff"),
            (["a", "b", "c"], "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (["govtoken", "1700000001", "n0nce"], "76cbe83ad5608dd6fececef4d7fcf5ba4b5c089a"),
        ];
        for (parts, expected) in vectors {
            assert_eq!(sign(parts).as_str(), expected, "{parts:?}");
        }
    }

    #[test]
    fn parts_sort_as_bytes_and_not_as_numbers() {
        let signature = sign(["AAAAA", "1714037059", "486452656"]);
        assert_eq!(signature.as_str(), "899cf89e464efb63f54ddac96b0a0a235f53aa78");
    }

    #[test]
    fn four_parts_sign_an_encrypted_body() {
        let signature = sign(["RMNlACHlV5ThzfRlVS4D4", "timestamp", "nonce", "encrypt"]);
        assert_eq!(signature.as_str(), "8edac0945683c119ee71c9f6256d76c48aa08a96");
    }

    #[test]
    fn only_the_exact_text_matches() {
        let signature = sign(["a", "b", "c"]);
        assert!(signature.matches("a9993e364706816aba3e25717850c26c9cd0d89d"));
        assert!(!signature.matches("a9993e364706816aba3e25717850c26c9cd0d89c"));
        assert!(!signature.matches("A9993E364706816ABA3E25717850C26C9CD0D89D"));
        assert!(!signature.matches("a9993e364706816aba3e25717850c26c9cd0d89"));
        assert!(!signature.matches(""));
    }
}
