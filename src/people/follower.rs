//! Followers of the account, kept by what the platform tells.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::model::follower::{ActiveModel, Column, Entity, Model};
use crate::base::Base;
use crate::base::clock::Instant;

/// Notes that `openid` follows the account since `at`; a repeat changes nothing but the time.
pub async fn follow(base: &Base, openid: &str, at: Instant) -> Result<Uuid, DbErr> {
    upsert(base, openid, Some(true), at).await
}

/// Notes that `openid` no longer follows. Records of what they did stay: they belong to the meetings.
pub async fn unfollow(base: &Base, openid: &str, at: Instant) -> Result<(), DbErr> {
    upsert(base, openid, Some(false), at).await.map(|_| ())
}

/// The id of `openid`, known from now on if it was not; whether they follow is left as it was.
pub async fn ensure(base: &Base, openid: &str) -> Result<Uuid, DbErr> {
    if let Some(known) = find(base, openid).await? {
        return Ok(known.id);
    }
    upsert(base, openid, None, base.clock.now()).await
}

/// Whom a message goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub id: Uuid,
    pub openid: String,
    /// Follows the account now.
    pub subscribed: bool,
}

pub async fn find(base: &Base, openid: &str) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Openid.eq(openid)).one(base.db.read()).await
}

/// Those of `ids` whom we know, by id. A few hundred at a time.
pub async fn of_ids(db: &impl ConnectionTrait, ids: &[Uuid]) -> Result<HashMap<Uuid, Known>, DbErr> {
    let rows = Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await?;
    let known = |row: Model| (row.id, Known { id: row.id, openid: row.openid, subscribed: row.subscribed });
    Ok(rows.into_iter().map(known).collect())
}

/// Since when we know this follower.
pub async fn known_since(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Instant>, DbErr> {
    Ok(Entity::find_by_id(id).one(db).await?.map(|follower| follower.created_at))
}

/// The openid behind an id, to send a message to.
pub async fn openid_of(base: &Base, id: Uuid) -> Result<Option<String>, DbErr> {
    Ok(Entity::find_by_id(id).one(base.db.read()).await?.map(|follower| follower.openid))
}

/// Pushes come in any order: one that is older than the opposite one already told changes nothing.
async fn upsert(base: &Base, openid: &str, subscribed: Option<bool>, at: Instant) -> Result<Uuid, DbErr> {
    let mut row = ActiveModel {
        id: Set(Uuid::now_v7()),
        openid: Set(openid.to_string()),
        subscribed: Set(subscribed.unwrap_or(false)),
        created_at: Set(base.clock.now()),
        ..Default::default()
    };
    let mut changed = OnConflict::column(Column::Openid);
    let no_later = |opposite: Column| {
        let opposite = Expr::col((Entity, opposite));
        opposite.clone().is_null().or(opposite.lte(at))
    };
    match subscribed {
        Some(true) => {
            row.subscribed_at = Set(Some(at));
            changed.update_columns([Column::Subscribed, Column::SubscribedAt]);
            changed.action_and_where(no_later(Column::UnsubscribedAt));
        }
        Some(false) => {
            row.unsubscribed_at = Set(Some(at));
            changed.update_columns([Column::Subscribed, Column::UnsubscribedAt]);
            changed.action_and_where(no_later(Column::SubscribedAt));
        }
        None => {
            changed.do_nothing();
        }
    }
    let tx = base.db.write().await?;
    Entity::insert(row).on_conflict(changed).exec_without_returning(&tx).await?;
    let stored = Entity::find().filter(Column::Openid.eq(openid)).one(&tx).await?;
    tx.commit().await?;
    stored.map(|row| row.id).ok_or_else(|| DbErr::RecordNotFound("follower just written".to_string()))
}
