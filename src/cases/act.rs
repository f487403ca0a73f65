//! The table of acts: from which states, to which one, in which parts. What is not here cannot happen, whoever asks.
//! Pure; `decide.rs` adds what depends on the case, `write.rs` makes it durable.

use super::words::{Part, State, Track};
use crate::base::words::words;

words! {
    /// What can be done with a case. The words are the API's, and the log's.
    Act {
        Submit = "submit", "提交";
        AskInfo = "ask_info", "请补充材料";
        GiveInfo = "give_info", "补充材料";
        /// Fifteen days without what was asked for.
        Lapse = "lapse", "逾期未补充";
        Reject = "reject", "不予受理";
        Appeal = "appeal", "申请重新审核";
        Merge = "merge", "并案";
        Unmerge = "unmerge", "撤销并案";
        Forward = "forward", "转办";
        Dispute = "dispute", "申请改派";
        FirstReply = "first_reply", "首次回复（受理）";
        Start = "start", "开始办理";
        Answer = "answer", "答复";
        AskExtension = "ask_extension", "申请延期";
        GrantExtension = "grant_extension", "批准延期";
        RefuseExtension = "refuse_extension", "不批准延期";
        Rate = "rate", "评价";
        Rework = "rework", "重新办理";
        Close = "close", "办结";
        Reopen = "reopen", "重新打开";
        AskReview = "ask_review", "申请复查";
        DecideReview = "decide_review", "作出复查意见";
        AskRecheck = "ask_recheck", "申请复核";
        DecideRecheck = "decide_recheck", "作出复核意见";
        /// Nobody asked for a re-check in time.
        Finish = "finish", "办理终结";
        Withdraw = "withdraw", "撤回";
        Convert = "convert", "转为信访件";
        AddFacts = "add_facts", "补充情况";
        Publish = "publish", "公开";
        Unpublish = "unpublish", "取消公开";
        Note = "note", "内部记录";
        Contact = "contact", "联系记录";
        Reveal = "reveal", "查看联系方式";
        TakeOver = "take_over", "领导包案";
        Helpers = "helpers", "调整协办单位";
        Hot = "hot", "标记为热点";
        /// Somebody who was not content is asked what is still missing (clock C1).
        CallBack = "call_back", "回访";
        Categorise = "categorise", "调整类别";
        IssueNotice = "issue_notice", "签发舆情抄告单";
        Supervise = "supervise", "签发督办通知书";
        ReplyPaper = "reply_paper", "答复抄告、督办";
        RevokePaper = "revoke_paper", "撤销抄告、督办";
        Propose = "propose", "提请领导包案";
        /// A year of the calendar was published: ends are counted anew.
        Recount = "recount", "重新计算期限";
    }
}

/// Where an act leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    State(State),
    /// Where it was.
    Same,
    /// Where the case was before it needed something.
    Back,
}

/// One row: what it needs said besides, is in [`Needs`].
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub act: Act,
    /// Absent: both.
    pub track: Option<Track>,
    pub from: &'static [State],
    pub to: To,
    pub parts: &'static [Part],
    pub needs: &'static [Needs],
}

/// What a command must carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    Text,
    Unit,
    Reason,
    Target,
    Scores,
    Days,
    SignedBy,
    Paper,
    Category,
    Call,
}

use Act::*;
use Part::{Citizen, Head, Journalist, Leader, Liaison, Moderator, Propaganda, Proxy, Supervision, System};
use State::{
    Accepted, Answered, Closed, ClosedNoAnswer, Disputed, Draft, Final, Forwarded, InProgress, Merged,
    NeedInfo, Recheck, Rejected, Review, ReviewDecided, Submitted, Withdrawn,
};

