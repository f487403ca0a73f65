//! What one person finds: the agenda of a meeting with the materials that they may open now.

use std::collections::{HashMap, HashSet};

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::access::{Denied, Standing, decide, standing};
use super::model::{material_reading, material_version};
use super::{Listed, of_meeting, with_versions};
use crate::base::Base;
use crate::meeting::agenda::{self, Item};
use crate::meeting::model::meeting;

/// A material on somebody's page.
#[derive(Clone, Debug)]
pub struct Found {
    pub listed: Listed,
    /// They read an older version and not yet this one.
    pub renewed: bool,
    /// Where they stopped in this version; 0: not opened.
    pub last_page: i32,
}

/// A meeting's papers for one person.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    /// The points of the agenda in order, each with its materials.
    pub items: Vec<(Item, Vec<Found>)>,
    /// Materials of the meeting as a whole.
    pub whole: Vec<Found>,
    /// Materials that open by signing in, and those that open after the meeting.
    pub after_sign_in: usize,
    pub after_meeting: usize,
}

impl Shelf {
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.whole.is_empty() && self.after_sign_in == 0 && self.after_meeting == 0
    }

    /// Every material that may be opened, in reading order.
    pub fn found(&self) -> impl Iterator<Item = &Found> {
        self.whole.iter().chain(self.items.iter().flat_map(|(_, found)| found))
    }
}

/// What `person` (`None`: somebody unknown) finds of `meeting` now.
pub async fn of(base: &Base, meeting: &meeting::Model, person: Option<Uuid>) -> Result<Shelf, DbErr> {
    let db = base.db.read();
    let now = base.clock.now();
    let stands = match person {
        Some(person) => standing(db, meeting.id, person).await?,
        None => Standing::default(),
    };
    let mut shelf = Shelf::default();
    let mut open = Vec::new();
    for material in of_meeting(db, meeting.id).await? {
        match decide(&material, meeting, stands, now) {
            Ok(()) => open.push(material),
            Err(Denied::SignInFirst) if material.withdrawn_at.is_none() => shelf.after_sign_in += 1,
            Err(Denied::TooEarly) => shelf.after_meeting += 1,
            Err(_) => {}
        }
    }
    let mut found: HashMap<Option<Uuid>, Vec<Found>> = HashMap::new();
    for one in read_by(base, with_versions(db, open).await?, person).await? {
        found.entry(one.listed.material.agenda_item_id).or_default().push(one);
    }
    shelf.items = agenda::of_meeting(db, meeting.id)
        .await?
        .into_iter()
        .map(|item| {
            let own = found.remove(&Some(item.id)).unwrap_or_default();
            (item, own)
        })
        .collect();
    shelf.whole = found.remove(&None).unwrap_or_default();
    Ok(shelf)
}

/// `list` with what `person` read of each.
async fn read_by(base: &Base, list: Vec<Listed>, person: Option<Uuid>) -> Result<Vec<Found>, DbErr> {
    let mut pages: HashMap<(Uuid, i32), i32> = HashMap::new();
    let mut opened: HashSet<Uuid> = HashSet::new();
    if let Some(person) = person.filter(|_| !list.is_empty()) {
        let rows = material_reading::Entity::find()
            .filter(material_reading::Column::PersonId.eq(person))
            .filter(material_reading::Column::MaterialId.is_in(list.iter().map(|one| one.material.id)))
            .all(base.db.read())
            .await?;
        for row in rows {
            opened.insert(row.material_id);
            pages.insert((row.material_id, row.version), row.last_page.max(1));
        }
    }
    Ok(list
        .into_iter()
        .map(|listed| {
            let id = listed.material.id;
            let own = pages.get(&(id, listed.material.version)).copied();
            Found { renewed: own.is_none() && opened.contains(&id), last_page: own.unwrap_or(0), listed }
        })
        .collect())
}

/// Whether an older version of the material than `current` was read by `person`, and this one not.
pub async fn renewed(base: &Base, current: &material_version::Model, person: Uuid) -> Result<bool, DbErr> {
    let rows = material_reading::Entity::find()
        .filter(material_reading::Column::PersonId.eq(person))
        .filter(material_reading::Column::MaterialId.eq(current.material_id))
        .all(base.db.read())
        .await?;
    Ok(!rows.is_empty() && rows.iter().all(|row| row.version < current.number))
}
