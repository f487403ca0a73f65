//! Who is there: a list to page through, and a live stream.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path, Query};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::paging::{Items, Paging};
use crate::base::clock::Instant;
use crate::meeting::attendance::{Arrived, arrivals, snapshot};
use crate::meeting::model::meeting;
use crate::meeting::{Meetings, edit, feed};
use crate::web::{self, Context, Error, StaffUser};

#[derive(Serialize)]
pub struct AttendanceJson {
    version: i64,
    expected: i64,
    present: i64,
    leave: i64,
    absent: i64,
    late: i64,
    /// Among the present: out of the room just now.
    away: i64,
    others: i64,
    #[serde(flatten)]
    page: Items<ItemJson>,
}

#[derive(Serialize)]
struct ItemJson {
    position: i64,
    name: String,
    unit: String,
    at: Instant,
    /// When the code was scanned: decides `late`.
    scanned_at: Instant,
    source: String,
    late: bool,
    /// Where the phone was, where the meeting asks.
    place: Option<String>,
    /// `in`, `away` or `undone`.
    status: String,
    /// Since when they are out of the room.
    left_at: Option<Instant>,
    person_id: Uuid,
    /// What an undo names.
    event_id: Uuid,
    /// Where the person stands on the roster; absent for somebody outside it.
    roster_id: Option<Uuid>,
    role: Option<String>,
    seat: Option<String>,
}

#[derive(Deserialize)]
pub struct Wanted {
    /// Those whose check-in was undone are listed as well.
    #[serde(default)]
    undone: bool,
    limit: Option<u64>,
    cursor: Option<String>,
}

/// In order of arrival.
pub async fn list(
    meetings: Data<Meetings>,
    _: StaffUser,
    id: Path<Uuid>,
    wanted: Query<Wanted>,
) -> Result<Json<AttendanceJson>, Error> {
    let base = &meetings.base;
    let meeting = edit::find(base, *id).await?;
    let Wanted { undone, limit, cursor } = wanted.into_inner();
    let paging = Paging { limit, cursor };
    let after = paging.after()?.map_or(0, |(position, _)| position);
    let counts = snapshot(base, meeting.id).await?.ok_or_else(|| Error::new("meeting_not_found"))?;
    let rows = arrivals(base, meeting.id, after, undone, paging.limit() + 1).await?;
    Ok(Json(AttendanceJson {
        version: counts.version,
        expected: counts.expected,
        present: counts.present,
        leave: counts.leave,
        absent: counts.absent,
        late: counts.late,
        away: counts.away,
        others: counts.others,
        page: paging.page(
            rows,
            |arrived| (arrived.row.position, arrived.row.person_id),
            |arrived| item(&meeting, arrived),
        ),
    }))
}

fn item(meeting: &meeting::Model, arrived: Arrived) -> ItemJson {
    let Arrived { row, entry } = arrived;
    ItemJson {
        left_at: row.left_at.filter(|_| row.is_in()),
        late: row.is_late(meeting),
        scanned_at: row.came_at(),
        position: row.position,
        name: row.name,
        unit: row.unit,
        at: row.at,
        source: row.source,
        place: row.place,
        status: row.status,
        person_id: row.person_id,
        event_id: row.event_id,
        roster_id: entry.as_ref().map(|entry| entry.id),
        role: entry.as_ref().map(|entry| entry.role.clone()),
        seat: entry.and_then(|entry| entry.seat),
    }
}

/// How long the first picture may take.
const FIRST: Duration = Duration::from_secs(5);

/// Event `attendance`: the whole picture first, then each new one, four a second at most.
pub async fn stream(
    meetings: Data<Meetings>,
    context: Context,
    _: StaffUser,
    id: Path<Uuid>,
) -> Result<HttpResponse, Error> {
    let meeting = edit::find(&meetings.base, *id).await?;
    let mut watching = meetings.attendance.watch(meeting.id);
    // Nothing is said before the first picture is there.
    let first = tokio::time::timeout(FIRST, watching.wait_for(Option::is_some)).await;
    if !matches!(first, Ok(Ok(_))) {
        return Err(Error::new("unavailable").because_of("no snapshot in time"));
    }
    drop(first);
    web::stream(&context, feed::figures(watching))
}
