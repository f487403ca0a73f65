//! The operator's notice templates: `wechat-config/notices.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Words;
use super::model::Channel;
use crate::base::config::{Config, ConfigError};
use crate::wechat::api::{ValueError, fit_value};

/// The file's name in the configuration folder.
pub const FILE: &str = "notices.toml";
const OWN: &str = include_str!("../../wechat-config/notices.toml");

/// What may stand between braces in a field.
pub const FIELDS: [&str; 7] = ["title", "time", "place", "name", "note", "plate", "reason"];
/// Templates that one `wx-open-subscribe` may ask for.
const ASKED_AT_ONCE: usize = 3;

/// The templates, in the operator's order.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    list: Vec<Template>,
}

/// One template of the account.
#[derive(Clone, Debug)]
pub struct Template {
    pub id: String,
    pub channel: Channel,
    pub long_term: bool,
    /// The kinds of notice that it serves; empty: all.
    kinds: Vec<String>,
    /// Key of the template's field, and what stands in it.
    fields: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    templates: Vec<WrittenTemplate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTemplate {
    channel: String,
    template_id: String,
    #[serde(default)]
    long_term: bool,
    #[serde(default)]
    kinds: Vec<String>,
    fields: BTreeMap<String, String>,
}

impl Templates {
    /// Reads the operator's file, or the program's own, which has none. `kinds`: those that features send.
    /// Everything wrong is said at once.
    pub fn load(config: &Config, kinds: &[&str]) -> Result<Templates, ConfigError> {
        let written: Written = config.read(FILE, OWN)?;
        let mut wrong = Vec::new();
        let list = written.templates.into_iter().map(|one| one.check(kinds, &mut wrong)).collect();
        if wrong.is_empty() { Ok(Templates { list }) } else { Err(ConfigError(wrong)) }
    }

    /// The templates of `channel` for notices of `kind`, in the operator's order.
    pub fn of<'a>(&'a self, channel: Channel, kind: &'a str) -> impl Iterator<Item = &'a Template> {
        self.list.iter().filter(move |one| {
            one.channel == channel && (one.kinds.is_empty() || one.kinds.iter().any(|own| own == kind))
        })
    }

    pub fn is_long_term(&self, id: &str) -> bool {
        self.list.iter().any(|one| one.id == id && one.long_term)
    }

    /// What a page asks its reader to allow: long-term ones where there are any, since the platform takes no mixture.
    pub fn asked(&self) -> Vec<&str> {
        let of = |long_term| {
            let mut ids: Vec<&str> = Vec::new();
            for one in self.list.iter().filter(|one| one.channel == Channel::Subscribe) {
                if one.long_term == long_term && !ids.contains(&one.id.as_str()) {
                    ids.push(&one.id);
                }
            }
            ids.truncate(ASKED_AT_ONCE);
            ids
        };
        let lasting = of(true);
        if lasting.is_empty() { of(false) } else { lasting }
    }
}

impl Template {
    /// The fields filled in and made to fit.
    pub fn fill(&self, words: &Words) -> Result<Vec<(String, String)>, ValueError> {
        self.fields
            .iter()
            .map(|(key, text)| Ok((key.clone(), fit_value(key, &words.put_into(text))?)))
            .collect()
    }
}

impl WrittenTemplate {
    fn check(self, known: &[&str], wrong: &mut Vec<String>) -> Template {
        let id = self.template_id.trim().to_string();
        let mut say = |what: &str| wrong.push(format!("{FILE} 模板「{id}」：{what}"));
        let channel = match self.channel.as_str() {
            "subscribe" => Channel::Subscribe,
            "template" => Channel::Template,
            other => {
                say(&format!("channel「{other}」应为 subscribe 或 template。"));
                Channel::Template
            }
        };
        if id.is_empty() {
            say("template_id 没有填写，请从公众号后台复制模板 ID。");
        }
        if self.long_term && channel != Channel::Subscribe {
            say("long_term 只用于订阅通知（channel = \"subscribe\"）。");
        }
        for kind in self.kinds.iter().filter(|kind| !known.contains(&kind.as_str())) {
            say(&format!("kinds 里的「{kind}」不认识，可用：{}。", known.join("、")));
        }
        if self.fields.is_empty() {
            say("fields 至少写一项，和后台模板的字段一一对应。");
        }
        for (key, text) in &self.fields {
            for mark in marks(text).filter(|mark| !FIELDS.contains(mark)) {
                say(&format!("{key} 里的 {{{mark}}} 不认识，可用：{}。", FIELDS.join("、")));
            }
        }
        Template {
            id,
            channel,
            long_term: self.long_term,
            kinds: self.kinds,
            fields: self.fields.into_iter().collect(),
        }
    }
}

/// What stands between braces.
fn marks(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(mark, _)| mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Templates, Vec<String>> {
        let written: Written = toml::from_str(text).unwrap();
        let mut wrong = Vec::new();
        let list = written.templates.into_iter().map(|one| one.check(&["late"], &mut wrong)).collect();
        if wrong.is_empty() { Ok(Templates { list }) } else { Err(wrong) }
    }

    fn one(more: &str) -> String {
        format!("[[templates]]\nchannel = \"subscribe\"\ntemplate_id = \"t1\"\n{more}\n")
    }

    #[test]
    fn a_template_serves_the_kinds_it_names_or_all() {
        let all = read(&one("fields = { thing1 = \"{title}\" }")).unwrap();
        assert_eq!(all.of(Channel::Subscribe, "late").count(), 1);
        assert_eq!(all.of(Channel::Template, "late").count(), 0);
        let some = read(&one("kinds = [\"late\"]\nfields = { thing1 = \"{title}\" }")).unwrap();
        assert_eq!(
            (some.of(Channel::Subscribe, "late").count(), some.of(Channel::Subscribe, "x").count()),
            (1, 0)
        );
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let wrong = read(&one("kinds = [\"never\"]\nfields = { thing1 = \"{titel}\" }")).unwrap_err();
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        assert!(wrong[0].contains("never") && wrong[1].contains("titel"), "{wrong:?}");
    }

    #[test]
    fn a_page_asks_for_one_sort_of_templates() {
        let once = one("fields = { thing1 = \"{title}\" }");
        assert_eq!(read(&once).unwrap().asked(), ["t1"]);
        let both = once
            + "[[templates]]\nchannel = \"subscribe\"\ntemplate_id = \"t2\"\nlong_term = true\nfields = { thing1 = \"x\" }";
        assert_eq!(read(&both).unwrap().asked(), ["t2"]);
        assert!(read(&both).unwrap().is_long_term("t2"));
    }

    #[test]
    fn fields_are_filled_in_and_fit() {
        let words = Words {
            fields: vec![
                ("title", "全市数字化改革推进会暨重点工作部署会议".to_string()),
                ("note", "请签到".into()),
            ],
            path: "/m/1".into(),
            text: String::new(),
        };
        let templates = read(&one("fields = { thing1 = \"{title}\", thing2 = \"请注意：{note}\" }")).unwrap();
        let filled = templates.of(Channel::Subscribe, "late").next().unwrap().fill(&words).unwrap();
        assert_eq!(filled[1].1, "请注意：请签到");
        let other = read(&one("fields = { thing1 = \"{plate}\" }")).unwrap();
        let filled = other.of(Channel::Subscribe, "late").next().unwrap().fill(&words).unwrap();
        assert_eq!(filled[0].1, "—");
        assert!(filled[0].1.chars().count() <= 20);
    }

    #[test]
    fn the_programs_own_file_names_no_template() {
        assert!(toml::from_str::<Written>(OWN).unwrap().templates.is_empty());
    }
}
