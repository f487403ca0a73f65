//! What an operator decides about car-moving: `wechat-config/movecar.toml`.

use chrono::NaiveTime;
use serde::Deserialize;

use crate::base::clock::{Instant, shanghai};
use crate::base::config::{Config, ConfigError};

pub const FILE: &str = "movecar.toml";
const OWN: &str = include_str!("../../wechat-config/movecar.toml");

/// The rules of a city. Every number has its reason in the file itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub hotline: String,
    pub person: Person,
    pub plate: PlateLimits,
    pub network: Network,
    pub voice: Voice,
    pub city: City,
    pub fleet: Fleet,
    #[serde(default)]
    pub photo: PhotoAge,
    /// Who knows plates of other provinces; absent: nobody.
    pub national: Option<Connector>,
    #[serde(default)]
    pub map: Map,
    /// Absent: the imported register alone.
    pub register: Option<Connector>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    pub per_day: i64,
    pub per_month: i64,
    pub first_day: i64,
    /// Confirmed abuses that end in a block.
    pub strikes: i32,
    pub block_days: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlateLimits {
    pub per_hour: u64,
    pub per_day: u64,
    /// Of an owner who wants no calls.
    pub per_day_no_calls: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    pub per_hour: i64,
    /// Persons of one network that ask for one plate within a day before it is shielded.
    pub shield_after: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voice {
    pub from: String,
    pub to: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct City {
    /// Degrees, GCJ-02.
    pub latitude: f64,
    pub longitude: f64,
    pub radius_km: f64,
    /// What figures are told by; a place counts for the first that it lies in.
    #[serde(default)]
    pub areas: Vec<Area>,
}

/// A part of the city: a circle.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    pub name: String,
    /// Degrees, GCJ-02.
    pub latitude: f64,
    pub longitude: f64,
    pub radius_km: f64,
}

/// How people without a location permission say where they are.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Map {
    /// Streets and towns that the form offers.
    #[serde(default)]
    pub streets: Vec<String>,
    /// Of Tencent's location service, to choose a point on its map; empty: words only.
    pub tencent_key: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fleet {
    /// Open cases of one number above which they come as one message.
    pub more_than: u64,
    pub digest_minutes: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhotoAge {
    /// An older picture is looked at by the desk first.
    pub minutes: i64,
}

impl Default for PhotoAge {
    /// For files that were written before there was such a rule.
    fn default() -> PhotoAge {
        PhotoAge { minutes: 10 }
    }
}

/// Another system that knows owners.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connector {
    /// Where owners are asked for.
    pub url: String,
    pub key_id: String,
    pub secret: secrecy::SecretString,
    pub timeout_ms: u64,
    pub cache_minutes: u64,
}

impl Settings {
    /// Reads the operator's file, or ours; what is wrong is said with file and key.
    pub fn load(config: &Config) -> Result<Settings, ConfigError> {
        let settings: Settings = config.read(FILE, OWN)?;
        let mut wrong = Vec::new();
        for (key, text) in [("from", &settings.voice.from), ("to", &settings.voice.to)] {
            if clock(text).is_none() {
                wrong.push(format!("{FILE}：voice.{key}「{text}」应写成 07:00 这样的时间。"));
            }
        }
        let person = &settings.person;
        if [person.per_day, person.per_month, person.first_day].iter().any(|limit| *limit < 1) {
            wrong.push(format!("{FILE}：person 里的次数至少为 1。"));
        }
        if settings.photo.minutes < 1 {
            wrong.push(format!("{FILE}：photo.minutes 至少为 1。"));
        }
        for (name, connector) in [("register", &settings.register), ("national", &settings.national)] {
            if let Some(connector) = connector
                && !["https://", "http://"].iter().any(|start| connector.url.starts_with(start))
            {
                wrong.push(format!("{FILE}：{name}.url「{}」不是网址。", connector.url));
            }
        }
        if wrong.is_empty() { Ok(settings) } else { Err(ConfigError(wrong)) }
    }

    /// Ordinary calls may ring now.
    pub fn may_call(&self, now: Instant) -> bool {
        let wall = shanghai(now).time();
        match (clock(&self.voice.from), clock(&self.voice.to)) {
            (Some(from), Some(to)) => from <= wall && wall < to,
            _ => false,
        }
    }
}

fn clock(text: &str) -> Option<NaiveTime> {
    NaiveTime::parse_from_str(text, "%H:%M").ok()
}
