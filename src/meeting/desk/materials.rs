//! Agenda and materials at the desk: upload, order, rights, replacement, withdrawal, and who read what.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{After, Head, head, page_of, words};
use crate::base::clock::{self, Instant};
use crate::base::error::describe;
use crate::document::{Document, Documents, Hash, State};
use crate::meeting::material::edit::{self as edits, MaterialError, Settings};
use crate::meeting::material::model::Visibility;
use crate::meeting::material::{self, Listed, reading};
use crate::meeting::model::Role;
use crate::meeting::{Meetings, agenda, edit, reminder, upload};
use crate::web::{Context, Error, Incoming, Layout, Nothing, Organiser, Page, Posted, StaffUser, see_other};

#[derive(Template)]
#[template(path = "meeting/desk_materials.html")]
struct MaterialsPage {
    page: Layout,
    head: Head,
    groups: Vec<Group>,
    withdrawn: Vec<Row>,
    /// Points of the agenda, to choose from.
    points: Vec<(Uuid, String)>,
    settings: SettingsForm,
    op: Uuid,
    /// Previews are being made: the page looks again by itself.
    moving: bool,
    total: usize,
    /// Where the next one stands in order.
    next: usize,
    /// This machine has no Chinese font.
    letterless: bool,
}

/// A point of the agenda with its materials; without an id those of the whole meeting.
struct Group {
    id: Option<Uuid>,
    title: String,
    /// `09:10–09:30 · 陈晓燕`
    about: String,
    rows: Vec<Row>,
}

struct Row {
    id: Uuid,
    name: String,
    /// `PDF · 1.2 MB · 第 2 版`
    about: String,
    state: words::Tag,
    /// What the state's word does not say.
    more: Option<String>,
    fonts: Option<String>,
    visibility: &'static str,
    /// `查看、下载`
    rights: String,
    roles: String,
    internal: bool,
    readers: usize,
}

impl Row {
    fn of(listed: &Listed, document: Option<&Document>, readers: usize) -> Row {
        let (state, more) = state(document);
        let material = &listed.material;
        let mut about = format!("{} · {}", listed.version.kind(), size(listed.version.bytes));
        if material.version > 1 {
            about.push_str(&format!(" · 第 {} 版", material.version));
        }
        let fonts = document.map(|document| &document.substituted_fonts).filter(|fonts| !fonts.is_empty());
        Row {
            id: material.id,
            name: material.name.clone(),
            about,
            state,
            more,
            fonts: fonts.map(|fonts| fonts.join("、")),
            visibility: material.visibility().zh(),
            rights: match (material.may_view, material.may_download) {
                (true, true) => "查看、下载",
                (true, false) => "只供查看",
                _ => "只供下载",
            }
            .to_string(),
            roles: match material.roles() {
                roles if roles.is_empty() => "所有人".to_string(),
                roles => roles.into_iter().map(Role::zh).collect::<Vec<_>>().join("、"),
            },
            internal: material.internal,
            readers,
        }
    }
}

/// Where the preview stands, as a tag, and what there is to say besides.
fn state(document: Option<&Document>) -> (words::Tag, Option<String>) {
    let tag = |word, tone| words::Tag { word, tone };
    let Some(document) = document else { return (tag("没有预览", ""), None) };
    match document.state {
        State::Waiting => (tag("排队中", "tag-wait"), None),
        State::Converting => {
            let done = document.pages.map(|pages| format!("{} / {pages} 页", document.pages_ready));
            (tag("转换中", "tag-wait"), done)
        }
        State::Ready => (tag("可预览", "tag-good"), document.pages.map(|pages| format!("{pages} 页"))),
        State::Failed => (tag("无预览", "tag-bad"), document.reason_text().map(ToString::to_string)),
    }
}

/// `1.2 MB`, `340 KB`.
pub fn size(bytes: i64) -> String {
    let kilobytes = (bytes.max(0) as f64 / 1024.0).ceil();
    if kilobytes < 1000.0 { format!("{kilobytes:.0} KB") } else { format!("{:.1} MB", kilobytes / 1024.0) }
}

/// The settings as a form shows them.
struct SettingsForm {
    name: String,
    agenda_item: Option<Uuid>,
    visibility: Vec<Choice>,
    roles: Vec<Choice>,
    may_view: bool,
    may_download: bool,
    internal: bool,
}

struct Choice {
    word: &'static str,
    zh: &'static str,
    on: bool,
}

impl SettingsForm {
    fn of(settings: Settings) -> SettingsForm {
        let all = settings.roles.is_empty();
        SettingsForm {
            visibility: [Visibility::Before, Visibility::SignedIn, Visibility::After]
                .map(|one| Choice { word: one.word(), zh: one.zh(), on: one == settings.visibility })
                .into(),
            roles: [Role::Attendee, Role::Observer, Role::Guest, Role::Staff]
                .map(|one| Choice {
                    word: one.word(),
                    zh: one.zh(),
                    on: all || settings.roles.contains(&one),
                })
                .into(),
            name: settings.name,
            agenda_item: settings.agenda_item,
            may_view: settings.may_view,
            may_download: settings.may_download,
            internal: settings.internal,
        }
    }

