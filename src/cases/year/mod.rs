//! The running calendar: the years of files, and over them those that an administrator published. A publication changes
//! the calendar of all replicas, and the clocks that reach into its year are counted anew (`recount.rs`).

pub mod model;
pub mod recount;

use std::sync::Arc;
use std::time::Duration;

use chrono::{Datelike, NaiveDate};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use tokio::sync::watch;

use self::model::work_year;
use super::Cases;
use super::model::case_clock;
use crate::base::calendar::notice::{self, Change, Problem};
use crate::base::calendar::{Calendar, Year, local};
use crate::base::clock::Instant;
use crate::base::db::whole;
use crate::base::error::Coded;
use crate::people::audit;

/// Where a publication is announced to all replicas.
const CHANNEL: &str = "cases.calendar";
/// How often a replica looks, should an announcement be lost.
const LOOK: Duration = Duration::from_secs(30);

/// The calendar as it is now. Cheap to clone; all clones change together.
#[derive(Clone)]
pub struct Running {
    files: Arc<Calendar>,
    now: watch::Sender<Arc<Calendar>>,
}

impl Running {
    /// Begins with the years of files.
    pub fn new(files: Calendar) -> Running {
        let files = Arc::new(files);
        Running { now: watch::Sender::new(files.clone()), files }
    }

    pub fn now(&self) -> Arc<Calendar> {
        self.now.borrow().clone()
    }

    /// Tells of every change from now on.
    pub fn changes(&self) -> watch::Receiver<Arc<Calendar>> {
        self.now.subscribe()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum YearError {
    #[error("the notice is not understood")]
    Unread(Vec<Problem>),
    /// A year that is over, or too far away.
    #[error("the year {0} cannot be published now")]
    Elsewhen(i32),
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error("{0}")]
    Inner(String),
}

impl Coded for YearError {
    fn code(&self) -> &'static str {
        match self {
            YearError::Unread(_) => "year_unread",
            YearError::Elsewhen(_) => "year_elsewhen",
            YearError::Database(_) => "unavailable",
            YearError::Inner(_) => "internal",
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            YearError::Unread(problems) => {
                vec![("what", problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))]
            }
            YearError::Elsewhen(year) => vec![("year", year.to_string())],
            _ => Vec::new(),
        }
    }
}

/// Reads a notice and says what it would change, day by day.
pub fn preview(cases: &Cases, text: &str) -> Result<(Year, Vec<Change>), YearError> {
    let year = notice::parse(text).map_err(YearError::Unread)?;
    let this = local(cases.store.clock.now()).year();
    if !(this..=this + 1).contains(&year.year) {
        return Err(YearError::Elsewhen(year.year));
    }
    let changes = notice::difference(&cases.calendar(), &year);
    Ok((year, changes))
}

/// Publishes the year of a notice. The clocks are counted anew by a job that is enqueued with it.
pub async fn publish(cases: &Cases, text: &str, by: &str) -> Result<Year, YearError> {
    let (year, _) = preview(cases, text)?;
    let content = serde_json::to_string(&year).map_err(|error| YearError::Inner(error.to_string()))?;
    let at = cases.base.clock.now();
    let row = work_year::Model {
        year: year.year,
        content,
        published_by: by.to_string(),
        published_at: at,
        total: recount::reaching(cases, year.year).await?,
        done: 0,
        moved: 0,
        cursor: None,
        finished_at: None,
    };
    use work_year::Column::{Content, Cursor, Done, FinishedAt, Moved, PublishedAt, PublishedBy, Total};
    let again = OnConflict::column(work_year::Column::Year)
        .update_columns([Content, PublishedBy, PublishedAt, Total, Done, Moved, Cursor, FinishedAt])
        .to_owned();
    let tx = cases.base.db.write().await?;
    work_year::Entity::insert(whole::<work_year::ActiveModel>(row))
        .on_conflict(again)
        .exec_without_returning(&tx)
        .await?;
    audit::write(&cases.base, &tx, by, "case.year", &year.year.to_string(), &year.source).await?;
    recount::enqueue(cases, &tx, year.year, at).await?;
    tx.commit().await?;
    reload(cases).await?;
    cases.base.cache.publish(CHANNEL, &year.year.to_string()).await;
    crate::jobs::wake(&cases.base).await;
    Ok(year)
}

/// The years that were published while the program runs, the newest first.
pub async fn published(cases: &Cases) -> Result<Vec<work_year::Model>, DbErr> {
    work_year::Entity::find().order_by_desc(work_year::Column::Year).all(cases.base.db.read()).await
}

/// Puts what was published over the years of files.
pub async fn reload(cases: &Cases) -> Result<(), DbErr> {
    let mut years = Vec::new();
    for row in published(cases).await? {
        let year: Year = serde_json::from_str(&row.content)
            .map_err(|error| DbErr::Custom(format!("the year {}: {error}", row.year)))?;
        years.push(year);
    }
    let calendar = cases.years.files.with(years);
    let same = |now: &Arc<Calendar>| now.years().eq(calendar.years());
    cases.years.now.send_if_modified(|now| {
        let changes = !same(now);
        if changes {
            *now = Arc::new(calendar.clone());
        }
        changes
    });
    Ok(())
}

/// Follows publications of other replicas until the process stops.
pub async fn follow(cases: Cases) {
    let mut messages = cases.base.cache.messages();
    let mut every = tokio::time::interval(LOOK);
    loop {
        let look = tokio::select! {
            () = cases.base.stopping.cancelled() => return,
            _ = every.tick() => true,
            message = messages.recv() => match message {
                Ok(message) => message.channel == CHANNEL,
                // Some were lost, perhaps this one.
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => true,
                Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
            },
        };
        if look && let Err(error) = reload(&cases).await {
            tracing::warn!(%error, "the published years of the calendar cannot be read");
        }
        if look {
            metrics::gauge!("calendar_year_missing").set(f64::from(missing(&cases).await as u8));
        }
    }
}

/// Whether next year's calendar is missed already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    No = 0,
    /// From 15 October on: it may come any day.
    Remind = 1,
    /// From 1 December on, or as soon as a limit runs into it.
    Alarm = 2,
}

/// By the date alone.
pub fn missing_on(calendar: &Calendar, today: NaiveDate) -> Missing {
    if calendar.is_published(today.year() + 1) {
        return Missing::No;
    }
    match (today.month(), today.day()) {
        (12, _) => Missing::Alarm,
        (11, _) | (10, 15..) => Missing::Remind,
        _ => Missing::No,
    }
}

/// How urgently a notice is missing now. Unknown counts as what the date says.
pub async fn missing(cases: &Cases) -> Missing {
    let (calendar, now) = (cases.calendar(), cases.store.clock.now());
    let by_date = missing_on(&calendar, local(now));
    match waits(cases, now).await {
        Ok(true) => Missing::Alarm,
        Ok(false) => by_date,
        Err(error) => {
            tracing::warn!(%error, "limits that wait for a calendar cannot be counted");
            by_date
        }
    }
}

/// Whether a limit rests on a year that nobody has published.
async fn waits(cases: &Cases, now: Instant) -> Result<bool, DbErr> {
    let open = case_clock::Entity::find()
        .filter(case_clock::Column::Running.eq(true))
        .filter(case_clock::Column::Provisional.eq(true))
        .filter(case_clock::Column::DueAt.gt(now));
    Ok(open.one(cases.store.db.read()).await?.is_some())
}
