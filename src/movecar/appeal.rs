//! Somebody who is blocked thinks otherwise: once for each block, and the desk decides.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::model::car_block;
use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::error::Coded;
use crate::base::privacy::KeyError;
use crate::people::audit;

pub const PLACE: &str = "car_block.appeal";
/// Characters of an appeal.
pub const LONGEST: usize = 300;

#[derive(Debug, thiserror::Error)]
pub enum AppealError {
    #[error("nothing was written, or too much")]
    Words,
    /// Not blocked, or appealed before.
    #[error("nothing to appeal against")]
    Late,
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for AppealError {
    fn code(&self) -> &'static str {
        match self {
            AppealError::Words => "car_appeal_words",
            AppealError::Late => "car_late",
            AppealError::Key(_) => "internal",
            AppealError::Database(_) => "unavailable",
        }
    }
}

/// How somebody stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Blocked until then.
    pub until: Instant,
    pub appealed: bool,
}

/// `None`: not blocked.
pub async fn standing(base: &Base, follower: Uuid) -> Result<Option<Standing>, DbErr> {
    let row = car_block::Entity::find_by_id(follower).one(base.db.read()).await?;
    Ok(row.and_then(|row| {
        let until = row.until.filter(|until| *until > base.clock.now())?;
        Some(Standing { until, appealed: row.appealed_at.is_some() })
    }))
}

/// Writes the appeal down for the desk.
pub async fn appeal(base: &Base, follower: Uuid, words: &str) -> Result<(), AppealError> {
    let words = words.trim();
    if words.is_empty() || words.chars().count() > LONGEST {
        return Err(AppealError::Words);
    }
    let now = base.clock.now();
    let tx = base.db.write().await?;
    let done = car_block::Entity::update_many()
        .col_expr(car_block::Column::AppealSealed, base.keys.seal(PLACE, words)?.into())
        .col_expr(car_block::Column::AppealedAt, Expr::value(now))
        .filter(car_block::Column::FollowerId.eq(follower))
        .filter(car_block::Column::Until.gt(now))
        .filter(car_block::Column::AppealedAt.is_null())
        .exec(&tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(AppealError::Late);
    }
    tx.commit().await?;
    Ok(())
}

/// An appeal that waits.
pub struct Waiting {
    pub follower: Uuid,
    pub strikes: i32,
    pub words: String,
    pub at: Instant,
}

/// Those that nobody decided, the oldest first.
pub async fn waiting(base: &Base) -> Result<Vec<Waiting>, AppealError> {
    let rows = car_block::Entity::find()
        .filter(car_block::Column::AppealSealed.is_not_null())
        .filter(car_block::Column::Until.gt(base.clock.now()))
        .order_by_asc(car_block::Column::AppealedAt)
        .all(base.db.read())
        .await?;
    let mut waiting = Vec::new();
    for row in rows {
        let (Some(sealed), Some(at)) = (row.appeal_sealed, row.appealed_at) else { continue };
        let words = base.keys.open(PLACE, &sealed)?;
        waiting.push(Waiting { follower: row.follower_id, strikes: row.strikes, words, at });
    }
    Ok(waiting)
}

/// Lifts the block, or lets it stand. Either way the words are forgotten.
pub async fn decide(base: &Base, follower: Uuid, lift: bool, staff: &str) -> Result<(), AppealError> {
    let tx = base.db.write().await?;
    let mut update = car_block::Entity::update_many()
        .col_expr(car_block::Column::AppealSealed, Expr::value(None::<String>))
        .col_expr(car_block::Column::UpdatedAt, Expr::value(base.clock.now()));
    if lift {
        update = update
            .col_expr(car_block::Column::Until, Expr::value(None::<Instant>))
            .col_expr(car_block::Column::AppealedAt, Expr::value(None::<Instant>))
            .col_expr(car_block::Column::Strikes, Expr::value(0));
    }
    let done = update
        .filter(car_block::Column::FollowerId.eq(follower))
        .filter(car_block::Column::AppealSealed.is_not_null())
        .exec(&tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(AppealError::Late);
    }
    let detail = if lift { "lifted" } else { "stands" };
    audit::write(base, &tx, staff, "car.appeal", &follower.to_string(), detail).await?;
    tx.commit().await?;
    Ok(())
}
