//! What became of reminders, for organisers: lists, counts, and whom to call.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::model::Kind;
use super::{ReminderError, present};
use crate::base::Base;
use crate::base::clock::Instant;
use crate::meeting::model::roster_entry;
use crate::notify::batch::{self, Counts};
use crate::notify::model::{Channel, State, notice};
use crate::people::model::person;
use crate::people::phone::Phone;
use crate::people::{audit, person as persons};

/// Reminders of one meeting that a page shows.
const SHOWN: u64 = 100;

/// One reminder.
#[derive(Clone, Debug)]
pub struct Summary {
    pub id: Uuid,
    pub kind: Kind,
    pub actor: String,
    pub at: Instant,
    /// When it goes out, if not at once.
    pub postponed: Option<Instant>,
    pub counts: Counts,
}

/// One recipient.
#[derive(Clone, Debug)]
pub struct Line {
    pub person: Uuid,
    pub name: String,
    pub unit: String,
    /// Masked.
    pub phone: String,
    pub state: State,
    pub channel: Option<Channel>,
    pub reason: Option<String>,
    pub at: Instant,
    pub called_at: Option<Instant>,
    pub called_by: Option<String>,
    /// Signed in by now.
    pub is_in: bool,
}

impl Line {
    /// Only a telephone reaches them, nobody called yet, and they are still awaited.
    pub fn is_to_call(&self) -> bool {
        State::TO_CALL.contains(&self.state) && self.called_at.is_none() && !self.is_in
    }
}

/// The reminders of `meeting`, newest first.
pub async fn list(base: &Base, meeting: Uuid) -> Result<Vec<Summary>, DbErr> {
    Ok(batch::list(base, meeting, SHOWN).await?.into_iter().map(summary).collect())
}

fn summary((row, counts): (crate::notify::model::batch::Model, Counts)) -> Summary {
    Summary {
        id: row.id,
        kind: Kind::parse(&row.kind).unwrap_or(Kind::NotSignedIn),
        actor: row.actor,
        at: row.created_at,
        postponed: (row.not_before > row.created_at).then_some(row.not_before),
        counts,
    }
}

/// One reminder with everybody on it, those to call first, then in the order of the roster.
pub async fn one(base: &Base, meeting: Uuid, id: Uuid) -> Result<(Summary, Vec<Line>), ReminderError> {
    let found = batch::find(base, meeting, id).await?.ok_or(ReminderError::NotFound)?;
    let notices = batch::notices(base, id).await?;
    let entries = roster_entry::Entity::find()
        .filter(roster_entry::Column::MeetingId.eq(meeting))
        .all(base.db.read())
        .await?;
    let mut entries: HashMap<Uuid, roster_entry::Model> =
        entries.into_iter().map(|entry| (entry.person_id, entry)).collect();
    let mut phones = phones(base, &notices).await?;
    let there = present(base, meeting).await?;
    let mut lines: Vec<(i32, Line)> = notices
        .into_iter()
        .map(|notice| {
            let entry = entries.remove(&notice.person_id);
            let rank = entry.as_ref().map_or(i32::MAX, |entry| entry.rank);
            let (name, unit) = entry.map(|entry| (entry.name, entry.unit)).unwrap_or_default();
            let line = Line {
                person: notice.person_id,
                name,
                unit,
                phone: phones
                    .remove(&notice.person_id)
                    .map_or_else(|| "****".to_string(), |one| one.masked()),
                state: State::parse(&notice.state),
                channel: notice.channel.as_deref().and_then(Channel::parse),
                reason: notice.reason,
                at: notice.updated_at,
                called_at: notice.called_at,
                called_by: notice.called_by,
                is_in: there.contains(&notice.person_id),
            };
            (rank, line)
        })
        .collect();
    lines.sort_by_key(|(rank, line)| (!line.is_to_call(), *rank));
    Ok((summary(found), lines.into_iter().map(|(_, line)| line).collect()))
}

/// The phones of those people that are not forgotten.
async fn phones(base: &Base, notices: &[notice::Model]) -> Result<HashMap<Uuid, Phone>, DbErr> {
    let mut phones = HashMap::new();
    for chunk in notices.chunks(500) {
        let rows = person::Entity::find()
            .filter(person::Column::Id.is_in(chunk.iter().map(|one| one.person_id)))
            .all(base.db.read())
            .await?;
        phones.extend(rows.into_iter().filter_map(|row| {
            let opened = base.keys.open(persons::PHONE_PLACE, &row.phone_sealed).ok()?;
            Some((row.id, Phone::parse(&opened)?))
        }));
    }
    Ok(phones)
}

/// Somebody to call, with the whole phone number.
#[derive(Clone, Debug)]
pub struct Call {
    pub name: String,
    pub unit: String,
    pub phone: String,
    pub reason: String,
}

/// The list for the telephone; that the numbers were looked at is noted with how many they were.
pub async fn call_list(
    base: &Base,
    meeting: Uuid,
    id: Uuid,
    actor: &str,
) -> Result<(Summary, Vec<Call>), ReminderError> {
    let (summary, lines) = one(base, meeting, id).await?;
    let notices = batch::notices(base, id).await?;
    let phones = phones(base, &notices).await?;
    let calls: Vec<Call> = lines
        .into_iter()
        .filter(Line::is_to_call)
        .map(|line| Call {
            phone: phones
                .get(&line.person)
                .map_or("号码已删除".to_string(), |phone| phone.reveal().to_string()),
            name: line.name,
            unit: line.unit,
            reason: line.reason.unwrap_or_else(|| line.state.zh().to_string()),
        })
        .collect();
    let tx = base.db.write().await?;
    let detail = format!("{id} {}", calls.len());
    audit::write(base, &tx, actor, "phone.call_list", &meeting.to_string(), &detail).await?;
    tx.commit().await?;
    Ok((summary, calls))
}

/// Notes that `person` was called. Noting it again changes nothing.
pub async fn called(
    base: &Base,
    meeting: Uuid,
    id: Uuid,
    person: Uuid,
    actor: &str,
) -> Result<(), ReminderError> {
    batch::find(base, meeting, id).await?.ok_or(ReminderError::NotFound)?;
    let tx = base.db.write().await?;
    if !batch::mark_called(base, &tx, id, person, actor).await? {
        return Err(ReminderError::NotFound);
    }
    let detail = person.to_string();
    audit::write(base, &tx, actor, "meeting.called", &meeting.to_string(), &detail).await?;
    tx.commit().await?;
    Ok(())
}
