//! What a parameter QR code says, written into its ticket and its address.
//!
//! The real platform keeps a table. Here the text itself carries the scene, sealed with the account's secret,
//! so that codes printed before a restart of the simulator still scan afterwards.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::base::privacy::{mac, same};

const TICKET_HEAD: &str = "gQ";
/// Real tickets end so, which is why they must be URL-encoded.
const TICKET_TAIL: &str = "==";
const ADDRESS: &str = "http://weixin.qq.com/q/02";
const SEAL: usize = 8;

/// A scene: a number or a text. Events carry both as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scene {
    Id(u32),
    Text(String),
}

/// A code's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    pub scene: Scene,
    /// Unix seconds; `None` is for ever.
    pub expires_at: Option<i64>,
}

impl std::fmt::Display for Scene {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Scene::Id(id) => write!(f, "{id}"),
            Scene::Text(text) => f.write_str(text),
        }
    }
}

impl Code {
    /// The ticket for `showqrcode` and events.
    pub fn ticket(&self, secret: &str) -> String {
        format!("{TICKET_HEAD}{}{TICKET_TAIL}", self.seal(secret))
    }

    /// The text inside the picture.
    pub fn url(&self, secret: &str) -> String {
        format!("{ADDRESS}{}", self.seal(secret))
    }

    /// Reads a ticket; `None` when this account never gave it.
    pub fn from_ticket(ticket: &str, secret: &str) -> Option<Code> {
        Code::unseal(ticket.strip_prefix(TICKET_HEAD)?.strip_suffix(TICKET_TAIL)?, secret)
    }

    /// Reads the text of a picture; `None` when it is not a code of this account.
    pub fn from_url(url: &str, secret: &str) -> Option<Code> {
        Code::unseal(url.strip_prefix(ADDRESS)?, secret)
    }

    pub fn expired(&self, now: i64) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    fn seal(&self, secret: &str) -> String {
        let mut plain = self.expires_at.unwrap_or_default().to_be_bytes().to_vec();
        match &self.scene {
            Scene::Id(id) => {
                plain.push(b'i');
                plain.extend_from_slice(&id.to_be_bytes());
            }
            Scene::Text(text) => {
                plain.push(b's');
                plain.extend_from_slice(text.as_bytes());
            }
        }
        let seal = mac(secret.as_bytes(), &[b"qrcode", &plain]);
        plain.extend_from_slice(&seal[..SEAL]);
        URL_SAFE_NO_PAD.encode(plain)
    }

    fn unseal(text: &str, secret: &str) -> Option<Code> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (plain, seal) = bytes.split_at_checked(bytes.len().checked_sub(SEAL)?)?;
        if !same(&mac(secret.as_bytes(), &[b"qrcode", plain])[..SEAL], seal) {
            return None;
        }
        let (time, scene) = plain.split_at_checked(8)?;
        let expires_at = i64::from_be_bytes(time.try_into().ok()?);
        let scene = match scene.split_first()? {
            (b'i', id) => Scene::Id(u32::from_be_bytes(id.try_into().ok()?)),
            (_, text) => Scene::Text(String::from_utf8(text.to_vec()).ok()?),
        };
        Some(Code { scene, expires_at: Some(expires_at).filter(|at| *at != 0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_from_ticket_and_picture() {
        let codes = [
            Code { scene: Scene::Id(u32::MAX), expires_at: Some(1_800_000_000) },
            Code { scene: Scene::Text("m_签到".to_string()), expires_at: None },
        ];
        for code in codes {
            assert_eq!(Code::from_ticket(&code.ticket("secret"), "secret"), Some(code.clone()));
            assert_eq!(Code::from_url(&code.url("secret"), "secret"), Some(code));
        }
    }

    #[test]
    fn another_accounts_ticket_and_a_changed_one_are_no_codes() {
        let code = Code { scene: Scene::Id(7), expires_at: None };
        assert_eq!(Code::from_ticket(&code.ticket("secret"), "other"), None);
        assert_eq!(Code::from_ticket(&code.ticket("secret").replace("gQA", "gQB"), "secret"), None);
        for text in ["", "gQ==", "gQAAAA==", "http://weixin.qq.com/q/02", "https://example.com"] {
            assert_eq!(Code::from_ticket(text, "secret"), None);
            assert_eq!(Code::from_url(text, "secret"), None);
        }
    }
}
