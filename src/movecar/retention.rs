//! What car-moving still needs of people, and what of its own it forgets.

use chrono::TimeDelta;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::model::{car_block, car_request};
use crate::base::Base;
use crate::base::files::FilesError;
use crate::people::retention::Use;

/// Pictures are kept for this long.
const PICTURES: TimeDelta = TimeDelta::days(30);
/// Pictures removed at once.
const BATCH: u64 = 200;

/// Where car-moving names followers.
pub const FOLLOWERS: [Use; 2] = [
    Use {
        table: "car_request",
        column: "follower_id",
        since: |before| {
            Query::select()
                .column(car_request::Column::FollowerId)
                .from(car_request::Entity)
                .and_where(car_request::Column::At.gte(before))
                .to_owned()
        },
    },
    Use {
        table: "car_block",
        column: "follower_id",
        since: |before| {
            Query::select()
                .column(car_block::Column::FollowerId)
                .from(car_block::Entity)
                .and_where(car_block::Column::UpdatedAt.gte(before))
                .to_owned()
        },
    },
];

#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Removes pictures whose time is over; how many.
pub async fn sweep(base: &Base) -> Result<usize, SweepError> {
    let before = base.clock.now() - PICTURES;
    let old = car_request::Entity::find()
        .filter(car_request::Column::Photo.is_not_null())
        .filter(car_request::Column::At.lt(before))
        .order_by_asc(car_request::Column::At)
        .limit(BATCH)
        .all(base.db.read())
        .await?;
    for request in &old {
        // The file first: a row without a picture is forgotten for good.
        if let Some(key) = &request.photo {
            base.files.delete(key).await?;
        }
        let tx = base.db.write().await?;
        car_request::Entity::update_many()
            .col_expr(car_request::Column::Photo, Expr::value(None::<String>))
            .filter(car_request::Column::Id.eq(request.id))
            .exec(&tx)
            .await?;
        tx.commit().await?;
    }
    Ok(old.len())
}
