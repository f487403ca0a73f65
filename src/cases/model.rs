//! Tables of petitions; the words in them stand in `words.rs`. Rows of `case_file` and `case_clock` are the fold of
//! `case_event` and of nothing else: `fold.rs`.

pub use super::words::{Called, Kind, Part, RejectReason, State, TextKind, Track};

/// One case, as its log leaves it.
pub mod case_file {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
    #[sea_orm(table_name = "case_file")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Rising, never used twice; some are missing.
        #[sea_orm(unique)]
        pub public_no: i64,
        /// `XF`, the year, six digits; an inquiry that became a petition has both numbers.
        pub petition_no: Option<String>,
        /// Keyed hash of the code that opens this one case.
        pub query_hash: String,
        pub track: String,
        pub kind: String,
        pub state: String,
        pub version: i64,
        pub category: String,
        /// Code of the unit that answers.
        pub lead_unit: Option<String>,
        /// Codes of units that help, with commas.
        pub helpers: String,
        /// Code of the unit that an accusation names.
        pub accused_unit: Option<String>,
        pub confidential: bool,
        /// `wechat`, `web`, `app`, `weibo`, `hotline`, `counter`, `proxy`, `open311`, `import`.
        pub source: String,
        /// The follower who wrote it, or for whom a proxy did.
        pub author: Option<Uuid>,
        /// The follower who acts for the author.
        pub proxy: Option<Uuid>,
        /// The sealed text with name and phone.
        pub contact_text: Option<Uuid>,
        pub original_text: Uuid,
        pub public_text: Option<Uuid>,
        /// What everybody may read; empty before a moderator made it public.
        pub public_title: String,
        pub public_body: String,
        pub public_answer: String,
        pub published_at: Option<DateTimeUtc>,
        /// In the author's words.
        pub place: String,
        /// WGS-84, in millionths of a degree.
        pub latitude: Option<i32>,
        pub longitude: Option<i32>,
        /// The state that it left for `need_info`.
        pub came_from: Option<String>,
        pub merged_into: Option<Uuid>,
        pub appealed: bool,
        pub reworked: bool,
        pub reopened: bool,
        pub extension_asked: bool,
        pub extended: bool,
        /// 0 to 3: how far lateness has gone.
        pub overdue_level: i32,
        /// The leader who took it over.
        pub leader: Option<String>,
        pub hot: bool,
        pub answered_by: Option<String>,
        /// One to five, of those who passed it on.
        pub office_score: Option<i32>,
        /// One to five, of those who answered.
        pub unit_score: Option<i32>,
        /// Calls in which nobody was reached since the answer.
        pub call_tries: i32,
        /// The obligation that ends first.
        pub next_clock: Option<String>,
        pub next_due_at: Option<DateTimeUtc>,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
        pub forwarded_at: Option<DateTimeUtc>,
        pub replied_at: Option<DateTimeUtc>,
        pub answered_at: Option<DateTimeUtc>,
        pub closed_at: Option<DateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What happened, append-only. Its `version` is the case's after it; `seq` is its place among all cases, given later.
pub mod case_event {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_event")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub seq: Option<i64>,
        pub case_id: Uuid,
        pub version: i64,
        /// An [`Act`](crate::cases::act::Act).
        pub kind: String,
        /// `follower:…`, `staff:…`, `client:…` or `system`.
        pub actor: String,
        pub part: String,
        /// The unit for which the actor acted; empty where there is none.
        pub unit: String,
        pub from_state: String,
        pub to_state: String,
        pub reason: String,
        /// A [`Change`](crate::cases::fold::Change), as JSON; no personal data.
        pub change: String,
        /// Names the act: a repeat of it is refused by the database.
        pub op: Option<String>,
        pub request_id: String,
        pub at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A text of a case, sealed. Public ones stand open in the case besides.
pub mod case_text {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_text")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub case_id: Uuid,
        pub kind: String,
        pub sealed: String,
        pub at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A limit that runs, rests, was met or missed.
pub mod case_clock {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
    #[sea_orm(table_name = "case_clock")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub case_id: Uuid,
        pub code: String,
        pub started_at: DateTimeUtc,
        pub length: i32,
        /// `hours`, `work_days` or `days`.
        pub unit: String,
        /// The last day, in Beijing.
        pub due_on: Date,
        /// The first instant that is too late.
        pub due_at: DateTimeUtc,
        /// The calendar of that year is not published yet: no paper may rest on it.
        pub provisional: bool,
        /// The day that the citizen was told, where a later calendar gave an earlier one.
        pub told_on: Option<Date>,
        pub running: bool,
        pub paused_at: Option<DateTimeUtc>,
        /// Days used up before the pause.
        pub used: i32,
        pub met_at: Option<DateTimeUtc>,
        pub stopped_at: Option<DateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A picture of a case; its file holds no place and no camera any more.
pub mod case_photo {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_photo")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub case_id: Uuid,
        pub file: String,
        pub digest: String,
        pub published: bool,
        pub at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// An office that an account holds; `unit` is empty where the office is the city's.
pub mod case_office {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_office")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub staff_id: Uuid,
        pub part: String,
        pub unit: String,
        pub given_by: String,
        pub at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Numbers given so far.
pub mod case_counter {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_counter")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub last: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Another system: an account with a key of its own, and what is believed of what it files.
pub mod case_partner {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_partner")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub staff_id: Uuid,
        #[sea_orm(unique)]
        pub username: String,
        /// The channel of its cases, as `case_file.source` names it.
        pub source: String,
        /// It knows whom it speaks for: names and phones of people are taken from it.
        pub trusted: bool,
        /// Of the key that is shown once.
        #[sea_orm(unique)]
        pub key_hash: String,
        pub given_by: String,
        pub at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// An address that hears of events, with the rights of the account that it belongs to.
pub mod case_hook {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_hook")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub staff_id: Uuid,
        pub username: String,
        pub url: String,
        /// Acts that it wants to hear of, with commas; empty: all.
        pub types: String,
        pub secret_sealed: String,
        /// The secret before, valid until `old_until`.
        pub old_secret_sealed: Option<String>,
        pub old_until: Option<DateTimeUtc>,
        /// The place in the feed up to which messages were made.
        pub after: i64,
        pub active: bool,
        pub made_by: String,
        pub at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// One message to one target.
pub mod case_delivery {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_delivery")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub hook_id: Uuid,
        pub seq: i64,
        pub case_id: Uuid,
        pub body: String,
        /// `waiting`, `delivered` or `parked`.
        pub state: String,
        pub tries: i32,
        pub next_at: DateTimeUtc,
        /// What the last try came to.
        pub outcome: String,
        pub at: DateTimeUtc,
        pub done_at: Option<DateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Scores up to this one say that somebody was not content.
pub const BAD: i32 = 2;

impl case_file::Model {
    /// An unknown word in the database counts as the state in which nothing may be done.
    pub fn state(&self) -> State {
        State::parse(&self.state).unwrap_or(State::Final)
    }

