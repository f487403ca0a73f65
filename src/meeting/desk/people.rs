//! 签到名单: the roster and who is there, with what organisers do about it.

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::words::{self, Actors, Tag};
use super::{After, Asked, Head, Pager, Reason, encoded, head, page_of};
use crate::base::clock::Instant;
use crate::meeting::by_hand::{self, Act, ByHandError};
use crate::meeting::checkin::Outcome;
use crate::meeting::enrol::{FieldError, Form};
use crate::meeting::model::{Place, Role, Source, attendance, meeting};
use crate::meeting::people_list::{self, Filter};
use crate::meeting::phase::Phase;
use crate::meeting::statistics::narrow::Narrow;
use crate::meeting::{Meetings, edit};
use crate::web::{Error, Layout, Organiser, Page, Posted, StaffUser, see_other};

#[derive(Template)]
#[template(path = "meeting/desk_people.html")]
struct PeoplePage {
    page: Layout,
    head: Head,
    /// Of the log, when the page was drawn: what comes live is newer.
    version: i64,
    op: Uuid,
    /// Sign-in is over: signing somebody in is a make-up now, with a reason.
    make_up: bool,
    /// The meeting is over: stepping out or back is a correction with its reason, on the person's page.
    over: bool,
    filters: Vec<Chip>,
    filter: &'static str,
    search: String,
    /// What a figure of the statistics asked for beside the filter.
    narrow: String,
    nobody: bool,
    rows: Vec<PersonRow>,
    /// Somebody on this page may be made up.
    somebody_missing: bool,
    pager: Pager,
    batches: Vec<BatchRow>,
}

struct Chip {
    word: &'static str,
    name: &'static str,
    count: usize,
}

struct PersonRow {
    id: Uuid,
    name: String,
    unit: String,
    phone: String,
    /// 列席 and the like, and the seat.
    role: String,
    tag: Tag,
    /// 暂离 and the like.
    out: Option<Tag>,
    /// Went out; the button brings them back.
    is_away: bool,
    /// Something for organisers to look at.
    flag: Option<&'static str>,
    is_in: bool,
    position: Option<i64>,
    at: String,
    source: &'static str,
}

struct BatchRow {
    id: Uuid,
    at: String,
    actor: String,
    reason: String,
    people: usize,
    standing: usize,
}

pub async fn show(
    meetings: Data<Meetings>,
    user: StaffUser,
    id: Path<Uuid>,
    asked: Query<Asked>,
    narrow: Query<Narrow>,
    after: Query<After>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let (meeting, head) = head(&meetings, *id, &user, "people", &after).await?;
    let base = &meetings.base;
    let filter = Filter::parse(&asked.show);
    let narrow = narrow.into_inner().ready(base, *id).await?;
    let people = people_list::narrowed(base, &meeting, filter, &narrow, &asked.q, asked.page).await?;
    let now = base.clock.now();
    let actors = Actors::read(base).await?;
    let batches = by_hand::batches(base, *id).await?;
    Ok(Page::of(PeoplePage {
        page: page.at("meetings"),
        head,
        version: meeting.version,
        op: Uuid::now_v7(),
        make_up: by_hand::source_at(&meeting, now) == Source::MakeUp,
        over: Phase::of(&meeting, now) == Phase::Over,
        filters: Filter::EACH
            .into_iter()
            .filter(|one| people.counts.planned > 0 || !one.needs_roster() || *one == filter)
            .map(|one| Chip { word: one.word(), name: filter_name(one), count: people.counts.of(one) })
            .collect(),
        filter: filter.word(),
        search: asked.q.trim().to_string(),
        narrow: narrow.said(),
        nobody: people.counts.all == 0,
        somebody_missing: people.rows.iter().any(|row| !row.is_in()),
        pager: Pager::of(
            &people,
            &format!(
                "{}/people?show={}&q={}{}",
                page_of(*id),
                filter.word(),
                encoded(asked.q.trim()),
                narrow.query()
            ),
        ),
        rows: people.rows.iter().map(|row| person_row(&meeting, row, now)).collect(),
        batches: batches
            .into_iter()
            .map(|batch| BatchRow {
                id: batch.id,
                at: words::moment(batch.at, now),
                actor: actors.name(&batch.actor),
                reason: batch.reason,
                people: batch.people,
                standing: batch.standing,
            })
            .collect(),
    }))
}

fn filter_name(filter: Filter) -> &'static str {
    match filter {
        Filter::All => "全部",
        Filter::Missing => "未签到",
        Filter::Present => "已签到",
        Filter::Leave => "请假",
        Filter::Away => "暂离",
        Filter::Late => "迟到",
        Filter::LeftEarly => "早退",
        Filter::Others => "计划外和列席",
        Filter::Flagged => "需核对",
        Filter::Planned => "在名册中",
    }
}

