//! A headcount at one version of the log, read from rows.

use std::collections::{HashMap, HashSet};

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use uuid::Uuid;

use super::leaving::Leaving;
use super::presence::on_leave;
use crate::base::Base;
use crate::base::clock::Instant;
use crate::meeting::model::{EntryStatus, Presence, Role, attendance, meeting, roster_entry};

/// The numbers and names of one meeting at one moment: 应到 = 实到 + 请假 + 缺席.
/// Without a roster nobody is expected, and everyone who came is present.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Snapshot {
    /// Grows with every event; receivers drop what is older than they have.
    pub version: i64,
    pub expected: i64,
    pub present: i64,
    pub leave: i64,
    pub absent: i64,
    pub late: i64,
    /// Among the present: out of the room just now.
    pub away: i64,
    /// Present but outside 应到: 计划外, 列席, 旁听, 工作人员.
    pub others: i64,
    pub latest: Vec<Latest>,
    pub by_unit: Vec<Unit>,
    /// Arrivals per minute, oldest first, minutes without any left out.
    pub arrivals: Vec<Arrival>,
    #[serde(skip)]
    pub meeting_updated: Instant,
}

/// One of the last to arrive.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Latest {
    pub position: i64,
    pub name: String,
    pub unit: String,
    pub at: Instant,
    pub source: String,
    pub late: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unit {
    pub unit: String,
    pub expected: i64,
    pub present: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Arrival {
    pub minute: Instant,
    pub count: i64,
}

const LATEST: usize = 12;

/// The snapshot of `meeting` now; `None` when there is no such meeting.
pub async fn snapshot(base: &Base, meeting: Uuid) -> Result<Option<Snapshot>, DbErr> {
    newer(base, meeting, None).await
}

/// The snapshot, unless `known` (version, last edit) still holds.
pub(super) async fn newer(
    base: &Base,
    id: Uuid,
    known: Option<(i64, Instant)>,
) -> Result<Option<Snapshot>, DbErr> {
    let db = base.db.read();
    // The version is read first: rows may be newer than it says, never older.
    let Some(meeting) = meeting::Entity::find_by_id(id).one(db).await? else { return Ok(None) };
    if known == Some((meeting.version, meeting.updated_at)) {
        return Ok(None);
    }
    let entries: Vec<(Uuid, String, String)> = roster_entry::Entity::find()
        .select_only()
        .columns([roster_entry::Column::PersonId, roster_entry::Column::Unit, roster_entry::Column::Role])
        .filter(roster_entry::Column::MeetingId.eq(id))
        .filter(roster_entry::Column::Status.eq(EntryStatus::Active.word()))
        .order_by_asc(roster_entry::Column::Rank)
        .into_tuple()
        .all(db)
        .await?;
    let rows = attendance::Entity::find()
        .filter(attendance::Column::MeetingId.eq(id))
        .filter(attendance::Column::Status.ne(Presence::Undone.word()))
        .order_by_desc(attendance::Column::Position)
        .all(db)
        .await?;
    let leaves: HashSet<Uuid> = on_leave(id).into_tuple().all(db).await?.into_iter().collect();
    Ok(Some(count(&meeting, entries, rows, &leaves, base.clock.now())))
}

fn count(
    meeting: &meeting::Model,
    entries: Vec<(Uuid, String, String)>,
    rows: Vec<attendance::Model>,
    leaves: &HashSet<Uuid>,
    now: Instant,
) -> Snapshot {
    let planned = !entries.is_empty();
    let mut units = Units::default();
    let mut expected_people = HashMap::new();
    for (person, unit, role) in entries {
        if role == Role::Attendee.word() {
            units.of(&unit).expected += 1;
            expected_people.insert(person, unit);
        }
    }
    let mut leave = expected_people.keys().filter(|person| leaves.contains(*person)).count() as i64;
    let (mut present, mut late, mut away, mut others) = (0, 0, 0, 0);
    let mut minutes: HashMap<i64, i64> = HashMap::new();
    for row in &rows {
        *minutes.entry(row.at.timestamp().div_euclid(60)).or_default() += 1;
        match expected_people.get(&row.person_id) {
            Some(unit) => units.of(unit).present += 1,
            None if !planned => units.of(&row.unit).present += 1,
            None => {
                others += 1;
                continue;
            }
        }
        present += 1;
        late += i64::from(row.is_late(meeting));
        away += i64::from(Leaving::of(meeting, row, now) == Some(Leaving::Away));
        // Came all the same.
        leave -= i64::from(planned && leaves.contains(&row.person_id));
    }
    let expected = expected_people.len() as i64;
    let latest = rows
        .iter()
        .take(LATEST)
        .map(|row| Latest {
            position: row.position,
            name: row.name.clone(),
            unit: row.unit.clone(),
            at: row.at,
            source: row.source.clone(),
            late: row.is_late(meeting),
        })
        .collect();
    let mut arrivals: Vec<Arrival> = minutes
        .into_iter()
        .filter_map(|(minute, count)| {
            Some(Arrival { minute: Instant::from_timestamp(minute * 60, 0)?, count })
        })
        .collect();
    arrivals.sort_by_key(|arrival| arrival.minute);
    Snapshot {
        version: meeting.version,
        expected,
        present,
        leave,
        absent: if planned { expected - present - leave } else { 0 },
        late,
        away,
        others,
        latest,
        by_unit: units.list,
        arrivals,
        meeting_updated: meeting.updated_at,
    }
}

/// Units in the order in which they were first met.
#[derive(Default)]
struct Units {
    list: Vec<Unit>,
    index: HashMap<String, usize>,
}

impl Units {
    fn of(&mut self, unit: &str) -> &mut Unit {
        let index = *self.index.entry(unit.to_string()).or_insert_with(|| {
            self.list.push(Unit { unit: unit.to_string(), expected: 0, present: 0 });
            self.list.len() - 1
        });
        &mut self.list[index]
    }
}
