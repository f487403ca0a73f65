//! Who of the roster is in the room at this moment: what a vote asks of a meeting.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use sea_orm::sea_query::{ExprTrait, Query, SimpleExpr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use crate::meeting::leave::model::{LeaveState, leave_request};
use crate::meeting::model::{EntryStatus, Presence, attendance, meeting, roster_entry};
use crate::people::model::person;

/// Where somebody on the roster is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Signed in, and in the room.
    In,
    /// Signed in, and out of the room.
    Away,
    /// Has leave and is not signed in.
    OnLeave,
    /// Not signed in, or the check-in was taken back.
    Absent,
}

/// Somebody on the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub person: Uuid,
    pub name: String,
    pub unit: String,
    /// Order in the roster.
    pub rank: i32,
    /// Has the right to vote (表决权).
    pub votes: bool,
    pub standing: Standing,
}

/// What a vote asks of somebody on the roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Right {
    /// Has the right to vote (表决权).
    pub votes: bool,
    pub standing: Standing,
}

/// Everybody on the living roster, in its order. Whoever came without being on it (计划外) has no vote and is not here.
pub async fn members(conn: &impl ConnectionTrait, meeting: Uuid) -> Result<Vec<Member>, DbErr> {
    read(conn, meeting).await
}

/// The rights of these people; those who are not on the roster are not in the answer. One statement per thousand.
pub async fn rights_of(
    conn: &impl ConnectionTrait,
    meeting: Uuid,
    people: &[Uuid],
) -> Result<HashMap<Uuid, Right>, DbErr> {
    let mut rights = HashMap::with_capacity(people.len());
    for chunk in people.chunks(CHUNK) {
        let known = known(conn, meeting, chunk).await?;
        rights.extend(known.into_iter().filter_map(|known| {
            let standing = standing(known.status.as_ref(), known.on_leave.is_some());
            Some((known.id, Right { votes: known.votes?, standing }))
        }));
    }
    Ok(rights)
}

/// The same as members of the roster, in its order.
pub async fn members_of(
    conn: &impl ConnectionTrait,
    meeting: Uuid,
    people: &[Uuid],
) -> Result<Vec<Member>, DbErr> {
    let mut found = Vec::with_capacity(people.len());
    for chunk in people.chunks(CHUNK) {
        let known = known(conn, meeting, chunk).await?;
        let known: HashMap<Uuid, Known> =
            known.into_iter().filter_map(|known| Some((known.entry?, known))).collect();
        if known.is_empty() {
            continue;
        }
        let entries = roster_entry::Entity::find()
            .filter(roster_entry::Column::Id.is_in(known.keys().copied()))
            .all(conn)
            .await?;
        found.extend(entries.into_iter().map(|entry| {
            let of = known.get(&entry.id);
            let row = of.and_then(|known| known.status.as_ref());
            member(entry, row, of.is_some_and(|known| known.on_leave.is_some()))
        }));
    }
    found.sort_by_key(|member| (member.rank, member.person));
    Ok(found)
}

/// People asked about in one statement: databases bound the parameters of one.
const CHUNK: usize = 1000;

/// What one statement tells of a person.
#[derive(FromQueryResult)]
struct Known {
    id: Uuid,
    /// Their living entry in the roster, and whether it has a vote.
    entry: Option<Uuid>,
    votes: Option<bool>,
    /// Of their attendance.
    status: Option<String>,
    /// Their approved leave.
    on_leave: Option<Uuid>,
}

/// Those of `people` whom the city knows. Read key by key, for while a meeting fills PostgreSQL has no statistics of its
/// rows, and would read the whole meeting for each of many votes.
async fn known(conn: &impl ConnectionTrait, meeting: Uuid, people: &[Uuid]) -> Result<Vec<Known>, DbErr> {
    let own = |column: SimpleExpr| column.equals(person::Column::Id.as_column_ref());
    let entry = |column: roster_entry::Column| {
        Query::select()
            .column(column)
            .from(roster_entry::Entity)
            .and_where(roster_entry::Column::MeetingId.eq(meeting))
            .and_where(own(roster_entry::Column::PersonId.into_expr()))
            .and_where(roster_entry::Column::Status.eq(EntryStatus::Active.word()))
            .take()
    };
    let status = Query::select()
        .column(attendance::Column::Status)
        .from(attendance::Entity)
        .and_where(attendance::Column::MeetingId.eq(meeting))
        .and_where(own(attendance::Column::PersonId.into_expr()))
        .take();
    let leave = Query::select()
        .column(leave_request::Column::PersonId)
        .from(leave_request::Entity)
        .and_where(leave_request::Column::MeetingId.eq(meeting))
        .and_where(own(leave_request::Column::PersonId.into_expr()))
        .and_where(leave_request::Column::State.eq(LeaveState::Approved.word()))
        .take();
    person::Entity::find()
        .select_only()
        .column(person::Column::Id)
        .expr_as(entry(roster_entry::Column::Id), "entry")
        .expr_as(entry(roster_entry::Column::Votes), "votes")
        .expr_as(status, "status")
        .expr_as(leave, "on_leave")
        .filter(person::Column::Id.is_in(people.iter().copied()))
        .into_model::<Known>()
        .all(conn)
        .await
}

