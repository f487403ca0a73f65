//! What happened, for organisers: the log of one person, and who did what with a meeting.

use std::collections::{HashMap, HashSet};

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::checkin::CODE_REUSED;
use super::history;
use super::model::{Source, attendance, attendance_event, meeting, meeting_request, roster_entry};
use super::people_list::{self, Row};
use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::error::Coded;
use crate::base::privacy::KeyError;
use crate::people::model::{identity, person};
use crate::people::retention;
use crate::people::{audit, person as persons};

/// Everything about one person at one meeting.
#[derive(Clone, Debug)]
pub struct Dossier {
    pub row: Row,
    /// Since when a WeChat user is tied to them; `None` when none is.
    pub bound_since: Option<Instant>,
    /// The log, oldest first.
    pub events: Vec<attendance_event::Model>,
    /// Meetings at the same time where they are signed in as well.
    pub elsewhere: Vec<(meeting::Model, attendance::Model)>,
}

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("no such person at this meeting")]
    Nobody,
    #[error("no reason was given")]
    NoReason,
    #[error("the phone number was forgotten after its time")]
    PhoneGone,
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Coded for JournalError {
    fn code(&self) -> &'static str {
        match self {
            JournalError::Nobody => "not_found",
            JournalError::NoReason => "reason_needed",
            JournalError::PhoneGone => "phone_deleted",
            JournalError::Database(_) => "unavailable",
            JournalError::Key(_) => "internal",
        }
    }

    fn field(&self) -> Option<&'static str> {
        matches!(self, JournalError::NoReason).then_some("reason")
    }
}

/// The longest reason kept, in characters.
const REASON: usize = 200;

/// A reason as it is stored: one tidy line.
pub fn reason(text: &str) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().filter(|letter| !letter.is_control()).take(REASON).collect();
    (!line.is_empty()).then_some(line)
}

/// `person` at `meeting`.
pub async fn of_person(base: &Base, meeting: &meeting::Model, person: Uuid) -> Result<Dossier, JournalError> {
    let db = base.db.read();
    let row = people_list::one(base, meeting.id, person).await?.ok_or(JournalError::Nobody)?;
    let tie = identity::Entity::find()
        .filter(identity::Column::PersonId.eq(person))
        .filter(identity::Column::EndedAt.is_null())
        .one(db)
        .await?;
    let events = attendance_event::Entity::find()
        .filter(attendance_event::Column::MeetingId.eq(meeting.id))
        .filter(attendance_event::Column::PersonId.eq(person))
        .order_by_asc(attendance_event::Column::Version)
        .limit(500)
        .all(db)
        .await?;
    let elsewhere = history::of_person(base, person)
        .await?
        .into_iter()
        .filter(|mine| {
            mine.meeting.id != meeting.id
                && mine.meeting.starts_at < meeting.ends_at
                && meeting.starts_at < mine.meeting.ends_at
        })
        .filter_map(|mine| Some((mine.meeting, mine.attendance?)))
        .collect();
    Ok(Dossier { row, bound_since: tie.map(|tie| tie.bound_at), events, elsewhere })
}

/// The whole phone number of somebody at `meeting`; that it was looked at is noted.
pub async fn reveal_phone(
    base: &Base,
    meeting: Uuid,
    person: Uuid,
    actor: &str,
) -> Result<String, JournalError> {
    let row = people_list::one(base, meeting, person).await?.ok_or(JournalError::Nobody)?;
    let known =
        person::Entity::find_by_id(row.person).one(base.db.read()).await?.ok_or(JournalError::Nobody)?;
    if retention::is_gone(&known.phone_sealed) {
        return Err(JournalError::PhoneGone);
    }
    let phone = base.keys.open(persons::PHONE_PLACE, &known.phone_sealed)?;
    let tx = base.db.write().await?;
    audit::write(base, &tx, actor, "phone.reveal", &meeting.to_string(), &person.to_string()).await?;
    tx.commit().await?;
    Ok(phone)
}

/// Ends the tie between `person` and their WeChat, so that they can sign in with a new one. History stays.
pub async fn release(
    base: &Base,
    meeting: Uuid,
    person: Uuid,
    why: &str,
    actor: &str,
) -> Result<(), JournalError> {
    people_list::one(base, meeting, person).await?.ok_or(JournalError::Nobody)?;
    let why = reason(why).ok_or(JournalError::NoReason)?;
    let tx = base.db.write().await?;
    persons::unbind(base, &tx, person, &why).await?;
    let detail = format!("{person} {why}");
    audit::write(base, &tx, actor, "identity.release", &meeting.to_string(), &detail).await?;
    tx.commit().await?;
    Ok(())
}

