//! Entering a count that was taken by hand.

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::{After, Fields, here, page_of};
use crate::ballot::manual::{self, Manual};
use crate::ballot::model::{Method, State, ballot_round};
use crate::ballot::refusal::BallotRefusal;
use crate::ballot::{Ballots, round, scan};
use crate::base::error::describe;
use crate::meeting::desk::Head;
use crate::web::{Error, Layout, Organiser, Page, Posted, see_other};

#[derive(Template)]
#[template(path = "ballot/desk_manual.html")]
struct ManualPage {
    page: Layout,
    head: Head,
    path: String,
    number: i32,
    question: String,
    options: Vec<String>,
    rows: Vec<Row>,
    methods: Vec<(&'static str, &'static str, bool)>,
    present: String,
    papers: String,
    invalid: String,
    witnesses: Vec<String>,
    note: String,
    scan: String,
    problem: Option<String>,
}

struct Row {
    label: String,
    /// Name and value of a field.
    fields: Vec<(String, String)>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    scan: String,
}

pub async fn show(
    ballots: Data<Ballots>,
    _user: Organiser,
    head: Head,
    path: Path<(Uuid, Uuid)>,
    wanted: Query<Wanted>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let round = round::in_meeting(&ballots.base, head.id, path.1).await?;
    if round.state() != State::Ready {
        return Err(BallotRefusal::WrongState(round.state()).into());
    }
    let fields = Fields(vec![("scan".to_string(), wanted.into_inner().scan)]);
    Ok(Page::of(view(&round, &fields, here(head, &After::default()), page, None)?))
}

pub async fn enter(
    request: HttpRequest,
    ballots: Data<Ballots>,
    user: Organiser,
    head: Head,
    path: Path<(Uuid, Uuid)>,
    page: Layout,
    form: Posted<Vec<(String, String)>>,
) -> Result<HttpResponse, Error> {
    let base = &ballots.base;
    let fields = Fields(form.0);
    let round = round::in_meeting(base, head.id, path.1).await?;
    let entered = match typed(&round, &fields) {
        Ok(mut by_hand) => {
            if let Some(hash) = &by_hand.scan
                && !scan::is_kept(base, hash).await
            {
                by_hand.scan = None;
            }
            manual::manual(base, round.id, by_hand, &user.0.username).await
        }
        Err(refusal) => Err(refusal),
    };
    match entered {
        Ok(_) => Ok(see_other(&format!("{}?done=manual", page_of(head.id, round.id)))),
        Err(refusal @ (BallotRefusal::Invalid(_) | BallotRefusal::WitnessesNeeded)) => {
            let problem = Some(describe(&refusal).1);
            let view = view(&round, &fields, here(head, &After::default()), page, problem)?;
            Ok(Page::refused(view).respond_to(&request))
        }
        Err(refusal) => Err(refusal.into()),
    }
}

fn field(item: usize, option: usize) -> String {
    format!("count-{item}-{option}")
}

fn typed(round: &ballot_round::Model, fields: &Fields) -> Result<Manual, BallotRefusal> {
    let (rules, paper) = (round.rules()?, round.paper()?);
    let needed = |name: &str, called: &str| {
        fields.number(name, called)?.ok_or_else(|| BallotRefusal::Invalid(format!("请填写{called}")))
    };
    let mut counts = Vec::with_capacity(paper.items.len());
    for item in 0..paper.items.len() {
        let row: Result<Vec<i64>, BallotRefusal> =
            (0..rules.options.len()).map(|option| needed(&field(item, option), "票数")).collect();
        counts.push(row?);
    }
    let method = Method::parse(fields.text("method"));
    Ok(Manual {
        method: method.ok_or_else(|| BallotRefusal::Invalid("请选择计票方法".to_string()))?,
        present: needed("present", "到会人数")?,
        papers: needed("papers", "收回票数")?,
        invalid: fields.number("invalid", "无效票数")?.unwrap_or(0),
        counts,
        witnesses: fields.all("witness").map(str::to_string).collect(),
        note: fields.text("note").to_string(),
        scan: Some(fields.text("scan").to_string()).filter(|hash| !hash.is_empty()),
    })
}

fn view(
    round: &ballot_round::Model,
    fields: &Fields,
    head: Head,
    page: Layout,
    problem: Option<String>,
) -> Result<ManualPage, BallotRefusal> {
    let (rules, paper) = (round.rules()?, round.paper()?);
    let value = |name: &str| fields.text(name).to_string();
    let row = |(at, item): (usize, &crate::ballot::paper::Item)| Row {
        label: item.label.clone(),
        fields: (0..rules.options.len())
            .map(|option| (field(at, option), value(&field(at, option))))
            .collect(),
    };
    let mut witnesses: Vec<String> = fields.all("witness").map(str::to_string).collect();
    witnesses.resize(3, String::new());
    let chosen = Method::parse(fields.text("method")).unwrap_or(Method::Hands);
    Ok(ManualPage {
        path: page_of(round.meeting_id, round.id),
        number: round.number,
        question: round.question.clone(),
        options: rules.options.iter().map(|option| option.label.clone()).collect(),
        rows: paper.items.iter().enumerate().map(row).collect(),
        methods: [Method::Hands, Method::Paper, Method::Voice]
            .map(|method| (method.word(), method.zh(), method == chosen))
            .to_vec(),
        present: value("present"),
        papers: value("papers"),
        invalid: value("invalid"),
        witnesses,
        note: value("note"),
        scan: value("scan"),
        page: page.at("meetings"),
        head,
        problem,
    })
}
