//! The people of a meeting as organisers see them: the roster joined with who is there, and everybody else who came.

mod filter;
mod standing;

use std::collections::{HashMap, HashSet};

use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::attendance::Leaving;
use super::leave;
use super::leave::model::LeaveState;
use super::model::{EntryStatus, Role, attendance, meeting, roster_entry};
use super::roster;
use super::statistics::narrow::Narrow;
use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::privacy::Keys;
use crate::people::model::person;
use crate::people::phone::Phone;
use crate::people::retention;
use crate::people::{name, person as persons};

pub use filter::{Counts, Filter};
pub use standing::Standing;

/// Somebody on the roster, or there, or both.
#[derive(Clone, Debug)]
pub struct Row {
    pub person: Uuid,
    pub name: String,
    pub unit: String,
    /// The roster's word on them, withdrawn or not; `None` for somebody who was never on it.
    pub entry: Option<roster_entry::Model>,
    /// Their check-in, undone or not; `None` for somebody who never came.
    pub attendance: Option<attendance::Model>,
    /// What became of their request for leave, as decided: whether they came all the same is another matter.
    pub leave: Option<LeaveState>,
    /// The meeting has a roster; without one, nobody is outside of it.
    pub roster: bool,
    /// Masked; filled in for the rows that are shown.
    pub phone: String,
}

impl Row {
    pub fn is_in(&self) -> bool {
        self.attendance.as_ref().is_some_and(attendance::Model::is_in)
    }

    /// Has leave and did not come.
    pub fn is_on_leave(&self) -> bool {
        self.leave == Some(LeaveState::Approved) && !self.is_in()
    }

    /// How they are out of the room, if they are.
    pub fn leaving(&self, meeting: &meeting::Model, now: Instant) -> Option<Leaving> {
        self.attendance.as_ref().and_then(|there| Leaving::of(meeting, there, now))
    }

    /// The living roster entry.
    pub fn planned(&self) -> Option<&roster_entry::Model> {
        self.entry.as_ref().filter(|entry| entry.status == EntryStatus::Active.word())
    }

    pub fn role(&self) -> Option<Role> {
        self.planned().and_then(|entry| Role::parse(&entry.role))
    }

    /// What they are there as, in Chinese; nothing where there is no roster to be on.
    pub fn part(&self) -> &'static str {
        match self.role() {
            Some(role) => role.zh(),
            None if self.entry.is_some() => "已移出名册",
            None if self.roster => "计划外",
            None => "",
        }
    }
}

/// One page of people.
#[derive(Clone, Debug)]
pub struct People {
    pub rows: Vec<Row>,
    pub counts: Counts,
    /// How many the filter and the search found, on all pages.
    pub found: usize,
    pub page: usize,
    pub pages: usize,
}

/// People a page: a hall fits on a few, and a selection of one page fits into one form.
pub const PAGE: usize = 200;

/// Page `page` (from 1) of those whom `filter` and `search` leave: part of a name or unit, a whole phone number, or
/// the last digits of one.
pub async fn list(
    base: &Base,
    meeting: &meeting::Model,
    filter: Filter,
    search: &str,
    page: usize,
) -> Result<People, DbErr> {
    narrowed(base, meeting, filter, &Narrow::default(), search, page).await
}

/// The same of those alone whom `narrow` admits; the counts are of all.
pub async fn narrowed(
    base: &Base,
    meeting: &meeting::Model,
    filter: Filter,
    narrow: &Narrow,
    search: &str,
    page: usize,
) -> Result<People, DbErr> {
    let all = read(base, meeting.id).await?;
    let now = base.clock.now();
    let counts = Counts::count(meeting, &all, now);
    let wanted = Wanted::read(base, meeting.id, search).await?;
    let admits =
        |row: &Row| filter.shows(meeting, row, now) && narrow.admits(meeting, row) && wanted.matches(row);
    let mut rows: Vec<Row> = all.into_iter().filter(admits).collect();
    if filter.by_arrival() {
        rows.sort_by_key(|row| std::cmp::Reverse(row.attendance.as_ref().map(|row| row.position)));
    }
    let found = rows.len();
    let pages = found.div_ceil(PAGE).max(1);
    let page = page.clamp(1, pages);
    let mut rows: Vec<Row> = rows.into_iter().skip((page - 1) * PAGE).take(PAGE).collect();
    fill_phones(base, &mut rows).await?;
    Ok(People { rows, counts, found, page, pages })
}

