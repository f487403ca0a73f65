//! Pushes as WeChat sends them: signed, and encrypted where the mode says so.

use anyhow::Context;
use yishiting::base::clock::Clock;
use yishiting::wechat::crypt::EncodingAesKey;
use yishiting::wechat::signature::sign;

use crate::http::post_xml;
use crate::program::{AES_KEY, APP_ID, TOKEN};

/// The openid of follower `number`.
pub fn openid(number: usize) -> String {
    format!("oLoad{number:023}")
}

/// A text message, different for every `number`.
pub fn text(number: usize, content: &str) -> String {
    let openid = openid(number % 10_000);
    let now = Clock::System.unix();
    format!(
        "<xml><ToUserName><![CDATA[gh_load]]></ToUserName><FromUserName><![CDATA[{openid}]]></FromUserName><CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{content}]]></Content><MsgId>{}</MsgId></xml>",
        7_000_000_000_000_000_000u64 + number as u64
    )
}

/// Follower `number` scans the code with `scene`.
pub fn scan(number: usize, scene: &str) -> String {
    let openid = openid(number);
    let now = Clock::System.unix();
    format!(
        "<xml><ToUserName><![CDATA[gh_load]]></ToUserName><FromUserName><![CDATA[{openid}]]></FromUserName><CreateTime>{now}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[SCAN]]></Event><EventKey><![CDATA[{scene}]]></EventKey><Ticket><![CDATA[TICKET]]></Ticket></xml>"
    )
}

/// The whole HTTP request of a push.
pub fn request(host: &str, mode: &str, message: &str) -> anyhow::Result<Vec<u8>> {
    let timestamp = Clock::System.unix().to_string();
    let nonce = "1372623149";
    let signature = sign([TOKEN, &timestamp, nonce]);
    let plain =
        format!("/wechat/callback?signature={}&timestamp={timestamp}&nonce={nonce}", signature.as_str());
    if mode == "plain" {
        return Ok(post_xml(host, &plain, message));
    }
    let key = key()?;
    let encrypt = key.encrypt(rand::random(), message.as_bytes(), APP_ID);
    let signature = sign([TOKEN, &timestamp, nonce, &encrypt]);
    let body = format!(
        "<xml><ToUserName><![CDATA[gh_load]]></ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"
    );
    Ok(post_xml(host, &format!("{plain}&encrypt_type=aes&msg_signature={}", signature.as_str()), &body))
}

/// The text of a reply, decrypted where it is encrypted.
pub fn reply_text(answer: &str) -> anyhow::Result<String> {
    let xml = match between(answer, "<Encrypt><![CDATA[", "]]>") {
        Some(encrypt) => key()?.decrypt(encrypt, APP_ID).map_err(|error| anyhow::anyhow!("{error}"))?,
        None => answer.to_string(),
    };
    let text = between(&xml, "<Content><![CDATA[", "]]></Content>").context("the reply is no text")?;
    Ok(text.to_string())
}

fn key() -> anyhow::Result<EncodingAesKey> {
    EncodingAesKey::parse(AES_KEY).map_err(|error| anyhow::anyhow!("{error}"))
}

pub fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let start = text.find(from)? + from.len();
    let end = text[start..].find(to)? + start;
    Some(&text[start..end])
}
