//! The end of a round: one step after which nothing about it moves. What was committed before it counts, and all who
//! come after it hear `closed`.

use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::count::{self, Frozen};
use super::model::{State, ballot_elector, ballot_receipt, ballot_round, written};
use super::refusal::BallotRefusal;
use super::round::{self, Act, Held, hold};
use super::rules::{Presence, Rules};
use super::verdict::Turnout;
use super::{digest, press};
use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::db::whole;

/// Who ends a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By<'a> {
    /// A staff user name.
    Chair(&'a str),
    /// The clock, if the time is up.
    Clock,
    /// Everybody who may vote has, if so.
    AllVoted,
}

/// Rows of one statement.
const CHUNK: usize = 1000;

/// Ends a round, counts it and freezes who was there. Ending what is ended gives the same result again; where the
/// clock or the last voter does not end it yet, nothing changes.
pub async fn close(base: &Base, id: Uuid, by: By<'_>) -> Result<ballot_round::Model, BallotRefusal> {
    let mut held = hold(base, id).await?;
    if held.round.state().is_counted() {
        return Ok(held.round);
    }
    held.must_be(|state| state == State::Open)?;
    let now = base.clock.now();
    let frozen = count::freeze(&held.tx, &held.round).await?;
    let is_over = match by {
        By::Chair(_) => true,
        By::Clock => held.round.ends_at.is_some_and(|ends| ends <= now),
        By::AllVoted => is_complete(&held.round.rules()?, &frozen.count.turnout),
    };
    if !is_over {
        return Ok(held.round);
    }
    // After its time nobody could vote, so that is when it ended.
    let ended = held.round.ends_at.map_or(now, |ends| ends.min(now));
    let (actor, word) = match by {
        By::Chair(actor) => (actor, actor),
        By::Clock => ("system", "clock"),
        By::AllVoted => ("system", "all_voted"),
    };
    settle(&mut held, frozen, ended, word).await?;
    let detail = format!("{}/{}", held.round.digest.as_deref().unwrap_or_default(), word);
    held.save(base, Act { actor, action: "ballot.close", detail: &detail }).await
}

/// Whether everybody who may vote has.
fn is_complete(rules: &Rules, turnout: &Turnout) -> bool {
    let elsewhere = match rules.presence {
        Presence::SignedIn => 0,
        Presence::Roster => turnout.away + turnout.on_leave + turnout.absent,
    };
    turnout.voted > 0 && turnout.not_pressed + elsewhere == 0
}

/// Writes what was counted, and the electorate as it stands.
pub(super) async fn settle(
    held: &mut Held,
    frozen: Frozen,
    at: Instant,
    by: &str,
) -> Result<(), BallotRefusal> {
    for chunk in frozen.electors.chunks(CHUNK) {
        let rows = chunk.iter().cloned().map(whole::<ballot_elector::ActiveModel>);
        ballot_elector::Entity::insert_many(rows).exec_without_returning(&held.tx).await?;
    }
    forget_order(&held.tx, &held.round).await?;
    held.round.closed_at = Some(at);
    held.round.closed_by = Some(by.to_string());
    held.round.quorum_close = frozen.quorum.as_ref().map(written).transpose()?;
    held.round.result = Some(written(&frozen.count)?);
    held.become_state(State::Closed);
    held.round.digest = Some(digest::of_round(&held.tx, &held.round).await?);
    Ok(())
}

/// Writes receipts and counts of a secret round anew, the receipts in order of the persons' ids: neither the order in
/// which people came nor a transaction that a receipt and a count have in common stays.
async fn forget_order(tx: &DatabaseTransaction, round: &ballot_round::Model) -> Result<(), BallotRefusal> {
    if !round.secret {
        return Ok(());
    }
    let of_round = || ballot_receipt::Column::RoundId.eq(round.id);
    let mut receipts = ballot_receipt::Entity::find().filter(of_round()).all(tx).await?;
    receipts.sort_unstable_by_key(|row| row.person_id);
    ballot_receipt::Entity::delete_many().filter(of_round()).exec(tx).await?;
    for chunk in receipts.chunks(CHUNK) {
        let rows = chunk.iter().cloned().map(whole::<ballot_receipt::ActiveModel>);
        ballot_receipt::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    let (items, options) = (round.paper()?.items.len(), round.rules()?.options.len());
    Ok(press::add_to_counts(tx, round.id, &vec![vec![0; options]; items]).await?)
}

/// Makes a round void after it was opened, because it went wrong. What was stored stays, and nothing of it is a
/// result.
pub async fn void(
    base: &Base,
    id: Uuid,
    reason: &str,
    actor: &str,
) -> Result<ballot_round::Model, BallotRefusal> {
    let reason = round::reason(reason)?;
    let mut held = hold(base, id).await?;
    if held.round.state() == State::Void {
        return Ok(held.round);
    }
    held.must_be(|state| matches!(state, State::Open | State::Closed | State::Confirmed))?;
    if held.round.state() == State::Open {
        forget_order(&held.tx, &held.round).await?;
        held.round.closed_at = Some(base.clock.now());
        held.round.closed_by = Some(actor.to_string());
    }
    held.become_state(State::Void);
    held.round.reason = Some(reason.clone());
    held.save(base, Act { actor, action: "ballot.void", detail: &reason }).await
}
