//! The words of petitions, as stored and as pages say them.

use crate::base::words::words;

words! {
    /// Which rules a case follows.
    Track {
        /// 网络问政: public by default, 1 + 5 working days, ends with a rating.
        Inquiry = "inquiry", "网络问政";
        /// 网上信访: not public, limits of the regulation, ends with a written decision, review and re-check.
        Petition = "petition", "网上信访";
    }
}

words! {
    /// What somebody wants.
    Kind {
        Question = "question", "咨询";
        Help = "help", "求助";
        Complaint = "complaint", "投诉";
        Suggestion = "suggestion", "建议";
        /// Always confidential.
        Accusation = "accusation", "举报";
        Praise = "praise", "表扬";
        Opinion = "opinion", "意见征集";
    }
}

impl Kind {
    pub const ALL: [Kind; 7] = [
        Kind::Question,
        Kind::Help,
        Kind::Complaint,
        Kind::Suggestion,
        Kind::Accusation,
        Kind::Praise,
        Kind::Opinion,
    ];
}

words! {
    /// Where a case stands. What leads from one to another is in `act.rs`.
    State {
        Draft = "draft", "草稿";
        Submitted = "submitted", "待审核";
        NeedInfo = "need_info", "请补充材料";
        Rejected = "rejected", "不予受理";
        Merged = "merged", "已并入";
        Forwarded = "forwarded", "已转办";
        /// To the citizen it is on its way still.
        Disputed = "disputed", "转办中";
        Accepted = "accepted", "已受理";
        InProgress = "in_progress", "办理中";
        Answered = "answered", "已答复，待评价";
        Rework = "rework", "重新办理";
        Closed = "closed", "已办结";
        /// Nobody sent what was asked for.
        ClosedNoAnswer = "closed_no_answer", "未补充材料，已结束";
        Review = "review", "复查中";
        ReviewDecided = "review_decided", "复查已答复";
        Recheck = "recheck", "复核中";
        Final = "final", "办理终结";
        Withdrawn = "withdrawn", "已撤回";
    }
}

impl State {
    pub const ALL: [State; 18] = [
        State::Draft,
        State::Submitted,
        State::NeedInfo,
        State::Rejected,
        State::Merged,
        State::Forwarded,
        State::Disputed,
        State::Accepted,
        State::InProgress,
        State::Answered,
        State::Rework,
        State::Closed,
        State::ClosedNoAnswer,
        State::Review,
        State::ReviewDecided,
        State::Recheck,
        State::Final,
        State::Withdrawn,
    ];

    /// Open311 knows two: everything that goes on is open.
    pub fn is_open(self) -> bool {
        !matches!(
            self,
            State::Closed
                | State::ClosedNoAnswer
                | State::Rejected
                | State::Merged
                | State::Withdrawn
                | State::Final
        )
    }

    /// From passing on to answering there is exactly one lead unit.
    pub fn has_lead(self) -> bool {
        matches!(
            self,
            State::Forwarded | State::Accepted | State::InProgress | State::Answered | State::Rework
        )
    }
}

words! {
    /// In which part somebody acts.
    Part {
        Citizen = "citizen", "群众";
        /// Acts for a named person who agreed.
        Proxy = "proxy", "代理员";
        Moderator = "moderator", "管理员";
        Liaison = "liaison", "联络员";
        /// Signs answers of a unit and approves extensions.
        Head = "head", "单位负责人";
        Propaganda = "propaganda", "宣传部";
        Supervision = "supervision", "效能办";
        Leader = "leader", "领导";
        Journalist = "journalist", "记者";
        /// Clocks and imports.
        System = "system", "系统";
    }
}

impl Part {
    pub const ALL: [Part; 10] = [
        Part::Citizen,
        Part::Proxy,
        Part::Moderator,
        Part::Liaison,
        Part::Head,
        Part::Propaganda,
        Part::Supervision,
        Part::Leader,
        Part::Journalist,
        Part::System,
    ];

    /// Those that an administrator gives to accounts.
    pub const OFFICES: [Part; 7] = [
        Part::Moderator,
        Part::Liaison,
        Part::Head,
        Part::Propaganda,
        Part::Supervision,
        Part::Leader,
        Part::Journalist,
    ];

    /// It belongs to one unit.
    pub fn of_unit(self) -> bool {
        matches!(self, Part::Liaison | Part::Head)
    }
}

words! {
    /// What a call to an author came to.
    Called {
        Reached = "reached", "已联系上";
        NotReached = "not_reached", "没有联系上";
        /// After the third try.
        GaveUp = "gave_up", "多次联系不上，结束回访";
    }
}

impl Called {
    pub const ALL: [Called; 3] = [Called::Reached, Called::NotReached, Called::GaveUp];
}

words! {
    /// What a text of a case is. Texts stand apart from the log, so that personal data can leave public ones for good.
    TextKind {
        /// As the citizen wrote it; the unit reads this one.
        Original = "original", "原文";
        Public = "public", "公开文本";
        Fact = "fact", "补充材料";
        FirstReply = "first_reply", "首次回复";
        Answer = "answer", "答复";
        /// To the citizen: what is missing, why it was refused, what a review found.
        Notice = "notice", "告知";
        /// Between staff.
        Note = "note", "内部记录";
        /// Name and phone.
        Contact = "contact", "联系方式";
        /// What a citizen says with a rating, an appeal, a wish for review.
        Comment = "comment", "群众意见";
    }
}

words! {
    /// Why a case is not taken up. Each is told with what to do instead.
    RejectReason {
        NotOurs = "not_ours", "不属于本市职权范围";
        /// Courts, arbitration, administrative review.
        LegalWay = "legal_way", "应当通过诉讼、仲裁、行政复议等法定途径解决";
        Final = "final", "复核意见已作出，同一事实和理由不再受理";
        Unclear = "unclear", "没有具体的诉求和事实";
        Insult = "insult", "含有侮辱、诽谤或违法内容";
        Advert = "advert", "属于广告或者与公共事务无关";
        Repeat = "repeat", "同一事项正在办理";
    }
}

impl RejectReason {
    pub const ALL: [RejectReason; 7] = [
        RejectReason::NotOurs,
        RejectReason::LegalWay,
        RejectReason::Final,
        RejectReason::Unclear,
        RejectReason::Insult,
        RejectReason::Advert,
        RejectReason::Repeat,
    ];
}
