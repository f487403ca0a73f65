//! Why something was not done; each has a code with a Chinese text and a next step.

use sea_orm::DbErr;

use super::model::{QuestionState, State};
use crate::base::error::Coded;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PollRefusal {
    // To somebody in the hall
    #[error("no such poll")]
    NoPoll,
    #[error("not signed in")]
    NotSignedIn,
    #[error("out of the room")]
    Away,
    #[error("the poll is not open yet")]
    NotOpen,
    #[error("the poll is closed")]
    Closed,
    #[error("not an option of this poll")]
    BadChoice,
    #[error("nothing was chosen")]
    NothingChosen,
    #[error("more than one was chosen")]
    OnlyOne,
    #[error("no such question")]
    NoQuestion,
    #[error("no questions are taken")]
    AskingOff,
    #[error("{0} questions wait already")]
    ManyWaiting(u64),
    #[error("not stored: {0}")]
    RetryLater(String),
    // To organisers
    #[error("no such meeting")]
    NoMeeting,
    #[error("the meeting is over or cancelled")]
    MeetingOver,
    #[error("impossible: {0}")]
    Invalid(String),
    #[error("the poll is {0:?}")]
    WrongState(State),
    #[error("the question is {0:?}")]
    WrongQuestion(QuestionState),
}

impl Coded for PollRefusal {
    fn code(&self) -> &'static str {
        match self {
            PollRefusal::NoPoll => "poll_not_found",
            PollRefusal::NotSignedIn => "poll_not_signed_in",
            PollRefusal::Away => "poll_away",
            PollRefusal::NotOpen => "poll_not_open",
            PollRefusal::Closed => "poll_closed",
            PollRefusal::BadChoice => "poll_bad_choice",
            PollRefusal::NothingChosen => "poll_nothing_chosen",
            PollRefusal::OnlyOne => "poll_only_one",
            PollRefusal::NoQuestion => "poll_question_not_found",
            PollRefusal::AskingOff => "poll_asking_off",
            PollRefusal::ManyWaiting(_) => "poll_questions_waiting",
            PollRefusal::RetryLater(_) => "poll_later",
            PollRefusal::NoMeeting => "meeting_not_found",
            PollRefusal::MeetingOver => "poll_meeting_over",
            PollRefusal::Invalid(_) => "poll_invalid",
            PollRefusal::WrongState(_) => "poll_state",
            PollRefusal::WrongQuestion(_) => "poll_question_state",
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            PollRefusal::Invalid(problem) => vec![("problem", problem.clone())],
            PollRefusal::WrongState(state) => vec![("state", state.zh().to_string())],
            PollRefusal::WrongQuestion(state) => vec![("state", state.zh().to_string())],
            PollRefusal::ManyWaiting(limit) => vec![("limit", limit.to_string())],
            _ => Vec::new(),
        }
    }
}

impl From<DbErr> for PollRefusal {
    fn from(error: DbErr) -> PollRefusal {
        PollRefusal::RetryLater(error.to_string())
    }
}
