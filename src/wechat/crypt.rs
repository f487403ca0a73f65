//! AES-256-CBC as the platform uses it for pushes and replies.
//!
//! Frame: 16 random bytes, the message's length as big-endian u32, the message, the app id; padded to
//! 32-byte blocks (PKCS#7 with a block twice the cipher's), so padding is done here by hand.

use aes::Aes256;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit};
use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

const PAD_BLOCK: usize = 32;
const HEAD: usize = 20;

/// 43 characters hold 258 bits for a 256-bit key, and the platform hands out keys whose two spare bits are
/// set; a strict decoder would refuse them.
const KEY_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// The message key of an account (EncodingAESKey), ready for use. It is never printed.
#[derive(Clone)]
pub struct EncodingAesKey {
    cipher: Aes256,
    iv: [u8; 16],
}

/// The console's key text is not 43 letters and digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("wechat_encoding_aes_key：应为 43 个字母或数字。")]
pub struct KeyError;

/// Why a text did not open. The peer is told nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CryptError {
    /// Bad base64, length, padding, frame or UTF-8; most often another key.
    #[error("cannot be decrypted with this key")]
    Undecipherable,
    /// It opened, but was written for another account.
    #[error("written for another app id")]
    WrongAppId,
}

impl EncodingAesKey {
    /// Reads the 43 characters shown in the console.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        if text.len() != 43 || !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(KeyError);
        }
        // The decoder writes nothing before it knows that its estimate fits, which is one byte more.
        let mut buffer = [0; 33];
        let length = KEY_BASE64.decode_slice(text, &mut buffer).map_err(|_| KeyError)?;
        let key: [u8; 32] = buffer.get(..length).and_then(|b| b.try_into().ok()).ok_or(KeyError)?;
        let mut iv = [0; 16];
        iv.copy_from_slice(&key[..16]);
        Ok(Self { cipher: Aes256::new(&key.into()), iv })
    }

    /// Encrypts a message to the base64 text of an `Encrypt` node. `random` must differ for each message.
    pub fn encrypt(&self, random: [u8; 16], message: &[u8], app_id: &str) -> String {
        let plain = HEAD + message.len() + app_id.len();
        let pad = PAD_BLOCK - plain % PAD_BLOCK;
        let mut frame = Vec::with_capacity(plain + pad);
        frame.extend_from_slice(&random);
        // Replies are a few KiB; the length always fits.
        frame.extend_from_slice(&(message.len() as u32).to_be_bytes());
        frame.extend_from_slice(message);
        frame.extend_from_slice(app_id.as_bytes());
        frame.resize(plain + pad, pad as u8);

        let (blocks, _) = aes::Block::slice_as_chunks_mut(&mut frame);
        cbc::Encryptor::inner_iv_init(&self.cipher, &self.iv.into()).encrypt_blocks(blocks);
        STANDARD.encode(frame)
    }

    /// Opens the base64 text of an `Encrypt` node. Verify its signature first.
    pub fn decrypt(&self, encrypt: &str, app_id: &str) -> Result<String, CryptError> {
        let mut frame = STANDARD.decode(encrypt).map_err(|_| CryptError::Undecipherable)?;
        if frame.is_empty() || frame.len() % PAD_BLOCK != 0 {
            return Err(CryptError::Undecipherable);
        }
        let (blocks, _) = aes::Block::slice_as_chunks_mut(&mut frame);
        cbc::Decryptor::inner_iv_init(&self.cipher, &self.iv.into()).decrypt_blocks(blocks);
        unframe(frame, app_id)
    }
}

impl std::fmt::Debug for EncodingAesKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EncodingAesKey(…)")
    }
}

