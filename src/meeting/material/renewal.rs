//! Who read a material in a version that was replaced since: they hear of it once, whatever else was replaced with it.

use std::collections::{HashMap, HashSet};

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::access::{Standing, decide};
use super::model::material_reading;
use super::{Listed, list};
use crate::base::Base;
use crate::base::clock::Instant;
use crate::meeting::model::{EntryStatus, Presence, Role, attendance, meeting, roster_entry};

/// Materials of `meeting` that readers have in a later version than the first.
async fn replaced(base: &Base, meeting: Uuid) -> Result<Vec<Listed>, DbErr> {
    let all = list(base, meeting).await?;
    Ok(all.into_iter().filter(|one| one.version.number > 1 && one.material.withdrawn_at.is_none()).collect())
}

/// When a material of `meeting` was last replaced.
pub async fn latest(base: &Base, meeting: Uuid) -> Result<Option<Instant>, DbErr> {
    Ok(replaced(base, meeting).await?.into_iter().map(|one| one.version.uploaded_at).max())
}

/// Those who opened an older version of what was replaced after `since`, have not opened the new one, and may.
pub async fn outdated(
    base: &Base,
    meeting: &meeting::Model,
    since: Option<Instant>,
) -> Result<Vec<Uuid>, DbErr> {
    let mut replaced = replaced(base, meeting.id).await?;
    replaced.retain(|one| since.is_none_or(|since| one.version.uploaded_at > since));
    if replaced.is_empty() {
        return Ok(Vec::new());
    }
    let readings = material_reading::Entity::find()
        .filter(material_reading::Column::MaterialId.is_in(replaced.iter().map(|one| one.material.id)))
        .all(base.db.read())
        .await?;
    let mut newest: HashMap<(Uuid, Uuid), i32> = HashMap::new();
    for reading in readings {
        let known = newest.entry((reading.material_id, reading.person_id)).or_default();
        *known = reading.version.max(*known);
    }
    let stands = standings(base, meeting.id).await?;
    let materials: HashMap<Uuid, Listed> = replaced.into_iter().map(|one| (one.material.id, one)).collect();
    let now = base.clock.now();
    let mut people = HashSet::new();
    for ((id, person), version) in newest {
        let Some(Listed { material, version: current }) = materials.get(&id) else { continue };
        let standing = stands.get(&person).copied().unwrap_or_default();
        if version < current.number && decide(material, meeting, standing, now).is_ok() {
            people.insert(person);
        }
    }
    Ok(people.into_iter().collect())
}

/// Where everybody of `meeting` stands.
async fn standings(base: &Base, meeting: Uuid) -> Result<HashMap<Uuid, Standing>, DbErr> {
    let db = base.db.read();
    let mut all: HashMap<Uuid, Standing> = HashMap::new();
    let entries = roster_entry::Entity::find()
        .filter(roster_entry::Column::MeetingId.eq(meeting))
        .filter(roster_entry::Column::Status.eq(EntryStatus::Active.word()))
        .all(db)
        .await?;
    for entry in entries {
        let role = Role::parse(&entry.role).unwrap_or(Role::Attendee);
        all.entry(entry.person_id).or_default().role = Some(role);
    }
    let there = attendance::Entity::find()
        .filter(attendance::Column::MeetingId.eq(meeting))
        .filter(attendance::Column::Status.eq(Presence::In.word()))
        .all(db)
        .await?;
    for row in there {
        all.entry(row.person_id).or_default().signed_in = true;
    }
    Ok(all)
}