async fn read(conn: &impl ConnectionTrait, meeting: Uuid) -> Result<Vec<Member>, DbErr> {
    let entries = roster_entry::Entity::find()
        .filter(roster_entry::Column::MeetingId.eq(meeting))
        .filter(roster_entry::Column::Status.eq(EntryStatus::Active.word()))
        .order_by_asc(roster_entry::Column::Rank)
        .order_by_asc(roster_entry::Column::PersonId)
        .all(conn)
        .await?;
    let rows: HashMap<Uuid, String> = attendance::Entity::find()
        .select_only()
        .columns([attendance::Column::PersonId, attendance::Column::Status])
        .filter(attendance::Column::MeetingId.eq(meeting))
        .into_tuple::<(Uuid, String)>()
        .all(conn)
        .await?
        .into_iter()
        .collect();
    let leaves: HashSet<Uuid> = on_leave(meeting).into_tuple().all(conn).await?.into_iter().collect();
    Ok(entries
        .into_iter()
        .map(|entry| {
            let (row, leave) = (rows.get(&entry.person_id), leaves.contains(&entry.person_id));
            member(entry, row, leave)
        })
        .collect())
}

fn member(entry: roster_entry::Model, row: Option<&String>, leave: bool) -> Member {
    Member {
        standing: standing(row, leave),
        person: entry.person_id,
        name: entry.name,
        unit: entry.unit,
        rank: entry.rank,
        votes: entry.votes,
    }
}

fn standing(row: Option<&String>, leave: bool) -> Standing {
    match row.and_then(|status| Presence::parse(status)) {
        Some(Presence::In) => Standing::In,
        Some(Presence::Away) => Standing::Away,
        Some(Presence::Undone) | None if leave => Standing::OnLeave,
        Some(Presence::Undone) | None => Standing::Absent,
    }
}

/// Somebody who signed in, on the roster or not: what a poll asks of a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// As they signed in.
    pub name: String,
    pub unit: String,
    /// Out of the room.
    pub away: bool,
}

/// Those among `people` who signed in, unless it was taken back.
pub async fn guests(
    conn: &impl ConnectionTrait,
    meeting: Uuid,
    people: &[Uuid],
) -> Result<HashMap<Uuid, Guest>, DbErr> {
    let rows = attendance::Entity::find()
        .filter(attendance::Column::MeetingId.eq(meeting))
        .filter(attendance::Column::PersonId.is_in(people.iter().copied()))
        .filter(attendance::Column::Status.ne(Presence::Undone.word()))
        .all(conn)
        .await?;
    let guest = |row: attendance::Model| Guest { away: row.is_away(), name: row.name, unit: row.unit };
    Ok(rows.into_iter().map(|row| (row.person_id, guest(row))).collect())
}

/// The persons whose leave from `meeting` is approved, whether they came or not.
pub fn on_leave(meeting: Uuid) -> sea_orm::Select<leave_request::Entity> {
    leave_request::Entity::find()
        .select_only()
        .column(leave_request::Column::PersonId)
        .filter(leave_request::Column::MeetingId.eq(meeting))
        .filter(leave_request::Column::State.eq(LeaveState::Approved.word()))
}

/// The meeting, to be named on a paper; `None`: there is no such meeting.
pub async fn find(conn: &impl ConnectionTrait, meeting: Uuid) -> Result<Option<meeting::Model>, DbErr> {
    meeting::Entity::find_by_id(meeting).one(conn).await
}

/// Takes the lock that every change of presence takes: the meeting's row. `None`: there is no such meeting.
pub async fn hold(tx: &DatabaseTransaction, meeting: Uuid) -> Result<Option<meeting::Model>, DbErr> {
    meeting::Entity::find_by_id(meeting).lock_exclusive().one(tx).await
}

/// The number of the newest event in the meeting's log: it grows with every change of presence.
pub async fn version(conn: &impl ConnectionTrait, meeting: Uuid) -> Result<Option<i64>, DbErr> {
    meeting::Entity::find_by_id(meeting)
        .select_only()
        .column(meeting::Column::Version)
        .into_tuple()
        .one(conn)
        .await
}

/// What another feature may have against a change of presence. Asked in its transaction, while it [`hold`]s the
/// meeting, so that what is answered holds at the commit.
#[async_trait]
pub trait Keeper: Send + Sync {
    /// Why the check-in of `person` may not be taken back now, as an error code; `None`: it may.
    async fn may_undo(
        &self,
        tx: &DatabaseTransaction,
        meeting: Uuid,
        person: Uuid,
    ) -> Result<Option<&'static str>, DbErr>;
}

impl attendance::Model {
    /// Came, and is out of the room.
    pub fn is_away(&self) -> bool {
        self.status == Presence::Away.word()
    }
}
