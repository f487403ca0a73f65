//! What the person who asked does with their request: remind, moved, cancel, answer the question after an hour, rate.

use chrono::TimeDelta;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter};
use uuid::Uuid;

use super::model::{Stand, State, car_case, car_request};
use super::state::{self, Step};
use super::{Movecar, dispatch, heard, watch};
use crate::base::error::Coded;
use crate::jobs;

/// Reminders of one case.
pub const REMINDERS: i32 = 2;
/// How long afterwards somebody may rate.
const RATING: TimeDelta = TimeDelta::days(7);

#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// Not theirs, too: nobody learns whose it is.
    #[error("no such request")]
    NotFound,
    /// The case has gone on.
    #[error("too late")]
    Late,
    #[error("{0:#}")]
    Inner(anyhow::Error),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for DriverError {
    fn code(&self) -> &'static str {
        match self {
            DriverError::NotFound => "car_not_found",
            DriverError::Late => "car_late",
            DriverError::Inner(_) => "internal",
            DriverError::Database(_) => "unavailable",
        }
    }
}

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Remind,
    Moved,
    Cancel,
    /// After an hour: the car is still there.
    Still,
    /// One to five.
    Rate(i32),
}

impl Act {
    pub fn parse(word: &str) -> Option<Act> {
        match word {
            "remind" => Some(Act::Remind),
            "moved" => Some(Act::Moved),
            "cancel" => Some(Act::Cancel),
            "still" => Some(Act::Still),
            _ => word.strip_prefix("rate").and_then(|stars| stars.parse().ok()).map(Act::Rate),
        }
    }
}

/// Does `act` with the request `number` of `follower`.
pub async fn act(car: &Movecar, follower: Uuid, number: &str, act: Act) -> Result<(), DriverError> {
    let base = &car.base;
    let request = car_request::Entity::find()
        .filter(car_request::Column::Number.eq(number))
        .filter(car_request::Column::FollowerId.eq(follower))
        .one(base.db.read())
        .await?
        .ok_or(DriverError::NotFound)?;
    let case = request.case_id;
    if act == Act::Remind {
        remind(car, &request).await?;
    } else {
        let tx = base.db.write().await?;
        let done = match act {
            Act::Moved => moved(car, &tx, &request).await?,
            Act::Cancel => cancel(car, &tx, &request).await?,
            Act::Still => state::step(base, &tx, case, Step::ToDesk, Vec::new(), "driver", "still").await?,
            Act::Rate(stars) => rate(car, &tx, &request, stars).await?,
            Act::Remind => false,
        };
        if !done {
            return Err(DriverError::Late);
        }
        tx.commit().await?;
    }
    jobs::wake(base).await;
    state::announce(base, case).await;
    Ok(())
}

/// The car is gone, for everybody whom it blocked.
async fn moved(
    car: &Movecar,
    tx: &DatabaseTransaction,
    request: &car_request::Model,
) -> Result<bool, DriverError> {
    let base = &car.base;
    if request.stand() != Stand::Open {
        // A repeat of the same tap.
        return Ok(request.stand() == Stand::Moved);
    }
    let at = vec![
        (car_case::Column::MovedAt, Expr::value(base.clock.now())),
        (car_case::Column::Result, "moved".into()),
    ];
    let done = state::step(base, tx, request.case_id, Step::Move, at, "driver", "").await?;
    if done {
        dispatch::drop_waiting(base, tx, request.case_id).await?;
        state::step(base, tx, request.case_id, Step::Close, Vec::new(), "", "").await?;
    }
    Ok(done)
}

/// Ends one person's request; the case goes on while others wait.
async fn cancel(
    car: &Movecar,
    tx: &DatabaseTransaction,
    request: &car_request::Model,
) -> Result<bool, DriverError> {
    let base = &car.base;
    state::hold(tx, request.case_id).await?;
    let ended = car_request::Entity::update_many()
        .col_expr(car_request::Column::State, Stand::Cancelled.word().into())
        .col_expr(car_request::Column::OpenSlot, Expr::value(None::<String>))
        .col_expr(car_request::Column::EndedAt, Expr::value(base.clock.now()))
        .filter(car_request::Column::Id.eq(request.id))
        .filter(car_request::Column::State.eq(Stand::Open.word()))
        .exec(tx)
        .await?;
    if ended.rows_affected == 0 {
        return Ok(request.stand() == Stand::Cancelled);
    }
    let others = car_request::Entity::find()
        .filter(car_request::Column::CaseId.eq(request.case_id))
        .filter(car_request::Column::State.eq(Stand::Open.word()))
        .count(tx)
        .await?;
    if others == 0 {
        dispatch::drop_waiting(base, tx, request.case_id).await?;
        state::step(base, tx, request.case_id, Step::Cancel, Vec::new(), "driver", "").await?;
    } else {
        state::note(base, tx, request.case_id, Vec::new(), "left", "", "driver").await?;
    }
    Ok(true)
}

/// Asks the owner once more, by message and, where it may ring, by a call.
async fn remind(car: &Movecar, request: &car_request::Model) -> Result<(), DriverError> {
    let base = &car.base;
    let case = car_case::Entity::find_by_id(request.case_id)
        .one(base.db.read())
        .await?
        .ok_or(DriverError::NotFound)?;
    if case.state() != State::Silent || request.stand() != Stand::Open {
        return Err(DriverError::Late);
    }
    let owner = dispatch::owner_of(car, &case).await.map_err(DriverError::Inner)?;
    let tx = base.db.write().await?;
    let one_more = vec![(car_case::Column::Reminders, Expr::col(car_case::Column::Reminders).add(1))];
    if case.reminders >= REMINDERS
        || !state::step(base, &tx, case.id, Step::Remind, one_more, "driver", "").await?
    {
        return Err(DriverError::Late);
    }
    if let Some((plate, owner)) = owner
        && dispatch::may_ask(car, &tx, &plate, &owner).await?.is_some()
    {
        dispatch::sms(car, &tx, &case, &plate, &owner, heard::REMIND).await.map_err(DriverError::Inner)?;
        if dispatch::car_may_ring(car, &case, &owner)
            && dispatch::may_ask(car, &tx, &plate, &owner).await?.is_some()
        {
            let now = base.clock.now();
            dispatch::call(car, &tx, &case, &plate, &owner, now).await.map_err(DriverError::Inner)?;
        }
    }
    watch::asked(base, &tx, case.id, base.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

async fn rate(
    car: &Movecar,
    tx: &DatabaseTransaction,
    request: &car_request::Model,
    stars: i32,
) -> Result<bool, DriverError> {
    let now = car.base.clock.now();
    if !(1..=5).contains(&stars) || request.ended_at.is_none_or(|ended| now - ended > RATING) {
        return Ok(false);
    }
    car_request::Entity::update_many()
        .col_expr(car_request::Column::Rating, Expr::value(stars))
        .filter(car_request::Column::Id.eq(request.id))
        .exec(tx)
        .await?;
    Ok(true)
}
