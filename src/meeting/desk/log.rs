//! 操作记录: who did what with this meeting.

use actix_web::Responder;
use actix_web::web::{Data, Path};
use askama::Template;
use uuid::Uuid;

use super::words::{self, Actors};
use super::{After, Head, head};
use crate::meeting::{Meetings, journal};
use crate::web::{Error, Layout, Page, StaffUser};

#[derive(Template)]
#[template(path = "meeting/desk_log.html")]
struct LogPage {
    page: Layout,
    head: Head,
    lines: Vec<LogRow>,
}

struct LogRow {
    at: String,
    actor: String,
    action: &'static str,
    name: String,
    detail: String,
}

pub async fn show(
    meetings: Data<Meetings>,
    user: StaffUser,
    id: Path<Uuid>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let (_, head) = head(&meetings, *id, &user, "log", &After::default()).await?;
    let base = &meetings.base;
    let now = base.clock.now();
    let actors = Actors::read(base).await?;
    let lines = journal::of_meeting(base, *id)
        .await?
        .into_iter()
        .map(|line| LogRow {
            at: words::moment(line.at, now),
            actor: actors.name(&line.actor),
            action: words::action(&line.action),
            name: line.name.unwrap_or_default(),
            detail: words::detail(&line.action, &line.detail, now),
        })
        .collect();
    Ok(Page::of(LogPage { page: page.at("meetings"), head, lines }))
}
