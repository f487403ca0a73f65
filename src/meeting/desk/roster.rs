//! 名册: who is expected. A file is looked over first, then taken in.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::{After, Asked, Head, Pager, encoded, head, page_of};
use crate::base::error::describe;
use crate::meeting::model::Role;
use crate::meeting::people_list::{self, Filter};
use crate::meeting::roster::{self, BadRow, Change, Kind, Missing, Pending, Report, RosterError};
use crate::meeting::{Meetings, edit};
use crate::web::{Error, Layout, Organiser, Page, Posted, StaffUser, Upload, see_other};

#[derive(Template)]
#[template(path = "meeting/desk_roster.html")]
struct RosterPage {
    page: Layout,
    head: Head,
    /// What was wrong with the uploaded file.
    problem: Option<String>,
    move_out: bool,
    search: String,
    rows: Vec<EntryRow>,
    pager: Pager,
    total: usize,
}

struct EntryRow {
    person: Uuid,
    entry: Uuid,
    name: String,
    unit: String,
    phone: String,
    role: &'static str,
    seat: String,
    is_in: bool,
}

pub async fn show(
    meetings: Data<Meetings>,
    user: StaffUser,
    id: Path<Uuid>,
    asked: Query<Asked>,
    after: Query<After>,
    page: Layout,
) -> Result<impl Responder, Error> {
    Ok(Page::of(view(&meetings, &user, *id, &asked, &after, page).await?))
}

async fn view(
    meetings: &Meetings,
    user: &StaffUser,
    id: Uuid,
    asked: &Asked,
    after: &After,
    page: Layout,
) -> Result<RosterPage, Error> {
    let (meeting, head) = head(meetings, id, user, "roster", after).await?;
    let people = people_list::list(&meetings.base, &meeting, Filter::Planned, &asked.q, asked.page).await?;
    let rows = people.rows.iter().filter_map(|row| {
        let entry = row.planned()?;
        Some(EntryRow {
            person: row.person,
            entry: entry.id,
            name: row.name.clone(),
            unit: row.unit.clone(),
            phone: row.phone.clone(),
            role: Role::parse(&entry.role).map_or("", Role::zh),
            seat: entry.seat.clone().unwrap_or_default(),
            is_in: row.is_in(),
        })
    });
    Ok(RosterPage {
        page: page.at("meetings"),
        head,
        problem: None,
        move_out: false,
        search: asked.q.trim().to_string(),
        pager: Pager::of(&people, &format!("{}/roster?q={}", page_of(id), encoded(asked.q.trim()))),
        rows: rows.collect(),
        total: people.counts.planned,
    })
}

#[derive(Template)]
#[template(path = "meeting/desk_import.html")]
struct ImportPage {
    page: Layout,
    head: Head,
    file: String,
    token: String,
    report: Report,
    /// People whom the confirmation takes in.
    people: usize,
    move_out: bool,
    groups: Vec<Group>,
    bad: Vec<BadRow>,
    bad_more: usize,
}

/// Those to whom the same happens.
struct Group {
    name: &'static str,
    /// There is something to say about each.
    told: bool,
    changes: Vec<Change>,
}

/// Bad rows shown on the page; the file has them all.
const BAD_SHOWN: usize = 50;

