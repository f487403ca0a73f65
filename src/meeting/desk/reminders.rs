//! 提醒: telling people, what goes out by itself, how far each notice is, and whom to call.

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::words::{self, Actors};
use super::{After, Head, head, page_of};
use crate::base::clock::{self, Instant};
use crate::meeting::Meetings;
use crate::meeting::reminder::model::Kind;
use crate::meeting::reminder::report::{self, Line, Summary};
use crate::meeting::reminder::{self, Ask, Plan};
use crate::notify::batch::Counts;
use crate::notify::model::State;
use crate::web::{Error, Layout, Nothing, Organiser, Page, Posted, StaffUser, see_other};

/// Kinds that a button sends; the others go out by the clock.
const BUTTONS: [Kind; 4] = [Kind::Invitation, Kind::Changed, Kind::Cancelled, Kind::Materials];

#[derive(Template)]
#[template(path = "meeting/desk_reminders.html")]
struct RemindersPage {
    page: Layout,
    head: Head,
    op: Uuid,
    missing: usize,
    kinds: Vec<(&'static str, &'static str)>,
    plan: Plan,
    rows: Vec<SummaryRow>,
}

struct SummaryRow {
    id: Uuid,
    kind: &'static str,
    at: String,
    by: String,
    postponed: Option<String>,
    counts: Counts,
}

#[derive(Template)]
#[template(path = "meeting/desk_reminder.html")]
struct ReminderPage {
    page: Layout,
    head: Head,
    row: SummaryRow,
    lines: Vec<LineRow>,
    to_call: usize,
}

struct LineRow {
    person: Uuid,
    name: String,
    unit: String,
    phone: String,
    state: &'static str,
    tone: &'static str,
    channel: &'static str,
    reason: String,
    at: String,
    to_call: bool,
    called: Option<String>,
    is_in: bool,
}

#[derive(Template)]
#[template(path = "meeting/desk_calls.html")]
struct CallsPage {
    page: Layout,
    title: String,
    when: String,
    place: String,
    back: String,
    at: String,
    by: String,
    calls: Vec<report::Call>,
}

pub async fn show(
    meetings: Data<Meetings>,
    user: StaffUser,
    id: Path<Uuid>,
    after: Query<After>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let (meeting, head) = head(&meetings, *id, &user, "reminders", &after).await?;
    let base = &meetings.base;
    let now = base.clock.now();
    let actors = Actors::read(base).await?;
    let rows = report::list(base, *id).await?;
    Ok(Page::of(RemindersPage {
        page: page.at("meetings"),
        head,
        op: Uuid::now_v7(),
        missing: reminder::missing(base, &meeting).await?,
        kinds: BUTTONS.map(|kind| (kind.word(), kind.zh())).to_vec(),
        plan: reminder::plan_of(base.db.read(), *id).await?,
        rows: rows.into_iter().map(|row| summary_row(row, &actors, now)).collect(),
    }))
}

fn summary_row(row: Summary, actors: &Actors, now: Instant) -> SummaryRow {
    SummaryRow {
        id: row.id,
        kind: row.kind.zh(),
        at: words::moment(row.at, now),
        by: actors.name(&row.actor),
        postponed: row.postponed.filter(|at| *at > now).map(|at| clock::zh_moment(at, now)),
        counts: row.counts,
    }
}

#[derive(Deserialize)]
pub struct SendForm {
    kind: String,
    #[serde(default)]
    op: Uuid,
    #[serde(default)]
    urgent: String,
}

pub async fn send(
    meetings: Data<Meetings>,
    user: Organiser,
    id: Path<Uuid>,
    form: Posted<SendForm>,
) -> Result<HttpResponse, Error> {
    let kind = Kind::parse(&form.0.kind).ok_or_else(|| Error::new("bad_request"))?;
    // A form that lost its id is an act of its own.
    let op = if form.0.op.is_nil() { Uuid::now_v7() } else { form.0.op };
    let ask = Ask { op, actor: &user.0.username, urgent: form.0.urgent == "yes" };
    let placed = reminder::remind(&meetings.base, *id, kind, ask).await?;
    let done = if placed.postponed.is_some() { "postponed" } else { "reminded" };
    let people = placed.counts.recipients - placed.counts.skipped;
    Ok(see_other(&format!("{}/reminders/{}?done={done}&n={people}", page_of(*id), placed.id)))
}

