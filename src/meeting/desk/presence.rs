//! 离场, 返回, 请假 and 表决权 of one person, as organisers enter them.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use uuid::Uuid;

use super::{Reason, page_of};
use crate::base::clock::Instant;
use crate::meeting::checkin::{Step, Stepped, step_out};
use crate::meeting::leave::model::LeaveState;
use crate::meeting::leave::{self, Leave};
use crate::meeting::people_list::Filter;
use crate::meeting::{Meetings, journal, roster};
use crate::web::{Error, Nothing, Organiser, Posted, see_other};

use super::words::{self, Actors};

/// A request for leave as pages show it.
pub struct LeaveRow {
    pub id: Uuid,
    pub person: Uuid,
    pub name: String,
    pub unit: String,
    pub state: &'static str,
    pub tone: &'static str,
    pub waits: bool,
    /// It can be taken back.
    pub holds: bool,
    /// For organisers only.
    pub reason: Option<String>,
    pub asked: String,
    pub asked_by: String,
    pub decided: String,
    pub decided_by: String,
}

impl LeaveRow {
    pub fn of(leave: Leave, may_change: bool, actors: &Actors, now: Instant) -> LeaveRow {
        LeaveRow {
            id: leave.row.id,
            person: leave.row.person_id,
            state: leave.state.zh(),
            tone: match leave.state {
                LeaveState::Approved => "tag-good",
                LeaveState::Asked => "tag-wait",
                _ => "",
            },
            waits: leave.state == LeaveState::Asked,
            holds: matches!(leave.state, LeaveState::Asked | LeaveState::Approved),
            reason: leave.reason.filter(|_| may_change),
            asked: words::moment(leave.row.asked_at, now),
            asked_by: actors.name(&leave.row.asked_by),
            decided: leave.row.decided_at.map(|at| words::moment(at, now)).unwrap_or_default(),
            decided_by: leave.row.decided_by.map(|by| actors.name(&by)).unwrap_or_default(),
            name: leave.name,
            unit: leave.unit,
        }
    }
}

#[derive(Deserialize)]
pub struct StepForm {
    /// `out` or `back`.
    way: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    op: Uuid,
    /// The filter of the list that the button stood in; absent on the person's own page.
    list: Option<String>,
}

/// Somebody steps out, or is back.
pub async fn step(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    form: Posted<StepForm>,
) -> Result<HttpResponse, Error> {
    let ((meeting, person), form) = (*path, form.0);
    let out = form.way == "out";
    let op = if form.op.is_nil() { Uuid::now_v7() } else { form.op };
    let step = Step {
        meeting,
        person,
        out,
        // One list has one id for all its buttons.
        op_id: format!("step:{op}:{person}:{}", form.way),
        staff: Some(user.0.username.clone()),
        reason: journal::reason(&form.reason),
    };
    let (stepped, _) = step_out(&meetings.base, &step).await?;
    let done = match (stepped, out) {
        (Stepped::Already | Stepped::Replayed, _) => "step-already",
        (Stepped::Ok, true) => "stepped-out",
        (Stepped::Ok, false) => "stepped-back",
    };
    Ok(match form.list {
        Some(list) => {
            let show = Filter::parse(&list).word();
            see_other(&format!("{}/people?show={show}&done={done}", page_of(meeting)))
        }
        None => back((meeting, person), done),
    })
}

fn back(path: (Uuid, Uuid), done: &str) -> HttpResponse {
    see_other(&format!("{}/people/{}?done={done}", page_of(path.0), path.1))
}

/// Enters leave for somebody.
pub async fn enter_leave(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    form: Posted<Reason>,
) -> Result<HttpResponse, Error> {
    leave::enter(&meetings.base, path.0, path.1, &form.0.reason, &user.0.username).await?;
    Ok(back(*path, "leave-approved"))
}

pub async fn withdraw_leave(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    _form: Posted<Nothing>,
) -> Result<HttpResponse, Error> {
    leave::withdraw(&meetings.base, path.0, path.1, &user.0.username).await?;
    Ok(back(*path, "leave-withdrawn"))
}

#[derive(Deserialize)]
pub struct Decision {
    /// `approve` or `reject`.
    answer: String,
    /// `person`: decided on that person's page.
    #[serde(default)]
    from: String,
}

/// Decides what was asked.
pub async fn decide_leave(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    form: Posted<Decision>,
) -> Result<HttpResponse, Error> {
    let (meeting, id) = *path;
    let approve = form.0.answer == "approve";
    let row = leave::decide(&meetings.base, meeting, id, approve, &user.0.username).await?;
    let done = if approve { "leave-approved" } else { "leave-rejected" };
    Ok(match form.0.from.as_str() {
        "person" => back((meeting, row.person_id), done),
        _ => see_other(&format!("{}/requests?done={done}", page_of(meeting))),
    })
}

#[derive(Deserialize)]
pub struct Votes {
    votes: bool,
}

/// Gives somebody the right to vote, or takes it away.
pub async fn set_votes(
    meetings: Data<Meetings>,
    user: Organiser,
    path: Path<(Uuid, Uuid)>,
    form: Posted<Votes>,
) -> Result<HttpResponse, Error> {
    roster::set_votes(&meetings.base, path.0, path.1, form.0.votes, &user.0.username).await?;
    Ok(back(*path, if form.0.votes { "votes" } else { "votes-not" }))
}
