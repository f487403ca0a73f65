//! `/desk/meetings`: what runs, what comes, what was.

use actix_web::Responder;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::{may_change, words};
use crate::base::clock::{self, Instant};
use crate::meeting::Meetings;
use crate::meeting::catalogue::{self, Listed};
use crate::web::{Error, Layout, Page, StaffUser};

#[derive(Template)]
#[template(path = "meeting/desk_list.html")]
struct ListPage {
    page: Layout,
    may_change: bool,
    search: String,
    groups: Vec<Group>,
    older: Option<u64>,
    newer: Option<u64>,
}

struct Group {
    name: &'static str,
    rows: Vec<Row>,
}

struct Row {
    id: Uuid,
    title: String,
    when: String,
    place: String,
    phase: &'static str,
    tone: &'static str,
    present: i64,
    expected: i64,
}

#[derive(Deserialize)]
#[serde(default)]
pub struct Search {
    q: String,
    page: u64,
}

impl Default for Search {
    fn default() -> Search {
        Search { q: String::new(), page: 1 }
    }
}

pub async fn show(
    meetings: Data<Meetings>,
    user: StaffUser,
    search: Query<Search>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let base = &meetings.base;
    let list = catalogue::list(base, &search.q, search.page).await?;
    let now = base.clock.now();
    let groups = [("正在进行", list.running), ("即将召开", list.coming), ("已经结束", list.past)]
        .into_iter()
        .filter(|(_, rows)| !rows.is_empty())
        .map(|(name, rows)| Group { name, rows: rows.into_iter().map(|listed| row(listed, now)).collect() })
        .collect();
    Ok(Page::of(ListPage {
        page: page.at("meetings"),
        may_change: may_change(&user),
        search: search.q.trim().to_string(),
        groups,
        older: list.more.then_some(search.page + 1),
        newer: (search.page > 1).then(|| search.page - 1),
    }))
}

fn row(listed: Listed, now: Instant) -> Row {
    Row {
        id: listed.meeting.id,
        when: clock::zh_span(listed.meeting.starts_at, listed.meeting.ends_at, now),
        title: listed.meeting.title,
        place: listed.meeting.place,
        phase: listed.phase.zh(),
        tone: words::phase_tone(listed.phase),
        present: listed.present,
        expected: listed.expected,
    }
}
