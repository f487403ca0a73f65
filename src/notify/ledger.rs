//! What followers allowed: one accept of a one-time template is one notice; a long-term one lasts until refused.
//!
//! The platform's events are the truth. What the page's script hears of the same accept is not counted.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::model::heard;
use super::model::right::{ActiveModel, Column, Entity, Model};
use crate::base::Base;
use crate::base::clock::Instant;

/// One answer of a follower.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub template_id: String,
    pub accepted: bool,
    /// By the operator's configuration.
    pub long_term: bool,
}

/// Enters what `follower` chose in the push `op`, once however often it comes.
pub async fn enter(
    base: &Base,
    follower: Uuid,
    op: Uuid,
    at: Instant,
    choices: &[Choice],
) -> Result<(), DbErr> {
    let tx = base.db.write().await?;
    let once = heard::ActiveModel { op_id: Set(op), at: Set(base.clock.now()) };
    let unless_heard = OnConflict::column(heard::Column::OpId).do_nothing().to_owned();
    if heard::Entity::insert(once).on_conflict(unless_heard).exec_without_returning(&tx).await? == 0 {
        return Ok(());
    }
    for choice in choices {
        let once = choice.accepted && !choice.long_term;
        let row = ActiveModel {
            follower_id: Set(follower),
            template_id: Set(choice.template_id.clone()),
            remaining: Set(i64::from(once)),
            long_term: Set(choice.accepted && choice.long_term),
            refused_at: Set((!choice.accepted).then_some(at)),
            updated_at: Set(base.clock.now()),
        };
        let mut known = OnConflict::columns([Column::FollowerId, Column::TemplateId]);
        if once {
            known.value(Column::Remaining, Expr::col((Entity, Column::Remaining)).add(1));
            known.update_columns([Column::RefusedAt, Column::UpdatedAt]);
        } else {
            known.update_columns([Column::Remaining, Column::LongTerm, Column::RefusedAt, Column::UpdatedAt]);
        }
        if choice.accepted {
            // Pushes come in any order: an older accept does not undo a refusal.
            let refused = Expr::col((Entity, Column::RefusedAt));
            known.action_and_where(refused.clone().is_null().or(refused.lte(at)));
        }
        Entity::insert(row).on_conflict(known).exec_without_returning(&tx).await?;
    }
    tx.commit().await
}

/// What `follower` allows now.
pub async fn of(base: &Base, follower: Uuid) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::FollowerId.eq(follower)).all(base.db.read()).await
}

/// Takes one right; `false` when there is none. Two takers never get the same one.
pub(super) async fn take(tx: &impl ConnectionTrait, follower: Uuid, template: &str) -> Result<bool, DbErr> {
    let taken = Entity::update_many()
        .col_expr(Column::Remaining, Expr::col(Column::Remaining).sub(1))
        .filter(this(follower, template))
        .filter(Column::LongTerm.eq(false))
        .filter(Column::Remaining.gt(0))
        .exec(tx)
        .await?;
    if taken.rows_affected > 0 {
        return Ok(true);
    }
    let lasting =
        Entity::find().filter(this(follower, template)).filter(Column::LongTerm.eq(true)).one(tx).await?;
    Ok(lasting.is_some())
}

/// Puts back a right that the platform did not use.
pub(super) async fn give_back(
    tx: &impl ConnectionTrait,
    follower: Uuid,
    template: &str,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::Remaining, Expr::col(Column::Remaining).add(1))
        .filter(this(follower, template))
        .filter(Column::LongTerm.eq(false))
        .exec(tx)
        .await
        .map(|_| ())
}

/// Forgets the right: the platform says that there is none (43101).
pub(super) async fn drop_all(tx: &impl ConnectionTrait, follower: Uuid, template: &str) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::Remaining, 0i64.into())
        .col_expr(Column::LongTerm, false.into())
        .filter(this(follower, template))
        .exec(tx)
        .await
        .map(|_| ())
}

fn this(follower: Uuid, template: &str) -> Condition {
    Condition::all().add(Column::FollowerId.eq(follower)).add(Column::TemplateId.eq(template))
}
