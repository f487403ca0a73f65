//! Rules of a vote as data: what a template says, and a round keeps a frozen copy of.

use serde::{Deserialize, Serialize};

use super::share::Share;
use crate::base::words::words;

words! {
    /// What is decided.
    Kind {
        Motion = "motion", "表决";
        Election = "election", "选举";
        /// 民主测评: every subject is graded, nothing passes or fails.
        Rating = "rating", "测评";
    }
}

words! {
    /// What an option means to the count.
    Role {
        Yes = "yes", "赞成";
        No = "no", "反对";
        Abstain = "abstain", "弃权";
        /// A vote cast that is neither for nor against: 缓议.
        Defer = "defer", "缓议";
        Grade = "grade", "等次";
    }
}

words! {
    /// What a share is taken of.
    Base {
        /// Everybody with the right to vote, whether they came or not.
        All = "all", "全体有表决权的成员";
        /// Those who were there.
        Present = "present", "到会成员";
        /// Those who voted, whatever they chose.
        Cast = "cast", "参加表决的成员";
        /// Those for and against.
        Valid = "valid", "赞成与反对之和";
    }
}

words! {
    /// When there must be enough members.
    When {
        Open = "open", "开始时";
        OpenAndClose = "open_close", "开始和结束时";
    }
}

words! {
    /// What follows when something is not as it should be.
    Effect {
        /// The chair sees it, and may go on.
        Warn = "warn", "提醒";
        Block = "block", "不得进行";
    }
}

words! {
    /// Which press of one person counts.
    Press {
        First = "first", "以第一次为准";
        /// A later press replaces an earlier one; in named rounds only, for a secret one keeps no ballot to replace.
        Last = "last", "以最后一次为准";
    }
}

words! {
    /// From when the result is shown to others than the chair.
    Display {
        /// Counts are shown while the vote runs; in named rounds only.
        Immediate = "immediate", "随时显示";
        AfterClose = "after_close", "结束后显示";
        AfterPublish = "after_publish", "公布后显示";
    }
}

words! {
    /// Who may vote of those with the right to.
    Presence {
        SignedIn = "signed_in", "签到且在场";
        /// Whoever is on the roster, wherever they are.
        Roster = "roster", "名册内均可";
    }
}

words! {
    /// What becomes of a named vote whose check-in was taken back while the round was open.
    Undone {
        Stands = "stands", "有效";
        Excluded = "excluded", "不计入";
    }
}

words! {
    /// What becomes of seats that nobody reached.
    TooFew {
        Vacancy = "vacancy", "名额空缺";
        NewRound = "new_round", "另行选举";
    }
}

/// One of the things that can be pressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionRule {
    /// What forms and programs send.
    pub key: String,
    /// What the button says.
    pub label: String,
    pub role: Role,
}

/// How many must be there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quorum {
    /// Of everybody with the right to vote.
    pub share: Share,
    pub when: When,
    pub effect: Effect,
}

/// What passes; in an election, what elects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pass {
    pub base: Base,
    pub share: Share,
}

/// How few electors make a secret vote no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmallGroup {
    pub least: i64,
    pub effect: Effect,
}

/// The rules of a round. There is no delegation: whoever is absent neither votes nor is voted for by another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    pub kind: Kind,
    pub options: Vec<OptionRule>,
    /// Nobody, and no row, says who chose what (无记名).
    pub secret: bool,
    #[serde(default = "first")]
    pub press: Press,
    #[serde(default = "signed_in")]
    pub presence: Presence,
    #[serde(default)]
    pub quorum: Option<Quorum>,
    /// `None`: nothing passes or fails (opinions, ratings); in an election the most votes win.
    #[serde(default)]
    pub pass: Option<Pass>,
    /// 未按 counts among those present and those who voted.
    #[serde(default)]
    pub count_not_pressed: bool,
    /// Who recused stays in the base.
    #[serde(default)]
    pub count_recused: bool,
    /// Members may be recused (回避).
    #[serde(default)]
    pub recusal: bool,
    #[serde(default = "stands")]
    pub undone_votes: Undone,
    /// The round ends by itself after so many seconds.
    #[serde(default)]
    pub seconds: Option<i64>,
    /// The round ends when everybody who may vote has. The chair can always end it.
    #[serde(default)]
    pub end_when_all_voted: bool,
    pub display: Display,
    /// The result advises whoever decides (首长负责制); it binds nobody.
    #[serde(default)]
    pub advisory: bool,
    #[serde(default = "small_group")]
    pub small_group: SmallGroup,
    /// Scrutineers (监票人) who must confirm, at least.
    #[serde(default)]
    pub scrutineers: i64,
    /// What was refused so often cannot be put to the vote again.
    #[serde(default)]
    pub refusals: Option<i64>,
    /// Equal votes at the last seat: the tied are voted on again.
    #[serde(default)]
    pub runoff: bool,
    #[serde(default = "vacancy")]
    pub too_few: TooFew,
    /// At equal votes for and against, the chair decides.
    #[serde(default)]
    pub casting_vote: bool,
}

