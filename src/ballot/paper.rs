//! The paper: what is put to the vote, and what one voter marks on it. On every paper each item carries exactly one
//! mark, so of every item the counts add up to the number of papers, whatever kind of vote it is.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::refusal::BallotRefusal;
use super::rules::{Kind, Role, Rules};

/// A candidate, or a subject of a rating; a motion has one item without a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What forms and programs send: `1`, `2`, ….
    pub key: String,
    pub label: String,
    /// Unit or post of a candidate.
    pub note: String,
}

/// What is put to the vote, frozen when the round is ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    pub items: Vec<Item>,
    /// How many are to be elected.
    pub seats: Option<i64>,
}

/// Items of a paper at most.
const ITEMS: usize = 60;
/// Characters of a label and of a note at most.
const LABEL: usize = 60;

/// What one voter chose: pairs of item and option, by their keys. It never shows what it holds, so that no log can.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Choice(Vec<(String, String)>);

impl Choice {
    /// On a motion: one option.
    pub fn one(option: &str) -> Choice {
        Choice(vec![("1".to_string(), option.to_string())])
    }

    /// On a paper of several items: pairs of item and option. Items left out of an election are abstained from.
    pub fn of<I: Into<String>, O: Into<String>>(pairs: impl IntoIterator<Item = (I, O)>) -> Choice {
        Choice(pairs.into_iter().map(|(item, option)| (item.into(), option.into())).collect())
    }
}

impl fmt::Debug for Choice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Choice")
    }
}

impl Paper {
    /// The paper of a motion.
    pub fn motion() -> Paper {
        Paper {
            items: vec![Item { key: "1".to_string(), label: String::new(), note: String::new() }],
            seats: None,
        }
    }

    /// A paper of these candidates or subjects, each with a note.
    pub fn of(labels: &[(String, String)], seats: Option<i64>) -> Paper {
        let item = |(at, (label, note)): (usize, &(String, String))| Item {
            key: (at + 1).to_string(),
            label: label.trim().to_string(),
            note: note.trim().to_string(),
        };
        Paper { items: labels.iter().enumerate().map(item).collect(), seats }
    }

    /// What makes this paper impossible under `rules`, in Chinese.
    pub fn problem(&self, rules: &Rules) -> Option<String> {
        let labels: Vec<&str> = self.items.iter().map(|item| item.label.as_str()).collect();
        let bad = |text: &str| text.chars().count() > LABEL || text.contains(char::is_control);
        let named = rules.kind != Kind::Motion;
        let word = if rules.kind == Kind::Election { "候选人" } else { "测评对象" };
        match () {
            () if !named && self.items.len() != 1 => Some("议案一次表决一项".to_string()),
            () if self.items.is_empty() => Some(format!("还没有填写{word}")),
            () if self.items.len() > ITEMS => Some(format!("{word}最多 {ITEMS} 个")),
            () if named && labels.iter().any(|label| label.is_empty()) => {
                Some(format!("{word}的名字不能为空"))
            }
            () if self.items.iter().any(|item| bad(&item.label) || bad(&item.note)) => {
                Some(format!("{word}的名字和说明各不超过 {LABEL} 个字"))
            }
            () if labels.iter().enumerate().any(|(at, label)| {
                named
                    && self.items[..at]
                        .iter()
                        .any(|other| other.label == *label && other.note == self.items[at].note)
            }) =>
            {
                Some(format!("{word}有重复；同名的请在说明里写明单位"))
            }
            () if (rules.kind == Kind::Election) != self.seats.is_some() => {
                Some("选举要写应选人数，其他表决不写".to_string())
            }
            () if self.seats.is_some_and(|seats| seats < 1 || seats > self.items.len() as i64) => {
                Some("应选人数至少 1 人，不多于候选人数".to_string())
            }
            () => None,
        }
    }

    /// The option marked on each item, by its place in the rules. Fails where the paper does not carry such a mark.
    pub fn marks(&self, rules: &Rules, choice: &Choice) -> Result<Vec<usize>, BallotRefusal> {
        let mut marks: Vec<Option<usize>> = vec![None; self.items.len()];
        for (item, option) in &choice.0 {
            let item = self.items.iter().position(|known| known.key == *item);
            let option = rules.options.iter().position(|known| known.key == *option);
            let (Some(item), Some(option)) = (item, option) else { return Err(BallotRefusal::BadChoice) };
            if marks[item].replace(option).is_some() {
                return Err(BallotRefusal::BadChoice);
            }
        }
        let left_out = if rules.kind == Kind::Election { rules.at(Role::Abstain) } else { None };
        let marks: Option<Vec<usize>> = marks.into_iter().map(|mark| mark.or(left_out)).collect();
        let marks = marks.ok_or(BallotRefusal::Incomplete)?;
        if let (Some(seats), Some(yes)) = (self.seats, rules.at(Role::Yes))
            && marks.iter().filter(|mark| **mark == yes).count() as i64 > seats
        {
            return Err(BallotRefusal::TooMany(seats));
        }
        Ok(marks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ballot::rules::samples::{election, motion};

    fn three() -> Paper {
        Paper::of(&["甲", "乙", "丙"].map(|name| (name.to_string(), String::new())), Some(2))
    }

    #[test]
    fn a_motion_takes_one_of_its_options() {
        let (rules, paper) = (motion(), Paper::motion());
        assert_eq!(paper.marks(&rules, &Choice::one("no")).unwrap(), [1]);
        for wrong in [
            Choice::one("defer"),
            Choice::of([("2", "yes")]),
            Choice::of([("1", "yes"), ("1", "no")]),
            Choice::one("' OR 1=1 --"),
        ] {
            assert!(matches!(paper.marks(&rules, &wrong), Err(BallotRefusal::BadChoice)));
        }
        assert!(matches!(paper.marks(&rules, &Choice::default()), Err(BallotRefusal::Incomplete)));
    }

    #[test]
    fn an_election_takes_at_most_as_many_as_there_are_seats() {
        let (rules, paper) = (election(), three());
        assert_eq!(paper.marks(&rules, &Choice::of([("1", "yes"), ("3", "no")])).unwrap(), [0, 2, 1]);
        assert_eq!(paper.marks(&rules, &Choice::default()).unwrap(), [2, 2, 2]);
        let all = Choice::of([("1", "yes"), ("2", "yes"), ("3", "yes")]);
        assert!(matches!(paper.marks(&rules, &all), Err(BallotRefusal::TooMany(2))));
    }

    #[test]
    fn a_paper_without_names_or_with_more_seats_than_names_is_refused() {
        let rules = election();
        assert_eq!(three().problem(&rules), None);
        assert!(Paper { seats: Some(4), ..three() }.problem(&rules).is_some());
        assert!(Paper { seats: None, ..three() }.problem(&rules).is_some());
        assert!(Paper::of(&[], Some(1)).problem(&rules).is_some());
        let twins = ["甲", "甲"].map(|name| (name.to_string(), String::new()));
        assert!(Paper::of(&twins, Some(1)).problem(&rules).is_some());
        assert_eq!(Paper::motion().problem(&motion()), None);
    }

    #[test]
    fn a_choice_never_shows_what_it_holds() {
        assert_eq!(format!("{:?}", Choice::one("yes")), format!("{:?}", Choice::one("no")));
    }
}
