//! Stepping out and back, leave, and the right to vote.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::paging::Items;
use crate::base::clock::Instant;
use crate::meeting::checkin::{Step, step_out};
use crate::meeting::leave::{self, Leave, model::leave_request};
use crate::meeting::{Meetings, edit, journal, roster};
use crate::people::staff::Role;
use crate::web::{Call, Done, Error, Organiser, Sent, StaffUser};

#[derive(Deserialize)]
pub struct StepBody {
    roster_id: Option<Uuid>,
    /// For somebody outside the roster.
    person_id: Option<Uuid>,
    /// Out of the room; `false`: back in it.
    out: bool,
    /// Needed once the meeting is over.
    #[serde(default)]
    reason: String,
}

#[derive(Serialize)]
struct StepJson {
    /// `ok`, `already` or `replayed`.
    result: &'static str,
    person_id: Uuid,
    /// `in` or `away`.
    status: String,
    left_at: Option<Instant>,
}

pub async fn step(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    id: Path<Uuid>,
    body: Sent<StepBody>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    call.once(&user, &body.digest, async |op| {
        let StepBody { roster_id, person_id, out, reason } = body.value;
        let person = match (roster_id, person_id) {
            (Some(entry), None) => person_of(&meetings, *id, entry).await?,
            (None, Some(person)) => person,
            _ => return Err(Error::invalid("roster_id", "人员", "roster_id、person_id 请给出其中一项。")),
        };
        let step = Step {
            meeting: *id,
            person,
            out,
            op_id: format!("step:{op}"),
            staff: Some(user.username.clone()),
            reason: journal::reason(&reason),
        };
        let (stepped, row) = step_out(&meetings.base, &step).await?;
        Ok(Done::ok(&StepJson {
            result: stepped.code(),
            person_id: person,
            status: row.status,
            left_at: row.left_at,
        }))
    })
    .await
}

async fn person_of(meetings: &Meetings, meeting: Uuid, entry: Uuid) -> Result<Uuid, Error> {
    let people = roster::people_of(&meetings.base, meeting, &[entry]).await?;
    people.first().copied().ok_or_else(|| Error::new("roster_entry_not_found"))
}

#[derive(Serialize)]
pub struct LeaveJson {
    id: Uuid,
    person_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    /// `asked`, `approved`, `rejected`, `withdrawn`; `superseded` for somebody who came all the same.
    state: &'static str,
    /// For organisers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    asked_at: Instant,
    /// `self`, or a staff user name.
    asked_by: String,
    decided_at: Option<Instant>,
    decided_by: Option<String>,
}

impl LeaveJson {
    fn of(row: leave_request::Model) -> LeaveJson {
        LeaveJson {
            state: row.state(false).word(),
            id: row.id,
            person_id: row.person_id,
            name: None,
            unit: None,
            reason: None,
            asked_at: row.asked_at,
            asked_by: row.asked_by,
            decided_at: row.decided_at,
            decided_by: row.decided_by,
        }
    }
}

/// Those that wait first, then the newest.
pub async fn leaves(
    meetings: Data<Meetings>,
    user: StaffUser,
    id: Path<Uuid>,
) -> Result<Json<Items<LeaveJson>>, Error> {
    let meeting = edit::find(&meetings.base, *id).await?;
    let told = user.role >= Role::Organiser;
    let item = |leave: Leave| LeaveJson {
        state: leave.state.word(),
        name: Some(leave.name),
        unit: Some(leave.unit),
        reason: leave.reason.filter(|_| told),
        ..LeaveJson::of(leave.row)
    };
    let items = leave::list(&meetings.base, meeting.id).await?.into_iter().map(item).collect();
    Ok(Json(Items { items, next: None }))
}

#[derive(Deserialize)]
pub struct LeaveBody {
    roster_id: Uuid,
    reason: String,
}

/// An organiser enters leave: approved at once.
pub async fn enter(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    id: Path<Uuid>,
    body: Sent<LeaveBody>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    call.once(&user, &body.digest, async |_| {
        let LeaveBody { roster_id, reason } = body.value;
        let person = person_of(&meetings, *id, roster_id).await?;
        let row = leave::enter(&meetings.base, *id, person, &reason, &user.username).await?;
        Ok(Done::ok(&LeaveJson::of(row)))
    })
    .await
}

pub async fn approve(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    path: Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, Error> {
    decide(meetings, user.0, call, *path, true).await
}

pub async fn reject(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    path: Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, Error> {
    decide(meetings, user.0, call, *path, false).await
}

async fn decide(
    meetings: Data<Meetings>,
    user: StaffUser,
    call: Call,
    (meeting, id): (Uuid, Uuid),
    approve: bool,
) -> Result<HttpResponse, Error> {
    call.once(&user, "", async |_| {
        let row = leave::decide(&meetings.base, meeting, id, approve, &user.username).await?;
        Ok(Done::ok(&LeaveJson::of(row)))
    })
    .await
}

/// Takes back leave that was asked or approved.
pub async fn withdraw(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    path: Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    let (meeting, id) = *path;
    call.once(&user, "", async |_| {
        let person = leave::find_person(&meetings.base, meeting, id).await?;
        let row = leave::withdraw(&meetings.base, meeting, person, &user.username).await?;
        Ok(Done::ok(&LeaveJson::of(row)))
    })
    .await
}

#[derive(Deserialize)]
pub struct VotesBody {
    votes: bool,
}

#[derive(Serialize)]
struct VotesJson {
    id: Uuid,
    person_id: Uuid,
    votes: bool,
}

pub async fn set_votes(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    path: Path<(Uuid, Uuid)>,
    body: Sent<VotesBody>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    let (meeting, id) = *path;
    call.once(&user, &body.digest, async |_| {
        let person = person_of(&meetings, meeting, id).await?;
        let entry =
            roster::set_votes(&meetings.base, meeting, person, body.value.votes, &user.username).await?;
        Ok(Done::ok(&VotesJson { id, person_id: entry.person_id, votes: entry.votes }))
    })
    .await
}
