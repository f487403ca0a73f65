//! 抄告督办: drafts to sign or discard, what was signed, the unit's reply; and 考核, which is made of them.

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::officer;
use crate::base::clock::{shanghai, zh_moment};
use crate::cases::Cases;
use crate::cases::access::Officer;
use crate::cases::act::Act;
use crate::cases::decide::{Command, Refusal};
use crate::cases::paper::file::{self, Form};
use crate::cases::paper::list::{self, Shown};
use crate::cases::paper::model::PaperState;
use crate::cases::paper::{assess, issue, name, signing};
use crate::cases::write::{self, Call};
use crate::document::name::attachment;
use crate::people::audit;
use crate::web::{Context, Error, Layout, Page, Posted, StaffUser, see_other};

#[derive(Template)]
#[template(path = "cases/desk_papers.html")]
struct PapersPage {
    page: Layout,
    rows: Vec<Line>,
    count: u64,
    state: String,
    states: Vec<(&'static str, &'static str)>,
    newer: Option<String>,
    older: Option<String>,
}

struct Line {
    href: String,
    name: &'static str,
    number: String,
    unit: String,
    case_number: String,
    title: String,
    at: String,
    state: &'static str,
    tone: &'static str,
    reply: &'static str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    state: String,
    page: u64,
}

const STATES: [PaperState; 5] =
    [PaperState::Draft, PaperState::Signed, PaperState::Discarded, PaperState::Void, PaperState::Revoked];

fn tone(state: PaperState) -> &'static str {
    match state {
        PaperState::Draft => "tag-wait",
        PaperState::Signed => "tag-act",
        PaperState::Revoked => "tag-bad",
        PaperState::Discarded | PaperState::Void => "",
    }
}

pub async fn show(
    cases: Data<Cases>,
    user: StaffUser,
    asked: Query<Asked>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let officer = officer(&cases, &user).await?;
    let asked = asked.into_inner();
    let number = asked.page.min(10_000);
    let (rows, count) = list::list(&cases, &officer, PaperState::parse(&asked.state), number).await?;
    let at = |number: u64| format!("/desk/cases/papers?state={}&page={number}", asked.state);
    Ok(Page::of(PapersPage {
        page: page.at("case-papers"),
        rows: rows.iter().map(|row| line(&cases, row)).collect(),
        count,
        states: STATES.map(|state| (state.word(), state.zh())).to_vec(),
        newer: (number > 0).then(|| at(number.saturating_sub(1))),
        older: ((number + 1) * list::PAGE < count).then(|| at(number + 1)),
        state: asked.state,
    }))
}

fn line(cases: &Cases, row: &Shown) -> Line {
    let (paper, now) = (&row.paper, cases.store.clock.now());
    let state = paper.state();
    Line {
        href: format!("/desk/cases/papers/{}", paper.id),
        name: name(paper.level),
        number: paper.number.clone().unwrap_or_else(|| "未编号".to_string()),
        unit: cases.units.name(&paper.unit).to_string(),
        case_number: row.content.case_number.clone(),
        title: row.content.title.clone(),
        at: zh_moment(paper.decided_at.unwrap_or(paper.drafted_at), now),
        state: state.zh(),
        tone: tone(state),
        reply: match (state, paper.replied_at) {
            (PaperState::Signed, Some(_)) => "已答复",
            (PaperState::Signed, None) => "未答复",
            _ => "",
        },
    }
}

