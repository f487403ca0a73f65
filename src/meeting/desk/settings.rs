//! Making a meeting, changing it, and what ends or reopens it.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::form::{MeetingForm, Mistakes};
use super::{After, Head, head, page_of};
use crate::meeting::Meetings;
use crate::meeting::edit::{self, EditError};
use crate::meeting::model::State;
use crate::web::{Error, Layout, Nothing, Organiser, Page, Posted, see_other};

#[derive(Template)]
#[template(path = "meeting/desk_new.html")]
struct NewPage {
    page: Layout,
    form: MeetingForm,
    mistakes: Mistakes,
}

#[derive(Template)]
#[template(path = "meeting/desk_edit.html")]
struct EditPage {
    page: Layout,
    head: Head,
    form: MeetingForm,
    mistakes: Mistakes,
    /// What another editor saved meanwhile, field by field.
    conflict: Option<Vec<String>>,
    cancelled: bool,
    closed: bool,
}

pub async fn new(meetings: Data<Meetings>, _user: Organiser, page: Layout) -> Result<impl Responder, Error> {
    let form = MeetingForm::suggested(meetings.base.clock.now());
    Ok(Page::of(NewPage { page: page.at("meetings"), form, mistakes: Mistakes::default() }))
}

pub async fn create(
    request: HttpRequest,
    meetings: Data<Meetings>,
    user: Organiser,
    page: Layout,
    form: Posted<MeetingForm>,
) -> Result<HttpResponse, Error> {
    let Posted(form) = form;
    match form.parse() {
        Ok(draft) => {
            let made = edit::create(&meetings.base, draft, user.0.id, &user.0.username).await?;
            Ok(see_other(&format!("{}?done=created", page_of(made.id))))
        }
        Err(mistakes) => {
            Ok(Page::refused(NewPage { page: page.at("meetings"), form, mistakes }).respond_to(&request))
        }
    }
}

pub async fn edit(
    request: HttpRequest,
    meetings: Data<Meetings>,
    user: Organiser,
    id: Path<Uuid>,
    after: Query<After>,
    page: Layout,
) -> Result<HttpResponse, Error> {
    let meeting = edit::find(&meetings.base, *id).await?;
    let form = MeetingForm::of(&meeting);
    let view = edit_page(&meetings, &user, *id, &after, page, form).await?;
    Ok(Page::of(view).respond_to(&request))
}

async fn edit_page(
    meetings: &Meetings,
    user: &Organiser,
    id: Uuid,
    after: &After,
    page: Layout,
    form: MeetingForm,
) -> Result<EditPage, Error> {
    let (meeting, head) = head(meetings, id, &user.0, "edit", after).await?;
    Ok(EditPage {
        page: page.at("meetings"),
        head,
        form,
        mistakes: Mistakes::default(),
        conflict: None,
        cancelled: meeting.state() == State::Cancelled,
        closed: meeting.state() == State::Closed,
    })
}

pub async fn save(
    request: HttpRequest,
    meetings: Data<Meetings>,
    user: Organiser,
    id: Path<Uuid>,
    page: Layout,
    form: Posted<MeetingForm>,
) -> Result<HttpResponse, Error> {
    let Posted(mut form) = form;
    let base = &meetings.base;
    let draft = match form.parse() {
        Ok(draft) => draft,
        Err(mistakes) => {
            let view = edit_page(&meetings, &user, *id, &After::default(), page, form).await?;
            return Ok(Page::refused(EditPage { mistakes, ..view }).respond_to(&request));
        }
    };
    match edit::update(base, *id, draft, form.seen(), &user.0.username).await {
        Ok(_) => Ok(see_other(&format!("{}/edit?done=saved", page_of(*id)))),
        Err(EditError::Conflict) => {
            let stored = MeetingForm::of(&edit::find(base, *id).await?);
            let conflict = form.differences(&stored);
            // Saving once more is then a choice, made knowing what it overwrites.
            form.seen.clone_from(&stored.seen);
            let view = edit_page(&meetings, &user, *id, &After::default(), page, form).await?;
            let mut answer = Page::of(EditPage { conflict: Some(conflict), ..view }).respond_to(&request);
            *answer.status_mut() = StatusCode::CONFLICT;
            Ok(answer)
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
pub struct NewState {
    state: String,
}

/// Cancels, closes or reopens.
pub async fn set_state(
    meetings: Data<Meetings>,
    user: Organiser,
    id: Path<Uuid>,
    form: Posted<NewState>,
) -> Result<HttpResponse, Error> {
    let state = State::parse(&form.0.state).ok_or_else(|| Error::new("bad_request"))?;
    edit::set_state(&meetings.base, *id, state, &user.0.username).await?;
    Ok(see_other(&format!("{}/edit?done={}", page_of(*id), state.word())))
}

/// Gives the screen a new address.
pub async fn renew_screen(
    meetings: Data<Meetings>,
    user: Organiser,
    id: Path<Uuid>,
    _form: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    edit::renew_screen(&meetings.base, *id, &user.0.username).await?;
    Ok(see_other(&format!("{}/edit?done=screen", page_of(*id))))
}
