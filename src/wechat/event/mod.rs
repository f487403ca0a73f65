//! Events of section 6 of the platform's reference. Names are case-sensitive as the platform writes them.

mod read;

/// What happened, by `Event`.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A new follower; `scene` when it came by a parameter QR code (without the `qrscene_` prefix): then it
    /// means the same as [`Event::Scan`].
    Subscribe {
        scene: Option<String>,
        ticket: Option<String>,
    },
    /// May come more than once, and cannot be answered.
    Unsubscribe,
    /// A follower scanned a parameter QR code.
    Scan {
        scene: String,
        ticket: Option<String>,
    },
    /// Where the user is, on entering the chat or every 5 s in it; degrees, precision in metres.
    Location {
        latitude: f64,
        longitude: f64,
        precision: f64,
    },
    Click {
        key: String,
    },
    /// The user is leaving to a page.
    View {
        url: String,
        menu_id: Option<String>,
    },
    ViewMiniProgram {
        path: String,
        menu_id: Option<String>,
    },
    /// The menu's scanner read a code. With `waits` the phone shows "receiving" until we answer.
    ScanCode {
        key: String,
        waits: bool,
        scan_type: String,
        result: String,
    },
    /// The menu's camera or album; the pictures follow as messages of their own.
    Photos {
        key: String,
        source: PhotoSource,
        count: i64,
        md5_sums: Vec<String>,
    },
    /// The menu's place picker; a location message follows.
    LocationSelect {
        key: String,
        latitude: f64,
        longitude: f64,
        scale: i64,
        label: String,
        poi_name: String,
    },
    TemplateSent {
        message_id: String,
        status: SendStatus,
    },
    MassSent(MassSent),
    /// Answers given in a subscription pop-up; an accepted one-time template is one right to send.
    SubscribeChoices(Vec<SubscribeChoice>),
    /// Answers changed in the user's settings; only refusals are pushed.
    SubscribeChanges(Vec<SubscribeChoice>),
    SubscribeSent(Vec<SubscribeSent>),
    /// The platform cleaned a risky profile: cached nickname and picture must go.
    UserInfoModified(Subject),
    /// The user withdrew consent; `scope` says for which data (201 address … 301 everything).
    AuthorizationRevoked {
        subject: Subject,
        scope: String,
    },
    /// The WeChat account was closed.
    AuthorizationCancelled(Subject),
    Certification {
        step: Certification,
        expires_at: Option<i64>,
        failed_at: Option<i64>,
        reason: Option<String>,
    },
    /// Another event, or one that lacks its nodes; `key` is its `EventKey` or `MsgID`, perhaps empty.
    Unknown {
        name: String,
        key: String,
        xml: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhotoSource {
    Camera,
    CameraOrAlbum,
    Album,
}

/// The result of a template message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendStatus {
    Success,
    UserBlocked,
    SystemFailed,
    Other(String),
}

/// The result of a broadcast. `status` is the platform's text: `send success`, `send fail` or `err(num)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MassSent {
    pub message_id: String,
    pub status: String,
    pub total: i64,
    pub filtered: i64,
    pub sent: i64,
    pub failed: i64,
    pub copyright: Vec<CopyrightResult>,
    pub copyright_state: Option<String>,
}

/// The copyright check of one article of a broadcast; states as the platform's numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyrightResult {
    pub article_index: String,
    pub user_declare_state: String,
    pub audit_state: String,
    pub original_url: String,
    pub can_reprint: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscribeChoice {
    pub template_id: String,
    pub accepted: bool,
    /// Where the pop-up stood: 1 a web page, 2 an article; absent on changes.
    pub scene: Option<String>,
}

/// The result of one subscription notice; code 0 is success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscribeSent {
    pub template_id: String,
    pub message_id: String,
    pub error_code: i64,
    pub error_status: String,
}

