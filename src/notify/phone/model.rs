//! Tables of short messages and calls, and the words for their states.

/// One short message or call to one number; the row stands before anything is sent.
pub mod message {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "phone_message")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// What providers carry along and give back: 12 letters and digits, for Aliyun's calls take 15 at most.
        #[sea_orm(unique)]
        pub reference: String,
        /// Names the act: placing it again finds it placed.
        #[sea_orm(unique)]
        pub key: String,
        pub purpose: String,
        pub medium: String,
        pub number_sealed: String,
        pub number_hash: String,
        /// JSON: names and values, in order.
        pub words_sealed: String,
        /// A call that rings in the quiet hours, too.
        pub urgent: bool,
        pub state: String,
        /// Who holds it, or held it last.
        pub provider: Option<String>,
        /// Under which number that provider knows it.
        pub provider_id: Option<String>,
        /// Providers that surely did not take it, separated by commas.
        pub refused_by: String,
        /// Why it did not arrive: a [`Why`](super::Why), and the provider's code.
        pub reason: Option<String>,
        pub tries: i32,
        /// Of no use to anybody later.
        pub not_after: Option<DateTimeUtc>,
        pub claimed_at: Option<DateTimeUtc>,
        pub accepted_at: Option<DateTimeUtc>,
        pub updated_at: DateTimeUtc,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// One thing that a provider told; its unique key makes a repeat change nothing.
pub mod receipt {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "phone_receipt")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub provider: String,
        pub provider_id: String,
        /// A [`Kind`](super::Kind).
        pub kind: String,
        /// The key that was pressed; else empty.
        pub mark: String,
        /// Ours, where the provider gives it back.
        pub reference: Option<String>,
        /// The provider's code.
        pub detail: Option<String>,
        /// Of a call.
        pub seconds: Option<i64>,
        /// Whose answer it is: the only way from a text back to what was asked.
        pub number_hash: Option<String>,
        pub text_sealed: Option<String>,
        /// When it happened, by the provider's clock.
        pub told_at: Option<DateTimeUtc>,
        pub message_id: Option<Uuid>,
        pub received_at: DateTimeUtc,
        pub done_at: Option<DateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// How much of an allowance is used; its row's lock puts claims in order, whatever replica makes them.
pub mod budget {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "phone_budget")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub scope: String,
        pub used: i64,
        pub updated_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

macro_rules! words {
    ($type:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        impl $type {
            /// As it stands in the database.
            pub fn word(self) -> &'static str {
                match self { $($type::$variant => $word),* }
            }

            pub fn parse(word: &str) -> Option<$type> {
                match word { $($word => Some($type::$variant),)* _ => None }
            }
        }
    };
}

/// How somebody is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Medium {
    Sms,
    Voice,
}
words!(Medium { Sms = "sms", Voice = "voice" });

/// How far a message or call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    Waiting,
    /// In a worker's hands: from here on a provider may have it.
    Sending,
    /// A provider was asked and nobody knows whether it took it. Never sent again.
    Unsure,
    /// A provider took it.
    Accepted,
    Delivered,
    Answered,
    NotAnswered,
    Failed,
    /// Nothing was heard for [`super::RECEIPT_WAIT`]: it may have arrived.
    Unknown,
    Cancelled,
}
words!(State {
    Waiting = "waiting",
    Sending = "sending",
    Unsure = "unsure",
    Accepted = "accepted",
    Delivered = "delivered",
    Answered = "answered",
    NotAnswered = "not_answered",
    Failed = "failed",
    Unknown = "unknown",
    Cancelled = "cancelled",
});

impl State {
    /// A provider has it, or may have it, and its end was not heard.
    pub const OPEN: [State; 4] = [State::Sending, State::Unsure, State::Accepted, State::Unknown];
}

/// What a provider tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Delivered,
    Undelivered,
    Answered,
    NotAnswered,
    /// A key was pressed during a call.
    Key,
    /// Somebody answered by short message.
    Reply,
}
words!(Kind {
    Delivered = "delivered",
    Undelivered = "undelivered",
    Answered = "answered",
    NotAnswered = "not_answered",
    Key = "key",
    Reply = "reply",
});

/// Why something did not reach its phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// There is no such number, or it is out of service.
    BadNumber,
    /// This number got as much as it may get by this medium.
    TooOften,
    /// Its owner, or the carrier, refuses such messages.
    Blocked,
    /// Today's allowance is used up.
    Budget,
    /// No provider is configured, or none works.
    NoProvider,
    /// What was to be said was refused.
    Wording,
    /// Its time was over before it could go out.
    TooLate,
    /// The carrier could not deliver it.
    Undelivered,
}
words!(Why {
    BadNumber = "bad_number",
    TooOften = "too_often",
    Blocked = "blocked",
    Budget = "budget",
    NoProvider = "no_provider",
    Wording = "wording",
    TooLate = "too_late",
    Undelivered = "undelivered",
});

impl Why {
    /// For staff.
    pub fn zh(self) -> &'static str {
        match self {
            Why::BadNumber => "号码有误或已停用",
            Why::TooOften => "对该号码的发送已达上限",
            Why::Blocked => "对方或运营商拒收",
            Why::Budget => "当日用量已满",
            Why::NoProvider => "没有可用的服务商",
            Why::Wording => "内容被服务商退回",
            Why::TooLate => "已过有效时间",
            Why::Undelivered => "运营商未能送达",
        }
    }
}
