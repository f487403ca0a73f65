//! The roster: who is expected. Good rows go in, bad rows come back with reasons; nobody who signed in is dropped.

mod file;
mod page;
mod pending;
mod plan;
mod votes;

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::attendance::announce;
use super::model::{EntryStatus, Presence, Role, attendance, meeting, roster_entry};
use crate::base::Base;
use crate::base::db::whole;
use crate::base::error::Coded;
use crate::people::person::{self, Described, PersonError};
use crate::people::phone::Phone;
use crate::people::{audit, name};

pub use file::{bad_rows_csv, read_file, template_xlsx};
pub use page::{Listed, page, people_of};
pub use pending::Pending;
pub use plan::{Change, Kind};
pub use votes::set_votes;

/// Rows of one import at most.
pub const MOST: usize = 20_000;

/// A row as it came in: nothing is checked yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RawRow {
    pub name: String,
    pub unit: String,
    pub phone: String,
    pub role: Option<String>,
    pub seat: Option<String>,
    /// 是 or 否; without it attendees have a vote and the others have none.
    pub votes: Option<String>,
}

/// Rows with the numbers by which whoever sent them knows them: of a file, those that a spreadsheet program shows; of
/// a plain list, its places, from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct List(pub Vec<(usize, RawRow)>);

impl From<Vec<RawRow>> for List {
    fn from(rows: Vec<RawRow>) -> List {
        (1..).zip(rows).collect()
    }
}

impl FromIterator<(usize, RawRow)> for List {
    fn from_iter<T: IntoIterator<Item = (usize, RawRow)>>(rows: T) -> List {
        List(rows.into_iter().collect())
    }
}

/// A row that did not go in, and why, in Chinese.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BadRow {
    /// Its number in the [`List`] it came in.
    pub row: usize,
    pub reason: String,
    #[serde(flatten)]
    pub raw: RawRow,
}

/// What an import did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub added: usize,
    pub changed: usize,
    pub unchanged: usize,
    /// Moved out because the new list lacks them; only where that was asked for.
    pub removed: usize,
    /// Not on the new list but signed in already, so they stay.
    pub kept: usize,
    pub bad: Vec<BadRow>,
    /// The first of those who are added, changed, moved out or kept, for looking over before it is done.
    #[serde(skip)]
    pub changes: Vec<Change>,
}

impl Report {
    /// Rows that are good, new or not.
    pub fn people(&self) -> usize {
        self.added + self.changed + self.unchanged
    }
}

/// What happens to those on the old roster but not in the new rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Missing {
    #[default]
    Stay,
    /// They are moved out, unless signed in.
    MoveOut,
}

#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    #[error("no usable row")]
    Empty,
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    #[error("too many rows")]
    TooMany,
    #[error("no such meeting")]
    NoMeeting,
    #[error("no such entry in this meeting")]
    NoEntry,
    #[error(transparent)]
    Person(#[from] PersonError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for RosterError {
    fn code(&self) -> &'static str {
        match self {
            RosterError::Empty => "roster_empty",
            RosterError::Unreadable(_) => "roster_unreadable",
            RosterError::TooMany => "roster_too_many",
            RosterError::NoMeeting => "meeting_not_found",
            RosterError::NoEntry => "roster_entry_not_found",
            RosterError::Person(_) | RosterError::Database(_) => "unavailable",
        }
    }

    fn field(&self) -> Option<&'static str> {
        matches!(self, RosterError::Empty | RosterError::Unreadable(_) | RosterError::TooMany)
            .then_some("people")
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            RosterError::TooMany => vec![("limit", MOST.to_string())],
            _ => Vec::new(),
        }
    }
}

struct GoodRow {
    described: Described,
    role: Role,
    seat: Option<String>,
    votes: Option<bool>,
}

/// Merges `rows` into the roster. With `dry_run`, only tells what would happen.
pub async fn import(
    base: &Base,
    meeting_id: Uuid,
    rows: impl Into<List>,
    missing: Missing,
    dry_run: bool,
    actor: &str,
) -> Result<Report, RosterError> {
    let List(rows) = rows.into();
    if rows.len() > MOST {
        return Err(RosterError::TooMany);
    }
    let (good, bad) = sort(base, rows);
    if good.is_empty() && bad.is_empty() {
        return Err(RosterError::Empty);
    }
    let tx = base.db.write().await?;
    let meeting = meeting::Entity::find_by_id(meeting_id)
        .lock_exclusive()
        .one(&tx)
        .await?
        .ok_or(RosterError::NoMeeting)?;
    let described: Vec<Described> = good.iter().map(|row| row.described.clone()).collect();
    let ids = person::ensure_many(base, &tx, &described).await?;
    let old = all(&tx, meeting_id).await?;
    let mut report = Report { bad, ..Report::default() };
    let written = plan::merge(base, meeting_id, &old, &ids, &good, &mut report);
    for chunk in written.chunks(1000) {
        let on_conflict = sea_orm::sea_query::OnConflict::columns([
            roster_entry::Column::MeetingId,
            roster_entry::Column::PersonId,
        ])
        .update_columns([
            roster_entry::Column::Name,
            roster_entry::Column::Unit,
            roster_entry::Column::Role,
            roster_entry::Column::Seat,
            roster_entry::Column::Rank,
            roster_entry::Column::Votes,
            roster_entry::Column::Status,
        ])
        .to_owned();
        let rows = chunk.iter().cloned().map(whole);
        roster_entry::Entity::insert_many(rows).on_conflict(on_conflict).exec_without_returning(&tx).await?;
    }
    if missing == Missing::MoveOut && !ids.is_empty() {
        move_out(&tx, meeting_id, &old, &ids, &mut report).await?;
    }
    if dry_run {
        return Ok(report);
    }
    let version = meeting.version;
    touch(base, &tx, &meeting).await?;
    let detail = format!(
        "added {} changed {} removed {} bad {}",
        report.added,
        report.changed,
        report.removed,
        report.bad.len()
    );
    audit::write(base, &tx, actor, "roster.import", &meeting_id.to_string(), &detail).await?;
    tx.commit().await?;
    announce(base, meeting_id, version).await;
    Ok(report)
}

