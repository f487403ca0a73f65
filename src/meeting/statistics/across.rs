//! Figures across the meetings of a period, for each unit and each person: who was asked to come, who came, who was
//! late, on leave, absent. Only meetings that are over and had a roster say who was missing. Units are those that
//! stood on the roster then.

use std::collections::{BTreeSet, HashMap, HashSet};

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use uuid::Uuid;

use super::percent;
use super::period::Period;
use crate::base::Base;
use crate::base::error::Coded;
use crate::meeting::leave;
use crate::meeting::model::{EntryStatus, Presence, Role, State, attendance, meeting, roster_entry};

/// Fewer meetings than this say nothing about somebody.
pub const MEETINGS: i64 = 3;

/// What a period came to for somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Meetings.
    pub meetings: i64,
    /// 应到: people times meetings.
    pub invited: i64,
    pub attended: i64,
    pub late: i64,
    pub leave: i64,
    pub absent: i64,
}

impl Tally {
    fn add(&mut self, came: Came) {
        self.invited += 1;
        self.attended += i64::from(came.attended);
        self.late += i64::from(came.late);
        self.leave += i64::from(came.leave);
        self.absent = self.invited - self.attended - self.leave;
    }

    /// 到会率; `None` for fewer than [`MEETINGS`] meetings.
    pub fn rate(&self) -> Option<String> {
        percent(self.attended, self.invited).filter(|_| self.meetings >= MEETINGS)
    }

    /// The same without those on leave.
    pub fn rate_without_leave(&self) -> Option<String> {
        percent(self.attended, self.invited - self.leave).filter(|_| self.meetings >= MEETINGS)
    }
}

/// How one person stood at one meeting; all false: absent.
#[derive(Clone, Copy)]
struct Came {
    attended: bool,
    late: bool,
    leave: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnitTally {
    pub unit: String,
    /// Different people.
    pub people: i64,
    #[serde(flatten)]
    pub tally: Tally,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PersonTally {
    pub person_id: Uuid,
    pub name: String,
    /// Where they stood at the last of the meetings.
    pub unit: String,
    #[serde(flatten)]
    pub tally: Tally,
}

/// The figures of a period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Across {
    /// Meetings that are over and were not cancelled.
    pub meetings: i64,
    /// Of these, those with a roster, which the rest is about.
    pub counted: i64,
    pub total: Tally,
    /// By name.
    pub units: Vec<UnitTally>,
    /// By unit, then name.
    pub people: Vec<PersonTally>,
}

/// Meetings read in one statement.
const CHUNK: usize = 50;

/// The figures of `period`.
pub async fn across(base: &Base, period: Period) -> Result<Across, DbErr> {
    let now = base.clock.now();
    let over = Condition::any()
        .add(meeting::Column::State.eq(State::Closed.word()))
        .add(meeting::Column::EndsAt.lt(now));
    let meetings = meeting::Entity::find()
        .filter(meeting::Column::StartsAt.gte(period.begins()))
        .filter(meeting::Column::StartsAt.lt(period.ends()))
        .filter(meeting::Column::State.ne(State::Cancelled.word()))
        .filter(over)
        .order_by_asc(meeting::Column::StartsAt)
        .order_by_asc(meeting::Column::Id)
        .all(base.db.read())
        .await?;
    let mut sum = Sum::default();
    for chunk in meetings.chunks(CHUNK) {
        let (mut expected, mut there) = read(base, chunk).await?;
        let leaves = leave::granted(base, chunk).await?;
        for meeting in chunk {
            let expected = expected.remove(&meeting.id).unwrap_or_default();
            let there = there.remove(&meeting.id).unwrap_or_default();
            sum.meeting(meeting, expected, &there, &leaves);
        }
    }
    Ok(sum.finish(meetings.len() as i64))
}

type Expected = (Uuid, String, String);
type There = HashMap<Uuid, attendance::Model>;

/// Who was expected and who was there, by meeting.
async fn read(
    base: &Base,
    meetings: &[meeting::Model],
) -> Result<(HashMap<Uuid, Vec<Expected>>, HashMap<Uuid, There>), DbErr> {
    let ids = || meetings.iter().map(|meeting| meeting.id);
    let entries: Vec<(Uuid, Uuid, String, String)> = roster_entry::Entity::find()
        .select_only()
        .columns([
            roster_entry::Column::MeetingId,
            roster_entry::Column::PersonId,
            roster_entry::Column::Name,
            roster_entry::Column::Unit,
        ])
        .filter(roster_entry::Column::MeetingId.is_in(ids()))
        .filter(roster_entry::Column::Status.eq(EntryStatus::Active.word()))
        .filter(roster_entry::Column::Role.eq(Role::Attendee.word()))
        .into_tuple()
        .all(base.db.read())
        .await?;
    let mut expected: HashMap<Uuid, Vec<Expected>> = HashMap::new();
    for (meeting, person, name, unit) in entries {
        expected.entry(meeting).or_default().push((person, name, unit));
    }
    let rows = attendance::Entity::find()
        .filter(attendance::Column::MeetingId.is_in(ids()))
        .filter(attendance::Column::Status.ne(Presence::Undone.word()))
        .all(base.db.read())
        .await?;
    let mut there: HashMap<Uuid, There> = HashMap::new();
    for row in rows {
        there.entry(row.meeting_id).or_default().insert(row.person_id, row);
    }
    Ok((expected, there))
}

#[derive(Default)]
struct Sum {
    counted: i64,
    total: Tally,
    units: HashMap<String, (Tally, BTreeSet<Uuid>)>,
    people: HashMap<Uuid, PersonTally>,
}

impl Sum {
    fn meeting(
        &mut self,
        meeting: &meeting::Model,
        expected: Vec<Expected>,
        there: &There,
        leaves: &HashSet<(Uuid, Uuid)>,
    ) {
        if expected.is_empty() {
            return;
        }
        self.counted += 1;
        self.total.meetings += 1;
        let mut units: BTreeSet<String> = BTreeSet::new();
        for (person, name, unit) in expected {
            let row = there.get(&person);
            let came = Came {
                attended: row.is_some(),
                late: row.is_some_and(|row| row.is_late(meeting)),
                leave: row.is_none() && leaves.contains(&(meeting.id, person)),
            };
            self.total.add(came);
            let (tally, people) = self.units.entry(unit.clone()).or_default();
            tally.add(came);
            tally.meetings += i64::from(units.insert(unit.clone()));
            people.insert(person);
            let own = self.people.entry(person).or_insert_with(|| PersonTally {
                person_id: person,
                name: String::new(),
                unit: String::new(),
                tally: Tally::default(),
            });
            own.tally.meetings += 1;
            own.tally.add(came);
            (own.name, own.unit) = (name, unit);
        }
    }

