//! The table of follow-up notes.

use crate::base::words::words;

words! {
    /// Where a note stands.
    FollowUpState {
        Draft = "draft", "草稿";
        Sent = "sent", "等单位回应";
        Replied = "replied", "单位已回应，待发布";
        Published = "published", "已发布";
        Declined = "declined", "不予发布";
        Withdrawn = "withdrawn", "已撤回";
    }
}

/// A note of a journalist on a public case, with the reply of the unit.
pub mod case_follow_up {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_follow_up")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub case_id: Uuid,
        /// Code of the unit that may reply; empty before it is sent.
        pub unit: String,
        pub state: String,
        pub version: i64,
        pub note_sealed: String,
        pub reply_sealed: Option<String>,
        /// As everybody reads them; empty unless it is public.
        pub public_note: String,
        pub public_reply: String,
        pub written_by: String,
        pub replied_by: String,
        pub decided_by: String,
        /// Why it is not public, or not any more.
        pub reason: String,
        pub written_at: DateTimeUtc,
        pub sent_at: Option<DateTimeUtc>,
        /// Until when the unit may reply before it can be published without.
        pub due_at: Option<DateTimeUtc>,
        pub replied_at: Option<DateTimeUtc>,
        pub decided_at: Option<DateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl case_follow_up::Model {
    /// An unknown word counts as the state in which nothing may be done.
    pub fn state(&self) -> FollowUpState {
        FollowUpState::parse(&self.state).unwrap_or(FollowUpState::Withdrawn)
    }
}
