//! The targets that messages go to. Each belongs to an account and hears of what that account may know of.

use chrono::TimeDelta;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::target::Refused;
use crate::base::db::whole;
use crate::base::error::Coded;
use crate::base::privacy::{KeyError, random_token};
use crate::cases::act::Act;
use crate::cases::model::{case_delivery, case_hook};
use crate::cases::{Cases, counter, feed};
use crate::people::{audit, staff};

pub const SECRET_PLACE: &str = "case_hook.secret";
pub const OLD_SECRET_PLACE: &str = "case_hook.old_secret";
/// How long the secret before still signs, so that a receiver can change over.
pub const OVERLAP: TimeDelta = TimeDelta::hours(24);
/// How long messages that arrived can be looked at and sent again.
const KEPT: TimeDelta = TimeDelta::days(30);
/// Messages in one answer.
const SHOWN: u64 = 200;

#[derive(Debug, thiserror::Error)]
pub enum HookError {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("no such account")]
    NoAccount,
    #[error("no such target")]
    NotFound,
    #[error("no such act")]
    NoType,
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for HookError {
    fn code(&self) -> &'static str {
        match self {
            HookError::Refused(_) => "case_hook_refused",
            HookError::NoAccount => "case_no_partner",
            HookError::NotFound => "case_hook_not_found",
            HookError::NoType => "case_hook_type",
            HookError::Key(_) => "internal",
            HookError::Database(_) => "unavailable",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            HookError::Refused(_) => Some("url"),
            HookError::NoAccount => Some("username"),
            HookError::NoType => Some("types"),
            _ => None,
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        let HookError::Refused(why) = self else { return Vec::new() };
        let why = match why {
            Refused::Address => "要以 https:// 开头（内网里登记过的地址可以用 http://）",
            Refused::Credentials => "不能带用户名和密码",
            Refused::Unlisted => "不在 cases.toml 的 [webhooks] 名单里",
            Refused::Private => "指向内网地址",
        };
        vec![("why", why.to_string())]
    }
}

/// Begins to tell `url` what happens from now on; the target and its secret, which is shown here alone.
pub async fn add(
    cases: &Cases,
    username: &str,
    url: &str,
    types: &[String],
    by: &str,
) -> Result<(case_hook::Model, String), HookError> {
    let target = cases.settings.webhooks.check(url)?;
    if types.iter().any(|word| Act::parse(word).is_none()) {
        return Err(HookError::NoType);
    }
    let account = staff::list(&cases.base).await?.into_iter().find(|account| account.username == username);
    let account = account.ok_or(HookError::NoAccount)?;
    feed::number(cases).await?;
    let secret = random_token();
    let tx = cases.store.db.write().await?;
    let row = case_hook::Model {
        id: Uuid::now_v7(),
        staff_id: account.id,
        username: account.username,
        url: target.url().to_string(),
        types: types.join(","),
        secret_sealed: cases.store.keys.seal(SECRET_PLACE, &secret)?,
        old_secret_sealed: None,
        old_until: None,
        after: counter::take_in(&tx, feed::COUNTER, 0).await?,
        active: true,
        made_by: by.to_string(),
        at: cases.store.clock.now(),
    };
    case_hook::Entity::insert(whole::<case_hook::ActiveModel>(row.clone()))
        .exec_without_returning(&tx)
        .await?;
    tx.commit().await?;
    audit::note(&cases.base, by, "case.hook", &row.id.to_string(), &row.url).await?;
    Ok((row, secret))
}

/// All targets.
pub async fn list(cases: &Cases) -> Result<Vec<case_hook::Model>, DbErr> {
    case_hook::Entity::find().order_by_asc(case_hook::Column::At).all(cases.store.db.read()).await
}

pub async fn find(cases: &Cases, id: Uuid) -> Result<case_hook::Model, HookError> {
    let found = case_hook::Entity::find_by_id(id).one(cases.store.db.read()).await?;
    found.ok_or(HookError::NotFound)
}

