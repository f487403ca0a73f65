//! What the operator lets the account say: `wechat-config/replies.toml`.

use std::collections::HashMap;

use serde::Deserialize;

use crate::base::config::{Config, ConfigError};
use crate::wechat::reply::{MAX_TEXT_BYTES, Reply};

/// The file's name in the configuration folder.
pub const FILE: &str = "replies.toml";
const OWN: &str = include_str!("../../wechat-config/replies.toml");

/// The texts, ready to send.
pub struct Replies {
    pub welcome: Reply,
    /// Stands before the answer to a scanned code when the scan made somebody a follower.
    pub welcome_scan: String,
    pub fallback: Reply,
    pub busy: Reply,
    pub unknown_code: Reply,
    exact: HashMap<String, Reply>,
    /// In the operator's order; the first match wins.
    contains: Vec<(String, Reply)>,
    clicks: HashMap<String, Reply>,
}

/// The file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    welcome: String,
    welcome_scan: String,
    default: String,
    busy: String,
    unknown_code: String,
    #[serde(default)]
    keywords: Vec<Keyword>,
    #[serde(default)]
    clicks: Vec<Click>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keyword {
    words: Vec<String>,
    #[serde(rename = "match")]
    matching: Matching,
    reply: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Matching {
    Exact,
    Contains,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Click {
    key: String,
    reply: String,
}

impl Replies {
    /// Reads the operator's file, or the program's own copy. Everything wrong is said at once.
    pub fn load(config: &Config) -> Result<Replies, ConfigError> {
        let written: Written = config.read(FILE, OWN)?;
        let mut check = Check { config, wrong: Vec::new() };
        let replies = written.check(&mut check);
        if check.wrong.is_empty() { Ok(replies) } else { Err(ConfigError(check.wrong)) }
    }

    /// The reply to a text that is, as a whole, a keyword.
    pub fn exact(&self, text: &str) -> Option<&Reply> {
        self.exact.get(fold(text).as_ref())
    }

    /// The reply to a text that holds a keyword somewhere.
    pub fn contained(&self, text: &str) -> Option<&Reply> {
        let text = fold(text);
        self.contains.iter().find(|(word, _)| text.contains(word)).map(|(_, reply)| reply)
    }

    /// The operator's reply to a menu entry.
    pub fn click(&self, key: &str) -> Option<&Reply> {
        self.clicks.get(key)
    }
}

impl Written {
    fn check(self, check: &mut Check<'_>) -> Replies {
        let mut replies = Replies {
            welcome: check.reply("welcome", &self.welcome),
            welcome_scan: check.text("welcome_scan", &self.welcome_scan),
            fallback: check.reply("default", &self.default),
            busy: check.reply("busy", &self.busy),
            unknown_code: check.reply("unknown_code", &self.unknown_code),
            exact: HashMap::new(),
            contains: Vec::new(),
            clicks: HashMap::new(),
        };
        for keyword in self.keywords {
            let label = format!("keywords「{}」", keyword.words.join("、"));
            let reply = check.reply(&label, &keyword.reply);
            if keyword.words.is_empty() {
                check.wrong(&label, "words 里至少写一个词");
            }
            for word in &keyword.words {
                let folded = fold(word).into_owned();
                if folded.is_empty() {
                    check.wrong(&label, "有一个词是空的");
                } else if keyword.matching == Matching::Contains {
                    replies.contains.push((folded, reply.clone()));
                } else if replies.exact.insert(folded, reply.clone()).is_some() {
                    check.wrong(&label, &format!("「{word}」写了两次"));
                }
            }
        }
        for click in self.clicks {
            let label = format!("clicks「{}」", click.key);
            let reply = check.reply(&label, &click.reply);
            if replies.clicks.insert(click.key, reply).is_some() {
                check.wrong(&label, "写了两次");
            }
        }
        replies
    }
}

/// Collects what is wrong while texts are made ready.
struct Check<'c> {
    config: &'c Config,
    wrong: Vec<String>,
}

impl Check<'_> {
    fn reply(&mut self, label: &str, written: &str) -> Reply {
        Reply::Text(self.text(label, written))
    }

    fn text(&mut self, label: &str, written: &str) -> String {
        let text = written
            .trim()
            .replace("{public_url}", self.config.public_url.as_str().trim_end_matches('/'))
            .replace("{account_name}", &self.config.account_name);
        if text.is_empty() {
            self.wrong(label, "没有写内容");
        }
        if text.len() > MAX_TEXT_BYTES {
            self.wrong(label, &format!("有 {} 字节，最多 {MAX_TEXT_BYTES}", text.len()));
        }
        if let Some(mark) = placeholder(&text) {
            self.wrong(label, &format!("不认识占位符 {mark}，可用 {{public_url}}、{{account_name}}"));
        }
        text
    }

    fn wrong(&mut self, label: &str, what: &str) {
        self.wrong.push(format!("{FILE}：{label}：{what}。"));
    }
}

