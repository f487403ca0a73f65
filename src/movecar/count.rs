//! Allowances, taken in the transaction that uses them: one statement adds one unless the limit is reached, so two
//! requests at once cannot both get the last.

use chrono::{Days, NaiveTime, TimeDelta, Timelike};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};

use super::model::car_count;
use crate::base::Base;
use crate::base::clock::{Instant, from_shanghai, shanghai};

/// A stretch of time on a Chinese clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    Hour,
    Day,
    Month,
}

impl Window {
    /// Its name, e.g. `20260919`, and when it ends. Without daylight saving, days are 24 hours.
    pub fn around(self, now: Instant) -> (String, Instant) {
        let wall = shanghai(now);
        let midnight = |date: chrono::NaiveDate| from_shanghai(date.and_time(NaiveTime::MIN));
        match self {
            Window::Hour => {
                let into = TimeDelta::seconds(i64::from(wall.minute() * 60 + wall.second()));
                (wall.format("%Y%m%d%H").to_string(), now - into + TimeDelta::hours(1))
            }
            Window::Day => {
                let day = wall.date_naive();
                (
                    wall.format("%Y%m%d").to_string(),
                    midnight(day.checked_add_days(Days::new(1)).unwrap_or(day)),
                )
            }
            Window::Month => {
                let day = wall.date_naive();
                let ends = midnight(day.checked_add_days(Days::new(31)).unwrap_or(day));
                (wall.format("%Y%m").to_string(), ends)
            }
        }
    }
}

/// Takes one of `limit` for `who` in the present window. How many are used then; `None`: all were.
pub async fn take(
    base: &Base,
    tx: &DatabaseTransaction,
    who: &str,
    window: Window,
    limit: i64,
) -> Result<Option<i64>, DbErr> {
    if limit < 1 {
        return Ok(None);
    }
    let (name, until) = window.around(base.clock.now());
    let scope = format!("{who}:{name}");
    let row = car_count::ActiveModel { scope: Set(scope.clone()), used: Set(1), until: Set(until) };
    let used = || Expr::col((car_count::Entity, car_count::Column::Used));
    let one_more = OnConflict::column(car_count::Column::Scope)
        .value(car_count::Column::Used, used().add(1))
        .action_and_where(used().lt(limit))
        .to_owned();
    match car_count::Entity::insert(row).on_conflict(one_more).exec_with_returning(tx).await {
        Ok(row) => Ok(Some(row.used)),
        // No row came back: none was left.
        Err(DbErr::RecordNotInserted | DbErr::RecordNotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Forgets counts whose time is over.
pub async fn sweep(base: &Base) -> Result<u64, DbErr> {
    let tx = base.db.write().await?;
    let gone = car_count::Entity::delete_many()
        .filter(car_count::Column::Until.lt(base.clock.now()))
        .exec(&tx)
        .await?;
    tx.commit().await?;
    Ok(gone.rows_affected)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDateTime;

    use super::*;

    fn at(text: &str) -> Instant {
        from_shanghai(NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap())
    }

    #[test]
    fn a_day_ends_at_midnight_in_china() {
        let (name, until) = Window::Day.around(at("2026-09-19 23:59:59"));
        assert_eq!((name.as_str(), until), ("20260919", at("2026-09-20 00:00:00")));
        assert_eq!(Window::Day.around(at("2026-09-20 00:00:00")).0, "20260920");
        assert_eq!(Window::Month.around(at("2026-09-30 23:59:59")).0, "202609");
        assert_eq!(Window::Month.around(at("2026-10-01 00:00:00")).0, "202610");
        assert_eq!(
            Window::Hour.around(at("2026-09-19 08:59:59")),
            ("2026091908".to_string(), at("2026-09-19 09:00:00"))
        );
    }
}
