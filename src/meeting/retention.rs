//! What meetings still need of people, and what of their own they forget: see [`crate::people::retention`].

use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::leave::model::leave_request;
use super::material::model::{material_pull, material_reading};
use super::model::{attendance, attendance_event, meeting, meeting_request, roster_entry, spot_check};
use crate::base::Base;
use crate::base::clock::Instant;
use crate::people::audit;
use crate::people::retention::{GONE, Use};

/// Rows in one transaction.
const BATCH: u64 = 200;

/// Where meetings name persons: a phone stays while one of them ended no longer ago than the operator's time.
pub const PERSONS: [Use; 8] = [
    Use {
        table: "roster_entry",
        column: "person_id",
        since: |before| {
            of_meetings(
                before,
                roster_entry::Entity,
                roster_entry::Column::PersonId,
                roster_entry::Column::MeetingId,
            )
        },
    },
    Use {
        table: "attendance",
        column: "person_id",
        since: |before| {
            of_meetings(
                before,
                attendance::Entity,
                attendance::Column::PersonId,
                attendance::Column::MeetingId,
            )
        },
    },
    Use {
        table: "attendance_event",
        column: "person_id",
        since: |before| {
            of_meetings(
                before,
                attendance_event::Entity,
                attendance_event::Column::PersonId,
                attendance_event::Column::MeetingId,
            )
        },
    },
    Use {
        table: "meeting_request",
        column: "person_id",
        since: |before| {
            of_meetings(
                before,
                meeting_request::Entity,
                meeting_request::Column::PersonId,
                meeting_request::Column::MeetingId,
            )
        },
    },
    Use {
        table: "leave_request",
        column: "person_id",
        since: |before| {
            of_meetings(
                before,
                leave_request::Entity,
                leave_request::Column::PersonId,
                leave_request::Column::MeetingId,
            )
        },
    },
    Use {
        table: "spot_check",
        column: "person_id",
        since: |before| {
            of_meetings(
                before,
                spot_check::Entity,
                spot_check::Column::PersonId,
                spot_check::Column::MeetingId,
            )
        },
    },
    Use {
        table: "material_reading",
        column: "person_id",
        since: |before| {
            Query::select()
                .column(material_reading::Column::PersonId)
                .from(material_reading::Entity)
                .and_where(material_reading::Column::LastAt.gte(before))
                .to_owned()
        },
    },
    Use {
        table: "material_pull",
        column: "person_id",
        since: |before| {
            Query::select()
                .column(material_pull::Column::PersonId)
                .from(material_pull::Entity)
                .and_where(material_pull::Column::OpenedAt.gte(before))
                .to_owned()
        },
    },
];

/// Where meetings name followers.
pub const FOLLOWERS: [Use; 1] = [Use {
    table: "meeting_request",
    column: "follower_id",
    since: |before| {
        of_meetings(
            before,
            meeting_request::Entity,
            meeting_request::Column::FollowerId,
            meeting_request::Column::MeetingId,
        )
    },
}];

/// The ids in `who` of rows whose meeting ended at `before` or later.
fn of_meetings<C: ColumnTrait>(
    before: Instant,
    table: impl EntityTrait,
    who: C,
    meeting: C,
) -> SelectStatement {
    let recent = Query::select()
        .column(meeting::Column::Id)
        .from(meeting::Entity)
        .and_where(meeting::Column::EndsAt.gte(before))
        .to_owned();
    Query::select()
        .column(who)
        .from(table)
        .and_where(who.is_not_null())
        .and_where(meeting.in_subquery(recent))
        .to_owned()
}

/// Forgets phones in requests and reasons of leave at meetings that ended before `before`; how many.
pub async fn forget(base: &Base, before: Instant) -> Result<u64, DbErr> {
    let mut forgotten = forget_reasons(base, before).await?;
    loop {
        let tx = base.db.write().await?;
        let ids: Vec<Uuid> = meeting_request::Entity::find()
            .select_only()
            .column(meeting_request::Column::Id)
            .filter(meeting_request::Column::PhoneSealed.ne(""))
            .filter(meeting_request::Column::MeetingId.in_subquery(ended(before)))
            .limit(BATCH)
            .into_tuple()
            .all(&tx)
            .await?;
        if ids.is_empty() {
            return Ok(forgotten);
        }
        let done = meeting_request::Entity::update_many()
            .col_expr(meeting_request::Column::PhoneSealed, "".into())
            .col_expr(meeting_request::Column::PhoneHash, GONE.into())
            .filter(meeting_request::Column::Id.is_in(ids))
            .exec(&tx)
            .await?
            .rows_affected;
        audit::write(base, &tx, "system", "retention.requests", "", &done.to_string()).await?;
        tx.commit().await?;
        forgotten += done;
    }
}

fn ended(before: Instant) -> SelectStatement {
    Query::select()
        .column(meeting::Column::Id)
        .from(meeting::Entity)
        .and_where(meeting::Column::EndsAt.lt(before))
        .to_owned()
}

async fn forget_reasons(base: &Base, before: Instant) -> Result<u64, DbErr> {
    let tx = base.db.write().await?;
    let done = leave_request::Entity::update_many()
        .col_expr(leave_request::Column::ReasonSealed, "".into())
        .filter(leave_request::Column::ReasonSealed.ne(""))
        .filter(leave_request::Column::MeetingId.in_subquery(ended(before)))
        .exec(&tx)
        .await?
        .rows_affected;
    if done > 0 {
        audit::write(base, &tx, "system", "retention.leave", "", &done.to_string()).await?;
        tx.commit().await?;
    }
    Ok(done)
}
