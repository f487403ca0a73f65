//! 抽查: names drawn from those who are signed in, to be looked for in the hall.

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::people::role;
use super::words::{self, Actors, Tag};
use super::{After, Head, head, page_of};
use crate::base::clock::Instant;
use crate::meeting::Meetings;
use crate::meeting::model::Finding;
use crate::meeting::spot_check::{self, Drawn, MOST};
use crate::web::{Error, Layout, Organiser, Page, Posted, StaffUser, see_other};

/// People of a draw, unless the organiser says otherwise.
const USUAL: usize = 5;

#[derive(Template)]
#[template(path = "meeting/desk_checks.html")]
struct ChecksPage {
    page: Layout,
    head: Head,
    op: Uuid,
    usual: usize,
    most: usize,
    pending: usize,
    seen: usize,
    missing: usize,
    rows: Vec<CheckRow>,
}

struct CheckRow {
    id: Uuid,
    person: Uuid,
    name: String,
    unit: String,
    phone: String,
    role: String,
    arrival: String,
    pending: bool,
    /// Signed in still; somebody looked for in vain may have been taken back since.
    is_in: bool,
    tag: Tag,
    found: String,
}

pub async fn show(
    meetings: Data<Meetings>,
    user: StaffUser,
    id: Path<Uuid>,
    after: Query<After>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let (_, head) = head(&meetings, *id, &user, "checks", &after).await?;
    let base = &meetings.base;
    let (now, actors) = (base.clock.now(), Actors::read(base).await?);
    let drawn = spot_check::list(base, *id).await?;
    let count = |finding| drawn.iter().filter(|one| one.finding == finding).count();
    Ok(Page::of(ChecksPage {
        page: page.at("meetings"),
        head,
        op: Uuid::now_v7(),
        usual: USUAL,
        most: MOST,
        pending: count(Finding::Pending),
        seen: count(Finding::Seen),
        missing: count(Finding::Missing),
        rows: drawn.iter().map(|one| check_row(one, &actors, now)).collect(),
    }))
}

fn check_row(drawn: &Drawn, actors: &Actors, now: Instant) -> CheckRow {
    let Drawn { check, finding, row } = drawn;
    let there = row.attendance.as_ref().filter(|there| there.is_in());
    let by = check.found_by.as_deref().map(|actor| actors.name(actor));
    CheckRow {
        id: check.id,
        person: row.person,
        name: row.name.clone(),
        unit: row.unit.clone(),
        phone: row.phone.clone(),
        role: role(row),
        arrival: there
            .map(|there| format!("第 {} 位 · {}", there.position, words::source(&there.source)))
            .unwrap_or_default(),
        pending: *finding == Finding::Pending,
        is_in: row.is_in(),
        tag: Tag {
            word: finding.zh(),
            tone: match finding {
                Finding::Pending => "tag-wait",
                Finding::Seen => "tag-good",
                Finding::Missing => "tag-bad",
            },
        },
        found: check
            .found_at
            .zip(by)
            .map(|(at, by)| format!("{by} {}", words::moment(at, now)))
            .unwrap_or_default(),
    }
}

#[derive(Deserialize)]
pub struct Draw {
    count: usize,
    #[serde(default)]
    op: Uuid,
}

pub async fn draw(
    meetings: Data<Meetings>,
    user: Organiser,
    id: Path<Uuid>,
    form: Posted<Draw>,
) -> Result<HttpResponse, Error> {
    let Draw { count, op } = form.0;
    let op = if op.is_nil() { Uuid::now_v7() } else { op };
    let drawn = spot_check::draw(&meetings.base, *id, op, count, &user.0.username).await?;
    let done = if drawn == 0 { "drawn-none" } else { "drawn" };
    Ok(see_other(&format!("{}/checks?done={done}&n={drawn}", page_of(*id))))
}

#[derive(Deserialize)]
pub struct Found {
    finding: String,
}

pub async fn find(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    form: Posted<Found>,
) -> Result<HttpResponse, Error> {
    let finding = Finding::parse(&form.0.finding).ok_or_else(|| Error::new("bad_request"))?;
    spot_check::find(&meetings.base, path.0, path.1, finding, &user.0.username).await?;
    Ok(see_other(&format!("{}/checks?done=found", page_of(path.0))))
}
