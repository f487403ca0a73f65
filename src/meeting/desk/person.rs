//! One person at one meeting: where they stand, what happened, and what an organiser may do about it.

use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, Responder};
use askama::Template;
use uuid::Uuid;

use super::people::role;
use super::presence::LeaveRow;
use super::words::{self, Actors, Tag};
use super::{After, Head, Reason, head, page_of};
use crate::base::clock::{self, Instant};
use crate::meeting::checkin::{self, Outcome};
use crate::meeting::model::{EventKind, Place, Source, attendance, attendance_event};
use crate::meeting::phase::Phase;
use crate::meeting::{Meetings, by_hand, edit, journal, leave, roster};
use crate::web::{Error, Layout, Nothing, Organiser, Page, Posted, StaffUser, see_other};

#[derive(Template)]
#[template(path = "meeting/desk_person.html")]
struct PersonPage {
    page: Layout,
    head: Head,
    op: Uuid,
    id: Uuid,
    name: String,
    unit: String,
    phone: String,
    /// The phone above is whole.
    revealed: bool,
    role: String,
    tag: Tag,
    /// 暂离 and the like, and since when.
    out: Option<(Tag, String)>,
    is_away: bool,
    /// The meeting is over: what is corrected now needs its reason.
    over: bool,
    /// Has the right to vote; `None` for somebody outside the roster.
    votes: Option<bool>,
    leave: Option<LeaveRow>,
    /// Leave may be entered.
    may_leave: bool,
    arrival: String,
    /// Where the phone was, where the meeting asked.
    place: Option<&'static str>,
    bound: Option<String>,
    /// The event that an undo would name.
    newest: Option<Uuid>,
    is_in: bool,
    make_up: bool,
    entry: Option<Uuid>,
    events: Vec<EventRow>,
    elsewhere: Vec<Elsewhere>,
}

struct EventRow {
    at: String,
    kind: String,
    source: &'static str,
    actor: String,
    position: String,
    reason: String,
}

struct Elsewhere {
    id: Uuid,
    title: String,
    at: String,
}

pub async fn show(
    meetings: Data<Meetings>,
    user: StaffUser,
    path: Path<(Uuid, Uuid)>,
    after: Query<After>,
    page: Layout,
) -> Result<impl Responder, Error> {
    Ok(Page::of(view(&meetings, &user, *path, &after, page).await?))
}

/// The whole phone number; looking at it is noted.
pub async fn reveal(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    page: Layout,
    _form: Posted<Nothing>,
) -> Result<impl Responder, Error> {
    let phone = journal::reveal_phone(&meetings.base, path.0, path.1, &user.0.username).await?;
    let view = view(&meetings, &user.0, *path, &After::default(), page).await?;
    Ok(Page::of(PersonPage { phone, revealed: true, ..view }))
}

