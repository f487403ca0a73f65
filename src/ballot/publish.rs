//! Publishing a result, and publishing it anew after an appeal: each is a numbered revision with its digest, and old
//! ones stay.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
};
use uuid::Uuid;

use super::confirm::scrutineers;
use super::digest;
use super::model::{RevisionState, State, ballot_revision, ballot_round, ballot_scrutineer};
use super::refusal::BallotRefusal;
use super::round::{self, Act, hold};
use super::rules::Effect;
use super::verdict::Outcome;
use crate::base::Base;
use crate::base::db::whole;

/// Publishes a confirmed result as revision 1. Publishing what is published changes nothing.
pub async fn publish(base: &Base, id: Uuid, actor: &str) -> Result<ballot_round::Model, BallotRefusal> {
    let mut held = hold(base, id).await?;
    if held.round.state() == State::Published {
        return Ok(held.round);
    }
    held.must_be(|state| state == State::Confirmed)?;
    if held.round.count()?.is_some_and(|count| count.verdict.outcome == Outcome::Tied) {
        return Err(BallotRefusal::TieOpen);
    }
    if lost_quorum(&held.round)? {
        return Err(BallotRefusal::QuorumLost);
    }
    held.round.published_at = Some(base.clock.now());
    held.round.revision = 1;
    held.become_state(State::Published);
    add(base, &held.tx, &held.round, "", actor).await?;
    held.save(base, Act { actor, action: "ballot.publish", detail: "1" }).await
}

/// Publishes anew, with the reason and what was decided on it. The counts never change. The same reason twice in a row
/// is one revision.
pub async fn revise(
    base: &Base,
    id: Uuid,
    reason: &str,
    actor: &str,
) -> Result<ballot_round::Model, BallotRefusal> {
    let reason = round::reason(reason)?;
    let mut held = hold(base, id).await?;
    held.must_be(|state| state == State::Published)?;
    let newest = revisions(&held.tx, id).await?.pop();
    if newest.is_some_and(|newest| newest.reason == reason) {
        return Ok(held.round);
    }
    ballot_revision::Entity::update_many()
        .col_expr(ballot_revision::Column::State, Expr::value(RevisionState::Superseded.word()))
        .filter(ballot_revision::Column::RoundId.eq(id))
        .exec(&held.tx)
        .await?;
    held.round.revision += 1;
    add(base, &held.tx, &held.round, &reason, actor).await?;
    let detail = format!("{} {reason}", held.round.revision);
    held.save(base, Act { actor, action: "ballot.revise", detail: &detail }).await
}

/// Whether there were too few at the close, and the rules let no such result be published.
pub fn lost_quorum(round: &ballot_round::Model) -> Result<bool, BallotRefusal> {
    let Some(rule) = round.rules()?.quorum else { return Ok(false) };
    let lost = round.quorum_at_close()?.is_some_and(|check| !check.met);
    Ok(lost && rule.when == super::rules::When::OpenAndClose && rule.effect == Effect::Block)
}

/// The published states of a result, oldest first.
pub async fn revisions(conn: &impl ConnectionTrait, id: Uuid) -> Result<Vec<ballot_revision::Model>, DbErr> {
    ballot_revision::Entity::find()
        .filter(ballot_revision::Column::RoundId.eq(id))
        .order_by_asc(ballot_revision::Column::Number)
        .all(conn)
        .await
}

/// Who confirmed when, as the digest of a revision covers it.
pub(super) fn confirmations(named: &[ballot_scrutineer::Model]) -> Vec<String> {
    let line = |row: &ballot_scrutineer::Model| {
        format!("{} {:?}", row.person_id, row.confirmed_at.map(|at| at.timestamp_millis()))
    };
    named.iter().map(line).collect()
}

async fn add(
    base: &Base,
    tx: &DatabaseTransaction,
    round: &ballot_round::Model,
    reason: &str,
    actor: &str,
) -> Result<(), BallotRefusal> {
    let confirmed = confirmations(&scrutineers(tx, round.id).await?);
    let round_digest = round.digest.as_deref().unwrap_or_default();
    let row = ballot_revision::Model {
        id: Uuid::now_v7(),
        round_id: round.id,
        number: round.revision,
        digest: digest::of_revision(round_digest, round.revision, reason, &confirmed),
        reason: reason.to_string(),
        state: RevisionState::Valid.word().to_string(),
        made_by: actor.to_string(),
        at: base.clock.now(),
    };
    ballot_revision::Entity::insert(whole(row)).exec_without_returning(tx).await?;
    Ok(())
}
