//! Voting again: a round repeated as a new one, the tied of an election, and what was refused too often.

use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::model::{State, ballot_round, written};
use super::paper::{Item, Paper};
use super::prepare::{copy, next_number, text_hash};
use super::refusal::BallotRefusal;
use super::round::{Act, Held, hold, note};
use super::rules::{Kind, Rules, TooFew};
use super::verdict::Outcome;
use super::{confirm, live};
use crate::base::Base;
use crate::base::db::whole;
use crate::people::name;

/// A new draft of the same question, linked to this round. Only of what came to nothing: void, withdrawn, refused or
/// without a valid vote. Each round is repeated once; a second call gives the same draft.
pub async fn repeat(base: &Base, id: Uuid, actor: &str) -> Result<ballot_round::Model, BallotRefusal> {
    let held = hold(base, id).await?;
    let known =
        ballot_round::Entity::find().filter(ballot_round::Column::Repeats.eq(id)).one(&held.tx).await?;
    if let Some(known) = known {
        return Ok(known);
    }
    let settled = held.round.count()?.is_some_and(|count| {
        matches!(count.verdict.outcome, Outcome::Passed | Outcome::Elected | Outcome::RunOff | Outcome::Tied)
    });
    held.must_be(|state| match state {
        State::Void | State::Withdrawn => true,
        _ => state.is_counted() && !settled,
    })?;
    let number = next_number(&held.tx, held.round.meeting_id).await?;
    let mut round = copy(&held.round, number, base, actor);
    round.repeats = Some(id);
    round.attempt = held.round.attempt + i32::from(is_refused(&held.round)?);
    within(&held.round.rules()?, i64::from(round.attempt) - 1)?;
    insert(base, held, round, Act { actor, action: "ballot.repeat", detail: "" }).await
}

/// The next round of an election that is not finished: among the tied it is ready at once, for the seats that are
/// left, and the most votes win (地方组织法: 以得票多的当选); for seats that too few reached it is a draft among those
/// not elected. A second call gives the same round.
pub async fn runoff(base: &Base, id: Uuid, actor: &str) -> Result<ballot_round::Model, BallotRefusal> {
    let held = hold(base, id).await?;
    let known =
        ballot_round::Entity::find().filter(ballot_round::Column::RunoffOf.eq(id)).one(&held.tx).await?;
    if let Some(known) = known {
        return Ok(known);
    }
    held.must_be(State::is_counted)?;
    let count = held.round.count()?.ok_or(BallotRefusal::NoRunoff)?;
    let (mut rules, paper) = (held.round.rules()?, held.round.paper()?);
    let (tied, outcome) = (&count.verdict.tied, count.verdict.outcome);
    let again: Vec<&Item> = match outcome {
        Outcome::RunOff => tied.iter().filter_map(|at| paper.items.get(*at)).collect(),
        Outcome::SeatsLeft if rules.too_few == TooFew::NewRound => {
            let out = |(at, _): &(usize, &Item)| !count.verdict.elected.contains(at);
            paper.items.iter().enumerate().filter(out).map(|(_, item)| item).collect()
        }
        _ => return Err(BallotRefusal::NoRunoff),
    };
    if again.is_empty() {
        return Err(BallotRefusal::NoRunoff);
    }
    let labels: Vec<_> = again.iter().map(|item| (item.label.clone(), item.note.clone())).collect();
    let seats = count.verdict.seats_left.min(labels.len() as i64);
    let number = next_number(&held.tx, held.round.meeting_id).await?;
    let mut round = copy(&held.round, number, base, actor);
    round.runoff_of = Some(id);
    round.paper = written(&Paper::of(&labels, Some(seats)))?;
    let suffix = if outcome == Outcome::RunOff { "再次投票" } else { "另行选举" };
    round.question = format!("{}（{suffix}）", held.round.question);
    if outcome == Outcome::RunOff {
        rules.pass = None;
        round.rules = written(&rules)?;
        round.text_hash = Some(text_hash(&round));
        round.state = State::Ready.word().to_string();
    }
    insert(base, held, round, Act { actor, action: "ballot.runoff", detail: "" }).await
}

/// Refuses what was voted down under the same rule as often as it allows, here or in another meeting: a candidate,
/// whatever the words of the question, and a motion without one by its words.
pub(super) async fn may_be_put(
    tx: &DatabaseTransaction,
    round: &ballot_round::Model,
) -> Result<(), BallotRefusal> {
    let (rules, paper) = (round.rules()?, round.paper()?);
    let Some(most) = rules.refusals else { return Ok(()) };
    let counted = [State::Closed, State::Confirmed, State::Published].map(State::word);
    let before = ballot_round::Entity::find()
        .filter(ballot_round::Column::TemplateKey.eq(round.template_key.as_str()))
        .filter(ballot_round::Column::State.is_in(counted))
        .all(tx)
        .await?;
    for candidate in paper.items.iter().filter(|item| !item.label.is_empty()) {
        let mut refused = 0;
        for other in &before {
            refused += i64::from(is_turned_down(other, candidate)?);
        }
        if refused >= most {
            return Err(BallotRefusal::CandidateRefused(candidate.label.clone(), refused));
        }
    }
    let mut refused = 0;
    for other in before.iter().filter(|other| other.question == round.question) {
        refused += i64::from(is_refused(other)?);
    }
    within(&rules, refused.max(i64::from(round.attempt) - 1))
}

/// Whether a counted round says no to this candidate: the motion about them failed, or they stood for election and did
/// not reach the share. Fewer votes than others is no refusal.
fn is_turned_down(round: &ballot_round::Model, candidate: &Item) -> Result<bool, BallotRefusal> {
    let (Some(count), rules, paper) = (round.count()?, round.rules()?, round.paper()?) else {
        return Ok(false);
    };
    let Some(at) = paper.items.iter().position(|item| is_same(item, candidate)) else { return Ok(false) };
    Ok(match rules.kind {
        Kind::Motion => is_refused(round)?,
        Kind::Election => {
            let item = count.verdict.items.get(at);
            count.turnout.voted > 0 && item.is_some_and(|item| item.base.is_some() && !item.reached)
        }
        Kind::Rating => false,
    })
}

/// The same name, for the same post or from the same unit; a paper that does not say which means any.
fn is_same(one: &Item, other: &Item) -> bool {
    let (note, noted) = (name::key(&one.note), name::key(&other.note));
    name::key(&one.label) == name::key(&other.label) && (note.is_empty() || noted.is_empty() || note == noted)
}

fn within(rules: &Rules, refused: i64) -> Result<(), BallotRefusal> {
    match rules.refusals {
        Some(most) if refused >= most => Err(BallotRefusal::RefusedTooOften(refused)),
        _ => Ok(()),
    }
}

/// Whether the round counts as a refusal: a void one does not.
fn is_refused(round: &ballot_round::Model) -> Result<bool, BallotRefusal> {
    let failed = round.count()?.is_some_and(|count| count.verdict.outcome == Outcome::Failed);
    Ok(failed && round.state().is_counted())
}

async fn insert(
    base: &Base,
    held: Held,
    round: ballot_round::Model,
    act: Act<'_>,
) -> Result<ballot_round::Model, BallotRefusal> {
    if held.meeting_over {
        return Err(BallotRefusal::MeetingOver);
    }
    ballot_round::Entity::insert(whole(round.clone())).exec_without_returning(&held.tx).await?;
    confirm::carry_over(&held.tx, held.round.id, round.id).await?;
    note(base, &held.tx, &round, act).await?;
    held.tx.commit().await?;
    live::announce(base, round.meeting_id).await;
    Ok(round)
}
