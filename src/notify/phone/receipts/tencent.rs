//! Tencent's reports: short messages in an array, calls in an object named after the report.

use chrono::DateTime;
use serde_json::Value;

use super::{Malformed, Told, beijing, number, text};
use crate::base::privacy::digest;
use crate::notify::phone::model::Kind;
use crate::people::phone::Phone;

pub fn parse(body: &[u8]) -> Result<Vec<Told>, Malformed> {
    let body: Value = serde_json::from_slice(body).map_err(|_| Malformed)?;
    match &body {
        Value::Array(items) => items.iter().map(of_message).collect(),
        Value::Object(all) => {
            if let Some(call) = all.get("voiceprompt_callback") {
                return of_call(call).map(|told| vec![told]);
            }
            if let Some(key) = all.get("voicekey_callback") {
                return of_keys(key);
            }
            of_writer(&body).map(|told| vec![told])
        }
        _ => Err(Malformed),
    }
}

fn of_message(item: &Value) -> Result<Told, Malformed> {
    let id = text(item, "sid").ok_or(Malformed)?;
    let kind = match text(item, "report_status") {
        Some("SUCCESS") => Kind::Delivered,
        Some("FAIL") => Kind::Undelivered,
        _ => return Err(Malformed),
    };
    let at = text(item, "user_receive_time").and_then(beijing);
    Ok(Told { code: text(item, "errmsg").map(str::to_string), at, ..Told::new(id, kind) })
}

fn of_call(item: &Value) -> Result<Told, Malformed> {
    let id = text(item, "callid").ok_or(Malformed)?;
    let result = number(&item["result"]).ok_or(Malformed)?;
    let kind = if result == 0 { Kind::Answered } else { Kind::NotAnswered };
    let (accepted, ended) = (number(&item["accept_time"]), number(&item["end_calltime"]));
    let seconds = match (accepted, ended) {
        (Some(accepted), Some(ended)) if result == 0 => (ended - accepted).clamp(0, 24 * 3600),
        _ => 0,
    };
    let at = ended.and_then(|unix| DateTime::from_timestamp(unix, 0));
    Ok(Told { code: Some(result.to_string()), seconds: Some(seconds), at, ..Told::new(id, kind) })
}

/// Without a time and without an order: a key that is pressed twice in a call counts once.
fn of_keys(item: &Value) -> Result<Vec<Told>, Malformed> {
    let id = text(item, "callid").ok_or(Malformed)?;
    let pressed = match &item["keypress"] {
        Value::String(keys) => keys.clone(),
        Value::Number(key) => key.to_string(),
        _ => return Err(Malformed),
    };
    let keys = pressed.chars().take(20).filter(char::is_ascii_digit);
    Ok(keys.map(|key| Told { mark: Some(key), ..Told::new(id, Kind::Key) }).collect())
}

/// Somebody answered by short message. It has no number of its own: what it says is its number.
fn of_writer(item: &Value) -> Result<Told, Malformed> {
    let (Some(content), Some(mobile)) = (item["text"].as_str(), text(item, "mobile")) else {
        return Err(Malformed);
    };
    let at = number(&item["time"]).and_then(|unix| DateTime::from_timestamp(unix, 0));
    let whole = format!("{mobile}\n{}\n{content}", at.map(|at| at.timestamp()).unwrap_or_default());
    let number = Phone::parse(mobile);
    let id = digest(whole.as_bytes())[..32].to_string();
    Ok(Told { number, text: Some(content.to_string()), at, ..Told::new(&id, Kind::Reply) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_calls_keys_and_answers_are_told_apart() {
        let sms = parse(
            br#"[{"user_receive_time":"2026-11-22 12:00:05","nationcode":"86","mobile":"13800138000",
                "report_status":"SUCCESS","errmsg":"DELIVRD","description":"ok","sid":"s1"},
                {"report_status":"FAIL","errmsg":"MK:1008","sid":"s2"}]"#,
        )
        .unwrap();
        assert_eq!(
            (sms[0].kind, sms[1].kind, sms[1].code.as_deref()),
            (Kind::Delivered, Kind::Undelivered, Some("MK:1008"))
        );
        let call = parse(
            br#"{"voiceprompt_callback":{"result":"0","accept_time":"1795320003","call_from":"0577","callid":"c1",
                "end_calltime":"1795320023","fee":"1","mobile":"13800138000","nationcode":"86","start_calltime":"1795320000"}}"#,
        )
        .unwrap();
        assert_eq!((call[0].kind, call[0].seconds), (Kind::Answered, Some(20)));
        let missed = parse(br#"{"voiceprompt_callback":{"result":1,"callid":"c1"}}"#).unwrap();
        assert_eq!((missed[0].kind, missed[0].seconds), (Kind::NotAnswered, Some(0)));
        let key =
            parse(br#"{"voicekey_callback":{"callid":"c1","keypress":"2","mobile":"13800138000"}}"#).unwrap();
        assert_eq!((key[0].kind, key[0].mark), (Kind::Key, Some('2')));
        let answer = br#"{"extend":"","mobile":"13800138000","nationcode":"86","sign":"x","text":"1","time":1795320000}"#;
        let told = parse(answer).unwrap();
        assert_eq!((told[0].kind, told[0].text.as_deref()), (Kind::Reply, Some("1")));
        assert_eq!(told, parse(answer).unwrap(), "the same answer has the same number");
    }

    #[test]
    fn other_forms_are_refused() {
        for wrong in [
            "",
            "1",
            "{}",
            "[{}]",
            r#"[{"sid":"s"}]"#,
            r#"{"voicekey_callback":{"callid":"c"}}"#,
            r#"{"voiceprompt_callback":{}}"#,
        ] {
            assert_eq!(parse(wrong.as_bytes()), Err(Malformed), "{wrong}");
        }
    }
}
