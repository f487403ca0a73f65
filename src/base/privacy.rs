//! Personal data: sealed at rest, looked up by keyed hash, masked on screens.

use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use rand::Rng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Keys derived from the one master key. Cheap to clone.
#[derive(Clone)]
pub struct Keys {
    seal: Zeroizing<[u8; 32]>,
    blind: Zeroizing<[u8; 32]>,
    sign: Zeroizing<[u8; 32]>,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("主密钥文件 {path} 无法读写：{source}。请检查 YST_MASTER_KEY_FILE 和文件权限。")]
    File { path: String, source: std::io::Error },
    #[error(
        "主密钥文件 {path} 不是 64 位十六进制数。请恢复备份，不要新建：换了密钥，已存的手机号将无法读取。"
    )]
    Shape { path: String },
    #[error(
        "sealed value cannot be opened: it is damaged, or was sealed for another place or with another key"
    )]
    Sealed,
}

/// Version, algorithm and key number in front of every sealed value, so that each can change later.
const PREFIX: &str = "1.x.1.";

impl Keys {
    /// Reads the master key (64 hex digits), making it on the very first start, readable by its owner only.
    pub fn load_or_create(path: &Path) -> Result<Keys, KeyError> {
        let fail = |source| KeyError::File { path: path.display().to_string(), source };
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let mut master = Zeroizing::new([0u8; 32]);
                hex::decode_to_slice(text.trim(), master.as_mut_slice())
                    .map_err(|_| KeyError::Shape { path: path.display().to_string() })?;
                Ok(Keys::from_master(&master))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let master = Zeroizing::new(random_bytes::<32>());
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder).map_err(fail)?;
                }
                let mut options = std::fs::OpenOptions::new();
                options.write(true).create_new(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let mut file = options.open(path).map_err(fail)?;
                file.write_all(hex::encode(master.as_slice()).as_bytes())
                    .and_then(|()| file.sync_all())
                    .map_err(fail)?;
                Ok(Keys::from_master(&master))
            }
            Err(error) => Err(fail(error)),
        }
    }

    pub fn from_master(master: &[u8; 32]) -> Keys {
        Keys {
            seal: Zeroizing::new(mac(master, &[b"seal"])),
            blind: Zeroizing::new(mac(master, &[b"blind"])),
            sign: Zeroizing::new(mac(master, &[b"sign"])),
        }
    }

    /// Encrypts `plain` for one place (`table.column`); it opens nowhere else.
    pub fn seal(&self, place: &str, plain: &str) -> Result<String, KeyError> {
        let nonce = random_bytes::<24>();
        let payload = Payload { msg: plain.as_bytes(), aad: place.as_bytes() };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).map_err(|_| KeyError::Sealed)?;
        Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat())))
    }

    /// The plain text of a value sealed for `place`.
    pub fn open(&self, place: &str, sealed: &str) -> Result<String, KeyError> {
        let body = sealed.strip_prefix(PREFIX).ok_or(KeyError::Sealed)?;
        let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| KeyError::Sealed)?;
        let (nonce, ciphertext) = bytes.split_at_checked(24).ok_or(KeyError::Sealed)?;
        let nonce: [u8; 24] = nonce.try_into().map_err(|_| KeyError::Sealed)?;
        let payload = Payload { msg: ciphertext, aad: place.as_bytes() };
        let plain = self.cipher().decrypt(&XNonce::from(nonce), payload).map_err(|_| KeyError::Sealed)?;
        String::from_utf8(plain).map_err(|_| KeyError::Sealed)
    }

    /// A keyed hash to look up a sealed value by, e.g. `blind("phone", "13812346021")`. 32 hex digits.
    pub fn blind(&self, kind: &str, value: &str) -> String {
        hex::encode(&mac(self.blind.as_slice(), &[kind.as_bytes(), value.as_bytes()])[..16])
    }

    /// A signature over `parts` for one `purpose`; parts cannot be shifted against each other.
    pub fn sign(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut all = vec![purpose.as_bytes()];
        all.extend_from_slice(parts);
        mac(self.sign.as_slice(), &all)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.seal.as_slice().try_into().unwrap_or_else(|_| unreachable!("32 bytes")))
    }
}

/// HMAC-SHA-256 over length-prefixed parts.
pub fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key)
        .unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// SHA-256 as hex, for digests and for tokens that are stored hashed.
pub fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Equal in a time that does not tell where they differ.
pub fn same(left: &[u8], right: &[u8]) -> bool {
    subtle::ConstantTimeEq::ct_eq(left, right).into()
}

pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0u8; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// A secret of 256 bits as 43 URL-safe characters.
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes::<32>())
}

/// `len` characters that people can read aloud: no 0/o, 1/l/i.
pub fn random_code(len: usize) -> String {
    const LETTERS: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";
    let mut rng = rand::rng();
    (0..len).map(|_| char::from(LETTERS[rand::RngExt::random_range(&mut rng, 0..LETTERS.len())])).collect()
}

/// `138****6021`; anything shorter than seven digits is hidden whole.
pub fn mask_phone(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().collect();
    if digits.len() < 7 {
        return "****".to_string();
    }
    let head: String = digits[..3].iter().collect();
    let tail: String = digits[digits.len() - 4..].iter().collect();
    format!("{head}****{tail}")
}

/// `江*`, `江*帆`, `欧**静`: first and last character stay.
pub fn mask_name(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    match letters.as_slice() {
        [] => String::new(),
        [only] => only.to_string(),
        [first, _] => format!("{first}*"),
        [first, middle @ .., last] => format!("{first}{}{last}", "*".repeat(middle.len().min(3))),
    }
}

/// An openid as logs may show it: enough to follow one user through a log, not enough to find them.
pub fn mask_openid(openid: &str) -> String {
    format!("o:{}", &digest(openid.as_bytes())[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::from_master(&[7; 32])
    }

    #[test]
    fn what_is_sealed_opens_in_its_own_place_only() {
        let sealed = keys().seal("person.phone", "13812346021").unwrap();
        assert!(!sealed.contains("6021"));
        assert_eq!(keys().open("person.phone", &sealed).unwrap(), "13812346021");
        assert!(keys().open("roster.phone", &sealed).is_err());
        assert!(Keys::from_master(&[8; 32]).open("person.phone", &sealed).is_err());
        assert!(keys().open("person.phone", "1.x.1.AAAA").is_err());
        assert_ne!(sealed, keys().seal("person.phone", "13812346021").unwrap());
    }

    #[test]
    fn the_blind_index_is_stable_and_depends_on_the_kind() {
        assert_eq!(keys().blind("phone", "1"), keys().blind("phone", "1"));
        assert_ne!(keys().blind("phone", "1"), keys().blind("plate", "1"));
    }

    #[test]
    fn the_master_key_is_made_once_and_a_damaged_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/master.key");
        let first = Keys::load_or_create(&path).unwrap();
        let second = Keys::load_or_create(&path).unwrap();
        assert_eq!(first.blind("phone", "1"), second.blind("phone", "1"));
        std::fs::write(&path, "short").unwrap();
        assert!(matches!(Keys::load_or_create(&path), Err(KeyError::Shape { .. })));
    }

    #[test]
    fn masks_keep_what_a_colleague_needs_and_no_more() {
        assert_eq!(mask_phone("13812346021"), "138****6021");
        assert_eq!(mask_phone("110"), "****");
        assert_eq!(mask_name("江一帆"), "江*帆");
        assert_eq!(mask_name("王海"), "王*");
        assert_eq!(mask_name("阿依古丽·买买提"), "阿***提");
    }
}
