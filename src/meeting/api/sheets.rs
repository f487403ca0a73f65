//! 签到表 and 签到流水 as files.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;
use uuid::Uuid;

use crate::meeting::Meetings;
use crate::meeting::sheet;
use crate::meeting::sheet::columns::{self, Column};
use crate::meeting::sheet::model::Form;
use crate::web::{Error, StaffUser};

#[derive(Deserialize)]
pub struct Wanted {
    /// Words with commas between them; absent: those that the account chose at the desk.
    columns: Option<String>,
}

pub async fn xlsx(
    meetings: Data<Meetings>,
    user: StaffUser,
    id: Path<Uuid>,
    wanted: Query<Wanted>,
) -> Result<HttpResponse, Error> {
    export(&meetings, &user, *id, Form::Xlsx, &wanted).await
}

pub async fn pdf(
    meetings: Data<Meetings>,
    user: StaffUser,
    id: Path<Uuid>,
    wanted: Query<Wanted>,
) -> Result<HttpResponse, Error> {
    export(&meetings, &user, *id, Form::Pdf, &wanted).await
}

pub async fn log(meetings: Data<Meetings>, user: StaffUser, id: Path<Uuid>) -> Result<HttpResponse, Error> {
    export(&meetings, &user, *id, Form::Log, &Wanted { columns: None }).await
}

async fn export(
    meetings: &Meetings,
    user: &StaffUser,
    id: Uuid,
    form: Form,
    wanted: &Wanted,
) -> Result<HttpResponse, Error> {
    let base = &meetings.base;
    let columns = match &wanted.columns {
        Some(words) => Column::parse(words.split(',')),
        None => columns::chosen(base, user.id).await?,
    };
    let file = sheet::export(base, id, form, columns, &user.username).await?;
    Ok(HttpResponse::Ok().content_type(file.content_type).body(file.bytes))
}
