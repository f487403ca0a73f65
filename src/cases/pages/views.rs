//! What the phone pages of petitions show, ready for their templates.

use askama::Template;

use crate::base::clock::{Instant, zh_moment};
use crate::base::error::{Coded, describe};
use crate::cases::Cases;
use crate::cases::act::{Act, Needs, TABLE};
use crate::cases::draft::Draft;
use crate::cases::list::Row;
use crate::cases::model::{Kind, Part, State, case_file};
use crate::cases::personal;
use crate::cases::search::Wanted;
use crate::cases::submit::{self, SubmitError, Submitted};
use crate::cases::view::View;
use crate::web::Layout;

use super::follow_ups::FollowUp;

#[derive(Template)]
#[template(path = "cases/form.html")]
pub struct FormPage {
    page: Layout,
    draft: Draft,
    wrong: Option<String>,
    kinds: Vec<(&'static str, &'static str, bool)>,
    /// Each group with its categories.
    categories: Vec<(String, Vec<Choice>)>,
    units: Vec<(String, String)>,
}

impl FormPage {
    pub fn new(page: Layout, cases: &Cases, draft: Draft, wrong: Option<String>) -> FormPage {
        let chosen = draft.kind();
        let mut categories: Vec<(String, Vec<Choice>)> = Vec::new();
        for one in cases.units.categories() {
            let entry = (one.code.clone(), one.name.clone(), one.code == draft.category);
            match categories.iter_mut().find(|(group, _)| *group == one.group) {
                Some((_, entries)) => entries.push(entry),
                None => categories.push((one.group.clone(), vec![entry])),
            }
        }
        FormPage {
            page,
            kinds: Kind::ALL.map(|kind| (kind.word(), kind.zh(), kind == chosen)).to_vec(),
            categories,
            units: cases.units.all().iter().map(|unit| (unit.code.clone(), unit.name.clone())).collect(),
            draft,
            wrong,
        }
    }
}

/// One entry of a list to choose from: its word, its name, and whether it is chosen.
type Choice = (String, String, bool);

/// What is still missing in a draft, in the words of the form.
pub fn incomplete(cases: &Cases, draft: &Draft) -> Option<String> {
    let length = |text: &str| text.trim().chars().count();
    let field = if !(1..=submit::TITLE).contains(&length(&draft.title)) {
        "title"
    } else if !(1..=crate::cases::decide::TEXT).contains(&length(&draft.body)) {
        "body"
    } else if cases.units.category(&draft.category).is_none() {
        "category"
    } else if length(&draft.place) > submit::PLACE {
        "place"
    } else {
        return None;
    };
    let error = SubmitError::Invalid(field);
    debug_assert_eq!(error.code(), "case_invalid");
    Some(describe(&error).1)
}

/// 公开后是这样.
#[derive(Template)]
#[template(path = "cases/preview.html")]
pub struct PreviewPage {
    page: Layout,
    title: String,
    paragraphs: Vec<String>,
    place: String,
    kind: &'static str,
    category: String,
    private: bool,
    photos: usize,
    /// What looks like somebody's own data, as it will be hidden.
    found: Vec<String>,
    contact: bool,
    /// What others asked already.
    alike: Vec<Line>,
}

impl PreviewPage {
    pub fn new(page: Layout, cases: &Cases, draft: &Draft, alike: Vec<case_file::Model>) -> PreviewPage {
        let now = cases.store.clock.now();
        let title = personal::find(&draft.title);
        let body = personal::find(&draft.body);
        let found = title.iter().chain(&body).map(|hit| hit.mask.clone()).collect();
        let shown = personal::remove(&draft.body, &body);
        PreviewPage {
            page,
            title: personal::remove(&draft.title, &title),
            paragraphs: shown.lines().map(str::to_string).collect(),
            place: draft.place.clone(),
            kind: draft.kind().zh(),
            category: cases.units.category(&draft.category).map(|it| it.name.clone()).unwrap_or_default(),
            private: private(draft),
            photos: draft.photos.len(),
            contact: !draft.contact.is_empty(),
            found,
            alike: alike.into_iter().map(|file| public_line(cases, file, now)).collect(),
        }
    }
}

/// Nobody but those who deal with it will read it.
pub fn private(draft: &Draft) -> bool {
    draft.confidential || draft.kind() == Kind::Accusation || !draft.accused_unit.is_empty()
}

/// A public case in a list.
pub fn public_line(cases: &Cases, file: case_file::Model, now: Instant) -> Line {
    Line {
        number: file.lead_unit.as_deref().map(|unit| cases.units.name(unit).to_string()).unwrap_or_default(),
        href: format!("/cases/{}", file.public_no),
        state: file.state().zh(),
        at: zh_moment(file.created_at, now),
        title: file.public_title,
    }
}

#[derive(Template)]
#[template(path = "cases/sent.html")]
pub struct SentPage {
    page: Layout,
    number: String,
    href: String,
    code: String,
}