/// Strips padding and frame, checking each; the message keeps the buffer.
fn unframe(mut frame: Vec<u8>, app_id: &str) -> Result<String, CryptError> {
    let pad = usize::from(*frame.last().ok_or(CryptError::Undecipherable)?);
    let plain = frame.len().checked_sub(pad).ok_or(CryptError::Undecipherable)?;
    if !(1..=PAD_BLOCK).contains(&pad) || frame[plain..].iter().any(|&b| usize::from(b) != pad) {
        return Err(CryptError::Undecipherable);
    }
    let length = frame[..plain].get(16..HEAD).and_then(|b| b.try_into().ok()).map(u32::from_be_bytes);
    let end = length.and_then(|n| HEAD.checked_add(n as usize)).filter(|&end| end <= plain);
    let end = end.ok_or(CryptError::Undecipherable)?;
    if &frame[end..plain] != app_id.as_bytes() {
        return Err(CryptError::WrongAppId);
    }
    frame.truncate(end);
    frame.drain(..HEAD);
    String::from_utf8(frame).map_err(|_| CryptError::Undecipherable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::signature::sign;

    const SPARE_BITS_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    const CITY_KEY: &str = "Q2l0eUdvdldlQ2hhdEJhY2tlbmRUZXN0S2V5MDAwMD9";

    fn key(text: &str) -> EncodingAesKey {
        EncodingAesKey::parse(text).expect("a key")
    }

    /// Encrypts a frame as it is, to try frames that no honest peer would write.
    fn encrypt_frame(frame: &[u8]) -> String {
        let key = key(CITY_KEY);
        let mut frame = frame.to_vec();
        let (blocks, _) = aes::Block::slice_as_chunks_mut(&mut frame);
        cbc::Encryptor::inner_iv_init(&key.cipher, &key.iv.into()).encrypt_blocks(blocks);
        STANDARD.encode(frame)
    }

    fn frame(length: u32, rest: &[u8], pad: u8, pads: usize) -> Vec<u8> {
        let mut frame = vec![b'r'; 16];
        frame.extend_from_slice(&length.to_be_bytes());
        frame.extend_from_slice(rest);
        frame.resize(frame.len() + pads, pad);
        frame
    }

    #[test]
    fn the_official_push_opens() {
        let key = key(&"A".repeat(43));
        let encrypt = "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04=";
        let signed = sign(["AAAAA", "1714112445", "415670741", encrypt]);
        assert_eq!(signed.as_str(), "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3");
        let message = r#"{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714112445,"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}"#;
        assert_eq!(key.decrypt(encrypt, "wxba5fad812f8e6fb9").as_deref(), Ok(message));
        assert_eq!(key.encrypt(*b"a8eedb185eb2fecf", message.as_bytes(), "wxba5fad812f8e6fb9"), encrypt);
    }

    #[test]
    fn the_official_reply_is_written_and_signed_the_same() {
        let key = key(&"A".repeat(43));
        let encrypt =
            key.encrypt(*b"707722b803182950", br#"{"demo_resp":"good luck"}"#, "wxba5fad812f8e6fb9");
        assert_eq!(
            encrypt,
            "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
        );
        let signed = sign(["AAAAA", "1713424427", "415670741", &encrypt]);
        assert_eq!(signed.as_str(), "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1");
    }

    #[test]
    fn a_key_with_spare_bits_set_is_accepted() {
        let key = key(SPARE_BITS_KEY);
        let encrypt = key.encrypt(*b"aaaabbbbccccdddd", "我是中文abcd123".as_bytes(), "wxb11529c136998cb6");
        assert_eq!(
            encrypt,
            "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
        );
        assert_eq!(key.decrypt(&encrypt, "wxb11529c136998cb6").as_deref(), Ok("我是中文abcd123"));
        let signed = sign(["pamtest", "1409304348", "xxxxxx", &encrypt]);
        assert_eq!(signed.as_str(), "82c962d39941aa48552f90ef55aa323dc620cc10");
    }

    #[test]
    fn a_long_reply_is_written_the_same() {
        let message = "<xml><ToUserName><![CDATA[oia2Tj我是中文jewbmiOUlr6X-1crbLOvLw]]></ToUserName><FromUserName><![CDATA[gh_7f083739789a]]></FromUserName><CreateTime>1407743423</CreateTime><MsgType><![CDATA[video]]></MsgType><Video><MediaId><![CDATA[eYJ1MbwPRJtOvIEabaxHs7TX2D-HV71s79GUxqdUkjm6Gs2Ed1KF3ulAOA9H1xG0]]></MediaId><Title><![CDATA[testCallBackReplyVideo]]></Title><Description><![CDATA[testCallBackReplyVideo]]></Description></Video></xml>";
        let encrypt =
            key(SPARE_BITS_KEY).encrypt(*b"aaaabbbbccccdddd", message.as_bytes(), "wxb11529c136998cb6");
        assert_eq!(encrypt.len(), 640);
        assert_eq!(sign([&encrypt]).as_str(), "5fc7697b9acc239c718f9c94e5314df0f75bfccd");
    }

    #[test]
    fn a_push_with_padding_wider_than_the_cipher_block_opens() {
        let encrypt = "rTNFcsut4LfGuAFKEUVVpwcaCOTJzOd9twZdIW910jb3k+iicx2uvhttIZ3Qg9Qgty3BEF2xbOrz6boTfb30dMomcgrkTqdFPwnhqbk+kIQ7rZiwny9D7NUrTgA5kpX3KsZvrXzUZyP2x9YOlxbgm572lmxKvM7HAQQhIQ/p6HBmoY30bGXFK0BtIu1pW9TjhOYrLQoU18nWYjWqDA1ynkmOytpv7QRI1P1+0NoxL0q2zO1DgeSvnE8CZGo/o5Ap/WHK5W2RAsinpzN4/LjPnmB6U01I5XCoJoC0GK/yMZycd2Oh8Nq6+wBkC1U85oy0ktOY4nLvsQMLrourmMGdZHuTbqpeJ8Ao/5PRYJ+WBvRUwPfGKBL2+2IKZF49vAJqkcGWSHGE76ZN2erXeuNazf/o9o3lIE3q739o4c8t9QGPe31GT2Go/rOz1BsrASwvauNulCh+++yz+CQzBIuikA==";
        let signed = sign(["pamtest", "1458300676", "260774613", encrypt]);
        assert_eq!(signed.as_str(), "4f3ad57b6989f09f4eb392acce4f9e93942ed890");
        let message = key(SPARE_BITS_KEY).decrypt(encrypt, "wxb11529c136998cb6").expect("opens");
        assert!(message.contains("asdasdasdsadasd") && message.contains("hello"), "{message}");
    }

    #[test]
    fn the_multi_language_sample_opens_for_its_own_app_id_only() {
        let key = key("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C");
        let encrypt = "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q==";
        let signed = sign(["QDG6eK", "1409659813", "1372623149", encrypt]);
        assert!(signed.matches("477715d11cdb4164915debcba66cb864d751f3e6"));
        assert!(!signed.matches("477715d11cdb4164915debcba66cb864d751f3e7"));
        let message = key.decrypt(encrypt, "wx5823bf96d3bd56c7").expect("opens");
        assert!(message.contains("mycreate") && message.contains("4561255354251345929"), "{message}");
        for other in ["wx5823bf96d3bd56c8", "", "wx5823bf96d3bd56c", "x5823bf96d3bd56c7"] {
            assert_eq!(key.decrypt(encrypt, other), Err(CryptError::WrongAppId), "{other}");
        }
    }

    #[test]
    fn a_full_block_of_padding_and_emoji_survive() {
        let encrypt = key(CITY_KEY).encrypt(
            *b"fedcba9876543210",
            "签到成功😀..........".as_bytes(),
            "wx1234567890abcdef",
        );
        assert_eq!(
            encrypt,
            "jspv4M99eQCab0uoidvJgGZmnU2e6yoTk+UfducaMVeUZKU75zOQGksmsBsQFQ66wihbKNMuKR3L7P/ln1/eTZ1HYvtXSifSnF4FLeBYHYGzbaPW7heCu952Ai55Jt1W"
        );
        let signed = sign(["govtoken", "1700000002", "n0nce2", &encrypt]);
        assert_eq!(signed.as_str(), "1df35e87ead71a44603e1b6d1e08902d2a30df30");
        let message = key(CITY_KEY).decrypt(&encrypt, "wx1234567890abcdef");
        assert_eq!(message.as_deref(), Ok("签到成功😀.........."));
    }

    #[test]
    fn every_length_comes_back() {
        let key = key(CITY_KEY);
        for length in 0..100 {
            let message = "x".repeat(length);
            let encrypt = key.encrypt([7; 16], message.as_bytes(), "wx1");
            assert_eq!(key.decrypt(&encrypt, "wx1"), Ok(message));
        }
    }

    #[test]
    fn frames_that_lie_are_refused_alike() {
        let key = key(CITY_KEY);
        let bad = [
            ("pad of zero", frame(1, b"mwx1", 0, 8)),
            ("pad over a block", frame(1, b"mwx1", 33, 40)),
            ("pads that differ", [&frame(1, b"mwx1", 9, 7)[..], &[8]].concat()),
            ("length past the end", frame(999, b"mwx1", 8, 8)),
            ("length that overflows", frame(u32::MAX, b"mwx1", 8, 8)),
            ("no room for the head", vec![32; 32]),
            ("not UTF-8", frame(2, b"\xff\xfewx1", 7, 7)),
        ];
        for (what, frame) in bad {
            let encrypt = encrypt_frame(&frame);
            assert_eq!(key.decrypt(&encrypt, "wx1"), Err(CryptError::Undecipherable), "{what}");
        }
    }

    #[test]
    fn texts_that_are_no_ciphertext_are_refused() {
        for text in ["", "not base64!", "AAAA", "AAAAAAAAAAAAAAAAAAAAAA==", "签到"] {
            assert_eq!(key(CITY_KEY).decrypt(text, "wx1"), Err(CryptError::Undecipherable), "{text}");
        }
    }

    #[test]
    fn keys_of_another_shape_are_refused() {
        for text in ["", "short", &"A".repeat(42), &"A".repeat(44), &"=".repeat(43), &"+".repeat(43)] {
            assert_eq!(EncodingAesKey::parse(text).err(), Some(KeyError), "{text}");
        }
    }

    #[test]
    fn a_key_does_not_print_itself() {
        assert_eq!(format!("{:?}", key(CITY_KEY)), "EncodingAesKey(…)");
    }
}
