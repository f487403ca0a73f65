//! Random sessions, held against a model of a few lines.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use uuid::Uuid;
use yishiting::ballot::model::ElectorStanding;
use yishiting::ballot::rules::{Press as Which, Rules};
use yishiting::ballot::urn::Press;
use yishiting::ballot::{open, recuse, verify};
use yishiting::base::error::Coded;

use crate::support::chamber::{Chamber, code, motion, secret};

/// The last has no right to vote.
const PEOPLE: usize = 7;
const OPTIONS: [&str; 4] = ["yes", "no", "abstain", "defer"];

#[derive(Clone, Debug)]
enum Step {
    Open,
    /// Several at once, in this order.
    Vote(Vec<(usize, usize)>),
    /// Sends an earlier press again.
    Again(usize),
    Leave(usize),
    Return(usize),
    Recuse(usize),
    Rejoin(usize),
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Open),
        8 => prop::collection::vec((0..PEOPLE, 0..OPTIONS.len()), 1..5).prop_map(Step::Vote),
        3 => any::<usize>().prop_map(Step::Again),
        2 => (0..PEOPLE).prop_map(Step::Leave),
        2 => (0..PEOPLE).prop_map(Step::Return),
        2 => (0..PEOPLE).prop_map(Step::Recuse),
        1 => (0..PEOPLE).prop_map(Step::Rejoin),
        1 => Just(Step::Close),
    ]
}

/// What ought to be so.
struct Model {
    last: bool,
    state: &'static str,
    away: BTreeSet<usize>,
    recused: BTreeSet<usize>,
    /// Option, and the operation ids that were counted.
    votes: BTreeMap<usize, (usize, Vec<String>)>,
}

impl Model {
    /// The code that a press must come to; it is counted if it may be.
    fn press(&mut self, member: usize, option: usize, op: &str) -> &'static str {
        if self.state == "ready" {
            return "not_open";
        }
        if let Some((_, done)) = self.votes.get(&member) {
            if !self.last {
                return "already";
            }
            if done.iter().any(|known| known == op) {
                return "replayed";
            }
        }
        if self.state == "closed" {
            return "closed";
        }
        match () {
            () if member == PEOPLE - 1 => return "not_entitled",
            () if self.recused.contains(&member) => return "recused",
            () if self.away.contains(&member) => return "away",
            () if OPTIONS[option] == "defer" => return "bad_choice",
            () => {}
        }
        let vote = self.votes.entry(member).or_insert((option, Vec::new()));
        vote.0 = option;
        vote.1.push(op.to_string());
        if vote.1.len() == 1 { "ok" } else { "replaced" }
    }

    fn standing(&self, member: usize) -> ElectorStanding {
        match () {
            () if self.votes.contains_key(&member) => ElectorStanding::Voted,
            () if self.recused.contains(&member) => ElectorStanding::Recused,
            () if self.away.contains(&member) => ElectorStanding::Away,
            () => ElectorStanding::NotPressed,
        }
    }
}

#[test]
fn any_session_comes_out_as_the_model_says() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let chamber = runtime.block_on(Chamber::of(PEOPLE));
    runtime.block_on(chamber.import(&[PEOPLE - 1], Some("否")));
    let config = Config { cases: 30, failure_persistence: None, ..Config::default() };
    let sessions = (0..3_usize, prop::collection::vec(step(), 1..40));
    let outcome = TestRunner::new(config).run(&sessions, |(rules, steps)| {
        let rules = match rules {
            0 => motion(),
            1 => secret(),
            _ => Rules { press: Which::Last, ..motion() },
        };
        runtime.block_on(live(&chamber, rules, steps))
    });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    let verdict = runtime.block_on(verify::verify(&chamber.base)).unwrap();
    assert!(verdict.differences.is_empty() && verdict.rounds >= 30, "{:#?}", verdict.differences);
}

