//! Tables of lateness: reminders and papers.

use crate::base::words::words;

words! {
    /// Where a paper stands.
    PaperState {
        Draft = "draft", "待签发";
        Signed = "signed", "已签发";
        Discarded = "discarded", "不予签发";
        /// The calendar was published, and the limit had not been missed.
        Void = "void", "自动作废";
        Revoked = "revoked", "已撤销";
    }
}

/// That somebody was reminded of a clock.
pub mod case_reminder {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_reminder")]
    pub struct Model {
        /// Clock and mark, and the day where a moved end deserves a new one: the same is not reminded of twice.
        #[sea_orm(primary_key, auto_increment = false)]
        pub once: String,
        pub clock_id: Uuid,
        pub case_id: Uuid,
        /// A [`Mark`](crate::cases::remind::Mark).
        pub mark: String,
        /// Whose turn it is.
        pub part: String,
        /// Empty where the office is the city's.
        pub unit: String,
        /// False: it was passed over, because a later one was due as well.
        pub told: bool,
        pub at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A paper to a unit that is late. What a signed one says never changes.
pub mod case_paper {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_paper")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub case_id: Uuid,
        /// 1: 舆情抄告单; 2: 督办通知书.
        pub level: i32,
        /// Case and level: there is one of each.
        #[sea_orm(unique)]
        pub once: String,
        pub unit: String,
        /// The clock that was missed.
        pub clock_id: Uuid,
        pub state: String,
        /// Given when it is signed, so that no number is missing.
        pub number: Option<String>,
        /// A [`Content`](super::super::content::Content), as JSON, sealed.
        pub content_sealed: String,
        /// SHA-256 of the JSON that was signed.
        pub digest: Option<String>,
        pub drafted_at: DateTimeUtc,
        /// Signed, discarded or void.
        pub decided_at: Option<DateTimeUtc>,
        pub decided_by: String,
        /// Why it was not signed.
        pub reason: String,
        /// The clock of the unit's reply.
        pub answer_clock: Option<Uuid>,
        pub replied_at: Option<DateTimeUtc>,
        pub reply_text: Option<Uuid>,
        pub revoked_at: Option<DateTimeUtc>,
        pub revoked_by: String,
        pub revoke_reason: String,
        /// Of the assessment, `2026-09`; absent until it is signed.
        pub month: Option<String>,
        pub points: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl case_paper::Model {
    /// An unknown word counts as what can be neither signed nor counted.
    pub fn state(&self) -> PaperState {
        PaperState::parse(&self.state).unwrap_or(PaperState::Void)
    }
}