const AUTHORS: &[Part] = &[Citizen, Proxy];
const OFFICE: &[Part] = &[Moderator, Propaganda];
const UNIT: &[Part] = &[Liaison, Head];
/// Something still goes on with it.
const GOING: &[State] = &[
    Submitted,
    NeedInfo,
    Forwarded,
    Disputed,
    Accepted,
    InProgress,
    Answered,
    State::Rework,
    Review,
    ReviewDecided,
    Recheck,
];
const FILED: &[State] = &[
    Submitted,
    NeedInfo,
    Rejected,
    Merged,
    Forwarded,
    Disputed,
    Accepted,
    InProgress,
    Answered,
    State::Rework,
    Closed,
    ClosedNoAnswer,
    Review,
    ReviewDecided,
    Recheck,
    Final,
    Withdrawn,
];

/// A unit has it, and its clocks may run.
const AT_WORK: &[State] = &[Forwarded, Disputed, Accepted, InProgress, Answered, State::Rework];

const fn row(
    act: Act,
    from: &'static [State],
    to: To,
    parts: &'static [Part],
    needs: &'static [Needs],
) -> Row {
    Row { act, track: None, from, to, parts, needs }
}

const fn petition(
    act: Act,
    from: &'static [State],
    to: To,
    parts: &'static [Part],
    needs: &'static [Needs],
) -> Row {
    Row { act, track: Some(Track::Petition), from, to, parts, needs }
}

/// Every act once.
pub const TABLE: [Row; 44] = [
    row(Submit, &[Draft], To::State(Submitted), &[Citizen, Proxy, Moderator, System], &[Needs::Text]),
    row(AskInfo, &[Submitted, Forwarded], To::State(NeedInfo), OFFICE, &[Needs::Text]),
    row(GiveInfo, &[NeedInfo], To::Back, AUTHORS, &[Needs::Text]),
    row(Lapse, &[NeedInfo], To::State(ClosedNoAnswer), &[System], &[]),
    row(Reject, &[Submitted], To::State(Rejected), OFFICE, &[Needs::Reason, Needs::Text]),
    row(Appeal, &[Rejected], To::State(Submitted), AUTHORS, &[Needs::Text]),
    row(Merge, &[Submitted], To::State(Merged), OFFICE, &[Needs::Target]),
    row(Unmerge, &[Merged], To::State(Submitted), OFFICE, &[]),
    row(Forward, &[Submitted, Disputed], To::State(Forwarded), OFFICE, &[Needs::Unit]),
    row(Dispute, &[Forwarded], To::State(Disputed), UNIT, &[Needs::Text]),
    row(FirstReply, &[Forwarded], To::State(Accepted), UNIT, &[Needs::Text]),
    row(Start, &[Forwarded, Accepted], To::State(InProgress), UNIT, &[]),
    row(
        Answer,
        &[Accepted, InProgress, State::Rework],
        To::State(Answered),
        UNIT,
        &[Needs::Text, Needs::SignedBy],
    ),
    petition(AskExtension, &[Accepted, InProgress], To::Same, UNIT, &[Needs::Text, Needs::Days]),
    petition(GrantExtension, &[Accepted, InProgress], To::Same, &[Head, Leader], &[Needs::Text]),
    petition(RefuseExtension, &[Accepted, InProgress], To::Same, &[Head, Leader], &[Needs::Text]),
    row(Rate, &[Answered], To::Same, AUTHORS, &[Needs::Scores]),
    row(Act::Rework, &[Answered], To::State(State::Rework), &[Moderator, Supervision], &[Needs::Text]),
    row(Close, &[Answered], To::State(Closed), &[System, Moderator, Supervision], &[]),
    row(Reopen, &[Closed], To::State(Submitted), AUTHORS, &[Needs::Text]),
    petition(AskReview, &[Closed], To::State(Review), AUTHORS, &[Needs::Text]),
    petition(DecideReview, &[Review], To::State(ReviewDecided), &[Supervision, Leader], &[Needs::Text]),
    petition(AskRecheck, &[ReviewDecided], To::State(Recheck), AUTHORS, &[Needs::Text]),
    petition(DecideRecheck, &[Recheck], To::State(Final), &[Supervision, Leader], &[Needs::Text]),
    petition(Finish, &[ReviewDecided], To::State(Final), &[System], &[]),
    row(
        Withdraw,
        &[Submitted, NeedInfo, Forwarded, Disputed, Accepted, InProgress],
        To::State(Withdrawn),
        AUTHORS,
        &[],
    ),
    Row {
        act: Convert,
        track: Some(Track::Inquiry),
        from: &[Submitted, Forwarded, Disputed],
        to: To::State(Submitted),
        parts: OFFICE,
        needs: &[Needs::Text],
    },
    row(AddFacts, GOING, To::Same, AUTHORS, &[Needs::Text]),
    row(Publish, FILED, To::Same, OFFICE, &[]),
    row(Unpublish, FILED, To::Same, OFFICE, &[Needs::Text]),
    row(
        Note,
        FILED,
        To::Same,
        &[Moderator, Liaison, Head, Propaganda, Supervision, Leader, Journalist],
        &[Needs::Text],
    ),
    row(Contact, GOING, To::Same, &[Moderator, Liaison, Head], &[Needs::Text]),
    row(Reveal, FILED, To::Same, &[Moderator, Liaison, Head], &[Needs::Text]),
    row(TakeOver, GOING, To::Same, &[Leader], &[]),
    row(Helpers, &[Forwarded, Accepted, InProgress], To::Same, OFFICE, &[]),
    row(Hot, GOING, To::Same, &[Moderator, Propaganda, Supervision], &[]),
    row(CallBack, &[Answered, Closed], To::Same, &[Moderator], &[Needs::Call, Needs::Text]),
    row(Categorise, GOING, To::Same, OFFICE, &[Needs::Category]),
    row(IssueNotice, AT_WORK, To::Same, &[Propaganda], &[Needs::Paper]),
    row(Supervise, AT_WORK, To::Same, &[Supervision], &[Needs::Paper]),
    row(ReplyPaper, FILED, To::Same, UNIT, &[Needs::Paper, Needs::Text]),
    row(RevokePaper, FILED, To::Same, &[Propaganda, Supervision], &[Needs::Paper, Needs::Text]),
    row(Propose, GOING, To::Same, &[System, Propaganda, Supervision], &[]),
    row(Recount, FILED, To::Same, &[System], &[]),
];

