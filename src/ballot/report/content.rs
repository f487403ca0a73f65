//! What a report says, in blocks that every form of it draws. Made of frozen rows only, so the same revision always
//! says the same.

use chrono::Datelike;

use crate::ballot::digest;
use crate::ballot::model::{ElectorStanding, ballot_revision};
use crate::ballot::refusal::BallotRefusal;
use crate::ballot::rules::Kind;
use crate::ballot::sheet::{Elector, Sheet};
use crate::ballot::verdict::QuorumCheck;
use crate::base::Base;
use crate::base::clock::{self, Instant};
use crate::meeting::attendance::presence;

/// A piece of a report, from the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    Heading(String),
    Text(String),
    /// What counts most: drawn larger.
    Verdict(String),
    Facts(Vec<(String, String)>),
    Table(Table),
    /// Lines to sign on.
    Signatures(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// With the share of the width that each column takes.
    pub head: Vec<(String, u16)>,
    pub rows: Vec<Vec<String>>,
}

/// A report of one published revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The meeting's.
    pub title: String,
    /// 人工计票, 供决策参考; empty for most.
    pub labels: Vec<&'static str>,
    pub blocks: Vec<Block>,
    /// 第 1 版.
    pub revision: String,
    /// In groups of four.
    pub digest: String,
    /// Where it is verified.
    pub link: String,
}

impl Report {
    /// What `revision` of a counted round says.
    pub async fn of(
        base: &Base,
        sheet: &Sheet,
        revision: &ballot_revision::Model,
    ) -> Result<Report, BallotRefusal> {
        let meeting = presence::find(base.db.read(), sheet.round.meeting_id).await?;
        let meeting = meeting.ok_or(BallotRefusal::NoMeeting)?;
        let facts = Facts { sheet, revision };
        let mut labels = Vec::new();
        if sheet.by_hand.is_some() {
            labels.push("人工计票");
        }
        if sheet.rules.advisory {
            labels.push("供决策参考");
        }
        let mut blocks = vec![Block::Facts(vec![
            fact("会议", &meeting.title),
            fact("时间", clock::zh_span(meeting.starts_at, meeting.ends_at, Instant::UNIX_EPOCH)),
            fact("地点", &meeting.place),
            fact("事项", format!("第 {} 项", sheet.round.number)),
        ])];
        blocks.extend(facts.question());
        blocks.extend(facts.result());
        blocks.extend(facts.turnout());
        blocks.extend(facts.rules());
        blocks.extend(facts.names());
        blocks.extend(facts.witnesses());
        let digest = digest::printed(revision);
        Ok(Report {
            title: meeting.title,
            labels,
            blocks,
            revision: format!("第 {} 版", revision.number),
            link: base.config.link(&format!("/verify?d={}", revision.digest)),
            digest,
        })
    }
}

/// What the blocks are made of.
struct Facts<'a> {
    sheet: &'a Sheet,
    revision: &'a ballot_revision::Model,
}

