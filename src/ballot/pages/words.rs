//! How the phone pages say what a round is.

use crate::ballot::board;
use crate::ballot::model::ballot_round;
use crate::ballot::refusal::BallotRefusal;
use crate::ballot::result::{self, Face};
use crate::ballot::rules::Rules;
use crate::ballot::told::{self, Told};

/// The result, where the hall may see it.
pub fn to_hall(round: &ballot_round::Model) -> Result<Option<Told>, BallotRefusal> {
    if !result::visible(round, Face::Hall)? {
        return Ok(None);
    }
    Ok(Some(Told::of(&result::of(round)?)))
}

pub fn heading(round: &ballot_round::Model, rules: &Rules) -> String {
    told::heading(round.number, rules.kind, rules.secret)
}

/// What must be said of it, and which go it is.
pub fn labels(round: &ballot_round::Model, rules: &Rules) -> Result<Vec<String>, BallotRefusal> {
    let mut labels = told::labels(round.by_hand()?.map(|by_hand| by_hand.method.zh()), rules.advisory);
    if round.runoff_of.is_some() {
        labels.push("再次投票".to_string());
    } else if round.attempt > 1 {
        labels.push(format!("第 {} 次表决", round.attempt));
    }
    if round.revision > 1 {
        labels.push(format!("更正后第 {} 版", round.revision));
    }
    Ok(labels)
}

pub fn stage(round: &ballot_round::Model, rules: &Rules) -> Result<String, BallotRefusal> {
    let count = if round.state().is_counted() { round.count()? } else { None };
    let sentence = count.map(|count| count.verdict.sentence);
    Ok(board::stage(round.state(), rules.display, sentence.as_deref()))
}