/// Whom a privacy event is about; not the sender of the push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    pub open_id: String,
    pub union_id: Option<String>,
    pub app_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certification {
    QualificationPassed,
    QualificationFailed,
    NamingPassed,
    NamingFailed,
    /// Must be renewed soon.
    RenewalDue,
    /// Lapsed: every call that needs verification stops.
    Expired,
}

impl Event {
    /// The platform's name for it.
    pub fn name(&self) -> &str {
        match self {
            Event::Subscribe { .. } => "subscribe",
            Event::Unsubscribe => "unsubscribe",
            Event::Scan { .. } => "SCAN",
            Event::Location { .. } => "LOCATION",
            Event::Click { .. } => "CLICK",
            Event::View { .. } => "VIEW",
            Event::ViewMiniProgram { .. } => "view_miniprogram",
            Event::ScanCode { waits: false, .. } => "scancode_push",
            Event::ScanCode { waits: true, .. } => "scancode_waitmsg",
            Event::Photos { source: PhotoSource::Camera, .. } => "pic_sysphoto",
            Event::Photos { source: PhotoSource::CameraOrAlbum, .. } => "pic_photo_or_album",
            Event::Photos { source: PhotoSource::Album, .. } => "pic_weixin",
            Event::LocationSelect { .. } => "location_select",
            Event::TemplateSent { .. } => "TEMPLATESENDJOBFINISH",
            Event::MassSent(_) => "MASSSENDJOBFINISH",
            Event::SubscribeChoices(_) => "subscribe_msg_popup_event",
            Event::SubscribeChanges(_) => "subscribe_msg_change_event",
            Event::SubscribeSent(_) => "subscribe_msg_sent_event",
            Event::UserInfoModified(_) => "user_info_modified",
            Event::AuthorizationRevoked { .. } => "user_authorization_revoke",
            Event::AuthorizationCancelled(_) => "user_authorization_cancellation",
            Event::Certification { step, .. } => step.name(),
            Event::Unknown { name, .. } => name,
        }
    }

    /// Feeds what the event is about, so that two events of one second are told apart.
    pub(super) fn subject(&self, part: &mut impl FnMut(&[u8])) {
        match self {
            Event::Subscribe { scene, .. } => part(scene.as_deref().unwrap_or_default().as_bytes()),
            Event::Scan { scene: key, .. }
            | Event::Click { key }
            | Event::View { url: key, .. }
            | Event::ViewMiniProgram { path: key, .. }
            | Event::Photos { key, .. }
            | Event::LocationSelect { key, .. }
            | Event::TemplateSent { message_id: key, .. }
            | Event::MassSent(MassSent { message_id: key, .. })
            | Event::Unknown { key, .. } => part(key.as_bytes()),
            Event::ScanCode { key, result, .. } => {
                part(key.as_bytes());
                part(result.as_bytes());
            }
            Event::SubscribeChoices(choices) | Event::SubscribeChanges(choices) => {
                choices.iter().for_each(|choice| part(choice.template_id.as_bytes()));
            }
            Event::SubscribeSent(results) => results.iter().for_each(|result| {
                part(result.template_id.as_bytes());
                part(result.message_id.as_bytes());
            }),
            Event::UserInfoModified(subject) | Event::AuthorizationCancelled(subject) => {
                part(subject.open_id.as_bytes());
            }
            Event::AuthorizationRevoked { subject, scope } => {
                part(subject.open_id.as_bytes());
                part(scope.as_bytes());
            }
            Event::Unsubscribe | Event::Location { .. } | Event::Certification { .. } => {}
        }
    }
}

impl Certification {
    fn name(self) -> &'static str {
        match self {
            Self::QualificationPassed => "qualification_verify_success",
            Self::QualificationFailed => "qualification_verify_fail",
            Self::NamingPassed => "naming_verify_success",
            Self::NamingFailed => "naming_verify_fail",
            Self::RenewalDue => "annual_renew",
            Self::Expired => "verify_expired",
        }
    }
}
