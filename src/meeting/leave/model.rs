//! Who asked for leave, and what became of it.

use crate::meeting::model::words;

/// One person's leave from one meeting; asking again after a refusal is the same row.
pub mod leave_request {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "leave_request")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub meeting_id: Uuid,
        pub person_id: Uuid,
        /// For organisers alone; empty once it was forgotten after its time.
        pub reason_sealed: String,
        pub state: String,
        pub asked_at: DateTimeUtc,
        /// `self`, or the staff user who entered it.
        pub asked_by: String,
        pub decided_at: Option<DateTimeUtc>,
        pub decided_by: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

words! {
    /// Where a request for leave stands.
    LeaveState {
        Asked = "asked", "待审批";
        Approved = "approved", "已准假";
        Rejected = "rejected", "未准假";
        /// Taken back: they come after all, or the organiser thought again.
        Withdrawn = "withdrawn", "已撤回";
        /// Came all the same. Never stored: the check-in says it, and its undo brings the leave back.
        Superseded = "superseded", "请假后到会";
    }
}

impl leave_request::Model {
    /// `came`: the person is signed in.
    pub fn state(&self, came: bool) -> LeaveState {
        match LeaveState::parse(&self.state) {
            Some(LeaveState::Asked | LeaveState::Approved) if came => LeaveState::Superseded,
            Some(state) => state,
            None => LeaveState::Rejected,
        }
    }
}
