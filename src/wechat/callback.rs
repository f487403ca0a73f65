//! The platform's callback: checks and opens a push, renders and seals the answer. Pure, without I/O.
//!
//! ```text
//! let opened = account.open(&Query::parse(raw_query), body, clock.now())?;   // error: answer .status(), empty
//! let reply = …(&opened.inbound);
//! let answer = opened.seal(&reply, clock.now(), rand::random());
//! ```

use super::crypt::{CryptError, EncodingAesKey, KeyError};
use super::message::Inbound;
use super::reply::Reply;
use super::signature::sign;
use super::xml::{Document, XmlError};
use crate::base::config;
use chrono::{DateTime, Utc};
use std::borrow::Cow;
use std::sync::Arc;

pub use crate::base::config::Mode;

/// The age that a push may have, in seconds: the platform repeats within 15 s, the rest is for clocks.
pub const FRESHNESS_SECONDS: u32 = 300;

/// What must be known of an account to talk to the platform's callback.
#[derive(Debug)]
pub struct Account {
    app_id: String,
    tokens: Vec<String>,
    keys: Vec<EncodingAesKey>,
    mode: Mode,
    freshness: Option<i64>,
}

/// Account settings that cannot work; shown to the operator who starts the program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    #[error("wechat_app_id：没有填写。")]
    AppId,
    #[error("wechat_token：应为 3 到 32 个字母或数字，至少要有一个。")]
    Token,
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("wechat_encoding_aes_key：安全模式和兼容模式必须填写。")]
    KeyNeeded,
}

/// The parameters of a callback request, with the text the platform signed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Query<'q> {
    pub signature: Option<Cow<'q, str>>,
    pub msg_signature: Option<Cow<'q, str>>,
    pub timestamp: Option<Cow<'q, str>>,
    pub nonce: Option<Cow<'q, str>>,
    pub echostr: Option<Cow<'q, str>>,
}

/// Why a request is turned away. The peer learns nothing but the status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    #[error("the parameter {0} is missing")]
    Missing(&'static str),
    #[error("the signature does not match any configured token")]
    Signature,
    /// Correctly signed, so most likely one of the two clocks is wrong. Positive when the push lies behind.
    #[error("signed {skew_seconds} s ago by this server's clock: replayed, or the clock is off")]
    Stale { skew_seconds: i64 },
    #[error("the server is set to encrypted pushes but this one has no <Encrypt>")]
    Downgrade,
    #[error("the server is set to plain pushes but this one is encrypted only")]
    EncryptedOnly,
    #[error("the body {0}")]
    BadXml(XmlError),
    #[error("cannot be decrypted with any configured EncodingAESKey")]
    BadCrypt,
    #[error("written for another app id")]
    WrongAppId,
    #[error("the body is too large")]
    TooLarge,
}

/// A checked push and what is needed to answer it.
#[derive(Debug)]
pub struct Opened<'a> {
    /// Shared, so that slow work can keep it after the answer was sent.
    pub inbound: Arc<Inbound>,
    seal: Option<Seal<'a>>,
}

/// The key and token that opened the push also close the answer.
#[derive(Debug)]
struct Seal<'a> {
    app_id: &'a str,
    token: &'a str,
    key: &'a EncodingAesKey,
    nonce: String,
}

/// A response body. Status is always 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub content_type: &'static str,
    pub body: Cow<'static, str>,
}

impl Answer {
    /// The word that ends processing; unencrypted in every mode, and as text (as XML it was reported to fail).
    pub const SUCCESS: Answer =
        Answer { content_type: "text/plain; charset=utf-8", body: Cow::Borrowed("success") };
}

impl CallbackError {
    /// The HTTP status that it is answered with, with an empty body.
    pub fn status(&self) -> u16 {
        match self {
            Self::TooLarge => 413,
            Self::Missing(_) | Self::BadXml(_) => 400,
            _ => 403,
        }
    }
}

impl From<XmlError> for CallbackError {
    fn from(error: XmlError) -> Self {
        match error {
            XmlError::TooLarge => Self::TooLarge,
            other => Self::BadXml(other),
        }
    }
}