    pub fn track(&self) -> Track {
        Track::parse(&self.track).unwrap_or(Track::Petition)
    }

    pub fn kind(&self) -> Kind {
        Kind::parse(&self.kind).unwrap_or(Kind::Accusation)
    }

    /// As people quote it.
    pub fn number(&self) -> String {
        self.petition_no.clone().unwrap_or_else(|| self.public_no.to_string())
    }

    pub fn helps(&self, unit: &str) -> bool {
        !unit.is_empty() && self.helpers.split(',').any(|helper| helper == unit)
    }

    /// Much depends on it: it is hot, a leader took it over, or a paper was issued for it.
    pub fn is_key(&self) -> bool {
        self.hot || self.leader.is_some() || self.overdue_level > 0
    }

    /// A bad word for either side.
    pub fn rated_badly(&self) -> bool {
        [self.office_score, self.unit_score].into_iter().flatten().any(|score| score <= BAD)
    }
}

/// Signs and pairs of signs of what is public; see `search.rs`.
pub mod case_gram {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_gram")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub gram: String,
        /// Public number.
        #[sea_orm(primary_key, auto_increment = false)]
        pub no: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What is public of a case, as searches compare it.
pub mod case_search {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_search")]
    pub struct Model {
        /// Public number.
        #[sea_orm(primary_key, auto_increment = false)]
        pub no: i64,
        pub folded: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
