//! Figures of one meeting, and across meetings.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path, Query};
use serde::Serialize;
use uuid::Uuid;

use crate::meeting::sheet::model::Form;
use crate::meeting::statistics::across::{self, Across};
use crate::meeting::statistics::period::{Asked, Period};
use crate::meeting::statistics::{self, Statistics};
use crate::meeting::{Meetings, edit};
use crate::web::{Error, StaffUser};

pub async fn of_meeting(
    meetings: Data<Meetings>,
    _: StaffUser,
    id: Path<Uuid>,
) -> Result<Json<Statistics>, Error> {
    let meeting = edit::find(&meetings.base, *id).await?;
    Ok(Json(statistics::of_meeting(&meetings.base, &meeting).await?))
}

#[derive(Serialize)]
pub struct AcrossJson {
    first_day: String,
    last_day: String,
    #[serde(flatten)]
    figures: Across,
}

pub async fn across(
    meetings: Data<Meetings>,
    _: StaffUser,
    asked: Query<Asked>,
) -> Result<Json<AcrossJson>, Error> {
    let period = Period::of(&asked, meetings.base.clock.now());
    let figures = across::across(&meetings.base, period).await?;
    Ok(Json(AcrossJson { first_day: period.first.to_string(), last_day: period.last.to_string(), figures }))
}

pub async fn workbook(
    meetings: Data<Meetings>,
    _: StaffUser,
    asked: Query<Asked>,
) -> Result<HttpResponse, Error> {
    let period = Period::of(&asked, meetings.base.clock.now());
    let book = across::file(&meetings.base, period).await?;
    Ok(HttpResponse::Ok().content_type(Form::Xlsx.content_type()).body(book))
}
