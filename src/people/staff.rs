//! Staff accounts: who may use the desk and the API.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use secrecy::ExposeSecret;
use std::time::Duration;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::model::staff::{ActiveModel, Column, Entity, Model};
use super::person::is_unique;
use super::{audit, session};
use crate::base::Base;
use crate::base::error::Coded;
use crate::base::privacy::{digest, random_code};

/// What an account may do; each includes the one after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Viewer,
    Organiser,
    Admin,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Organiser => "organiser",
            Role::Viewer => "viewer",
        }
    }

    /// As pages name it.
    pub fn zh(self) -> &'static str {
        match self {
            Role::Admin => "管理员",
            Role::Organiser => "会务人员",
            Role::Viewer => "只读",
        }
    }

    pub fn parse(name: &str) -> Option<Role> {
        [Role::Admin, Role::Organiser, Role::Viewer].into_iter().find(|role| role.name() == name)
    }
}

impl Model {
    /// An unknown role has the least rights.
    pub fn role(&self) -> Role {
        Role::parse(&self.role).unwrap_or(Role::Viewer)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    #[error("wrong user name or password")]
    LoginFailed,
    #[error("too many wrong passwords")]
    LoginLocked,
    #[error("the user name is taken")]
    UsernameTaken,
    #[error("{0} {1}")]
    Invalid(&'static str, &'static str),
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error("password hashing failed: {0}")]
    Hash(String),
}

impl Coded for StaffError {
    fn code(&self) -> &'static str {
        match self {
            StaffError::LoginFailed => "login_failed",
            StaffError::LoginLocked => "login_locked",
            StaffError::UsernameTaken => "username_taken",
            StaffError::Invalid(..) => "invalid",
            StaffError::Database(_) => "unavailable",
            StaffError::Hash(_) => "internal",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            StaffError::Invalid(field, _) => Some(field),
            StaffError::UsernameTaken => Some("username"),
            _ => None,
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            StaffError::LoginLocked => vec![("minutes", LOCK_MINUTES.to_string())],
            StaffError::Invalid(field, problem) => {
                let field = match *field {
                    "username" => "用户名",
                    "password" => "密码",
                    _ => "姓名",
                };
                vec![("field", field.to_string()), ("problem", (*problem).to_string())]
            }
            _ => Vec::new(),
        }
    }
}

const LOCK_MINUTES: u64 = 15;
/// Wrong passwords for one account before it rests.
const TRIES: i64 = 10;
/// Argon2id takes 19 MiB and a core each: no more than this at once.
static HASHING: Semaphore = Semaphore::const_new(2);
/// A hash nobody has, checked for unknown names so that they take as long as known ones.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$0MCnXcDTy7Pk1CQVSZjIh1RoDVfYBOjSKBVdCBkBb0U";

/// The account of this name and password.
pub async fn log_in(base: &Base, username: &str, password: &str) -> Result<Model, StaffError> {
    let tries_key = format!("login:{}", digest(username.as_bytes()));
    let tries = base.cache.increment(&tries_key, Duration::from_secs(LOCK_MINUTES * 60)).await;
    if tries > TRIES {
        return Err(StaffError::LoginLocked);
    }
    let found = Entity::find().filter(Column::Username.eq(username)).one(base.db.read()).await?;
    let hash = found.as_ref().map_or(NOBODY, |staff| staff.password_hash.as_str()).to_string();
    let right = verify(hash, password.to_string()).await?;
    match found {
        Some(staff) if right && staff.disabled_at.is_none() => {
            base.cache.delete(&tries_key).await;
            Ok(staff)
        }
        _ => Err(StaffError::LoginFailed),
    }
}

