//! 签到表 at the desk: which columns, which form, and what was filed before.

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, Responder};
use askama::Template;
use uuid::Uuid;

use super::roster::download;
use super::words::{self, Actors};
use super::{After, Head, head, page_of};
use crate::meeting::sheet::columns::{self, Column};
use crate::meeting::sheet::model::Form;
use crate::meeting::sheet::{self, revision};
use crate::meeting::{Meetings, edit};
use crate::web::{Error, Layout, Page, Posted, StaffUser, see_other};

#[derive(Template)]
#[template(path = "meeting/desk_sheet.html")]
struct SheetPage {
    page: Layout,
    head: Head,
    columns: Vec<Choice>,
    makes_pdf: bool,
    revisions: Vec<RevisionRow>,
}

struct Choice {
    word: &'static str,
    name: &'static str,
    chosen: bool,
    /// Cannot be left out.
    fixed: bool,
}

struct RevisionRow {
    number: i32,
    newest: bool,
    at: String,
    actor: String,
    digest: String,
    /// Address and name.
    files: Vec<(String, String)>,
}

pub async fn show(
    meetings: Data<Meetings>,
    user: StaffUser,
    id: Path<Uuid>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let (_, head) = head(&meetings, *id, &user, "sheet", &After::default()).await?;
    let base = &meetings.base;
    let chosen = columns::chosen(base, user.id).await?;
    let actors = Actors::read(base).await?;
    let now = base.clock.now();
    let revisions = revision::list(base, *id).await?;
    let newest = revisions.first().map(|listed| listed.revision.number);
    Ok(Page::of(SheetPage {
        page: page.at("meetings"),
        head,
        columns: Column::EACH
            .into_iter()
            .map(|column| Choice {
                word: column.word(),
                name: column.zh(),
                chosen: chosen.contains(&column),
                fixed: column == Column::Name,
            })
            .collect(),
        makes_pdf: sheet::makes_pdf().await,
        revisions: revisions
            .into_iter()
            .map(|listed| RevisionRow {
                number: listed.revision.number,
                newest: Some(listed.revision.number) == newest,
                at: words::moment(listed.revision.created_at, now),
                actor: actors.name(&listed.revision.created_by),
                digest: revision::grouped(&listed.revision.digest),
                files: listed
                    .files
                    .into_iter()
                    .map(|file| {
                        let name = Form::parse(&file.form).map_or("文件", Form::zh).to_string();
                        (format!("{}/sheets/{}", page_of(*id), file.hash), name)
                    })
                    .collect(),
            })
            .collect(),
    }))
}

/// Remembers the columns, and leads to the file in the form whose button was pressed.
pub async fn choose(
    meetings: Data<Meetings>,
    user: StaffUser,
    id: Path<Uuid>,
    form: Posted<Vec<(String, String)>>,
) -> Result<HttpResponse, Error> {
    edit::find(&meetings.base, *id).await?;
    let all = |key: &'static str| {
        form.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    };
    columns::choose(&meetings.base, user.id, &Column::parse(all("column"))).await?;
    let ending = all("form").next().and_then(Form::parse).map_or("sheet.xlsx", address);
    Ok(see_other(&format!("{}/{ending}", page_of(*id))))
}

fn address(form: Form) -> &'static str {
    match form {
        Form::Xlsx => "sheet.xlsx",
        Form::Pdf => "sheet.pdf",
        Form::Log => "log.xlsx",
    }
}

pub async fn xlsx(meetings: Data<Meetings>, user: StaffUser, id: Path<Uuid>) -> Result<HttpResponse, Error> {
    export(&meetings, &user, *id, Form::Xlsx).await
}

pub async fn pdf(meetings: Data<Meetings>, user: StaffUser, id: Path<Uuid>) -> Result<HttpResponse, Error> {
    export(&meetings, &user, *id, Form::Pdf).await
}

/// 签到流水.
pub async fn log(meetings: Data<Meetings>, user: StaffUser, id: Path<Uuid>) -> Result<HttpResponse, Error> {
    export(&meetings, &user, *id, Form::Log).await
}

async fn export(meetings: &Meetings, user: &StaffUser, id: Uuid, form: Form) -> Result<HttpResponse, Error> {
    let base = &meetings.base;
    let columns = columns::chosen(base, user.id).await?;
    let file = sheet::export(base, id, form, columns, &user.username).await?;
    Ok(download(file.content_type, &file.name, file.bytes.to_vec()))
}

/// A file that was filed before, as it was.
pub async fn kept(
    meetings: Data<Meetings>,
    _user: StaffUser,
    path: Path<(Uuid, String)>,
) -> Result<HttpResponse, Error> {
    let (id, hash) = path.into_inner();
    let meeting = edit::find(&meetings.base, id).await?;
    let file = sheet::kept(&meetings.base, id, &meeting.title, &hash).await?;
    Ok(download(file.content_type, &file.name, file.bytes.to_vec()))
}
