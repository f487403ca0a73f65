//! What a count comes to. Pure, in whole numbers, with the comparison printed.

use serde::{Deserialize, Serialize};

use super::election;
use super::paper::Paper;
use super::rules::{Base, Kind, Quorum, Role, Rules};
use crate::base::words::words;

words! {
    /// What a round came to.
    Outcome {
        Passed = "passed", "通过";
        Failed = "failed", "未通过";
        /// As many for as against, and the chair has the casting vote.
        Tied = "tied", "票数相等，由主持人决定";
        /// Every seat is taken.
        Elected = "elected", "选举完成";
        /// Equal votes at the last seat.
        RunOff = "run_off", "末位票数相等，需再次投票";
        /// Fewer than there are seats reached the share.
        SeatsLeft = "seats_left", "名额未选满";
        /// Nobody voted, or nothing valid is left to count.
        NoVote = "no_vote", "无有效表决";
        /// An opinion or a rating: nothing to pass or fail.
        Recorded = "recorded", "已记录";
    }
}

/// Who was there and who voted; everybody with the right to vote is in exactly one of the later figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turnout {
    /// With the right to vote: the sum of all that follow.
    pub entitled: i64,
    pub voted: i64,
    /// There, and did not vote (未按).
    pub not_pressed: i64,
    /// Signed in, but out of the room at the close.
    pub away: i64,
    pub recused: i64,
    pub on_leave: i64,
    pub absent: i64,
    /// Voted, and the vote does not count because the check-in was taken back.
    pub excluded: i64,
}

impl Turnout {
    /// The figure that `base` stands for; `pair` is the sum of those for and against.
    pub fn base(&self, base: Base, rules: &Rules, pair: i64) -> i64 {
        let not_pressed = if rules.count_not_pressed { self.not_pressed } else { 0 };
        match base {
            Base::All if rules.count_recused => self.entitled,
            Base::All => self.entitled - self.recused,
            Base::Present if rules.count_recused => self.voted + not_pressed + self.recused,
            Base::Present => self.voted + not_pressed,
            Base::Cast => self.voted + not_pressed,
            Base::Valid => pair,
        }
    }
}

/// Whether there were enough members at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuorumCheck {
    pub met: bool,
    /// With the right to vote, and in the room.
    pub present: i64,
    pub base: i64,
    /// How many more are needed.
    pub missing: i64,
    pub inequality: String,
}

impl QuorumCheck {
    pub fn of(quorum: &Quorum, present: i64, base: i64) -> QuorumCheck {
        let missing = (quorum.share.least(base) - present).max(0);
        let inequality = quorum.share.inequality(present, base);
        QuorumCheck { met: missing == 0, present, base, missing, inequality }
    }
}

/// The count of one item, held against what it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemVerdict {
    /// By option.
    pub counts: Vec<i64>,
    /// What the share was taken of; `None`: no share.
    pub base: Option<i64>,
    /// Of those for; `None` where nothing is needed.
    pub inequality: Option<String>,
    /// Reached the share; of ratings and opinions never asked.
    pub reached: bool,
}

/// What the round came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub outcome: Outcome,
    pub items: Vec<ItemVerdict>,
    /// By item; those elected, the most votes first.
    pub elected: Vec<usize>,
    /// By item; tied at the last seat.
    pub tied: Vec<usize>,
    /// Seats that this round left open.
    pub seats_left: i64,
    /// Everybody chose the same, so a secret vote tells what each chose.
    pub unanimous: bool,
    /// `2 × 113 > 210，通过`.
    pub sentence: String,
}

/// Judges the counts, `tallies[item][option]`.
pub fn judge(rules: &Rules, paper: &Paper, turnout: &Turnout, tallies: &[Vec<i64>]) -> Verdict {
    let items: Vec<ItemVerdict> = tallies.iter().map(|counts| item(rules, turnout, counts)).collect();
    let unanimous = turnout.voted > 1
        && tallies.iter().all(|counts| counts.iter().filter(|count| **count > 0).count() == 1);
    let verdict = Verdict {
        outcome: Outcome::Recorded,
        items,
        elected: vec![],
        tied: vec![],
        seats_left: 0,
        unanimous,
        sentence: String::new(),
    };
    if turnout.voted == 0 {
        let seats_left = paper.seats.unwrap_or(0);
        return Verdict { seats_left, ..verdict }.ending(Outcome::NoVote, paper);
    }
    match rules.kind {
        Kind::Rating => verdict.ending(Outcome::Recorded, paper),
        Kind::Election => {
            let placed = election::seat(rules, paper, &verdict.items);
            let outcome = placed.outcome(rules);
            let election::Placed { elected, tied, seats_left } = placed;
            Verdict { elected, tied, seats_left, ..verdict }.ending(outcome, paper)
        }
        Kind::Motion => {
            let outcome = motion(rules, &verdict.items[0]);
            verdict.ending(outcome, paper)
        }
    }
}

fn item(rules: &Rules, turnout: &Turnout, counts: &[i64]) -> ItemVerdict {
    let of = |role| rules.at(role).and_then(|at| counts.get(at)).copied().unwrap_or(0);
    let (yes, no) = (of(Role::Yes), of(Role::No));
    let held = rules.pass.as_ref().map(|pass| (pass.share, turnout.base(pass.base, rules, yes + no)));
    ItemVerdict {
        counts: counts.to_vec(),
        base: held.map(|(_, base)| base),
        inequality: held.map(|(share, base)| share.inequality(yes, base)),
        reached: held.is_some_and(|(share, base)| base > 0 && share.holds(yes, base)),
    }
}

fn motion(rules: &Rules, item: &ItemVerdict) -> Outcome {
    let of = |role| rules.at(role).and_then(|at| item.counts.get(at)).copied().unwrap_or(0);
    match item.base {
        None => Outcome::Recorded,
        // Everybody abstained, and abstentions are not in the base.
        Some(0) => Outcome::NoVote,
        Some(_) if item.reached => Outcome::Passed,
        Some(_) if rules.casting_vote && of(Role::Yes) == of(Role::No) && of(Role::Yes) > 0 => Outcome::Tied,
        Some(_) => Outcome::Failed,
    }
}

impl Verdict {
    /// With its outcome, and the sentence that says it.
    pub(super) fn ending(mut self, outcome: Outcome, paper: &Paper) -> Verdict {
        self.outcome = outcome;
        let names = |chosen: &[usize]| {
            let label = |at: &usize| paper.items.get(*at).map_or("", |item| item.label.as_str());
            chosen.iter().map(label).collect::<Vec<_>>().join("、")
        };
        let elected = match self.elected.len() {
            0 => "无人当选".to_string(),
            count => format!("{count} 人当选：{}", names(&self.elected)),
        };
        let proof = self.items.first().and_then(|item| item.inequality.clone());
        self.sentence = match (outcome, proof) {
            (Outcome::Elected, _) => elected,
            (Outcome::RunOff, _) => format!("{elected}；{}票数相等，需再次投票", names(&self.tied)),
            (Outcome::SeatsLeft, _) => format!("{elected}；还有 {} 个名额未选满", self.seats_left),
            (Outcome::Recorded | Outcome::NoVote, _) | (_, None) => outcome.zh().to_string(),
            (_, Some(proof)) => format!("{proof}，{}", outcome.zh()),
        };
        self
    }
}

#[cfg(test)]
mod tests;
