//! The count, read from rows, and everybody with the right to vote as they stand at that moment.

use std::collections::{HashMap, HashSet};

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::{
    ElectorStanding, ballot_elector, ballot_receipt, ballot_round, ballot_tally, ballot_vote, read,
};
use super::open;
use super::paper::Paper;
use super::recuse;
use super::refusal::BallotRefusal;
use super::rules::{Presence, Rules, Undone};
use super::verdict::{QuorumCheck, Turnout, Verdict, judge};
use crate::meeting::attendance::presence::{self, Standing};
use crate::people::model::person;

/// What a round came to: kept in its row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub turnout: Turnout,
    pub verdict: Verdict,
    /// Papers that were not valid; only counted by hand.
    #[serde(default)]
    pub invalid: i64,
    /// The chair's word at equal votes: for, or against.
    #[serde(default)]
    pub casting: Option<bool>,
}

/// Everything that the close writes.
pub(super) struct Frozen {
    pub electors: Vec<ballot_elector::Model>,
    pub quorum: Option<QuorumCheck>,
    pub count: Count,
}

/// Counts a round under its lock, and under the meeting's, so that presence stands still.
pub(super) async fn freeze(
    conn: &impl ConnectionTrait,
    round: &ballot_round::Model,
) -> Result<Frozen, BallotRefusal> {
    let (rules, paper) = (round.rules()?, round.paper()?);
    let members = presence::members(conn, round.meeting_id).await?;
    let recused = recuse::of_round(conn, round.id).await?;
    let (_, _, quorum) = open::quorum(&rules, &members, &recused);
    let is_recused: HashSet<Uuid> = recused.iter().map(|row| row.person_id).collect();
    let mut voted = voters(conn, round.id).await?;
    let papers = voted.len() as i64;
    let mut electors = Vec::with_capacity(members.len());
    for member in members.into_iter().filter(|member| member.votes) {
        let has_voted = voted.remove(&member.person);
        let gone = matches!(member.standing, Standing::Absent | Standing::OnLeave);
        let standing = match member.standing {
            _ if has_voted && gone && rules.presence == Presence::SignedIn => undone(&rules),
            _ if has_voted => ElectorStanding::Voted,
            _ if is_recused.contains(&member.person) => ElectorStanding::Recused,
            Standing::In => ElectorStanding::NotPressed,
            Standing::Away => ElectorStanding::Away,
            Standing::OnLeave => ElectorStanding::OnLeave,
            Standing::Absent => ElectorStanding::Absent,
        };
        electors.push(ballot_elector::Model {
            round_id: round.id,
            person_id: member.person,
            rank: member.rank,
            name: member.name,
            unit: member.unit,
            standing: standing.word().to_string(),
        });
    }
    // Voted, and was taken from the roster afterwards.
    let gone = person::Entity::find().filter(person::Column::Id.is_in(voted)).all(conn).await?;
    electors.extend(gone.into_iter().map(|person| ballot_elector::Model {
        round_id: round.id,
        person_id: person.id,
        rank: i32::MAX,
        name: person.name,
        unit: person.unit,
        standing: undone(&rules).word().to_string(),
    }));
    let mut tallies = tallies(conn, round.id, &paper, &rules).await?;
    if tallies.iter().any(|counts| counts.iter().sum::<i64>() != papers) {
        tracing::error!(round = %round.id, "receipts and counts differ");
        return Err(BallotRefusal::CountBroken);
    }
    let excluded: Vec<Uuid> = electors
        .iter()
        .filter(|elector| elector.standing() == ElectorStanding::Excluded)
        .map(|elector| elector.person_id)
        .collect();
    for vote in votes(conn, round.id).await?.iter().filter(|vote| excluded.contains(&vote.person_id)) {
        for (item, option) in read::<Vec<usize>>(&vote.marks)?.into_iter().enumerate() {
            tallies[item][option] -= 1;
        }
    }
    let turnout = turnout(&electors);
    let verdict = judge(&rules, &paper, &turnout, &tallies);
    Ok(Frozen { electors, quorum, count: Count { turnout, verdict, invalid: 0, casting: None } })
}

fn undone(rules: &Rules) -> ElectorStanding {
    match rules.undone_votes {
        Undone::Stands => ElectorStanding::VotedUndone,
        Undone::Excluded => ElectorStanding::Excluded,
    }
}

/// The electorate in figures.
pub(super) fn turnout(electors: &[ballot_elector::Model]) -> Turnout {
    let mut turnout = Turnout { entitled: electors.len() as i64, ..Turnout::default() };
    for elector in electors {
        let figure = match elector.standing() {
            ElectorStanding::Voted | ElectorStanding::VotedUndone => &mut turnout.voted,
            ElectorStanding::NotPressed | ElectorStanding::There => &mut turnout.not_pressed,
            ElectorStanding::Away => &mut turnout.away,
            ElectorStanding::Recused => &mut turnout.recused,
            ElectorStanding::OnLeave => &mut turnout.on_leave,
            ElectorStanding::Absent => &mut turnout.absent,
            ElectorStanding::Excluded => &mut turnout.excluded,
        };
        *figure += 1;
    }
    turnout
}

/// The counts as pressed, by item and option.
pub(super) async fn tallies(
    conn: &impl ConnectionTrait,
    round: Uuid,
    paper: &Paper,
    rules: &Rules,
) -> Result<Vec<Vec<i64>>, DbErr> {
    let rows = ballot_tally::Entity::find().filter(ballot_tally::Column::RoundId.eq(round)).all(conn).await?;
    let known: HashMap<(i32, i32), i64> =
        rows.into_iter().map(|row| ((row.item, row.option), row.count)).collect();
    let of = |item: usize, option: usize| known.get(&(item as i32, option as i32)).copied().unwrap_or(0);
    Ok((0..paper.items.len())
        .map(|item| (0..rules.options.len()).map(|option| of(item, option)).collect())
        .collect())
}

/// Who voted.
pub(super) async fn voters(conn: &impl ConnectionTrait, round: Uuid) -> Result<HashSet<Uuid>, DbErr> {
    let rows =
        ballot_receipt::Entity::find().filter(ballot_receipt::Column::RoundId.eq(round)).all(conn).await?;
    Ok(rows.into_iter().map(|row| row.person_id).collect())
}

/// How people voted in a named round, by person; of a secret round nothing.
pub(super) async fn votes(
    conn: &impl ConnectionTrait,
    round: Uuid,
) -> Result<Vec<ballot_vote::Model>, DbErr> {
    ballot_vote::Entity::find()
        .filter(ballot_vote::Column::RoundId.eq(round))
        .order_by_asc(ballot_vote::Column::PersonId)
        .all(conn)
        .await
}

/// The frozen electorate, in roster order.
pub async fn electors(conn: &impl ConnectionTrait, round: Uuid) -> Result<Vec<ballot_elector::Model>, DbErr> {
    ballot_elector::Entity::find()
        .filter(ballot_elector::Column::RoundId.eq(round))
        .order_by_asc(ballot_elector::Column::Rank)
        .order_by_asc(ballot_elector::Column::PersonId)
        .all(conn)
        .await
}

impl ballot_round::Model {
    /// What the round came to; `None` before its close.
    pub fn count(&self) -> Result<Option<Count>, BallotRefusal> {
        self.result.as_deref().map(read).transpose()
    }

    /// The quorum at the close; `None` before it, and where the rules ask for none.
    pub fn quorum_at_close(&self) -> Result<Option<QuorumCheck>, BallotRefusal> {
        self.quorum_close.as_deref().map(read).transpose()
    }
}
