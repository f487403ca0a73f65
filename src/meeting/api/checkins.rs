//! Signing people in by hand, and taking that back.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::shape::CheckInJson;
use crate::meeting::by_hand::{self, Act};
use crate::meeting::enrol::{EnrolError, Form};
use crate::meeting::{Meetings, checkin, edit, journal, roster};
use crate::web::{Call, Done, Error, Organiser, Sent};

#[derive(Deserialize)]
pub struct CheckInBody {
    person: Option<PersonBody>,
    roster_id: Option<Uuid>,
    /// Many at once: a make-up with one reason, which can be taken back as one.
    roster_ids: Option<Vec<Uuid>>,
    /// Needed once sign-in is over.
    #[serde(default)]
    reason: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PersonBody {
    name: String,
    unit: String,
    phone: String,
}

#[derive(Serialize)]
struct BatchJson {
    /// What an undo of all of them names.
    batch_id: Uuid,
    signed_in: usize,
    already: usize,
    /// Not stored; the same call again signs in only those.
    failed: usize,
}

pub async fn add(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    id: Path<Uuid>,
    body: Sent<CheckInBody>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    call.once(&user, &body.digest, async |op| {
        let base = &meetings.base;
        let meeting = edit::find(base, *id).await?;
        let CheckInBody { person, roster_id, roster_ids, reason } = body.value;
        let act = Act { op, actor: &user.username, reason: &reason };
        match (person, roster_id, roster_ids) {
            (Some(person), None, None) => {
                let form = Form { unit: person.unit, name: person.name, phone: person.phone };
                form.parse().map_err(EnrolError::Form)?;
                let done = by_hand::walk_in(&meetings, &meeting, &form, act).await?;
                Ok(Done::ok(&CheckInJson::of(done)))
            }
            (None, Some(entry), None) => {
                let people = roster::people_of(base, meeting.id, &[entry]).await?;
                let person = people.first().ok_or_else(|| Error::new("roster_entry_not_found"))?;
                let done = by_hand::sign_in(&meetings, &meeting, *person, act).await?;
                Ok(Done::ok(&CheckInJson::of(done)))
            }
            (None, None, Some(entries)) => {
                if entries.len() > by_hand::BATCH {
                    let most = format!("一次最多 {} 人。", by_hand::BATCH);
                    return Err(Error::invalid("roster_ids", "人员", &most));
                }
                let people = roster::people_of(base, meeting.id, &entries).await?;
                let done = by_hand::make_up(&meetings, meeting.id, &people, act).await?;
                Ok(Done::ok(&BatchJson {
                    batch_id: op,
                    signed_in: done.signed_in,
                    already: done.already,
                    failed: done.failed,
                }))
            }
            _ => Err(Error::invalid("person", "人员", "person、roster_id、roster_ids 请给出其中一项。")),
        }
    })
    .await
}

#[derive(Deserialize)]
pub struct UndoBody {
    event_id: Option<Uuid>,
    batch_id: Option<Uuid>,
    #[serde(default)]
    reason: String,
}

#[derive(Serialize)]
struct UndoneJson {
    /// The event that undid it; undoing this one restores.
    event_id: Uuid,
}

#[derive(Serialize)]
struct BatchUndoneJson {
    batch_id: Uuid,
    undone: usize,
}

pub async fn undo(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    id: Path<Uuid>,
    body: Sent<UndoBody>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    call.once(&user, &body.digest, async |_| {
        let reason = &body.value.reason;
        match (body.value.event_id, body.value.batch_id) {
            (Some(event), None) => {
                let reason = journal::reason(reason).ok_or_else(|| Error::new("reason_needed"))?;
                let event_id = checkin::undo(&meetings, *id, event, &user.username, &reason).await?;
                Ok(Done::ok(&UndoneJson { event_id }))
            }
            (None, Some(batch_id)) => {
                let undone = by_hand::undo_batch(&meetings, *id, batch_id, &user.username, reason).await?;
                Ok(Done::ok(&BatchUndoneJson { batch_id, undone }))
            }
            _ => Err(Error::invalid("event_id", "event_id", "event_id、batch_id 请给出其中一项。")),
        }
    })
    .await
}