    fn at(&self, point: &Uuid) -> bool {
        self.agenda_item.as_ref() == Some(point)
    }
}

pub async fn show(
    meetings: Data<Meetings>,
    documents: Data<Documents>,
    user: StaffUser,
    id: Path<Uuid>,
    after: Query<After>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let base = &meetings.base;
    let (_, head) = head(&meetings, *id, &user, "materials", &after).await?;
    let items = agenda::of_meeting(base.db.read(), *id).await?;
    let list = material::list(base, *id).await?;
    let hashes: Vec<Hash> = list.iter().filter_map(Listed::hash).collect();
    let states = documents.states(&hashes).await?;
    let counts = reading::counts(base, &list.iter().map(|one| one.material.id).collect::<Vec<_>>()).await?;
    let total = list.iter().filter(|one| one.material.withdrawn_at.is_none()).count();
    let moving = states.values().any(|one| matches!(one.state, State::Waiting | State::Converting));
    let mut rows: HashMap<Option<Uuid>, Vec<Row>> = HashMap::new();
    let mut withdrawn = Vec::new();
    for one in &list {
        let document = one.hash().and_then(|hash| states.get(&hash));
        let readers = counts.get(&(one.material.id, one.material.version)).copied().unwrap_or(0);
        let row = Row::of(one, document, readers);
        match one.material.withdrawn_at {
            Some(_) => withdrawn.push(row),
            None => rows.entry(one.material.agenda_item_id).or_default().push(row),
        }
    }
    let whole = Group {
        id: None,
        title: "会议材料".to_string(),
        about: String::new(),
        rows: rows.remove(&None).unwrap_or_default(),
    };
    let points = items.iter().map(|item| (item.id, item.title.clone())).collect();
    let of_items = items.into_iter().map(|item| Group {
        rows: rows.remove(&Some(item.id)).unwrap_or_default(),
        about: about(item.starts_at, item.ends_at, &item.speaker),
        id: Some(item.id),
        title: item.title,
    });
    let groups = of_items.chain([whole]).collect();
    Ok(Page::of(MaterialsPage {
        page: page.at("meetings"),
        head,
        groups,
        withdrawn,
        points,
        settings: SettingsForm::of(Settings::default()),
        op: Uuid::now_v7(),
        moving,
        total,
        next: list.len(),
        letterless: !documents.tools().await.draws_chinese(),
    }))
}

/// `09:10–09:30`, as far as it is known.
pub fn span(from: Option<Instant>, to: Option<Instant>) -> String {
    match (from.map(clock::zh_minute), to.map(clock::zh_minute)) {
        (Some(from), Some(to)) => format!("{from}–{to}"),
        (Some(from), None) => format!("{from} 起"),
        _ => String::new(),
    }
}

/// The same with the speaker: `09:10–09:30 · 陈晓燕`.
fn about(from: Option<Instant>, to: Option<Instant>, speaker: &str) -> String {
    [span(from, to).as_str(), speaker]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" · ")
}

/// One file, from the form or from the page's script, which asks for JSON.
pub async fn add(
    context: Context,
    meetings: Data<Meetings>,
    documents: Data<Documents>,
    user: Organiser,
    id: Path<Uuid>,
    mut incoming: Incoming,
) -> Result<HttpResponse, Error> {
    edit::find(&meetings.base, *id).await?;
    let received = upload::take(&documents, &mut incoming).await?;
    let mut settings = upload::settings(&incoming.fields, Settings::default(), true)?;
    settings.rank = incoming.fields.get("rank").and_then(|rank| rank.parse().ok());
    let op = upload::operation(&incoming.fields);
    let made = edits::add(&meetings.base, *id, op, &received, settings, &user.0.username).await?;
    if context.json {
        let problem = received.reason_text();
        let answer = json!({"id": made.material.id, "name": made.material.name, "problem": problem});
        return Ok(HttpResponse::build(StatusCode::CREATED).json(answer));
    }
    Ok(see_other(&format!("{}/materials?done=material-added", page_of(*id))))
}

#[derive(Template)]
#[template(path = "meeting/desk_material.html")]
struct MaterialPage {
    page: Layout,
    head: Head,
    row: Row,
    settings: SettingsForm,
    points: Vec<(Uuid, String)>,
    problem: Option<String>,
    op: Uuid,
    withdrawn: bool,
    versions: Vec<VersionRow>,
    readers: Vec<ReaderRow>,
}

struct VersionRow {
    number: i32,
    file: String,
    size: String,
    at: String,
    by: String,
    current: bool,
}

struct ReaderRow {
    name: String,
    unit: String,
    version: i32,
    /// `12 / 50`
    reached: String,
    opens: i32,
    downloads: i32,
    at: String,
}