#[derive(Template)]
#[template(path = "cases/desk_paper.html")]
struct PaperPage {
    page: Layout,
    done: Option<&'static str>,
    id: String,
    name: &'static str,
    number: String,
    to: String,
    paragraphs: Vec<String>,
    issuer: String,
    signed: String,
    state: &'static str,
    tone: &'static str,
    facts: Vec<(&'static str, String)>,
    case_href: String,
    case_number: String,
    reply: Option<String>,
    /// What this officer may do with it now.
    signs: bool,
    replies: bool,
    revokes: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct After {
    done: String,
}

/// The paper, if `officer` may know of it.
async fn find(cases: &Cases, officer: &Officer, id: Uuid) -> Result<Shown, Error> {
    Ok(list::find(cases, officer, id).await?.ok_or(Refusal::NotFound)?)
}

pub async fn one(
    cases: Data<Cases>,
    user: StaffUser,
    id: Path<Uuid>,
    after: Query<After>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let officer = officer(&cases, &user).await?;
    let shown = find(&cases, &officer, *id).await?;
    let (paper, content) = (&shown.paper, &shown.content);
    let state = paper.state();
    let may = |act: Act| officer.actor(&shown.file, act).is_some();
    let signed = state == PaperState::Signed;
    Ok(Page::of(PaperPage {
        page: page.at("case-papers"),
        done: match after.done.as_str() {
            "sign" => Some("已签发，承办单位可以看到了。"),
            "discard" => Some("已作废，不会再起草同一级的文书。"),
            "revoke" => Some("已撤销，不再计入考核。"),
            "reply" => Some("答复已送达签发单位。"),
            _ => None,
        },
        id: paper.id.to_string(),
        name: content.name(),
        number: content.numbered().to_string(),
        to: content.to.clone(),
        paragraphs: content.paragraphs(),
        issuer: content.issuer.clone(),
        signed: content.signed.clone(),
        state: state.zh(),
        tone: tone(state),
        facts: facts(&cases, &shown),
        case_href: format!("/desk/cases/{}", shown.file.public_no),
        case_number: content.case_number.clone(),
        reply: list::reply(&cases, paper).await?,
        signs: state == PaperState::Draft && may(signing(paper.level)),
        replies: signed
            && paper.replied_at.is_none()
            && officer.seats.iter().any(|seat| seat.part.of_unit() && seat.unit == paper.unit),
        revokes: signed && may(signing(paper.level)),
    }))
}

fn facts(cases: &Cases, shown: &Shown) -> Vec<(&'static str, String)> {
    let (paper, now) = (&shown.paper, cases.store.clock.now());
    let moment = |at| zh_moment(at, now);
    let who = |name: &str| name.trim_start_matches("staff:").to_string();
    let revoked = match paper.revoked_at {
        Some(at) => format!("{} {}：{}", moment(at), who(&paper.revoked_by), paper.revoke_reason),
        None => String::new(),
    };
    let refused = match (paper.decided_at, paper.number.is_none()) {
        (Some(at), true) => format!("{} {}：{}", moment(at), who(&paper.decided_by), paper.reason),
        _ => String::new(),
    };
    [
        ("起草", moment(paper.drafted_at)),
        ("签发人", shown.content.signer.clone()),
        ("答复期限", shown.content.reply_by.clone()),
        ("答复时间", paper.replied_at.map(moment).unwrap_or_default()),
        ("计考核分", paper.number.as_ref().map(|_| paper.points.to_string()).unwrap_or_default()),
        ("未签发的原因", refused),
        ("撤销", revoked),
        ("内容摘要", paper.digest.clone().unwrap_or_default()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .collect()
}

#[derive(Deserialize)]
pub struct Said {
    #[serde(default)]
    text: String,
}

/// `sign`, `discard`, `reply`, `revoke`.
pub async fn act(
    cases: Data<Cases>,
    user: StaffUser,
    path: Path<(Uuid, String)>,
    context: Context,
    form: Posted<Said>,
) -> Result<HttpResponse, Error> {
    let (id, word) = path.into_inner();
    let officer = officer(&cases, &user).await?;
    let Shown { paper, file, .. } = find(&cases, &officer, id).await?;
    let act = match word.as_str() {
        "sign" => signing(paper.level),
        "reply" => Act::ReplyPaper,
        "revoke" => Act::RevokePaper,
        "discard" => {
            issue::discard(&cases, &officer, id, &form.0.text).await?;
            return Ok(see_other(&format!("/desk/cases/papers/{id}?done=discard")));
        }
        _ => return Err(Error::new("bad_request")),
    };
    // Whoever holds both offices revokes in the one that signed.
    let office = if act == Act::RevokePaper { signing(paper.level) } else { act };
    let actor = officer.actor(&file, office).ok_or(Refusal::Forbidden)?;
    let command = Command { paper: Some(id), text: form.0.text, ..Command::default() };
    let call = Call { request_id: context.request_id.clone(), ..Call::default() };
    write::act(&cases, &actor, file.id, act, &command, &call).await?;
    Ok(see_other(&format!("/desk/cases/papers/{id}?done={word}")))
}

/// After a login in between, or a reload.
pub async fn back(path: Path<(Uuid, String)>) -> HttpResponse {
    see_other(&format!("/desk/cases/papers/{}", path.0))
}

async fn saved(cases: &Cases, user: &StaffUser, id: Uuid, form: Form) -> Result<HttpResponse, Error> {
    let officer = officer(cases, user).await?;
    let shown = find(cases, &officer, id).await?;
    let (name, bytes) = file::make(cases, &shown, form).await?;
    Ok(download(form.content_type(), &name, bytes))
}

fn download(kind: &'static str, name: &str, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(kind)
        .insert_header(("Content-Disposition", attachment(name)))
        .insert_header(("Cache-Control", "no-store"))
        .body(bytes)
}

pub async fn docx(cases: Data<Cases>, user: StaffUser, id: Path<Uuid>) -> Result<HttpResponse, Error> {
    saved(&cases, &user, *id, Form::Docx).await
}

pub async fn pdf(cases: Data<Cases>, user: StaffUser, id: Path<Uuid>) -> Result<HttpResponse, Error> {
    saved(&cases, &user, *id, Form::Pdf).await
}

#[derive(Template)]
#[template(path = "cases/desk_assessment.html")]
struct AssessmentPage {
    page: Layout,
    period: String,
    unit: String,
    units: Vec<(String, String)>,
    sums: Vec<SumRow>,
    rows: Vec<AssessedRow>,
    csv: String,
}

struct SumRow {
    month: String,
    unit: String,
    sum: assess::Sum,
}

struct AssessedRow {
    href: String,
    line: Line,
    month: String,
    points: i32,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Period {
    period: String,
    unit: String,
}

impl Period {
    /// A month or a year; what is neither is the year that it is now.
    fn checked(&self, cases: &Cases) -> String {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let sound = match self.period.split_once('-') {
            Some((year, month)) => year.len() == 4 && month.len() == 2 && digits(year) && digits(month),
            None => self.period.len() == 4 && digits(&self.period),
        };
        match sound {
            true => self.period.clone(),
            false => shanghai(cases.store.clock.now()).format("%Y").to_string(),
        }
    }
}

pub async fn assessment(
    cases: Data<Cases>,
    user: StaffUser,
    asked: Query<Period>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let officer = officer(&cases, &user).await?;
    let period = asked.checked(&cases);
    let rows = assess::rows(&cases, &officer, &period, &asked.unit).await?;
    let sums = assess::sums(&rows).into_iter().map(|((month, unit), sum)| SumRow {
        month,
        unit: cases.units.name(&unit).to_string(),
        sum,
    });
    let known = cases.units.knows(&asked.unit);
    Ok(Page::of(AssessmentPage {
        page: page.at("case-assessment"),
        sums: sums.collect(),
        rows: rows
            .iter()
            .map(|row| AssessedRow {
                href: format!("/desk/cases/papers/{}", row.paper.id),
                line: line(&cases, row),
                month: row.paper.month.clone().unwrap_or_default(),
                points: if row.paper.state() == PaperState::Revoked { 0 } else { row.paper.points },
            })
            .collect(),
        csv: format!(
            "/desk/cases/assessment.csv?period={period}&unit={}",
            if known { asked.unit.as_str() } else { "" }
        ),
        units: cases.units.all().iter().map(|unit| (unit.code.clone(), unit.name.clone())).collect(),
        unit: asked.unit.clone(),
        period,
    }))
}

pub async fn assessment_csv(
    cases: Data<Cases>,
    user: StaffUser,
    asked: Query<Period>,
) -> Result<HttpResponse, Error> {
    let officer = officer(&cases, &user).await?;
    let period = asked.checked(&cases);
    let rows = assess::rows(&cases, &officer, &period, &asked.unit).await?;
    audit::note(&cases.base, &user.username, "case.assessment", &period, "").await?;
    Ok(download("text/csv; charset=utf-8", &format!("考核-{period}.csv"), assess::csv(&cases, &rows)?))
}
