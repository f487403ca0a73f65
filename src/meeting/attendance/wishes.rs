//! What the organisers of a meeting wish of other features.

use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use crate::meeting::reminder::plan_of;

/// Whether those who may vote are sent a notice when a vote begins: the organisers' plan of reminders says it.
pub async fn tells_of_votes(conn: &impl ConnectionTrait, meeting: Uuid) -> Result<bool, DbErr> {
    Ok(plan_of(conn, meeting).await?.on_vote)
}
