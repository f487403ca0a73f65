//! A new item, and changing one that is still a draft: first the rule, then the question.

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::{After, Fields, here, page_of};
use crate::ballot::model::{State, ballot_round, ballot_template, read};
use crate::ballot::prepare::{self, Draft};
use crate::ballot::refusal::BallotRefusal;
use crate::ballot::rules::{Kind, Rules};
use crate::ballot::{Ballots, round, template};
use crate::base::error::describe;
use crate::meeting::desk::Head;
use crate::web::{Error, Layout, Organiser, Page, Posted, see_other};

#[derive(Template)]
#[template(path = "ballot/desk_choose.html")]
struct ChoosePage {
    page: Layout,
    head: Head,
    templates: Vec<Offered>,
}

struct Offered {
    key: String,
    title: String,
    body: String,
    summary: String,
    source: String,
    kind: &'static str,
}

#[derive(Template)]
#[template(path = "ballot/desk_draft.html")]
struct DraftPage {
    page: Layout,
    head: Head,
    action: String,
    back: String,
    is_new: bool,
    form: Form,
    rule: Rule,
    problem: Option<String>,
}

/// The rule that the item is voted on by.
struct Rule {
    title: String,
    version: i32,
    source: String,
    lines: Vec<(&'static str, String)>,
    election: bool,
    rating: bool,
    /// A motion that may be about a person, whom its rule does not let be put again and again.
    person: bool,
    seconds: String,
}

impl Rule {
    fn of(row: &ballot_template::Model) -> Result<Rule, BallotRefusal> {
        let rules: Rules = read(&row.rules)?;
        Ok(Rule {
            title: row.title.clone(),
            version: row.version,
            source: row.source.clone(),
            lines: rules.lines(),
            election: rules.kind == Kind::Election,
            rating: rules.kind == Kind::Rating,
            person: rules.kind == Kind::Motion && rules.refusals.is_some(),
            seconds: rules.seconds.map(|seconds| seconds.to_string()).unwrap_or_default(),
        })
    }
}

/// The fields as typed.
struct Form {
    op: Uuid,
    rule: String,
    question: String,
    text: String,
    items: String,
    seats: String,
    seconds: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    rule: String,
}

pub async fn new(
    request: HttpRequest,
    ballots: Data<Ballots>,
    _user: Organiser,
    head: Head,
    wanted: Query<Wanted>,
    page: Layout,
) -> Result<HttpResponse, Error> {
    let base = &ballots.base;
    let head = here(head, &After::default());
    if wanted.rule.is_empty() {
        let templates: Result<Vec<Offered>, BallotRefusal> =
            template::list(base).await?.into_iter().map(offered).collect();
        let view = ChoosePage { page: page.at("meetings"), head, templates: templates? };
        return Ok(Page::of(view).respond_to(&request));
    }
    let row = template::newest(base.db.read(), &wanted.rule).await?.ok_or(BallotRefusal::NoTemplate)?;
    let form = Form {
        op: Uuid::now_v7(),
        rule: row.key.clone(),
        question: String::new(),
        text: String::new(),
        items: String::new(),
        seats: String::new(),
        seconds: String::new(),
    };
    let view = DraftPage {
        page: page.at("meetings"),
        action: format!("/desk/meetings/{}/ballots", head.id),
        back: format!("/desk/meetings/{}/ballots/new", head.id),
        is_new: true,
        rule: Rule::of(&row)?,
        head,
        form,
        problem: None,
    };
    Ok(Page::of(view).respond_to(&request))
}

fn offered(row: ballot_template::Model) -> Result<Offered, BallotRefusal> {
    let rules: Rules = read(&row.rules)?;
    Ok(Offered {
        key: row.key,
        title: row.title,
        body: row.body,
        summary: rules.summary(),
        source: row.source,
        kind: rules.kind.zh(),
    })
}

pub async fn create(
    request: HttpRequest,
    ballots: Data<Ballots>,
    user: Organiser,
    head: Head,
    page: Layout,
    form: Posted<Vec<(String, String)>>,
) -> Result<HttpResponse, Error> {
    let fields = Fields(form.0);
    // A form that lost its id is an act of its own.
    let op = fields.text("op").parse().unwrap_or_else(|_| Uuid::now_v7());
    let made = match draft(&fields) {
        Ok(draft) => prepare::prepare(&ballots.base, head.id, op, draft, &user.0.username).await,
        Err(refusal) => Err(refusal),
    };
    let action = format!("/desk/meetings/{}/ballots", head.id);
    match made {
        Ok(round) => Ok(see_other(&format!("{}?done=prepared", page_of(head.id, round.id)))),
        Err(refusal) => again(&request, &ballots, head, page, (&fields, op, true, action), refusal).await,
    }
}

pub async fn edit(
    ballots: Data<Ballots>,
    _user: Organiser,
    head: Head,
    path: Path<(Uuid, Uuid)>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let base = &ballots.base;
    let round = round::in_meeting(base, head.id, path.1).await?;
    if round.state() != State::Draft {
        return Err(BallotRefusal::WrongState(round.state()).into());
    }
    let row =
        template::newest(base.db.read(), &round.template_key).await?.ok_or(BallotRefusal::NoTemplate)?;
    let head = here(head, &After::default());
    Ok(Page::of(DraftPage {
        page: page.at("meetings"),
        action: format!("{}/edit", page_of(head.id, round.id)),
        back: page_of(head.id, round.id),
        is_new: false,
        rule: Rule::of(&row)?,
        form: stored(&round)?,
        head,
        problem: None,
    }))
}

fn stored(round: &ballot_round::Model) -> Result<Form, BallotRefusal> {
    let (rules, paper) = (round.rules()?, round.paper()?);
    let line = |item: &crate::ballot::paper::Item| {
        if item.note.is_empty() { item.label.clone() } else { format!("{}，{}", item.label, item.note) }
    };
    // A motion's one item has no label, unless it is about a person.
    let named = paper.items.iter().filter(|item| !item.label.is_empty());
    let items: Vec<String> = named.map(line).collect();
    Ok(Form {
        op: round.id,
        rule: round.template_key.clone(),
        question: round.question.clone(),
        text: round.text.clone(),
        items: items.join("\n"),
        seats: paper.seats.map(|seats| seats.to_string()).unwrap_or_default(),
        seconds: rules.seconds.map(|seconds| seconds.to_string()).unwrap_or_default(),
    })
}

pub async fn save(
    request: HttpRequest,
    ballots: Data<Ballots>,
    user: Organiser,
    head: Head,
    path: Path<(Uuid, Uuid)>,
    page: Layout,
    form: Posted<Vec<(String, String)>>,
) -> Result<HttpResponse, Error> {
    let fields = Fields(form.0);
    let round = round::in_meeting(&ballots.base, head.id, path.1).await?;
    let saved = match draft(&fields) {
        Ok(draft) => prepare::edit(&ballots.base, round.id, draft, &user.0.username).await,
        Err(refusal) => Err(refusal),
    };
    let address = page_of(head.id, round.id);
    match saved {
        Ok(_) => Ok(see_other(&format!("{address}?done=saved"))),
        Err(refusal) => {
            let action = format!("{address}/edit");
            again(&request, &ballots, head, page, (&fields, round.id, false, action), refusal).await
        }
    }
}

/// The form again with what was wrong; what cannot be mended by typing is an error of its own.
async fn again(
    request: &HttpRequest,
    ballots: &Ballots,
    head: Head,
    page: Layout,
    (fields, op, is_new, action): (&Fields, Uuid, bool, String),
    refusal: BallotRefusal,
) -> Result<HttpResponse, Error> {
    let BallotRefusal::Invalid(_) = refusal else { return Err(refusal.into()) };
    let key = fields.text("rule");
    let row = template::newest(ballots.base.db.read(), key).await?.ok_or(BallotRefusal::NoTemplate)?;
    let field = |name: &str| fields.text(name).to_string();
    let back = if is_new { format!("{action}/new") } else { page_of(head.id, op) };
    let form = Form {
        op,
        rule: field("rule"),
        question: field("question"),
        text: field("text"),
        items: field("items"),
        seats: field("seats"),
        seconds: field("seconds"),
    };
    let view = DraftPage {
        page: page.at("meetings"),
        head: here(head, &After::default()),
        action,
        back,
        is_new,
        form,
        rule: Rule::of(&row)?,
        problem: Some(describe(&refusal).1),
    };
    Ok(Page::refused(view).respond_to(request))
}

fn draft(fields: &Fields) -> Result<Draft, BallotRefusal> {
    let item = |line: &str| {
        let (label, note) = line.split_once(['，', ',', '\t']).unwrap_or((line, ""));
        (label.trim().to_string(), note.trim().to_string())
    };
    let lines = fields.text("items").lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(Draft {
        template: fields.text("rule").to_string(),
        question: fields.text("question").to_string(),
        text: fields.text("text").to_string(),
        items: lines.map(item).collect(),
        seats: fields.number("seats", "应选名额")?,
        seconds: fields.number("seconds", "限时")?,
    })
}
