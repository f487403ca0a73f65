//! Tables of meetings, and the words for their states.

use super::location::Venue;
use crate::base::clock::Instant;

/// A meeting with its sign-in window and the counters that order arrivals.
pub mod meeting {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "meeting")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// What its QR code carries; the WeChat scene is `m_` + code.
        #[sea_orm(unique)]
        pub code: String,
        pub title: String,
        pub summary: String,
        pub place: String,
        pub starts_at: DateTimeUtc,
        pub ends_at: DateTimeUtc,
        pub opens_at: DateTimeUtc,
        pub closes_at: DateTimeUtc,
        pub policy: String,
        pub code_kind: String,
        pub state: String,
        /// Opens the big screen; making a new one closes every open screen.
        #[sea_orm(unique)]
        pub screen_key: String,
        /// WeChat's QR code of this meeting, once the platform made it.
        pub scene_ticket: Option<String>,
        pub scene_url: Option<String>,
        pub scene_expires_at: Option<DateTimeUtc>,
        /// Names on the big screen hide their middle.
        pub mask_names: bool,
        /// Whoever is signed in may sign in colleagues.
        pub helpers: bool,
        /// Whether people are asked where they are, and what follows.
        pub location: String,
        /// The venue, in millionths of a degree (GCJ-02), and its radius in metres.
        pub latitude: Option<i32>,
        pub longitude: Option<i32>,
        pub radius: Option<i32>,
        /// Number of the newest event in the attendance log.
        pub version: i64,
        /// The newest position given.
        pub last_position: i64,
        pub created_by: Uuid,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A person expected at, or admitted to, a meeting; name and unit as they were then.
pub mod roster_entry {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "roster_entry")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub meeting_id: Uuid,
        pub person_id: Uuid,
        pub name: String,
        pub unit: String,
        pub role: String,
        pub seat: Option<String>,
        /// Order in the roster as imported.
        pub rank: i32,
        /// Has the right to vote (表决权).
        pub votes: bool,
        pub status: String,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The append-only log of what happened at the door.
pub mod attendance_event {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "attendance_event")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub meeting_id: Uuid,
        pub person_id: Uuid,
        pub kind: String,
        pub op_id: String,
        pub body_hash: String,
        pub source: String,
        pub actor: String,
        pub scanned_at: DateTimeUtc,
        pub at: DateTimeUtc,
        /// Given by this event; a repeat of a check-in gives none.
        pub position: Option<i64>,
        pub name: String,
        pub unit: String,
        pub ticket: Option<String>,
        /// Where the phone was, as a word.
        pub place: Option<String>,
        pub reason: Option<String>,
        pub undoes: Option<Uuid>,
        /// Place in the log: 1, 2, 3 … within a meeting.
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who is there: derived from the log, equal to its fold at every commit.
pub mod attendance {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "attendance")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub meeting_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        pub status: String,
        pub position: i64,
        pub at: DateTimeUtc,
        /// When the code was scanned; decides who is late. `None` in rows of an older version.
        pub scanned_at: Option<DateTimeUtc>,
        pub source: String,
        /// Since when they are out of the room; `None` while they are in it.
        pub left_at: Option<DateTimeUtc>,
        /// The sign-in that made this row, or the newest undo or restore of it: what an undo names.
        pub event_id: Uuid,
        pub name: String,
        pub unit: String,
        pub place: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Somebody at the door whom only the organiser can admit.
pub mod meeting_request {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "meeting_request")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub meeting_id: Uuid,
        pub follower_id: Uuid,
        pub person_id: Option<Uuid>,
        pub kind: String,
        pub name: String,
        pub unit: String,
        pub phone_sealed: String,
        pub phone_hash: String,
        pub status: String,
        pub at: DateTimeUtc,
        pub decided_at: Option<DateTimeUtc>,
        pub decided_by: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Somebody drawn from those who are signed in, to be looked for.
pub mod spot_check {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "spot_check")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub meeting_id: Uuid,
        pub person_id: Uuid,
        /// Those drawn together have the same.
        pub draw_id: Uuid,
        pub drawn_at: DateTimeUtc,
        pub finding: String,
        pub found_at: Option<DateTimeUtc>,
        pub found_by: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) use crate::base::words::words;

words! {
    /// Who may sign in.
    Policy {
        /// Anybody who scans; people outside the roster count as 计划外.
        Open = "open", "开放签到";
        /// Only people of the roster.
        Roster = "roster", "名单内签到";
    }
}

words! {
    /// What the code on the screen is.
    CodeKind {
        /// One code for the whole meeting; may be printed.
        Static = "static", "固定码";
        /// A new code every fifteen seconds.
        Rotating = "rotating", "动态码";
    }
}

words! {
    /// The life of a meeting.
    State {
        Active = "active", "正常";
        Cancelled = "cancelled", "已取消";
        Closed = "closed", "已结束";
    }
}