/// Everybody, for a sheet: who is there as they came, then the others as the roster has them.
pub async fn everybody(base: &Base, meeting: Uuid) -> Result<Vec<Row>, DbErr> {
    let mut rows = read(base, meeting).await?;
    // The sort is stable, so those who are not there keep the roster's order.
    rows.sort_by_key(|row| match &row.attendance {
        Some(there) if there.is_in() => there.position,
        _ => i64::MAX,
    });
    for chunk in rows.chunks_mut(CHUNK) {
        fill_phones(base, chunk).await?;
    }
    Ok(rows)
}

/// People asked about in one statement: databases bound the parameters of one.
const CHUNK: usize = 1000;

/// One person of a meeting, if they are on its roster or in its log.
pub async fn one(base: &Base, meeting: Uuid, person: Uuid) -> Result<Option<Row>, DbErr> {
    Ok(these(base, meeting, &[person]).await?.pop())
}

/// Those of `people`, a thousand at most, who are on the roster or in the log of `meeting`; in no order.
pub async fn these(base: &Base, meeting: Uuid, people: &[Uuid]) -> Result<Vec<Row>, DbErr> {
    let db = base.db.read();
    let roster = roster::exists(db, meeting).await?;
    let mut entries: HashMap<Uuid, roster_entry::Model> = roster_entry::Entity::find()
        .filter(roster_entry::Column::MeetingId.eq(meeting))
        .filter(roster_entry::Column::PersonId.is_in(people.iter().copied()))
        .all(db)
        .await?
        .into_iter()
        .map(|entry| (entry.person_id, entry))
        .collect();
    let mut arrived: HashMap<Uuid, attendance::Model> = attendance::Entity::find()
        .filter(attendance::Column::MeetingId.eq(meeting))
        .filter(attendance::Column::PersonId.is_in(people.iter().copied()))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.person_id, row))
        .collect();
    let leaves = leave::states(db, meeting).await?;
    let mut rows: Vec<Row> = people
        .iter()
        .filter_map(|person| join(entries.remove(person), arrived.remove(person), &leaves, roster))
        .collect();
    fill_phones(base, &mut rows).await?;
    Ok(rows)
}

/// Those of `people` who are on the roster or in the log of `meeting`. At most a thousand are asked about.
pub async fn those_of(base: &Base, meeting: Uuid, people: &[Uuid]) -> Result<Vec<Uuid>, DbErr> {
    let db = base.db.read();
    let mut known: HashSet<Uuid> = roster_entry::Entity::find()
        .select_only()
        .column(roster_entry::Column::PersonId)
        .filter(roster_entry::Column::MeetingId.eq(meeting))
        .filter(roster_entry::Column::PersonId.is_in(people.iter().copied()))
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let arrived: Vec<Uuid> = attendance::Entity::find()
        .select_only()
        .column(attendance::Column::PersonId)
        .filter(attendance::Column::MeetingId.eq(meeting))
        .filter(attendance::Column::PersonId.is_in(people.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    known.extend(arrived);
    Ok(people.iter().copied().filter(|person| known.remove(person)).collect())
}

/// Everybody: the roster in its own order, then the others as they came. Without phones.
pub(super) async fn read(base: &Base, meeting: Uuid) -> Result<Vec<Row>, DbErr> {
    let db = base.db.read();
    let entries = roster::all(db, meeting).await?;
    let roster = entries.iter().any(|entry| entry.status == EntryStatus::Active.word());
    let mut arrived: HashMap<Uuid, attendance::Model> = attendance::Entity::find()
        .filter(attendance::Column::MeetingId.eq(meeting))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.person_id, row))
        .collect();
    let leaves = leave::states(db, meeting).await?;
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        let attendance = arrived.remove(&entry.person_id);
        // Moved out before they came: no longer of this meeting.
        if entry.status == EntryStatus::Active.word() || attendance.is_some() {
            rows.extend(join(Some(entry), attendance, &leaves, roster));
        }
    }
    let mut others: Vec<attendance::Model> = arrived.into_values().collect();
    others.sort_by_key(|row| row.position);
    rows.extend(others.into_iter().filter_map(|row| join(None, Some(row), &leaves, roster)));
    Ok(rows)
}

