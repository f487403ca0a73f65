//! 记者追踪：notes of journalists, the replies of units, and who makes both public.

use actix_web::HttpResponse;
use actix_web::Responder;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::inbox::span;
use super::officer;
use crate::base::clock::{Instant, zh_moment};
use crate::cases::Cases;
use crate::cases::access::Officer;
use crate::cases::decide::Refusal;
use crate::cases::follow_up::list::{self, PAGE, Shown};
use crate::cases::follow_up::model::{FollowUpState, case_follow_up};
use crate::cases::follow_up::{self, Step};
use crate::cases::model::{Part, case_file};
use crate::web::{Error, Layout, Page, Posted, StaffUser, see_other};

#[derive(Template)]
#[template(path = "cases/desk_follow_ups.html")]
struct NotesPage {
    page: Layout,
    rows: Vec<Line>,
    /// They write notes.
    writes: bool,
    number: String,
    older: Option<String>,
}

struct Line {
    href: String,
    number: String,
    title: String,
    unit: String,
    by: String,
    state: &'static str,
    tone: &'static str,
    at: String,
}

#[derive(Template)]
#[template(path = "cases/desk_follow_up.html")]
struct NotePage {
    page: Layout,
    done: bool,
    id: String,
    version: i64,
    line: Line,
    case_href: String,
    note: String,
    reply: Option<String>,
    /// How long the unit has, or had.
    due: Option<String>,
    reason: String,
    may: May,
}

/// Which forms the page has.
struct May {
    edit: bool,
    withdraw: bool,
    reply: bool,
    publish: bool,
    decline: bool,
    unpublish: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    number: String,
    before: Option<Uuid>,
    done: String,
}

pub async fn show(
    cases: Data<Cases>,
    user: StaffUser,
    asked: Query<Asked>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let officer = officer(&cases, &user).await?;
    let rows = list::list(&cases, &officer, asked.before).await?;
    let last = rows.last().filter(|_| rows.len() as u64 == PAGE).map(|(row, _)| row.id);
    let now = cases.store.clock.now();
    Ok(Page::of(NotesPage {
        page: page.at("case-follow-ups"),
        rows: rows.iter().map(|(row, file)| line(&cases, row, file, now)).collect(),
        writes: officer.has(Part::Journalist),
        number: asked.number.clone(),
        older: last.map(|id| format!("/desk/cases/follow-ups?before={id}")),
    }))
}

fn line(cases: &Cases, row: &case_follow_up::Model, file: &case_file::Model, now: Instant) -> Line {
    let state = row.state();
    let tone = match state {
        FollowUpState::Published => "tag-good",
        FollowUpState::Sent | FollowUpState::Replied => "tag-wait",
        _ => "",
    };
    Line {
        href: format!("/desk/cases/follow-ups/{}", row.id),
        number: file.number(),
        title: file.public_title.clone(),
        unit: cases.units.name(&row.unit).to_string(),
        by: row.written_by.clone(),
        state: state.zh(),
        tone,
        at: zh_moment(row.written_at, now),
    }
}

pub async fn one(
    cases: Data<Cases>,
    user: StaffUser,
    id: Path<Uuid>,
    asked: Query<Asked>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let officer = officer(&cases, &user).await?;
    let shown = list::one(&cases, &officer, *id).await?.ok_or(Refusal::NotFound)?;
    let now = cases.store.clock.now();
    let may = may(&officer, &shown, now);
    let Shown { row, file, note, reply } = shown;
    let due = row.due_at.filter(|_| row.state() == FollowUpState::Sent).map(|due| {
        let left = if due <= now {
            "已到期，可以发布".to_string()
        } else {
            format!("还剩 {}", span(due - now))
        };
        format!("{}（{left}）", zh_moment(due - chrono::TimeDelta::seconds(1), now))
    });
    Ok(Page::of(NotePage {
        page: page.at("case-follow-ups"),
        done: !asked.done.is_empty(),
        id: row.id.to_string(),
        version: row.version,
        line: line(&cases, &row, &file, now),
        case_href: format!("/desk/cases/{}", file.public_no),
        note,
        reply,
        due,
        reason: row.reason,
        may,
    }))
}

fn may(officer: &Officer, shown: &Shown, now: Instant) -> May {
    let (row, state) = (&shown.row, shown.row.state());
    let wrote = row.written_by == officer.username && officer.has(Part::Journalist);
    let office = officer.has(Part::Moderator) || officer.has(Part::Propaganda);
    let open = matches!(state, FollowUpState::Sent | FollowUpState::Replied);
    let decides = office && open && row.written_by != officer.username;
    let over = state == FollowUpState::Replied || row.due_at.is_some_and(|due| now >= due);
    May {
        edit: wrote && state == FollowUpState::Draft,
        withdraw: wrote && (open || state == FollowUpState::Draft),
        reply: state == FollowUpState::Sent
            && row.written_by != officer.username
            && officer.seats.iter().any(|seat| seat.part.of_unit() && seat.unit == row.unit),
        publish: decides && over,
        decline: decides,
        unpublish: office && state == FollowUpState::Published,
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Said {
    number: String,
    version: i64,
    text: String,
    reply: String,
}

pub async fn make(cases: Data<Cases>, user: StaffUser, form: Posted<Said>) -> Result<HttpResponse, Error> {
    let officer = officer(&cases, &user).await?;
    let number = form.0.number.trim().parse().map_err(|_| Refusal::NotFound)?;
    let id = follow_up::draft(&cases, &officer, number, &form.0.text).await?;
    Ok(see_other(&format!("/desk/cases/follow-ups/{id}")))
}

pub async fn act(
    cases: Data<Cases>,
    user: StaffUser,
    path: Path<(Uuid, String)>,
    form: Posted<Said>,
) -> Result<HttpResponse, Error> {
    let (id, word) = path.into_inner();
    let Said { version, text, reply, .. } = form.0;
    let step = match word.as_str() {
        "edit" => Step::Edit(text),
        "send" => Step::Send,
        "reply" => Step::Reply(text),
        "publish" => Step::Publish { note: text, reply },
        "decline" => Step::Decline(text),
        "withdraw" => Step::Withdraw,
        "unpublish" => Step::Unpublish(text),
        _ => return Err(Error::new("bad_request")),
    };
    let officer = officer(&cases, &user).await?;
    follow_up::act(&cases, &officer, (id, version), step).await?;
    Ok(see_other(&format!("/desk/cases/follow-ups/{id}?done=1")))
}

pub async fn back(path: Path<(Uuid, String)>) -> HttpResponse {
    see_other(&format!("/desk/cases/follow-ups/{}", path.0))
}
