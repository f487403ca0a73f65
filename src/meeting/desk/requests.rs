//! 待处理: people whom only the organiser can admit.

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::presence::LeaveRow;
use super::words::{self, Actors};
use super::{After, Head, head, page_of};
use crate::base::clock::Instant;
use crate::meeting::model::{RequestKind, RequestStatus, meeting_request};
use crate::meeting::requests::{self, Admission};
use crate::meeting::{Meetings, leave};
use crate::web::{Error, Layout, Nothing, Organiser, Page, Posted, StaffUser, see_other};

#[derive(Template)]
#[template(path = "meeting/desk_requests.html")]
struct RequestsPage {
    page: Layout,
    head: Head,
    waiting: Vec<Waiting>,
    leaves: Vec<LeaveRow>,
    decided: Vec<Decided>,
}

struct Waiting {
    id: Uuid,
    name: String,
    unit: String,
    phone: String,
    revealed: bool,
    kind: &'static str,
    why: &'static str,
    at: String,
    candidates: Vec<Candidate>,
}

/// A roster entry that may stand for whoever asked.
struct Candidate {
    id: Uuid,
    text: String,
}

struct Decided {
    name: String,
    unit: String,
    kind: &'static str,
    status: &'static str,
    tone: &'static str,
    at: String,
    by: String,
}

pub async fn show(
    meetings: Data<Meetings>,
    user: StaffUser,
    id: Path<Uuid>,
    after: Query<After>,
    page: Layout,
) -> Result<impl Responder, Error> {
    Ok(Page::of(view(&meetings, &user, *id, &after, page).await?))
}

async fn view(
    meetings: &Meetings,
    user: &StaffUser,
    id: Uuid,
    after: &After,
    page: Layout,
) -> Result<RequestsPage, Error> {
    let (_, head) = head(meetings, id, user, "requests", after).await?;
    let base = &meetings.base;
    let now = base.clock.now();
    let actors = Actors::read(base).await?;
    let is_pending = |request: &meeting_request::Model| request.status == RequestStatus::Pending.word();
    let (pending, decided): (Vec<_>, Vec<_>) =
        requests::list(base, id).await?.into_iter().partition(is_pending);
    let mut waiting = Vec::with_capacity(pending.len());
    for request in pending {
        waiting.push(wait(meetings, request, now).await?);
    }
    let decided = decided.into_iter().map(|request| settled(request, &actors, now)).collect();
    let mut leaves: Vec<LeaveRow> = leave::list(base, id)
        .await?
        .into_iter()
        .map(|leave| LeaveRow::of(leave, head.may_change, &actors, now))
        .collect();
    // Whoever came needs no decision any more.
    leaves.sort_by_key(|leave| !leave.waits);
    Ok(RequestsPage { page: page.at("meetings"), head, waiting, leaves, decided })
}

async fn wait(meetings: &Meetings, request: meeting_request::Model, now: Instant) -> Result<Waiting, Error> {
    let base = &meetings.base;
    let kind = RequestKind::parse(&request.kind);
    let candidates = match kind {
        Some(RequestKind::Admit) => requests::candidates(base, &request).await?,
        _ => Vec::new(),
    };
    Ok(Waiting {
        id: request.id,
        phone: requests::masked_phone(base, &request),
        revealed: false,
        kind: kind.map_or("", RequestKind::zh),
        why: match kind {
            Some(RequestKind::MakeUp) => "签到截止后申请补签，请核实本人是否到会。",
            Some(RequestKind::Place) => "签到时不在会场或没有取得位置，请核实本人是否到会。",
            _ => "填写的姓名和手机号在名册中没有找到，请核对。",
        },
        at: words::moment(request.at, now),
        candidates: candidates
            .into_iter()
            .map(|entry| Candidate { id: entry.id, text: format!("{}（{}）", entry.name, entry.unit) })
            .collect(),
        name: request.name,
        unit: request.unit,
    })
}

fn settled(request: meeting_request::Model, actors: &Actors, now: Instant) -> Decided {
    let status = RequestStatus::parse(&request.status);
    Decided {
        kind: RequestKind::parse(&request.kind).map_or("", RequestKind::zh),
        status: status.map_or("", RequestStatus::zh),
        tone: if status == Some(RequestStatus::Approved) { "tag-good" } else { "" },
        at: request.decided_at.map(|at| words::moment(at, now)).unwrap_or_default(),
        by: request.decided_by.map(|by| actors.name(&by)).unwrap_or_default(),
        name: request.name,
        unit: request.unit,
    }
}

/// What the organiser says along with the approval.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Approval {
    /// The roster entry that was wrong; empty for none.
    instead_of: String,
    /// `yes`: the person has a new WeChat.
    rebind: String,
}

pub async fn approve(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    form: Posted<Approval>,
) -> Result<HttpResponse, Error> {
    let admission = Admission { instead_of: form.0.instead_of.parse().ok(), rebind: form.0.rebind == "yes" };
    let done = requests::approve(&meetings, path.0, path.1, admission, &user.0.username).await?;
    Ok(see_other(&format!("{}/requests?done=approved&n={}", page_of(path.0), done.position)))
}

pub async fn reject(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    _form: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    requests::reject(&meetings.base, path.0, path.1, &user.0.username).await?;
    Ok(see_other(&format!("{}/requests?done=rejected", page_of(path.0))))
}

/// The whole phone of a request, for calling back; looking at it is noted.
pub async fn reveal(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    page: Layout,
    _form: Posted<Nothing>,
) -> Result<impl Responder, Error> {
    let phone = requests::reveal_phone(&meetings.base, path.0, path.1, &user.0.username).await?;
    let mut view = view(&meetings, &user.0, path.0, &After::default(), page).await?;
    if let Some(request) = view.waiting.iter_mut().find(|request| request.id == path.1) {
        request.phone = phone;
        request.revealed = true;
    }
    Ok(Page::of(view))
}
