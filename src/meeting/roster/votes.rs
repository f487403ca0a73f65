//! Who has the right to vote (表决权).

use sea_orm::{ActiveValue::Set, EntityTrait};
use uuid::Uuid;

use super::{RosterError, entry_of};
use crate::base::Base;
use crate::meeting::attendance::announce;
use crate::meeting::attendance::presence::hold;
use crate::meeting::model::roster_entry;
use crate::people::audit;

/// Gives `person` the right to vote at a meeting, or takes it away. Whoever has it, or not, already is left alone.
pub async fn set_votes(
    base: &Base,
    meeting_id: Uuid,
    person: Uuid,
    votes: bool,
    actor: &str,
) -> Result<roster_entry::Model, RosterError> {
    let tx = base.db.write().await?;
    let meeting = hold(&tx, meeting_id).await?.ok_or(RosterError::NoMeeting)?;
    let entry = entry_of(&tx, meeting_id, person).await?.ok_or(RosterError::NoEntry)?;
    if entry.votes == votes {
        return Ok(entry);
    }
    let row = roster_entry::ActiveModel { id: Set(entry.id), votes: Set(votes), ..Default::default() };
    roster_entry::Entity::update(row).exec(&tx).await?;
    let detail = format!("{person} {votes}");
    audit::write(base, &tx, actor, "roster.votes", &meeting_id.to_string(), &detail).await?;
    tx.commit().await?;
    announce(base, meeting_id, meeting.version).await;
    Ok(roster_entry::Model { votes, ..entry })
}
