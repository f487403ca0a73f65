//! Drafts: on the morning of the working day after a limit was missed, one for each case and level. Nothing is drafted on
//! a guessed date (rule W6 of the calendar). Any replica may run it at any time; the unique key decides.

use chrono::{NaiveTime, TimeDelta};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::content::{self, Content};
use super::model::{PaperState, case_paper};
use super::{NOTICE, PLACE, SUPERVISION};
use crate::base::calendar::{Calendar, end_of};
use crate::base::clock::{Instant, from_shanghai};
use crate::base::db::whole;
use crate::cases::Cases;
use crate::cases::act::Act;
use crate::cases::deadline::Unit;
use crate::cases::decide::{Actor, Command, Refusal};
use crate::cases::ends::PAPER;
use crate::cases::model::{case_clock, case_file};
use crate::cases::write::{self, Call, WriteError};

/// Clocks looked at in one go.
const BATCH: u64 = 200;
/// For how long a limit that was met late may still bring a paper. Those that are not met have no such end.
const BACK: TimeDelta = TimeDelta::days(60);

/// The first instant that is too late, for papers: a later day that was told counts (rule W5).
pub fn end(clock: &case_clock::Model) -> Instant {
    match clock.told_on.filter(|_| clock.unit != Unit::Hours.word()) {
        Some(told) => end_of(std::cmp::Ord::max(told, clock.due_on)),
        None => clock.due_at,
    }
}

/// Whether `clock` was missed for certain: nobody stopped it, it does not rest, and its end is no guess.
pub fn missed(clock: &case_clock::Model, now: Instant) -> bool {
    let end = end(clock);
    let unmet = clock.met_at.is_none_or(|met| met >= end);
    !clock.provisional && now >= end && unmet && clock.stopped_at.is_none() && clock.paused_at.is_none()
}

/// When a draft is due after `end`: the next working day at `hour`. `None`: its year is not published.
pub fn morning(end: Instant, calendar: &Calendar, hour: u32) -> Option<Instant> {
    // The end is the first instant of the day after.
    let mut date = crate::base::calendar::local(end);
    loop {
        let day = calendar.day(date);
        if day.provisional {
            return None;
        }
        if day.work {
            let hour = NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or(NaiveTime::MIN);
            let at = from_shanghai(date.and_time(hour));
            // Hours may end in the middle of a day.
            if at >= end {
                return Some(at);
            }
        }
        date = date.succ_opt()?;
    }
}

/// Drafts what is due; how many were drafted, and how many cases were proposed to leaders.
pub async fn run(cases: &Cases) -> Result<(u64, u64), WriteError> {
    let (mut drafted, mut proposed) = (0, 0);
    let mut after: Option<Uuid> = None;
    loop {
        let clocks = candidates(cases, after).await?;
        let Some(last) = clocks.last() else { return Ok((drafted, proposed)) };
        after = Some(last.id);
        for clock in clocks {
            match one(cases, &clock).await? {
                Came::Draft => drafted += 1,
                Came::Proposal => proposed += 1,
                Came::Nothing => {}
            }
        }
    }
}

async fn candidates(cases: &Cases, after: Option<Uuid>) -> Result<Vec<case_clock::Model>, WriteError> {
    use case_clock::Column::{Code, DueAt, Id, MetAt, PausedAt, Provisional, Running, StoppedAt};
    let now = cases.store.clock.now();
    let late = Condition::all().add(Expr::col(MetAt).gte(Expr::col(DueAt))).add(DueAt.gt(now - BACK));
    let mut query = case_clock::Entity::find()
        .filter(Code.is_in(cases.settings.papers.missed.iter().map(String::as_str).chain([PAPER])))
        .filter(Provisional.eq(false))
        .filter(DueAt.lte(now))
        .filter(StoppedAt.is_null())
        .filter(PausedAt.is_null())
        .filter(Condition::any().add(Running.eq(true)).add(late))
        .order_by_asc(Id)
        .limit(BATCH);
    if let Some(after) = after {
        query = query.filter(Id.gt(after));
    }
    Ok(query.all(cases.store.db.read()).await?)
}

enum Came {
    Draft,
    Proposal,
    Nothing,
}

