//! Tables of car-moving; the words in them stand in `words.rs`.

pub use super::words::{DeskResult, Doubt, Reason, Reply, Stand, State, TicketKind, Way};

/// One car at one place that must be moved; the requests of everybody whom it blocks belong to it.
pub mod car_case {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "car_case")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub plate_sealed: String,
        pub plate_hash: String,
        /// As messages, logs and lists show it.
        pub plate_masked: String,
        pub class: String,
        pub reason: String,
        /// In the words of whoever asked first.
        pub place: String,
        /// GCJ-02, in millionths of a degree.
        pub latitude: Option<i32>,
        pub longitude: Option<i32>,
        /// Plate and neighbourhood while it is open: two cases of one car at one place cannot be.
        pub active_key: Option<String>,
        pub state: String,
        /// Waits for a look by the desk before anybody is told: a [`Doubt`](super::Doubt).
        pub held: Option<String>,
        pub urgent: bool,
        /// The place is sure enough for calls.
        pub callable: bool,
        /// Hash of the phone that is asked.
        pub owner_hash: Option<String>,
        /// Somebody took a call, and was no voicemail.
        pub answered: bool,
        pub reply: Option<String>,
        pub replied_at: Option<DateTimeUtc>,
        pub eta_at: Option<DateTimeUtc>,
        /// When the owner was first reached: T0.
        pub notified_at: Option<DateTimeUtc>,
        /// When they were last asked; silence is counted from here.
        pub asked_at: Option<DateTimeUtc>,
        pub reminders: i32,
        /// The owner says that the car is elsewhere.
        pub clone: bool,
        /// Who at the desk deals with it.
        pub taken_by: Option<String>,
        pub result: Option<String>,
        pub version: i64,
        pub created_at: DateTimeUtc,
        pub moved_at: Option<DateTimeUtc>,
        pub closed_at: Option<DateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What one person asked for; several may belong to one case, and two to one event.
pub mod car_request {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "car_request")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// `YC`, the day, five digits; numbers may be missing.
        #[sea_orm(unique)]
        pub number: String,
        pub case_id: Uuid,
        /// Two cars that blocked at once are one event.
        pub event_id: Uuid,
        pub follower_id: Uuid,
        /// Person and place in the event while it is open: one event at a time for each person.
        pub open_slot: Option<String>,
        pub plate_hash: String,
        pub state: String,
        pub source: String,
        /// Key of the picture among the files; gone after its time.
        pub photo: Option<String>,
        /// What the picture looks like, to know it again.
        pub photo_hash: Option<i64>,
        /// Keyed hash of the address that it came from; empty in chats.
        pub network: String,
        pub rating: Option<i32>,
        pub at: DateTimeUtc,
        pub ended_at: Option<DateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What happened in a case, append-only.
pub mod car_line {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "car_line")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub case_id: Uuid,
        pub kind: String,
        /// A word or a number; nothing about persons.
        pub detail: String,
        pub actor: String,
        pub at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A short message or call of a case; the row stands before anything is sent.
pub mod car_message {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "car_message")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub case_id: Uuid,
        #[sea_orm(unique)]
        pub key: String,
        pub plate_hash: String,
        pub phone_hash: String,
        pub medium: String,
        pub state: String,
        /// The message of `notify` that carries it.
        pub carried_as: Option<Uuid>,
        pub at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The address that an owner got by short message; only its hash is here.
pub mod car_link {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "car_link")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub token_hash: String,
        pub case_id: Uuid,
        pub phone_hash: String,
        /// Shows every open case of that number: a fleet's.
        pub whole: bool,
        pub made_at: DateTimeUtc,
        /// Since when it can change nothing any more.
        pub used_at: Option<DateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Whom to ask about a plate.
pub mod car_owner {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "car_owner")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        #[sea_orm(unique)]
        pub plate_hash: String,
        pub plate_sealed: String,
        pub phone_hash: String,
        pub phone_sealed: String,
        /// Wants no calls; messages stay.
        pub no_calls: bool,
        /// Which import or system told.
        pub source: String,
        pub updated_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A number that is not asked about a plate any more.
pub mod car_suppression {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "car_suppression")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub plate_hash: String,
        pub phone_hash: String,
        pub why: String,
        /// The desk agreed; only then for good, where it must.
        pub checked: bool,
        pub at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Something for the desk besides the case itself: a register to correct, a plate to look into.
pub mod car_ticket {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "car_ticket")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub case_id: Uuid,
        pub kind: String,
        pub at: DateTimeUtc,
        pub done_at: Option<DateTimeUtc>,
        pub done_by: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// How much of an allowance is used: see `count.rs`.
pub mod car_count {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "car_count")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub scope: String,
        pub used: i64,
        /// Of no use to anybody later.
        pub until: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A plate that was asked for; its row is what requests for one car queue at.
pub mod car_plate {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "car_plate")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub plate_hash: String,
        /// Until then only the desk deals with it.
        pub shield_until: Option<DateTimeUtc>,
        pub updated_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Somebody who abused the service.
pub mod car_block {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "car_block")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub follower_id: Uuid,
        /// Confirmed by the desk.
        pub strikes: i32,
        pub until: Option<DateTimeUtc>,
        /// Why they think otherwise.
        pub appeal_sealed: Option<String>,
        pub appealed_at: Option<DateTimeUtc>,
        pub updated_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl car_case::Model {
    pub fn state(&self) -> State {
        State::parse(&self.state).unwrap_or(State::Desk)
    }

    pub fn reason(&self) -> Reason {
        Reason::parse(&self.reason).unwrap_or(Reason::Other)
    }

    pub fn reply(&self) -> Option<Reply> {
        self.reply.as_deref().and_then(Reply::parse)
    }

    /// In degrees, GCJ-02.
    pub fn spot(&self) -> Option<(f64, f64)> {
        Some((f64::from(self.latitude?) / 1e6, f64::from(self.longitude?) / 1e6))
    }
}

impl car_request::Model {
    pub fn stand(&self) -> Stand {
        Stand::parse(&self.state).unwrap_or(Stand::Ended)
    }
}