/// The first `{name}` in a text.
fn placeholder(text: &str) -> Option<&str> {
    let start = text.find('{')?;
    let end = start + text[start..].find('}')?;
    Some(&text[start..=end])
}

/// A text as keywords are compared: without spaces around it and marks at its end, lower case, half width.
fn fold(text: &str) -> std::borrow::Cow<'_, str> {
    let text = text.trim();
    let bare = text.trim_end_matches(['。', '！', '!', '.', '~', '～', '，', ',', ' ']);
    let bare = if bare.is_empty() { text } else { bare };
    if !bare.chars().any(|c| c.is_ascii_uppercase() || is_full_width(c)) {
        return bare.into();
    }
    bare.chars().map(half_width).map(|c| c.to_ascii_lowercase()).collect::<String>().into()
}

fn is_full_width(c: char) -> bool {
    ('\u{ff01}'..='\u{ff5e}').contains(&c)
}

fn half_width(c: char) -> char {
    const SHIFT: u32 = 0xff01 - 0x21;
    if is_full_width(c) { char::from_u32(c as u32 - SHIFT).unwrap_or(c) } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::config::Options;

    const TEXTS: &str = "welcome = \"欢迎\"\nwelcome_scan = \"欢迎\"\ndefault = \"没听懂\"\nbusy = \"忙\"\nunknown_code = \"不认识\"\n";

    fn load(more: &str) -> Result<Replies, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), format!("{TEXTS}{more}")).unwrap();
        Replies::load(&config(folder.path())).map_err(|error| error.to_string())
    }

    fn config(folder: &std::path::Path) -> Config {
        let given = Options {
            public_url: Some("https://city.example/".to_string()),
            account_name: Some("江城发布".to_string()),
            ..Options::default()
        };
        Config::load(given, folder).ok().unwrap()
    }

    fn text(reply: Option<&Reply>) -> &str {
        match reply {
            Some(Reply::Text(text)) => text,
            other => panic!("no text: {other:?}"),
        }
    }

    #[test]
    fn the_programs_own_texts_are_complete_and_carry_real_links() {
        let nowhere = tempfile::tempdir().unwrap();
        let replies = Replies::load(&config(nowhere.path())).ok().unwrap();
        let welcome = text(Some(&replies.welcome));
        assert!(welcome.starts_with("您好，欢迎关注江城发布。"));
        assert!(welcome.contains("<a href=\"https://city.example/help\">"));
        assert!(text(replies.exact("帮助")).contains("https://city.example/m"));
        assert!(text(replies.click("about")).contains("使用说明"));
    }

    #[test]
    fn an_exact_keyword_forgives_case_width_spaces_and_full_stops() {
        let replies =
            load("[[keywords]]\nwords = [\"Help\", \"？\"]\nmatch = \"exact\"\nreply = \"好\"").ok().unwrap();
        for said in ["help", " HELP。", "ｈｅｌｐ！", "?", "？"] {
            assert_eq!(text(replies.exact(said)), "好", "{said}");
        }
        for said in ["help me", "", "。"] {
            assert!(replies.exact(said).is_none(), "{said}");
        }
    }

    #[test]
    fn the_first_contained_keyword_wins() {
        let replies = load(
            "[[keywords]]\nwords = [\"签到\"]\nmatch = \"contains\"\nreply = \"一\"\n\
             [[keywords]]\nwords = [\"会议\"]\nmatch = \"contains\"\nreply = \"二\"",
        )
        .ok()
        .unwrap();
        assert_eq!(text(replies.contained("会议怎么签到")), "一");
        assert_eq!(text(replies.contained("会议在哪")), "二");
        assert!(replies.contained("天气").is_none());
        assert!(replies.exact("签到").is_none());
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let error = load("wellcome = \"x\"").err().unwrap();
        assert!(error.contains("第 6 行") && error.contains("wellcome"), "{error}");
    }

    #[test]
    fn everything_wrong_with_the_texts_is_said_at_once() {
        let long = "议".repeat(683);
        let error = load(&format!(
            "[[keywords]]\nwords = [\"一\"]\nmatch = \"exact\"\nreply = \"看 {{help_url}}\"\n\
             [[keywords]]\nwords = [\"一\"]\nmatch = \"exact\"\nreply = \"\"\n\
             [[keywords]]\nwords = []\nmatch = \"exact\"\nreply = \"{long}\"\n\
             [[clicks]]\nkey = \"k\"\nreply = \"x\"\n[[clicks]]\nkey = \"k\"\nreply = \"x\""
        ))
        .err()
        .unwrap();
        for part in [
            "{help_url}",
            "「一」写了两次",
            "没有写内容",
            "至少写一个词",
            "2049 字节",
            "clicks「k」：写了两次",
        ] {
            assert!(error.contains(part), "{part} in {error}");
        }
    }
}