async fn one(cases: &Cases, clock: &case_clock::Model) -> Result<Came, WriteError> {
    let (now, db) = (cases.store.clock.now(), cases.store.db.read());
    let due = morning(end(clock), &cases.calendar(), cases.settings.papers.hour);
    if !missed(clock, now) || due.is_none_or(|due| now < due) {
        return Ok(Came::Nothing);
    }
    let earlier = if clock.code == PAPER {
        let paper = case_paper::Entity::find()
            .filter(case_paper::Column::AnswerClock.eq(clock.id))
            .filter(case_paper::Column::State.eq(PaperState::Signed.word()))
            .one(db)
            .await?;
        match paper {
            None => return Ok(Came::Nothing),
            Some(paper) if paper.level >= SUPERVISION => return propose(cases, clock).await,
            Some(paper) => Some(open(cases, &paper)?),
        }
    } else {
        None
    };
    let level = if earlier.is_some() { SUPERVISION } else { NOTICE };
    let once = format!("{}:{level}", clock.case_id);
    let there = case_paper::Entity::find().filter(case_paper::Column::Once.eq(&once)).one(db).await?;
    if there.is_some() {
        return Ok(Came::Nothing);
    }
    let file = case_file::Entity::find_by_id(clock.case_id).one(db).await?;
    // A case that is over, or between two units, is nobody's fault now.
    let Some(file) = file
        .filter(|file| file.lead_unit.is_some() && super::signing(level).row().from.contains(&file.state()))
    else {
        return Ok(Came::Nothing);
    };
    let content = content::of(cases, db, &file, clock, earlier.as_ref(), now).await?;
    let row = case_paper::Model {
        id: Uuid::now_v7(),
        case_id: file.id,
        level,
        once,
        unit: file.lead_unit.unwrap_or_default(),
        clock_id: clock.id,
        state: PaperState::Draft.word().to_string(),
        number: None,
        content_sealed: seal(cases, &content)?,
        digest: None,
        drafted_at: now,
        decided_at: None,
        decided_by: String::new(),
        reason: String::new(),
        answer_clock: None,
        replied_at: None,
        reply_text: None,
        revoked_at: None,
        revoked_by: String::new(),
        revoke_reason: String::new(),
        month: None,
        points: content.points,
    };
    let tx = cases.store.db.write().await?;
    let unless_there = OnConflict::new().do_nothing().to_owned();
    let new = case_paper::Entity::insert(whole::<case_paper::ActiveModel>(row))
        .on_conflict(unless_there)
        .exec_without_returning(&tx)
        .await?;
    tx.commit().await?;
    cases.announce(clock.case_id).await;
    Ok(if new > 0 { Came::Draft } else { Came::Nothing })
}

/// The second paper was passed over as well: a leader is asked to take the case over.
async fn propose(cases: &Cases, clock: &case_clock::Model) -> Result<Came, WriteError> {
    let call = Call { op: Some(format!("keeper:propose:{}", clock.id)), ..Call::default() };
    let before = case_file::Entity::find_by_id(clock.case_id).one(cases.store.db.read()).await?;
    if before.is_none_or(|file| file.leader.is_some() || file.overdue_level >= crate::cases::decide::PROPOSED)
    {
        return Ok(Came::Nothing);
    }
    let (actor, nothing) = (Actor::system(), Command::default());
    match write::act(cases, &actor, clock.case_id, Act::Propose, &nothing, &call).await {
        Ok(_) => Ok(Came::Proposal),
        Err(WriteError::Refused(Refusal::Once | Refusal::State(_))) => Ok(Came::Nothing),
        Err(error) => Err(error),
    }
}

/// After the calendar changed: drafts of limits that were not missed after all are void, and their place is free.
pub async fn recheck(cases: &Cases, case: Uuid) -> Result<u64, WriteError> {
    let db = cases.store.db.read();
    let drafts = case_paper::Entity::find()
        .filter(case_paper::Column::CaseId.eq(case))
        .filter(case_paper::Column::State.eq(PaperState::Draft.word()))
        .all(db)
        .await?;
    let mut void = 0;
    for draft in drafts {
        let clock = case_clock::Entity::find_by_id(draft.clock_id).one(db).await?;
        if clock.is_some_and(|clock| missed(&clock, cases.store.clock.now())) {
            continue;
        }
        let tx = cases.store.db.write().await?;
        let done = case_paper::Entity::update_many()
            .col_expr(case_paper::Column::State, PaperState::Void.word().into())
            .col_expr(case_paper::Column::Once, draft.id.to_string().into())
            .col_expr(case_paper::Column::Reason, "放假安排公布后重新计算，期限没有超".into())
            .col_expr(case_paper::Column::DecidedAt, cases.store.clock.now().into())
            .filter(case_paper::Column::Id.eq(draft.id))
            .filter(case_paper::Column::State.eq(PaperState::Draft.word()))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        void += done.rows_affected;
    }
    Ok(void)
}

pub(super) fn open(cases: &Cases, paper: &case_paper::Model) -> Result<Content, WriteError> {
    let opened = content::open(&cases.store.keys, paper);
    opened.map(|(content, _)| content).map_err(|error| WriteError::Inner(error.to_string()))
}

pub(super) fn seal(cases: &Cases, content: &Content) -> Result<String, WriteError> {
    let json = content.json().map_err(|error| WriteError::Inner(error.to_string()))?;
    let sealed = cases.store.keys.seal(PLACE, &json);
    sealed.map_err(|error| WriteError::Inner(error.to_string()))
}
