//! Units that answer, and categories of what people ask: `wechat-config/units.toml`.

use serde::Deserialize;

use crate::base::config::{Config, ConfigError};

pub const FILE: &str = "units.toml";
const OWN: &str = include_str!("../../wechat-config/units.toml");

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Stands in cases; never changes.
    pub code: String,
    pub name: String,
    /// Code of the unit above it.
    pub parent: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    pub code: String,
    pub name: String,
    pub group: String,
    /// Metres within which the same trouble is looked for; 0: it has no place.
    pub radius: u32,
    /// What people call it.
    #[serde(default)]
    pub words: Vec<String>,
}

/// Where the city is.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct City {
    /// Degrees, WGS-84.
    pub latitude: f64,
    pub longitude: f64,
    pub radius_km: f64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Units {
    pub city: City,
    unit: Vec<Unit>,
    category: Vec<Category>,
}

impl Units {
    /// Reads the operator's file, or ours; what is wrong is said with file and code.
    pub fn load(config: &Config) -> Result<Units, ConfigError> {
        let units: Units = config.read(FILE, OWN)?;
        let wrong = units.wrong();
        if wrong.is_empty() { Ok(units) } else { Err(ConfigError(wrong)) }
    }

    fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (at, unit) in self.unit.iter().enumerate() {
            if self.unit[..at].iter().any(|other| other.code == unit.code) {
                wrong.push(format!("{FILE}：单位代码「{}」重复。", unit.code));
            }
            if unit.parent.as_deref().is_some_and(|parent| !self.knows(parent)) {
                wrong.push(format!("{FILE}：单位「{}」的 parent 不存在。", unit.code));
            }
            if unit.code.contains(',') || unit.code.is_empty() {
                wrong.push(format!("{FILE}：单位代码「{}」不能为空，也不能有逗号。", unit.code));
            }
            if self.above(&unit.code).count() > self.unit.len() {
                wrong.push(format!("{FILE}：单位「{}」的上级绕成了圈。", unit.code));
            }
        }
        for (at, category) in self.category.iter().enumerate() {
            if self.category[..at].iter().any(|other| other.code == category.code) {
                wrong.push(format!("{FILE}：类别代码「{}」重复。", category.code));
            }
        }
        if self.unit.is_empty() || self.category.is_empty() {
            wrong.push(format!("{FILE}：至少要有一个单位和一个类别。"));
        }
        wrong
    }

    pub fn all(&self) -> &[Unit] {
        &self.unit
    }

    pub fn categories(&self) -> &[Category] {
        &self.category
    }

    pub fn category(&self, code: &str) -> Option<&Category> {
        self.category.iter().find(|category| category.code == code)
    }

    pub fn get(&self, code: &str) -> Option<&Unit> {
        self.unit.iter().find(|unit| unit.code == code)
    }

    pub fn knows(&self, code: &str) -> bool {
        self.get(code).is_some()
    }

    /// Its name, or the code itself where the unit was removed from the file.
    pub fn name<'a>(&'a self, code: &'a str) -> &'a str {
        self.get(code).map_or(code, |unit| unit.name.as_str())
    }

    /// `unit` is `above`, or somewhere below it.
    pub fn within(&self, unit: &str, above: &str) -> bool {
        unit == above || self.above(unit).any(|parent| parent == above)
    }

    /// The units above it, nearest first; ends even where somebody made a circle.
    fn above<'a>(&'a self, unit: &'a str) -> impl Iterator<Item = &'a str> {
        let up = |code: &&'a str| self.get(code).and_then(|unit| unit.parent.as_deref());
        std::iter::successors(self.get(unit).and_then(|unit| unit.parent.as_deref()), up)
            .take(self.unit.len() + 1)
    }

    /// `unit` and all below it.
    pub fn below<'a>(&'a self, unit: &'a str) -> impl Iterator<Item = &'a str> {
        self.unit.iter().map(|one| one.code.as_str()).filter(move |code| self.within(code, unit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_the_city_is_right() {
        let units: Units = toml::from_str(OWN).unwrap();
        assert_eq!(units.wrong(), Vec::<String>::new());
        assert_eq!(units.all().len(), 69);
    }

    #[test]
    fn a_unit_stands_within_those_above_it_and_within_no_other() {
        let units: Units = toml::from_str(OWN).unwrap();
        assert!(units.within("traffic", "police") && units.within("police", "police"));
        assert!(!units.within("police", "traffic") && !units.within("edu", "police"));
        assert_eq!(units.below("police").collect::<Vec<_>>(), ["police", "traffic"]);
    }

    #[test]
    fn a_circle_of_units_is_said_and_ends() {
        let text = r#"
            [city]
            latitude = 1.0
            longitude = 1.0
            radius_km = 1.0
            [[unit]]
            code = "a"
            name = "A"
            parent = "b"
            [[unit]]
            code = "b"
            name = "B"
            parent = "a"
            [[category]]
            code = "c"
            name = "C"
            group = "C"
            radius = 0
        "#;
        let units: Units = toml::from_str(text).unwrap();
        assert!(units.wrong().iter().any(|line| line.contains("绕成了圈")));
    }
}
