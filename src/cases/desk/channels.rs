//! 专题频道：made and changed by those who make cases public.

use actix_web::web::Data;
use actix_web::{HttpResponse, Responder};
use askama::Template;
use uuid::Uuid;

use super::officer;
use crate::cases::Cases;
use crate::cases::channel::{self, Written, case_channel};
use crate::cases::decide::Refusal;
use crate::web::{Error, Layout, Page, Posted, StaffUser, see_other};

#[derive(Template)]
#[template(path = "cases/desk_channels.html")]
struct ChannelsPage {
    page: Layout,
    forms: Vec<Form>,
}

/// One channel to change, or the empty one to make.
struct Form {
    /// Empty where it is new.
    id: String,
    version: i64,
    slug: String,
    title: String,
    intro: String,
    words: String,
    numbers: String,
    shown: bool,
    categories: Vec<Choice>,
    units: Vec<Choice>,
    /// How many public cases the first page of it has, as people say it.
    size: String,
}

/// Code, name, and whether it is chosen.
type Choice = (String, String, bool);

pub async fn show(cases: Data<Cases>, user: StaffUser, page: Layout) -> Result<impl Responder, Error> {
    let officer = officer(&cases, &user).await?;
    if !channel::may(&officer) {
        return Err(Refusal::Forbidden.into());
    }
    let mut forms = Vec::new();
    for row in channel::list(&cases, false).await? {
        let (files, more) = channel::cases_of(&cases, &row, None).await?;
        let size = if more { format!("超过 {} 件", files.len()) } else { format!("{} 件", files.len()) };
        forms.push(form(&cases, Some(row), size));
    }
    forms.push(form(&cases, None, String::new()));
    Ok(Page::of(ChannelsPage { page: page.at("case-channels"), forms }))
}

fn form(cases: &Cases, row: Option<case_channel::Model>, size: String) -> Form {
    let (categories, units) =
        row.as_ref().map(|row| (row.categories.clone(), row.units.clone())).unwrap_or_default();
    let (categories, units) = (channel::listed(&categories), channel::listed(&units));
    let choice = |code: &String, name: &String, chosen: &[&str]| {
        (code.clone(), name.clone(), chosen.contains(&code.as_str()))
    };
    let form = Form {
        id: String::new(),
        version: 0,
        slug: String::new(),
        title: String::new(),
        intro: String::new(),
        words: String::new(),
        numbers: String::new(),
        shown: true,
        categories: cases
            .units
            .categories()
            .iter()
            .map(|one| choice(&one.code, &one.name, &categories))
            .collect(),
        units: cases.units.all().iter().map(|one| choice(&one.code, &one.name, &units)).collect(),
        size,
    };
    match row {
        None => form,
        Some(row) => Form {
            id: row.id.to_string(),
            version: row.version,
            slug: row.slug,
            title: row.title,
            intro: row.intro,
            words: row.words,
            numbers: row.numbers.replace(',', " "),
            shown: row.shown,
            ..form
        },
    }
}

pub async fn change(
    cases: Data<Cases>,
    user: StaffUser,
    form: Posted<Vec<(String, String)>>,
) -> Result<HttpResponse, Error> {
    let all = |name: &str| {
        let own = form.0.iter().filter(|(key, value)| key == name && !value.is_empty());
        own.map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    let one = |name: &str| all(name).into_iter().next().unwrap_or_default();
    let wrong = || Error::new("bad_request");
    let officer = officer(&cases, &user).await?;
    let written = Written {
        slug: one("slug"),
        title: one("title"),
        intro: one("intro"),
        categories: all("category"),
        units: all("unit"),
        words: one("words"),
        numbers: one("numbers"),
        shown: !one("shown").is_empty(),
    };
    let id = || one("id").parse::<Uuid>().map_err(|_| wrong());
    match one("act").as_str() {
        "make" => channel::make(&cases, &officer, &written).await.map(|_| ())?,
        "edit" => {
            let seen = one("version").parse().map_err(|_| wrong())?;
            channel::edit(&cases, &officer, (id()?, seen), &written).await?;
        }
        "remove" => channel::remove(&cases, &officer, id()?).await?,
        _ => return Err(wrong()),
    }
    Ok(see_other("/desk/cases/channels"))
}
