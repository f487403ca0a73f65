//! Aliyun's reports: an array each, told apart by what their objects hold.

use serde_json::Value;

use super::{Malformed, Told, beijing, number, text};
use crate::notify::phone::model::Kind;
use crate::people::phone::Phone;

/// A call that was taken and ended in order.
const COMPLETED: &str = "200000";
/// A key was pressed during a call (VoiceCallReport).
const PRESSED: &str = "300000";

pub fn parse(body: &[u8]) -> Result<Vec<Told>, Malformed> {
    let Ok(Value::Array(items)) = serde_json::from_slice(body) else { return Err(Malformed) };
    let mut all = Vec::new();
    for item in &items {
        all.extend(one(item)?);
    }
    Ok(all)
}

fn one(item: &Value) -> Result<Vec<Told>, Malformed> {
    let reference = text(item, "out_id").map(str::to_string);
    if item.get("secret_no").is_some() {
        // SecretReport: of a privacy number. Nothing waits for it.
        return Ok(Vec::new());
    }
    if let Some(call) = text(item, "call_id") {
        return Ok(of_call(item, call)
            .into_iter()
            .map(|told| Told { reference: reference.clone(), ..told })
            .collect());
    }
    if let Some(content) = item["content"].as_str() {
        return of_writer(item, content).map(|told| vec![told]);
    }
    let (Some(id), success) = (text(item, "biz_id"), &item["success"]) else { return Err(Malformed) };
    let success = success.as_bool().or_else(|| success.as_str()?.parse().ok()).ok_or(Malformed)?;
    let kind = if success { Kind::Delivered } else { Kind::Undelivered };
    let at = text(item, "report_time").and_then(beijing);
    Ok(vec![Told { reference, code: text(item, "err_code").map(str::to_string), at, ..Told::new(id, kind) }])
}

/// VoiceReport, when it is over, and VoiceCallReport, while it lasts.
fn of_call(item: &Value, call: &str) -> Vec<Told> {
    let status = text(item, "status_code").unwrap_or_default();
    let under_way = text(item, "status_time");
    let at = under_way.or_else(|| text(item, "end_time")).and_then(beijing);
    let keys = text(item, "dtmf").unwrap_or_default().chars().filter(char::is_ascii_digit);
    let mut all: Vec<Told> =
        keys.map(|key| Told { mark: Some(key), at, ..Told::new(call, Kind::Key) }).collect();
    if under_way.is_some() {
        if status != PRESSED {
            all.clear();
        }
        return all;
    }
    let seconds = number(&item["duration"]).unwrap_or_default().max(0);
    let kind = if seconds > 0 || status == COMPLETED { Kind::Answered } else { Kind::NotAnswered };
    all.push(Told { code: Some(status.to_string()), seconds: Some(seconds), at, ..Told::new(call, kind) });
    all
}

/// SmsUp: somebody answered.
fn of_writer(item: &Value, content: &str) -> Result<Told, Malformed> {
    let sequence = number(&item["sequence_id"]).map(|id| id.to_string()).ok_or(Malformed)?;
    let number = text(item, "phone_number").and_then(Phone::parse);
    let at = text(item, "send_time").and_then(beijing);
    Ok(Told { number, text: Some(content.to_string()), at, ..Told::new(&sequence, Kind::Reply) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::shanghai;

    #[test]
    fn a_report_of_a_message_says_whether_it_arrived() {
        let told = parse(
            br#"[{"phone_number":"13800138000","send_time":"2026-11-22 12:00:00","report_time":"2026-11-22 12:00:05",
                "success":true,"err_code":"DELIVERED","err_msg":"","sms_size":"1","biz_id":"b1","out_id":"m1"},
                {"phone_number":"13800138000","success":false,"err_code":"MK:0001","biz_id":"b2"}]"#,
        )
        .unwrap();
        assert_eq!((told[0].kind, told[1].kind), (Kind::Delivered, Kind::Undelivered));
        assert_eq!((told[0].provider_id.as_str(), told[0].reference.as_deref()), ("b1", Some("m1")));
        assert_eq!(shanghai(told[0].at.unwrap()).to_rfc3339(), "2026-11-22T12:00:05+08:00");
        assert_eq!(told[1].code.as_deref(), Some("MK:0001"));
        // The number in a report is never believed.
        assert!(told[0].number.is_none());
    }

    #[test]
    fn a_report_of_a_call_says_how_long_it_lasted_and_which_keys_were_pressed() {
        let told = parse(
            br#"[{"call_id":"c1^2","start_time":"2026-11-22 12:00:00","end_time":"2026-11-22 12:00:20","duration":"20",
                "status_code":"200000","out_id":"m1","dtmf":"12","voice_type":"voice"},
                {"call_id":"c2","duration":"0","status_code":"200002","out_id":"m2"}]"#,
        )
        .unwrap();
        let kinds: Vec<_> = told.iter().map(|one| (one.kind, one.mark, one.seconds)).collect();
        assert_eq!(
            kinds,
            [
                (Kind::Key, Some('1'), None),
                (Kind::Key, Some('2'), None),
                (Kind::Answered, None, Some(20)),
                (Kind::NotAnswered, None, Some(0)),
            ]
        );
        assert_eq!(told[0].reference.as_deref(), Some("m1"));
    }

    #[test]
    fn of_a_call_under_way_only_its_keys_are_of_use() {
        let told = parse(
            br#"[{"call_id":"c1","status_code":"200100","status_time":"2026-11-22 12:00:00","out_id":"m1"},
                {"call_id":"c1","status_code":"300000","dtmf":"9","status_time":"2026-11-22 12:00:09","out_id":"m1"}]"#,
        )
        .unwrap();
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].kind, told[0].mark), (Kind::Key, Some('9')));
    }

    #[test]
    fn an_answer_by_short_message_is_known_by_its_number_and_privacy_numbers_are_nobodys() {
        let told = parse(
            br#"[{"phone_number":"13800138000","send_time":"2026-11-22 12:00:00","content":"1","sign_name":"x",
                "dest_code":"1","sequence_id":77},{"id":1,"secret_no":"170","sub_id":"1","call_id":"x"}]"#,
        )
        .unwrap();
        assert_eq!(told.len(), 1);
        assert_eq!(
            (told[0].kind, told[0].text.as_deref(), told[0].provider_id.as_str()),
            (Kind::Reply, Some("1"), "77")
        );
        assert_eq!(told[0].number.as_ref().unwrap().reveal(), "13800138000");
    }

    #[test]
    fn other_forms_are_refused() {
        let long = format!(r#"[{{"biz_id":"{}","success":true}}]"#, "x".repeat(300));
        for wrong in [
            "",
            "{}",
            "null",
            "[1]",
            "[{}]",
            r#"[{"biz_id":"b"}]"#,
            r#"[{"success":true}]"#,
            "[[",
            long.as_str(),
        ] {
            assert_eq!(parse(wrong.as_bytes()), Err(Malformed), "{wrong}");
        }
        assert_eq!(parse(b"[]"), Ok(Vec::new()));
    }
}
