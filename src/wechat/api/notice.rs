//! Notices: template messages (to followers) and subscription notices (to whoever accepted the template).

use super::Api;
use super::call::{ApiError, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A notice. Pass it through [`Notice::fitted`] before it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub openid: String,
    pub template_id: String,
    /// Key of the template's field and its value.
    pub values: Vec<(String, String)>,
    /// The page that a tap opens.
    pub url: Option<String>,
    /// A mini program's app id and page, instead of `url`.
    pub mini_program: Option<(String, String)>,
    /// The same id to the same person within ten minutes is sent once; this makes the call safe to repeat.
    pub client_msg_id: String,
}

/// A value that the platform would refuse (47003).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template field {key} does not take the value: {problem}")]
pub struct ValueError {
    pub key: String,
    pub problem: &'static str,
}

#[derive(Deserialize)]
struct Sent {
    #[serde(rename = "msgid")]
    message_id: Option<Value>,
}

impl Sent {
    /// A number or a text.
    fn id(self) -> Option<String> {
        self.message_id.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned))
    }
}

/// Makes a value fit its field, by the prefix of the field's key (`thing3`, `phone_number1`): free text is
/// trimmed, put on one line and cut with an ellipsis; a value with a form of its own is checked.
pub fn fit_value(key: &str, value: &str) -> Result<String, ValueError> {
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    let error = |problem| Err(ValueError { key: key.to_owned(), problem });
    if value.is_empty() {
        return error("it is empty");
    }
    let digits = |c: char| c.is_ascii_digit();
    let all = |valid: fn(char) -> bool| value.chars().all(valid);
    let within = |limit: usize| value.chars().count() <= limit;
    match key.trim_end_matches(digits) {
        "thing" | "const" => Ok(cut(&value, 20)),
        "character_string" if !all(|c| c.is_ascii() && !c.is_ascii_control()) => {
            error("only letters, digits, signs")
        }
        "character_string" => Ok(cut_plain(&value, 32)),
        "letter" if !all(|c| c.is_ascii_alphabetic()) => error("only letters"),
        "letter" => Ok(cut_plain(&value, 32)),
        "symbol" => Ok(cut_plain(&value, 5)),
        "phrase" if !all(is_han) => error("only Chinese characters"),
        "phrase" => Ok(cut_plain(&value, 5)),
        "name" if all(|c| c.is_ascii()) => Ok(cut_plain(&value, 20)),
        "name" => Ok(cut_plain(&value, 10)),
        "number" if !within(32) || value.parse::<f64>().is_err() => error("a number of at most 32 digits"),
        "phone_number" if !within(17) || !all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ')) => {
            error("a telephone number of at most 17 characters")
        }
        "car_number" if !within(8) => error("a plate of at most 8 characters"),
        "amount" if !within(12) || !value.contains(digits) => error("a sign and at most 10 digits"),
        "time" | "date" if !value.contains(digits) => error("a date or time"),
        _ => Ok(value),
    }
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}')
}

fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit - 1).chain(['…']).collect()
}

fn cut_plain(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}

impl Notice {
    /// The notice with every value made to fit its field; fails on the first that cannot be.
    pub fn fitted(mut self) -> Result<Self, ValueError> {
        for (key, value) in &mut self.values {
            *value = fit_value(key, value)?;
        }
        Ok(self)
    }

    fn to_json(&self, page_key: &str) -> Value {
        let data: Map<String, Value> =
            self.values.iter().map(|(key, value)| (key.clone(), json!({ "value": value }))).collect();
        let mut body = json!({ "touser": self.openid, "template_id": self.template_id, "data": data,
                               "client_msg_id": self.client_msg_id });
        if let Some(url) = &self.url {
            body[page_key] = json!(url);
        }
        if let Some((app_id, page)) = &self.mini_program {
            body["miniprogram"] = json!({ "appid": app_id, "pagepath": page });
        }
        body
    }
}