words! {
    /// How a check-in came in.
    Source {
        Scan = "scan", "微信扫码";
        ShortCode = "short_code", "输入口令";
        /// Somebody who is there signs in a colleague.
        Helper = "helper", "同事代签";
        Staff = "staff", "工作人员代签";
        MakeUp = "make_up", "补签";
    }
}

words! {
    /// What becomes of where people are.
    LocationUse {
        /// Nobody is asked.
        Off = "off", "不核对位置";
        /// It is noted, and whoever is elsewhere is listed for a look.
        Evidence = "evidence", "记录位置";
        /// Whoever is elsewhere is sent to the organisers.
        Gate = "gate", "在会场才能签到";
    }
}

words! {
    /// Where a phone was when its owner signed in.
    Place {
        Inside = "inside", "在会场";
        Near = "near", "会场附近";
        Outside = "outside", "不在会场";
        Unavailable = "unavailable", "未取得位置";
        Refused = "refused", "未允许定位";
    }
}

words! {
    /// What a log entry records.
    EventKind {
        In = "in", "签到";
        Undo = "undo", "撤销";
        Restore = "restore", "恢复";
        Out = "out", "离场";
        Return = "return", "返回";
        LeaveApproved = "leave_approved", "准假";
        LeaveEnded = "leave_ended", "取消请假";
    }
}

words! {
    /// Whether a person counts as present. Who stepped out came all the same.
    Presence {
        In = "in", "已签到";
        Away = "away", "暂离";
        Undone = "undone", "已撤销";
    }
}

words! {
    /// What somebody on the roster is there as. Only attendees count as expected (应到).
    Role {
        Attendee = "attendee", "参会";
        Observer = "observer", "列席";
        Guest = "guest", "旁听";
        Staff = "staff", "工作人员";
    }
}

words! {
    /// Whether a roster entry still holds.
    EntryStatus {
        Active = "active", "有效";
        Withdrawn = "withdrawn", "已移出";
    }
}

words! {
    /// Why somebody asks the organiser.
    RequestKind {
        /// Came after the window closed.
        MakeUp = "make_up", "申请补签";
        /// Could not show to be at the venue.
        Place = "place", "请求核对位置";
        /// Is not found on the roster as typed.
        Admit = "admit", "请求核对";
    }
}

words! {
    RequestStatus {
        Pending = "pending", "待处理";
        Approved = "approved", "已通过";
        Rejected = "rejected", "未通过";
    }
}

words! {
    /// What looking for somebody came to.
    Finding {
        Pending = "pending", "待核对";
        Seen = "seen", "在场";
        Missing = "missing", "未见到";
    }
}

impl attendance::Model {
    /// Counts as present (实到), in the room or not: the check-in was not taken back.
    pub fn is_in(&self) -> bool {
        self.status != Presence::Undone.word()
    }

    /// When they came: the scan counts, not how long a form or a network took.
    pub fn came_at(&self) -> Instant {
        self.scanned_at.map_or(self.at, |scanned| scanned.min(self.at))
    }

    /// Came after the start of `meeting`. A make-up says that somebody was there, not when they came.
    pub fn is_late(&self, meeting: &meeting::Model) -> bool {
        self.source != Source::MakeUp.word() && self.came_at() > meeting.starts_at
    }

    /// The scan, where it decided: before the start or the end of the window, with the form finished after it.
    pub fn deciding_scan(&self, meeting: &meeting::Model) -> Option<Instant> {
        let scanned = self.came_at();
        let decides = |limit: Instant| scanned <= limit && limit < self.at;
        let decided = decides(meeting.starts_at) || decides(meeting.closes_at);
        (self.is_own() && decided).then_some(scanned)
    }

    /// Organisers may want to look at how this person came in.
    pub fn is_flagged(&self) -> bool {
        self.source == Source::Helper.word() || self.place() == Some(Place::Outside)
    }

    /// Where the phone was, if it was asked.
    pub fn place(&self) -> Option<Place> {
        self.place.as_deref().and_then(Place::parse)
    }

    /// Came in by a scan or a spoken code, not by an organiser's hand.
    pub fn is_own(&self) -> bool {
        !matches!(Source::parse(&self.source), Some(Source::Staff | Source::MakeUp))
    }
}

impl meeting::Model {
    pub fn policy(&self) -> Policy {
        Policy::parse(&self.policy).unwrap_or(Policy::Roster)
    }

    pub fn code_kind(&self) -> CodeKind {
        CodeKind::parse(&self.code_kind).unwrap_or(CodeKind::Rotating)
    }

    pub fn location(&self) -> LocationUse {
        LocationUse::parse(&self.location).unwrap_or(LocationUse::Off)
    }

    /// Where people are asked to be, if they are asked.
    pub fn venue(&self) -> Option<Venue> {
        match (self.location(), self.latitude, self.longitude, self.radius) {
            (LocationUse::Off, ..) => None,
            (_, Some(latitude), Some(longitude), Some(radius)) => Some(Venue { latitude, longitude, radius }),
            _ => None,
        }
    }

    pub fn state(&self) -> State {
        State::parse(&self.state).unwrap_or(State::Closed)
    }
}
