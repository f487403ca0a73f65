//! Rules in words, line by line, as pages and reports print them.

use super::rules::{Display, Effect, Kind, Press, Role, Rules, TooFew, Undone, When};

impl Rules {
    /// 表决方式 and its words, 法定人数 and its words …; a line that says nothing is left out.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![
            ("表决方式", self.manner()),
            ("表决人", format!("名册中有表决权的成员，{}", self.presence.zh())),
            ("法定人数", self.quorum_line()),
            (if self.kind == Kind::Election { "当选条件" } else { "通过条件" }, self.pass_zh()),
            ("选项", self.options.iter().map(|it| it.label.as_str()).collect::<Vec<_>>().join("、")),
            ("未按和回避", self.left_out()),
            ("结束", self.ending()),
            ("结果", self.display.zh().to_string()),
        ];
        let mut also = |when: bool, name: &'static str, text: String| {
            if when {
                lines.push((name, text));
            }
        };
        also(self.advisory, "效力", "供决策参考，不具约束力".to_string());
        also(self.scrutineers > 0, "监票", format!("至少 {} 名监票人确认计票", self.scrutineers));
        also(self.runoff, "末位票数相等", "就票数相等的人再次投票，得票多的当选".to_string());
        also(
            self.kind == Kind::Election,
            "名额未选满",
            match self.too_few {
                TooFew::Vacancy => "名额空缺".to_string(),
                TooFew::NewRound => "不足的名额另行选举".to_string(),
            },
        );
        also(self.casting_vote, "票数相等", "由主持人决定".to_string());
        let refusals = self.refusals.unwrap_or(0);
        also(refusals > 0, "再次提交", format!("{refusals} 次未通过的，不得再提交表决"));
        also(self.secret, "无记名的人数下限", self.small_group_line());
        also(
            self.undone_votes == Undone::Excluded,
            "签到被撤销的人",
            "表决中签到被撤销的，已投的票不计入".to_string(),
        );
        lines
    }

    /// 无记名议案表决，以第一次为准.
    fn manner(&self) -> String {
        let secrecy = if self.secret { "无记名" } else { "记名" };
        let kind = match self.kind {
            Kind::Motion => "议案表决",
            Kind::Election => "选举",
            Kind::Rating => "民主测评",
        };
        match self.press {
            Press::First => format!("{secrecy}{kind}，以第一次为准"),
            Press::Last => format!("{secrecy}{kind}，结束前可以改，以最后一次为准"),
        }
    }

    fn quorum_line(&self) -> String {
        let Some(quorum) = &self.quorum else { return self.quorum_zh() };
        let when = match quorum.when {
            When::Open => "开始时核对",
            When::OpenAndClose => "开始和结束时核对",
        };
        let effect = match quorum.effect {
            Effect::Block => "不足不得进行",
            Effect::Warn => "不足时提醒",
        };
        format!("{}，{when}，{effect}", self.quorum_zh())
    }

    fn left_out(&self) -> String {
        let not_pressed =
            if self.count_not_pressed { "未按的计入基数" } else { "未按的单独列出" };
        let recused = match (self.recusal, self.count_recused) {
            (false, _) => "不设回避",
            (true, true) => "可以登记回避，回避的仍计入基数",
            (true, false) => "可以登记回避，回避的不计入基数",
        };
        format!("{not_pressed}；{recused}")
    }

    fn ending(&self) -> String {
        let clock = self.seconds.map(|seconds| format!("限时 {}", span(seconds)));
        let all = self.end_when_all_voted.then(|| "在场的都表决后自动结束".to_string());
        let said: Vec<String> = [clock, all].into_iter().flatten().collect();
        if said.is_empty() {
            "由主持人结束".to_string()
        } else {
            format!("{}，主持人也可以提前结束", said.join("；"))
        }
    }

    fn small_group_line(&self) -> String {
        let effect =
            if self.small_group.effect == Effect::Block { "不得进行" } else { "提醒主持人" };
        format!("能表决的少于 {} 人时，{effect}", self.small_group.least)
    }

    /// Counts are shown while votes come in.
    pub fn counts_live(&self) -> bool {
        !self.secret && self.display == Display::Immediate
    }

    /// One sentence for a list to choose from: 无记名议案表决，全体有表决权的成员过半数赞成.
    pub fn summary(&self) -> String {
        let secrecy = if self.secret { "无记名" } else { "记名" };
        let defer = if self.at(Role::Defer).is_some() { "，可投缓议" } else { "" };
        let advisory = if self.advisory { "，供决策参考" } else { "" };
        format!("{secrecy}；{}；{}{defer}{advisory}", self.quorum_zh(), self.pass_zh())
    }
}

/// 90 as 1 分 30 秒.
pub fn span(seconds: i64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} 秒"),
        (minutes, 0) => format!("{minutes} 分钟"),
        (minutes, seconds) => format!("{minutes} 分 {seconds} 秒"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ballot::rules::samples::{election, motion};

    fn line(rules: &Rules, name: &str) -> String {
        let lines = rules.lines();
        lines.into_iter().find(|(known, _)| *known == name).map(|(_, text)| text).unwrap_or_default()
    }

    #[test]
    fn rules_are_printed_in_the_words_that_people_decide_by() {
        assert_eq!(line(&motion(), "表决方式"), "记名议案表决，以第一次为准");
        assert_eq!(line(&motion(), "通过条件"), "全体有表决权的成员过半数赞成");
        assert_eq!(line(&election(), "表决方式"), "无记名选举，以第一次为准");
        assert_eq!(line(&election(), "当选条件"), "参加表决的成员过半数赞成");
        assert_eq!(line(&election(), "末位票数相等"), "就票数相等的人再次投票，得票多的当选");
        assert_eq!(line(&motion(), "监票"), "");
        let timed = Rules { seconds: Some(90), ..motion() };
        assert_eq!(line(&timed, "结束"), "限时 1 分 30 秒，主持人也可以提前结束");
    }
}
