//! What a figure leads to: the list of exactly those whom it counts. Fields of an address; empty ones ask for nothing.

use sea_orm::DbErr;
use serde::Deserialize;
use uuid::Uuid;

use super::{Band, is_counted, minute_of};
use crate::base::Base;
use crate::base::clock::{Instant, zh_minute};
use crate::meeting::model::{Role, Source, meeting};
use crate::meeting::people_list::Row;

/// Beside the filter of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Narrow {
    /// The whole name of a unit.
    pub unit: String,
    /// A role; `unplanned`; or `counted`: whoever is counted in 应到 and 实到.
    pub role: String,
    pub source: String,
    /// How late.
    pub band: String,
    /// Minutes since 1970.
    pub minute: Option<i64>,
    /// Those whose sign-in was ever undone or restored.
    pub corrected: bool,
    #[serde(skip)]
    pub(super) those: Vec<Uuid>,
}

impl Narrow {
    /// Reads what only the log knows.
    pub async fn ready(mut self, base: &Base, meeting: Uuid) -> Result<Narrow, DbErr> {
        if self.corrected {
            self.those = super::corrected(base, meeting).await?;
        }
        Ok(self)
    }

    pub fn is_none(&self) -> bool {
        *self == Narrow::default()
    }

    pub fn admits(&self, meeting: &meeting::Model, row: &Row) -> bool {
        let there = row.attendance.as_ref().filter(|there| there.is_in());
        let asked = |word: &String| !word.is_empty();
        (!asked(&self.unit) || row.unit == self.unit)
            && (!asked(&self.role) || self.admits_role(row))
            && (!asked(&self.source) || there.is_some_and(|there| there.source == self.source))
            && (!asked(&self.band) || {
                let late = there.filter(|there| is_counted(row) && there.is_late(meeting));
                let band = late.map(|there| Band::of(there.came_at() - meeting.starts_at));
                band.is_some() && band == Band::parse(&self.band)
            })
            && self.minute.is_none_or(|minute| {
                let came = there.filter(|there| there.source != Source::MakeUp.word());
                came.is_some_and(|there| minute_of(there) == minute)
            })
            && (!self.corrected || self.those.contains(&row.person))
    }

    fn admits_role(&self, row: &Row) -> bool {
        match self.role.as_str() {
            "counted" => is_counted(row),
            "unplanned" => row.roster && row.role().is_none(),
            word => row.role().is_some_and(|role| role.word() == word),
        }
    }

    /// In words, for the page: `市金融办 · 迟到 5 分钟以内`.
    pub fn said(&self) -> String {
        let role = match self.role.as_str() {
            "" => None,
            "counted" => Some("计入应到".to_string()),
            "unplanned" => Some("计划外".to_string()),
            word => Role::parse(word).map(|role| role.zh().to_string()),
        };
        let minute = self.minute.and_then(|minute| Instant::from_timestamp(minute.checked_mul(60)?, 0));
        [
            Some(self.unit.clone()).filter(|unit| !unit.is_empty()),
            role,
            Source::parse(&self.source).map(|source| source.zh().to_string()),
            Band::parse(&self.band).map(|band| format!("迟到 {}", band.zh())),
            minute.map(|minute| format!("{} 到会", zh_minute(minute))),
            self.corrected.then(|| "撤销或恢复过".to_string()),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ")
    }

    /// The same again in an address, `&…`; nothing when it asks for nothing.
    pub fn query(&self) -> String {
        let mut pairs: Vec<(&str, String)> = vec![
            ("unit", self.unit.clone()),
            ("role", self.role.clone()),
            ("source", self.source.clone()),
            ("band", self.band.clone()),
            ("minute", self.minute.map(|minute| minute.to_string()).unwrap_or_default()),
            ("corrected", if self.corrected { "true".to_string() } else { String::new() }),
        ];
        pairs.retain(|(_, value)| !value.is_empty());
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(pairs);
        let text = text.finish();
        if text.is_empty() { text } else { format!("&{text}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_said_and_asked_for_again() {
        let asked = "unit=%E5%B8%82%E5%B1%80&role=counted&band=within_5&minute=29833333&corrected=true";
        let narrow: Narrow = actix_web::web::Query::<Narrow>::from_query(asked).unwrap().into_inner();
        assert_eq!(narrow.query(), format!("&{asked}"));
        assert_eq!(narrow.said(), "市局 · 计入应到 · 迟到 5 分钟以内 · 22:13 到会 · 撤销或恢复过");
        assert!(Narrow::default().is_none() && Narrow::default().query().is_empty());
    }
}
