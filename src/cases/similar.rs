//! Which published cases may be about the same thing as a new one. Pure: it hints, it never blocks or merges.
//!
//! In short Chinese titles the name of the place outweighs the matter: plain text similarity ranked worse than chance.
//! So places are cut out first and compared as places; what is left, without filler words, is compared as text.

use std::collections::BTreeSet;
use std::collections::HashMap;

use serde::Deserialize;

use crate::base::clock::Instant;
use crate::base::geo::metres;
use crate::base::search::fold;

/// `[similar]` of `wechat-config/cases.toml`: thresholds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Metres within which two cases of one category may be the same.
    pub radius: f64,
    /// The same for single categories, by their code.
    #[serde(default)]
    pub radius_of: HashMap<String, f64>,
    /// Days after which age no longer speaks for a case.
    pub days: i64,
    /// The least likeness of the matters, 0 to 1, whatever place and age say.
    pub least_topic: f64,
    /// The least score.
    pub least_score: f64,
    /// Cases shown at most.
    pub shown: usize,
}

/// `[places]` of `wechat-config/cases.toml`. Names that mean one place are written `万松路|万松东路|万松西路`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gazetteer {
    /// Streets, towns, townships.
    pub areas: Vec<String>,
    /// Roads, bridges, villages, parks.
    pub spots: Vec<String>,
    /// Words that say nothing about the matter: 请问, 附近, 学校门口.
    pub fillers: Vec<String>,
}

/// The gazetteer, ready to read texts with.
#[derive(Clone, Debug)]
pub struct Places {
    /// Folded word, as signs, to what it is; the longest first.
    words: Vec<(Vec<char>, Word)>,
}

#[derive(Clone, Debug)]
enum Word {
    Area(String),
    Spot(String),
    Filler,
}

/// What a text is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    pub areas: BTreeSet<String>,
    pub spots: BTreeSet<String>,
    /// The signs that are left.
    pub topic: BTreeSet<char>,
}

impl Reading {
    /// All place words, for the case's row.
    pub fn places(&self) -> Vec<&str> {
        self.areas.iter().chain(&self.spots).map(String::as_str).collect()
    }
}

impl Places {
    pub fn new(gazetteer: &Gazetteer) -> Places {
        let mut words = Vec::new();
        let mut add = |entry: &String, of: &dyn Fn(String) -> Word| {
            let name = entry.split('|').next().unwrap_or_default().trim().to_owned();
            for word in entry.split('|') {
                let signs: Vec<char> = fold(word).chars().filter(|sign| *sign != ' ').collect();
                if !signs.is_empty() {
                    words.push((signs, of(name.clone())));
                }
            }
        };
        gazetteer.areas.iter().for_each(|entry| add(entry, &Word::Area));
        gazetteer.spots.iter().for_each(|entry| add(entry, &Word::Spot));
        gazetteer.fillers.iter().for_each(|entry| add(entry, &|_| Word::Filler));
        words.sort_by_key(|(signs, _)| std::cmp::Reverse(signs.len()));
        Places { words }
    }

    /// Reads a title, or a title and the beginning of the text: long texts are alike in everything.
    pub fn read(&self, text: &str) -> Reading {
        let mut reading = Reading::default();
        let folded = fold(text);
        for piece in folded.split(' ') {
            let signs: Vec<char> = piece.chars().collect();
            let mut at = 0;
            while at < signs.len() {
                let known = self.words.iter().find(|(word, _)| signs[at..].starts_with(word));
                match known {
                    Some((_, Word::Area(name))) => reading.areas.insert(name.clone()),
                    Some((_, Word::Spot(name))) => reading.spots.insert(name.clone()),
                    Some((_, Word::Filler)) => false,
                    None => reading.topic.insert(signs[at]),
                };
                at += known.map_or(1, |(word, _)| word.len());
            }
        }
        reading
    }
}

/// A case as far as likeness goes.
#[derive(Clone, Debug)]
pub struct Matter {
    /// Its category, for the radius, and the group that the category belongs to.
    pub category: String,
    pub group: String,
    /// Latitude and longitude; both cases in the same system.
    pub at: Option<(f64, f64)>,
    pub reading: Reading,
    pub filed: Instant,
}

