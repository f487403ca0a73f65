//! Meetings themselves: made, read, changed, ended.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path, Query};
use uuid::Uuid;

use super::paging::{Items, Paging};
use super::shape::{MeetingBody, MeetingJson};
use crate::meeting::model::State;
use crate::meeting::{Meetings, edit};
use crate::web::{Call, Done, Error, Organiser, Sent, StaffUser};

pub async fn create(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    body: Sent<MeetingBody>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    call.once(&user, &body.digest, async |op| {
        let draft = body.value.draft()?;
        let made = edit::create_as(&meetings.base, op, draft, user.id, &user.username).await?;
        Ok(Done::created(&MeetingJson::of(&meetings, &user, made)))
    })
    .await
}

pub async fn show(
    meetings: Data<Meetings>,
    user: StaffUser,
    id: Path<Uuid>,
) -> Result<Json<MeetingJson>, Error> {
    let meeting = edit::find(&meetings.base, *id).await?;
    Ok(Json(MeetingJson::of(&meetings, &user, meeting)))
}

/// Latest start first.
pub async fn list(
    meetings: Data<Meetings>,
    user: StaffUser,
    paging: Query<Paging>,
) -> Result<Json<Items<MeetingJson>>, Error> {
    let after = match paging.after()? {
        Some((start, id)) => Some((
            chrono::DateTime::from_timestamp_millis(start)
                .ok_or_else(|| Error::invalid("cursor", "cursor", "应为上一页答复里的 next。"))?,
            id,
        )),
        None => None,
    };
    let rows = edit::list(&meetings.base, after, paging.limit() + 1).await?;
    Ok(Json(paging.page(
        rows,
        |row| (row.starts_at.timestamp_millis(), row.id),
        |row| MeetingJson::of(&meetings, &user, row),
    )))
}

/// Changes what is mentioned.
pub async fn patch(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    id: Path<Uuid>,
    body: Sent<MeetingBody>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    call.once(&user, &body.digest, async |_| {
        let old = edit::find(&meetings.base, *id).await?;
        let draft = body.value.changed(&old)?;
        // What is not mentioned stays as it was read here, so nobody may change it in between.
        let seen = body.value.seen()?.unwrap_or(old.updated_at);
        let new = edit::update(&meetings.base, *id, draft, Some(seen), &user.username).await?;
        Ok(Done::ok(&MeetingJson::of(&meetings, &user, new)))
    })
    .await
}

/// Describes the meeting anew; what is absent has its default.
pub async fn put(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    id: Path<Uuid>,
    body: Sent<MeetingBody>,
) -> Result<HttpResponse, Error> {
    let user = user.0;
    call.once(&user, &body.digest, async |_| {
        let draft = body.value.draft()?;
        let new = edit::update(&meetings.base, *id, draft, body.value.seen()?, &user.username).await?;
        Ok(Done::ok(&MeetingJson::of(&meetings, &user, new)))
    })
    .await
}

pub async fn cancel(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    id: Path<Uuid>,
) -> Result<HttpResponse, Error> {
    set_state(meetings, user.0, call, *id, State::Cancelled).await
}

pub async fn close(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    id: Path<Uuid>,
) -> Result<HttpResponse, Error> {
    set_state(meetings, user.0, call, *id, State::Closed).await
}

pub async fn reopen(
    meetings: Data<Meetings>,
    user: Organiser,
    call: Call,
    id: Path<Uuid>,
) -> Result<HttpResponse, Error> {
    set_state(meetings, user.0, call, *id, State::Active).await
}

async fn set_state(
    meetings: Data<Meetings>,
    user: StaffUser,
    call: Call,
    id: Uuid,
    state: State,
) -> Result<HttpResponse, Error> {
    call.once(&user, "", async |_| {
        let meeting = edit::set_state(&meetings.base, id, state, &user.username).await?;
        Ok(Done::ok(&MeetingJson::of(&meetings, &user, meeting)))
    })
    .await
}