fn person_row(meeting: &meeting::Model, row: &people_list::Row, now: Instant) -> PersonRow {
    let there = row.attendance.as_ref().filter(|there| there.is_in());
    PersonRow {
        id: row.person,
        name: row.name.clone(),
        unit: row.unit.clone(),
        phone: row.phone.clone(),
        role: role(row),
        tag: words::standing(meeting, row),
        out: words::leaving(meeting, row, now),
        is_away: there.is_some_and(|there| there.is_away()),
        flag: there
            .and_then(attendance::Model::place)
            .filter(|place| *place == Place::Outside)
            .map(Place::zh),
        is_in: row.is_in(),
        position: there.map(|there| there.position),
        at: there.map(|there| words::arrival(meeting, there, now)).unwrap_or_default(),
        source: there.map_or("", |there| words::source(&there.source)),
    }
}

/// `列席 · 3 排 12 座`; the usual case says nothing.
pub(super) fn role(row: &people_list::Row) -> String {
    let seat = row.planned().and_then(|entry| entry.seat.as_deref());
    let role = (row.role() != Some(Role::Attendee)).then(|| row.part());
    [role, seat].into_iter().flatten().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" · ")
}

#[derive(Template)]
#[template(path = "meeting/desk_walk_in.html")]
struct WalkInPage {
    page: Layout,
    head: Head,
    make_up: bool,
    form: WalkIn,
    mistakes: Vec<FieldError>,
    no_reason: bool,
}

impl WalkInPage {
    /// What is wrong with a field, said of somebody else than the reader.
    fn wrong(&self, field: &str) -> Option<String> {
        let own = self.mistakes.iter().find(|mistake| mistake.field == field);
        own.map(|mistake| mistake.problem.replace("您的", ""))
    }
}

/// Somebody who stands at the desk.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct WalkIn {
    unit: String,
    name: String,
    phone: String,
    reason: String,
    op: Uuid,
}

pub async fn walk_in_form(
    meetings: Data<Meetings>,
    user: Organiser,
    id: Path<Uuid>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let form = WalkIn { op: Uuid::now_v7(), ..WalkIn::default() };
    Ok(Page::of(walk_in_page(&meetings, &user, *id, page, form).await?))
}

async fn walk_in_page(
    meetings: &Meetings,
    user: &Organiser,
    id: Uuid,
    page: Layout,
    form: WalkIn,
) -> Result<WalkInPage, Error> {
    let (meeting, head) = head(meetings, id, &user.0, "people", &After::default()).await?;
    let make_up = by_hand::source_at(&meeting, meetings.base.clock.now()) == Source::MakeUp;
    let page = page.at("meetings");
    Ok(WalkInPage { page, head, make_up, form, mistakes: Vec::new(), no_reason: false })
}

pub async fn walk_in(
    request: HttpRequest,
    meetings: Data<Meetings>,
    user: Organiser,
    id: Path<Uuid>,
    page: Layout,
    form: Posted<WalkIn>,
) -> Result<HttpResponse, Error> {
    let Posted(form) = form;
    let meeting = edit::find(&meetings.base, *id).await?;
    let described = Form { unit: form.unit.clone(), name: form.name.clone(), phone: form.phone.clone() };
    let reason = Reason { reason: form.reason.clone(), op: form.op };
    let (mistakes, no_reason) =
        match by_hand::walk_in(&meetings, &meeting, &described, reason.act(&user.0)).await {
            Ok(done) => return Ok(signed_in(*id, done.outcome, done.position)),
            Err(ByHandError::Form(mistakes)) => (mistakes, false),
            Err(ByHandError::NoReason) => (Vec::new(), true),
            Err(error) => return Err(error.into()),
        };
    let view = walk_in_page(&meetings, &user, *id, page, form).await?;
    Ok(Page::refused(WalkInPage { mistakes, no_reason, ..view }).respond_to(&request))
}

/// Back to the list, saying the position.
fn signed_in(id: Uuid, outcome: Outcome, position: i64) -> HttpResponse {
    let done = if outcome == Outcome::Already { "already" } else { "signed-in" };
    see_other(&format!("{}/people?show=present&done={done}&n={position}", page_of(id)))
}

/// Many at once: the fields `person` repeat.
pub async fn make_up(
    meetings: Data<Meetings>,
    user: Organiser,
    id: Path<Uuid>,
    form: Posted<Vec<(String, String)>>,
) -> Result<HttpResponse, Error> {
    edit::find(&meetings.base, *id).await?;
    let field = |name: &str| form.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let people: Vec<Uuid> = form
        .0
        .iter()
        .filter(|(key, _)| key == "person")
        .filter_map(|(_, value)| value.parse().ok())
        .collect();
    let op = field("op").and_then(|op| op.parse().ok()).unwrap_or_else(Uuid::now_v7);
    let act = Act { op, actor: &user.0.username, reason: field("reason").unwrap_or_default() };
    let done = by_hand::make_up(&meetings, *id, &people, act).await?;
    let word = if done.failed > 0 { "made-up-partly" } else { "made-up" };
    Ok(see_other(&format!("{}/people?show=present&done={word}&n={}", page_of(*id), done.signed_in)))
}

pub async fn undo_batch(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    form: Posted<Reason>,
) -> Result<HttpResponse, Error> {
    let (id, batch) = *path;
    let undone = by_hand::undo_batch(&meetings, id, batch, &user.0.username, &form.0.reason).await?;
    Ok(see_other(&format!("{}/people?done=batch-undone&n={undone}", page_of(id))))
}
