//! Tables of quick polls, and the words for their states.

use super::refusal::PollRefusal;
use crate::base::words::words;

/// What a meeting lets its people do, and the one thing on its screen. Its lock is taken before any other of these.
pub mod poll_stage {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "poll_stage")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub meeting_id: Uuid,
        /// People may ask questions.
        pub asking: bool,
        /// A question waits for an organiser before others see it. On the screen it does so always.
        pub moderated: bool,
        /// At most one of these two.
        pub shown_poll: Option<Uuid>,
        pub shown_question: Option<Uuid>,
        /// Grows with every change of an organiser.
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// One question with options to choose from.
pub mod poll {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "poll")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub meeting_id: Uuid,
        /// 1, 2, 3 … in the meeting.
        pub number: i32,
        pub state: String,
        pub question: String,
        /// In their order, as JSON.
        pub options: String,
        /// More than one option may be chosen.
        pub multiple: bool,
        /// Organisers see who chose what.
        pub named: bool,
        /// How many people answered; equal to the receipts at every commit.
        pub answered: i64,
        pub opened_at: Option<DateTimeUtc>,
        pub closed_at: Option<DateTimeUtc>,
        /// When it was first put on the screen: from then on everybody may see the counts.
        pub shown_at: Option<DateTimeUtc>,
        /// Grows with every change and every answer.
        pub version: i64,
        pub made_by: String,
        pub made_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// That somebody answered. Nothing else, and no time.
pub mod poll_receipt {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "poll_receipt")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub poll_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// How often an option was chosen. All rows of a poll are there from its opening on, and each answer writes all of
/// them, so that no row's version tells which was chosen.
pub mod poll_count {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "poll_count")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub poll_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub option: i32,
        pub count: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What somebody chose; of named polls only.
pub mod poll_answer {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "poll_answer")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub poll_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        /// As they signed in.
        pub name: String,
        pub unit: String,
        /// Places of options, as JSON: `[0, 2]`.
        pub chosen: String,
        pub at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A question from the hall.
pub mod poll_question {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "poll_question")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub meeting_id: Uuid,
        pub person_id: Uuid,
        /// As they signed in.
        pub name: String,
        pub unit: String,
        /// Others see no name; organisers do.
        pub unnamed: bool,
        pub text: String,
        pub state: String,
        /// How many joined it; equal to their rows at every commit.
        pub upvotes: i64,
        pub asked_at: DateTimeUtc,
        pub decided_at: Option<DateTimeUtc>,
        pub decided_by: Option<String>,
        /// Grows with every change.
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// That somebody joined a question (我也想问).
pub mod poll_upvote {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "poll_upvote")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub question_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

words! {
    /// The life of a poll.
    State {
        Draft = "draft", "未开始";
        Open = "open", "进行中";
        Closed = "closed", "已结束";
        /// Thrown away while it was a draft.
        Removed = "removed", "已删除";
    }
}

words! {
    /// The life of a question.
    QuestionState {
        Waiting = "waiting", "待审核";
        Public = "public", "已公开";
        Rejected = "rejected", "未公开";
        /// Said aloud in the hall; others still see it.
        Answered = "answered", "已回答";
    }
}

impl QuestionState {
    /// Whether others see it.
    pub fn is_visible(self) -> bool {
        matches!(self, QuestionState::Public | QuestionState::Answered)
    }
}

impl poll_question::Model {
    pub fn state(&self) -> QuestionState {
        QuestionState::parse(&self.state).unwrap_or(QuestionState::Rejected)
    }
}

impl poll::Model {
    pub fn state(&self) -> State {
        State::parse(&self.state).unwrap_or(State::Removed)
    }

    /// The options in their order.
    pub fn labels(&self) -> Result<Vec<String>, PollRefusal> {
        read(&self.options)
    }

    /// Whether everybody may see the counts.
    pub fn is_public(&self) -> bool {
        self.shown_at.is_some()
    }
}

/// A column of JSON as what it holds.
pub fn read<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, PollRefusal> {
    serde_json::from_str(json).map_err(|error| PollRefusal::RetryLater(format!("stored JSON: {error}")))
}

/// What a column of JSON holds.
pub fn written<T: serde::Serialize>(value: &T) -> Result<String, PollRefusal> {
    serde_json::to_string(value).map_err(|error| PollRefusal::RetryLater(error.to_string()))
}
