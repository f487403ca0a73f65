//! The agenda at the desk: added, changed, ordered and removed point by point.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;
use chrono::NaiveDateTime;
use serde::Deserialize;
use uuid::Uuid;

use super::{After, Head, head, page_of};
use crate::base::clock::{self, Instant};
use crate::base::error::describe;
use crate::meeting::agenda::{self, AgendaError, Item};
use crate::meeting::{Meetings, edit};
use crate::web::{Error, Layout, Nothing, Organiser, Page, Posted, see_other};

const TIME: &str = "%Y-%m-%dT%H:%M";

/// The fields of one point as typed; times as `2026-09-19T09:00` on a Chinese clock.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ItemForm {
    pub title: String,
    pub speaker: String,
    pub starts_at: String,
    pub ends_at: String,
}

impl ItemForm {
    pub fn of(item: &Item) -> ItemForm {
        let at = |at: Option<Instant>| {
            at.map_or_else(String::new, |at| clock::shanghai(at).format(TIME).to_string())
        };
        ItemForm {
            title: item.title.clone(),
            speaker: item.speaker.clone(),
            starts_at: at(item.starts_at),
            ends_at: at(item.ends_at),
        }
    }

    /// A new point begins where the last one ended, or with the meeting.
    pub fn next(items: &[Item], starts_at: Instant) -> ItemForm {
        let from = items.last().map_or(Some(starts_at), |last| last.ends_at);
        let starts_at = from.map_or_else(String::new, |at| clock::shanghai(at).format(TIME).to_string());
        ItemForm { starts_at, ..ItemForm::default() }
    }

    fn item(&self, id: Uuid) -> Result<Item, AgendaError> {
        Ok(Item {
            id,
            title: self.title.clone(),
            speaker: self.speaker.clone(),
            starts_at: time(&self.starts_at, "starts_at", "开始时间")?,
            ends_at: time(&self.ends_at, "ends_at", "结束时间")?,
        })
    }
}

fn time(text: &str, field: &'static str, name: &'static str) -> Result<Option<Instant>, AgendaError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let wall = NaiveDateTime::parse_from_str(text, TIME)
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S"))
        .map_err(|_| AgendaError::Invalid { field, name, problem: "请选择日期和时间。" })?;
    Ok(Some(clock::from_shanghai(wall)))
}

#[derive(Template)]
#[template(path = "meeting/desk_agenda.html")]
struct ItemPage {
    page: Layout,
    head: Head,
    /// `None` for a new point.
    id: Option<Uuid>,
    form: ItemForm,
    problem: Option<String>,
}

pub async fn new(
    meetings: Data<Meetings>,
    user: Organiser,
    id: Path<Uuid>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let (meeting, head) = head(&meetings, *id, &user.0, "materials", &After::default()).await?;
    let items = agenda::of_meeting(meetings.base.db.read(), *id).await?;
    let form = ItemForm::next(&items, meeting.starts_at);
    Ok(Page::of(ItemPage { page: page.at("meetings"), head, id: None, form, problem: None }))
}

pub async fn show(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let (id, item) = path.into_inner();
    let (_, head) = head(&meetings, id, &user.0, "materials", &After::default()).await?;
    let items = agenda::of_meeting(meetings.base.db.read(), id).await?;
    let found = items.iter().find(|one| one.id == item).ok_or(AgendaError::NoItem)?;
    let form = ItemForm::of(found);
    Ok(Page::of(ItemPage { page: page.at("meetings"), head, id: Some(item), form, problem: None }))
}

pub async fn add(
    request: HttpRequest,
    meetings: Data<Meetings>,
    user: Organiser,
    id: Path<Uuid>,
    page: Layout,
    form: Posted<ItemForm>,
) -> Result<HttpResponse, Error> {
    let form = form.0;
    let changed = match form.item(Uuid::now_v7()) {
        Ok(item) => {
            let add = |items: &mut Vec<Item>| {
                items.push(item);
                Ok(())
            };
            agenda::alter(&meetings.base, *id, &user.0.username, add).await
        }
        Err(wrong) => Err(wrong),
    };
    finish(request, &meetings, &user, *id, None, page, form, changed).await
}

pub async fn save(
    request: HttpRequest,
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    page: Layout,
    form: Posted<ItemForm>,
) -> Result<HttpResponse, Error> {
    let (id, item) = path.into_inner();
    let form = form.0;
    let changed = match form.item(item) {
        Ok(new) => {
            let save = |items: &mut Vec<Item>| {
                *items.iter_mut().find(|one| one.id == item).ok_or(AgendaError::NoItem)? = new;
                Ok(())
            };
            agenda::alter(&meetings.base, id, &user.0.username, save).await
        }
        Err(wrong) => Err(wrong),
    };
    finish(request, &meetings, &user, id, Some(item), page, form, changed).await
}

/// Leads back to the list, or draws the form again with what was wrong.
#[allow(clippy::too_many_arguments, reason = "the form again needs all that drew it")]
async fn finish(
    request: HttpRequest,
    meetings: &Meetings,
    user: &Organiser,
    id: Uuid,
    item: Option<Uuid>,
    page: Layout,
    form: ItemForm,
    changed: Result<Vec<Item>, AgendaError>,
) -> Result<HttpResponse, Error> {
    match changed {
        Ok(_) => Ok(see_other(&format!("{}/materials?done=agenda", page_of(id)))),
        Err(wrong @ AgendaError::Invalid { .. }) => {
            let (_, head) = head(meetings, id, &user.0, "materials", &After::default()).await?;
            let problem = Some(describe(&wrong).1);
            let view = ItemPage { page: page.at("meetings"), head, id: item, form, problem };
            let mut answer = Page::of(view).respond_to(&request);
            *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(answer)
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
pub struct Move {
    to: String,
}

pub async fn shift(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    form: Posted<Move>,
) -> Result<HttpResponse, Error> {
    let (id, item) = path.into_inner();
    let up = form.0.to == "up";
    let shift = |items: &mut Vec<Item>| {
        let at = items.iter().position(|one| one.id == item).ok_or(AgendaError::NoItem)?;
        let to = if up { at.saturating_sub(1) } else { (at + 1).min(items.len() - 1) };
        items.swap(at, to);
        Ok(())
    };
    agenda::alter(&meetings.base, id, &user.0.username, shift).await?;
    Ok(see_other(&format!("{}/materials?done=agenda", page_of(id))))
}

pub async fn remove(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    _form: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let (id, item) = path.into_inner();
    edit::find(&meetings.base, id).await?;
    let remove = |items: &mut Vec<Item>| {
        items.retain(|one| one.id != item);
        Ok(())
    };
    agenda::alter(&meetings.base, id, &user.0.username, remove).await?;
    Ok(see_other(&format!("{}/materials?done=agenda", page_of(id))))
}
