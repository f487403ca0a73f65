//! A meeting without pages around it: its rules, run directly.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::TimeDelta;
use futures_util::future::join_all;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;
use yishiting::base::Base;
use yishiting::base::clock::{Clock, Instant};
use yishiting::meeting::attendance::{Snapshot, snapshot};
use yishiting::meeting::checkin::{self, Attempt, CheckIn, Refusal, Who};
use yishiting::meeting::edit::{self, Draft, Options};
use yishiting::meeting::model::{CodeKind, Policy, Source, State, attendance_event, meeting};
use yishiting::meeting::roster::{self, Missing, RawRow, Report};
use yishiting::meeting::{Meetings, verify};
use yishiting::people::follower;
use yishiting::people::person::{self, Described};
use yishiting::people::phone::Phone;

use super::{Program, TestApp, moment, program};

/// One hall with one meeting: 09:00 to 11:30, signing in from 08:00 to 09:15, and it is 08:30.
pub struct Hall {
    pub app: TestApp,
    pub base: Base,
    pub clock: Clock,
    pub meetings: Meetings,
    pub id: Uuid,
}

pub const OPENS: &str = "2026-09-19 08:00";
pub const STARTS: &str = "2026-09-19 09:00";
pub const CLOSES: &str = "2026-09-19 09:15";
pub const ENDS: &str = "2026-09-19 11:30";

static ACTS: AtomicU64 = AtomicU64::new(1);

/// An operation id that no other act has.
pub fn op() -> String {
    format!("op-{}", ACTS.fetch_add(1, Ordering::SeqCst))
}

impl Hall {
    pub async fn open() -> Hall {
        Hall::with(|_| {}).await
    }

    /// `change` alters the meeting before it is made.
    pub async fn with(change: impl FnOnce(&mut Draft)) -> Hall {
        Hall::inside(TestApp::spawn().await, change).await
    }

    /// The same in a city that was set up before.
    pub async fn inside(app: TestApp, change: impl FnOnce(&mut Draft)) -> Hall {
        let (base, clock) = (app.base.clone(), app.clock.clone());
        let meetings = Meetings::start(base.clone());
        let id = make(&base, change).await;
        Hall { app, base, clock, meetings, id }
    }

    /// Where only the roster may sign in; `rows` are on it.
    pub async fn of_roster(rows: &[(&str, &str, &str)]) -> Hall {
        let hall = Hall::with(|draft| draft.policy = Policy::Roster).await;
        hall.import(rows).await;
        hall
    }

    /// Another meeting of the same city.
    pub async fn another(&self, change: impl FnOnce(&mut Draft)) -> Uuid {
        make(&self.base, change).await
    }

    /// The same hall in another, empty database.
    pub async fn moved_to(self, base: Base) -> Hall {
        let meetings = Meetings::start(base.clone());
        let id = make(&base, |_| {}).await;
        Hall { base, meetings, id, ..self }
    }

    /// The same database opened by another process.
    pub async fn replica(&self) -> Meetings {
        let base = Base::open((*self.base.config).clone(), self.clock.clone()).await.unwrap();
        Meetings::start(base)
    }

    /// The program on the same database as a process of its own, and its address. It lives by the real clock.
    pub fn process(&self) -> (Program, String) {
        program::serve(&self.app, &[])
    }

    pub async fn meeting(&self) -> meeting::Model {
        edit::find(&self.base, self.id).await.unwrap()
    }

    /// Moves the clock to a Chinese wall time, and `millis` from there.
    pub fn at(&self, wall: &str, millis: i64) -> Instant {
        let at = moment(wall) + TimeDelta::milliseconds(millis);
        self.clock.set(at);
        at
    }

    pub async fn import(&self, rows: &[(&str, &str, &str)]) -> Report {
        self.import_with(rows, Missing::Stay).await
    }

    pub async fn import_with(&self, rows: &[(&str, &str, &str)], missing: Missing) -> Report {
        roster::import(&self.base, self.id, raw(rows), missing, false, "chen").await.unwrap()
    }

    /// Somebody the city knows.
    pub async fn person(&self, name: &str, unit: &str, phone: &str) -> Uuid {
        let described = described(name, unit, phone);
        let tx = self.base.db.write().await.unwrap();
        let ids = person::ensure_many(&self.base, &tx, &[described]).await.unwrap();
        tx.commit().await.unwrap();
        ids[0]
    }

    /// `count` people whom the city knows.
    pub async fn crowd(&self, count: usize) -> Vec<Uuid> {
        let all: Vec<Described> = (0..count)
            .map(|n| described(&format!("代表{n}"), &format!("第{}局", n % 7), &format!("139{n:08}")))
            .collect();
        let tx = self.base.db.write().await.unwrap();
        let ids = person::ensure_many(&self.base, &tx, &all).await.unwrap();
        tx.commit().await.unwrap();
        ids
    }

