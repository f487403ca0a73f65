//! The big screen of a meeting: `/screen/{key}`. Whoever has the key may look, nobody may change anything.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path, Query, ServiceConfig, resource};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;

use super::feed::{self, Handle, Picture};
use super::model::meeting;
use super::{Meetings, attendance};
use crate::web::{Context, Error, Layout, Page, stream};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/screen/{key}").get(show))
        .service(resource("/screen/{key}/stream").get(watch))
        .service(resource("/screen/{key}/snapshot").get(look));
}

#[derive(Deserialize)]
struct Options {
    /// `masked` hides the middle of names on this screen, whatever the meeting's setting says.
    #[serde(default)]
    names: String,
}

impl Options {
    fn masked(&self) -> bool {
        self.names == "masked"
    }
}

#[derive(Template)]
#[template(path = "meeting/screen.html")]
struct ScreenPage {
    page: Layout,
    title: String,
    place: String,
    window: String,
    stream: String,
    /// Where votes are shown on this screen; another feature answers there.
    ballot: String,
    ballot_poll: String,
    /// The same for quick polls and questions from the hall.
    interaction: String,
    interaction_poll: String,
    poll: String,
    starts_ms: i64,
}

#[derive(Template)]
#[template(path = "meeting/screen_off.html")]
struct OffPage {
    page: Layout,
}

async fn show(
    request: HttpRequest,
    meetings: Data<Meetings>,
    key: Path<String>,
    options: Query<Options>,
    page: Layout,
) -> Result<HttpResponse, Error> {
    let handle = Handle::Screen(key.into_inner());
    let Some(meeting) = handle.open(&meetings.base).await? else {
        let mut answer = Page::of(OffPage { page }).respond_to(&request);
        *answer.status_mut() = StatusCode::NOT_FOUND;
        return Ok(answer);
    };
    let query = if options.masked() { "?names=masked" } else { "" };
    let path = format!("/screen/{}", meeting.screen_key);
    let state = feed::picture(&meetings, &meeting, None, false)?.state;
    let view = ScreenPage {
        page,
        title: state.title,
        place: state.place,
        window: state.window,
        ballot: format!("{path}/ballot/stream"),
        ballot_poll: format!("{path}/ballot/snapshot"),
        interaction: format!("{path}/poll/stream"),
        interaction_poll: format!("{path}/poll/snapshot"),
        stream: format!("{path}/stream{query}"),
        poll: format!("{path}/snapshot{query}"),
        starts_ms: state.starts_at,
    };
    Ok(Page::of(view).respond_to(&request))
}

async fn watch(
    context: Context,
    meetings: Data<Meetings>,
    key: Path<String>,
    options: Query<Options>,
) -> Result<HttpResponse, Error> {
    let handle = Handle::Screen(key.into_inner());
    let meeting = open(&meetings, &handle).await?;
    stream(&context, feed::events(&meetings, meeting, handle, options.masked()))
}

/// The same for a network that swallows streams.
async fn look(
    meetings: Data<Meetings>,
    key: Path<String>,
    options: Query<Options>,
) -> Result<Json<Picture>, Error> {
    let meeting = open(&meetings, &Handle::Screen(key.into_inner())).await?;
    let snapshot = attendance::snapshot(&meetings.base, meeting.id).await?;
    Ok(Json(feed::picture(&meetings, &meeting, snapshot.as_ref(), options.masked())?))
}

async fn open(meetings: &Meetings, handle: &Handle) -> Result<meeting::Model, Error> {
    handle.open(&meetings.base).await?.ok_or_else(|| Error::new("screen_unpaired"))
}
