//! 专题频道 on the phone: all of them, and the public cases of one.

use actix_web::Responder;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

use super::views::{Line, public_line};
use crate::cases::Cases;
use crate::cases::channel;
use crate::web::{Error, Layout, Page};

#[derive(Template)]
#[template(path = "cases/channels.html")]
struct ChannelsPage {
    page: Layout,
    /// Address, name, and what stands under it.
    rows: Vec<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "cases/channel.html")]
struct ChannelPage {
    page: Layout,
    title: String,
    intro: String,
    rows: Vec<Line>,
    later: bool,
    older: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    before: Option<i64>,
}

pub async fn all(cases: Data<Cases>, page: Layout) -> Result<impl Responder, Error> {
    let rows = channel::list(&cases, true).await?;
    let row =
        |row: channel::case_channel::Model| (format!("/cases/channels/{}", row.slug), row.title, row.intro);
    Ok(Page::of(ChannelsPage { page, rows: rows.into_iter().map(row).collect() }))
}

pub async fn one(
    cases: Data<Cases>,
    slug: Path<String>,
    asked: Query<Asked>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let row = channel::at(&cases, &slug).await?;
    let (files, more) = channel::cases_of(&cases, &row, asked.before).await?;
    let last = files.last().filter(|_| more).map(|file| file.public_no);
    let now = cases.store.clock.now();
    Ok(Page::of(ChannelPage {
        page,
        older: last.map(|last| format!("/cases/channels/{}?before={last}", row.slug)),
        rows: files.into_iter().map(|file| public_line(&cases, file, now)).collect(),
        later: asked.before.is_some(),
        title: row.title,
        intro: row.intro,
    }))
}