/// One line of what was done with a meeting.
#[derive(Clone, Debug)]
pub struct Line {
    pub at: Instant,
    /// A staff user name.
    pub actor: String,
    /// An action of the audit log, or `attendance.staff` and `attendance.make_up`.
    pub action: String,
    /// The person it was about.
    pub name: Option<String>,
    pub detail: String,
}

const LINES: u64 = 300;

/// The newest acts of staff at `meeting`: the audit log, and the sign-ins that they made for others.
pub async fn of_meeting(base: &Base, meeting: Uuid) -> Result<Vec<Line>, DbErr> {
    let db = base.db.read();
    let mut names = Names::read(base, meeting).await?;
    let acts = audit::newest(base, Some(&meeting.to_string()), LINES).await?;
    // Whoever was refused may stand on no list of the meeting.
    names
        .learn(base, acts.iter().filter(|line| line.action == CODE_REUSED).map(|line| line.detail.as_str()))
        .await?;
    let mut lines: Vec<Line> = acts
        .into_iter()
        .map(|line| {
            let (name, mut detail) = names.split(&line.detail);
            if line.action == CODE_REUSED {
                detail = names.split(&detail).0.unwrap_or_default();
            }
            Line { at: line.at, actor: line.actor, action: line.action, name, detail }
        })
        .collect();
    let by_hand = [Source::Staff.word(), Source::MakeUp.word()];
    let events = attendance_event::Entity::find()
        .filter(attendance_event::Column::MeetingId.eq(meeting))
        .filter(attendance_event::Column::Source.is_in(by_hand))
        .filter(attendance_event::Column::Position.is_not_null())
        .order_by_desc(attendance_event::Column::Version)
        .limit(LINES)
        .all(db)
        .await?;
    lines.extend(events.into_iter().map(|event| Line {
        at: event.at,
        actor: event.actor,
        action: format!("attendance.{}", event.source),
        name: Some(event.name),
        detail: event.reason.unwrap_or_default(),
    }));
    lines.sort_by_key(|line| std::cmp::Reverse(line.at));
    lines.truncate(LINES as usize);
    Ok(lines)
}

/// Names by the ids that audit lines begin with: of persons, roster entries and requests. The log itself holds no
/// names.
struct Names(HashMap<Uuid, String>);

impl Names {
    async fn read(base: &Base, meeting: Uuid) -> Result<Names, DbErr> {
        let db = base.db.read();
        let mut names = HashMap::new();
        let arrived: Vec<(Uuid, String)> = attendance::Entity::find()
            .select_only()
            .columns([attendance::Column::PersonId, attendance::Column::Name])
            .filter(attendance::Column::MeetingId.eq(meeting))
            .into_tuple()
            .all(db)
            .await?;
        names.extend(arrived);
        let entries: Vec<(Uuid, Uuid, String)> = roster_entry::Entity::find()
            .select_only()
            .columns([roster_entry::Column::Id, roster_entry::Column::PersonId, roster_entry::Column::Name])
            .filter(roster_entry::Column::MeetingId.eq(meeting))
            .into_tuple()
            .all(db)
            .await?;
        for (entry, person, name) in entries {
            names.insert(entry, name.clone());
            names.insert(person, name);
        }
        let requests: Vec<(Uuid, String)> = meeting_request::Entity::find()
            .select_only()
            .columns([meeting_request::Column::Id, meeting_request::Column::Name])
            .filter(meeting_request::Column::MeetingId.eq(meeting))
            .into_tuple()
            .all(db)
            .await?;
        names.extend(requests);
        Ok(Names(names))
    }

    /// Adds the persons whose ids `details` are made of.
    async fn learn<'a>(&mut self, base: &Base, details: impl Iterator<Item = &'a str>) -> Result<(), DbErr> {
        let ids: HashSet<Uuid> =
            details.flat_map(|detail| detail.split(' ')).filter_map(|id| id.parse().ok()).collect();
        let unknown: Vec<Uuid> = ids.into_iter().filter(|id| !self.0.contains_key(id)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let found =
            person::Entity::find().filter(person::Column::Id.is_in(unknown)).all(base.db.read()).await?;
        self.0.extend(found.into_iter().map(|one| (one.id, one.name)));
        Ok(())
    }

    /// Takes the id off the front of a detail.
    fn split(&self, detail: &str) -> (Option<String>, String) {
        let (first, rest) = detail.split_once(' ').unwrap_or((detail, ""));
        match first.parse::<Uuid>() {
            Ok(id) => (self.0.get(&id).cloned(), rest.to_string()),
            Err(_) => (None, detail.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_tidy_line_of_limited_length() {
        assert_eq!(reason("  手机\r\n没电 ").as_deref(), Some("手机 没电"));
        assert_eq!(reason(" \n\t"), None);
        assert_eq!(reason(&"长".repeat(300)).unwrap().chars().count(), REASON);
    }
}