fn join(
    entry: Option<roster_entry::Model>,
    attendance: Option<attendance::Model>,
    leaves: &HashMap<Uuid, LeaveState>,
    roster: bool,
) -> Option<Row> {
    let (person, name, unit) = match (&entry, &attendance) {
        (Some(entry), _) => (entry.person_id, entry.name.clone(), entry.unit.clone()),
        (None, Some(row)) => (row.person_id, row.name.clone(), row.unit.clone()),
        (None, None) => return None,
    };
    let leave = leaves.get(&person).copied();
    Some(Row { person, name, unit, entry, attendance, leave, roster, phone: String::new() })
}

/// What somebody searches for.
enum Wanted {
    Everybody,
    Text(String),
    People(Vec<Uuid>),
}

impl Wanted {
    async fn read(base: &Base, meeting: Uuid, search: &str) -> Result<Wanted, DbErr> {
        let search = search.trim();
        if search.is_empty() {
            return Ok(Wanted::Everybody);
        }
        if let Some(phone) = Phone::parse(search) {
            let ids = person::Entity::find()
                .select_only()
                .column(person::Column::Id)
                .filter(person::Column::PhoneHash.is_in(phone.hashes(&base.keys)))
                .into_tuple()
                .all(base.db.read())
                .await?;
            return Ok(Wanted::People(ids));
        }
        let key = name::key(search);
        if key.len() >= 3 && key.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Wanted::People(by_phone_tail(base, meeting, &key).await?));
        }
        Ok(Wanted::Text(key))
    }

    fn matches(&self, row: &Row) -> bool {
        match self {
            Wanted::Everybody => true,
            Wanted::Text(key) => name::key(&row.name).contains(key) || name::key(&row.unit).contains(key),
            Wanted::People(ids) => ids.contains(&row.person),
        }
    }
}

/// Numbers are sealed, so those of this meeting are opened one by one: some thousand in a few milliseconds.
async fn by_phone_tail(base: &Base, meeting: Uuid, tail: &str) -> Result<Vec<Uuid>, DbErr> {
    let of_roster = Query::select()
        .column(roster_entry::Column::PersonId)
        .from(roster_entry::Entity)
        .and_where(roster_entry::Column::MeetingId.eq(meeting))
        .to_owned();
    let of_log = Query::select()
        .column(attendance::Column::PersonId)
        .from(attendance::Entity)
        .and_where(attendance::Column::MeetingId.eq(meeting))
        .to_owned();
    let either = Condition::any()
        .add(person::Column::Id.in_subquery(of_roster))
        .add(person::Column::Id.in_subquery(of_log));
    let sealed: Vec<(Uuid, String)> = person::Entity::find()
        .select_only()
        .columns([person::Column::Id, person::Column::PhoneSealed])
        .filter(either)
        .into_tuple()
        .all(base.db.read())
        .await?;
    Ok(sealed
        .into_iter()
        .filter(|(_, sealed)| opened(&base.keys, sealed).is_some_and(|phone| phone.reveal().ends_with(tail)))
        .map(|(id, _)| id)
        .collect())
}

async fn fill_phones(base: &Base, rows: &mut [Row]) -> Result<(), DbErr> {
    let ids = rows.iter().map(|row| row.person);
    let people = person::Entity::find().filter(person::Column::Id.is_in(ids)).all(base.db.read()).await?;
    let phones: HashMap<Uuid, String> = people
        .into_iter()
        .filter_map(|person| match retention::is_gone(&person.phone_sealed) {
            true => Some((person.id, "已删除".to_string())),
            false => Some((person.id, opened(&base.keys, &person.phone_sealed)?.masked())),
        })
        .collect();
    for row in rows {
        row.phone = phones.get(&row.person).cloned().unwrap_or_else(|| "****".to_string());
    }
    Ok(())
}

fn opened(keys: &Keys, sealed: &str) -> Option<Phone> {
    keys.open(persons::PHONE_PLACE, sealed).ok().and_then(|phone| Phone::parse(&phone))
}