/// Another secret, shown here alone; the one before signs besides for [`OVERLAP`].
pub async fn renew(cases: &Cases, id: Uuid, by: &str) -> Result<String, HookError> {
    let hook = find(cases, id).await?;
    let keys = &cases.store.keys;
    let (secret, before) = (random_token(), keys.open(SECRET_PLACE, &hook.secret_sealed)?);
    let row = case_hook::Model {
        secret_sealed: keys.seal(SECRET_PLACE, &secret)?,
        old_secret_sealed: Some(keys.seal(OLD_SECRET_PLACE, &before)?),
        old_until: Some(cases.store.clock.now() + OVERLAP),
        ..hook
    };
    let tx = cases.store.db.write().await?;
    use case_hook::Column;
    case_hook::Entity::update_many()
        .col_expr(Column::SecretSealed, Expr::value(row.secret_sealed))
        .col_expr(Column::OldSecretSealed, Expr::value(row.old_secret_sealed))
        .col_expr(Column::OldUntil, Expr::value(row.old_until))
        .filter(Column::Id.eq(id))
        .exec(&tx)
        .await?;
    tx.commit().await?;
    audit::note(&cases.base, by, "case.hook_secret", &id.to_string(), "").await?;
    Ok(secret)
}

/// Ends a target with all its messages.
pub async fn remove(cases: &Cases, id: Uuid, by: &str) -> Result<(), HookError> {
    let hook = find(cases, id).await?;
    let tx = cases.store.db.write().await?;
    case_delivery::Entity::delete_many().filter(case_delivery::Column::HookId.eq(id)).exec(&tx).await?;
    case_hook::Entity::delete_by_id(id).exec(&tx).await?;
    tx.commit().await?;
    Ok(audit::note(&cases.base, by, "case.unhook", &id.to_string(), &hook.url).await?)
}

/// Tells again everything from the place `from` of the feed on: what was parked or lost over there. Each message keeps
/// its id, so a receiver that has it drops it.
pub async fn replay(cases: &Cases, id: Uuid, from: i64, by: &str) -> Result<u64, HookError> {
    let hook = find(cases, id).await?;
    let tx = cases.store.db.write().await?;
    use case_delivery::Column;
    let again = case_delivery::Entity::update_many()
        .col_expr(Column::State, Expr::value("waiting"))
        .col_expr(Column::Tries, Expr::value(0))
        .col_expr(Column::NextAt, Expr::value(cases.store.clock.now()))
        .filter(Column::HookId.eq(id))
        .filter(Column::Seq.gte(from))
        .exec(&tx)
        .await?;
    // What was removed since is made anew.
    case_hook::Entity::update_many()
        .col_expr(case_hook::Column::After, Expr::value(hook.after.min(from.saturating_sub(1)).max(0)))
        .filter(case_hook::Column::Id.eq(id))
        .exec(&tx)
        .await?;
    tx.commit().await?;
    audit::note(&cases.base, by, "case.replay", &id.to_string(), &from.to_string()).await?;
    cases.base.cache.publish(crate::cases::CHANNEL, "").await;
    Ok(again.rows_affected)
}

/// Messages of a target in `state`, the newest first.
pub async fn deliveries(
    cases: &Cases,
    id: Uuid,
    state: Option<&str>,
) -> Result<Vec<case_delivery::Model>, HookError> {
    find(cases, id).await?;
    let mut query = case_delivery::Entity::find().filter(case_delivery::Column::HookId.eq(id));
    if let Some(state) = state {
        query = query.filter(case_delivery::Column::State.eq(state));
    }
    Ok(query.order_by_desc(case_delivery::Column::Seq).limit(SHOWN).all(cases.store.db.read()).await?)
}

/// Removes messages that arrived long ago.
pub async fn sweep(cases: &Cases) -> Result<u64, DbErr> {
    let tx = cases.store.db.write().await?;
    let gone = case_delivery::Entity::delete_many()
        .filter(case_delivery::Column::State.eq("delivered"))
        .filter(case_delivery::Column::DoneAt.lt(cases.store.clock.now() - KEPT))
        .exec(&tx)
        .await?;
    tx.commit().await?;
    Ok(gone.rows_affected)
}