/// How alike two cases are; the parts, too, to tune thresholds by what people accepted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    pub total: f64,
    pub topic: f64,
    pub closeness: f64,
    pub recency: f64,
    pub metres: Option<f64>,
}

const TOPIC: f64 = 0.5;
const CLOSENESS: f64 = 0.3;
const RECENCY: f64 = 0.2;
/// How close two cases are that name the same place and one of which has no position.
const SAME_WORD: f64 = 0.5;

/// The score of `old` as a case like `new`; `None` where the gate is closed or a threshold not reached.
///
/// The gate: one category group; no two different places named; and near each other, or the same place named, or
/// no place in either (how to apply for something).
pub fn score(new: &Matter, old: &Matter, limits: &Limits) -> Option<Score> {
    let (one, other) = (&new.reading, &old.reading);
    if new.group != old.group || apart(&one.spots, &other.spots) {
        return None;
    }
    let shared = one.spots.iter().any(|spot| other.spots.contains(spot));
    let same_area = one.areas.iter().any(|area| other.areas.contains(area));
    if !shared && apart(&one.areas, &other.areas) {
        return None;
    }
    let radius = limits.radius_of.get(&new.category).copied().unwrap_or(limits.radius);
    let distance = new.at.zip(old.at).map(|(one, other)| metres(one, other));
    let near = distance.is_some_and(|metres| metres <= radius);
    let placeless = |matter: &Matter| matter.at.is_none() && matter.reading.places().is_empty();
    if !(near || shared || same_area || placeless(new) && placeless(old)) {
        return None;
    }
    let closeness = match distance {
        Some(metres) if radius > 0.0 => (1.0 - metres / radius).max(0.0),
        Some(_) => 0.0,
        None if shared || same_area => SAME_WORD,
        None => 0.0,
    };
    let topic = dice(&one.topic, &other.topic);
    let days = (new.filed - old.filed).num_minutes().abs() as f64 / (24.0 * 60.0);
    let recency = if limits.days > 0 { (1.0 - days / limits.days as f64).max(0.0) } else { 0.0 };
    let total = TOPIC * topic + CLOSENESS * closeness + RECENCY * recency;
    let enough = topic >= limits.least_topic && total >= limits.least_score;
    enough.then_some(Score { total, topic, closeness, recency, metres: distance })
}

/// The cases to show, the best first.
pub fn rank<K>(
    new: &Matter,
    olds: impl IntoIterator<Item = (K, Matter)>,
    limits: &Limits,
) -> Vec<(K, Score)> {
    let mut found: Vec<(K, Score)> =
        olds.into_iter().filter_map(|(key, old)| Some((key, score(new, &old, limits)?))).collect();
    found.sort_by(|(_, one), (_, other)| other.total.total_cmp(&one.total));
    found.truncate(limits.shown);
    found
}

/// Both name a place of this kind, and none in common.
fn apart(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    !one.is_empty() && !other.is_empty() && one.is_disjoint(other)
}

