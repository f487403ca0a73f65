//! Who of the roster is in the room at this moment: what a vote asks of a meeting.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use crate::meeting::leave::model::{LeaveState, leave_request};
use crate::meeting::model::{EntryStatus, Presence, attendance, meeting, roster_entry};

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

/// Everybody on the living roster, in its order. Whoever came without being on it (计划外) has no vote and is not here.
pub async fn members(conn: &impl ConnectionTrait, meeting: Uuid) -> Result<Vec<Member>, DbErr> {
    read(conn, meeting, None).await
}

/// The same of these people only; those who are not on the roster are not in the answer.
pub async fn members_of(
    conn: &impl ConnectionTrait,
    meeting: Uuid,
    people: &[Uuid],
) -> Result<Vec<Member>, DbErr> {
    let mut found = Vec::with_capacity(people.len());
    for chunk in people.chunks(CHUNK) {
        found.extend(read(conn, meeting, Some(chunk)).await?);
    }
    found.sort_by_key(|member| (member.rank, member.person));
    Ok(found)
}

/// People asked about in one statement: databases bound the parameters of one.
const CHUNK: usize = 1000;

async fn read(
    conn: &impl ConnectionTrait,
    meeting: Uuid,
    people: Option<&[Uuid]>,
) -> Result<Vec<Member>, DbErr> {
    let mut entries = roster_entry::Entity::find()
        .filter(roster_entry::Column::MeetingId.eq(meeting))
        .filter(roster_entry::Column::Status.eq(EntryStatus::Active.word()));
    let mut rows = attendance::Entity::find()
        .select_only()
        .columns([attendance::Column::PersonId, attendance::Column::Status])
        .filter(attendance::Column::MeetingId.eq(meeting));
    let mut leaves = on_leave(meeting);
    if let Some(people) = people {
        entries = entries.filter(roster_entry::Column::PersonId.is_in(people.iter().copied()));
        rows = rows.filter(attendance::Column::PersonId.is_in(people.iter().copied()));
        leaves = leaves.filter(leave_request::Column::PersonId.is_in(people.iter().copied()));
    }
    let entries = entries
        .order_by_asc(roster_entry::Column::Rank)
        .order_by_asc(roster_entry::Column::PersonId)
        .all(conn)
        .await?;
    let rows: HashMap<Uuid, String> =
        rows.into_tuple::<(Uuid, String)>().all(conn).await?.into_iter().collect();
    let leaves: HashSet<Uuid> = leaves.into_tuple().all(conn).await?.into_iter().collect();
    Ok(entries
        .into_iter()
        .map(|entry| Member {
            standing: standing(rows.get(&entry.person_id), leaves.contains(&entry.person_id)),
            person: entry.person_id,
            name: entry.name,
            unit: entry.unit,
            rank: entry.rank,
            votes: entry.votes,
        })
        .collect())
}

fn standing(row: Option<&String>, leave: bool) -> Standing {
    match row.and_then(|status| Presence::parse(status)) {
        Some(Presence::In) => Standing::In,
        Some(Presence::Away) => Standing::Away,
        Some(Presence::Undone) | None if leave => Standing::OnLeave,
        Some(Presence::Undone) | None => Standing::Absent,
    }
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
