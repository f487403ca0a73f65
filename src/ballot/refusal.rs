//! Why something was not done; each has a code with a Chinese text and a next step.

use sea_orm::DbErr;

use super::model::State;
use crate::base::error::Coded;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BallotRefusal {
    // To a voter
    #[error("no such round")]
    NoRound,
    #[error("the round is not open yet")]
    NotOpen,
    #[error("the round is closed")]
    Closed,
    #[error("the round is void")]
    Void,
    #[error("no right to vote at this meeting")]
    NotEntitled,
    #[error("not signed in")]
    NotPresent,
    #[error("out of the room")]
    Away,
    #[error("on leave")]
    OnLeave,
    #[error("recused")]
    Recused,
    #[error("not on the paper")]
    BadChoice,
    #[error("more than {0} chosen")]
    TooMany(i64),
    #[error("not every item is marked")]
    Incomplete,
    #[error("pressed too often")]
    TooOften,
    #[error("not stored: {0}")]
    RetryLater(String),
    // To the chair
    #[error("no such meeting")]
    NoMeeting,
    #[error("the meeting is over or cancelled")]
    MeetingOver,
    #[error("no such template")]
    NoTemplate,
    #[error("impossible: {0}")]
    Invalid(String),
    #[error("the round is {0:?}")]
    WrongState(State),
    #[error("the text is not what was frozen")]
    TextChanged,
    #[error("another round is open: {0}")]
    AnotherOpen(i32),
    #[error("receipts and counts differ")]
    CountBroken,
    #[error("nobody has the right to vote")]
    NobodyEntitled,
    #[error("{0} more members are needed")]
    QuorumMissing(i64),
    #[error("only {0} may vote, and fewer than {1} keep no secret")]
    GroupTooSmall(i64, i64),
    #[error("the rules know no recusal")]
    NoRecusal,
    #[error("has voted")]
    HasVoted,
    #[error("a reason is needed")]
    ReasonNeeded,
    #[error("not a scrutineer of this round")]
    NotScrutineer,
    #[error("{0} scrutineers are missing")]
    ScrutineersMissing(i64),
    #[error("a scrutineer has confirmed")]
    HasConfirmed,
    #[error("the quorum was lost")]
    QuorumLost,
    #[error("the chair has not decided the tie")]
    TieOpen,
    #[error("there is no tie to decide")]
    NoTie,
    #[error("there is nothing to vote on again")]
    NoRunoff,
    #[error("refused {0} times")]
    RefusedTooOften(i64),
    #[error("a candidate was refused {1} times")]
    CandidateRefused(String, i64),
    #[error("two witnesses are needed")]
    WitnessesNeeded,
}

impl Coded for BallotRefusal {
    fn code(&self) -> &'static str {
        match self {
            BallotRefusal::NoRound => "round_not_found",
            BallotRefusal::NotOpen => "not_open",
            BallotRefusal::Closed => "closed",
            BallotRefusal::Void => "round_void",
            BallotRefusal::NotEntitled => "not_entitled",
            BallotRefusal::NotPresent => "not_present",
            BallotRefusal::Away => "away",
            BallotRefusal::OnLeave => "on_leave",
            BallotRefusal::Recused => "recused",
            BallotRefusal::BadChoice => "bad_choice",
            BallotRefusal::TooMany(_) => "too_many_chosen",
            BallotRefusal::Incomplete => "paper_incomplete",
            BallotRefusal::TooOften => "pressed_too_often",
            BallotRefusal::RetryLater(_) => "vote_later",
            BallotRefusal::NoMeeting => "meeting_not_found",
            BallotRefusal::MeetingOver => "meeting_over",
            BallotRefusal::NoTemplate => "template_not_found",
            BallotRefusal::Invalid(_) => "ballot_invalid",
            BallotRefusal::WrongState(_) => "round_state",
            BallotRefusal::TextChanged => "round_text_changed",
            BallotRefusal::AnotherOpen(_) => "another_round_open",
            BallotRefusal::CountBroken => "count_broken",
            BallotRefusal::NobodyEntitled => "nobody_entitled",
            BallotRefusal::QuorumMissing(_) => "quorum_missing",
            BallotRefusal::GroupTooSmall(..) => "group_too_small",
            BallotRefusal::NoRecusal => "no_recusal",
            BallotRefusal::HasVoted => "has_voted",
            BallotRefusal::ReasonNeeded => "reason_needed",
            BallotRefusal::NotScrutineer => "not_scrutineer",
            BallotRefusal::ScrutineersMissing(_) => "scrutineers_missing",
            BallotRefusal::HasConfirmed => "has_confirmed",
            BallotRefusal::QuorumLost => "quorum_lost",
            BallotRefusal::TieOpen => "tie_open",
            BallotRefusal::NoTie => "no_tie",
            BallotRefusal::NoRunoff => "no_runoff",
            BallotRefusal::RefusedTooOften(_) => "refused_too_often",
            BallotRefusal::CandidateRefused(..) => "candidate_refused",
            BallotRefusal::WitnessesNeeded => "witnesses_needed",
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            BallotRefusal::TooMany(seats) => vec![("limit", seats.to_string())],
            BallotRefusal::Invalid(problem) => vec![("problem", problem.clone())],
            BallotRefusal::WrongState(state) => vec![("state", state.zh().to_string())],
            BallotRefusal::AnotherOpen(number) => vec![("number", number.to_string())],
            BallotRefusal::QuorumMissing(missing) | BallotRefusal::ScrutineersMissing(missing) => {
                vec![("missing", missing.to_string())]
            }
            BallotRefusal::GroupTooSmall(entitled, least) => {
                vec![("entitled", entitled.to_string()), ("least", least.to_string())]
            }
            BallotRefusal::RefusedTooOften(times) => vec![("times", times.to_string())],
            BallotRefusal::CandidateRefused(name, times) => {
                vec![("name", name.clone()), ("times", times.to_string())]
            }
            _ => Vec::new(),
        }
    }
}

impl From<DbErr> for BallotRefusal {
    fn from(error: DbErr) -> BallotRefusal {
        BallotRefusal::RetryLater(error.to_string())
    }
}
