//! What is forgotten when the operator's time is over: phone numbers, ended ties, followers who left. Names and units
//! stay where meetings wrote them down, so sheets and totals do not change.

use sea_orm::sea_query::{Expr, ExprTrait, Func, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::audit;
use super::model::{follower, identity, person, session};
use crate::base::Base;
use crate::base::clock::Instant;

/// Rows in one transaction.
const BATCH: u64 = 200;
/// What stands in place of a phone's hash, before the person's id: no number hashes to it, and it stays unique.
pub const GONE: &str = "gone:";

/// A column of a feature that names persons or followers, by their ids.
#[derive(Clone, Copy)]
pub struct Use {
    pub table: &'static str,
    pub column: &'static str,
    /// The ids that may not be forgotten yet, if what is older than this time may.
    pub since: fn(Instant) -> SelectStatement,
}

/// How many of each were forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    pub phones: u64,
    pub ties: u64,
    pub followers: u64,
}

/// Whether a sealed phone was forgotten.
pub fn is_gone(sealed: &str) -> bool {
    sealed.is_empty()
}

/// Forgets what nobody needed since `before`: phones of persons in none of `persons`, ties that ended earlier, and
/// followers who left earlier and are in none of `followers`. In batches; safe to repeat.
pub async fn forget(
    base: &Base,
    before: Instant,
    persons: &[Use],
    followers: &[Use],
) -> Result<Forgotten, DbErr> {
    let mut all = Forgotten::default();
    loop {
        let batch = batch(base, before, persons, followers).await?;
        if batch == Forgotten::default() {
            break;
        }
        all.phones += batch.phones;
        all.ties += batch.ties;
        all.followers += batch.followers;
    }
    Ok(all)
}

async fn batch(base: &Base, before: Instant, persons: &[Use], followers: &[Use]) -> Result<Forgotten, DbErr> {
    let tx = base.db.write().await?;
    let old_people = Condition::all()
        .add(person::Column::PhoneSealed.ne(""))
        .add(person::Column::UpdatedAt.lt(before))
        .add(unused(person::Column::Id.into_expr(), persons, before));
    let ids = chosen(person::Entity::find().filter(old_people.clone()), person::Column::Id, &tx).await?;
    let mut phones = 0;
    for id in &ids {
        // Whoever was written meanwhile has a newer time, and stays.
        let row = person::Entity::update_many()
            .col_expr(person::Column::PhoneSealed, "".into())
            .col_expr(person::Column::PhoneHash, format!("{GONE}{id}").into())
            .filter(person::Column::Id.eq(*id))
            .filter(person::Column::UpdatedAt.lt(before));
        phones += row.exec(&tx).await?.rows_affected;
    }
    // A number given again makes a new person, to whom the same WeChat must be free to be tied.
    identity::Entity::update_many()
        .col_expr(identity::Column::EndedAt, base.clock.now().into())
        .col_expr(identity::Column::EndReason, "retention".into())
        .filter(identity::Column::PersonId.is_in(ids))
        .filter(identity::Column::EndedAt.is_null())
        .exec(&tx)
        .await?;

    let ended = identity::Entity::find().filter(identity::Column::EndedAt.lt(before));
    let ended = chosen(ended, identity::Column::Id, &tx).await?;
    let ties = identity::Entity::delete_many().filter(identity::Column::Id.is_in(ended)).exec(&tx).await?;

    let ids = chosen(left(base, before, followers), follower::Column::Id, &tx).await?;
    let gone = follower::Entity::delete_many().filter(follower::Column::Id.is_in(ids)).exec(&tx).await?;
    let forgotten = Forgotten { phones, ties: ties.rows_affected, followers: gone.rows_affected };
    if forgotten != Forgotten::default() {
        let numbers = format!("{} {} {}", forgotten.phones, forgotten.ties, forgotten.followers);
        audit::write(base, &tx, "system", "retention.forget", "", &numbers).await?;
    }
    tx.commit().await?;
    Ok(forgotten)
}

/// Followers who do not follow, nor did since `before`, and of whom nothing is left that is in use.
fn left(base: &Base, before: Instant, uses: &[Use]) -> sea_orm::Select<follower::Entity> {
    let tied = Query::select().column(identity::Column::FollowerId).from(identity::Entity).to_owned();
    let signed_in = Query::select()
        .column(session::Column::PrincipalId)
        .from(session::Entity)
        .and_where(session::Column::ExpiresAt.gt(base.clock.now()))
        .to_owned();
    let id = || Expr::col((follower::Entity, follower::Column::Id));
    let since = [follower::Column::UnsubscribedAt, follower::Column::CreatedAt].map(Expr::col);
    follower::Entity::find()
        .filter(follower::Column::Subscribed.eq(false))
        .filter(Expr::expr(Func::coalesce(since)).lt(before))
        .filter(id().not_in_subquery(tied))
        .filter(id().not_in_subquery(signed_in))
        .filter(unused(id(), uses, before))
}

/// Not named by any of `uses` since `before`.
fn unused(id: Expr, uses: &[Use], before: Instant) -> Condition {
    let not_in = |one: &Use| id.clone().not_in_subquery((one.since)(before));
    uses.iter().map(not_in).fold(Condition::all(), Condition::add)
}

async fn chosen<E: EntityTrait>(
    rows: sea_orm::Select<E>,
    id: impl ColumnTrait,
    tx: &impl ConnectionTrait,
) -> Result<Vec<Uuid>, DbErr> {
    rows.select_only().column(id).limit(BATCH).into_tuple().all(tx).await
}
