//! 请假 on the phone: the page, and the line that leads to it.

use askama::Template;

use super::{Fields, Head, fields, head};
use crate::base::clock::Instant;
use crate::meeting::enrol::{FieldError, Form};
use crate::meeting::leave::model::LeaveState;
use crate::meeting::model::meeting;
use crate::meeting::visit::Visit;
use crate::web::Layout;

#[derive(Template)]
#[template(path = "meeting/phone_leave.html")]
pub struct LeavePage {
    page: Layout,
    head: Head,
    code: String,
    /// What became of the request so far.
    said: Option<&'static str>,
    tone: &'static str,
    notice: Option<String>,
    /// The form is shown.
    asks: bool,
    /// What was asked can be taken back.
    withdraws: bool,
    known: Option<(String, String)>,
    fields: Fields,
    reason: String,
}

#[allow(clippy::too_many_arguments, reason = "each is one thing the page shows")]
pub fn leave(
    page: Layout,
    meeting: &meeting::Model,
    seen: &Visit,
    notice: Option<String>,
    form: Form,
    mistakes: &[FieldError],
    reason: String,
    now: Instant,
) -> LeavePage {
    let (said, tone) = match seen.leave {
        Some(LeaveState::Asked) => (Some("请假已提交，会务人员审批后本页会显示结果。"), "notice-wait"),
        Some(LeaveState::Approved) => (Some("已准假。如果又能参加，到会场照常签到即可。"), "notice-good"),
        Some(LeaveState::Rejected) => (Some("请假没有获得批准，请按时到会，或再次说明原因。"), "notice-wait"),
        Some(LeaveState::Superseded | LeaveState::Withdrawn) | None => (None, ""),
    };
    let waits = matches!(seen.leave, Some(LeaveState::Asked | LeaveState::Approved));
    LeavePage {
        page,
        head: head(meeting, now),
        code: meeting.code.clone(),
        said,
        tone,
        notice,
        asks: seen.may_leave && !waits,
        withdraws: seen.may_leave && waits,
        known: seen.person.as_ref().map(|person| (person.unit.clone(), person.name.clone())),
        fields: fields(form, mistakes),
        reason,
    }
}

/// The line on a meeting's page that leads to leave; nothing where there is none to ask or tell of.
pub fn line(seen: &Visit) -> Option<&'static str> {
    match seen.leave {
        Some(LeaveState::Asked) => Some("请假待审批"),
        Some(LeaveState::Approved) => Some("已准假，如能参加照常签到"),
        Some(LeaveState::Rejected) if seen.may_leave => Some("请假未获批准"),
        _ => seen.may_leave.then_some("不能参加，请假"),
    }
}
