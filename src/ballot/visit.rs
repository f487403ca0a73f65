//! What a round is to one phone right now: the one thing its page offers.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::confirm::scrutineers;
use super::mine::{self, Part};
use super::model::{State, ballot_receipt, ballot_round};
use super::paper::Paper;
use super::refusal::BallotRefusal;
use super::round;
use super::rules::Rules;
use crate::base::Base;
use crate::meeting::attendance::presence::{self, Right};

/// A phone at a round's page.
pub struct Visit {
    pub round: ballot_round::Model,
    pub rules: Rules,
    pub paper: Paper,
    pub part: Part,
    /// Votes are taken at this moment.
    pub running: bool,
    /// They watch the count: whether they have confirmed it.
    pub scrutineer: Option<bool>,
}

/// What `person` sees of a round of `meeting`. People who are not on the roster see nothing of what is decided.
pub async fn visit(
    base: &Base,
    meeting: Uuid,
    id: Uuid,
    person: Option<Uuid>,
) -> Result<Visit, BallotRefusal> {
    let round = of_meeting(base, meeting, id).await?;
    let (rules, paper) = (round.rules()?, round.paper()?);
    let (person, right) = expected(base, meeting, person).await?;
    let scrutineer = scrutineers(base.db.read(), id)
        .await?
        .into_iter()
        .find(|row| row.person_id == person)
        .map(|row| row.confirmed_at.is_some());
    Ok(Visit {
        part: mine::part(base, &round, &rules, (person, right)).await?,
        running: is_running(base, &round),
        rules,
        paper,
        scrutineer,
        round,
    })
}

/// Whether votes are taken at this moment.
pub fn is_running(base: &Base, round: &ballot_round::Model) -> bool {
    round.state() == State::Open && round.ends_at.is_none_or(|ends| base.clock.now() < ends)
}

/// A round of this meeting that its people may know of: never a draft, for it may still change.
pub async fn of_meeting(base: &Base, meeting: Uuid, id: Uuid) -> Result<ballot_round::Model, BallotRefusal> {
    let round = round::find(base, id).await?;
    let known = round.meeting_id == meeting && round.state() != State::Draft;
    if known { Ok(round) } else { Err(BallotRefusal::NoRound) }
}

/// What a round puts to the vote. Once it is open nothing of this changes any more but its state, and whether a vote
/// counts the urn decides from the rows; so it may be remembered, to read a paper that comes in and to answer it.
#[derive(Clone)]
pub struct Asked {
    pub round: ballot_round::Model,
    pub rules: Rules,
    pub paper: Paper,
}

/// What a round of this meeting puts to the vote.
pub(super) async fn asked(base: &Base, meeting: Uuid, id: Uuid) -> Result<Asked, BallotRefusal> {
    let round = of_meeting(base, meeting, id).await?;
    Ok(Asked { rules: round.rules()?, paper: round.paper()?, round })
}

/// Somebody on the roster, and their right.
async fn expected(base: &Base, meeting: Uuid, person: Option<Uuid>) -> Result<(Uuid, Right), BallotRefusal> {
    let person = person.ok_or(BallotRefusal::NotPresent)?;
    let right = presence::rights_of(base.db.read(), meeting, &[person]).await?.remove(&person);
    Ok((person, right.ok_or(BallotRefusal::NotEntitled)?))
}

/// A round in the list of one person.
pub struct Listed {
    pub round: ballot_round::Model,
    pub voted: bool,
}

/// The rounds of `meeting` that were opened or counted, newest first, for somebody on its roster.
pub async fn list(base: &Base, meeting: Uuid, person: Option<Uuid>) -> Result<Vec<Listed>, BallotRefusal> {
    let (person, _) = expected(base, meeting, person).await?;
    let rounds = round::of_meeting(base, meeting).await?;
    let voted: Vec<Uuid> = ballot_receipt::Entity::find()
        .filter(ballot_receipt::Column::PersonId.eq(person))
        .filter(ballot_receipt::Column::RoundId.is_in(rounds.iter().map(|round| round.id)))
        .all(base.db.read())
        .await?
        .into_iter()
        .map(|row| row.round_id)
        .collect();
    let began = |round: &ballot_round::Model| round.state() == State::Open || round.closed_at.is_some();
    let listed = rounds.into_iter().rev().filter(began);
    Ok(listed.map(|round| Listed { voted: voted.contains(&round.id), round }).collect())
}
