//! The phone pages' templates, and what stands in them: everything is worded here, templates only place it.

use actix_web::http::StatusCode;
use askama::Template;
use uuid::Uuid;

use super::words::{heading, labels, stage, to_hall};
use crate::ballot::mine::Part;
use crate::ballot::model::{State, ballot_round};
use crate::ballot::paper::Paper;
use crate::ballot::refusal::BallotRefusal;
use crate::ballot::result::{self, Face};
use crate::ballot::rules::{Kind, Press, Role, Rules};
use crate::ballot::told::Told;
use crate::ballot::urn::Outcome;
use crate::ballot::visit::Visit;
use crate::base::clock::{self, Instant};
use crate::base::error::describe;
use crate::web::Layout;

/// What a press came to, to be said on the page that is drawn again.
#[derive(Default)]
pub struct Said {
    refusal: Option<(u16, String)>,
    outcome: Option<Outcome>,
}

impl Said {
    pub fn no(refusal: &BallotRefusal) -> Said {
        Said { refusal: Some(describe(refusal)), outcome: None }
    }

    pub fn done(outcome: Outcome) -> Said {
        Said { refusal: None, outcome: Some(outcome) }
    }

    pub fn status(&self) -> StatusCode {
        let code = self.refusal.as_ref().map_or(200, |(status, _)| *status);
        StatusCode::from_u16(code).unwrap_or(StatusCode::CONFLICT)
    }
}

