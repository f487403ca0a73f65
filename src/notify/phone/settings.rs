//! The operator's file `wechat-config/phone.toml`: who carries what, how much of it, and in which words.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveTime;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::model::Medium;
use super::{Purpose, provider};
use crate::base::config::{Config, ConfigError};

mod account;
use account::Secrets;
pub use account::{Aliyun, Http, Tencent};

/// The file's name in the configuration folder.
pub const FILE: &str = "phone.toml";
const OWN: &str = include_str!("../../../wechat-config/phone.toml");
/// Providers that may be named.
const PROVIDERS: [&str; 4] = ["aliyun", "tencent", "http", provider::LOG];
/// Whose templates a message may name; `aliyun_after` is said after a key was pressed.
const TEMPLATES: [&str; 5] = ["aliyun", "aliyun_after", "tencent", "http", "over"];
/// Who carries it in a rehearsal.
const REHEARSED: [&str; 2] = ["aliyun", "tencent"];

/// The file, checked.
#[derive(Clone)]
pub struct Settings {
    sms: Channel,
    voice: Channel,
    pub(super) rings_from: NaiveTime,
    pub(super) rings_to: NaiveTime,
    pub(super) aliyun: Option<Aliyun>,
    pub(super) tencent: Option<Tencent>,
    pub(super) http: Option<Http>,
    wordings: HashMap<String, Wording>,
}

/// One medium.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// In the order in which they are asked.
    pub providers: Vec<String>,
    /// Which share of messages asks each first; empty: all ask the first.
    pub weights: Vec<u32>,
    pub per_day: i64,
    pub per_number_hour: u64,
    pub per_number_day: u64,
}

/// What one purpose says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    pub purpose: String,
    /// With its `{marks}`.
    pub text: String,
    /// The template of the provider, by the provider's name.
    pub templates: BTreeMap<String, String>,
}

impl Wording {
    /// The text with its marks filled in.
    pub fn filled(&self, words: &[(String, String)]) -> String {
        let fill =
            |text: String, (mark, value): &(String, String)| text.replace(&format!("{{{mark}}}"), value);
        words.iter().fold(self.text.clone(), fill)
    }
}

impl Channel {
    /// Who is asked for the message `reference`, in order. The same message always asks in the same order.
    pub fn order(&self, reference: &str) -> Vec<&str> {
        let mut order: Vec<&str> = self.providers.iter().map(String::as_str).collect();
        let all: u32 = self.weights.iter().sum();
        if all == 0 || self.weights.len() != order.len() {
            return order;
        }
        let hash = Sha256::digest(reference.as_bytes());
        let mut point = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]) % all;
        for (at, weight) in self.weights.iter().enumerate() {
            if point < *weight {
                let first = order.remove(at);
                order.insert(0, first);
                break;
            }
            point -= weight;
        }
        order
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    sms: WrittenChannel,
    #[serde(default)]
    voice: WrittenChannel,
    #[serde(default)]
    aliyun: Option<Aliyun>,
    #[serde(default)]
    tencent: Option<Tencent>,
    #[serde(default)]
    http: Option<Http>,
    #[serde(default)]
    messages: Vec<WrittenMessage>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenChannel {
    providers: Vec<String>,
    weights: Vec<u32>,
    per_day: Option<i64>,
    per_number_hour: Option<u64>,
    per_number_day: Option<u64>,
    from: Option<String>,
    to: Option<String>,
}

/// Keys that are no provider's name are refused by [`wording`].
#[derive(Deserialize)]
struct WrittenMessage {
    purpose: String,
    text: String,
    #[serde(flatten)]
    templates: BTreeMap<String, String>,
}

impl Settings {
    /// Reads the operator's file, or the program's own, which names no provider. `purposes`: those that features
    /// have. Everything wrong is said at once.
    pub fn load(config: &Config, purposes: &[Purpose]) -> Result<Settings, ConfigError> {
        let written: Written = config.read(FILE, OWN)?;
        let own: Written =
            toml::from_str(OWN).map_err(|error| ConfigError(vec![format!("{FILE}：{error}")]))?;
        let mut wrong = Vec::new();
        let settings = check(written, own, config, purposes, &mut wrong);
        if wrong.is_empty() { Ok(settings) } else { Err(ConfigError(wrong)) }
    }

    pub fn channel(&self, medium: Medium) -> &Channel {
        match medium {
            Medium::Sms => &self.sms,
            Medium::Voice => &self.voice,
        }
    }

