//! Receipts of the generic provider, signed as our requests to it are.

use chrono::DateTime;
use secrecy::ExposeSecret;
use serde_json::Value;

use super::{Malformed, Signature, Told, number, text};
use crate::notify::phone::model::Kind;
use crate::notify::phone::settings::Http;
use crate::notify::phone::sign::plain;
use crate::people::phone::Phone;

pub fn verifies(account: &Http, signed: Signature<'_>, body: &[u8], unix: i64) -> bool {
    let secret = account.secret.expose_secret();
    plain::verifies(signed.signature, signed.timestamp, signed.nonce, body, secret, unix)
}

pub fn parse(body: &[u8]) -> Result<Vec<Told>, Malformed> {
    let body: Value = serde_json::from_slice(body).map_err(|_| Malformed)?;
    let items = body["receipts"].as_array().ok_or(Malformed)?;
    items.iter().map(one).collect()
}

fn one(item: &Value) -> Result<Told, Malformed> {
    let id = text(item, "id").ok_or(Malformed)?;
    let kind = text(item, "kind").and_then(Kind::parse).ok_or(Malformed)?;
    let mark = text(item, "key").and_then(|key| key.chars().next()).filter(char::is_ascii_digit);
    if (kind == Kind::Key) != mark.is_some() {
        return Err(Malformed);
    }
    let own = kind != Kind::Reply;
    Ok(Told {
        mark,
        reference: own.then(|| text(item, "reference").map(str::to_string)).flatten(),
        code: text(item, "code").map(str::to_string),
        seconds: number(&item["seconds"]),
        number: if own { None } else { text(item, "number").and_then(Phone::parse) },
        text: item["text"].as_str().filter(|_| !own).map(str::to_string),
        at: number(&item["at"]).and_then(|unix| DateTime::from_timestamp(unix, 0)),
        ..Told::new(id, kind)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_form_is_read_and_others_are_refused() {
        let told = parse(
            br#"{"receipts":[{"id":"g1","reference":"m1","kind":"delivered","at":1795320000},
                {"id":"g2","kind":"key","key":"1"},{"id":"g3","kind":"reply","number":"13800138000","text":"1"}]}"#,
        )
        .unwrap();
        assert_eq!(told[0].reference.as_deref(), Some("m1"));
        assert_eq!((told[1].mark, told[2].text.as_deref()), (Some('1'), Some("1")));
        for wrong in [
            "",
            "[]",
            r#"{"receipts":[{}]}"#,
            r#"{"receipts":[{"id":"1","kind":"key"}]}"#,
            r#"{"receipts":[{"id":"1","kind":"eaten"}]}"#,
        ] {
            assert_eq!(parse(wrong.as_bytes()), Err(Malformed), "{wrong}");
        }
    }
}
