//! Tables of votes, and the words for their states.

use serde::de::DeserializeOwned;

use super::paper::Paper;
use super::refusal::BallotRefusal;
use super::rules::Rules;
use crate::base::words::words;

/// Rules of a body, as a template; a change is a new version, an old one stays for the rounds that were held by it.
pub mod ballot_template {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ballot_template")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub key: String,
        pub version: i32,
        pub title: String,
        /// The kind of body that decides by it.
        pub body: String,
        /// Where the rules come from.
        pub source: String,
        /// [`Rules`](crate::ballot::rules::Rules) as JSON.
        pub rules: String,
        pub made_by: String,
        pub at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// One vote on one question, from draft to publication. Never deleted, never reopened.
pub mod ballot_round {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ballot_round")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub meeting_id: Uuid,
        /// 1, 2, 3 … in the meeting.
        pub number: i32,
        pub state: String,
        pub question: String,
        /// The motion's wording, or what else voters should read.
        pub text: String,
        pub template_key: String,
        pub template_version: i32,
        /// Title and source of the template, as they were.
        pub template_title: String,
        pub source: String,
        /// The template's rules as they were, as JSON.
        pub rules: String,
        pub paper: String,
        /// Said by the rules too; here so that one statement finds the secret rounds.
        pub secret: bool,
        /// Of question, text, rules and paper, from ready on: 64 hexadecimal digits.
        pub text_hash: Option<String>,
        pub opened_at: Option<DateTimeUtc>,
        /// When the clock ends it.
        pub ends_at: Option<DateTimeUtc>,
        pub closed_at: Option<DateTimeUtc>,
        /// A staff user name, `clock` or `all_voted`.
        pub closed_by: Option<String>,
        pub confirmed_at: Option<DateTimeUtc>,
        pub published_at: Option<DateTimeUtc>,
        /// As JSON: the quorum at the opening and at the close, and what the round came to.
        pub quorum_open: Option<String>,
        pub quorum_close: Option<String>,
        pub result: Option<String>,
        /// Of the frozen electorate, counts, rules and text, from the close on: 64 hexadecimal digits.
        pub digest: Option<String>,
        /// 1, and one more for each refusal that this round repeats.
        pub attempt: i32,
        pub repeats: Option<Uuid>,
        pub runoff_of: Option<Uuid>,
        /// How it was counted where the system did not, as JSON.
        pub manual: Option<String>,
        /// Why it was withdrawn or made void.
        pub reason: Option<String>,
        /// The newest published revision; 0: not published.
        pub revision: i32,
        /// Grows with every change and every batch of votes.
        pub version: i64,
        pub made_by: String,
        pub made_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// How somebody voted; of named rounds only. A secret round has no such row.
pub mod ballot_vote {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ballot_vote")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub round_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        /// The option of each item, by its place, as JSON: `[0]`.
        pub marks: String,
        /// Every operation id of this person that was counted, oldest first, with a blank between.
        pub op_ids: String,
        pub at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// That somebody voted. Nothing else, and no time: what a secret round knows of a person.
pub mod ballot_receipt {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ballot_receipt")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub round_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// How often an option was chosen for an item. All rows of a round are there from its opening on, and each batch of
/// votes writes all of them, so that no row's version tells which was chosen.
pub mod ballot_tally {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ballot_tally")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub round_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub item: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub option: i32,
        pub count: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Somebody with the right to vote, as they stood when the round closed. Never changed afterwards.
pub mod ballot_elector {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ballot_elector")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub round_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        /// Order in the roster.
        pub rank: i32,
        pub name: String,
        pub unit: String,
        pub standing: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Somebody who takes no part in one round (回避).
pub mod ballot_recusal {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ballot_recusal")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub round_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        pub reason: String,
        pub by: String,
        pub at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Somebody who watches the count (监票人), and when they confirmed it.
pub mod ballot_scrutineer {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ballot_scrutineer")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub round_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        pub name: String,
        pub confirmed_at: Option<DateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// One published state of a result, by its number within the round; a newer one supersedes it and it stays.
pub mod ballot_revision {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ballot_revision")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub round_id: Uuid,
        pub number: i32,
        /// Printed on the report: 32 hexadecimal digits.
        #[sea_orm(unique)]
        pub digest: String,
        /// Why there is a new one, and what it decides; empty in the first.
        pub reason: String,
        pub state: String,
        pub made_by: String,
        pub at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A file that was made of a revision, by the hash of its bytes.
pub mod ballot_file {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ballot_file")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: String,
        pub revision_id: Uuid,
        /// `docx` or `pdf`.
        pub form: String,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

words! {
    /// The life of a round: draft, ready, open, closed, confirmed, published; or out by a side door.
    State {
        Draft = "draft", "起草中";
        /// Question, options and rules are frozen.
        Ready = "ready", "待表决";
        Open = "open", "表决中";
        Closed = "closed", "待确认";
        /// By the scrutineers.
        Confirmed = "confirmed", "待公布";
        Published = "published", "已公布";
        /// Before it was opened.
        Withdrawn = "withdrawn", "已撤回";
        /// After it was opened; what was stored stays.
        Void = "void", "已作废";
    }
}

words! {
    /// How somebody with the right to vote stood at the close.
    ElectorStanding {
        Voted = "voted", "已表决";
        NotPressed = "not_pressed", "未按";
        Away = "away", "离场";
        Recused = "recused", "回避";
        OnLeave = "leave", "请假";
        Absent = "absent", "缺席";
        /// Voted, the check-in was taken back, and the vote counts all the same.
        VotedUndone = "voted_undone", "已表决（签到已撤销）";
        /// The same, and by the rules the vote does not count.
        Excluded = "excluded", "不计入（签到已撤销）";
        /// There while votes were counted by hand: who voted is not known.
        There = "there", "到会";
    }
}

words! {
    RevisionState {
        Valid = "valid", "有效";
        Superseded = "superseded", "已被新版取代";
    }
}

words! {
    /// How votes were counted where the system did not.
    Method {
        Hands = "hands", "举手";
        Paper = "paper", "纸质票";
        Voice = "voice", "口头";
    }
}

impl State {
    /// Whether the votes are counted and frozen.
    pub fn is_counted(self) -> bool {
        matches!(self, State::Closed | State::Confirmed | State::Published)
    }

    /// Whether question and people may still be prepared.
    pub fn is_ahead(self) -> bool {
        matches!(self, State::Draft | State::Ready)
    }
}

impl ballot_round::Model {
    pub fn state(&self) -> State {
        State::parse(&self.state).unwrap_or(State::Void)
    }

    pub fn rules(&self) -> Result<Rules, BallotRefusal> {
        read(&self.rules)
    }

    pub fn paper(&self) -> Result<Paper, BallotRefusal> {
        read(&self.paper)
    }
}

impl ballot_elector::Model {
    pub fn standing(&self) -> ElectorStanding {
        ElectorStanding::parse(&self.standing).unwrap_or(ElectorStanding::Absent)
    }
}

/// A column of JSON as what it holds.
pub fn read<T: DeserializeOwned>(json: &str) -> Result<T, BallotRefusal> {
    serde_json::from_str(json).map_err(|error| BallotRefusal::RetryLater(format!("stored JSON: {error}")))
}

/// What a column of JSON holds of `value`.
pub fn written(value: &impl serde::Serialize) -> Result<String, BallotRefusal> {
    serde_json::to_string(value).map_err(|error| BallotRefusal::RetryLater(error.to_string()))
}
