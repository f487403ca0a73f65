//! How somebody stands at a meeting, in a word.

use super::Row;
use crate::meeting::leave::model::LeaveState;
use crate::meeting::model::{Source, meeting};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Missing,
    /// Not there, and asked for leave that nobody decided yet.
    Asked,
    OnLeave,
    Undone,
    OnTime,
    Late,
    MadeUp,
}

impl Standing {
    pub fn of(meeting: &meeting::Model, row: &Row) -> Standing {
        match (&row.attendance, row.leave) {
            (Some(there), _) if there.is_in() && there.source == Source::MakeUp.word() => Standing::MadeUp,
            (Some(there), _) if there.is_in() && there.is_late(meeting) => Standing::Late,
            (Some(there), _) if there.is_in() => Standing::OnTime,
            (_, Some(LeaveState::Approved)) => Standing::OnLeave,
            (Some(_), _) => Standing::Undone,
            (None, Some(LeaveState::Asked)) => Standing::Asked,
            (None, _) => Standing::Missing,
        }
    }

    /// As pages and sheets say it.
    pub fn zh(self) -> &'static str {
        match self {
            Standing::Missing => "未签到",
            Standing::Asked => "请假待审批",
            Standing::OnLeave => "请假",
            Standing::Undone => "已撤销",
            Standing::OnTime => "准时",
            Standing::Late => "迟到",
            Standing::MadeUp => "补签",
        }
    }
}