impl SentPage {
    pub fn new(page: Layout, submitted: &Submitted) -> SentPage {
        SentPage {
            page,
            number: submitted.number.clone(),
            href: format!("/cases/{}", submitted.public_no),
            code: submitted.code.clone(),
        }
    }
}

#[derive(Template)]
#[template(path = "cases/mine.html")]
pub struct MinePage {
    page: Layout,
    rows: Vec<Line>,
}

pub struct Line {
    pub number: String,
    pub href: String,
    pub title: String,
    pub state: &'static str,
    pub at: String,
}

impl MinePage {
    pub fn new(page: Layout, rows: Vec<Row>, now: Instant) -> MinePage {
        let line = |Row { file, title }: Row| Line {
            number: file.number(),
            href: format!("/cases/{}", file.public_no),
            state: file.state().zh(),
            at: zh_moment(file.created_at, now),
            title,
        };
        MinePage { page, rows: rows.into_iter().map(line).collect() }
    }
}

#[derive(Template)]
#[template(path = "cases/public.html")]
pub struct PublicPage {
    page: Layout,
    rows: Vec<Line>,
    /// What was searched for.
    q: String,
    /// Name of the unit whose cases are shown.
    unit: String,
    unit_code: String,
    categories: Vec<Choice>,
    states: Vec<(&'static str, &'static str, bool)>,
    /// Something was asked for that narrows what is shown.
    narrowed: bool,
    /// It is not the newest page.
    later: bool,
    newest: String,
    older: Option<String>,
}

impl PublicPage {
    pub fn new(
        page: Layout,
        cases: &Cases,
        (files, more): (Vec<case_file::Model>, bool),
        wanted: &Wanted,
        q: &str,
    ) -> PublicPage {
        let now = cases.store.clock.now();
        let unit = |code: &str| cases.units.name(code).to_string();
        let state = wanted.open.map_or("", |open| if open { "open" } else { "over" });
        let newest = format!(
            "/cases?q={}&unit={}&category={}&state={state}",
            in_address(q),
            in_address(&wanted.unit),
            in_address(&wanted.category)
        );
        let older = files.last().filter(|_| more).map(|last| format!("{newest}&before={}", last.public_no));
        let chosen = |code: &str| code == wanted.category;
        PublicPage {
            page,
            rows: files.into_iter().map(|file| public_line(cases, file, now)).collect(),
            q: q.to_string(),
            unit: if wanted.unit.is_empty() { String::new() } else { unit(&wanted.unit) },
            unit_code: wanted.unit.clone(),
            categories: cases
                .units
                .categories()
                .iter()
                .map(|one| (one.code.clone(), one.name.clone(), chosen(&one.code)))
                .collect(),
            states: [("", "全部"), ("open", "办理中"), ("over", "已结束")]
                .map(|(word, name)| (word, name, word == state))
                .to_vec(),
            narrowed: !q.is_empty()
                || wanted.open.is_some()
                || !wanted.unit.is_empty()
                || !wanted.category.is_empty(),
            later: wanted.before.is_some(),
            newest,
            older,
        }
    }
}

