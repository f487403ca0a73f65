//! Personal data: sealed at rest, looked up by keyed hash, masked on screens.

mod file;
mod mask;
pub mod reseal;

use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use rand::Rng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub use file::add as add_key;
pub use mask::{
    DOUBLE_SURNAMES, mask_card, mask_email, mask_id, mask_name, mask_openid, mask_phone, mask_plate,
    mask_surname,
};

/// The keys of the master key file, the newest first: it seals, all open. Cheap to clone.
#[derive(Clone)]
pub struct Keys(Arc<[Key]>);

/// What is derived from one master key.
struct Key {
    /// Stands in every value that it sealed.
    number: u32,
    seal: Zeroizing<[u8; 32]>,
    blind: Zeroizing<[u8; 32]>,
    sign: Zeroizing<[u8; 32]>,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("主密钥文件 {path} 无法读写：{source}。请检查 YST_MASTER_KEY_FILE 和文件权限。")]
    File { path: String, source: std::io::Error },
    #[error(
        "主密钥文件 {path} 里应是 64 位十六进制数，每行一个，编号不重复。请恢复备份，不要新建：丢了密钥，已存的手机号将无法读取。"
    )]
    Shape { path: String },
    #[error(
        "sealed value cannot be opened: it is damaged, or was sealed for another place or with another key"
    )]
    Sealed,
    #[error("sealed with key {0}, which the master key file lacks")]
    Missing(u32),
}

/// Version and algorithm in front of every sealed value; then the key's number, so that each can change later.
const FORM: &str = "1.x.";

impl Key {
    fn from_master(number: u32, master: &[u8; 32]) -> Key {
        let derive = |purpose: &[u8]| Zeroizing::new(mac(master, &[purpose]));
        Key { number, seal: derive(b"seal"), blind: derive(b"blind"), sign: derive(b"sign") }
    }

    fn prefix(&self) -> String {
        format!("{FORM}{}.", self.number)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.seal.as_slice().try_into().unwrap_or_else(|_| unreachable!("32 bytes")))
    }

    fn blind(&self, kind: &str, value: &str) -> String {
        hex::encode(&mac(self.blind.as_slice(), &[kind.as_bytes(), value.as_bytes()])[..16])
    }
}

impl Keys {
    /// Reads the master key file, making it on the very first start, readable by its owner only.
    pub fn load_or_create(path: &Path) -> Result<Keys, KeyError> {
        Ok(Keys(file::load_or_create(path)?.into()))
    }

    /// One key, number 1.
    pub fn from_master(master: &[u8; 32]) -> Keys {
        Keys(Arc::new([Key::from_master(1, master)]))
    }

    /// The numbers of all keys, that of the sealing one first.
    pub fn numbers(&self) -> Vec<u32> {
        self.0.iter().map(|key| key.number).collect()
    }

    /// Encrypts `plain` for one place (`table.column`); it opens nowhere else.
    pub fn seal(&self, place: &str, plain: &str) -> Result<String, KeyError> {
        let key = self.newest();
        let nonce = random_bytes::<24>();
        let payload = Payload { msg: plain.as_bytes(), aad: place.as_bytes() };
        let sealed = key.cipher().encrypt(&XNonce::from(nonce), payload).map_err(|_| KeyError::Sealed)?;
        Ok(key.prefix() + &URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// The plain text of a value sealed for `place`, by any of the keys.
    pub fn open(&self, place: &str, sealed: &str) -> Result<String, KeyError> {
        let (number, body) =
            sealed.strip_prefix(FORM).and_then(|rest| rest.split_once('.')).ok_or(KeyError::Sealed)?;
        let number: u32 = number.parse().map_err(|_| KeyError::Sealed)?;
        let key = self.0.iter().find(|key| key.number == number).ok_or(KeyError::Missing(number))?;
        let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| KeyError::Sealed)?;
        let (nonce, ciphertext) = bytes.split_at_checked(24).ok_or(KeyError::Sealed)?;
        let nonce: [u8; 24] = nonce.try_into().map_err(|_| KeyError::Sealed)?;
        let payload = Payload { msg: ciphertext, aad: place.as_bytes() };
        let plain = key.cipher().decrypt(&XNonce::from(nonce), payload).map_err(|_| KeyError::Sealed)?;
        String::from_utf8(plain).map_err(|_| KeyError::Sealed)
    }

    /// A keyed hash to look up a sealed value by, e.g. `blind("phone", "13812346021")`. 32 hex digits. For writing;
    /// who looks up asks for [`Keys::blinds`].
    pub fn blind(&self, kind: &str, value: &str) -> String {
        self.newest().blind(kind, value)
    }

    /// The hashes under which a value may stand, by every key, the newest first: until all is resealed, rows carry
    /// the hash of the key that sealed them.
    pub fn blinds(&self, kind: &str, value: &str) -> Vec<String> {
        self.0.iter().map(|key| key.blind(kind, value)).collect()
    }

    /// A signature over `parts` for one `purpose`, by the newest key; parts cannot be shifted against each other.
    /// For what lives minutes: a new key ends it.
    pub fn sign(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut all = vec![purpose.as_bytes()];
        all.extend_from_slice(parts);
        mac(self.newest().sign.as_slice(), &all)
    }

    fn newest(&self) -> &Key {
        self.0.first().unwrap_or_else(|| unreachable!("a key file without a key is refused"))
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
    fn every_key_opens_what_it_sealed_and_the_newest_seals() {
        let old = keys();
        let both = Keys(Arc::new([Key::from_master(2, &[8; 32]), Key::from_master(1, &[7; 32])]));
        let sealed = old.seal("person.phone", "13812346021").unwrap();
        assert_eq!(both.open("person.phone", &sealed).unwrap(), "13812346021");
        let sealed = both.seal("person.phone", "13812346021").unwrap();
        assert!(sealed.starts_with("1.x.2."));
        assert!(matches!(old.open("person.phone", &sealed), Err(KeyError::Missing(2))));
        assert_eq!(both.blinds("phone", "1"), [both.blind("phone", "1"), old.blind("phone", "1")]);
        assert_ne!(both.blind("phone", "1"), old.blind("phone", "1"));
    }
}