    /// A WeChat user nobody knows yet.
    pub async fn follower(&self, openid: &str) -> Uuid {
        follower::ensure(&self.base, openid).await.unwrap()
    }

    /// A scan by `person` now.
    pub fn scan(&self, person: Uuid) -> Attempt {
        Attempt {
            meeting: self.id,
            who: Who::Person(person),
            op_id: op(),
            source: Source::Scan,
            actor: "self".to_string(),
            scanned_at: self.clock.now(),
            place: None,
            ticket: None,
            reason: None,
        }
    }

    pub async fn try_in(&self, attempt: Attempt) -> Result<CheckIn, Refusal> {
        self.meetings.door.check_in(attempt).await
    }

    /// Scans and must be let in.
    pub async fn sign_in(&self, person: Uuid) -> CheckIn {
        self.try_in(self.scan(person)).await.unwrap()
    }

    /// Scans and must be refused; the reason code.
    pub async fn refused(&self, attempt: Attempt) -> &'static str {
        use yishiting::base::error::Coded;
        self.try_in(attempt).await.unwrap_err().code()
    }

    pub async fn undo(&self, event: Uuid) -> Result<Uuid, Refusal> {
        checkin::undo(&self.meetings, self.id, event, "chen", "点错了").await
    }

    pub async fn set_state(&self, state: State) {
        edit::set_state(&self.base, self.id, state, "chen").await.unwrap();
    }

    /// Everybody at once.
    pub async fn all_at_once(&self, attempts: Vec<Attempt>) -> Vec<Result<CheckIn, Refusal>> {
        join_all(attempts.into_iter().map(|attempt| self.meetings.door.check_in(attempt))).await
    }

    /// The whole log, oldest first.
    pub async fn events(&self) -> Vec<attendance_event::Model> {
        attendance_event::Entity::find()
            .filter(attendance_event::Column::MeetingId.eq(self.id))
            .order_by_asc(attendance_event::Column::Version)
            .all(self.base.db.read())
            .await
            .unwrap()
    }

    pub async fn snapshot(&self) -> Snapshot {
        snapshot(&self.base, self.id).await.unwrap().unwrap()
    }

    /// The log and the attendance agree, here and everywhere in the city.
    pub async fn is_clean(&self) {
        let verdict = verify::verify(&self.base).await.unwrap();
        assert!(verdict.differences.is_empty(), "{:#?}", verdict.differences);
    }
}

/// The positions given, in order; fails where one is missing or given twice.
#[track_caller]
pub fn without_gap(results: &[Result<CheckIn, Refusal>], people: i64) {
    let mut positions: Vec<i64> = results.iter().flatten().map(|done| done.position).collect();
    positions.sort_unstable();
    positions.dedup();
    assert_eq!(positions, (1..=people).collect::<Vec<_>>());
}

pub fn described(name: &str, unit: &str, phone: &str) -> Described {
    Described { name: name.to_string(), unit: unit.to_string(), phone: Phone::parse(phone).unwrap() }
}

/// Rows of name, unit, phone.
pub fn raw(rows: &[(&str, &str, &str)]) -> Vec<RawRow> {
    rows.iter()
        .map(|(name, unit, phone)| RawRow {
            name: (*name).to_string(),
            unit: (*unit).to_string(),
            phone: (*phone).to_string(),
            ..RawRow::default()
        })
        .collect()
}

async fn make(base: &Base, change: impl FnOnce(&mut Draft)) -> Uuid {
    let mut draft = Draft {
        title: "全市数字化改革推进会".to_string(),
        summary: String::new(),
        place: "市政府 1 号楼 301".to_string(),
        starts_at: moment(STARTS),
        ends_at: moment(ENDS),
        opens_at: moment(OPENS),
        closes_at: moment(CLOSES),
        policy: Policy::Open,
        code_kind: CodeKind::Static,
        options: Options::default(),
    };
    change(&mut draft);
    edit::create(base, draft, Uuid::nil(), "chen").await.unwrap().id
}

/// What an editor's form would send for `meeting` as it is.
pub fn draft_of(meeting: &meeting::Model) -> Draft {
    Draft {
        title: meeting.title.clone(),
        summary: meeting.summary.clone(),
        place: meeting.place.clone(),
        starts_at: meeting.starts_at,
        ends_at: meeting.ends_at,
        opens_at: meeting.opens_at,
        closes_at: meeting.closes_at,
        policy: meeting.policy(),
        code_kind: meeting.code_kind(),
        options: Options::of(meeting),
    }
}