async fn view(
    meetings: &Meetings,
    user: &StaffUser,
    (id, person): (Uuid, Uuid),
    after: &After,
    page: Layout,
) -> Result<PersonPage, Error> {
    let (meeting, head) = head(meetings, id, user, "people", after).await?;
    let base = &meetings.base;
    let now = base.clock.now();
    let dossier = journal::of_person(base, &meeting, person).await?;
    let actors = Actors::read(base).await?;
    let row = dossier.row;
    let leave = leave::one(base, id, person, row.is_in()).await?;
    let leave = leave.map(|leave| LeaveRow::of(leave, head.may_change, &actors, now));
    let there = row.attendance.as_ref().filter(|there| there.is_in());
    Ok(PersonPage {
        page: page.at("meetings"),
        head,
        op: Uuid::now_v7(),
        id: person,
        role: role(&row),
        tag: words::standing(&meeting, &row),
        out: words::leaving(&meeting, &row, now)
            .zip(there.and_then(|there| there.left_at))
            .map(|(tag, at)| (tag, words::moment(at, now))),
        is_away: there.is_some_and(|there| there.is_away()),
        over: Phase::of(&meeting, now) == Phase::Over,
        votes: row.planned().map(|entry| entry.votes),
        may_leave: row.planned().is_some() && !row.is_in() && leave.as_ref().is_none_or(|leave| !leave.holds),
        leave,
        arrival: there
            .map(|there| {
                let source = words::source(&there.source);
                format!("第 {} 位 · {} · {source}", there.position, words::arrival(&meeting, there, now))
            })
            .unwrap_or_default(),
        place: there.and_then(attendance::Model::place).map(Place::zh),
        bound: dossier.bound_since.map(|since| clock::zh_moment(since, now)),
        newest: row.attendance.as_ref().map(|there| there.event_id),
        is_in: row.is_in(),
        make_up: by_hand::source_at(&meeting, now) == Source::MakeUp,
        entry: row.planned().map(|entry| entry.id),
        events: dossier.events.iter().rev().map(|event| event_row(event, &actors, now)).collect(),
        elsewhere: dossier
            .elsewhere
            .into_iter()
            .map(|(meeting, there)| Elsewhere {
                id: meeting.id,
                title: meeting.title,
                at: words::moment(there.at, now),
            })
            .collect(),
        name: row.name,
        unit: row.unit,
        phone: row.phone,
        revealed: false,
    })
}

fn event_row(event: &attendance_event::Model, actors: &Actors, now: Instant) -> EventRow {
    let kind = EventKind::parse(&event.kind);
    // A repeat changed nothing, and says so.
    let repeated = kind == Some(EventKind::In) && event.position.is_none();
    EventRow {
        at: words::moment(event.at, now),
        kind: if repeated {
            "重复签到（未改变）".to_string()
        } else {
            kind.map_or("其他", EventKind::zh).to_string()
        },
        source: if kind == Some(EventKind::In) { words::source(&event.source) } else { "" },
        actor: actors.name(&event.actor),
        position: event.position.map(|position| format!("第 {position} 位")).unwrap_or_default(),
        reason: event.reason.clone().unwrap_or_default(),
    }
}

fn back(path: (Uuid, Uuid), done: &str) -> HttpResponse {
    see_other(&format!("{}/people/{}?done={done}", page_of(path.0), path.1))
}

pub async fn sign_in(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    form: Posted<Reason>,
) -> Result<HttpResponse, Error> {
    let meeting = edit::find(&meetings.base, path.0).await?;
    let done = by_hand::sign_in(&meetings, &meeting, path.1, form.0.act(&user.0)).await?;
    let word = if done.outcome == Outcome::Already { "already" } else { "signed-in" };
    Ok(back(*path, &format!("{word}&n={}", done.position)))
}

#[derive(serde::Deserialize)]
pub struct Undo {
    event: Uuid,
    #[serde(default)]
    reason: String,
}

/// Takes back the newest event: a sign-in, or the undo of one.
pub async fn undo(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    form: Posted<Undo>,
) -> Result<HttpResponse, Error> {
    let reason = journal::reason(&form.0.reason).ok_or_else(|| Error::new("reason_needed"))?;
    checkin::undo(&meetings, path.0, form.0.event, &user.0.username, &reason).await?;
    let dossier =
        journal::of_person(&meetings.base, &edit::find(&meetings.base, path.0).await?, path.1).await?;
    Ok(back(*path, if dossier.row.is_in() { "restored" } else { "undone" }))
}

/// Ends the tie to the person's WeChat.
pub async fn release(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    form: Posted<Reason>,
) -> Result<HttpResponse, Error> {
    journal::release(&meetings.base, path.0, path.1, &form.0.reason, &user.0.username).await?;
    Ok(back(*path, "released"))
}

#[derive(serde::Deserialize)]
pub struct Remove {
    entry: Uuid,
}

/// Moves the person out of the roster.
pub async fn remove(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    form: Posted<Remove>,
) -> Result<HttpResponse, Error> {
    roster::remove(&meetings.base, path.0, form.0.entry, &user.0.username).await?;
    Ok(see_other(&format!("{}/roster?done=removed", page_of(path.0))))
}
