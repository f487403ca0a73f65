//! 监票: who watches the count, and their word that it is right.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
    QueryOrder,
};
use uuid::Uuid;

use super::digest;
use super::model::{State, ballot_round, ballot_scrutineer, written};
use super::refusal::BallotRefusal;
use super::round::{Act, Held, hold};
use super::rules::Role;
use super::verdict::Outcome;
use crate::base::Base;
use crate::base::db::whole;
use crate::meeting::attendance::presence;

/// Names the scrutineers, in place of those named before; they are people of the roster. Whoever has confirmed stays.
pub async fn appoint(
    base: &Base,
    id: Uuid,
    people: &[Uuid],
    actor: &str,
) -> Result<ballot_round::Model, BallotRefusal> {
    let held = hold(base, id).await?;
    held.must_be(|state| state.is_ahead() || matches!(state, State::Open | State::Closed))?;
    let before = scrutineers(&held.tx, id).await?;
    if before.iter().any(|row| row.confirmed_at.is_some() && !people.contains(&row.person_id)) {
        return Err(BallotRefusal::HasConfirmed);
    }
    let known = presence::members_of(&held.tx, held.round.meeting_id, people).await?;
    if !people.iter().all(|person| known.iter().any(|member| member.person == *person)) {
        return Err(BallotRefusal::Invalid("监票人应在会议名册里".to_string()));
    }
    ballot_scrutineer::Entity::delete_many()
        .filter(ballot_scrutineer::Column::RoundId.eq(id))
        .filter(ballot_scrutineer::Column::ConfirmedAt.is_null())
        .exec(&held.tx)
        .await?;
    let rows: Vec<ballot_scrutineer::ActiveModel> = known
        .into_iter()
        .map(|member| {
            let name = member.name;
            whole(ballot_scrutineer::Model {
                round_id: id,
                person_id: member.person,
                name,
                confirmed_at: None,
            })
        })
        .collect();
    let count = rows.len().to_string();
    if !rows.is_empty() {
        ballot_scrutineer::Entity::insert_many(rows)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&held.tx)
            .await?;
    }
    held.save(base, Act { actor, action: "ballot.scrutineers", detail: &count }).await
}

/// Whoever watched the count of a round watches that of the one that follows it in the same meeting, until the chair
/// names others.
pub(super) async fn carry_over(tx: &DatabaseTransaction, from: Uuid, to: Uuid) -> Result<(), BallotRefusal> {
    let again = |row: ballot_scrutineer::Model| {
        whole(ballot_scrutineer::Model { round_id: to, confirmed_at: None, ..row })
    };
    let rows: Vec<_> = scrutineers(tx, from).await?.into_iter().map(again).collect();
    if !rows.is_empty() {
        ballot_scrutineer::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// A scrutineer confirms the count. When the last one has, and there are as many as the rules ask for, the round is
/// confirmed. A repeat changes nothing.
pub async fn confirm(base: &Base, id: Uuid, person: Uuid) -> Result<ballot_round::Model, BallotRefusal> {
    let mut held = hold(base, id).await?;
    let rows = scrutineers(&held.tx, id).await?;
    let own = rows.iter().find(|row| row.person_id == person).ok_or(BallotRefusal::NotScrutineer)?;
    if own.confirmed_at.is_some() {
        return Ok(held.round);
    }
    held.must_be(|state| state == State::Closed)?;
    let now = base.clock.now();
    let mine = ballot_scrutineer::ActiveModel {
        round_id: Set(id),
        person_id: Set(person),
        confirmed_at: Set(Some(now)),
        ..Default::default()
    };
    ballot_scrutineer::Entity::update(mine).exec(&held.tx).await?;
    let waiting = rows.iter().filter(|row| row.person_id != person && row.confirmed_at.is_none()).count();
    if waiting == 0 && rows.len() as i64 >= held.round.rules()?.scrutineers {
        finish(&mut held, base);
    }
    held.save(base, Act { actor: "self", action: "ballot.confirm", detail: &person.to_string() }).await
}

/// The desk confirms a count that the rules let go without scrutineers, and for which none was named.
pub async fn confirm_at_desk(
    base: &Base,
    id: Uuid,
    actor: &str,
) -> Result<ballot_round::Model, BallotRefusal> {
    let mut held = hold(base, id).await?;
    if matches!(held.round.state(), State::Confirmed | State::Published) {
        return Ok(held.round);
    }
    held.must_be(|state| state == State::Closed)?;
    let named = scrutineers(&held.tx, id).await?;
    let waiting = named.iter().filter(|row| row.confirmed_at.is_none()).count() as i64;
    let missing = waiting.max(held.round.rules()?.scrutineers - named.len() as i64 + waiting);
    if missing > 0 {
        return Err(BallotRefusal::ScrutineersMissing(missing));
    }
    finish(&mut held, base);
    held.save(base, Act { actor, action: "ballot.confirm", detail: "" }).await
}

/// The chair's casting vote at equal votes, where the rules give one. The same again changes nothing.
pub async fn cast(
    base: &Base,
    id: Uuid,
    yes: bool,
    actor: &str,
) -> Result<ballot_round::Model, BallotRefusal> {
    let mut held = hold(base, id).await?;
    let mut count = held.round.count()?.ok_or(BallotRefusal::NoTie)?;
    if count.casting == Some(yes) {
        return Ok(held.round);
    }
    let in_time = matches!(held.round.state(), State::Closed | State::Confirmed);
    if count.verdict.outcome != Outcome::Tied || !in_time {
        return Err(BallotRefusal::NoTie);
    }
    count.casting = Some(yes);
    count.verdict.outcome = if yes { Outcome::Passed } else { Outcome::Failed };
    let word = if yes { Role::Yes.zh() } else { Role::No.zh() };
    count.verdict.sentence = format!("票数相等，主持人{word}，{}", count.verdict.outcome.zh());
    held.round.result = Some(written(&count)?);
    held.round.digest = Some(digest::of_round(&held.tx, &held.round).await?);
    held.save(base, Act { actor, action: "ballot.cast", detail: word }).await
}

fn finish(held: &mut Held, base: &Base) {
    held.round.confirmed_at = Some(base.clock.now());
    held.become_state(State::Confirmed);
}

/// Who watches the count of a round, by name.
pub async fn scrutineers(
    conn: &impl ConnectionTrait,
    id: Uuid,
) -> Result<Vec<ballot_scrutineer::Model>, DbErr> {
    ballot_scrutineer::Entity::find()
        .filter(ballot_scrutineer::Column::RoundId.eq(id))
        .order_by_asc(ballot_scrutineer::Column::Name)
        .order_by_asc(ballot_scrutineer::Column::PersonId)
        .all(conn)
        .await
}
