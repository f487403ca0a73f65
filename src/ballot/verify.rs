//! Counts every round again from its rows, and compares: the proof that no vote was lost, invented or changed since.

use chrono::TimeDelta;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde::Serialize;
use uuid::Uuid;

use super::confirm::scrutineers;
use super::model::{ElectorStanding, State, ballot_round, read};
use super::prepare::text_hash;
use super::publish::{confirmations, revisions};
use super::refusal::BallotRefusal;
use super::round::lock;
use super::{count, digest};
use crate::base::Base;

/// What was compared, and every difference found.
#[derive(Debug, Default, Serialize, PartialEq, Eq)]
pub struct Verdict {
    pub rounds: usize,
    pub votes: usize,
    /// One sentence each; empty when all is well.
    pub differences: Vec<String>,
}

/// Compares every round.
pub async fn verify(base: &Base) -> Result<Verdict, BallotRefusal> {
    verify_these(base, ballot_round::Entity::find()).await
}

/// The same for rounds that are open, or were made within a day; run every hour.
pub async fn verify_recent(base: &Base) -> Result<Verdict, BallotRefusal> {
    let recent = ballot_round::Column::MadeAt.gte(base.clock.now() - TimeDelta::days(1));
    let open = ballot_round::Column::State.eq(State::Open.word());
    verify_these(base, ballot_round::Entity::find().filter(sea_orm::Condition::any().add(recent).add(open)))
        .await
}

async fn verify_these(base: &Base, rounds: Select<ballot_round::Entity>) -> Result<Verdict, BallotRefusal> {
    let ids: Vec<Uuid> = rounds
        .select_only()
        .column(ballot_round::Column::Id)
        .order_by_asc(ballot_round::Column::Id)
        .into_tuple()
        .all(base.db.read())
        .await?;
    let mut verdict = Verdict::default();
    for id in ids {
        // Under the round's lock, so that a vote in between is no difference.
        let tx = base.db.write().await?;
        let Some(round) = lock(&tx, id).await? else { continue };
        verdict.rounds += 1;
        let mut found = Vec::new();
        verdict.votes += compare(&tx, &round, &mut found).await?;
        let named = |what| format!("第 {} 项表决「{}」：{what}", round.number, round.question);
        verdict.differences.extend(found.into_iter().map(named));
    }
    Ok(verdict)
}

/// How many votes were looked at.
async fn compare(
    conn: &impl ConnectionTrait,
    round: &ballot_round::Model,
    differences: &mut Vec<String>,
) -> Result<usize, BallotRefusal> {
    let mut differ = |is: bool, what: &str| {
        if is {
            differences.push(what.to_string());
        }
    };
    let state = round.state();
    let frozen = round.text_hash.as_ref().is_some_and(|hash| *hash != text_hash(round));
    differ(frozen, "内容与定稿时不一致");
    if state.is_ahead() || state == State::Withdrawn {
        return Ok(0);
    }
    let (rules, paper) = (round.rules()?, round.paper()?);
    let voters = count::voters(conn, round.id).await?;
    let tallies = count::tallies(conn, round.id, &paper, &rules).await?;
    let votes = count::votes(conn, round.id).await?;
    let papers = match round.by_hand()? {
        Some(by_hand) => by_hand.papers - by_hand.invalid,
        None => voters.len() as i64,
    };
    let sums = tallies.iter().all(|counts| counts.iter().sum::<i64>() == papers);
    differ(!sums, "已表决的人数与票数之和不符");
    if rules.secret {
        differ(!votes.is_empty(), "无记名表决里有记名的票");
    } else if round.manual.is_none() {
        let mut again = vec![vec![0; rules.options.len()]; paper.items.len()];
        for vote in &votes {
            for (item, option) in read::<Vec<usize>>(&vote.marks)?.into_iter().enumerate() {
                if let Some(count) = again.get_mut(item).and_then(|options| options.get_mut(option)) {
                    *count += 1;
                }
            }
        }
        differ(again != tallies, "逐人的票与计票不符");
    }
    if !state.is_counted() {
        return Ok(voters.len());
    }
    let electors = count::electors(conn, round.id).await?;
    let voted = electors.iter().filter(|elector| {
        matches!(
            elector.standing(),
            ElectorStanding::Voted | ElectorStanding::VotedUndone | ElectorStanding::Excluded
        )
    });
    if round.manual.is_none() {
        let frozen: std::collections::HashSet<Uuid> = voted.map(|elector| elector.person_id).collect();
        differ(frozen != voters, "冻结的名单与已表决的人不符");
        let turnout = round.count()?.map(|count| count.turnout);
        differ(turnout != Some(count::turnout(&electors)), "冻结的名单与结果里的人数不符");
    }
    differ(round.digest != Some(digest::of_round(conn, round).await?), "内容与核验码不符");
    let confirmed = confirmations(&scrutineers(conn, round.id).await?);
    let round_digest = round.digest.as_deref().unwrap_or_default();
    for revision in revisions(conn, round.id).await? {
        let again = digest::of_revision(round_digest, revision.number, &revision.reason, &confirmed);
        differ(again != revision.digest, &format!("公布的第 {} 版与核验码不符", revision.number));
    }
    Ok(voters.len())
}
