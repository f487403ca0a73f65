//! Reminders of running clocks: at half of the time, at four fifths, on the morning of the last working day, and when
//! the end has passed (level 0 of lateness). Each is written down once, whichever replica comes first; after a
//! standstill only the last of those that were missed is told.

use std::collections::HashMap;

use chrono::{NaiveTime, TimeDelta};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::Cases;
use super::ends::PAPER;
use super::fold::OBLIGATIONS;
use super::model::{Part, case_clock, case_file};
use super::paper::model::case_reminder;
use crate::base::calendar::Calendar;
use crate::base::clock::{Instant, from_shanghai};
use crate::base::db::whole;
use crate::base::words::words;

words! {
    /// What a reminder is about.
    Mark {
        Half = "half", "期限过半";
        Most = "most", "期限已过八成";
        LastDay = "last_day", "最后一个工作日";
        Over = "over", "已超期提醒";
    }
}

/// Clocks looked at in one go.
const BATCH: u64 = 500;

/// When each reminder of `clock` is due, in their order. `hour`: of the last morning.
pub fn marks(clock: &case_clock::Model, calendar: &Calendar, hour: u32) -> Vec<(Mark, Instant)> {
    let span = (clock.due_at - clock.started_at).max(TimeDelta::zero());
    let mut last = clock.due_on;
    while !calendar.day(last).work {
        let Some(before) = last.pred_opt() else { break };
        last = before;
    }
    let morning = from_shanghai(last.and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or(NaiveTime::MIN)));
    let mut all = vec![
        (Mark::Half, clock.started_at + span / 2),
        (Mark::Most, clock.started_at + span * 4 / 5),
        (Mark::Over, clock.due_at),
    ];
    if morning > clock.started_at && morning < clock.due_at {
        all.push((Mark::LastDay, morning));
    }
    all.sort_by_key(|(_, at)| *at);
    all
}

/// Names a reminder. An end that moved is reminded of again; halves are not.
fn once(clock: &case_clock::Model, mark: Mark) -> String {
    match mark {
        Mark::Half | Mark::Most => format!("{}:{}", clock.id, mark.word()),
        Mark::LastDay | Mark::Over => format!("{}:{}:{}", clock.id, mark.word(), clock.due_on),
    }
}

/// Whose turn it is.
fn turn(code: &str) -> Part {
    match code {
        "M1" | "P0" => Part::Moderator,
        "P5" | "P7" => Part::Supervision,
        _ => Part::Liaison,
    }
}

/// Writes down what is due; how many were told.
pub async fn run(cases: &Cases) -> Result<u64, DbErr> {
    let (mut told, mut after) = (0, None);
    loop {
        let mut query = case_clock::Entity::find()
            .filter(case_clock::Column::Running.eq(true))
            .filter(case_clock::Column::Code.is_in(OBLIGATIONS.into_iter().chain([PAPER])))
            .order_by_asc(case_clock::Column::Id)
            .limit(BATCH);
        if let Some(after) = after {
            query = query.filter(case_clock::Column::Id.gt(after));
        }
        let clocks = query.all(cases.store.db.read()).await?;
        let Some(last) = clocks.last() else { return Ok(told) };
        after = Some(last.id);
        told += batch(cases, clocks).await?;
    }
}

async fn batch(cases: &Cases, clocks: Vec<case_clock::Model>) -> Result<u64, DbErr> {
    let (now, calendar) = (cases.store.clock.now(), cases.calendar());
    let hour = cases.settings.papers.hour;
    let due: Vec<(case_clock::Model, Vec<Mark>)> = clocks
        .into_iter()
        .map(|clock| {
            let reached = marks(&clock, &calendar, hour).into_iter().filter(|(_, at)| *at <= now);
            let reached = reached.map(|(mark, _)| mark).collect::<Vec<_>>();
            (clock, reached)
        })
        .filter(|(_, reached)| !reached.is_empty())
        .collect();
    let names = due.iter().flat_map(|(clock, marks)| marks.iter().map(|mark| once(clock, *mark)));
    let known: Vec<String> = case_reminder::Entity::find()
        .select_only()
        .column(case_reminder::Column::Once)
        .filter(case_reminder::Column::Once.is_in(names))
        .into_tuple()
        .all(cases.store.db.read())
        .await?;
    let ids = due.iter().map(|(clock, _)| clock.case_id);
    let files =
        case_file::Entity::find().filter(case_file::Column::Id.is_in(ids)).all(cases.store.db.read()).await?;
    let units: HashMap<Uuid, String> =
        files.into_iter().map(|file| (file.id, file.lead_unit.unwrap_or_default())).collect();
    let mut rows = Vec::new();
    for (clock, marks) in &due {
        for (at, mark) in marks.iter().enumerate() {
            let name = once(clock, *mark);
            if known.contains(&name) {
                continue;
            }
            let part = turn(&clock.code);
            let unit = units.get(&clock.case_id).cloned().unwrap_or_default();
            rows.push(case_reminder::Model {
                once: name,
                clock_id: clock.id,
                case_id: clock.case_id,
                mark: mark.word().to_string(),
                part: part.word().to_string(),
                unit: if part.of_unit() { unit } else { String::new() },
                told: at + 1 == marks.len(),
                at: now,
            });
        }
    }
    let mut told = 0;
    if rows.is_empty() {
        return Ok(told);
    }
    let tx = cases.store.db.write().await?;
    for row in rows {
        let counts = u64::from(row.told);
        let unless_there = OnConflict::new().do_nothing().to_owned();
        let new = case_reminder::Entity::insert(whole::<case_reminder::ActiveModel>(row))
            .on_conflict(unless_there)
            .exec_without_returning(&tx)
            .await?;
        told += new * counts;
    }
    tx.commit().await?;
    Ok(told)
}

/// The newest reminder of each of `ids` whose clock still runs, as the inbox shows it.
pub async fn standing(cases: &Cases, ids: &[Uuid]) -> Result<HashMap<Uuid, Mark>, DbErr> {
    let db = cases.store.db.read();
    let rows = case_reminder::Entity::find()
        .filter(case_reminder::Column::CaseId.is_in(ids.iter().copied()))
        .filter(case_reminder::Column::Told.eq(true))
        .order_by_asc(case_reminder::Column::At)
        .all(db)
        .await?;
    let running: Vec<Uuid> = case_clock::Entity::find()
        .select_only()
        .column(case_clock::Column::Id)
        .filter(case_clock::Column::CaseId.is_in(ids.iter().copied()))
        .filter(case_clock::Column::Running.eq(true))
        .into_tuple()
        .all(db)
        .await?;
    let live = rows.into_iter().filter(|row| running.contains(&row.clock_id));
    Ok(live.filter_map(|row| Some((row.case_id, Mark::parse(&row.mark)?))).collect())
}