impl Facts<'_> {
    fn question(&self) -> Vec<Block> {
        let round = &self.sheet.round;
        let mut blocks = vec![heading("一、表决事项"), Block::Text(round.question.clone())];
        if !round.text.is_empty() {
            blocks.push(Block::Text(round.text.clone()));
        }
        let mut facts = Vec::new();
        if let Some(before) = self.sheet.before {
            facts.push(fact("前一次", format!("第 {before} 项")));
        }
        if round.attempt > 1 {
            facts.push(fact("提交次数", format!("第 {} 次", round.attempt)));
        }
        if let Some(seats) = self.sheet.result.seats {
            facts.push(fact("应选名额", format!("{seats} 名")));
        }
        facts.push(fact("内容校验值", grouped(round.text_hash.as_deref().unwrap_or_default())));
        blocks.push(Block::Facts(facts));
        blocks
    }

    fn result(&self) -> Vec<Block> {
        let result = &self.sheet.result;
        let mut blocks = vec![heading("二、表决结果"), Block::Verdict(result.sentence.clone())];
        blocks.push(Block::Table(self.counts()));
        if self.sheet.rules.advisory {
            blocks.push(text("本次表决供决策参考，不具约束力。"));
        }
        if let Some(by_hand) = &self.sheet.by_hand {
            blocks.push(Block::Text(format!(
                "人工计票（{}）：到会 {} 人，收回 {} 票，其中无效 {} 票。见证人：{}。{}",
                by_hand.method.zh(),
                by_hand.present,
                by_hand.papers,
                by_hand.invalid,
                by_hand.witnesses.join("、"),
                by_hand.note
            )));
        }
        if !self.revision.reason.is_empty() {
            let (number, reason) = (self.revision.number, &self.revision.reason);
            blocks.push(Block::Text(format!("更正说明（第 {number} 版）：{reason}")));
        }
        blocks
    }

    /// Of a motion one row with 未按, else a row for each candidate or subject.
    fn counts(&self) -> Table {
        let (rules, result) = (&self.sheet.rules, &self.sheet.result);
        let (named, elects) = (rules.kind != Kind::Motion, rules.kind == Kind::Election);
        let passes = rules.pass.is_some();
        let column = |name: &str, share: u16| (name.to_string(), share);
        let mut head = Vec::new();
        if named {
            head.push(column(if elects { "候选人" } else { "测评对象" }, 30));
        }
        head.extend(rules.options.iter().map(|option| column(&option.label, 12)));
        if !named {
            head.push(column("未按", 12));
        }
        if passes {
            head.push(column("计算", 30));
        }
        if elects {
            head.push(column("结果", 14));
        }
        let rows = result.items.iter().map(|item| {
            let mut row = Vec::new();
            if named {
                row.push(with_note(&item.label, &item.note));
            }
            row.extend(item.verdict.counts.iter().map(i64::to_string));
            if !named {
                row.push(result.turnout.not_pressed.to_string());
            }
            if passes {
                row.push(item.verdict.inequality.clone().unwrap_or_default());
            }
            if elects {
                row.push(item.standing().to_string());
            }
            row
        });
        Table { rows: rows.collect(), head }
    }

    fn turnout(&self) -> Vec<Block> {
        let (result, round) = (&self.sheet.result, &self.sheet.round);
        let turnout = &result.turnout;
        let mut facts = vec![fact("有表决权", format!("{} 人", turnout.entitled))];
        for (name, figure) in [
            ("参加表决", turnout.voted),
            ("到会未按", turnout.not_pressed),
            ("离场", turnout.away),
            ("回避", turnout.recused),
            ("请假", turnout.on_leave),
            ("缺席", turnout.absent),
            ("签到撤销，票不计入", turnout.excluded),
        ] {
            if figure > 0 || ["参加表决", "到会未按"].contains(&name) {
                facts.push(fact(name, format!("{figure} 人")));
            }
        }
        facts.push(fact("开始", round.opened_at.map_or_else(String::new, moment)));
        facts.push(fact("结束", round.closed_at.map_or_else(String::new, moment)));
        facts.push(fact("开始时法定人数", quorum(result.quorum_open.as_ref())));
        facts.push(fact("结束时法定人数", quorum(result.quorum_close.as_ref())));
        vec![heading("三、到会情况"), Block::Facts(facts)]
    }

    fn rules(&self) -> Vec<Block> {
        let round = &self.sheet.round;
        let name = format!("{}（第 {} 版）", round.template_title, round.template_version);
        let mut facts = vec![fact("规则", name), fact("依据", &round.source)];
        facts.extend(self.sheet.rules.lines().into_iter().map(|(name, words)| fact(name, words)));
        vec![heading("四、表决规则"), Block::Facts(facts)]
    }

    /// Of a named round who chose what; of a secret one who voted.
    fn names(&self) -> Vec<Block> {
        let (sheet, electors) = (self.sheet, &self.sheet.electors);
        let marked = electors.iter().any(|elector| elector.marks.is_some());
        let chosen = marked && sheet.rules.kind == Kind::Motion;
        let mut head = vec![("序号", 8), ("姓名", 22), ("单位", 36), ("情况", 20)];
        if chosen {
            head.push(("表决", 14));
        }
        let head = head.into_iter().map(|(name, share)| (name.to_string(), share)).collect();
        let rows = electors.iter().enumerate().map(|(at, elector)| {
            let number = (at + 1).to_string();
            let standing = elector.standing.zh().to_string();
            let mut row = vec![number, elector.name.clone(), elector.unit.clone(), standing];
            if chosen {
                row.push(self.chosen(elector));
            }
            row
        });
        let title = match () {
            () if sheet.by_hand.is_some() => "五、表决人名单",
            () if sheet.round.secret => "五、表决人名单（无记名，只列是否参加表决）",
            () => "五、记名表决名单",
        };
        let mut blocks = vec![heading(title), Block::Table(Table { rows: rows.collect(), head })];
        if marked && !chosen {
            blocks.push(self.marked_items());
        }
        let recusals = sheet.recusals.iter().filter_map(|row| {
            let who = electors.iter().find(|elector| elector.person == row.person_id)?;
            Some(format!("{}：{}", who.name, row.reason))
        });
        let recusals: Vec<String> = recusals.collect();
        if !recusals.is_empty() {
            blocks.push(Block::Text(format!("回避：{}", recusals.join("；"))));
        }
        blocks
    }

    fn chosen(&self, elector: &Elector) -> String {
        let counted = matches!(elector.standing, ElectorStanding::Voted | ElectorStanding::VotedUndone);
        let mark = elector.marks.as_ref().and_then(|marks| marks.first());
        mark.filter(|_| counted).map_or_else(String::new, |at| self.label(*at))
    }

    fn label(&self, option: usize) -> String {
        self.sheet.rules.options.get(option).map(|option| option.label.clone()).unwrap_or_default()
    }

    /// A named vote on several items: one row a person and item.
    fn marked_items(&self) -> Block {
        let head = [("姓名", 25), ("项目", 45), ("选择", 30)].map(|(name, share)| (name.to_string(), share));
        let mut rows = Vec::new();
        for elector in &self.sheet.electors {
            let Some(marks) = &elector.marks else { continue };
            for (item, option) in self.sheet.result.items.iter().zip(marks) {
                rows.push(vec![elector.name.clone(), item.label.clone(), self.label(*option)]);
            }
        }
        Block::Table(Table { head: head.to_vec(), rows })
    }

    fn witnesses(&self) -> Vec<Block> {
        let sheet = self.sheet;
        let mut facts = Vec::new();
        let mut lines = vec!["主持人".to_string()];
        for row in &sheet.scrutineers {
            let word = row
                .confirmed_at
                .map_or_else(|| "未确认".to_string(), |at| format!("{} 在本人手机上确认计票", moment(at)));
            facts.push((format!("监票人 {}", row.name), word));
            lines.push(format!("监票人 {}", row.name));
        }
        facts.push(fact("计票确认", sheet.round.confirmed_at.map_or_else(String::new, moment)));
        facts.push(fact("公布", moment(self.revision.at)));
        facts.push(fact("报告版本", format!("第 {} 版", self.revision.number)));
        if let Some(by_hand) = &sheet.by_hand {
            lines.extend(by_hand.witnesses.iter().map(|name| format!("见证人 {name}")));
        }
        vec![heading("六、确认和公布"), Block::Facts(facts), Block::Signatures(lines)]
    }
}

fn fact(name: &str, said: impl Into<String>) -> (String, String) {
    (name.to_string(), said.into())
}

fn heading(said: &str) -> Block {
    Block::Heading(said.to_string())
}

fn text(said: &str) -> Block {
    Block::Text(said.to_string())
}

fn with_note(label: &str, note: &str) -> String {
    if note.is_empty() { label.to_string() } else { format!("{label}（{note}）") }
}

fn quorum(check: Option<&QuorumCheck>) -> String {
    match check {
        None => "规则不要求".to_string(),
        Some(check) => {
            let word = if check.met { "达到" } else { "未达到" };
            format!("到会 {} 人，{}，{word}", check.present, check.inequality)
        }
    }
}

/// `2026年9月19日 09:32:05`: a paper outlives the year.
fn moment(at: Instant) -> String {
    let wall = clock::shanghai(at);
    format!("{}年{}月{}日 {}", wall.year(), wall.month(), wall.day(), clock::zh_second(at))
}

/// Hexadecimal digits in groups of eight, so that a long line can be broken and compared.
fn grouped(digits: &str) -> String {
    let digits: Vec<char> = digits.chars().collect();
    digits.chunks(8).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
