//! 回避: a member takes no part in one round, by their own word or the chair's.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::model::{State, ballot_receipt, ballot_recusal, ballot_round};
use super::refusal::BallotRefusal;
use super::round::{self, Act, hold};
use crate::base::Base;
use crate::base::db::whole;
use crate::meeting::attendance::presence;

/// Takes `person` out of a round that is not over. Whoever has voted stays: a secret vote cannot be found again, and
/// a named one was cast in good right. A repeat changes nothing.
pub async fn recuse(
    base: &Base,
    id: Uuid,
    person: Uuid,
    reason: &str,
    actor: &str,
) -> Result<ballot_round::Model, BallotRefusal> {
    let reason = round::reason(reason)?;
    let held = hold(base, id).await?;
    held.must_be(|state| state.is_ahead() || state == State::Open)?;
    if !held.round.rules()?.recusal {
        return Err(BallotRefusal::NoRecusal);
    }
    let known = presence::members_of(&held.tx, held.round.meeting_id, &[person]).await?;
    if !known.iter().any(|member| member.votes) {
        return Err(BallotRefusal::NotEntitled);
    }
    if ballot_receipt::Entity::find_by_id((id, person)).one(&held.tx).await?.is_some() {
        return Err(BallotRefusal::HasVoted);
    }
    let row = ballot_recusal::Model {
        round_id: id,
        person_id: person,
        reason,
        by: actor.to_string(),
        at: base.clock.now(),
    };
    let written = ballot_recusal::Entity::insert(whole(row))
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(&held.tx)
        .await?;
    if written == 0 {
        return Ok(held.round);
    }
    held.save(base, Act { actor, action: "ballot.recuse", detail: &person.to_string() }).await
}

/// Takes a recusal back, while the round is not over. A repeat changes nothing.
pub async fn rejoin(
    base: &Base,
    id: Uuid,
    person: Uuid,
    actor: &str,
) -> Result<ballot_round::Model, BallotRefusal> {
    let held = hold(base, id).await?;
    held.must_be(|state| state.is_ahead() || state == State::Open)?;
    let gone = ballot_recusal::Entity::delete_by_id((id, person)).exec(&held.tx).await?.rows_affected;
    if gone == 0 {
        return Ok(held.round);
    }
    held.save(base, Act { actor, action: "ballot.rejoin", detail: &person.to_string() }).await
}

/// Those who take no part in a round.
pub async fn of_round(conn: &impl ConnectionTrait, id: Uuid) -> Result<Vec<ballot_recusal::Model>, DbErr> {
    ballot_recusal::Entity::find().filter(ballot_recusal::Column::RoundId.eq(id)).all(conn).await
}