impl Api {
    /// Sends a template message to a follower; gives its id, which the result event will name.
    pub async fn send_template(&self, notice: &Notice) -> Result<String, ApiError> {
        let request = Request::post("/cgi-bin/message/template/send", &notice.to_json("url"))?;
        let sent: Sent = self.call(request.repeatable()).await?;
        Ok(sent.id().unwrap_or_default())
    }

    /// Sends a subscription notice; gives its id where the platform tells it. Whether it arrived is told by an event.
    pub async fn send_subscription(&self, notice: &Notice) -> Result<Option<String>, ApiError> {
        let request = Request::post("/cgi-bin/message/subscribe/bizsend", &notice.to_json("page"))?;
        let sent: Sent = self.call(request.repeatable()).await?;
        Ok(sent.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(key: &str, value: &str) -> Option<String> {
        fit_value(key, value).ok()
    }

    #[test]
    fn free_text_is_cut_to_its_field() {
        assert_eq!(fit("thing1", " 市民代表\n座谈会 ").as_deref(), Some("市民代表 座谈会"));
        let cut = fit("thing12", &"会".repeat(30)).expect("fits");
        assert_eq!((cut.chars().count(), cut.ends_with('…')), (20, true));
        assert_eq!(fit("phrase3", "待办理中的事项").as_deref(), Some("待办理中的"));
        assert_eq!(fit("name1", "买买提·阿卜杜拉·艾合买提江").map(|name| name.chars().count()), Some(10));
        assert_eq!(fit("name1", "Maximilian Alexander Smith").as_deref(), Some("Maximilian Alexander"));
        assert_eq!(fit("character_string2", &"a1".repeat(30)).map(|text| text.len()), Some(32));
    }

    #[test]
    fn values_with_a_form_are_checked_and_never_cut() {
        let good = [
            ("number1", "12.5"),
            ("phone_number2", "+86 138-0013-8000"),
            ("car_number1", "京A·12345"),
            ("amount1", "￥100.00元"),
            ("time2", "2026年9月19日 09:00"),
            ("date1", "2026-09-19~2026-09-20"),
            ("letter1", "ABC"),
            ("keyword1", "anything 旧模板"),
        ];
        for (key, value) in good {
            assert_eq!(fit(key, value).as_deref(), Some(value), "{key}");
        }
        let bad = [
            ("number1", "十二"),
            ("phone_number1", "一三八"),
            ("phone_number1", "138001380001380013800"),
            ("car_number1", "京A1234567890"),
            ("amount1", "免费"),
            ("time1", "明天"),
            ("letter1", "A1"),
            ("phrase1", "OK"),
            ("character_string1", "会议"),
            ("thing1", "  "),
        ];
        for (key, value) in bad {
            assert_eq!(fit(key, value), None, "{key} {value}");
        }
    }

    #[test]
    fn a_notice_has_the_shape_of_its_call() {
        let notice = Notice {
            openid: "o1".into(),
            template_id: "t1".into(),
            values: vec![("thing1".into(), "座谈会".into())],
            url: Some("https://a.cn/m/1".into()),
            mini_program: None,
            client_msg_id: "c1".into(),
        };
        let expected = json!({ "touser": "o1", "template_id": "t1", "data": { "thing1": { "value": "座谈会" } },
                               "client_msg_id": "c1", "page": "https://a.cn/m/1" });
        assert_eq!(notice.to_json("page"), expected);
        assert_eq!(notice.to_json("url")["url"], "https://a.cn/m/1");

        let long = Notice { values: vec![("thing1".into(), "会".repeat(30))], ..notice.clone() };
        assert_eq!(long.fitted().map(|fitted| fitted.values[0].1.chars().count()), Ok(20));
        let wrong = Notice { values: vec![("number1".into(), "很多".into())], ..notice };
        assert_eq!(wrong.fitted().map_err(|error| error.key), Err("number1".into()));
    }
}
