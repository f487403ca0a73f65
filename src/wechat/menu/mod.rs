//! The account's menu: its shape on the wire, the platform's own rules ([`check`](Menu::check)), how two
//! menus differ ([`Menu::diff`]), and the operator's file ([`file`]).

mod check;
pub mod file;

pub use check::MenuError;

use serde::{Deserialize, Serialize};

/// A menu as `menu/create` takes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    #[serde(rename = "button", default)]
    pub buttons: Vec<Button>,
}

/// A menu for some of the followers only, as `menu/addconditional` takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionalMenu {
    #[serde(rename = "button", default)]
    pub buttons: Vec<Button>,
    #[serde(rename = "matchrule")]
    pub rule: MatchRule,
    #[serde(rename = "menuid", skip_serializing_if = "Option::is_none", default)]
    pub menu_id: Option<serde_json::Value>,
}

/// Who sees a conditional menu. The platform withdrew all other conditions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchRule {
    #[serde(skip_serializing_if = "Option::is_none", default, alias = "group_id", deserialize_with = "text")]
    pub tag_id: Option<String>,
    /// 1 iOS, 2 Android, 3 other.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "text")]
    pub client_platform_type: Option<String>,
}

/// Takes text, as it is sent, and numbers, as the platform gives some of it back; nothing for empty text.
fn text<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    Ok(match serde_json::Value::deserialize(value)? {
        serde_json::Value::String(text) if !text.is_empty() => Some(text),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// A button: either it acts (`type` and what the type needs) or it opens `sub_button`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    pub name: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub media_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub article_id: Option<String>,
    #[serde(rename = "appid", skip_serializing_if = "Option::is_none", default)]
    pub app_id: Option<String>,
    #[serde(rename = "pagepath", skip_serializing_if = "Option::is_none", default)]
    pub page_path: Option<String>,
    #[serde(rename = "sub_button", skip_serializing_if = "Vec::is_empty", default)]
    pub sub_buttons: Vec<Button>,
}

impl Button {
    pub fn click(name: &str, key: &str) -> Self {
        Self { name: name.into(), kind: Some("click".into()), key: Some(key.into()), ..Self::default() }
    }

    pub fn view(name: &str, url: &str) -> Self {
        Self { name: name.into(), kind: Some("view".into()), url: Some(url.into()), ..Self::default() }
    }

    pub fn scan_and_wait(name: &str, key: &str) -> Self {
        Self {
            name: name.into(),
            kind: Some("scancode_waitmsg".into()),
            key: Some(key.into()),
            ..Self::default()
        }
    }

    pub fn group(name: &str, sub_buttons: Vec<Button>) -> Self {
        Self { name: name.into(), sub_buttons, ..Self::default() }
    }

    /// One line for operators: name, type and target.
    fn describe(&self) -> String {
        let target = [&self.key, &self.url, &self.media_id, &self.article_id, &self.page_path];
        let target = target.into_iter().flatten().next().map(String::as_str).unwrap_or_default();
        match &self.kind {
            Some(kind) => format!("{} [{kind}] {target}", self.name).trim_end().to_owned(),
            None => self.name.clone(),
        }
    }
}

impl Menu {
    /// What changes from `self` to `other`, line by line: `- ` goes, `+ ` comes. Empty when they are equal.
    pub fn diff(&self, other: &Menu) -> Vec<String> {
        let (old, new) = (self.lines(), other.lines());
        let same_head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let rest = old.len().min(new.len()) - same_head;
        let same_tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
        let gone = old[same_head..old.len() - same_tail].iter().map(|line| format!("- {line}"));
        gone.chain(new[same_head..new.len() - same_tail].iter().map(|line| format!("+ {line}"))).collect()
    }

    fn lines(&self) -> Vec<String> {
        let lines = |button: &Button| {
            let below: Vec<_> =
                button.sub_buttons.iter().map(|sub| format!("  {}", sub.describe())).collect();
            std::iter::once(button.describe()).chain(below)
        };
        self.buttons.iter().flat_map(lines).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn menu() -> Menu {
        Menu {
            buttons: vec![
                Button::group(
                    "会议",
                    vec![
                        Button::scan_and_wait("扫码签到", "scan"),
                        Button::view("我的会议", "https://a.cn/m"),
                    ],
                ),
                Button::click("关于", "about"),
            ],
        }
    }

    #[test]
    fn a_menu_has_the_platforms_shape() {
        let json = serde_json::to_value(menu()).expect("json");
        let expected = serde_json::json!({"button": [
            {"name": "会议", "sub_button": [
                {"name": "扫码签到", "type": "scancode_waitmsg", "key": "scan"},
                {"name": "我的会议", "type": "view", "url": "https://a.cn/m"}]},
            {"name": "关于", "type": "click", "key": "about"}]});
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_value::<Menu>(expected).expect("a menu"), menu());
    }

    #[test]
    fn the_platforms_empty_sub_buttons_are_read() {
        let json = r#"{"button":[{"type":"click","name":"关于","key":"about","sub_button":[]}]}"#;
        let read: Menu = serde_json::from_str(json).expect("a menu");
        assert_eq!(read.buttons, [Button::click("关于", "about")]);
    }

    #[test]
    fn the_platforms_match_rules_are_read_as_numbers_and_as_text() {
        let read = |json: &str| serde_json::from_str::<MatchRule>(json).expect("a rule");
        let expected = MatchRule { tag_id: Some("2".into()), client_platform_type: None };
        assert_eq!(read(r#"{"tag_id":"2","client_platform_type":""}"#), expected);
        assert_eq!(read(r#"{"group_id":2,"sex":1}"#), expected);
    }

    #[test]
    fn equal_menus_do_not_differ_and_others_differ_by_line() {
        assert!(menu().diff(&menu()).is_empty());
        let mut other = menu();
        other.buttons[0].sub_buttons[1] = Button::view("我的会议", "https://b.cn/m");
        other.buttons.push(Button::click("更多", "more"));
        assert_eq!(
            menu().diff(&other),
            [
                "-   我的会议 [view] https://a.cn/m",
                "- 关于 [click] about",
                "+   我的会议 [view] https://b.cn/m",
                "+ 关于 [click] about",
                "+ 更多 [click] more",
            ]
        );
        assert_eq!(Menu::default().diff(&menu()).len(), 4);
    }
}