/// Twice the shared signs by all signs.
fn dice(one: &BTreeSet<char>, other: &BTreeSet<char>) -> f64 {
    let all = one.len() + other.len();
    if all == 0 { 0.0 } else { 2.0 * one.intersection(other).count() as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Duration};

    #[derive(Deserialize)]
    struct Own {
        similar: Limits,
        places: Gazetteer,
    }

    fn own() -> (Limits, Places) {
        let own: Own = toml::from_str(include_str!("../../wechat-config/cases.toml")).unwrap();
        (own.similar, Places::new(&own.places))
    }

    fn today() -> Instant {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    fn matter(places: &Places, title: &str) -> Matter {
        Matter {
            category: "any".into(),
            group: "any".into(),
            at: None,
            reading: places.read(title),
            filed: today(),
        }
    }

    const HERE: (f64, f64) = (27.7783, 120.6551);

    #[test]
    fn people_who_mean_the_same_find_each_other() {
        let (limits, places) = own();
        for (new, old) in [
            ("万松路路灯不亮", "万松路路灯坏了整条路很黑"),
            ("申请公租房补贴怎么办理", "公租房补贴如何申请"),
            ("建议学校门口设置红绿灯", "希望在小学门口装红绿灯"),
            ("萬松東路路燈不亮", "万松路的路灯坏了"),
            ("塘下镇垃圾没人清运", "反映塘下垃圾堆积无人清理"),
        ] {
            assert!(score(&matter(&places, new), &matter(&places, old), &limits).is_some(), "{new} / {old}");
        }
    }

    #[test]
    fn another_place_or_another_matter_is_another_case() {
        let (limits, places) = own();
        for (new, old) in [
            ("万松路路灯不亮", "隆山路路灯不亮"),
            ("飞云江大桥堵车严重", "飞云江大桥路灯不亮"),
            ("申请公租房补贴怎么办理", "申请老年优待证怎么办理"),
            ("建议学校门口设置红绿灯", "学校门口家长乱停车"),
            ("塘下镇路灯不亮", "马屿镇路灯不亮"),
        ] {
            let (mut new, mut old) = (matter(&places, new), matter(&places, old));
            assert_eq!(score(&new, &old, &limits), None);
            // Not even on the same spot and day.
            (new.at, old.at) = (Some(HERE), Some(HERE));
            assert_eq!(score(&new, &old, &limits), None);
        }
    }

    #[test]
    fn the_group_of_the_category_is_a_gate() {
        let (limits, places) = own();
        let (new, mut old) = (matter(&places, "万松路路灯不亮"), matter(&places, "万松路路灯不亮"));
        assert!(score(&new, &old, &limits).is_some());
        old.group = "other".into();
        assert_eq!(score(&new, &old, &limits), None);
    }

    #[test]
    fn without_place_words_the_distance_decides() {
        let (limits, places) = own();
        let (mut new, mut old) = (matter(&places, "电缆垂下来了"), matter(&places, "电缆掉落"));
        new.at = Some(HERE);
        assert_eq!(score(&new, &old, &limits), None, "one has no position and no place");
        for (north, found) in [(0.0, true), (0.002, true), (0.003, false)] {
            old.at = Some((HERE.0 + north, HERE.1));
            assert_eq!(score(&new, &old, &limits).is_some(), found, "{north} degrees north");
        }
        let narrow = Limits { radius_of: [("any".to_owned(), 100.0)].into(), ..limits };
        old.at = Some((HERE.0 + 0.002, HERE.1));
        assert_eq!(score(&new, &old, &narrow), None, "this category's radius is smaller");
    }

    #[test]
    fn the_score_weighs_matter_place_and_age() {
        let (limits, places) = own();
        let (mut new, mut old) = (matter(&places, "电缆垂下"), matter(&places, "电缆垂下"));
        (new.at, old.at) = (Some(HERE), Some(HERE));
        let total = |old: &Matter| score(&new, old, &limits).unwrap().total;
        assert!((total(&old) - 1.0).abs() < 1e-9);
        old.filed = today() - Duration::days(30);
        assert!((total(&old) - 0.9).abs() < 1e-9);
        old.filed = today() - Duration::days(600);
        assert!((total(&old) - 0.8).abs() < 1e-9);
    }

    #[test]
    fn the_best_five_are_shown_the_best_first() {
        let (limits, places) = own();
        let new = matter(&places, "万松路路灯不亮");
        let olds = (0..9).map(|age| {
            let mut old = matter(&places, "万松路路灯不亮");
            old.filed = today() - Duration::days(50 - age);
            (age, old)
        });
        let found: Vec<i64> = rank(&new, olds, &limits).into_iter().map(|(age, _)| age).collect();
        assert_eq!(found, [8, 7, 6, 5, 4]);
    }

    #[test]
    fn places_are_read_by_their_longest_name() {
        let (_, places) = own();
        let read = places.read("安阳街道万松东路的路灯，飞云江大桥上也不亮");
        assert_eq!(read.places(), ["安阳街道", "万松路", "飞云江大桥"]);
        assert!(!read.topic.contains(&'桥') && read.topic.contains(&'灯'));
        assert_eq!(places.read(""), Reading::default());
    }
}
