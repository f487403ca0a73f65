//! Who is elected: of those who reached the share the most votes win; equal votes at the last seat are voted on again,
//! among the tied only (地方组织法: 就票数相等的人再次投票).

use super::paper::Paper;
use super::rules::{Role, Rules};
use super::verdict::{ItemVerdict, Outcome};

/// Who got a seat.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Placed {
    /// The most votes first.
    pub elected: Vec<usize>,
    pub tied: Vec<usize>,
    pub seats_left: i64,
}

impl Placed {
    pub(super) fn outcome(&self, rules: &Rules) -> Outcome {
        match () {
            () if rules.runoff && !self.tied.is_empty() => Outcome::RunOff,
            // Without a run-off nobody decides among the tied, so their seats stay open.
            () if self.seats_left > 0 => Outcome::SeatsLeft,
            () => Outcome::Elected,
        }
    }
}

pub(super) fn seat(rules: &Rules, paper: &Paper, items: &[ItemVerdict]) -> Placed {
    let seats = usize::try_from(paper.seats.unwrap_or(0)).unwrap_or(0);
    let votes =
        |at: usize| rules.at(Role::Yes).and_then(|yes| items[at].counts.get(yes)).copied().unwrap_or(0);
    let stands = |at: &usize| if rules.pass.is_some() { items[*at].reached } else { votes(*at) > 0 };
    let mut standing: Vec<usize> = (0..items.len()).filter(stands).collect();
    // Equal votes stay in the order of the paper.
    standing.sort_by_key(|at| std::cmp::Reverse(votes(*at)));
    if standing.len() <= seats {
        return Placed { seats_left: (seats - standing.len()) as i64, elected: standing, tied: Vec::new() };
    }
    // More stand than there are seats, so the first without a seat shows where the line is.
    let line = votes(standing[seats]);
    let above: Vec<usize> = standing.iter().copied().filter(|at| votes(*at) > line).collect();
    if above.len() == seats {
        return Placed { elected: above, tied: Vec::new(), seats_left: 0 };
    }
    let tied: Vec<usize> = standing.into_iter().filter(|at| votes(*at) == line).collect();
    Placed { seats_left: (seats - above.len()) as i64, elected: above, tied }
}
