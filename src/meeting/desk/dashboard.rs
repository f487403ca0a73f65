//! 概况: the figures of one meeting, live.

use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, Responder};
use askama::Template;
use serde::Serialize;
use uuid::Uuid;

use super::{After, Head, head, words};
use crate::base::clock;
use crate::meeting::attendance::{self, Snapshot};
use crate::meeting::{Meetings, edit, feed};
use crate::web::{Context, Error, Layout, Page, StaffUser, stream};

#[derive(Template)]
#[template(path = "meeting/desk_overview.html")]
struct OverviewPage {
    page: Layout,
    head: Head,
    now: Snapshot,
    rate: String,
    late_from: String,
    summary: String,
    sources: String,
}

pub async fn show(
    meetings: Data<Meetings>,
    user: StaffUser,
    id: Path<Uuid>,
    after: Query<After>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let (meeting, head) = head(&meetings, *id, &user, "overview", &after).await?;
    let now = snapshot(&meetings, *id).await?;
    let rate = if now.expected > 0 {
        format!("{:.1}%", 100.0 * now.present as f64 / now.expected as f64)
    } else {
        String::new()
    };
    Ok(Page::of(OverviewPage {
        page: page.at("meetings"),
        head,
        rate,
        now,
        late_from: clock::zh_minute(meeting.starts_at),
        summary: meeting.summary,
        sources: words::sources(),
    }))
}

/// Event `attendance`, a full snapshot each.
pub async fn watch(
    context: Context,
    meetings: Data<Meetings>,
    _user: StaffUser,
    id: Path<Uuid>,
) -> Result<HttpResponse, Error> {
    edit::find(&meetings.base, *id).await?;
    stream(&context, feed::figures(meetings.attendance.watch(*id)))
}

#[derive(Serialize)]
pub struct Look {
    now: i64,
    attendance: Snapshot,
}

/// The same for a network that swallows streams.
pub async fn look(meetings: Data<Meetings>, _user: StaffUser, id: Path<Uuid>) -> Result<Json<Look>, Error> {
    let attendance = snapshot(&meetings, *id).await?;
    Ok(Json(Look { now: meetings.base.clock.now().timestamp_millis(), attendance }))
}

async fn snapshot(meetings: &Meetings, id: Uuid) -> Result<Snapshot, Error> {
    attendance::snapshot(&meetings.base, id).await?.ok_or_else(|| Error::new("meeting_not_found"))
}