/// Reads the file and shows what it would do.
pub async fn upload(
    request: HttpRequest,
    meetings: Data<Meetings>,
    user: Organiser,
    id: Path<Uuid>,
    page: Layout,
    upload: Upload,
) -> Result<HttpResponse, Error> {
    let move_out = upload.fields.get("missing").is_some_and(|word| word == "move_out");
    let looked = match upload.file {
        Some(file) => {
            // A workbook takes its time to read; other requests go on.
            let (name, bytes) = (file.name, file.bytes);
            let rows = tokio::task::spawn_blocking(move || roster::read_file(&bytes))
                .await
                .map_err(|error| Error::new("internal").because(error))?;
            match rows {
                Ok(rows) => {
                    let pending = Pending { meeting: *id, name, move_out, rows };
                    let report = dry_run(&meetings, &pending, &user).await;
                    report.map(|report| (pending, report))
                }
                Err(error) => Err(error),
            }
        }
        None => Err(RosterError::Empty),
    };
    let (pending, report) = match looked {
        Ok(looked) => looked,
        Err(error @ (RosterError::Empty | RosterError::Unreadable(_) | RosterError::TooMany)) => {
            let problem = Some(describe(&error).1);
            let view = view(&meetings, &user.0, *id, &Asked::default(), &After::default(), page).await?;
            return Ok(Page::refused(RosterPage { problem, move_out, ..view }).respond_to(&request));
        }
        Err(error) => return Err(error.into()),
    };
    let token = pending.keep(&meetings.base).await.map_err(|error| Error::new("internal").because(error))?;
    let (_, head) = head(&meetings, *id, &user.0, "roster", &After::default()).await?;
    let groups = [
        (Kind::Added, "新增"),
        (Kind::Changed, "修改"),
        (Kind::Removed, "移出"),
        (Kind::Kept, "不在新名单里，但已签到，保留"),
    ]
    .map(|(kind, name)| Group {
        name,
        told: kind == Kind::Changed,
        changes: report.changes.iter().filter(|change| change.kind == kind).cloned().collect(),
    })
    .into_iter()
    .filter(|group| !group.changes.is_empty())
    .collect();
    let page = ImportPage {
        page: page.at("meetings"),
        head,
        file: pending.name,
        token,
        move_out,
        groups,
        bad: report.bad.iter().take(BAD_SHOWN).cloned().collect(),
        bad_more: report.bad.len().saturating_sub(BAD_SHOWN),
        people: report.people(),
        report,
    };
    Ok(Page::of(page).respond_to(&request))
}

async fn dry_run(meetings: &Meetings, pending: &Pending, user: &Organiser) -> Result<Report, RosterError> {
    let rows = pending.rows.clone();
    roster::import(&meetings.base, pending.meeting, rows, pending.missing(), true, &user.0.username).await
}

#[derive(Deserialize)]
pub struct Confirm {
    token: String,
}

pub async fn confirm(
    meetings: Data<Meetings>,
    user: Organiser,
    id: Path<Uuid>,
    form: Posted<Confirm>,
) -> Result<HttpResponse, Error> {
    let pending = pending(&meetings, *id, &form.0.token).await?;
    let missing: Missing = pending.missing();
    let report = roster::import(&meetings.base, *id, pending.rows, missing, false, &user.0.username).await?;
    let n = report.people();
    Ok(see_other(&format!("{}/roster?done=imported&n={n}", page_of(*id))))
}

async fn pending(meetings: &Meetings, id: Uuid, token: &str) -> Result<Pending, Error> {
    edit::find(&meetings.base, id).await?;
    Pending::find(&meetings.base, id, token).await.ok_or_else(|| Error::new("preview_expired"))
}

/// The rows that cannot go in, with reasons, to be corrected and sent again.
pub async fn bad_rows(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, String)>,
) -> Result<HttpResponse, Error> {
    let (id, token) = path.into_inner();
    let pending = pending(&meetings, id, &token).await?;
    let report = dry_run(&meetings, &pending, &user).await?;
    let csv = roster::bad_rows_csv(&report.bad).map_err(|error| Error::new("internal").because(error))?;
    Ok(download("text/csv; charset=utf-8", "名册有误的行.csv", csv))
}

pub async fn template(_user: StaffUser, _id: Path<Uuid>) -> Result<HttpResponse, Error> {
    let book = roster::template_xlsx().map_err(|error| Error::new("internal").because(error))?;
    Ok(download("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "名册模板.xlsx", book))
}

/// A file that the browser saves under `name`.
pub fn download(kind: &str, name: &str, bytes: Vec<u8>) -> HttpResponse {
    let name = encoded(name);
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{name}")))
        .body(bytes)
}