impl Act {
    /// Its row. Every act has one: a test counts them.
    pub fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.act == self).unwrap_or(&TABLE[0])
    }
}

impl Row {
    /// Whether the table lets `part` do this with a case of `track` in `state`.
    pub fn allows(&self, track: Track, state: State, part: Part) -> bool {
        self.track.is_none_or(|only| only == track)
            && self.from.contains(&state)
            && self.parts.contains(&part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_has_one_row() {
        for (at, row) in TABLE.iter().enumerate() {
            assert_eq!(TABLE.iter().position(|other| other.act == row.act), Some(at), "{:?} twice", row.act);
            assert_eq!(row.act.row().act, row.act);
        }
    }

    #[test]
    fn no_part_may_both_answer_a_case_and_close_it() {
        for part in Part::ALL {
            assert!(!(Answer.row().parts.contains(&part) && Close.row().parts.contains(&part)), "{part:?}");
        }
    }

    #[test]
    fn nothing_leads_out_of_what_is_final_or_withdrawn() {
        for row in TABLE {
            for end in [Final, Withdrawn, ClosedNoAnswer] {
                assert!(!row.from.contains(&end) || row.to == To::Same, "{:?} leaves {end:?}", row.act);
            }
        }
    }

    #[test]
    fn every_state_but_a_draft_is_reached_by_some_act() {
        for state in State::ALL {
            let reached = TABLE.iter().any(|row| row.to == To::State(state));
            assert_eq!(reached, state != Draft, "{state:?}");
        }
    }
}
