//! Before a provider is asked: is there allowance left, had this number enough, may a telephone ring now?

use chrono::{NaiveTime, TimeDelta};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::Phones;
use super::model::{Medium, State, Why, budget, message};
use super::settings::Channel;
use crate::base::clock::{Instant, from_shanghai, shanghai};

/// How an attempt to take a message in hand ended.
pub(super) enum Claim {
    Ours,
    /// Somebody else has it, or it is over.
    Gone,
    Refused(Why),
}

impl Phones {
    /// Takes `message` in hand for `provider`, in a committed state, if allowances and the number permit it.
    pub(super) async fn claim(
        &self,
        message: &message::Model,
        medium: Medium,
        provider: &str,
        now: Instant,
    ) -> Result<Claim, DbErr> {
        let channel = self.settings.channel(medium);
        let tx = self.base.db.write().await?;
        // The day's row is locked from here to the commit: whatever is counted below cannot be overtaken.
        if !take(&tx, &scope(medium, now), channel.per_day, now).await? {
            return Ok(Claim::Refused(Why::Budget));
        }
        if had_enough(&tx, message, channel, now).await? {
            return Ok(Claim::Refused(Why::TooOften));
        }
        let taken = message::Entity::update_many()
            .col_expr(message::Column::State, State::Sending.word().into())
            .col_expr(message::Column::Provider, provider.into())
            .col_expr(message::Column::ClaimedAt, now.into())
            .col_expr(message::Column::UpdatedAt, now.into())
            .col_expr(message::Column::Tries, Expr::col(message::Column::Tries).add(1))
            .filter(message::Column::Id.eq(message.id))
            .filter(message::Column::State.eq(State::Waiting.word()))
            .exec(&tx)
            .await?;
        if taken.rows_affected == 0 {
            return Ok(Claim::Gone);
        }
        tx.commit().await?;
        Ok(Claim::Ours)
    }

    /// Puts back what `provider` surely did not take, with its allowance. `lasting`: it is not asked again.
    pub(super) async fn release(
        &self,
        message: &mut message::Model,
        medium: Medium,
        provider: &str,
        claimed_at: Instant,
        lasting: bool,
    ) -> Result<(), DbErr> {
        if lasting {
            let before = std::mem::take(&mut message.refused_by);
            message.refused_by =
                if before.is_empty() { provider.into() } else { format!("{before},{provider}") };
        }
        message.tries += 1;
        let tx = self.base.db.write().await?;
        let back = message::Entity::update_many()
            .col_expr(message::Column::State, State::Waiting.word().into())
            .col_expr(message::Column::ClaimedAt, Expr::value(None::<Instant>))
            .col_expr(message::Column::RefusedBy, message.refused_by.as_str().into())
            .col_expr(message::Column::UpdatedAt, self.base.clock.now().into())
            .filter(message::Column::Id.eq(message.id))
            .filter(message::Column::State.eq(State::Sending.word()))
            .exec(&tx)
            .await?;
        if back.rows_affected > 0 {
            budget::Entity::update_many()
                .col_expr(budget::Column::Used, Expr::col(budget::Column::Used).sub(1))
                .filter(budget::Column::Scope.eq(scope(medium, claimed_at)))
                .exec(&tx)
                .await?;
        }
        tx.commit().await
    }
}

/// The allowance of a calendar day in China.
fn scope(medium: Medium, at: Instant) -> String {
    format!("{}:{}", medium.word(), shanghai(at).format("%Y-%m-%d"))
}

/// Uses one of `limit`; `false`: none is left.
async fn take(tx: &DatabaseTransaction, scope: &str, limit: i64, now: Instant) -> Result<bool, DbErr> {
    if limit < 1 {
        return Ok(false);
    }
    let row = budget::ActiveModel { scope: Set(scope.to_string()), used: Set(1), updated_at: Set(now) };
    let used = || Expr::col((budget::Entity, budget::Column::Used));
    let one_more = OnConflict::column(budget::Column::Scope)
        .value(budget::Column::Used, used().add(1))
        .value(budget::Column::UpdatedAt, Expr::value(now))
        .action_and_where(used().lt(limit))
        .to_owned();
    let taken = budget::Entity::insert(row).on_conflict(one_more).exec_without_returning(tx).await?;
    Ok(taken > 0)
}

/// Whether this number got all that it may get within an hour, or within 24: carriers' "day" is told both ways, so the
/// stricter one.
async fn had_enough(
    tx: &DatabaseTransaction,
    message: &message::Model,
    channel: &Channel,
    now: Instant,
) -> Result<bool, DbErr> {
    let (hour, day) = (TimeDelta::hours(1), TimeDelta::hours(24));
    let claimed: Vec<Instant> = message::Entity::find()
        .select_only()
        .column(message::Column::ClaimedAt)
        .filter(message::Column::NumberHash.eq(&message.number_hash))
        .filter(message::Column::Medium.eq(&message.medium))
        .filter(message::Column::ClaimedAt.gt(now - day))
        .order_by_desc(message::Column::ClaimedAt)
        .limit(channel.per_number_day)
        .into_tuple()
        .all(tx)
        .await?;
    let within_hour = claimed.iter().filter(|at| **at > now - hour).count() as u64;
    Ok(claimed.len() as u64 >= channel.per_number_day || within_hour >= channel.per_number_hour)
}

/// When a call may ring that may not ring at `now`; `None`: it may. `from` and `to` are of a Chinese clock.
pub(super) fn rings_from(now: Instant, from: NaiveTime, to: NaiveTime) -> Option<Instant> {
    let wall = shanghai(now);
    let today = wall.date_naive();
    if wall.time() < from {
        Some(from_shanghai(today.and_time(from)))
    } else if wall.time() >= to {
        Some(from_shanghai((today + TimeDelta::days(1)).and_time(from)))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDateTime;

    fn at(text: &str) -> Instant {
        from_shanghai(NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap())
    }

    #[test]
    fn no_telephone_rings_from_half_past_nine_to_seven() {
        let clock = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
        let rings = |text| rings_from(at(text), clock(7, 0), clock(21, 30));
        for quiet in ["2026-09-18 21:30", "2026-09-18 23:59", "2026-09-19 00:00", "2026-09-19 06:59"] {
            assert_eq!(rings(quiet), Some(at("2026-09-19 07:00")), "{quiet}");
        }
        for loud in ["2026-09-19 07:00", "2026-09-19 12:00", "2026-09-19 21:29"] {
            assert_eq!(rings(loud), None, "{loud}");
        }
    }

    #[test]
    fn a_day_of_allowance_begins_at_midnight_in_china() {
        assert_eq!(scope(Medium::Sms, at("2026-09-18 23:59")), "sms:2026-09-18");
        assert_eq!(scope(Medium::Sms, at("2026-09-19 00:00")), "sms:2026-09-19");
    }
}
