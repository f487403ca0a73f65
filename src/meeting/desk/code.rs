//! 签到码: shown, printed and saved.

use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;
use uuid::Uuid;

use super::roster::download;
use super::{After, Head, encoded, head, page_of};
use crate::base::clock;
use crate::meeting::feed::{self, Handle, Picture};
use crate::meeting::model::{CodeKind, meeting};
use crate::meeting::phase::Phase;
use crate::meeting::{Meetings, attendance, edit, qr};
use crate::web::{Context, Error, Layout, Page, StaffUser, see_other, stream};

/// Side of the saved picture in pixels: sharp on a poster.
const PIXELS: u32 = 1200;

#[derive(Template)]
#[template(path = "meeting/desk_code.html")]
struct CodePage {
    page: Layout,
    head: Head,
    rotating: bool,
    open: bool,
    /// The code as a `data:` address; a rotating one only comes by the stream.
    picture: String,
    short: String,
    link: String,
    opens: String,
    closes: String,
    mask_names: bool,
}

pub async fn show(
    meetings: Data<Meetings>,
    user: StaffUser,
    id: Path<Uuid>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let (meeting, head) = head(&meetings, *id, &user, "code", &After::default()).await?;
    let base = &meetings.base;
    let now = base.clock.now();
    let rotating = meeting.code_kind() == CodeKind::Rotating;
    let open = Phase::of(&meeting, now) == Phase::Open;
    let picture = if rotating { String::new() } else { picture(&meetings, &meeting)? };
    Ok(Page::of(CodePage {
        page: page.at("meetings"),
        head,
        rotating,
        open,
        picture,
        short: crate::meeting::venue_code::short(&base.keys, meeting.id, now),
        link: base.config.link(&format!("/m/{}", meeting.code)),
        opens: clock::zh_moment(meeting.opens_at, now),
        closes: clock::zh_moment(meeting.closes_at, now),
        mask_names: meeting.mask_names,
    }))
}

/// The code inside the page itself, so that it prints without another request.
fn picture(meetings: &Meetings, meeting: &meeting::Model) -> Result<String, Error> {
    let svg = qr::svg(&qr::content(&meetings.base, meeting, meetings.base.clock.now()))?;
    Ok(format!("data:image/svg+xml;charset=utf-8,{}", encoded(&svg)))
}

/// The rotating code and the six digits, live.
pub async fn watch(
    context: Context,
    meetings: Data<Meetings>,
    _user: StaffUser,
    id: Path<Uuid>,
) -> Result<HttpResponse, Error> {
    let meeting = edit::find(&meetings.base, *id).await?;
    stream(&context, feed::events(&meetings, meeting, Handle::Desk(*id), false))
}

pub async fn look(
    meetings: Data<Meetings>,
    _user: StaffUser,
    id: Path<Uuid>,
) -> Result<Json<Picture>, Error> {
    let meeting = edit::find(&meetings.base, *id).await?;
    let snapshot = attendance::snapshot(&meetings.base, *id).await?;
    Ok(Json(feed::picture(&meetings, &meeting, snapshot.as_ref(), false)?))
}

pub async fn svg(meetings: Data<Meetings>, _user: StaffUser, id: Path<Uuid>) -> Result<HttpResponse, Error> {
    let meeting = fixed(&meetings, *id).await?;
    let svg = qr::svg(&qr::content(&meetings.base, &meeting, meetings.base.clock.now()))?;
    Ok(download("image/svg+xml", &format!("签到码-{}.svg", meeting.title), svg.into_bytes()))
}

pub async fn png(meetings: Data<Meetings>, _user: StaffUser, id: Path<Uuid>) -> Result<HttpResponse, Error> {
    let meeting = fixed(&meetings, *id).await?;
    let content = qr::content(&meetings.base, &meeting, meetings.base.clock.now());
    let png = tokio::task::spawn_blocking(move || qr::png(&content, PIXELS))
        .await
        .map_err(|error| Error::new("internal").because(error))??;
    Ok(download("image/png", &format!("签到码-{}.png", meeting.title), png))
}

/// The meeting, if its code can be kept at all: one that rotates is old in half a minute.
async fn fixed(meetings: &Meetings, id: Uuid) -> Result<meeting::Model, Error> {
    let meeting = edit::find(&meetings.base, id).await?;
    match meeting.code_kind() {
        CodeKind::Static => Ok(meeting),
        CodeKind::Rotating => Err(Error::new("code_rotates")),
    }
}

#[derive(Template)]
#[template(path = "meeting/desk_print.html")]
struct PrintPage {
    page: Layout,
    title: String,
    when: String,
    place: String,
    window: String,
    picture: String,
    back: String,
}

/// One A4 sheet for the door.
pub async fn print(
    request: HttpRequest,
    meetings: Data<Meetings>,
    _user: StaffUser,
    id: Path<Uuid>,
    page: Layout,
) -> Result<HttpResponse, Error> {
    let meeting = edit::find(&meetings.base, *id).await?;
    if meeting.code_kind() == CodeKind::Rotating {
        return Ok(see_other(&format!("{}/code", page_of(*id))));
    }
    let now = meetings.base.clock.now();
    let view = PrintPage {
        page,
        when: clock::zh_span(meeting.starts_at, meeting.ends_at, now),
        window: format!(
            "{} 起，{} 截止",
            clock::zh_minute(meeting.opens_at),
            clock::zh_minute(meeting.closes_at)
        ),
        picture: picture(&meetings, &meeting)?,
        back: format!("{}/code", page_of(*id)),
        title: meeting.title,
        place: meeting.place,
    };
    Ok(Page::of(view).respond_to(&request))
}