fn first() -> Press {
    Press::First
}

fn signed_in() -> Presence {
    Presence::SignedIn
}

fn stands() -> Undone {
    Undone::Stands
}

fn vacancy() -> TooFew {
    TooFew::Vacancy
}

fn small_group() -> SmallGroup {
    SmallGroup { least: 5, effect: Effect::Block }
}

/// Options on a paper at most.
const OPTIONS: usize = 10;
/// Characters of a key and of a label at most.
const KEY: usize = 20;
const LABEL: usize = 20;
/// The shortest and longest time that a round may run by the clock: five seconds, a day.
const SECONDS: std::ops::RangeInclusive<i64> = 5..=86_400;

impl Rules {
    /// What makes these rules impossible, in Chinese; empty: nothing.
    pub fn problems(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut when = |is: bool, text: &str| {
            if is {
                wrong.push(text.to_string());
            }
        };
        let count = |role| self.options.iter().filter(|option| option.role == role).count();
        let one_key = |at: usize| self.options[..at].iter().all(|other| other.key != self.options[at].key);
        when(!(2..=OPTIONS).contains(&self.options.len()), "选项应有 2 到 10 个");
        when(!(0..self.options.len()).all(one_key), "选项的代号不能重复");
        when(self.options.iter().any(|it| !is_key(&it.key)), "选项的代号只用小写字母、数字和下划线");
        when(self.options.iter().any(|it| !is_label(&it.label)), "选项的名称应有 1 到 20 个字");
        match self.kind {
            Kind::Rating => {
                when(count(Role::Grade) < 2, "测评至少要有两个等次");
                when(count(Role::Yes) + count(Role::No) > 0, "测评的选项只能是等次或弃权");
                when(self.pass.is_some(), "测评不设通过比例");
            }
            Kind::Motion | Kind::Election => {
                when(count(Role::Yes) != 1, "应有且只有一个「赞成」选项");
                when(count(Role::No) > 1 || count(Role::Abstain) > 1, "「反对」「弃权」各只能有一个");
                when(count(Role::Grade) > 0, "等次只用于测评");
            }
        }
        if self.kind == Kind::Motion {
            when(self.pass.is_none() && !self.advisory, "没有通过比例的，只能是征求意见（不具约束力）");
        } else {
            when(self.casting_vote, "只有议案表决可以由主持人在票数相等时决定");
        }
        if self.kind == Kind::Election {
            when(count(Role::Abstain) == 0, "选举应有「弃权」选项，未选的候选人按弃权计");
        } else {
            when(self.runoff, "再次投票只用于选举");
        }
        when(self.secret && self.press == Press::Last, "无记名投票不保存选票，不能改投，只能以第一次为准");
        when(self.secret && self.display == Display::Immediate, "无记名投票在结束前不能显示结果");
        when(
            self.secret && self.undone_votes == Undone::Excluded,
            "无记名投票不知道谁投了什么，不能剔除已投的票",
        );
        when(self.secret && self.small_group.least < 3, "无记名投票的人数下限至少是 3");
        when(!(1..=100).contains(&self.small_group.least), "人数下限应在 1 到 100 之间");
        when(self.seconds.is_some_and(|it| !SECONDS.contains(&it)), "限时应在 5 秒到 24 小时之间");
        when(!(0..=9).contains(&self.scrutineers), "监票人最多 9 人");
        when(self.refusals.is_some_and(|it| !(1..=9).contains(&it)), "未通过的次数上限应在 1 到 9 之间");
        if let Some(pass) = &self.pass {
            when(
                pass.base == Base::Valid && self.count_not_pressed,
                "以赞成与反对之和为基数时，未按不能计入基数",
            );
        }
        for (name, share) in [
            ("法定人数", self.quorum.as_ref().map(|it| it.share)),
            ("通过比例", self.pass.as_ref().map(|it| it.share)),
        ] {
            wrong.extend(share.and_then(Share::problem).map(|problem| format!("{name}：{problem}")));
        }
        wrong
    }

