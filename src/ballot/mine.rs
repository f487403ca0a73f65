//! Where one person stands in a round, as their phone shows it.

use sea_orm::EntityTrait;
use uuid::Uuid;

use super::lookup::marked;
use super::model::{State, ballot_round, ballot_vote, read};
use super::refusal::BallotRefusal;
use super::rules::{Presence, Press, Rules};
use crate::base::Base;
use crate::meeting::attendance::presence::{Right, Standing};

/// Where somebody stands in an open round.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// May vote; `secret` rounds ask once more before it is sent.
    Vote,
    /// Has voted. In named rounds where the last press counts, what they chose, as an option for each item: it can be
    /// changed. Of all others `None`: a phone laid down shows nothing.
    Voted(Option<Vec<usize>>),
    /// Cannot vote, and why: its code and Chinese text say what to do.
    Not(BallotRefusal),
}

/// Where `person`, whose right was read before, stands in a round. The urn judges for itself, at the moment of the press.
pub(super) async fn part(
    base: &Base,
    round: &ballot_round::Model,
    rules: &Rules,
    (person, right): (Uuid, Right),
) -> Result<Part, BallotRefusal> {
    let db = base.db.read();
    let marked = marked(db, round.id, &[person]).await?.pop();
    if marked.as_ref().is_some_and(|it| it.receipt.is_some()) {
        let vote = match (rules.secret, rules.press) {
            (false, Press::Last) => ballot_vote::Entity::find_by_id((round.id, person)).one(db).await?,
            _ => None,
        };
        return Ok(Part::Voted(vote.map(|vote| read(&vote.marks)).transpose()?));
    }
    if let Some(refusal) = not_running(round, base) {
        return Ok(Part::Not(refusal));
    }
    if !right.votes {
        return Ok(Part::Not(BallotRefusal::NotEntitled));
    }
    if marked.is_some_and(|it| it.recusal.is_some()) {
        return Ok(Part::Not(BallotRefusal::Recused));
    }
    Ok(match right.standing {
        Standing::In => Part::Vote,
        _ if rules.presence == Presence::Roster => Part::Vote,
        Standing::Away => Part::Not(BallotRefusal::Away),
        Standing::OnLeave => Part::Not(BallotRefusal::OnLeave),
        Standing::Absent => Part::Not(BallotRefusal::NotPresent),
    })
}

fn not_running(round: &ballot_round::Model, base: &Base) -> Option<BallotRefusal> {
    match round.state() {
        State::Draft | State::Ready | State::Withdrawn => Some(BallotRefusal::NotOpen),
        State::Void => Some(BallotRefusal::Void),
        State::Open if round.ends_at.is_none_or(|ends| base.clock.now() < ends) => None,
        _ => Some(BallotRefusal::Closed),
    }
}
