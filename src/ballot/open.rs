//! Opening a round: who has the right to vote, whether there are enough, and what the chair should know first.

use chrono::TimeDelta;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use uuid::Uuid;

use super::model::{State, ballot_recusal, ballot_round, ballot_tally, read, written};
use super::prepare::text_hash;
use super::refusal::BallotRefusal;
use super::round::{self, Act, hold};
use super::rules::{Base as Of, Effect, Rules};
use super::verdict::{QuorumCheck, Turnout};
use super::{closer, notice, recuse};
use crate::base::Base;
use crate::base::db::whole;
use crate::jobs;
use crate::meeting::attendance::presence::{self, Member, Standing};

/// What stands between a round and its opening, as the chair sees it before pressing.
#[derive(Clone, Debug, Serialize)]
pub struct Readiness {
    /// With the right to vote.
    pub entitled: i64,
    /// Of them in the room, those recused left out unless the rules count them.
    pub present: i64,
    pub recused: i64,
    /// `None`: the rules ask for no quorum.
    pub quorum: Option<QuorumCheck>,
    /// What forbids it; `None`: it may be opened.
    #[serde(skip)]
    pub blocked: Option<BallotRefusal>,
    /// What the chair should know; the texts are Chinese sentences.
    pub warnings: Vec<String>,
}

/// Looks, and changes nothing.
pub async fn readiness(base: &Base, id: Uuid) -> Result<Readiness, BallotRefusal> {
    let round = round::find(base, id).await?;
    let db = base.db.read();
    let members = presence::members(db, round.meeting_id).await?;
    let recused = recuse::of_round(db, id).await?;
    Ok(judge(&round.rules()?, &members, &recused))
}

/// Opens a round that is ready: from the commit on votes are taken. Opening what is open changes nothing.
pub async fn open(
    base: &Base,
    id: Uuid,
    actor: &str,
) -> Result<(ballot_round::Model, Readiness), BallotRefusal> {
    let mut held = hold(base, id).await?;
    let rules = held.round.rules()?;
    let members = presence::members(&held.tx, held.round.meeting_id).await?;
    let recused = recuse::of_round(&held.tx, id).await?;
    let readiness = judge(&rules, &members, &recused);
    if held.round.state() == State::Open {
        return Ok((held.round, readiness));
    }
    held.must_be(|state| state == State::Ready)?;
    if held.meeting_over {
        return Err(BallotRefusal::MeetingOver);
    }
    if held.round.text_hash.as_deref() != Some(text_hash(&held.round).as_str()) {
        return Err(BallotRefusal::TextChanged);
    }
    if let Some(other) = opened(&held.tx, held.round.meeting_id).await? {
        return Err(BallotRefusal::AnotherOpen(other.number));
    }
    if let Some(blocked) = readiness.blocked {
        return Err(blocked);
    }
    let now = base.clock.now();
    held.round.opened_at = Some(now);
    held.round.ends_at = rules.seconds.map(|seconds| now + TimeDelta::seconds(seconds));
    held.round.quorum_open = readiness.quorum.as_ref().map(written).transpose()?;
    held.become_state(State::Open);
    let items = held.round.paper()?.items.len();
    ballot_tally::Entity::insert_many(zeros(id, items, rules.options.len()))
        .exec_without_returning(&held.tx)
        .await?;
    if let Some(ends_at) = held.round.ends_at {
        jobs::enqueue(base, &held.tx, closer::JOB, &id, ends_at, Some(format!("{}:{id}", closer::JOB)))
            .await?;
    }
    notice::place(base, &held.tx, &held.round, (&rules, &members, &recused), actor).await?;
    let round = held.save(base, Act { actor, action: "ballot.open", detail: "" }).await?;
    Ok((round, readiness))
}

/// The open round of a meeting; there is one at most.
pub async fn opened(
    conn: &impl ConnectionTrait,
    meeting: Uuid,
) -> Result<Option<ballot_round::Model>, BallotRefusal> {
    Ok(ballot_round::Entity::find()
        .filter(ballot_round::Column::MeetingId.eq(meeting))
        .filter(ballot_round::Column::State.eq(State::Open.word()))
        .one(conn)
        .await?)
}

/// A count of nothing for each option of each item. One row each, without shards: votes of a round are written by one
/// batch after the other under the round's lock, so nobody contends for a row.
pub(super) fn zeros(round: Uuid, items: usize, options: usize) -> Vec<ballot_tally::ActiveModel> {
    let pairs = (0..items as i32).flat_map(|item| (0..options as i32).map(move |option| (item, option)));
    pairs
        .map(|(item, option)| whole(ballot_tally::Model { round_id: round, item, option, count: 0 }))
        .collect()
}

/// The quorum among these people. In the room count all who may vote, whether they will or not.
pub(super) fn quorum(
    rules: &Rules,
    members: &[Member],
    recused: &[ballot_recusal::Model],
) -> (Turnout, i64, Option<QuorumCheck>) {
    let is_recused = |member: &Member| recused.iter().any(|row| row.person_id == member.person);
    let entitled: Vec<&Member> = members.iter().filter(|member| member.votes).collect();
    let turnout = Turnout {
        entitled: entitled.len() as i64,
        recused: entitled.iter().filter(|member| is_recused(member)).count() as i64,
        ..Turnout::default()
    };
    let counts =
        |member: &&&Member| member.standing == Standing::In && (rules.count_recused || !is_recused(member));
    let present = entitled.iter().filter(counts).count() as i64;
    let check =
        rules.quorum.as_ref().map(|quorum| QuorumCheck::of(quorum, present, turnout.base(Of::All, rules, 0)));
    (turnout, present, check)
}

fn judge(rules: &Rules, members: &[Member], recused: &[ballot_recusal::Model]) -> Readiness {
    let (turnout, present, quorum) = quorum(rules, members, recused);
    let electors = turnout.entitled - turnout.recused;
    let (mut blocked, mut warnings) = (None, Vec::new());
    let mut object = |effect: Effect, refusal: BallotRefusal| match effect {
        Effect::Warn => warnings.push(crate::base::error::describe(&refusal).1),
        Effect::Block => blocked = blocked.take().or(Some(refusal)),
    };
    if electors == 0 {
        object(Effect::Block, BallotRefusal::NobodyEntitled);
    }
    if let (Some(rule), Some(check)) = (&rules.quorum, &quorum)
        && !check.met
    {
        object(rule.effect, BallotRefusal::QuorumMissing(check.missing));
    }
    let group = &rules.small_group;
    // Whoever is in the room counts here: they are among whom a vote must hide.
    let crowd =
        if rules.presence == super::rules::Presence::Roster { electors } else { present.min(electors) };
    if rules.secret && crowd < group.least {
        object(group.effect, BallotRefusal::GroupTooSmall(crowd, group.least));
    }
    Readiness { entitled: turnout.entitled, present, recused: turnout.recused, quorum, blocked, warnings }
}

/// The quorum that was found at the opening.
pub fn quorum_at_open(round: &ballot_round::Model) -> Result<Option<QuorumCheck>, BallotRefusal> {
    round.quorum_open.as_deref().map(read).transpose()
}
