//! What a vote has against taking back a check-in: who voted in secret cannot be taken out of the count again, so
//! while such a round is open their check-in stays.

use async_trait::async_trait;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::model::{State, ballot_receipt, ballot_round};
use super::round::lock;
use crate::meeting::attendance::presence::Keeper;

/// Asked by meetings, through the server.
pub struct SecretRounds;

#[async_trait]
impl Keeper for SecretRounds {
    async fn may_undo(
        &self,
        tx: &DatabaseTransaction,
        meeting: Uuid,
        person: Uuid,
    ) -> Result<Option<&'static str>, DbErr> {
        let open = ballot_round::Entity::find()
            .filter(ballot_round::Column::MeetingId.eq(meeting))
            .filter(ballot_round::Column::State.eq(State::Open.word()))
            .filter(ballot_round::Column::Secret.eq(true))
            .one(tx)
            .await?;
        let Some(open) = open else { return Ok(None) };
        // A vote on its way is behind this lock, and will find the check-in undone, or in front of it, and is seen.
        lock(tx, open.id).await?;
        let voted = ballot_receipt::Entity::find_by_id((open.id, person)).one(tx).await?;
        Ok(voted.map(|_| "undo_while_secret"))
    }
}
