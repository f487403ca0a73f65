//! What an operator decides about petitions: `wechat-config/cases.toml`.

use std::sync::Arc;

use serde::Deserialize;

use super::deadline::{Deadlines, Written};
use super::similar::{Gazetteer, Limits};
use super::webhook::AllowList;
use crate::base::config::{Config, ConfigError};

pub const FILE: &str = "cases.toml";
const OWN: &str = include_str!("../../wechat-config/cases.toml");

#[derive(Clone, Debug)]
pub struct Settings {
    pub deadlines: Arc<Deadlines>,
    pub similar: Limits,
    pub places: Gazetteer,
    /// Where messages to other systems may go.
    pub webhooks: AllowList,
    pub papers: Papers,
    pub follow_ups: FollowUps,
}

/// What journalists write about public cases.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FollowUps {
    /// Working days in which the unit may reply before a note can be published without.
    pub reply_days: u16,
}

impl Default for FollowUps {
    fn default() -> FollowUps {
        FollowUps { reply_days: 2 }
    }
}

/// What is said to units that are late, and when.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Papers {
    /// Who issues 舆情抄告单.
    pub notice_by: String,
    /// Who issues 督办通知书.
    pub supervision_by: String,
    /// The hour of the working day after, at which drafts are made; and of reminders on the last day.
    pub hour: u32,
    /// Codes of limits whose passing makes a draft.
    pub missed: Vec<String>,
    /// Points of the yearly assessment.
    pub notice_points: i32,
    pub supervision_points: i32,
}

impl Default for Papers {
    fn default() -> Papers {
        Papers {
            notice_by: "市委宣传部".to_string(),
            supervision_by: "市效能办".to_string(),
            hour: 9,
            missed: vec!["R1".to_string(), "F1".to_string()],
            notice_points: 1,
            supervision_points: 3,
        }
    }
}

impl Papers {
    fn wrong(&self, deadlines: &Deadlines) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.hour > 23 {
            wrong.push(format!("{FILE}：papers.hour 应在 0 到 23 之间。"));
        }
        for code in self.missed.iter().filter(|code| deadlines.get(code).is_none()) {
            wrong.push(format!("{FILE}：papers.missed 里的「{code}」不是期限的代码。"));
        }
        if [&self.notice_by, &self.supervision_by].iter().any(|name| name.trim().is_empty()) {
            wrong.push(format!("{FILE}：papers 的 notice_by、supervision_by 不能为空。"));
        }
        wrong
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    deadlines: Written,
    similar: Limits,
    places: Gazetteer,
    #[serde(default)]
    webhooks: AllowList,
    #[serde(default)]
    papers: Papers,
    #[serde(default)]
    follow_ups: FollowUps,
}

impl Settings {
    /// Reads the operator's file, or ours; what is wrong is said with file and key.
    pub fn load(config: &Config) -> Result<Settings, ConfigError> {
        let file: File = config.read(FILE, OWN)?;
        let deadlines = Deadlines::of(&file.deadlines).map_err(|wrong| {
            ConfigError(wrong.into_iter().map(|line| format!("{FILE}：{line}")).collect())
        })?;
        let mut wrong = file.papers.wrong(&deadlines);
        if !(1..=30).contains(&file.follow_ups.reply_days) {
            wrong.push(format!("{FILE}：follow_ups.reply_days 应在 1 到 30 之间。"));
        }
        if !wrong.is_empty() {
            return Err(ConfigError(wrong));
        }
        let File { similar, places, webhooks, papers, follow_ups, .. } = file;
        Ok(Settings { deadlines: Arc::new(deadlines), similar, places, webhooks, papers, follow_ups })
    }
}