    /// Every provider that some medium names, once.
    pub fn named(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.sms.providers.iter().chain(&self.voice.providers).map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What `purpose` says.
    pub fn wording(&self, purpose: &str) -> Option<&Wording> {
        self.wordings.get(purpose)
    }

    /// Everything that is said, for rehearsals.
    pub fn wordings(&self) -> impl Iterator<Item = &Wording> {
        self.wordings.values()
    }
}

fn check(
    written: Written,
    own: Written,
    config: &Config,
    purposes: &[Purpose],
    wrong: &mut Vec<String>,
) -> Settings {
    let rings_from = clock(written.voice.from.as_deref(), (7, 0), wrong);
    let rings_to = clock(written.voice.to.as_deref(), (21, 30), wrong);
    if rings_from >= rings_to {
        wrong.push(format!("{FILE} [voice] from 要早于 to。"));
    }
    if written.sms.from.is_some() || written.sms.to.is_some() {
        wrong.push(format!("{FILE} [sms] 不用 from 和 to，短信不分时段。"));
    }
    let rehearsal = config.phone_simulator.as_ref();
    let mut sms = channel("sms", written.sms, (5000, 6, 20), wrong);
    let mut voice = channel("voice", written.voice, (2000, 4, 10), wrong);
    if rehearsal.is_some() {
        for channel in [&mut sms, &mut voice] {
            channel.providers = REHEARSED.map(str::to_string).to_vec();
            channel.weights = Vec::new();
        }
    }
    let named: Vec<String> = sms.providers.iter().chain(&voice.providers).cloned().collect();
    let secrets = Secrets::parse(config, wrong);
    let (aliyun, tencent, http) =
        account::check((written.aliyun, written.tencent, written.http), &named, &secrets, rehearsal, wrong);
    let mut wordings = HashMap::new();
    let known = |message: &WrittenMessage| purposes.iter().any(|one| one.name == message.purpose);
    for message in own.messages.into_iter().filter(known).chain(written.messages) {
        // As in the menu's file: the address of this system.
        let text = message.text.replace("{public_url}", &config.link(""));
        let message = WrittenMessage { text, ..message };
        let wording = wording(message, purposes, rehearsal.is_some(), wrong);
        wordings.insert(wording.purpose.clone(), wording);
    }
    for purpose in purposes.iter().filter(|purpose| !wordings.contains_key(purpose.name)) {
        wrong.push(format!("{FILE} 缺少 purpose = \"{}\" 的一段 [[messages]]。", purpose.name));
    }
    Settings { sms, voice, rings_from, rings_to, aliyun, tencent, http, wordings }
}

fn clock(text: Option<&str>, own: (u32, u32), wrong: &mut Vec<String>) -> NaiveTime {
    let own = NaiveTime::from_hms_opt(own.0, own.1, 0).unwrap_or_default();
    match text.map(|text| (text, NaiveTime::parse_from_str(text, "%H:%M"))) {
        None => own,
        Some((_, Ok(time))) => time,
        Some((text, Err(_))) => {
            wrong.push(format!("{FILE} [voice]「{text}」应是时刻，如 \"07:00\"。"));
            own
        }
    }
}

fn channel(name: &str, written: WrittenChannel, own: (i64, u64, u64), wrong: &mut Vec<String>) -> Channel {
    for provider in written.providers.iter().filter(|one| !PROVIDERS.contains(&one.as_str())) {
        wrong.push(format!(
            "{FILE} [{name}] providers 里的「{provider}」不认识，可用：{}。",
            PROVIDERS.join("、")
        ));
    }
    if !written.weights.is_empty() && written.weights.len() != written.providers.len() {
        wrong.push(format!("{FILE} [{name}] weights 的个数要和 providers 一样。"));
    }
    let per_day = written.per_day.unwrap_or(own.0);
    if per_day < 0 {
        wrong.push(format!("{FILE} [{name}] per_day 不能是负数。"));
    }
    Channel {
        providers: written.providers,
        weights: written.weights,
        per_day,
        per_number_hour: written.per_number_hour.unwrap_or(own.1),
        per_number_day: written.per_number_day.unwrap_or(own.2),
    }
}

fn wording(
    message: WrittenMessage,
    purposes: &[Purpose],
    rehearsal: bool,
    wrong: &mut Vec<String>,
) -> Wording {
    let WrittenMessage { purpose, text, mut templates } = message;
    let mut say = |what: String| wrong.push(format!("{FILE} 「{purpose}」：{what}"));
    match purposes.iter().find(|known| known.name == purpose) {
        None => say(format!(
            "purpose 不认识，可用：{}。",
            purposes.iter().map(|known| known.name).collect::<Vec<_>>().join("、")
        )),
        Some(known) => {
            for mark in marks(&text).filter(|mark| !known.words.contains(mark)) {
                say(format!("text 里的 {{{mark}}} 不认识，可用：{}。", known.words.join("、")));
            }
        }
    }
    for name in templates.keys().filter(|name| !TEMPLATES.contains(&name.as_str())) {
        say(format!("「{name}」不认识，可用：purpose、text、{}。", TEMPLATES.join("、")));
    }
    templates.retain(|_, template| !template.trim().is_empty());
    if rehearsal {
        for provider in REHEARSED {
            templates.entry(provider.to_string()).or_insert_with(|| purpose.clone());
        }
    }
    Wording { purpose, text, templates }
}

/// What stands between braces.
fn marks(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(mark, _)| mark))
}

#[cfg(test)]
mod tests;
