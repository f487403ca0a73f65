//! Staff accounts: who may use the desk and the API.

use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::model::staff::{ActiveModel, Column, Entity, Model};
use super::person::is_unique;
use super::{audit, password, session};
use crate::base::Base;
use crate::base::error::Coded;
use crate::base::privacy::random_code;

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

    /// What it may do, as pages explain it.
    pub fn may(self) -> &'static str {
        match self {
            Role::Admin => "会议的一切，加上账号和操作记录",
            Role::Organiser => "新建和管理会议、导入名册、代为签到、导出",
            Role::Viewer => "只看会议和签到情况，不能改动",
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
    #[error("no such account")]
    NotFound,
    #[error("the last administrator cannot step down")]
    LastAdmin,
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
            StaffError::NotFound => "not_found",
            StaffError::LastAdmin => "last_admin",
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
            StaffError::LoginLocked => vec![("minutes", password::LOCK_MINUTES.to_string())],
            StaffError::Invalid(field, problem) => {
                let field = match *field {
                    "username" => "用户名",
                    "old" => "原密码",
                    "password" => "密码",
                    _ => "姓名",
                };
                vec![("field", field.to_string()), ("problem", (*problem).to_string())]
            }
            _ => Vec::new(),
        }
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
    let password_hash = password::hash(password::checked(password)?).await?;
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

/// Gives somebody who forgot theirs a new password, to be told once; ends every session of the account.
pub async fn reset_password(base: &Base, id: Uuid, actor: &str) -> Result<String, StaffError> {
    let password = random_code(12);
    let password_hash = password::hash(password.clone()).await?;
    let tx = base.db.write().await?;
    let staff = locked(&tx, id).await?;
    let row = ActiveModel { id: Set(id), password_hash: Set(password_hash), ..Default::default() };
    Entity::update(row).exec(&tx).await?;
    session::revoke_all(&tx, id).await?;
    audit::write(base, &tx, actor, "staff.password", &staff.username, "reset").await?;
    tx.commit().await?;
    Ok(password)
}

/// Changes one's own password; ends all of one's sessions but `session`, from which it was done.
pub async fn change_password(
    base: &Base,
    id: Uuid,
    old: &str,
    new: &str,
    session: &str,
) -> Result<(), StaffError> {
    let staff = find(base, id).await?.ok_or(StaffError::NotFound)?;
    let new = password::checked(new)?;
    if !password::is_right(base, &staff.username, Some(&staff), old).await? {
        return Err(StaffError::Invalid("old", "和现在的密码不一致，请重新输入。"));
    }
    let password_hash = password::hash(new).await?;
    let tx = base.db.write().await?;
    let row = ActiveModel { id: Set(id), password_hash: Set(password_hash), ..Default::default() };
    Entity::update(row).exec(&tx).await?;
    session::revoke_others(&tx, id, session).await?;
    audit::write(base, &tx, &staff.username, "staff.password", &staff.username, "own").await?;
    tx.commit().await?;
    Ok(())
}

/// Closes or reopens an account; closing ends its sessions. The last administrator stays.
pub async fn set_disabled(base: &Base, id: Uuid, disabled: bool, actor: &str) -> Result<(), StaffError> {
    let tx = base.db.write().await?;
    let staff = locked(&tx, id).await?;
    if staff.disabled_at.is_some() == disabled {
        return Ok(());
    }
    if disabled {
        keep_an_admin(&tx, &staff).await?;
        session::revoke_all(&tx, id).await?;
    }
    let at = disabled.then(|| base.clock.now());
    Entity::update(ActiveModel { id: Set(id), disabled_at: Set(at), ..Default::default() }).exec(&tx).await?;
    let action = if disabled { "staff.disable" } else { "staff.enable" };
    audit::write(base, &tx, actor, action, &staff.username, "").await?;
    tx.commit().await?;
    Ok(())
}

/// Gives an account another role, from its next request on. The last administrator stays one.
pub async fn set_role(base: &Base, id: Uuid, role: Role, actor: &str) -> Result<(), StaffError> {
    let tx = base.db.write().await?;
    let staff = locked(&tx, id).await?;
    if staff.role() == role {
        return Ok(());
    }
    keep_an_admin(&tx, &staff).await?;
    let row = ActiveModel { id: Set(id), role: Set(role.name().to_string()), ..Default::default() };
    Entity::update(row).exec(&tx).await?;
    audit::write(base, &tx, actor, "staff.role", &staff.username, role.name()).await?;
    tx.commit().await?;
    Ok(())
}

async fn locked(tx: &DatabaseTransaction, id: Uuid) -> Result<Model, StaffError> {
    Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(StaffError::NotFound)
}

/// Refuses what would leave nobody to manage accounts. Locks all administrators: two may not step down at once.
async fn keep_an_admin(tx: &DatabaseTransaction, leaving: &Model) -> Result<(), StaffError> {
    let active = Entity::find()
        .filter(Column::Role.eq(Role::Admin.name()))
        .filter(Column::DisabledAt.is_null())
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?;
    match active.iter().any(|admin| admin.id != leaving.id) || leaving.role() != Role::Admin {
        true => Ok(()),
        false => Err(StaffError::LastAdmin),
    }
}

/// The account of this name and password.
pub async fn log_in(base: &Base, username: &str, given: &str) -> Result<Model, StaffError> {
    let found = Entity::find().filter(Column::Username.eq(username)).one(base.db.read()).await?;
    let right = password::is_right(base, username, found.as_ref(), given).await?;
    found.filter(|staff| right && staff.disabled_at.is_none()).ok_or(StaffError::LoginFailed)
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