/// Makes an account.
pub async fn add(
    base: &Base,
    username: &str,
    name: &str,
    role: Role,
    password: &str,
    actor: &str,
) -> Result<Uuid, StaffError> {
    let username = username.trim();
    if username.is_empty()
        || username.len() > 40
        || !username.chars().all(|c| c.is_alphanumeric() || "._-".contains(c))
    {
        return Err(StaffError::Invalid("username", "请用 1 到 40 个字母、数字、点或横线。"));
    }
    let name = super::name::clean(name).ok_or(StaffError::Invalid("name", "请填写姓名，不超过 30 个字。"))?;
    let password_hash = hash(check_password(password)?).await?;
    let id = Uuid::now_v7();
    let row = ActiveModel {
        id: Set(id),
        username: Set(username.to_string()),
        name: Set(name),
        role: Set(role.name().to_string()),
        password_hash: Set(password_hash),
        disabled_at: Set(None),
        created_at: Set(base.clock.now()),
    };
    let tx = base.db.write().await?;
    match Entity::insert(row).exec_without_returning(&tx).await {
        Err(error) if is_unique(&error) => return Err(StaffError::UsernameTaken),
        other => other?,
    };
    audit::write(base, &tx, actor, "staff.add", username, role.name()).await?;
    tx.commit().await?;
    Ok(id)
}

/// Sets a new password and ends every session of the account.
pub async fn set_password(base: &Base, id: Uuid, password: &str, actor: &str) -> Result<(), StaffError> {
    let password_hash = hash(check_password(password)?).await?;
    let tx = base.db.write().await?;
    let row = ActiveModel { id: Set(id), password_hash: Set(password_hash), ..Default::default() };
    Entity::update(row).exec(&tx).await?;
    session::revoke_all(&tx, id).await?;
    audit::write(base, &tx, actor, "staff.password", &id.to_string(), "").await?;
    tx.commit().await?;
    Ok(())
}

/// Closes or reopens an account; closing ends its sessions.
pub async fn set_disabled(base: &Base, id: Uuid, disabled: bool, actor: &str) -> Result<(), StaffError> {
    let tx = base.db.write().await?;
    let at = disabled.then(|| base.clock.now());
    Entity::update(ActiveModel { id: Set(id), disabled_at: Set(at), ..Default::default() }).exec(&tx).await?;
    if disabled {
        session::revoke_all(&tx, id).await?;
    }
    let action = if disabled { "staff.disable" } else { "staff.enable" };
    audit::write(base, &tx, actor, action, &id.to_string(), "").await?;
    tx.commit().await?;
    Ok(())
}

pub async fn find(base: &Base, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(base.db.read()).await
}

pub async fn list(base: &Base) -> Result<Vec<Model>, DbErr> {
    Entity::find().order_by_asc(Column::Username).all(base.db.read()).await
}

/// On the very first start makes `admin`: with the configured password, or with one that is returned to be printed
/// this once.
pub async fn first_admin(base: &Base) -> Result<Option<String>, StaffError> {
    if Entity::find().count(base.db.read()).await? > 0 {
        return Ok(None);
    }
    let configured = base.config.admin_password.as_ref().map(|password| password.expose_secret().to_string());
    let password = configured.clone().unwrap_or_else(|| random_code(12));
    match add(base, "admin", "管理员", Role::Admin, &password, "system").await {
        Ok(_) => Ok(configured.is_none().then_some(password)),
        // Another replica was first.
        Err(StaffError::UsernameTaken) => Ok(None),
        Err(error) => Err(error),
    }
}

fn check_password(password: &str) -> Result<String, StaffError> {
    match password.chars().count() {
        8..=200 => Ok(password.to_string()),
        _ => Err(StaffError::Invalid("password", "至少 8 个字符。")),
    }
}

async fn hash(password: String) -> Result<String, StaffError> {
    blocking(move || {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|hash| hash.to_string())
            .map_err(|error| StaffError::Hash(error.to_string()))
    })
    .await
}

async fn verify(hash: String, password: String) -> Result<bool, StaffError> {
    blocking(move || {
        let parsed = PasswordHash::new(&hash).map_err(|error| StaffError::Hash(error.to_string()))?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
    })
    .await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StaffError> + Send + 'static,
) -> Result<T, StaffError> {
    let _permit = HASHING.acquire().await.map_err(|error| StaffError::Hash(error.to_string()))?;
    tokio::task::spawn_blocking(work).await.map_err(|error| StaffError::Hash(error.to_string()))?
}
