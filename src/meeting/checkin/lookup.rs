//! What a batch reads. Every statement here can be answered in one way only, key by key: while a meeting fills,
//! PostgreSQL has no statistics of its rows, and a join would read the whole meeting for each batch.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter,
    QuerySelect, Select,
};
use uuid::Uuid;

use super::Attempt;
use crate::meeting::model::attendance_event::{self, Column};
use crate::meeting::model::{EntryStatus, attendance, roster_entry};
use crate::people::model::{follower, identity, person};

/// One who wants in.
#[derive(Clone, FromQueryResult)]
pub(super) struct Person {
    /// Absent when asked for by the person's id.
    pub openid: Option<String>,
    pub id: Uuid,
    pub name: String,
    pub unit: String,
    /// Their entry in the roster, if it names them.
    pub entry: Option<Uuid>,
    /// The event that made their attendance row, if they have one.
    pub event: Option<Uuid>,
}

/// Those who make the attempts; whoever is unknown is left out.
pub(super) async fn people(
    tx: &DatabaseTransaction,
    meeting: Uuid,
    attempts: &[Attempt],
) -> Result<Vec<Person>, DbErr> {
    let openids: Vec<&str> = attempts.iter().filter_map(|attempt| attempt.who.openid()).collect();
    let ids: Vec<Uuid> = attempts.iter().filter_map(|attempt| attempt.who.person()).collect();
    let mut found = Vec::with_capacity(attempts.len());
    if !openids.is_empty() {
        let tied = Expr::col(person::Column::Id.as_column_ref()).eq(tie());
        let mut select = persons(meeting).column(follower::Column::Openid);
        QuerySelect::query(&mut select).join(JoinType::InnerJoin, follower::Entity, tied);
        let select = select.filter(follower::Column::Openid.is_in(openids));
        found.extend(select.into_model::<Person>().all(tx).await?);
    }
    if !ids.is_empty() {
        let select = persons(meeting).filter(person::Column::Id.is_in(ids));
        found.extend(select.into_model::<Person>().all(tx).await?);
    }
    Ok(found)
}

fn persons(meeting: Uuid) -> Select<person::Entity> {
    let entry = Query::select()
        .column(roster_entry::Column::Id)
        .from(roster_entry::Entity)
        .and_where(roster_entry::Column::MeetingId.eq(meeting))
        .and_where(roster_entry::Column::PersonId.into_expr().equals(person::Column::Id.as_column_ref()))
        .and_where(roster_entry::Column::Status.eq(EntryStatus::Active.word()))
        .take();
    let event = Query::select()
        .column(attendance::Column::EventId)
        .from(attendance::Entity)
        .and_where(attendance::Column::MeetingId.eq(meeting))
        .and_where(attendance::Column::PersonId.into_expr().equals(person::Column::Id.as_column_ref()))
        .take();
    person::Entity::find()
        .select_only()
        .columns([person::Column::Id, person::Column::Name, person::Column::Unit])
        .expr_as(entry, "entry")
        .expr_as(event, "event")
}

/// The person to whom a follower is tied.
fn tie() -> SelectStatement {
    Query::select()
        .column(identity::Column::PersonId)
        .from(identity::Entity)
        .and_where(identity::Column::FollowerId.into_expr().equals(follower::Column::Id.as_column_ref()))
        .and_where(identity::Column::EndedAt.is_null())
        .take()
}

/// Roster entries by person.
pub(super) async fn entries(
    tx: &DatabaseTransaction,
    people: &[Person],
) -> Result<HashMap<Uuid, roster_entry::Model>, DbErr> {
    let ids: Vec<Uuid> = people.iter().filter_map(|person| person.entry).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = roster_entry::Entity::find().filter(roster_entry::Column::Id.is_in(ids)).all(tx).await?;
    Ok(found.into_iter().map(|entry| (entry.person_id, entry)).collect())
}

/// Attendance rows by person, of those who have one.
pub(super) async fn rows(
    tx: &DatabaseTransaction,
    meeting: Uuid,
    people: &[Person],
) -> Result<HashMap<Uuid, attendance::Model>, DbErr> {
    let ids: Vec<Uuid> =
        people.iter().filter(|person| person.event.is_some()).map(|person| person.id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = attendance::Entity::find()
        .filter(attendance::Column::MeetingId.eq(meeting))
        .filter(attendance::Column::PersonId.is_in(ids))
        .all(tx)
        .await?;
    Ok(found.into_iter().map(|row| (row.person_id, row)).collect())
}

/// The body's hash of each operation id that was done before.
pub(super) async fn done(
    tx: &DatabaseTransaction,
    meeting: Uuid,
    attempts: &[Attempt],
) -> Result<HashMap<String, String>, DbErr> {
    let ops = attempts.iter().map(|attempt| attempt.op_id.as_str());
    let events: Vec<(Uuid, String, String)> = attendance_event::Entity::find()
        .select_only()
        .columns([Column::MeetingId, Column::OpId, Column::BodyHash])
        .filter(Column::OpId.is_in(ops))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(events.into_iter().filter(|(of, ..)| *of == meeting).map(|(_, op, hash)| (op, hash)).collect())
}

/// Whom each scan ticket served last.
pub(super) async fn tickets(
    tx: &DatabaseTransaction,
    meeting: Uuid,
    attempts: &[Attempt],
) -> Result<HashMap<String, Uuid>, DbErr> {
    let tickets: Vec<&str> = attempts.iter().filter_map(|attempt| attempt.ticket.as_deref()).collect();
    if tickets.is_empty() {
        return Ok(HashMap::new());
    }
    let mut events: Vec<(Uuid, i64, String, Uuid)> = attendance_event::Entity::find()
        .select_only()
        .columns([Column::MeetingId, Column::Version, Column::Ticket, Column::PersonId])
        .filter(Column::Ticket.is_in(tickets))
        .into_tuple()
        .all(tx)
        .await?;
    events.retain(|(of, ..)| *of == meeting);
    events.sort_unstable_by_key(|(_, version, ..)| *version);
    Ok(events.into_iter().map(|(_, _, ticket, person)| (ticket, person)).collect())
}