/// Good rows and bad ones. The second of two rows for one person is bad: nothing is chosen silently.
fn sort(base: &Base, rows: Vec<(usize, RawRow)>) -> (Vec<GoodRow>, Vec<BadRow>) {
    let (mut good, mut bad, mut seen) = (Vec::new(), Vec::new(), HashMap::new());
    for (row, raw) in rows {
        match parse(&raw) {
            Ok(parsed) => {
                let key = (parsed.described.phone.hash(&base.keys), name::key(&parsed.described.name));
                match seen.insert(key, row) {
                    Some(first) => {
                        bad.push(BadRow { row, reason: format!("与第 {first} 行是同一个人"), raw })
                    }
                    None => good.push(parsed),
                }
            }
            Err(reason) => bad.push(BadRow { row, reason: reason.to_string(), raw }),
        }
    }
    (good, bad)
}

fn parse(raw: &RawRow) -> Result<GoodRow, &'static str> {
    if raw.name.trim().is_empty() {
        return Err("缺少姓名");
    }
    let name = name::clean(&raw.name).ok_or("姓名太长，最多 30 个字")?;
    let unit = name::one_line(&raw.unit);
    if unit.is_empty() {
        return Err("缺少单位");
    }
    if unit.chars().count() > name::LONGEST_UNIT {
        return Err("单位太长，最多 60 个字");
    }
    if raw.phone.trim().is_empty() {
        return Err("缺少手机号");
    }
    let phone = Phone::parse(&raw.phone).ok_or("手机号不是 11 位手机号码")?;
    let role = match raw.role.as_deref().map(str::trim).filter(|role| !role.is_empty()) {
        None => Role::Attendee,
        Some(word) => role(word).ok_or("角色应为 参会、列席、旁听 或 工作人员")?,
    };
    let seat = raw.seat.as_deref().map(name::one_line).filter(|seat| !seat.is_empty());
    if seat.as_ref().is_some_and(|seat| seat.chars().count() > 20) {
        return Err("座位太长，最多 20 个字");
    }
    let votes = match raw.votes.as_deref().map(str::trim).filter(|word| !word.is_empty()) {
        None => None,
        Some(word) => Some(yes_or_no(word).ok_or("表决权应为 是 或 否")?),
    };
    Ok(GoodRow { described: Described { name, unit, phone }, role, seat, votes })
}

fn role(word: &str) -> Option<Role> {
    Role::parse(word).or_else(|| {
        [Role::Attendee, Role::Observer, Role::Guest, Role::Staff].into_iter().find(|role| role.zh() == word)
    })
}

fn yes_or_no(word: &str) -> Option<bool> {
    match word.to_lowercase().as_str() {
        "是" | "有" | "true" | "yes" => Some(true),
        "否" | "无" | "false" | "no" => Some(false),
        _ => None,
    }
}

async fn move_out(
    tx: &DatabaseTransaction,
    meeting: Uuid,
    old: &[roster_entry::Model],
    ids: &[Uuid],
    report: &mut Report,
) -> Result<(), DbErr> {
    let new: HashSet<&Uuid> = ids.iter().collect();
    let here: HashSet<Uuid> = attendance::Entity::find()
        .select_only()
        .column(attendance::Column::PersonId)
        .filter(attendance::Column::MeetingId.eq(meeting))
        .filter(attendance::Column::Status.ne(Presence::Undone.word()))
        .into_tuple()
        .all(tx)
        .await?
        .into_iter()
        .collect();
    let gone: Vec<&roster_entry::Model> = old
        .iter()
        .filter(|entry| entry.status == EntryStatus::Active.word() && !new.contains(&entry.person_id))
        .collect();
    let (kept, gone): (Vec<_>, Vec<_>) = gone.into_iter().partition(|entry| here.contains(&entry.person_id));
    report.kept = kept.len();
    report.removed = gone.len();
    gone.iter().for_each(|entry| report.note(Kind::Removed, entry, None));
    kept.iter().for_each(|entry| report.note(Kind::Kept, entry, None));
    for chunk in gone.chunks(1000) {
        withdraw(tx, meeting, chunk.iter().map(|entry| entry.id).collect()).await?;
    }
    Ok(())
}

