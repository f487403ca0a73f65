//! 答复模板：a unit's own, and what is put into them.

use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::officer;
use crate::base::clock::zh_moment;
use crate::cases::Cases;
use crate::cases::template::{self, Editor, TemplateError};
use crate::people::staff::Role;
use crate::web::{Error, Layout, Page, Posted, StaffUser, see_other};

#[derive(Template)]
#[template(path = "cases/desk_templates.html")]
struct TemplatesPage {
    page: Layout,
    /// Those whose templates they change, with the one that is shown.
    units: Vec<(String, String)>,
    unit: String,
    name: String,
    rows: Vec<Line>,
    done: bool,
}

struct Line {
    id: String,
    version: i64,
    title: String,
    body: String,
    changed: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    unit: String,
    done: String,
}

pub async fn show(
    cases: Data<Cases>,
    user: StaffUser,
    asked: Query<Asked>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let officer = officer(&cases, &user).await?;
    let editor = Editor { officer: &officer, admin: user.role == Role::Admin };
    let units = editor.units(&cases);
    // Their own first: an administrator who serves in a unit means that one.
    let own = officer
        .seats
        .iter()
        .map(|seat| seat.unit.clone())
        .find(|unit| editor.may(unit) && cases.units.knows(unit));
    let first = || own.or_else(|| units.first().map(|(code, _)| code.clone())).unwrap_or_default();
    let unit = if asked.unit.is_empty() { first() } else { asked.unit.clone() };
    if !unit.is_empty() && !units.iter().any(|(code, _)| *code == unit) {
        return Err(TemplateError::NotFound.into());
    }
    let now = cases.store.clock.now();
    let rows = template::of_unit(&cases, &unit).await?;
    Ok(Page::of(TemplatesPage {
        page: page.at("case-templates"),
        name: cases.units.name(&unit).to_string(),
        rows: rows
            .into_iter()
            .map(|row| Line {
                id: row.id.to_string(),
                version: row.version,
                changed: format!("{} {}", row.changed_by, zh_moment(row.changed_at, now)),
                title: row.title,
                body: row.body,
            })
            .collect(),
        done: !asked.done.is_empty(),
        units,
        unit,
    }))
}

#[derive(Deserialize)]
pub struct Said {
    act: String,
    #[serde(default)]
    id: Uuid,
    #[serde(default)]
    version: i64,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    body: String,
}

pub async fn change(cases: Data<Cases>, user: StaffUser, form: Posted<Said>) -> Result<HttpResponse, Error> {
    let officer = officer(&cases, &user).await?;
    let editor = Editor { officer: &officer, admin: user.role == Role::Admin };
    let said = form.0;
    match said.act.as_str() {
        "make" => template::make(&cases, &editor, (&said.unit, &said.title, &said.body)).await.map(|_| ())?,
        "edit" => template::edit(&cases, &editor, (said.id, said.version), (&said.title, &said.body)).await?,
        "remove" => template::remove(&cases, &editor, said.id).await?,
        _ => return Err(Error::new("bad_request")),
    }
    let unit: String = url::form_urlencoded::byte_serialize(said.unit.as_bytes()).collect();
    Ok(see_other(&format!("/desk/cases/templates?unit={unit}&done=1")))
}