    fn finish(self, meetings: i64) -> Across {
        let mut units: Vec<UnitTally> = self
            .units
            .into_iter()
            .map(|(unit, (tally, people))| UnitTally { unit, people: people.len() as i64, tally })
            .collect();
        units.sort_by(|a, b| a.unit.cmp(&b.unit));
        let mut people: Vec<PersonTally> = self.people.into_values().collect();
        people.sort_by(|a, b| (&a.unit, &a.name, a.person_id).cmp(&(&b.unit, &b.name, b.person_id)));
        Across { meetings, counted: self.counted, total: self.total, units, people }
    }
}

/// Why there is no workbook.
#[derive(Debug, thiserror::Error)]
pub enum AcrossError {
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error("the workbook cannot be written: {0}")]
    Workbook(String),
}

impl Coded for AcrossError {
    fn code(&self) -> &'static str {
        match self {
            AcrossError::Database(_) => "unavailable",
            AcrossError::Workbook(_) => "internal",
        }
    }
}

/// The figures of `period` as a workbook: a sheet of units and a sheet of people.
pub async fn file(base: &Base, period: Period) -> Result<Vec<u8>, AcrossError> {
    let across = across(base, period).await?;
    // A large workbook takes its time; other requests go on.
    tokio::task::spawn_blocking(move || workbook(&across, period))
        .await
        .map_err(|error| AcrossError::Workbook(error.to_string()))?
        .map_err(|error| AcrossError::Workbook(error.to_string()))
}

fn workbook(across: &Across, period: Period) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let about = format!(
        "{}，已结束会议 {} 场，其中有名册的 {} 场计入统计。应到按人次计；少于 {MEETINGS} 场不计到会率。",
        period.zh(),
        across.meetings,
        across.counted
    );
    let units = across.units.iter().map(|one| {
        let texts = vec![one.unit.clone()];
        (texts, vec![one.people], &one.tally)
    });
    table(book.add_worksheet().set_name("按单位")?, &about, &["单位", "人数"], units.collect())?;
    let people = across.people.iter().map(|one| {
        let texts = vec![one.name.clone(), one.unit.clone()];
        (texts, vec![], &one.tally)
    });
    table(book.add_worksheet().set_name("按个人")?, &about, &["姓名", "单位"], people.collect())?;
    book.save_to_buffer()
}

type Line<'a> = (Vec<String>, Vec<i64>, &'a Tally);

fn table(sheet: &mut Worksheet, about: &str, first: &[&str], lines: Vec<Line<'_>>) -> Result<(), XlsxError> {
    let (bold, quoted) = (Format::new().set_bold(), Format::new().set_quote_prefix());
    sheet.write_string(0, 0, about)?;
    let heads = ["会议数", "应到人次", "实到人次", "迟到", "请假", "缺席", "到会率", "到会率（不含请假）"];
    for (at, head) in (0..).zip(first.iter().chain(&heads)) {
        sheet.write_string_with_format(1, at, *head, &bold)?;
    }
    for (row, (texts, numbers, tally)) in (2..).zip(lines) {
        let mut at = 0;
        for text in texts {
            match text.starts_with(['=', '+', '-', '@']) {
                true => sheet.write_string_with_format(row, at, text, &quoted)?,
                false => sheet.write_string(row, at, text)?,
            };
            at += 1;
        }
        let own = [tally.meetings, tally.invited, tally.attended, tally.late, tally.leave, tally.absent];
        for number in numbers.into_iter().chain(own) {
            // Counts are far below what a cell of a workbook holds exactly.
            sheet.write_number(row, at, number as f64)?;
            at += 1;
        }
        for rate in [tally.rate(), tally.rate_without_leave()] {
            sheet.write_string(row, at, rate.unwrap_or_else(|| "—".to_string()))?;
            at += 1;
        }
    }
    sheet.set_freeze_panes(2, 0)?;
    for (at, width) in (0..).zip([26.0, if first.contains(&"人数") { 8.0 } else { 26.0 }]) {
        sheet.set_column_width(at, width)?;
    }
    sheet.set_column_width(9, 18.0)?;
    Ok(())
}
