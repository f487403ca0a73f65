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
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    deadlines: Written,
    similar: Limits,
    places: Gazetteer,
    #[serde(default)]
    webhooks: AllowList,
}

impl Settings {
    /// Reads the operator's file, or ours; what is wrong is said with file and key.
    pub fn load(config: &Config) -> Result<Settings, ConfigError> {
        let file: File = config.read(FILE, OWN)?;
        let deadlines = Deadlines::of(&file.deadlines).map_err(|wrong| {
            ConfigError(wrong.into_iter().map(|line| format!("{FILE}：{line}")).collect())
        })?;
        let File { similar, places, webhooks, .. } = file;
        Ok(Settings { deadlines: Arc::new(deadlines), similar, places, webhooks })
    }
}
