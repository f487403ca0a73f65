//! The living roster, a page at a time.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::base::Base;
use crate::meeting::model::{EntryStatus, Presence, attendance, roster_entry};

/// An entry, and the check-in of the person where it counts.
#[derive(Clone, Debug)]
pub struct Listed {
    pub entry: roster_entry::Model,
    pub attendance: Option<attendance::Model>,
}

/// Living entries in the order of the list, after the one of this rank and id, `limit` at most.
pub async fn page(
    base: &Base,
    meeting: Uuid,
    after: Option<(i64, Uuid)>,
    limit: u64,
) -> Result<Vec<Listed>, DbErr> {
    let mut query = roster_entry::Entity::find()
        .filter(roster_entry::Column::MeetingId.eq(meeting))
        .filter(roster_entry::Column::Status.eq(EntryStatus::Active.word()))
        .order_by_asc(roster_entry::Column::Rank)
        .order_by_asc(roster_entry::Column::Id)
        .limit(limit);
    if let Some((rank, id)) = after {
        let same_rank =
            Condition::all().add(roster_entry::Column::Rank.eq(rank)).add(roster_entry::Column::Id.gt(id));
        query = query.filter(Condition::any().add(roster_entry::Column::Rank.gt(rank)).add(same_rank));
    }
    let entries = query.all(base.db.read()).await?;
    let mut rows: HashMap<Uuid, attendance::Model> = attendance::Entity::find()
        .filter(attendance::Column::MeetingId.eq(meeting))
        .filter(attendance::Column::PersonId.is_in(entries.iter().map(|entry| entry.person_id)))
        .filter(attendance::Column::Status.ne(Presence::Undone.word()))
        .all(base.db.read())
        .await?
        .into_iter()
        .map(|row| (row.person_id, row))
        .collect();
    Ok(entries.into_iter().map(|entry| Listed { attendance: rows.remove(&entry.person_id), entry }).collect())
}

/// The people whom living entries of this meeting stand for, in the order given; other ids are left out.
pub async fn people_of(base: &Base, meeting: Uuid, entries: &[Uuid]) -> Result<Vec<Uuid>, DbErr> {
    let found: HashMap<Uuid, Uuid> = roster_entry::Entity::find()
        .filter(roster_entry::Column::MeetingId.eq(meeting))
        .filter(roster_entry::Column::Status.eq(EntryStatus::Active.word()))
        .filter(roster_entry::Column::Id.is_in(entries.iter().copied()))
        .all(base.db.read())
        .await?
        .into_iter()
        .map(|entry| (entry.id, entry.person_id))
        .collect();
    Ok(entries.iter().filter_map(|entry| found.get(entry).copied()).collect())
}
