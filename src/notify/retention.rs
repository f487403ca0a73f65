//! How long notices are kept, and whom they still name: see [`crate::people::retention`].

use chrono::TimeDelta;
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::model::{batch, heard, notice, pace, right};
use crate::base::Base;
use crate::base::clock::Instant;
use crate::people::model::follower;
use crate::people::retention::Use;

/// Where notices name persons.
pub const PERSONS: [Use; 2] = [
    Use {
        table: "notice",
        column: "person_id",
        since: |before| newer(notice::Column::PersonId, notice::Entity, notice::Column::CreatedAt, before),
    },
    Use {
        table: "notice_pace",
        column: "person_id",
        since: |before| newer(pace::Column::PersonId, pace::Entity, pace::Column::At, before),
    },
];

/// Where notices name followers. A right goes with its follower: [`forget`].
pub const FOLLOWERS: [Use; 2] = [
    Use {
        table: "notice",
        column: "follower_id",
        since: |before| newer(notice::Column::FollowerId, notice::Entity, notice::Column::CreatedAt, before),
    },
    Use {
        table: "notice_right",
        column: "follower_id",
        since: |before| newer(right::Column::FollowerId, right::Entity, right::Column::UpdatedAt, before),
    },
];

/// A push comes again within a minute; a month is ample.
const HEARD: TimeDelta = TimeDelta::days(30);

fn newer<C: ColumnTrait>(who: C, table: impl EntityTrait, at: C, before: Instant) -> SelectStatement {
    Query::select().column(who).from(table).and_where(who.is_not_null()).and_where(at.gte(before)).to_owned()
}

/// Forgets notices placed before `before`, and rights of followers who are forgotten.
pub async fn forget(base: &Base, before: Instant) -> Result<u64, DbErr> {
    let tx = base.db.write().await?;
    let gone = notice::Entity::delete_many().filter(notice::Column::CreatedAt.lt(before)).exec(&tx).await?;
    batch::Entity::delete_many().filter(batch::Column::CreatedAt.lt(before)).exec(&tx).await?;
    pace::Entity::delete_many().filter(pace::Column::At.lt(before)).exec(&tx).await?;
    let known = Query::select().column(follower::Column::Id).from(follower::Entity).to_owned();
    right::Entity::delete_many().filter(right::Column::FollowerId.not_in_subquery(known)).exec(&tx).await?;
    tx.commit().await?;
    Ok(gone.rows_affected)
}

/// Removes what only guards against repeats that cannot come any more.
pub async fn sweep(base: &Base) -> Result<u64, DbErr> {
    let tx = base.db.write().await?;
    let old = heard::Column::At.lt(base.clock.now() - HEARD);
    let gone = heard::Entity::delete_many().filter(old).exec(&tx).await?;
    tx.commit().await?;
    Ok(gone.rows_affected)
}
