//! 我的会议: the meetings of one person, those ahead and those they attended.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;
use uuid::Uuid;

use super::model::{EntryStatus, Presence, attendance, meeting, roster_entry};
use crate::base::Base;

/// A meeting of a person, and where they stand in it.
#[derive(Clone, Debug)]
pub struct Mine {
    pub meeting: meeting::Model,
    /// Their check-in, if they are signed in.
    pub attendance: Option<attendance::Model>,
    pub seat: Option<String>,
}

const MOST: u64 = 200;

/// The meetings that `person` is expected at or attended, latest start first.
pub async fn of_person(base: &Base, person: Uuid) -> Result<Vec<Mine>, DbErr> {
    let db = base.db.read();
    let entries = roster_entry::Entity::find()
        .filter(roster_entry::Column::PersonId.eq(person))
        .filter(roster_entry::Column::Status.eq(EntryStatus::Active.word()))
        .order_by_desc(roster_entry::Column::CreatedAt)
        .limit(MOST)
        .all(db)
        .await?;
    let rows = attendance::Entity::find()
        .filter(attendance::Column::PersonId.eq(person))
        .filter(attendance::Column::Status.ne(Presence::Undone.word()))
        .order_by_desc(attendance::Column::At)
        .limit(MOST)
        .all(db)
        .await?;
    let mut seats: HashMap<Uuid, Option<String>> =
        entries.into_iter().map(|entry| (entry.meeting_id, entry.seat)).collect();
    let mut rows: HashMap<Uuid, attendance::Model> =
        rows.into_iter().map(|row| (row.meeting_id, row)).collect();
    let ids: Vec<Uuid> = seats.keys().chain(rows.keys()).copied().collect();
    let meetings = meeting::Entity::find()
        .filter(meeting::Column::Id.is_in(ids))
        .order_by_desc(meeting::Column::StartsAt)
        .limit(MOST)
        .all(db)
        .await?;
    Ok(meetings
        .into_iter()
        .map(|meeting| Mine {
            attendance: rows.remove(&meeting.id),
            seat: seats.remove(&meeting.id).flatten(),
            meeting,
        })
        .collect())
}

/// Where `person` stands in one meeting: their check-in, if they are signed in.
pub async fn standing(base: &Base, meeting: Uuid, person: Uuid) -> Result<Option<attendance::Model>, DbErr> {
    Ok(attendance::Entity::find_by_id((meeting, person))
        .one(base.db.read())
        .await?
        .filter(attendance::Model::is_in))
}
