//! A vote in the words of phones and of the hall's screen: pure. Who may see a result, [`crate::ballot::result`] says.

use serde::Serialize;

use super::result::{Counted, Shown};
use super::rules::{Kind, Role};
use super::verdict::{Outcome, QuorumCheck};

/// A result as pages and screens place it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Told {
    /// 通过, 未通过, 选举完成 ….
    pub outcome: &'static str,
    /// `good`, `bad` or `plain`.
    pub tone: &'static str,
    /// `2 × 113 > 210，通过`.
    pub sentence: String,
    /// What was needed, in words.
    pub rule: String,
    pub items: Vec<Item>,
    /// A label and its number: 有表决权 210, 已表决 208 ….
    pub figures: Vec<(&'static str, i64)>,
    /// At the opening and at the close.
    pub quorum: Vec<String>,
    /// See [`labels`].
    pub labels: Vec<String>,
}

/// One thing that was voted on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Item {
    pub label: String,
    pub note: String,
    pub bars: Vec<Bar>,
    pub inequality: Option<String>,
    /// 当选, 票数相等; empty otherwise.
    pub mark: &'static str,
}

/// One option's count, and its share in percent, cut: for the length of a bar, never for a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bar {
    pub label: String,
    pub count: i64,
    pub percent: i64,
    /// The word of a [`Role`], or `none`, for its colour.
    pub role: &'static str,
}

impl Told {
    pub fn of(shown: &Shown) -> Told {
        Told {
            outcome: shown.outcome_zh,
            tone: tone(shown.outcome),
            sentence: shown.sentence.clone(),
            rule: if shown.kind == Kind::Rating { String::new() } else { shown.pass.clone() },
            items: items(shown),
            figures: figures(shown),
            quorum: quorum(shown),
            labels: labels(shown.manual, shown.advisory),
        }
    }
}

fn tone(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed | Outcome::Elected => "good",
        Outcome::Failed | Outcome::NoVote => "bad",
        Outcome::Tied | Outcome::RunOff | Outcome::SeatsLeft | Outcome::Recorded => "plain",
    }
}

/// In an election the most votes first; equal ones stay in the order of the paper.
fn items(shown: &Shown) -> Vec<Item> {
    let mut counted: Vec<&Counted> = shown.items.iter().collect();
    if shown.kind == Kind::Election {
        let yes = shown.options.iter().position(|option| option.role == Role::Yes);
        let votes = |item: &Counted| yes.and_then(|yes| item.verdict.counts.get(yes)).copied();
        counted.sort_by_key(|item| std::cmp::Reverse(votes(item)));
    }
    let options: Vec<(&str, Role)> =
        shown.options.iter().map(|option| (option.label.as_str(), option.role)).collect();
    let not_pressed = match (shown.kind, shown.manual) {
        (Kind::Motion, None) => shown.turnout.not_pressed,
        _ => 0,
    };
    let item = |item: &Counted| Item {
        label: item.label.clone(),
        note: item.note.clone(),
        bars: bars(&options, &item.verdict.counts, not_pressed),
        inequality: item.verdict.inequality.clone(),
        mark: match (item.elected, item.tied) {
            (true, _) => "当选",
            (_, true) => "票数相等",
            _ => "",
        },
    };
    counted.into_iter().map(item).collect()
}

/// The bars of one item, with 未按 at the end where there is any.
pub fn bars(options: &[(&str, Role)], counts: &[i64], not_pressed: i64) -> Vec<Bar> {
    let whole = (counts.iter().sum::<i64>() + not_pressed).max(1);
    let bar = |label: &str, count: i64, role| Bar {
        label: label.to_string(),
        count,
        percent: count * 100 / whole,
        role,
    };
    let pairs = options.iter().zip(counts);
    let mut made: Vec<Bar> = pairs.map(|((label, role), count)| bar(label, *count, role.word())).collect();
    if not_pressed > 0 {
        made.push(bar("未按", not_pressed, "none"));
    }
    made
}

fn figures(shown: &Shown) -> Vec<(&'static str, i64)> {
    let turnout = &shown.turnout;
    let mut figures = vec![("有表决权", turnout.entitled), ("已表决", turnout.voted)];
    let rest = [
        ("未按", turnout.not_pressed),
        ("无效票", shown.invalid),
        ("离场", turnout.away),
        ("回避", turnout.recused),
        ("请假", turnout.on_leave),
        ("缺席", turnout.absent),
        ("不计入", turnout.excluded),
    ];
    figures.extend(rest.into_iter().filter(|(_, figure)| *figure > 0));
    figures
}

fn quorum(shown: &Shown) -> Vec<String> {
    let of = |when: &str, check: &Option<QuorumCheck>| {
        check.as_ref().map(|check| format!("{when}{}", quorum_zh(check)))
    };
    [of("开始时", &shown.quorum_open), of("结束时", &shown.quorum_close)].into_iter().flatten().collect()
}

/// `到会 209 人，3 × 209 ≥ 2 × 210，达到法定人数`.
pub fn quorum_zh(check: &QuorumCheck) -> String {
    let word = match check.missing {
        0 => "达到法定人数".to_string(),
        missing => format!("还差 {missing} 人"),
    };
    format!("到会 {} 人，{}，{word}", check.present, check.inequality)
}

/// What must be said beside every figure of a round; `manual`: how it was counted by hand.
pub fn labels(manual: Option<&str>, advisory: bool) -> Vec<String> {
    let manual = manual.map(|method| format!("人工计票（{method}）"));
    let advisory = advisory.then(|| "咨询性表决，结果供决策参考".to_string());
    manual.into_iter().chain(advisory).collect()
}

/// `第 3 项 · 无记名表决`.
pub fn heading(number: i32, kind: Kind, secret: bool) -> String {
    let how = if secret { "无记名" } else { "记名" };
    format!("第 {number} 项 · {how}{}", kind.zh())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_share_the_whole_and_name_those_who_did_not_press() {
        let options = [("赞成", Role::Yes), ("反对", Role::No), ("弃权", Role::Abstain)];
        let made = bars(&options, &[113, 60, 27], 10);
        let told: Vec<_> = made.iter().map(|bar| (bar.label.as_str(), bar.count, bar.percent)).collect();
        assert_eq!(told, [("赞成", 113, 53), ("反对", 60, 28), ("弃权", 27, 12), ("未按", 10, 4)]);
        assert_eq!(bars(&options, &[0, 0, 0], 0).iter().map(|bar| bar.percent).sum::<i64>(), 0);
    }

    #[test]
    fn a_heading_says_number_secrecy_and_kind() {
        assert_eq!(heading(3, Kind::Motion, true), "第 3 项 · 无记名表决");
        assert_eq!(heading(1, Kind::Election, false), "第 1 项 · 记名选举");
    }
}
