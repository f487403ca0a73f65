//! Sessions of followers (phones) and staff (desk, API). A session is a random token that only the client has; the
//! database knows its hash, so a stolen database opens no session.

use chrono::Duration;
use sea_orm::sea_query::{ExprTrait, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::model::identity;
use super::model::session::{ActiveModel, Column, Entity, Model};
use crate::base::Base;
use crate::base::privacy::{digest, random_token};

/// Whom a session stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A WeChat user on their phone, known by OAuth.
    Follower,
    /// A member of staff in a browser.
    Staff,
    /// A member of staff's program, by bearer token.
    Api,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Follower => "follower",
            Kind::Staff => "staff",
            Kind::Api => "api",
        }
    }

    /// How long it lasts. A phone stays known: that is the one tap ever after.
    pub fn life(self) -> Duration {
        match self {
            Kind::Follower => Duration::days(180),
            Kind::Staff => Duration::hours(12),
            Kind::Api => Duration::hours(24),
        }
    }
}

/// A session just opened; `token` is told to the client and never again.
pub struct Opened {
    pub token: String,
    pub session: Model,
}

/// Opens a session for `principal`.
pub async fn open(base: &Base, kind: Kind, principal: Uuid, client: &str) -> Result<Opened, DbErr> {
    let token = random_token();
    let now = base.clock.now();
    let session = Model {
        token_hash: digest(token.as_bytes()),
        kind: kind.name().to_string(),
        principal_id: principal,
        csrf: random_token(),
        client: client.chars().filter(|c| !c.is_control()).take(200).collect(),
        created_at: now,
        expires_at: now + kind.life(),
    };
    let row = ActiveModel {
        token_hash: Set(session.token_hash.clone()),
        kind: Set(session.kind.clone()),
        principal_id: Set(principal),
        csrf: Set(session.csrf.clone()),
        client: Set(session.client.clone()),
        created_at: Set(now),
        expires_at: Set(session.expires_at),
    };
    let tx = base.db.write().await?;
    Entity::insert(row).exec_without_returning(&tx).await?;
    tx.commit().await?;
    Ok(Opened { token, session })
}

/// The living session of `token`.
pub async fn find(base: &Base, kind: Kind, token: &str) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(digest(token.as_bytes()))
        .filter(Column::Kind.eq(kind.name()))
        .filter(Column::ExpiresAt.gt(base.clock.now()))
        .one(base.db.read())
        .await
}

/// Whose phone it is, in one statement: a hall of phones asks this with every request.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Holder {
    pub token_hash: String,
    pub principal_id: Uuid,
    pub csrf: String,
    /// The person whom the follower is tied to now.
    pub person: Option<Uuid>,
}

/// The living session of a follower's `token`, and who they are.
pub async fn holder(base: &Base, token: &str) -> Result<Option<Holder>, DbErr> {
    let person = Query::select()
        .column(identity::Column::PersonId)
        .from(identity::Entity)
        .and_where(identity::Column::FollowerId.into_expr().equals(Column::PrincipalId.as_column_ref()))
        .and_where(identity::Column::EndedAt.is_null())
        .take();
    Entity::find_by_id(digest(token.as_bytes()))
        .select_only()
        .columns([Column::TokenHash, Column::PrincipalId, Column::Csrf])
        .expr_as(person, "person")
        .filter(Column::Kind.eq(Kind::Follower.name()))
        .filter(Column::ExpiresAt.gt(base.clock.now()))
        .into_model::<Holder>()
        .one(base.db.read())
        .await
}

/// Ends one session.
pub async fn revoke(base: &Base, token_hash: &str) -> Result<(), DbErr> {
    let tx = base.db.write().await?;
    Entity::delete_by_id(token_hash).exec(&tx).await?;
    tx.commit().await
}

/// Ends one session of `principal`; another's stays.
pub async fn revoke_own(base: &Base, principal: Uuid, token_hash: &str) -> Result<(), DbErr> {
    let tx = base.db.write().await?;
    Entity::delete_by_id(token_hash).filter(Column::PrincipalId.eq(principal)).exec(&tx).await?;
    tx.commit().await
}

/// Ends every session of a member of staff, by another one's wish.
pub async fn end_all(base: &Base, principal: Uuid, actor: &str) -> Result<(), DbErr> {
    let tx = base.db.write().await?;
    revoke_all(&tx, principal).await?;
    super::audit::write(base, &tx, actor, "staff.sessions", &principal.to_string(), "").await?;
    tx.commit().await
}

/// Ends every session of `principal` but the one with the key `keep`.
pub async fn revoke_others(db: &impl ConnectionTrait, principal: Uuid, keep: &str) -> Result<(), DbErr> {
    let others = Column::PrincipalId.eq(principal).and(Column::TokenHash.ne(keep));
    Entity::delete_many().filter(others).exec(db).await.map(|_| ())
}

/// Ends every session of `principal`.
pub async fn revoke_all(db: &impl ConnectionTrait, principal: Uuid) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::PrincipalId.eq(principal)).exec(db).await.map(|_| ())
}

/// The living sessions of `principal`, newest first.
pub async fn list(base: &Base, principal: Uuid) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::PrincipalId.eq(principal))
        .filter(Column::ExpiresAt.gt(base.clock.now()))
        .order_by_desc(Column::CreatedAt)
        .all(base.db.read())
        .await
}

/// Removes what has ended; run by the daily clean-up.
pub async fn sweep(base: &Base) -> Result<u64, DbErr> {
    let tx = base.db.write().await?;
    let gone = Entity::delete_many().filter(Column::ExpiresAt.lte(base.clock.now())).exec(&tx).await?;
    tx.commit().await?;
    Ok(gone.rows_affected)
}