/// A value as a part of an address.
fn in_address(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

#[derive(Template)]
#[template(path = "cases/units.html")]
pub struct UnitsPage {
    page: Layout,
    units: Vec<(String, String)>,
}

impl UnitsPage {
    pub fn new(page: Layout, cases: &Cases) -> UnitsPage {
        let href = |code: &str| format!("/cases?unit={}", in_address(code));
        let units = cases.units.all().iter().map(|unit| (href(&unit.code), unit.name.clone())).collect();
        UnitsPage { page, units }
    }
}

#[derive(Template)]
#[template(path = "cases/query.html")]
pub struct QueryPage {
    page: Layout,
    number: String,
    wrong: Option<String>,
}

impl QueryPage {
    pub fn new(page: Layout, number: String, wrong: Option<String>) -> QueryPage {
        QueryPage { page, number, wrong }
    }
}

#[derive(Template)]
#[template(path = "cases/case.html")]
pub struct CasePage {
    page: Layout,
    done: Option<String>,
    number: String,
    public_no: i64,
    version: i64,
    title: String,
    paragraphs: Vec<String>,
    answer: Vec<String>,
    state: &'static str,
    tone: &'static str,
    advice: String,
    facts: Vec<(&'static str, String)>,
    steps: Vec<StepLine>,
    photos: Vec<String>,
    forms: Vec<Form>,
    rates: bool,
    /// What journalists wrote, with what the unit said to it.
    follow_ups: Vec<FollowUp>,
    /// It is shown to everybody.
    public: bool,
}

pub struct StepLine {
    at: String,
    head: String,
    by: String,
    texts: Vec<Vec<String>>,
}

/// Something that the author may do now.
pub struct Form {
    act: &'static str,
    name: &'static str,
    text: bool,
    first: bool,
}

impl CasePage {
    pub fn own(page: Layout, cases: &Cases, seen: View, done: &str) -> CasePage {
        let (track, state) = (seen.file.track(), seen.file.state());
        let may = |act: Act| act.row().allows(track, state, Part::Citizen);
        let once = |act: Act| match act {
            Act::Appeal => !seen.file.appealed,
            Act::Reopen => !seen.file.reopened,
            _ => true,
        };
        let rates = may(Act::Rate) && seen.file.unit_score.is_none();
        let forms = TABLE
            .iter()
            .map(|row| row.act)
            .filter(|act| *act != Act::Rate && *act != Act::Submit && may(*act) && once(*act))
            .map(|act| Form {
                act: act.word(),
                name: act.zh(),
                text: act.row().needs.contains(&Needs::Text),
                first: act == Act::GiveInfo,
            })
            .collect();
        let done = Act::parse(done).map(|act| format!("已{}。", act.zh()));
        let mut shown = CasePage::of(page, cases, seen);
        (shown.forms, shown.rates, shown.done) = (forms, rates, done);
        shown
    }

    pub fn by_code(page: Layout, cases: &Cases, seen: View) -> CasePage {
        CasePage::of(page, cases, seen)
    }

    pub fn public(page: Layout, cases: &Cases, seen: View) -> CasePage {
        let answer = seen.file.public_answer.lines().map(str::to_string).collect();
        let mut shown = CasePage::of(page, cases, seen);
        (shown.answer, shown.public) = (answer, true);
        shown
    }

    /// With what journalists wrote.
    pub fn with(self, follow_ups: Vec<FollowUp>) -> CasePage {
        CasePage { follow_ups, ..self }
    }

    fn of(page: Layout, cases: &Cases, seen: View) -> CasePage {
        let (file, now) = (&seen.file, cases.store.clock.now());
        let state = file.state();
        let unit = file.lead_unit.as_deref().map(|unit| cases.units.name(unit).to_string());
        let due = file.next_due_at.map(|due| zh_moment(due - chrono::TimeDelta::seconds(1), now));
        CasePage {
            page,
            done: None,
            number: file.number(),
            public_no: file.public_no,
            version: file.version,
            paragraphs: seen.body.lines().map(str::to_string).collect(),
            answer: Vec::new(),
            state: state.zh(),
            tone: tone(state),
            advice: advice(state, unit.as_deref(), due.as_deref(), seen.follows),
            facts: [
                ("类别", cases.units.category(&file.category).map(|it| it.name.clone()).unwrap_or_default()),
                ("地点", file.place.clone()),
                ("提交时间", zh_moment(file.created_at, now)),
                ("承办单位", unit.unwrap_or_default()),
            ]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect(),
            steps: seen
                .steps
                .iter()
                .rev()
                .map(|step| StepLine {
                    at: zh_moment(step.at, now),
                    head: step.head.clone(),
                    by: step.by.clone(),
                    texts: step
                        .texts
                        .iter()
                        .map(|(_, text)| text.lines().map(str::to_string).collect())
                        .collect(),
                })
                .collect(),
            photos: seen.photos.iter().map(|photo| photo.id.to_string()).collect(),
            forms: Vec::new(),
            rates: false,
            public: false,
            follow_ups: Vec::new(),
            title: seen.title,
        }
    }
}

fn tone(state: State) -> &'static str {
    match state {
        State::Answered | State::Closed | State::Final | State::ReviewDecided => "good",
        State::Rejected | State::ClosedNoAnswer | State::Withdrawn => "bad",
        _ => "wait",
    }
}

/// What happens next, and until when.
fn advice(state: State, unit: Option<&str>, due: Option<&str>, follows: Option<i64>) -> String {
    let unit = unit.unwrap_or("承办单位");
    let by = due.map(|due| format!("，最迟 {due}")).unwrap_or_default();
    match state {
        State::Draft | State::Submitted => format!("工作人员正在审核{by}。"),
        State::NeedInfo => "请按下面的告知补充材料，15 天内没有补充会自动结束。".to_string(),
        State::Forwarded | State::Disputed => format!("已转{unit}，会先给您首次回复{by}。"),
        State::Accepted | State::InProgress | State::Rework => format!("{unit}正在办理{by}。"),
        State::Answered => "请看看答复，并评价转办和承办两方。".to_string(),
        State::Rejected => "理由见下面的告知。如有不同意见，可以申请重新审核一次。".to_string(),
        State::Merged => {
            let number = follows.map(|number| format!("（{number}）")).unwrap_or_default();
            format!("同一个问题已有人反映{number}，办理结果会一并告诉您。")
        }
        State::Review => format!("正在复查{by}。"),
        State::Recheck => format!("正在复核{by}。"),
        State::ReviewDecided => "对复查意见不服的，可以在 30 天内申请复核。".to_string(),
        State::Closed => "谢谢您的反映。".to_string(),
        State::ClosedNoAnswer => "没有等到补充材料。问题还在的话，请重新提交。".to_string(),
        State::Final => "办理已经终结。".to_string(),
        State::Withdrawn => "您已撤回。".to_string(),
    }
}