impl<'q> Query<'q> {
    /// Reads a raw query string. Only percent-escapes are undone: what was signed must not change, so a `+`
    /// stays a `+` and numbers stay text. The first of repeated parameters counts.
    pub fn parse(raw: &'q str) -> Self {
        let mut query = Self::default();
        for (name, value) in raw.split('&').filter_map(|pair| pair.split_once('=')) {
            let slot = match name {
                "signature" => &mut query.signature,
                "msg_signature" => &mut query.msg_signature,
                "timestamp" => &mut query.timestamp,
                "nonce" => &mut query.nonce,
                "echostr" => &mut query.echostr,
                _ => continue,
            };
            if slot.is_none() {
                *slot = Some(unescape(value));
            }
        }
        query
    }
}

/// Undoes percent-escapes; what is none stays as it is.
fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains('%') {
        return value.into();
    }
    let digit = |byte: Option<&u8>| byte.and_then(|&b| char::from(b).to_digit(16));
    let bytes = value.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (byte, digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                plain.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned().into()
}

fn need<'v>(value: &'v Option<Cow<'_, str>>, name: &'static str) -> Result<&'v str, CallbackError> {
    value.as_deref().filter(|value| !value.is_empty()).ok_or(CallbackError::Missing(name))
}

impl Account {
    /// `tokens` and `keys` hold the newest first; older ones are still accepted while a change in the console
    /// spreads. `freshness_seconds` bounds the age of a push to both sides; 0 turns the check off.
    pub fn new(
        app_id: &str,
        tokens: &[&str],
        keys: &[&str],
        mode: Mode,
        freshness_seconds: u32,
    ) -> Result<Self, AccountError> {
        let valid = |token: &&str| {
            (3..=32).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        if app_id.is_empty() {
            return Err(AccountError::AppId);
        }
        if tokens.is_empty() || !tokens.iter().all(valid) {
            return Err(AccountError::Token);
        }
        if keys.is_empty() && mode != Mode::Plain {
            return Err(AccountError::KeyNeeded);
        }
        Ok(Self {
            app_id: app_id.to_owned(),
            tokens: tokens.iter().map(|&token| token.to_owned()).collect(),
            keys: keys.iter().map(|&key| EncodingAesKey::parse(key)).collect::<Result<_, _>>()?,
            mode,
            freshness: (freshness_seconds > 0).then_some(i64::from(freshness_seconds)),
        })
    }

    /// The account of the operator's settings.
    pub fn from_settings(settings: &config::Wechat) -> Result<Self, AccountError> {
        let tokens: Vec<_> = settings.tokens.iter().map(String::as_str).collect();
        let keys: Vec<_> = settings.aes_keys.iter().map(String::as_str).collect();
        Self::new(&settings.app_id, &tokens, &keys, settings.mode, FRESHNESS_SECONDS)
    }

    pub fn app_id(&self) -> &str {
        &self.app_id
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Checks the GET by which the console verifies the address; answer 200 with the returned text, exactly,
    /// as `text/plain` with its length. May be repeated, so its age is not checked.
    pub fn verify_url<'v>(&self, query: &'v Query<'_>) -> Result<&'v str, CallbackError> {
        let echo = need(&query.echostr, "echostr")?;
        self.check_plain(query)?;
        Ok(echo)
    }

    /// Checks a POST and reads its push. `now` is this server's clock.
    pub fn open(
        &self,
        query: &Query<'_>,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Opened<'_>, CallbackError> {
        match self.mode {
            Mode::Plain => {
                self.check_plain(query)?;
                self.check_age(query, now)?;
                let document = Document::from_bytes(body)?;
                if document.get("FromUserName").is_none() && document.get("Encrypt").is_some() {
                    return Err(CallbackError::EncryptedOnly);
                }
                Ok(Opened { inbound: Arc::new(Inbound::from_document(&document)?), seal: None })
            }
            // Whatever `encrypt_type` says: only what `msg_signature` covers is read.
            Mode::Compatible | Mode::Safe => {
                let given = query.msg_signature.as_deref().ok_or(CallbackError::Downgrade)?;
                let timestamp = need(&query.timestamp, "timestamp")?;
                let nonce = need(&query.nonce, "nonce")?;
                let document = Document::from_bytes(body)?;
                let encrypt = document.get("Encrypt").ok_or(CallbackError::Downgrade)?;
                let token = self.token(|token| sign([token, timestamp, nonce, encrypt]).matches(given))?;
                self.check_age(query, now)?;
                let (message, key) = self.decrypt(encrypt)?;
                let seal = Seal { app_id: &self.app_id, token, key, nonce: nonce.to_owned() };
                Ok(Opened { inbound: Arc::new(Inbound::parse(&message)?), seal: Some(seal) })
            }
        }
    }

    fn token(&self, matches: impl Fn(&str) -> bool) -> Result<&str, CallbackError> {
        let found = self.tokens.iter().find(|token| matches(token));
        found.map(String::as_str).ok_or(CallbackError::Signature)
    }

    fn check_plain(&self, query: &Query<'_>) -> Result<(), CallbackError> {
        let given = need(&query.signature, "signature")?;
        let timestamp = need(&query.timestamp, "timestamp")?;
        let nonce = need(&query.nonce, "nonce")?;
        self.token(|token| sign([token, timestamp, nonce]).matches(given)).map(|_| ())
    }

    /// Only after the signature, so that a skew in the log is the platform's word against our clock.
    fn check_age(&self, query: &Query<'_>, now: DateTime<Utc>) -> Result<(), CallbackError> {
        let Some(allowed) = self.freshness else { return Ok(()) };
        let signed: i64 =
            need(&query.timestamp, "timestamp")?.parse().map_err(|_| CallbackError::Missing("timestamp"))?;
        let skew_seconds = now.timestamp().saturating_sub(signed);
        if skew_seconds.unsigned_abs() > allowed.unsigned_abs() {
            return Err(CallbackError::Stale { skew_seconds });
        }
        Ok(())
    }

    fn decrypt(&self, encrypt: &str) -> Result<(String, &EncodingAesKey), CallbackError> {
        let mut failure = CallbackError::BadCrypt;
        for key in &self.keys {
            match key.decrypt(encrypt, &self.app_id) {
                Ok(message) => return Ok((message, key)),
                Err(CryptError::WrongAppId) => failure = CallbackError::WrongAppId,
                Err(CryptError::Undecipherable) => {}
            }
        }
        Err(failure)
    }
}

impl Opened<'_> {
    /// Renders a reply to the push's sender, encrypted when the push was. `random` must be fresh each time.
    pub fn seal(&self, reply: &Reply, now: DateTime<Utc>, random: [u8; 16]) -> Answer {
        let push = &self.inbound;
        let time = now.timestamp();
        let Some(xml) = reply.render(&push.from, &push.to, time, push.articles_allowed()) else {
            return Answer::SUCCESS;
        };
        let body = match &self.seal {
            None => xml,
            Some(seal) => seal.close(&xml, time, random),
        };
        Answer { content_type: "text/xml; charset=utf-8", body: body.into() }
    }
}

impl Seal<'_> {
    fn close(&self, xml: &str, time: i64, random: [u8; 16]) -> String {
        let encrypt = self.key.encrypt(random, xml.as_bytes(), self.app_id);
        envelope(&encrypt, self.token, &time.to_string(), &self.nonce)
    }
}

/// Wraps an encrypted text the way replies travel, signed with `token`. The nonce came over the wire but is
/// covered by a signature, and is written so that it cannot leave its node.
pub fn envelope(encrypt: &str, token: &str, timestamp: &str, nonce: &str) -> String {
    let signature = sign([token, timestamp, nonce, encrypt]);
    let nonce = nonce.replace("]]>", "");
    let mut xml = String::with_capacity(encrypt.len() + 240);
    for piece in [
        "<xml><Encrypt><![CDATA[",
        encrypt,
        "]]></Encrypt><MsgSignature><![CDATA[",
        signature.as_str(),
        "]]></MsgSignature><TimeStamp>",
        timestamp,
        "</TimeStamp><Nonce><![CDATA[",
        &nonce,
        "]]></Nonce></xml>",
    ] {
        xml.push_str(piece);
    }
    xml
}

#[cfg(test)]
mod tests;
