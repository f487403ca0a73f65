//! People at the door whom only the organiser can admit.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::paging::Items;
use super::shape::CheckInJson;
use crate::base::Base;
use crate::base::clock::Instant;
use crate::meeting::model::meeting_request;
use crate::meeting::requests::{self, Admission};
use crate::meeting::{Meetings, edit};
use crate::web::{Call, Done, Error, Organiser, Sent, StaffUser};

#[derive(Serialize)]
pub struct RequestJson {
    id: Uuid,
    /// `make_up` or `admit`.
    kind: String,
    name: String,
    unit: String,
    /// Masked.
    phone: String,
    /// `pending`, `approved` or `rejected`.
    status: String,
    at: Instant,
    decided_at: Option<Instant>,
    decided_by: Option<String>,
}

/// Those that wait first, then the newest: one page, the list is kept short by being decided.
pub async fn list(
    meetings: Data<Meetings>,
    _: StaffUser,
    id: Path<Uuid>,
) -> Result<Json<Items<RequestJson>>, Error> {
    let base = &meetings.base;
    let meeting = edit::find(base, *id).await?;
    let rows = requests::list(base, meeting.id).await?;
    Ok(Json(Items { items: rows.into_iter().map(|row| request(base, row)).collect(), next: None }))
}

fn request(base: &Base, row: meeting_request::Model) -> RequestJson {
    RequestJson {
        phone: requests::masked_phone(base, &row),
        id: row.id,
        kind: row.kind,
        name: row.name,
        unit: row.unit,
        status: row.status,
        at: row.at,
        decided_at: row.decided_at,
        decided_by: row.decided_by,
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Approval {
    /// The roster entry whose phone or name was wrong.
    instead_of: Option<Uuid>,
    /// The person has a new WeChat.
    rebind: bool,
}

/// Signs in whoever asked.
pub async fn approve(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    path: Path<(Uuid, Uuid)>,
    body: Sent<Approval>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    let (meeting, request) = path.into_inner();
    call.once(&user, &body.digest, async |_| {
        let Approval { instead_of, rebind } = body.value;
        let admission = Admission { instead_of, rebind };
        let done = requests::approve(&meetings, meeting, request, admission, &user.username).await?;
        Ok(Done::ok(&CheckInJson::of(done)))
    })
    .await
}

#[derive(Serialize)]
struct Rejected {
    id: Uuid,
    status: &'static str,
}

pub async fn reject(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    path: Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    let (meeting, id) = path.into_inner();
    call.once(&user, "", async |_| {
        requests::reject(&meetings.base, meeting, id, &user.username).await?;
        Ok(Done::ok(&Rejected { id, status: "rejected" }))
    })
    .await
}