async fn withdraw(tx: &DatabaseTransaction, meeting: Uuid, entries: Vec<Uuid>) -> Result<u64, DbErr> {
    let row = roster_entry::ActiveModel {
        status: Set(EntryStatus::Withdrawn.word().to_string()),
        ..Default::default()
    };
    roster_entry::Entity::update_many()
        .set(row)
        .filter(roster_entry::Column::Id.is_in(entries))
        .filter(roster_entry::Column::MeetingId.eq(meeting))
        .exec(tx)
        .await
        .map(|done| done.rows_affected)
}

/// Moves one person out. Their check-in, if any, stays in the log and in the list of others.
pub async fn remove(base: &Base, meeting_id: Uuid, entry: Uuid, actor: &str) -> Result<(), RosterError> {
    let tx = base.db.write().await?;
    let meeting = meeting::Entity::find_by_id(meeting_id)
        .lock_exclusive()
        .one(&tx)
        .await?
        .ok_or(RosterError::NoMeeting)?;
    if withdraw(&tx, meeting_id, vec![entry]).await? == 0 {
        return Err(RosterError::NoEntry);
    }
    touch(base, &tx, &meeting).await?;
    audit::write(base, &tx, actor, "roster.remove", &meeting_id.to_string(), &entry.to_string()).await?;
    tx.commit().await?;
    announce(base, meeting_id, meeting.version).await;
    Ok(())
}

/// Marks the meeting as changed, so that every snapshot is computed anew.
async fn touch(base: &Base, tx: &DatabaseTransaction, meeting: &meeting::Model) -> Result<(), DbErr> {
    let at = base.clock.now().max(meeting.updated_at + chrono::TimeDelta::milliseconds(1));
    let row = meeting::ActiveModel { id: Set(meeting.id), updated_at: Set(at), ..Default::default() };
    meeting::Entity::update(row).exec(tx).await.map(|_| ())
}

/// Every entry, withdrawn ones too, in the order of the list.
pub async fn all(
    db: &impl sea_orm::ConnectionTrait,
    meeting: Uuid,
) -> Result<Vec<roster_entry::Model>, DbErr> {
    roster_entry::Entity::find()
        .filter(roster_entry::Column::MeetingId.eq(meeting))
        .order_by_asc(roster_entry::Column::Rank)
        .order_by_asc(roster_entry::Column::Id)
        .all(db)
        .await
}

/// Whether anybody is on the roster.
pub async fn exists(db: &impl sea_orm::ConnectionTrait, meeting: Uuid) -> Result<bool, DbErr> {
    let found = roster_entry::Entity::find()
        .filter(roster_entry::Column::MeetingId.eq(meeting))
        .filter(roster_entry::Column::Status.eq(EntryStatus::Active.word()))
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// The living entry of `person`, if there is one.
pub async fn entry_of(
    db: &impl sea_orm::ConnectionTrait,
    meeting: Uuid,
    person: Uuid,
) -> Result<Option<roster_entry::Model>, DbErr> {
    roster_entry::Entity::find()
        .filter(roster_entry::Column::MeetingId.eq(meeting))
        .filter(roster_entry::Column::PersonId.eq(person))
        .filter(roster_entry::Column::Status.eq(EntryStatus::Active.word()))
        .one(db)
        .await
}

/// Corrects a row whose phone or name was wrong: the entry now stands for `person`. An entry that `person` has
/// already wins, and the wrong one is moved out.
pub async fn replace_person(
    tx: &DatabaseTransaction,
    meeting: Uuid,
    entry: Uuid,
    person: Uuid,
    described: &Described,
) -> Result<(), DbErr> {
    let own = roster_entry::Entity::find()
        .filter(roster_entry::Column::MeetingId.eq(meeting))
        .filter(roster_entry::Column::PersonId.eq(person))
        .one(tx)
        .await?;
    let (kept, mut row) = match own {
        Some(own) if own.id == entry => return Ok(()),
        Some(own) => {
            withdraw(tx, meeting, vec![entry]).await?;
            (own.id, roster_entry::ActiveModel::default())
        }
        None => {
            let row = roster_entry::ActiveModel {
                person_id: Set(person),
                name: Set(described.name.clone()),
                ..Default::default()
            };
            (entry, row)
        }
    };
    row.status = Set(EntryStatus::Active.word().to_string());
    roster_entry::Entity::update_many()
        .set(row)
        .filter(roster_entry::Column::Id.eq(kept))
        .filter(roster_entry::Column::MeetingId.eq(meeting))
        .exec(tx)
        .await
        .map(|_| ())
}
