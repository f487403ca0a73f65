//! A round in hand: locked, checked, changed, and told to everybody. Whoever changes a round takes the meeting's lock
//! first and the round's second, so that presence stands still meanwhile and nobody waits in a circle; only a press
//! takes the round's lock alone.

use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::live;
use super::model::{State, ballot_round};
use super::refusal::BallotRefusal;
use crate::base::Base;
use crate::base::db::whole;
use crate::meeting::attendance::presence;
use crate::people::audit;

/// A round under its locks. Dropping it changes nothing.
pub(super) struct Held {
    pub tx: DatabaseTransaction,
    pub round: ballot_round::Model,
    /// The meeting is over or cancelled.
    pub meeting_over: bool,
}

/// Who changes a round, and how the audit log tells it. It never tells of a choice.
pub(super) struct Act<'a> {
    pub actor: &'a str,
    /// `ballot.open` and so on.
    pub action: &'static str,
    pub detail: &'a str,
}

/// Takes the meeting's lock, then the round's.
pub(super) async fn hold(base: &Base, id: Uuid) -> Result<Held, BallotRefusal> {
    let tx = base.db.write().await?;
    // The meeting of a round never changes.
    let known = ballot_round::Entity::find_by_id(id).one(&tx).await?.ok_or(BallotRefusal::NoRound)?;
    let meeting_over = hold_meeting(&tx, known.meeting_id).await?;
    let round = lock(&tx, id).await?.ok_or(BallotRefusal::NoRound)?;
    Ok(Held { tx, round, meeting_over })
}

/// Takes the meeting's lock; whether it is over or cancelled.
pub(super) async fn hold_meeting(tx: &DatabaseTransaction, meeting: Uuid) -> Result<bool, BallotRefusal> {
    let meeting = presence::hold(tx, meeting).await?.ok_or(BallotRefusal::NoMeeting)?;
    Ok(meeting.state().word() != "active")
}

/// The round under its own lock.
pub(super) async fn lock(tx: &DatabaseTransaction, id: Uuid) -> Result<Option<ballot_round::Model>, DbErr> {
    use sea_orm::QuerySelect;
    ballot_round::Entity::find_by_id(id).lock_exclusive().one(tx).await
}

impl Held {
    pub fn must_be(&self, allowed: impl Fn(State) -> bool) -> Result<(), BallotRefusal> {
        let state = self.round.state();
        if allowed(state) { Ok(()) } else { Err(BallotRefusal::WrongState(state)) }
    }

    pub fn become_state(&mut self, state: State) {
        self.round.state = state.word().to_string();
    }

    /// Writes the round and its line in the audit log, commits, and tells everybody.
    pub async fn save(self, base: &Base, act: Act<'_>) -> Result<ballot_round::Model, BallotRefusal> {
        let Held { tx, mut round, .. } = self;
        round.version += 1;
        ballot_round::Entity::update(whole(round.clone())).exec(&tx).await?;
        note(base, &tx, &round, act).await?;
        tx.commit().await?;
        live::announce(base, round.meeting_id).await;
        Ok(round)
    }
}

/// One line of the audit log about a round.
pub(super) async fn note(
    base: &Base,
    tx: &DatabaseTransaction,
    round: &ballot_round::Model,
    act: Act<'_>,
) -> Result<(), DbErr> {
    let detail = format!("{} {}", round.number, act.detail);
    audit::write(base, tx, act.actor, act.action, &round.meeting_id.to_string(), detail.trim()).await
}

/// The round with this id.
pub async fn find(base: &Base, id: Uuid) -> Result<ballot_round::Model, BallotRefusal> {
    ballot_round::Entity::find_by_id(id).one(base.db.read()).await?.ok_or(BallotRefusal::NoRound)
}

/// The round with this id, of this meeting; one of another meeting is not found.
pub async fn in_meeting(base: &Base, meeting: Uuid, id: Uuid) -> Result<ballot_round::Model, BallotRefusal> {
    let round = find(base, id).await?;
    if round.meeting_id == meeting { Ok(round) } else { Err(BallotRefusal::NoRound) }
}

/// The rounds of a meeting, in their order.
pub async fn of_meeting(base: &Base, meeting: Uuid) -> Result<Vec<ballot_round::Model>, BallotRefusal> {
    Ok(ballot_round::Entity::find()
        .filter(ballot_round::Column::MeetingId.eq(meeting))
        .order_by_asc(ballot_round::Column::Number)
        .all(base.db.read())
        .await?)
}

/// A reason as it is kept: visible letters, not too many. Fails where none is given.
pub(super) fn reason(text: &str) -> Result<String, BallotRefusal> {
    const LETTERS: usize = 200;
    let kept: String = text.trim().chars().filter(|letter| !letter.is_control()).take(LETTERS).collect();
    if kept.is_empty() { Err(BallotRefusal::ReasonNeeded) } else { Ok(kept) }
}