/// A box that is not ticked is not sent.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct PlanForm {
    day_before: String,
    hour_before: String,
    after_start: String,
    on_change: String,
    on_vote: String,
}

pub async fn set_plan(
    meetings: Data<Meetings>,
    user: Organiser,
    id: Path<Uuid>,
    form: Posted<PlanForm>,
) -> Result<HttpResponse, Error> {
    let on = |text: &str| text == "yes";
    let plan = Plan {
        day_before: on(&form.0.day_before),
        hour_before: on(&form.0.hour_before),
        after_start: on(&form.0.after_start),
        on_change: on(&form.0.on_change),
        on_vote: on(&form.0.on_vote),
    };
    reminder::set_plan(&meetings.base, *id, plan, &user.0.username).await?;
    Ok(see_other(&format!("{}/reminders?done=plan", page_of(*id))))
}

pub async fn one(
    meetings: Data<Meetings>,
    user: StaffUser,
    path: Path<(Uuid, Uuid)>,
    after: Query<After>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let (_, head) = head(&meetings, path.0, &user, "reminders", &after).await?;
    let base = &meetings.base;
    let now = base.clock.now();
    let actors = Actors::read(base).await?;
    let (summary, lines) = report::one(base, path.0, path.1).await?;
    Ok(Page::of(ReminderPage {
        page: page.at("meetings"),
        head,
        row: summary_row(summary, &actors, now),
        to_call: lines.iter().filter(|line| line.is_to_call()).count(),
        lines: lines.into_iter().map(|line| line_row(line, &actors, now)).collect(),
    }))
}

fn line_row(line: Line, actors: &Actors, now: Instant) -> LineRow {
    let called = line.called_at.map(|at| {
        let by = line.called_by.as_deref().map(|by| actors.name(by)).unwrap_or_default();
        format!("{} {by} 已电话通知", words::moment(at, now))
    });
    LineRow {
        to_call: line.is_to_call(),
        person: line.person,
        name: line.name,
        unit: line.unit,
        phone: line.phone,
        state: line.state.zh(),
        tone: match line.state {
            State::Delivered => "tag-good",
            State::Sent => "tag-act",
            State::Waiting | State::Sending => "tag-wait",
            State::Failed | State::Refused | State::NoChannel => "tag-bad",
            State::Skipped => "",
        },
        channel: line.channel.map_or("", |channel| channel.zh()),
        reason: line.reason.unwrap_or_default(),
        at: words::moment(line.at, now),
        called,
        is_in: line.is_in,
    }
}

/// The list for the telephone, on A4; the whole numbers are shown by this logged act only.
pub async fn calls(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    page: Layout,
    _form: Posted<Nothing>,
) -> Result<impl Responder, Error> {
    let base = &meetings.base;
    let now = base.clock.now();
    let (meeting, _) = head(&meetings, path.0, &user.0, "reminders", &After::default()).await?;
    let (_, calls) = report::call_list(base, path.0, path.1, &user.0.username).await?;
    Ok(Page::of(CallsPage {
        page,
        title: meeting.title,
        when: clock::zh_span(meeting.starts_at, meeting.ends_at, now),
        place: meeting.place,
        back: format!("{}/reminders/{}", page_of(path.0), path.1),
        at: clock::zh_moment(now, now),
        by: user.0.name.clone(),
        calls,
    }))
}

#[derive(Deserialize)]
pub struct Called {
    person: Uuid,
}

pub async fn called(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    form: Posted<Called>,
) -> Result<HttpResponse, Error> {
    report::called(&meetings.base, path.0, path.1, form.0.person, &user.0.username).await?;
    Ok(see_other(&format!("{}/reminders/{}?done=called", page_of(path.0), path.1)))
}
