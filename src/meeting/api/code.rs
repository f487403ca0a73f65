//! The meeting's code as a picture.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;
use uuid::Uuid;

use crate::meeting::{Meetings, edit, qr};
use crate::web::{Error, StaffUser};

/// Pixels of a picture that nobody gave a size for.
const USUAL: u32 = 600;

#[derive(Deserialize)]
pub struct Size {
    /// Pixels; 2000 at most.
    px: Option<u32>,
}

pub async fn svg(meetings: Data<Meetings>, _: StaffUser, id: Path<Uuid>) -> Result<HttpResponse, Error> {
    let text = content(&meetings, *id).await?;
    Ok(HttpResponse::Ok().content_type("image/svg+xml").body(qr::svg(&text)?))
}

pub async fn png(
    meetings: Data<Meetings>,
    _: StaffUser,
    id: Path<Uuid>,
    size: Query<Size>,
) -> Result<HttpResponse, Error> {
    let text = content(&meetings, *id).await?;
    Ok(HttpResponse::Ok().content_type("image/png").body(qr::png(&text, size.px.unwrap_or(USUAL))?))
}

async fn content(meetings: &Meetings, id: Uuid) -> Result<String, Error> {
    let base = &meetings.base;
    let meeting = edit::find(base, id).await?;
    Ok(qr::content(base, &meeting, base.clock.now()))
}
