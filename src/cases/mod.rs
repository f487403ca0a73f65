//! Feature: petitions (议事厅, 网络问政 and 网上信访) on one shared case database.
//!
//! ```text
//! act.rs        the table of acts: from where, to where, by whom (pure); words.rs its words
//! decide.rs     what the table cannot say: rules of each act (pure); ends.rs its clocks
//! fold.rs       a case is what its log adds up to (pure); verify.rs proves it
//! submit.rs     the one way to file a case; write.rs the one way to change one; text.rs its words, sealed
//! access.rs     which cases an officer may know of, and in which office they act
//! template.rs   texts that units answer with; callback.rs whom to call
//! follow_up/    记者追踪：notes of journalists, replies of units, both made public together
//! channel.rs    专题频道：named choices of public cases
//! bulk.rs       one act with many cases, each for itself
//! units.rs      units and categories; deadline.rs limits of the law and of the city
//! explain.rs    how a limit was counted
//! list.rs       cases in lists; search.rs what everybody may read and find; find.rs what an officer may
//! origin.rs     from where an end is counted; year/ the running calendar and counting anew
//! remind.rs     reminders; paper/ 抄告单 and 督办通知书, their forms, and the assessment
//! notice.rs     what authors are told of each step
//! counter.rs    numbers that rise; feed.rs the order of all events
//! keeper.rs     what time alone brings; retention.rs whom cases still need
//! partner.rs    other systems, and what each may know of; api/ their commands and the ordered feed
//! webhook.rs    signed messages to them; open311/ GeoReport v2; import.rs, export.rs cases as a table (table.rs)
//! personal.rs, similar.rs, rates.rs   pure rules
//! ```

pub mod access;
pub mod act;
pub mod alike;
mod api;
pub mod bulk;
pub mod callback;
pub mod channel;
pub mod counter;
pub mod deadline;
pub mod decide;
mod desk;
mod draft;
pub mod ends;
pub mod explain;
pub mod export;
pub mod feed;
pub mod find;
pub mod fold;
pub mod follow_up;
pub mod import;
pub mod keeper;
pub mod list;
pub mod model;
pub mod notice;
pub mod number;
pub mod open311;
pub mod origin;
mod pages;
pub mod paper;
pub mod partner;
pub mod personal;
pub mod photo;
pub mod query;
pub mod rates;
pub mod remind;
pub mod retention;
pub mod search;
pub mod settings;
pub mod similar;
pub mod submit;
pub mod table;
pub mod template;
pub mod text;
pub mod units;
pub mod verify;
pub mod view;
pub mod webhook;
pub mod words;
pub mod write;
pub mod year;

use std::sync::Arc;

use sea_orm::{DatabaseTransaction, DbErr};
use uuid::Uuid;

use self::counter::Numbers;
use self::ends::Ends;
use self::number::{CaseNumber, QueryCode};
use self::units::Units;
use crate::base::Base;
use crate::base::calendar::Calendar;
use crate::base::clock::{Instant, shanghai};
use crate::base::db::Db;
use crate::base::privacy::reseal::Sealed;
use crate::people::staff::Role;
use crate::web::{AuditWords, NavEntry};

pub use api::routes as api_routes;
pub use desk::routes as desk_routes;
pub use pages::routes as page_routes;

/// This feature's part of the desk's navigation.
pub const NAVIGATION: [NavEntry; 9] = [
    NavEntry {
        part: "诉求", key: "cases", label: "诉求办理", href: "/desk/cases", least: Role::Viewer
    },
    NavEntry {
        part: "诉求",
        key: "case-callbacks",
        label: "回访",
        href: "/desk/cases/callbacks",
        least: Role::Viewer,
    },
    NavEntry {
        part: "诉求",
        key: "case-templates",
        label: "答复模板",
        href: "/desk/cases/templates",
        least: Role::Viewer,
    },
    NavEntry {
        part: "诉求",
        key: "case-follow-ups",
        label: "记者追踪",
        href: "/desk/cases/follow-ups",
        least: Role::Viewer,
    },
    NavEntry {
        part: "诉求",
        key: "case-channels",
        label: "专题频道",
        href: "/desk/cases/channels",
        least: Role::Viewer,
    },
    NavEntry {
        part: "诉求",
        key: "case-papers",
        label: "抄告督办",
        href: "/desk/cases/papers",
        least: Role::Viewer,
    },
    NavEntry {
        part: "诉求",
        key: "case-assessment",
        label: "考核",
        href: "/desk/cases/assessment",
        least: Role::Viewer,
    },
    NavEntry {
        part: "诉求",
        key: "case-years",
        label: "工作日历",
        href: "/desk/cases/years",
        least: Role::Admin,
    },
    NavEntry {
        part: "诉求",
        key: "case-offices",
        label: "诉求岗位",
        href: "/desk/cases/offices",
        least: Role::Admin,
    },
];

