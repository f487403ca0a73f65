//! Checking in: one rule for every channel.
//!
//! [`decide`](rule::decide) is the rule, pure. [`Door`] is the one way to run it: attempts that arrive together share
//! one transaction per meeting, under the meeting's row lock, so that positions are 1, 2, 3 … in order of arrival
//! and an answer is given only after the commit.

mod batch;
mod door;
mod lookup;
mod reused;
mod rule;
mod step_out;
mod undo;

pub(super) use batch::row_of;
pub use door::Door;
pub use reused::ACTION as CODE_REUSED;
pub use rule::Standing;
pub use step_out::{Step, Stepped, step, step_out};
pub use undo::{after, undo};

use std::sync::Arc;

use uuid::Uuid;

use super::model::{Place, Source, meeting};
use crate::base::clock::{self, Instant};
use crate::base::error::Coded;

/// Somebody at the door.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub meeting: Uuid,
    pub who: Who,
    /// Names this act; a repeat with the same id is the same act.
    pub op_id: String,
    pub source: Source,
    /// Who did it: `self`, or a staff user name.
    pub actor: String,
    /// When the code was scanned: decides whether the window was open.
    pub scanned_at: Instant,
    /// The scan ticket it came with; one ticket serves one person.
    pub ticket: Option<String>,
    /// Where the phone was, where the meeting asks.
    pub place: Option<Place>,
    /// Why, where an organiser does it for somebody.
    pub reason: Option<String>,
}

/// Whom the attempt is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    Person(Uuid),
    /// A WeChat user, signed in as the person they are tied to.
    Openid(String),
}

impl Who {
    fn person(&self) -> Option<Uuid> {
        match self {
            Who::Person(id) => Some(*id),
            Who::Openid(_) => None,
        }
    }

    fn openid(&self) -> Option<&str> {
        match self {
            Who::Openid(openid) => Some(openid),
            Who::Person(_) => None,
        }
    }
}

/// A success. Being there already is a success too, with the first time and position.
#[derive(Clone, Debug)]
pub struct CheckIn {
    pub meeting: Arc<meeting::Model>,
    pub person: Uuid,
    pub name: String,
    pub unit: String,
    pub seat: Option<String>,
    pub position: i64,
    pub at: Instant,
    /// What an undo names.
    pub event: Uuid,
    pub outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Signed in now.
    Ok,
    /// Was signed in before; nothing moved.
    Already,
    /// Had stepped out and is back.
    Returned,
    /// The same act again: its first answer.
    Replayed,
}

impl Outcome {
    /// The reason code that programs read.
    pub fn code(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Already => "already",
            Outcome::Returned => "returned",
            Outcome::Replayed => "replayed",
        }
    }
}

/// Why somebody was not signed in; each is a reason code with a Chinese text and a next step.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    #[error("opens at {0}")]
    NotOpenYet(String),
    #[error("closed at {0}")]
    WindowClosed(String),
    #[error("the meeting is cancelled")]
    Cancelled,
    #[error("the meeting is over")]
    Ended,
    #[error("not on the roster")]
    NotOnRoster,
    #[error("on the roster of another meeting now")]
    WrongMeeting { scanned: String, own: String, place: String },
    #[error("no person is tied to this WeChat user")]
    NeedsBinding,
    #[error("name and phone do not match the roster")]
    IdentityMismatch,
    #[error("the person is tied to another WeChat user")]
    BoundToOther,
    #[error("the code is too old")]
    CodeExpired,
    #[error("the code is not one of ours")]
    CodeInvalid,
    #[error("the scan was used by another person")]
    CodeReused,
    #[error("not at the venue")]
    OutsideArea,
    #[error("where the phone is, is not known")]
    LocationUnavailable,
    #[error("one phone signs in another person, which this meeting does not allow")]
    DeviceShared,
    #[error("the operation id was used for another act")]
    OpConflict,
    #[error("is not signed in")]
    NotSignedIn,
    #[error("a correction after the meeting needs its reason")]
    ReasonNeeded,
    #[error("not the newest event of anybody's check-in")]
    NothingToUndo,
    /// Another feature says why not, by its own code.
    #[error("not now: {0}")]
    Kept(&'static str),
    #[error("no such meeting")]
    NoMeeting,
    #[error("too many tries")]
    RateLimited,
    #[error("not stored: {0}")]
    RetryLater(String),
}

impl Coded for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::NotOpenYet(_) => "not_open_yet",
            Refusal::WindowClosed(_) => "window_closed",
            Refusal::Cancelled => "meeting_cancelled",
            Refusal::Ended => "meeting_ended",
            Refusal::NotOnRoster => "not_on_roster",
            Refusal::WrongMeeting { .. } => "wrong_meeting",
            Refusal::NeedsBinding => "needs_binding",
            Refusal::IdentityMismatch => "identity_mismatch",
            Refusal::BoundToOther => "bound_to_other",
            Refusal::CodeExpired => "code_expired",
            Refusal::CodeInvalid => "code_invalid",
            Refusal::CodeReused => "code_reused",
            Refusal::OutsideArea => "outside_area",
            Refusal::LocationUnavailable => "location_unavailable",
            Refusal::DeviceShared => "device_shared",
            Refusal::OpConflict => "op_conflict",
            Refusal::ReasonNeeded => "reason_needed",
            Refusal::NotSignedIn => "not_signed_in",
            Refusal::NothingToUndo => "nothing_to_undo",
            Refusal::Kept(code) => code,
            Refusal::NoMeeting => "meeting_not_found",
            Refusal::RateLimited => "rate_limited",
            Refusal::RetryLater(_) => "retry_later",
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Refusal::NotOpenYet(opens) => vec![("opens", opens.clone())],
            Refusal::WindowClosed(closed) => vec![("closed", closed.clone())],
            Refusal::WrongMeeting { scanned, own, place } => {
                vec![("scanned", scanned.clone()), ("own", own.clone()), ("place", place.clone())]
            }
            _ => Vec::new(),
        }
    }
}

impl From<sea_orm::DbErr> for Refusal {
    fn from(error: sea_orm::DbErr) -> Refusal {
        Refusal::RetryLater(error.to_string())
    }
}

/// `08:00` today, else `9月19日（周六）08:00`.
fn when(at: Instant, now: Instant) -> String {
    if clock::shanghai(at).date_naive() == clock::shanghai(now).date_naive() {
        clock::zh_minute(at)
    } else {
        clock::zh_moment(at, now)
    }
}
