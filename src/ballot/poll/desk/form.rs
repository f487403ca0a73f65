//! Writing a poll, and changing one that is still a draft.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::{After, here, list_of, page_of, told};
use crate::ballot::poll::compose::{self, Draft};
use crate::ballot::poll::model::State;
use crate::ballot::poll::refusal::PollRefusal;
use crate::ballot::poll::{NO_VOTE, Polls, lookup};
use crate::meeting::desk::Head;
use crate::web::{Error, Layout, Organiser, Page, Posted, see_other};

#[derive(Template)]
#[template(path = "poll/desk_form.html")]
struct FormPage {
    page: Layout,
    head: Head,
    action: String,
    back: String,
    is_new: bool,
    form: Form,
    no_vote: &'static str,
    problem: Option<String>,
}

/// The fields as typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Form {
    op: Uuid,
    question: String,
    /// One a line.
    options: String,
    /// `many` or `one`.
    choice: String,
    /// `named` or `anonymous`.
    names: String,
}

impl Form {
    fn draft(&self) -> Draft {
        Draft {
            question: self.question.clone(),
            options: self.options.lines().map(str::to_string).collect(),
            multiple: self.is_multiple(),
            named: self.is_named(),
        }
    }

    fn is_multiple(&self) -> bool {
        self.choice == "many"
    }

    fn is_named(&self) -> bool {
        self.names == "named"
    }
}

fn page(page: Layout, head: Head, poll: Option<Uuid>, form: Form, problem: Option<String>) -> FormPage {
    let list = list_of(head.id);
    let (action, back) = match poll {
        Some(poll) => (format!("{}/edit", page_of(head.id, poll)), page_of(head.id, poll)),
        None => (list.clone(), list),
    };
    FormPage {
        page: page.at("meetings"),
        head: here(head, &After::default()),
        action,
        back,
        is_new: poll.is_none(),
        form,
        no_vote: NO_VOTE,
        problem,
    }
}

pub async fn new(_user: Organiser, head: Head, layout: Layout) -> impl Responder {
    let form = Form { op: Uuid::now_v7(), ..Form::default() };
    Page::of(page(layout, head, None, form, None))
}

pub async fn create(
    request: HttpRequest,
    polls: Data<Polls>,
    user: Organiser,
    head: Head,
    layout: Layout,
    form: Posted<Form>,
) -> Result<HttpResponse, Error> {
    let form = form.0;
    // A form that lost its id is an act of its own.
    let op = if form.op.is_nil() { Uuid::now_v7() } else { form.op };
    match compose::create(&polls.base, head.id, op, form.draft(), &user.0.username).await {
        Ok(made) => Ok(see_other(&format!("{}?done=created", page_of(head.id, made.id)))),
        Err(refusal) => {
            let problem = Some(told(refusal)?);
            Ok(Page::refused(page(layout, head, None, form, problem)).respond_to(&request))
        }
    }
}

pub async fn edit(
    polls: Data<Polls>,
    _user: Organiser,
    head: Head,
    path: Path<(Uuid, Uuid)>,
    layout: Layout,
) -> Result<impl Responder, Error> {
    let poll = lookup::find(&polls.base, head.id, path.1).await?;
    if poll.state() != State::Draft {
        return Err(PollRefusal::WrongState(poll.state()).into());
    }
    let form = Form {
        op: Uuid::nil(),
        options: poll.labels()?.join("\n"),
        choice: if poll.multiple { "many" } else { "one" }.to_string(),
        names: if poll.named { "named" } else { "anonymous" }.to_string(),
        question: poll.question,
    };
    Ok(Page::of(page(layout, head, Some(poll.id), form, None)))
}

pub async fn save(
    request: HttpRequest,
    polls: Data<Polls>,
    user: Organiser,
    head: Head,
    path: Path<(Uuid, Uuid)>,
    layout: Layout,
    form: Posted<Form>,
) -> Result<HttpResponse, Error> {
    let form = form.0;
    match compose::edit(&polls.base, head.id, path.1, form.draft(), &user.0.username).await {
        Ok(saved) => Ok(see_other(&format!("{}?done=saved", page_of(head.id, saved.id)))),
        Err(refusal) => {
            let problem = Some(told(refusal)?);
            Ok(Page::refused(page(layout, head, Some(path.1), form, problem)).respond_to(&request))
        }
    }
}