#[derive(Template)]
#[template(path = "ballot/phone_round.html")]
pub struct RoundPage {
    page: Layout,
    code: String,
    id: Uuid,
    stage: String,
    /// Asks again by loading, for people whose right to vote may come back.
    retries: bool,
    heading: String,
    question: String,
    text: String,
    labels: Vec<String>,
    notice: Option<String>,
    done: Option<Done>,
    form: Option<Form>,
    /// The choice of a named vote.
    own: Vec<(String, String)>,
    shown: Option<Told>,
    facts: Vec<(&'static str, String)>,
    /// When the clock ends it, in milliseconds since 1970.
    ends_at: Option<i64>,
    promise: Vec<&'static str>,
    scrutineer: Option<&'static str>,
}

/// What just happened, or how it stands: first and large.
struct Done {
    sign: &'static str,
    headline: &'static str,
    lines: Vec<String>,
}

/// The paper.
struct Form {
    op: Uuid,
    /// `tap`: each button votes; `choose`: one is chosen, then sent; `sheet`: several items, then sent.
    kind: &'static str,
    items: Vec<FormItem>,
    /// 应选.
    seats: Option<i64>,
    /// Where 赞成 stands, for the count of those chosen.
    yes: usize,
    button: &'static str,
    /// Asked before the paper is sent; empty: not asked.
    confirm: &'static str,
}

struct FormItem {
    name: String,
    label: String,
    note: String,
    options: Vec<FormOption>,
}

struct FormOption {
    place: usize,
    label: String,
    role: &'static str,
    checked: bool,
}

#[derive(Template)]
#[template(path = "ballot/phone_away.html")]
pub struct AwayPage {
    page: Layout,
    code: String,
    text: String,
}

/// A page that tells nothing of what is voted on.
pub fn away(page: Layout, code: &str, text: String) -> AwayPage {
    AwayPage { page, code: code.to_string(), text }
}

pub fn round(
    page: Layout,
    code: &str,
    seen: Visit,
    said: Said,
    now: Instant,
) -> Result<RoundPage, BallotRefusal> {
    let Visit { round, rules, paper, part, running, scrutineer } = seen;
    let opened = round.opened_at.is_some() || round.closed_at.is_some();
    let open = round.state() == State::Open;
    let again = rules.press == Press::Last;
    let form = match part {
        Part::Vote => Some(form(&rules, &paper, false)),
        Part::Voted(_) if again && running => Some(form(&rules, &paper, true)),
        _ => None,
    };
    let own = match &part {
        Part::Voted(Some(marks)) => choices(&rules, &paper, marks),
        _ => Vec::new(),
    };
    let scrutineer = scrutineer.filter(|_| round.state().is_counted()).map(|confirmed| match confirmed {
        true => "您已确认计票",
        false => "您是监票人：查看计票并确认",
    });
    let shown = to_hall(&round)?;
    Ok(RoundPage {
        done: done(&round, &rules, &part, running, said.outcome),
        notice: said.refusal.map(|(_, text)| text),
        stage: stage(&round, &rules)?,
        retries: running && matches!(part, Part::Not(_)),
        own,
        ends_at: round.ends_at.filter(|_| open).map(|at| at.timestamp_millis()),
        facts: if opened && shown.is_none() { facts(&round, &rules, &paper, now) } else { Vec::new() },
        promise: if form.is_some() { promise(&rules) } else { Vec::new() },
        shown,
        labels: if opened { labels(&round, &rules)? } else { Vec::new() },
        heading: if opened { heading(&round, &rules) } else { String::new() },
        id: round.id,
        question: if opened { round.question } else { String::new() },
        text: if opened { round.text } else { String::new() },
        code: code.to_string(),
        form,
        scrutineer,
        page,
    })
}

/// What the page says first; a paper that waits says itself.
fn done(
    round: &ballot_round::Model,
    rules: &Rules,
    part: &Part,
    running: bool,
    outcome: Option<Outcome>,
) -> Option<Done> {
    let (headline, mut lines, sign) = match part {
        Part::Vote => return None,
        Part::Voted(_) if running => {
            let mut lines = vec![match outcome {
                Some(Outcome::Replaced) => "已改为您这一次的选择。".to_string(),
                Some(Outcome::Already) => "您此前已经表决，以第一次为准，这次没有改变。".to_string(),
                _ => "您的一票已计入。".to_string(),
            }];
            if rules.secret {
                lines.push("本次为无记名投票，系统没有保存您的选择，所以这里不显示。".to_string());
            }
            lines.push("表决结束后，本页会自动更新。".to_string());
            ("已表决", lines, "good")
        }
        Part::Not(refusal) if running => ("您现在不能表决", vec![describe(refusal).1], "info"),
        Part::Not(refusal @ BallotRefusal::NotOpen) => ("表决还没有开始", vec![describe(refusal).1], "info"),
        Part::Not(_) | Part::Voted(_) if round.state() == State::Void => {
            let why = round.reason.iter().map(|why| format!("原因：{why}"));
            let lines = [describe(&BallotRefusal::Void).1].into_iter().chain(why).collect();
            ("这项表决已作废", lines, "info")
        }
        Part::Voted(_) => {
            let line = match outcome {
                Some(Outcome::Already) => "您此前已经表决，以第一次为准，这次没有改变。",
                _ => "您已表决。",
            };
            (over(round), vec![line.to_string()], "good")
        }
        Part::Not(_) => (over(round), vec!["您没有参加这项表决。".to_string()], "info"),
    };
    if !running {
        let shown = result::shows(round.state(), rules.display, Face::Hall);
        let then = match round.state() {
            State::Open => "正在计票，结果出来后本页会自动更新。",
            State::Closed | State::Confirmed if shown => "以下结果待确认、公布。",
            State::Closed | State::Confirmed => "结果公布后，本页会自动更新。",
            _ => "",
        };
        lines.extend((!then.is_empty()).then(|| then.to_string()));
    }
    Some(Done { sign, headline, lines })
}

/// The headline of a round that takes no more votes.
fn over(round: &ballot_round::Model) -> &'static str {
    match round.state() {
        State::Open => "表决时间已到",
        State::Published => "表决结果已公布",
        _ => "表决已结束",
    }
}

