//! The words of car-moving, as stored and as pages say them.

use crate::base::words::words;

words! {
    /// Where a case stands. What leads from one to another is in `state.rs`.
    State {
        Created = "created", "已提交";
        Checked = "checked", "已提交";
        Notifying = "notifying", "正在联系";
        Notified = "notified", "已通知车主";
        Replied = "replied", "车主已回复";
        Refused = "refused", "车主不能移车";
        Silent = "silent", "车主未回复";
        Reminded = "reminded", "已再次提醒";
        Undeliverable = "undeliverable", "没有联系上车主";
        DeskOffer = "desk_offer", "没有联系上车主";
        Desk = "desk", "值班人员处理中";
        Expired = "expired", "已超过一小时";
        Moved = "moved", "已移走";
        Closed = "closed", "已结束";
        ClosedByDesk = "closed_by_desk", "值班人员已处理";
        Cancelled = "cancelled", "已取消";
        Rejected = "rejected", "未受理";
    }
}

words! {
    /// Where one person's request stands; everything else is its case's.
    Stand {
        Open = "open", "处理中";
        Moved = "moved", "已移走";
        Ended = "ended", "已结束";
        Cancelled = "cancelled", "已取消";
    }
}

words! {
    /// Why the car must go.
    Reason {
        Blocking = "blocking", "挡住了我的车";
        Exit = "exit", "堵住出入口";
        FireLane = "fire_lane", "占用消防通道";
        Medical = "medical", "急救、就医";
        Trapped = "trapped", "有人被困车内";
        Private = "private", "在小区、单位内部挡车";
        Window = "window", "车窗、车门或车灯没关";
        Other = "other", "其他影响通行";
    }
}

impl Reason {
    pub const ALL: [Reason; 8] = [
        Reason::Blocking,
        Reason::Exit,
        Reason::FireLane,
        Reason::Medical,
        Reason::Trapped,
        Reason::Private,
        Reason::Window,
        Reason::Other,
    ];

    /// Calls are allowed at night.
    pub fn urgent(self) -> bool {
        matches!(self, Reason::FireLane | Reason::Medical | Reason::Trapped)
    }
}

words! {
    /// What an owner answers.
    Reply {
        Coming = "coming", "马上到";
        Five = "five", "5 分钟到";
        Ten = "ten", "10 分钟到";
        NotMine = "not_mine", "不是我的车";
        Sold = "sold", "车已转让";
        NotThere = "not_there", "车不在那里";
        Cannot = "cannot", "现在移不了";
        Deceased = "deceased", "车主已故";
    }
}

impl Reply {
    pub const ALL: [Reply; 8] = [
        Reply::Coming,
        Reply::Five,
        Reply::Ten,
        Reply::NotMine,
        Reply::Sold,
        Reply::NotThere,
        Reply::Cannot,
        Reply::Deceased,
    ];

    /// In how many minutes they will be there; `None`: not at all.
    pub fn minutes(self) -> Option<i64> {
        match self {
            Reply::Coming => Some(3),
            Reply::Five => Some(5),
            Reply::Ten => Some(10),
            _ => None,
        }
    }

    /// By the key that was pressed during a call, or the digit that was sent back.
    pub fn of_key(key: char) -> Option<Reply> {
        match key {
            '1' => Some(Reply::Coming),
            '2' => Some(Reply::Five),
            '3' => Some(Reply::Ten),
            '4' => Some(Reply::Cannot),
            '7' => Some(Reply::NotThere),
            '8' => Some(Reply::Sold),
            '9' => Some(Reply::NotMine),
            _ => None,
        }
    }
}

words! {
    /// Why the desk looks before anybody is told.
    Doubt {
        SamePhoto = "same_photo", "照片以前用过";
        SamePair = "same_pair", "同一人多日请求同一车牌";
        Shielded = "shielded", "短时间内被多人从同一网络请求";
        OldPhoto = "old_photo", "照片不是刚拍的";
        FarPhoto = "far_photo", "照片与所填位置相距很远";
        FarPlace = "far_place", "位置不在本市";
    }
}

words! {
    /// How a message to an owner went.
    Way {
        Placed = "placed", "待发送";
        Accepted = "accepted", "已交运营商";
        Delivered = "delivered", "已送达";
        Answered = "answered", "已接通";
        NotAnswered = "not_answered", "未接听";
        Failed = "failed", "发送失败";
        Unknown = "unknown", "没有回执";
        Dropped = "dropped", "已撤回";
    }
}

words! {
    /// What the desk must look into.
    TicketKind {
        Correct = "correct", "更正车主电话";
        Sold = "sold", "核对是否转让";
        Clone = "clone", "疑似套牌";
        Deceased = "deceased", "车主已故，更正登记";
    }
}

words! {
    /// How the desk ended a case.
    DeskResult {
        MovedAway = "moved", "已移走";
        Towed = "towed", "已拖移";
        Fined = "fined", "现场处罚";
        Gone = "gone", "到场时车已离开";
        Unfounded = "unfounded", "情况不实";
        Abuse = "abuse", "恶意请求";
        Refused = "refused", "不属受理范围";
    }
}
