//! What an operator decides about petitions: `wechat-config/cases.toml`.

use std::sync::Arc;

use serde::Deserialize;

use super::deadline::{Deadlines, Written};
use super::similar::{Gazetteer, Limits};
use crate::base::config::{Config, ConfigError};

pub const FILE: &str = "cases.toml";
const OWN: &str = include_str!("../../wechat-config/cases.toml");

#[derive(Clone, Debug)]
pub struct Settings {
    pub deadlines: Arc<Deadlines>,
    pub similar: Limits,
    pub places: Gazetteer,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    deadlines: Written,
    similar: Limits,
    places: Gazetteer,
}

impl Settings {
    /// Reads the operator's file, or ours; what is wrong is said with file and key.
    pub fn load(config: &Config) -> Result<Settings, ConfigError> {
        let file: File = config.read(FILE, OWN)?;
        let deadlines = Deadlines::of(&file.deadlines).map_err(|wrong| {
            ConfigError(wrong.into_iter().map(|line| format!("{FILE}：{line}")).collect())
        })?;
        Ok(Settings { deadlines: Arc::new(deadlines), similar: file.similar, places: file.places })
    }
}