fn form(rules: &Rules, paper: &Paper, again: bool) -> Form {
    let motion = rules.kind == Kind::Motion;
    // What is not marked in an election is an abstention; so it stands there from the beginning.
    let preset = if rules.kind == Kind::Election { rules.at(Role::Abstain) } else { None };
    let items = paper.items.iter().map(|item| FormItem {
        name: format!("m{}", item.key),
        label: item.label.clone(),
        note: item.note.clone(),
        options: rules
            .options
            .iter()
            .enumerate()
            .map(|(place, option)| FormOption {
                place,
                label: option.label.clone(),
                role: option.role.word(),
                checked: preset == Some(place),
            })
            .collect(),
    });
    Form {
        op: Uuid::new_v4(),
        kind: match (motion, rules.secret) {
            (true, false) => "tap",
            (true, true) => "choose",
            (false, _) => "sheet",
        },
        items: items.collect(),
        seats: paper.seats,
        yes: rules.at(Role::Yes).unwrap_or_default(),
        button: match (again, rules.kind) {
            (true, _) => "改为这次的选择",
            (false, Kind::Motion) => "投票",
            (false, Kind::Election) => "提交选票",
            (false, Kind::Rating) => "提交测评",
        },
        confirm: match (rules.secret, rules.press) {
            (true, _) => "提交后不能更改，也没有人能替您查到选了什么。确认提交？",
            (false, Press::First) if !motion => "提交后不能更改。确认提交？",
            (false, _) => "",
        },
    }
}

/// How somebody voted, by item: of an election only those who were chosen.
fn choices(rules: &Rules, paper: &Paper, marks: &[usize]) -> Vec<(String, String)> {
    let pairs = paper.items.iter().zip(marks).filter_map(|(item, mark)| {
        let option = rules.options.get(*mark)?;
        (rules.kind != Kind::Election || option.role != Role::Abstain)
            .then(|| (item.label.clone(), option.label.clone()))
    });
    let mut told: Vec<(String, String)> = pairs.collect();
    match rules.kind {
        Kind::Motion => told.iter_mut().for_each(|(label, _)| *label = "您的选择".to_string()),
        Kind::Election if told.is_empty() => told.push(("您的选择".to_string(), "全部弃权".to_string())),
        _ => {}
    }
    told
}

fn facts(
    round: &ballot_round::Model,
    rules: &Rules,
    paper: &Paper,
    now: Instant,
) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(seats) = paper.seats {
        facts.push(("应选", format!("{} 人中选 {seats} 人", paper.items.len())));
    }
    if rules.kind != Kind::Rating {
        facts.push((if rules.kind == Kind::Election { "当选条件" } else { "通过条件" }, rules.pass_zh()));
    }
    if round.state() == State::Open {
        facts.push((
            "改投",
            match rules.press {
                Press::First => "以第一次为准，提交后不能修改".to_string(),
                Press::Last => "结束前可以改，以最后一次为准".to_string(),
            },
        ));
        if let Some(ends_at) = round.ends_at {
            let same_day = clock::shanghai(ends_at).date_naive() == clock::shanghai(now).date_naive();
            facts.push((
                "截止",
                if same_day { clock::zh_second(ends_at) } else { clock::zh_moment(ends_at, now) },
            ));
        }
    }
    facts.push(("规则", round.template_title.clone()));
    facts
}

/// What is protected and what is not, in plain words.
fn promise(rules: &Rules) -> Vec<&'static str> {
    if !rules.secret {
        return vec![
            "这是记名表决：您的选择会和姓名一起记入表决记录，主持人和工作人员可以看到，也会按规则写进表决报告。",
        ];
    }
    vec![
        "这是无记名投票：系统只记您已投票，不记您选了什么。您的选择不进数据库、日志和网址，工作人员、主持人和管理员在系统里都查不到，您自己之后也看不到。",
        "做不到的也请您知道：能进入服务器、在您投票的那一刻同时盯着网络和数据库底层的技术人员，仍有可能推断；如果所有人选得一样，结果本身就说明了每个人的选择。请不要让旁人看到您的手机屏幕。",
    ]
}
