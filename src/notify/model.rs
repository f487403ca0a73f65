//! Tables of notices, and the words for their states.

/// What a follower allowed us to send: the ledger of one-time and long-term subscriptions.
pub mod right {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "notice_right")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub follower_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub template_id: String,
        /// Notices of a one-time template that may still be sent.
        pub remaining: i64,
        /// Accepted once for ever, until refused.
        pub long_term: bool,
        pub refused_at: Option<DateTimeUtc>,
        pub updated_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Pushes whose choices are in the ledger, so that one that comes again counts once.
pub mod heard {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "notice_heard")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub op_id: Uuid,
        pub at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// One act of telling many people one thing.
pub mod batch {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "notice_batch")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Names the act: placing it again finds it placed.
        #[sea_orm(unique)]
        pub key: String,
        /// Whose it is: the name of an [`Occasion`](crate::notify::Occasion).
        pub source: String,
        /// What it is about, as its source knows it.
        pub subject: Uuid,
        pub kind: String,
        /// Goes out in the quiet hours, too.
        pub urgent: bool,
        pub actor: String,
        pub not_before: DateTimeUtc,
        pub created_at: DateTimeUtc,
        pub finished_at: Option<DateTimeUtc>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// One person of a batch, and how far the notice to them is.
pub mod notice {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "notice")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub batch_id: Uuid,
        pub person_id: Uuid,
        pub follower_id: Option<Uuid>,
        pub state: String,
        pub channel: Option<String>,
        pub template_id: Option<String>,
        /// The platform's number, by which its result comes.
        pub message_id: Option<String>,
        /// In Chinese, for the organiser.
        pub reason: Option<String>,
        pub attempts: i32,
        /// A try ended without an answer, so it may have arrived: only the same channel may repeat it.
        pub unsure: bool,
        pub due_at: DateTimeUtc,
        pub claimed_at: Option<DateTimeUtc>,
        pub updated_at: DateTimeUtc,
        pub called_at: Option<DateTimeUtc>,
        pub called_by: Option<String>,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// When somebody was last reminded of one thing; its unique key decides between two buttons pressed at once.
pub mod pace {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "notice_pace")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        pub at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// How far the notice to one person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    Waiting,
    /// A worker holds it.
    Sending,
    /// The platform took it.
    Sent,
    /// The platform told that it arrived.
    Delivered,
    Failed,
    /// The person does not want it.
    Refused,
    /// There is no way but the telephone.
    NoChannel,
    /// Not needed, or reminded moments ago.
    Skipped,
}

impl State {
    pub const EACH: [State; 8] = [
        State::Waiting,
        State::Sending,
        State::Sent,
        State::Delivered,
        State::Failed,
        State::Refused,
        State::NoChannel,
        State::Skipped,
    ];

    /// Those whom only a telephone reaches.
    pub const TO_CALL: [State; 3] = [State::Failed, State::Refused, State::NoChannel];

    pub fn word(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Sending => "sending",
            State::Sent => "sent",
            State::Delivered => "delivered",
            State::Failed => "failed",
            State::Refused => "refused",
            State::NoChannel => "no_channel",
            State::Skipped => "skipped",
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            State::Waiting => "等待发送",
            State::Sending => "正在发送",
            State::Sent => "已发出",
            State::Delivered => "已送达",
            State::Failed => "发送失败",
            State::Refused => "本人拒收",
            State::NoChannel => "需电话通知",
            State::Skipped => "未发送",
        }
    }

    /// A word that is not known counts as failed, so that the person is called.
    pub fn parse(word: &str) -> State {
        State::EACH.into_iter().find(|state| state.word() == word).unwrap_or(State::Failed)
    }
}

/// A way to reach somebody's phone, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    Subscribe,
    Template,
    Custom,
}

impl Channel {
    pub const EACH: [Channel; 3] = [Channel::Subscribe, Channel::Template, Channel::Custom];

    pub fn word(self) -> &'static str {
        match self {
            Channel::Subscribe => "subscribe",
            Channel::Template => "template",
            Channel::Custom => "custom",
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            Channel::Subscribe => "订阅通知",
            Channel::Template => "模板消息",
            Channel::Custom => "客服消息",
        }
    }

    pub fn parse(word: &str) -> Option<Channel> {
        Channel::EACH.into_iter().find(|channel| channel.word() == word)
    }

    /// The platform drops a repeat under the same `client_msg_id`.
    pub fn repeats_safely(self) -> bool {
        self != Channel::Custom
    }
}