    /// Where the option of this role stands.
    pub fn at(&self, role: Role) -> Option<usize> {
        self.options.iter().position(|option| option.role == role)
    }

    /// What is needed to pass, in words: 全体有表决权的成员过半数赞成.
    pub fn pass_zh(&self) -> String {
        match &self.pass {
            Some(pass) => format!("{}{}赞成", pass.base.zh(), pass.share.zh()),
            None if self.kind == Kind::Election => "得票多的当选".to_string(),
            None => "只记录结果，不作通过与否的判定".to_string(),
        }
    }

    /// What is needed to begin, in words.
    pub fn quorum_zh(&self) -> String {
        match &self.quorum {
            Some(quorum) => format!("{}{}到会", Base::All.zh(), quorum.share.zh()),
            None => "不要求到会人数".to_string(),
        }
    }
}

fn is_key(key: &str) -> bool {
    (1..=KEY).contains(&key.len())
        && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn is_label(label: &str) -> bool {
    (1..=LABEL).contains(&label.trim().chars().count()) && !label.contains(char::is_control)
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;
    use crate::ballot::share::Op;

    pub(in crate::ballot) fn options(roles: &[Role]) -> Vec<OptionRule> {
        let option = |role: &Role| OptionRule {
            key: role.word().to_string(),
            label: role.zh().to_string(),
            role: *role,
        };
        roles.iter().map(option).collect()
    }

    /// A named motion: more than half of all.
    pub(in crate::ballot) fn motion() -> Rules {
        Rules {
            kind: Kind::Motion,
            options: options(&[Role::Yes, Role::No, Role::Abstain]),
            secret: false,
            press: Press::First,
            presence: Presence::SignedIn,
            quorum: None,
            pass: Some(Pass { base: Base::All, share: Share { op: Op::Over, num: 1, den: 2 } }),
            count_not_pressed: false,
            count_recused: false,
            recusal: true,
            undone_votes: Undone::Stands,
            seconds: None,
            end_when_all_voted: false,
            display: Display::AfterClose,
            advisory: false,
            small_group: small_group(),
            scrutineers: 0,
            refusals: None,
            runoff: false,
            too_few: TooFew::Vacancy,
            casting_vote: false,
        }
    }

    /// A secret election: more than half of the papers.
    pub(in crate::ballot) fn election() -> Rules {
        Rules {
            kind: Kind::Election,
            secret: true,
            pass: Some(Pass { base: Base::Cast, share: Share { op: Op::Over, num: 1, den: 2 } }),
            runoff: true,
            ..motion()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{election, motion, options};
    use super::*;

    #[test]
    fn sound_rules_have_no_problem() {
        assert_eq!(motion().problems(), Vec::<String>::new());
        assert_eq!(election().problems(), Vec::<String>::new());
    }

    #[test]
    fn a_secret_vote_takes_the_first_press_and_shows_nothing_before_its_end() {
        for wrong in [
            Rules { press: Press::Last, ..election() },
            Rules { display: Display::Immediate, ..election() },
            Rules { undone_votes: Undone::Excluded, ..election() },
        ] {
            assert_eq!(wrong.problems().len(), 1, "{wrong:?}");
        }
    }

    #[test]
    fn impossible_shares_and_options_are_refused() {
        let mut rules = motion();
        rules.pass = rules
            .pass
            .map(|pass| Pass { share: Share { op: crate::ballot::share::Op::Over, num: 3, den: 3 }, ..pass });
        assert_eq!(rules.problems(), ["通过比例：不可能超过全部，请改用「以上」"]);
        for roles in [
            vec![Role::Yes],
            vec![Role::No, Role::Abstain],
            vec![Role::Yes, Role::Yes],
            vec![Role::Yes, Role::Grade],
        ] {
            assert!(!Rules { options: options(&roles), ..motion() }.problems().is_empty(), "{roles:?}");
        }
        assert!(!Rules { pass: None, ..motion() }.problems().is_empty());
        assert!(Rules { pass: None, advisory: true, ..motion() }.problems().is_empty());
        assert!(!Rules { seconds: Some(0), ..motion() }.problems().is_empty());
    }

    #[test]
    fn rules_read_back_as_they_were_written() {
        let text = serde_json::to_string(&election()).unwrap();
        assert_eq!(serde_json::from_str::<Rules>(&text).unwrap(), election());
        assert!(serde_json::from_str::<Rules>(&text.replacen("secret", "secrete", 1)).is_err());
    }
}
