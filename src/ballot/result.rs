//! A result as it is shown, and to whom it may be.

use serde::Serialize;
use uuid::Uuid;

use super::model::{State, ballot_round};
use super::publish::lost_quorum;
use super::refusal::BallotRefusal;
use super::rules::{Display, Kind, Role};
use super::verdict::{ItemVerdict, Outcome, QuorumCheck, Turnout};
use crate::base::clock::Instant;

/// Who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// Who runs the meeting, and its scrutineers.
    Chair,
    /// The hall's screen, and the phones of those who are there.
    Hall,
    /// Everybody else: programs, files, the public.
    Public,
}

/// Whether a result in this state may be seen by `face`.
pub fn shows(state: State, display: Display, face: Face) -> bool {
    match face {
        Face::Chair => state.is_counted(),
        Face::Hall if display != Display::AfterPublish => state.is_counted(),
        Face::Hall | Face::Public => state == State::Published,
    }
}

/// The same of a round.
pub fn visible(round: &ballot_round::Model, face: Face) -> Result<bool, BallotRefusal> {
    Ok(shows(round.state(), round.rules()?.display, face))
}

/// A result with everything that a reader needs to follow it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    pub id: Uuid,
    pub number: i32,
    pub question: String,
    pub kind: Kind,
    pub secret: bool,
    /// Advises whoever decides; say so wherever it is shown.
    pub advisory: bool,
    /// Counted by hand, and how; say so wherever it is shown.
    pub manual: Option<&'static str>,
    pub state: State,
    pub outcome: Outcome,
    pub outcome_zh: &'static str,
    /// `2 × 113 > 210，通过`.
    pub sentence: String,
    /// What passes, in words.
    pub pass: String,
    pub turnout: Turnout,
    pub invalid: i64,
    pub options: Vec<Labelled>,
    pub items: Vec<Counted>,
    pub seats: Option<i64>,
    pub seats_left: i64,
    pub quorum_open: Option<QuorumCheck>,
    pub quorum_close: Option<QuorumCheck>,
    /// There were too few at the close, and the rules forbid to publish.
    pub quorum_lost: bool,
    /// Everybody chose the same.
    pub unanimous: bool,
    pub closed_at: Option<Instant>,
    pub published_at: Option<Instant>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Labelled {
    pub key: String,
    pub label: String,
    pub role: Role,
}

/// One item with its counts, by option.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Counted {
    pub label: String,
    pub note: String,
    #[serde(flatten)]
    pub verdict: ItemVerdict,
    pub elected: bool,
    pub tied: bool,
    /// Share of each option in thousandths of the votes for this item, cut; for bars, never for a verdict.
    pub permille: Vec<i64>,
}

impl Counted {
    /// How a candidate came out of an election.
    pub fn standing(&self) -> &'static str {
        match () {
            () if self.elected => "当选",
            () if self.tied => "票数相等",
            () => "未当选",
        }
    }
}

/// The result of a counted round. Ask [`visible`] first: this does not.
pub fn of(round: &ballot_round::Model) -> Result<Shown, BallotRefusal> {
    let count = round.count()?.ok_or(BallotRefusal::WrongState(round.state()))?;
    let (rules, paper) = (round.rules()?, round.paper()?);
    let verdict = count.verdict;
    let items = paper.items.into_iter().zip(verdict.items).enumerate().map(|(at, (item, counted))| {
        let all = counted.counts.iter().sum::<i64>().max(1);
        Counted {
            label: item.label,
            note: item.note,
            permille: counted.counts.iter().map(|count| count * 1000 / all).collect(),
            elected: verdict.elected.contains(&at),
            tied: verdict.tied.contains(&at),
            verdict: counted,
        }
    });
    Ok(Shown {
        id: round.id,
        number: round.number,
        question: round.question.clone(),
        kind: rules.kind,
        secret: rules.secret,
        advisory: rules.advisory,
        manual: round.by_hand()?.map(|by_hand| by_hand.method.zh()),
        state: round.state(),
        outcome: verdict.outcome,
        outcome_zh: verdict.outcome.zh(),
        sentence: verdict.sentence,
        pass: rules.pass_zh(),
        turnout: count.turnout,
        invalid: count.invalid,
        items: items.collect(),
        seats: paper.seats,
        seats_left: verdict.seats_left,
        quorum_open: super::open::quorum_at_open(round)?,
        quorum_close: round.quorum_at_close()?,
        quorum_lost: lost_quorum(round)?,
        unanimous: verdict.unanimous,
        closed_at: round.closed_at,
        published_at: round.published_at,
        options: rules
            .options
            .into_iter()
            .map(|option| Labelled { key: option.key, label: option.label, role: option.role })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_sees_a_result_before_the_close_and_the_public_only_what_is_published() {
        use Display::{AfterClose, AfterPublish, Immediate};
        for display in [Immediate, AfterClose, AfterPublish] {
            for face in [Face::Chair, Face::Hall, Face::Public] {
                for state in [State::Draft, State::Ready, State::Open, State::Void, State::Withdrawn] {
                    assert!(!shows(state, display, face));
                }
                assert!(shows(State::Published, display, face));
            }
            assert!(shows(State::Closed, display, Face::Chair));
            assert!(!shows(State::Confirmed, display, Face::Public));
        }
        assert!(shows(State::Closed, AfterClose, Face::Hall));
        assert!(!shows(State::Confirmed, AfterPublish, Face::Hall));
    }
}
