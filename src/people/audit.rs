//! The audit log: who did what to what. Written in the transaction of the act itself.

use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::model::audit::{ActiveModel, Column, Entity, Model};
use crate::base::Base;

/// Adds one line. `action` is a stable name such as `meeting.cancel`; `detail` holds no personal data.
pub async fn write(
    base: &Base,
    db: &impl ConnectionTrait,
    actor: &str,
    action: &str,
    target: &str,
    detail: &str,
) -> Result<(), DbErr> {
    write_once(base, db, Uuid::now_v7(), actor, action, target, detail).await
}

/// The same under an id that names the act: a repeat adds nothing.
pub async fn write_once(
    base: &Base,
    db: &impl ConnectionTrait,
    id: Uuid,
    actor: &str,
    action: &str,
    target: &str,
    detail: &str,
) -> Result<(), DbErr> {
    let row = ActiveModel {
        id: Set(id),
        at: Set(base.clock.now()),
        actor: Set(actor.to_string()),
        action: Set(action.to_string()),
        target: Set(target.to_string()),
        detail: Set(detail.to_string()),
    };
    let once = OnConflict::column(Column::Id).do_nothing().to_owned();
    Entity::insert(row).on_conflict(once).exec_without_returning(db).await.map(|_| ())
}

/// The newest lines, of one target or of all.
pub async fn newest(base: &Base, target: Option<&str>, limit: u64) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find().order_by_desc(Column::At).order_by_desc(Column::Id).limit(limit);
    if let Some(target) = target {
        query = query.filter(Column::Target.eq(target));
    }
    query.all(base.db.read()).await
}

/// One page of the log, newest first: lines of `actor` and of actions that begin with `action` (either empty: all),
/// older than the line `before`.
pub async fn page(
    base: &Base,
    actor: &str,
    action: &str,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find().order_by_desc(Column::At).order_by_desc(Column::Id).limit(limit);
    if !actor.is_empty() {
        query = query.filter(Column::Actor.eq(actor));
    }
    if !action.is_empty() {
        query = query.filter(Column::Action.starts_with(action));
    }
    if let Some(id) = before
        && let Some(line) = Entity::find_by_id(id).one(base.db.read()).await?
    {
        let at_once = Column::At.eq(line.at).and(Column::Id.lt(id));
        query = query.filter(Column::At.lt(line.at).or(at_once));
    }
    query.all(base.db.read()).await
}

/// Notes an act that changes no other row, such as logging in.
pub async fn note(base: &Base, actor: &str, action: &str, target: &str, detail: &str) -> Result<(), DbErr> {
    let tx = base.db.write().await?;
    write(base, &tx, actor, action, target, detail).await?;
    tx.commit().await
}
