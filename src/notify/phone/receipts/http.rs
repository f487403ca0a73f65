//! Receipts of the generic provider, signed as our requests to it are.

use chrono::DateTime;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::{Malformed, Signature, Told, number, text};
use crate::notify::phone::Phones;
use crate::notify::phone::model::{Kind, Medium, message};
use crate::notify::phone::settings::Http;
use crate::notify::phone::sign::plain;
use crate::people::phone::Phone;

pub fn verifies(account: &Http, signed: Signature<'_>, body: &[u8], unix: i64) -> bool {
    let secret = account.secret.expose_secret();
    plain::verifies(signed.signature, signed.timestamp, signed.nonce, body, secret, unix)
}

/// What is told of a call that was taken just now: no end, but the gateway's question what to say.
const PICKED_UP: &str = "picked_up";
/// What a call says whose matter has ended, unless the operator's file has better words (`over`).
const OVER: &str = "这次提醒已经结束，不用处理了，谢谢。";

/// What is told of messages, and the references of calls in which somebody listens now.
pub fn parse(body: &[u8]) -> Result<(Vec<Told>, Vec<String>), Malformed> {
    let body: Value = serde_json::from_slice(body).map_err(|_| Malformed)?;
    let items = body["receipts"].as_array().ok_or(Malformed)?;
    let listening = |item: &&Value| matches!(text(item, "kind"), Some(PICKED_UP | "key"));
    let listening = items.iter().filter(listening).filter_map(|item| text(item, "reference"));
    let listening = listening.map(str::to_string).collect();
    let told = items.iter().filter(|item| text(item, "kind") != Some(PICKED_UP));
    Ok((told.map(one).collect::<Result<_, _>>()?, listening))
}

impl Phones {
    /// The answer to a gateway's post: what those calls of `references` say whose matter is over.
    pub(super) async fn answer_gateway(&self, references: Vec<String>) -> Result<String, DbErr> {
        let calls = message::Entity::find()
            .filter(message::Column::Reference.is_in(references))
            .filter(message::Column::Medium.eq(Medium::Voice.word()))
            .all(self.base.db.read())
            .await?;
        let mut say = Map::new();
        for call in calls {
            let Some(said) = self.said.get(call.purpose.as_str()) else { continue };
            match said.listener.over(call.id).await {
                Ok(true) => {
                    let wording = self.settings.wording(&call.purpose);
                    let text = wording.and_then(|wording| wording.templates.get("over"));
                    say.insert(call.reference, Value::from(text.map_or(OVER, String::as_str)));
                }
                Ok(false) => {}
                // The call goes on as it was placed.
                Err(error) => tracing::warn!(error = %error, "whether a call is needed still is not known"),
            }
        }
        Ok(match say.is_empty() {
            true => json!({"ok": true}),
            false => json!({"ok": true, "say": say}),
        }
        .to_string())
    }
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
        let (told, listening) = parse(
            br#"{"receipts":[{"id":"g1","reference":"m1","kind":"delivered","at":1795320000},
                {"id":"g2","kind":"key","key":"1"},{"id":"g3","kind":"reply","number":"13800138000","text":"1"},
                {"id":"g4","reference":"m4","kind":"picked_up"},{"id":"g5","reference":"m5","kind":"key","key":"2"}]}"#,
        )
        .unwrap();
        assert_eq!((told.len(), listening), (4, vec!["m4".to_string(), "m5".to_string()]));
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