async fn live(chamber: &Chamber, rules: Rules, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let last = rules.press == Which::Last;
    for member in 0..PEOPLE {
        chamber.steps(member, false).await;
    }
    let id = chamber.ready(rules).await;
    let mut model = Model {
        last,
        state: "ready",
        away: BTreeSet::new(),
        recused: BTreeSet::new(),
        votes: BTreeMap::new(),
    };
    let mut presses: Vec<(usize, usize, Press)> = Vec::new();
    for step in steps {
        match step {
            Step::Open => {
                let opened = open::open(&chamber.base, id, "chen").await;
                let expected = match (model.state, PEOPLE - 1 - model.recused.len()) {
                    ("ready", 0) => Err("nobody_entitled"),
                    ("closed", _) => Err("round_state"),
                    _ => Ok(()),
                };
                let secret_few = opened.as_ref().is_err_and(|refusal| refusal.code() == "group_too_small");
                if secret_few {
                    continue;
                }
                prop_assert_eq!(opened.map(|_| ()).map_err(|refusal| refusal.code()), expected);
                if model.state == "ready" && expected.is_ok() {
                    model.state = "open";
                }
            }
            Step::Vote(votes) => {
                let new: Vec<_> = votes
                    .into_iter()
                    .map(|(member, option)| (member, option, chamber.press(id, member, OPTIONS[option])))
                    .collect();
                let expected: Vec<_> = new
                    .iter()
                    .map(|(member, option, press)| model.press(*member, *option, &press.op_id))
                    .collect();
                let sent = new.iter().map(|(_, _, press)| chamber.ballots.urn.press(press.clone()));
                let heard: Vec<_> = join_all(sent).await.iter().map(code).collect();
                prop_assert_eq!(heard, expected);
                presses.extend(new);
            }
            Step::Again(which) if !presses.is_empty() => {
                let (member, option, press) = presses[which % presses.len()].clone();
                let expected = model.press(member, option, &press.op_id);
                prop_assert_eq!(code(&chamber.ballots.urn.press(press).await), expected);
            }
            Step::Again(_) => {}
            Step::Leave(member) => {
                chamber.steps(member, true).await;
                model.away.insert(member);
            }
            Step::Return(member) => {
                chamber.steps(member, false).await;
                model.away.remove(&member);
            }
            Step::Recuse(member) => recuses(chamber, id, &mut model, member).await?,
            Step::Rejoin(member) => {
                let done = recuse::rejoin(&chamber.base, id, chamber.people[member], "chen").await;
                prop_assert_eq!(done.is_ok(), model.state != "closed");
                if done.is_ok() {
                    model.recused.remove(&member);
                }
            }
            Step::Close if model.state == "open" => {
                chamber.close(id).await;
                model.state = "closed";
            }
            Step::Close => {}
        }
        // Who has left in the model since the close does not matter: what is frozen stays.
        if model.state == "closed" {
            break;
        }
    }
    if model.state == "open" {
        chamber.close(id).await;
        model.state = "closed";
    }
    if model.state == "closed" {
        agrees(chamber, id, &model, presses).await?;
    }
    Ok(())
}

async fn recuses(chamber: &Chamber, id: Uuid, model: &mut Model, member: usize) -> Result<(), TestCaseError> {
    let expected = match () {
        () if model.state == "closed" => Err("round_state"),
        () if member == PEOPLE - 1 => Err("not_entitled"),
        () if model.votes.contains_key(&member) => Err("has_voted"),
        () => Ok(()),
    };
    let done = recuse::recuse(&chamber.base, id, chamber.people[member], "与本人有关", "chen").await;
    prop_assert_eq!(done.map(|_| ()).map_err(|refusal| refusal.code()), expected);
    if expected.is_ok() {
        model.recused.insert(member);
    }
    Ok(())
}

async fn agrees(
    chamber: &Chamber,
    id: Uuid,
    model: &Model,
    presses: Vec<(usize, usize, Press)>,
) -> Result<(), TestCaseError> {
    let before = chamber.round(id).await;
    let count = before.count().unwrap().unwrap();
    let mut counts = [0_i64; 3];
    model.votes.values().for_each(|(option, _)| counts[*option] += 1);
    prop_assert_eq!(&count.verdict.items[0].counts[..], &counts[..]);
    prop_assert_eq!(count.turnout.voted, model.votes.len() as i64);
    prop_assert_eq!(chamber.electors(id).await.len(), PEOPLE - 1);
    for member in 0..PEOPLE - 1 {
        prop_assert_eq!(chamber.standing(id, member).await, model.standing(member));
    }
    // Everything that was ever sent comes again, and moves nothing.
    let again = presses.iter().map(|(_, _, press)| chamber.ballots.urn.press(press.clone()));
    for answer in join_all(again).await {
        prop_assert!(["already", "replayed", "closed"].contains(&code(&answer)));
    }
    chamber.steps(0, true).await;
    prop_assert_eq!(chamber.close(id).await, before);
    Ok(())
}
