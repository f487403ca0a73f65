//! The roster: merged from JSON or from an office file, read, and corrected.

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use futures_util::future::LocalBoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::paging::{Items, Paging};
use crate::base::clock::Instant;
use crate::base::privacy::digest;
use crate::meeting::roster::{self, List, Listed, Missing, RawRow};
use crate::meeting::{Meetings, edit};
use crate::web::{Call, Done, Error, Organiser, Sent, StaffUser, Upload};

/// People as they came: by JSON, or as the rows of an `.xlsx` or `.csv` file.
pub struct People {
    rows: List,
    digest: String,
}

#[derive(Deserialize)]
struct PeopleBody {
    people: Vec<RowBody>,
}

/// One person as sent. A value of the wrong kind makes a bad row, not a bad list: a missing unit or a phone written
/// as a number turns nobody else away.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RowBody {
    name: Value,
    unit: Value,
    phone: Value,
    role: Value,
    seat: Value,
    /// `true`, `false`, or 是 and 否.
    votes: Value,
}

impl From<RowBody> for RawRow {
    fn from(row: RowBody) -> RawRow {
        let text = |value: Value| match value {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(yes) => Some(yes.to_string()),
            _ => None,
        };
        RawRow {
            name: text(row.name).unwrap_or_default(),
            unit: text(row.unit).unwrap_or_default(),
            phone: text(row.phone).unwrap_or_default(),
            role: text(row.role),
            seat: text(row.seat),
            votes: text(row.votes),
        }
    }
}

impl FromRequest for People {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<People, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
        if kind.starts_with("multipart/form-data") {
            let staff = StaffUser::from_request(request, payload);
            let upload = Upload::from_request(request, payload);
            Box::pin(async move {
                // Strangers' files are not read.
                staff.await?;
                let file = upload.await?.file;
                let file =
                    file.ok_or_else(|| Error::invalid("file", "文件", "请选择 .xlsx 或 .csv 文件。"))?;
                let digest = digest(&file.bytes);
                // Unpacking a workbook takes a moment, and other requests share this thread.
                let rows = actix_web::web::block(move || roster::read_file(&file.bytes))
                    .await
                    .map_err(|error| Error::new("internal").because(error))??;
                Ok(People { rows, digest })
            })
        } else {
            let sent = Sent::<PeopleBody>::from_request(request, payload);
            Box::pin(async move {
                let Sent { value, digest } = sent.await?;
                let rows = value.people.into_iter().map(RawRow::from).collect::<Vec<_>>().into();
                Ok(People { rows, digest })
            })
        }
    }
}

#[derive(Deserialize)]
pub struct Manner {
    /// Tells what would happen and changes nothing.
    #[serde(default)]
    dry_run: bool,
    /// `move_out`: those whom the new list lacks are moved out, unless signed in. Else they stay.
    missing: Option<String>,
}

pub async fn import(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    id: Path<Uuid>,
    manner: Query<Manner>,
    people: People,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    let missing = match manner.missing.as_deref() {
        None | Some("stay") => Missing::Stay,
        Some("move_out") => Missing::MoveOut,
        Some(_) => return Err(Error::invalid("missing", "missing", "应为 stay 或 move_out。")),
    };
    let People { rows, digest } = people;
    call.once(&user, &digest, async |_| {
        let report =
            roster::import(&meetings.base, *id, rows, missing, manner.dry_run, &user.username).await?;
        Ok(Done::ok(&report))
    })
    .await
}

#[derive(Serialize)]
pub struct EntryJson {
    id: Uuid,
    person_id: Uuid,
    name: String,
    unit: String,
    role: String,
    seat: Option<String>,
    /// Has the right to vote.
    votes: bool,
    /// Absent for somebody who is not signed in.
    position: Option<i64>,
    at: Option<Instant>,
}

/// In the order of the list as imported.
pub async fn list(
    meetings: Data<Meetings>,
    _: StaffUser,
    id: Path<Uuid>,
    paging: Query<Paging>,
) -> Result<Json<Items<EntryJson>>, Error> {
    let base = &meetings.base;
    let meeting = edit::find(base, *id).await?;
    let rows = roster::page(base, meeting.id, paging.after()?, paging.limit() + 1).await?;
    Ok(Json(paging.page(rows, |row| (i64::from(row.entry.rank), row.entry.id), entry)))
}

fn entry(row: Listed) -> EntryJson {
    let Listed { entry, attendance } = row;
    EntryJson {
        id: entry.id,
        person_id: entry.person_id,
        name: entry.name,
        unit: entry.unit,
        role: entry.role,
        seat: entry.seat,
        votes: entry.votes,
        position: attendance.as_ref().map(|row| row.position),
        at: attendance.map(|row| row.at),
    }
}

#[derive(Serialize)]
struct Removed {
    id: Uuid,
    removed: bool,
}

/// Moves one person out; a check-in of theirs stays in the log.
pub async fn remove(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    path: Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    let (meeting, id) = path.into_inner();
    call.once(&user, "", async |_| {
        roster::remove(&meetings.base, meeting, id, &user.username).await?;
        Ok(Done::ok(&Removed { id, removed: true }))
    })
    .await
}