pub async fn one(
    meetings: Data<Meetings>,
    documents: Data<Documents>,
    user: StaffUser,
    path: Path<(Uuid, Uuid)>,
    after: Query<After>,
    page: Layout,
) -> Result<impl Responder, Error> {
    Ok(Page::of(view(&meetings, &documents, &user, path.into_inner(), &after, page).await?))
}

async fn view(
    meetings: &Meetings,
    documents: &Documents,
    user: &StaffUser,
    (id, material): (Uuid, Uuid),
    after: &After,
    page: Layout,
) -> Result<MaterialPage, Error> {
    let base = &meetings.base;
    let (_, head) = head(meetings, id, user, "materials", after).await?;
    let listed = material::listed(base, id, material).await?.ok_or(MaterialError::NotFound)?;
    let document = match listed.hash() {
        Some(hash) => documents.state(&hash).await?,
        None => None,
    };
    let now = base.clock.now();
    let actors = words::Actors::read(base).await?;
    let version = listed.material.version;
    let versions = material::versions(base, material).await?.into_iter().map(|row| VersionRow {
        number: row.number,
        size: size(row.bytes),
        at: words::moment(row.uploaded_at, now),
        by: actors.name(&row.uploaded_by),
        current: row.number == version,
        file: row.file_name,
    });
    let pages = document.as_ref().and_then(|document| document.pages);
    let readers: Vec<ReaderRow> = reading::readers(base, material)
        .await?
        .into_iter()
        .map(|reader| ReaderRow {
            name: reader.name,
            unit: reader.unit,
            version: reader.reading.version,
            reached: match (reader.reading.furthest, pages.filter(|_| reader.reading.version == version)) {
                (0, _) => "未记录".to_string(),
                (page, Some(pages)) => format!("第 {page} 页，共 {pages} 页"),
                (page, None) => format!("第 {page} 页"),
            },
            opens: reader.reading.opens,
            downloads: reader.reading.downloads,
            at: words::moment(reader.reading.last_at, now),
        })
        .collect();
    let current = readers.iter().filter(|reader| reader.version == version).count();
    let points = agenda::of_meeting(base.db.read(), id).await?;
    Ok(MaterialPage {
        page: page.at("meetings"),
        head,
        row: Row::of(&listed, document.as_ref(), current),
        settings: SettingsForm::of(Settings::of(&listed.material)),
        points: points.into_iter().map(|item| (item.id, item.title)).collect(),
        problem: None,
        op: Uuid::now_v7(),
        withdrawn: listed.material.withdrawn_at.is_some(),
        versions: versions.collect(),
        readers,
    })
}

pub async fn save(
    request: HttpRequest,
    meetings: Data<Meetings>,
    documents: Data<Documents>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    page: Layout,
    form: Posted<HashMap<String, String>>,
) -> Result<HttpResponse, Error> {
    let (id, material) = path.into_inner();
    let settings = upload::settings(&form.0, Settings::default(), true)?;
    match edits::change(&meetings.base, id, material, settings.clone(), &user.0.username).await {
        Ok(_) => Ok(see_other(&format!("{}/materials?done=material-saved", page_of(id)))),
        Err(wrong @ MaterialError::Invalid { .. }) => {
            let view = view(&meetings, &documents, &user.0, (id, material), &After::default(), page).await?;
            let problem = Some(describe(&wrong).1);
            let view = MaterialPage { problem, settings: SettingsForm::of(settings), ..view };
            Ok(Page::refused(view).respond_to(&request))
        }
        Err(error) => Err(error.into()),
    }
}

pub async fn replace(
    meetings: Data<Meetings>,
    documents: Data<Documents>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    mut incoming: Incoming,
) -> Result<HttpResponse, Error> {
    let (id, material) = path.into_inner();
    let known = material::listed(&meetings.base, id, material).await?;
    known.ok_or(MaterialError::NotFound)?;
    let received = upload::take(&documents, &mut incoming).await?;
    let op = upload::operation(&incoming.fields);
    edits::replace(&meetings.base, id, material, op, &received, &user.0.username).await?;
    let told = reminder::plan_of(meetings.base.db.read(), id).await.map_err(MaterialError::from)?.on_change;
    let done = if told { "material-replaced-told" } else { "material-replaced" };
    Ok(see_other(&format!("{}/materials/{material}?done={done}", page_of(id))))
}

pub async fn withdraw(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    _form: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    let (id, material) = path.into_inner();
    edits::withdraw(&meetings.base, id, material, &user.0.username).await?;
    Ok(see_other(&format!("{}/materials?done=material-withdrawn", page_of(id))))
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
    let (id, material) = path.into_inner();
    edits::shift(&meetings.base, id, material, form.0.to == "up", &user.0.username).await?;
    Ok(see_other(&format!("{}/materials", page_of(id))))
}
