//! One case at the desk, with a form for everything that this officer may do with it now.

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::inbox::span;
use super::{done, officer};
use crate::base::clock::zh_moment;
use crate::cases::act::{Act, Needs};
use crate::cases::decide::{Command, Refusal};
use crate::cases::ends::{CALL, PAPER};
use crate::cases::fold::{CallBack, OBLIGATIONS};
use crate::cases::model::{Called, Part, RejectReason, State, case_clock, case_photo};
use crate::cases::view::{self, Reader, View};
use crate::cases::write::{self, Call};
use crate::cases::{Cases, access, origin, paper, photo, template};
use crate::people::audit;
use crate::web::{Context, Error, Layout, Page, Posted, StaffUser, see_other};

#[derive(Template)]
#[template(path = "cases/desk_case.html")]
struct CasePage {
    page: Layout,
    done: Option<String>,
    number: String,
    public_no: i64,
    version: i64,
    title: String,
    paragraphs: Vec<String>,
    state: &'static str,
    facts: Vec<(&'static str, String)>,
    limits: Vec<LimitRow>,
    steps: Vec<StepRow>,
    photos: Vec<String>,
    papers: Vec<PaperRow>,
    forms: Vec<Form>,
    units: Vec<(String, String)>,
    categories: Vec<(String, String)>,
    reasons: Vec<(&'static str, &'static str)>,
    public: Public,
    contact: Option<String>,
    /// They may write a follow-up note.
    journalist: bool,
    /// Ids and names.
    templates: Vec<(String, String)>,
}

struct LimitRow {
    name: String,
    due: String,
    tone: &'static str,
    said: String,
    /// How the end was reached.
    how: Vec<String>,
}

struct PaperRow {
    href: String,
    name: String,
    state: &'static str,
}

struct StepRow {
    at: String,
    head: String,
    by: String,
    texts: Vec<(&'static str, String)>,
}

/// One thing to do, with the fields that it needs.
struct Form {
    act: &'static str,
    name: &'static str,
    text: bool,
    unit: bool,
    reason: bool,
    category: bool,
    /// Results of a call, where it is one.
    calls: Vec<(&'static str, &'static str)>,
    /// The unit's own texts may fill it.
    replies: bool,
    /// What stands in the field already.
    filled: String,
    target: bool,
    days: bool,
    signed: bool,
    publish: bool,
    /// It is what this state waits for.
    next: bool,
}

/// What is public, or what a moderator begins with.
struct Public {
    title: String,
    body: String,
    answer: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct After {
    done: String,
    /// A text of the unit, and the act whose form it fills.
    template: String,
    into: String,
}

pub async fn show(
    cases: Data<Cases>,
    user: StaffUser,
    number: Path<i64>,
    after: Query<After>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let said = Shown { done: done(&after.done), contact: None, fill: Some(after.into_inner()) };
    draw(&cases, &user, *number, said, page).await
}

/// What a page says besides the case.
#[derive(Default)]
struct Shown {
    done: Option<String>,
    contact: Option<String>,
    fill: Option<After>,
}

async fn draw(
    cases: &Cases,
    user: &StaffUser,
    number: i64,
    shown: Shown,
    page: Layout,
) -> Result<Page<CasePage>, Error> {
    let officer = officer(cases, user).await?;
    let file = access::find(cases, &officer, number).await?.ok_or(Refusal::NotFound)?;
    let acts = officer.acts(&file);
    let templates = template::for_case(cases, &officer, &file).await?;
    let Shown { done, contact, fill } = shown;
    let fill = fill.unwrap_or_default();
    let chosen = templates.iter().find(|template| template.id.to_string() == fill.template);
    let filled = chosen.map(|chosen| template::filled(cases, chosen, &file)).unwrap_or_default();
    let seen = view::view(cases, file, Reader::Office).await?;
    let (now, ends) = (cases.store.clock.now(), cases.ends());
    let events = view::events(cases, seen.file.id).await?;
    let papers = paper::list::of_case(cases, &officer, seen.file.id).await?;
    let state = seen.file.state();
    // Nobody calls those whom they answered.
    let calls = seen.file.answered_by.as_deref() != Some(officer.who().as_str())
        && seen.limits.iter().any(|limit| waits(&limit.clock));
    Ok(Page::of(CasePage {
        page: page.at("cases"),
        done,
        number: seen.file.number(),
        public_no: seen.file.public_no,
        version: seen.file.version,
        state: state.zh(),
        paragraphs: seen.body.lines().map(str::to_string).collect(),
        facts: facts(cases, &seen),
        limits: seen
            .limits
            .iter()
            .map(|limit| limit_row(limit, now, origin::told(&ends, &events, &limit.clock)))
            .collect(),
        papers: papers
            .iter()
            .map(|shown| PaperRow {
                href: format!("/desk/cases/papers/{}", shown.paper.id),
                name: format!("{} {}", shown.content.name(), shown.content.numbered()),
                state: shown.paper.state().zh(),
            })
            .collect(),
        steps: seen
            .steps
            .iter()
            .rev()
            .map(|step| StepRow {
                at: zh_moment(step.at, now),
                head: step.head.clone(),
                by: step.by.clone(),
                texts: step.texts.iter().map(|(kind, text)| (kind.zh(), text.clone())).collect(),
            })
            .collect(),
        photos: seen.photos.iter().map(|photo: &case_photo::Model| photo.id.to_string()).collect(),
        forms: acts
            .into_iter()
            .filter(|act| !act.row().needs.contains(&Needs::Paper))
            .filter(|act| *act != Act::CallBack || calls)
            .map(|act| {
                let mut form = form(act, state);
                if form.replies && form.act == fill.into {
                    form.filled.clone_from(&filled);
                }
                if form.act == Act::CallBack.word() {
                    // Given up is after the third try.
                    form.calls
                        .retain(|(word, _)| *word != Called::GaveUp.word() || seen.file.call_tries >= 2);
                }
                form
            })
            .collect(),
        units: cases.units.all().iter().map(|unit| (unit.code.clone(), unit.name.clone())).collect(),
        categories: cases.units.categories().iter().map(|one| (one.code.clone(), one.name.clone())).collect(),
        reasons: RejectReason::ALL.map(|reason| (reason.word(), reason.zh())).to_vec(),
        public: public(&seen),
        contact,
        journalist: officer.has(Part::Journalist) && seen.file.published_at.is_some(),
        templates: templates.into_iter().map(|one| (one.id.to_string(), one.title)).collect(),
        title: seen.title,
    }))
}

/// The public texts so far; a new one begins with the original, for the moderator to cut.
fn public(seen: &View) -> Public {
    let is = seen.file.published_at.is_some();
    let answer = seen.steps.iter().rev().find(|step| step.act == Act::Answer);
    let given =
        || answer.and_then(|step| step.texts.first()).map(|(_, text)| text.clone()).unwrap_or_default();
    Public {
        title: if is { seen.file.public_title.clone() } else { seen.title.clone() },
        body: if is { seen.file.public_body.clone() } else { seen.body.clone() },
        answer: if seen.file.public_answer.is_empty() { given() } else { seen.file.public_answer.clone() },
    }
}

fn facts(cases: &Cases, seen: &View) -> Vec<(&'static str, String)> {
    let (file, now) = (&seen.file, cases.store.clock.now());
    let unit = |code: &str| cases.units.name(code).to_string();
    let helpers: Vec<String> = file.helpers.split(',').filter(|unit| !unit.is_empty()).map(unit).collect();
    let merged: Vec<String> = seen.merged.iter().map(i64::to_string).collect();
    let flag = |set: bool, text: &str| if set { text.to_string() } else { String::new() };
    [
        ("性质", format!("{} · {}", file.track().zh(), file.kind().zh())),
        ("类别", cases.units.category(&file.category).map(|it| it.name.clone()).unwrap_or_default()),
        ("地点", file.place.clone()),
        ("提交时间", zh_moment(file.created_at, now)),
        ("主办", file.lead_unit.as_deref().map(unit).unwrap_or_default()),
        ("协办", helpers.join("、")),
        ("公开", if file.published_at.is_some() { "已公开" } else { "未公开" }.to_string()),
        ("保密", flag(file.confidential, "是")),
        ("被举报单位", file.accused_unit.as_deref().map(unit).unwrap_or_default()),
        ("并入", seen.follows.map(|number| number.to_string()).unwrap_or_default()),
        ("已并入本件", merged.join("、")),
        (
            "包案领导",
            file.leader
                .as_deref()
                .map(|who| who.trim_start_matches("staff:").to_string())
                .unwrap_or_default(),
        ),
        ("信访编号", file.petition_no.clone().unwrap_or_default()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .collect()
}

fn limit_row(limit: &view::Limit, now: crate::base::clock::Instant, how: Vec<String>) -> LimitRow {
    let clock = &limit.clock;
    let (tone, said) = match (clock.met_at, clock.stopped_at, clock.paused_at) {
        (Some(at), ..) if limit.late => ("tag-bad", format!("超期完成（{}）", zh_moment(at, now))),
        (Some(at), ..) => ("tag-good", format!("按期完成（{}）", zh_moment(at, now))),
        (_, Some(_), _) => ("", "已停止".to_string()),
        (.., Some(_)) => ("tag-wait", "暂停，等群众补充材料".to_string()),
        _ if limit.late && !obliges(&clock.code) => ("", "已过期".to_string()),
        _ if limit.late => ("tag-bad", format!("超期 {}", span(now - clock.due_at))),
        _ => ("tag-wait", format!("还剩 {}", span(clock.due_at - now))),
    };
    let unsure = if clock.provisional { "（节假日安排公布前暂定）" } else { "" };
    LimitRow {
        name: limit.name.clone(),
        due: format!("{}{unsure}", zh_moment(clock.due_at - chrono::TimeDelta::seconds(1), now)),
        tone,
        said,
        how,
    }
}

/// Somebody in office has to do something; the other clocks give time to ask for something.
fn obliges(code: &str) -> bool {
    OBLIGATIONS.contains(&code) || code == PAPER || code == CALL
}

/// Somebody has to be called.
fn waits(clock: &case_clock::Model) -> bool {
    clock.running && clock.code == CALL
}

fn form(act: Act, state: State) -> Form {
    let row = act.row();
    let needs = |need| row.needs.contains(&need);
    let next = match state {
        State::Submitted | State::Disputed => act == Act::Forward,
        State::Forwarded => act == Act::FirstReply,
        State::Accepted | State::InProgress | State::Rework => act == Act::Answer,
        State::Review => act == Act::DecideReview,
        State::Recheck => act == Act::DecideRecheck,
        _ => false,
    };
    Form {
        act: act.word(),
        name: act.zh(),
        text: needs(Needs::Text),
        unit: needs(Needs::Unit) || act == Act::Helpers,
        reason: needs(Needs::Reason),
        category: needs(Needs::Category),
        calls: if act == Act::CallBack {
            Called::ALL.map(|one| (one.word(), one.zh())).to_vec()
        } else {
            Vec::new()
        },
        replies: matches!(act, Act::FirstReply | Act::Answer),
        filled: String::new(),
        target: needs(Needs::Target),
        days: needs(Needs::Days) || act == Act::GrantExtension,
        signed: needs(Needs::SignedBy),
        publish: act == Act::Publish,
        next,
    }
}

/// What a form of the page says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Said {
    version: i64,
    text: String,
    unit: String,
    helpers: String,
    reason: String,
    category: String,
    target: String,
    days: String,
    signed_by: String,
    call: String,
    call_office: String,
    call_unit: String,
    public_title: String,
    public_body: String,
    public_answer: String,
}

pub async fn act(
    request: HttpRequest,
    cases: Data<Cases>,
    user: StaffUser,
    path: Path<(i64, String)>,
    context: Context,
    form: Posted<Said>,
    page: Layout,
) -> Result<HttpResponse, Error> {
    let (number, word) = path.into_inner();
    let act = Act::parse(&word).ok_or_else(|| Error::new("bad_request"))?;
    let officer = officer(&cases, &user).await?;
    let Some(file) = access::find(&cases, &officer, number).await? else {
        access::denied(&cases, &officer, number).await?;
        return Err(Refusal::NotFound.into());
    };
    let actor = officer.actor(&file, act).ok_or(Refusal::Forbidden)?;
    let said = form.0;
    let content = |said: &str| match said {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let result = Called::parse(&said.call);
    let command = Command {
        call: result.map(|result| CallBack {
            result,
            office: content(&said.call_office),
            unit: content(&said.call_unit),
        }),
        text: said.text,
        unit: said.unit,
        helpers: said
            .helpers
            .split(',')
            .map(str::trim)
            .filter(|unit| !unit.is_empty())
            .map(str::to_string)
            .collect(),
        reason: said.reason,
        target: said.target.trim().parse().ok(),
        days: said.days.trim().parse().ok(),
        signed_by: said.signed_by,
        public_title: said.public_title,
        public_body: said.public_body,
        public_answer: said.public_answer,
        scores: None,
        paper: None,
        category: said.category,
    };
    let call = Call { seen: Some(said.version), op: None, request_id: context.request_id.clone() };
    write::act(&cases, &actor, file.id, act, &command, &call).await?;
    if act == Act::Reveal {
        audit::note(&cases.base, &user.username, "case.reveal", &number.to_string(), "").await?;
        let contact = view::contact(&cases, &file).await?;
        let shown =
            draw(&cases, &user, number, Shown { contact: Some(contact), ..Shown::default() }, page).await?;
        return Ok(shown.respond_to(&request));
    }
    Ok(see_other(&format!("/desk/cases/{number}?done={word}")))
}

pub async fn back(path: Path<(i64, String)>) -> HttpResponse {
    see_other(&format!("/desk/cases/{}", path.0))
}

/// One picture of a case that this officer may see.
pub async fn photo(
    cases: Data<Cases>,
    user: StaffUser,
    path: Path<(i64, Uuid)>,
) -> Result<HttpResponse, Error> {
    let (number, id) = path.into_inner();
    let officer = officer(&cases, &user).await?;
    let file = access::find(&cases, &officer, number).await?.ok_or(Refusal::NotFound)?;
    let bytes = photo::of(&cases, file.id, id, false).await?;
    Ok(HttpResponse::Ok().content_type("image/jpeg").body(bytes))
}
