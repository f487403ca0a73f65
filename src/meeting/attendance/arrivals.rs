//! Those who came, in order of arrival, a page at a time.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::base::Base;
use crate::meeting::model::{EntryStatus, Presence, attendance, roster_entry};

/// Somebody who came, with their living roster entry if they have one.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub row: attendance::Model,
    pub entry: Option<roster_entry::Model>,
}

/// Those after position `after`, `limit` at most; with `undone`, those whose check-in was taken back as well.
pub async fn arrivals(
    base: &Base,
    meeting: Uuid,
    after: i64,
    undone: bool,
    limit: u64,
) -> Result<Vec<Arrived>, DbErr> {
    let mut query = attendance::Entity::find()
        .filter(attendance::Column::MeetingId.eq(meeting))
        .filter(attendance::Column::Position.gt(after))
        .order_by_asc(attendance::Column::Position)
        .limit(limit);
    if !undone {
        query = query.filter(attendance::Column::Status.ne(Presence::Undone.word()));
    }
    let rows = query.all(base.db.read()).await?;
    let mut entries: HashMap<Uuid, roster_entry::Model> = roster_entry::Entity::find()
        .filter(roster_entry::Column::MeetingId.eq(meeting))
        .filter(roster_entry::Column::PersonId.is_in(rows.iter().map(|row| row.person_id)))
        .filter(roster_entry::Column::Status.eq(EntryStatus::Active.word()))
        .all(base.db.read())
        .await?
        .into_iter()
        .map(|entry| (entry.person_id, entry))
        .collect();
    Ok(rows.into_iter().map(|row| Arrived { entry: entries.remove(&row.person_id), row }).collect())
}