/// How this feature's lines of the audit log read.
pub const AUDIT: AuditWords =
    AuditWords { kinds: &[("case.", "诉求")], act: desk::action, detail: desk::detail, target: None };

/// Where a change of a case is announced to pages that watch it.
pub const CHANNEL: &str = "case";

/// This feature's columns of sealed values.
pub const SEALED: [Sealed; 6] = [
    follow_up_text("note_sealed", follow_up::NOTE),
    follow_up_text("reply_sealed", follow_up::REPLY),
    Sealed { table: "case_text", id: "id", and: None, column: "sealed", place: text::PLACE, blind: None },
    Sealed {
        table: "case_paper",
        id: "id",
        and: None,
        column: "content_sealed",
        place: paper::PLACE,
        blind: None,
    },
    hook_secret("secret_sealed", webhook::hooks::SECRET_PLACE),
    hook_secret("old_secret_sealed", webhook::hooks::OLD_SECRET_PLACE),
];

const fn follow_up_text(column: &'static str, place: &'static str) -> Sealed {
    Sealed { table: "case_follow_up", id: "id", and: None, column, place, blind: None }
}

const fn hook_secret(column: &'static str, place: &'static str) -> Sealed {
    Sealed { table: "case_hook", id: "id", and: None, column, place, blind: None }
}

/// Everything of this feature that lives as long as the process. Cheap to clone.
#[derive(Clone)]
pub struct Cases {
    pub base: Base,
    /// The same floor on the database of cases, which other systems may share.
    pub store: Base,
    pub units: Arc<Units>,
    pub settings: Arc<settings::Settings>,
    pub numbers: Numbers,
    /// The calendar as it is now, on all clones.
    pub years: year::Running,
}

/// `base` on the database of cases, which may be another one.
pub async fn store(base: &Base) -> anyhow::Result<Base> {
    let mut store = base.clone();
    if let Some(url) = &base.config.cases_database_url {
        store.db = Db::connect(url).await?;
        store.db.migrate().await?;
    }
    Ok(store)
}

impl Cases {
    /// Reads the city's rules and opens the database of cases, where it is another one.
    pub async fn start(base: Base) -> anyhow::Result<Cases> {
        let units = Units::load(&base.config)?;
        let settings = settings::Settings::load(&base.config)?;
        let store = store(&base).await?;
        let cases = Cases {
            years: year::Running::new(Calendar::load(&base.config)?),
            base,
            store,
            units: Arc::new(units),
            settings: Arc::new(settings),
            numbers: Numbers::default(),
        };
        year::reload(&cases).await?;
        Ok(cases)
    }

    /// Working days as they are known now.
    pub fn calendar(&self) -> Arc<Calendar> {
        self.years.now()
    }

    /// Work that goes on behind the pages.
    pub fn handlers(&self) -> Vec<Arc<dyn crate::jobs::Handler>> {
        vec![Arc::new(keeper::KeeperJob(self.clone())), Arc::new(year::recount::RecountJob(self.clone()))]
    }

    /// The calendar, with the lengths of the city.
    pub fn ends(&self) -> Ends {
        Ends { calendar: self.calendar(), deadlines: self.settings.deadlines.clone() }
    }

    /// Now, and never before what happened last: replicas' clocks differ by a little.
    pub fn now_after(&self, last: Instant) -> Instant {
        self.store.clock.now().max(last)
    }

    /// The code that opens the one case that the act `op` files. The same act has the same code, which stands nowhere.
    pub fn query_code(&self, op: &str) -> QueryCode {
        QueryCode::of(&self.store.keys.sign("case.code", &[op.as_bytes()]))
    }

    /// `XF`, the year, and the next of its numbers; given back when `tx` fails.
    async fn petition_number(&self, tx: &DatabaseTransaction) -> Result<String, DbErr> {
        let year = chrono::Datelike::year(&shanghai(self.store.clock.now()));
        let serial = counter::take_in(tx, &format!("XF{year}"), 1).await?;
        Ok(CaseNumber::Petition { year, serial }.to_string())
    }

    /// Tells pages that watch it, on all replicas, that a case went on, and sees to its notices.
    pub async fn announce(&self, case: Uuid) {
        if self.base.config.cases_database_url.is_some()
            && let Err(error) = notice::catch_up(self, case).await
        {
            tracing::warn!(%error, %case, "notices of a case wait for the keeper");
        }
        crate::jobs::wake(&self.base).await;
        self.base.cache.publish(CHANNEL, &case.to_string()).await;
    }
}
