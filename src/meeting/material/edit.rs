//! What organisers do with materials: add, describe, replace, order, withdraw.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
    QuerySelect,
};
use uuid::Uuid;

use super::model::{Visibility, agenda_item, material, material_version, roles_text};
use super::{Listed, listed, of_meeting};
use crate::base::Base;
use crate::base::db::whole;
use crate::base::error::Coded;
use crate::document::Received;
use crate::meeting::model::{Role, meeting};
use crate::meeting::reminder::schedule;
use crate::people::audit;
use crate::people::name::one_line;

/// How a material is shown, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Empty: as the file is called, without its extension.
    pub name: String,
    pub agenda_item: Option<Uuid>,
    /// Where a new one stands among those of its meeting; last, where that is left open.
    pub rank: Option<i32>,
    pub visibility: Visibility,
    /// Empty: all.
    pub roles: Vec<Role>,
    pub may_view: bool,
    pub may_download: bool,
    pub internal: bool,
}

impl Default for Settings {
    /// For whoever is signed in, to view and not to take away.
    fn default() -> Settings {
        Settings {
            name: String::new(),
            agenda_item: None,
            rank: None,
            visibility: Visibility::SignedIn,
            roles: Vec::new(),
            may_view: true,
            may_download: false,
            internal: false,
        }
    }
}

impl Settings {
    pub fn of(material: &material::Model) -> Settings {
        Settings {
            name: material.name.clone(),
            agenda_item: material.agenda_item_id,
            rank: Some(material.rank),
            visibility: material.visibility(),
            roles: material.roles(),
            may_view: material.may_view,
            may_download: material.may_download,
            internal: material.internal,
        }
    }

    fn checked(mut self) -> Result<Settings, MaterialError> {
        self.name = one_line(&self.name);
        let wrong = |field, name, problem| Err(MaterialError::Invalid { field, name, problem });
        if self.name.is_empty() || self.name.chars().count() > NAME {
            return wrong("name", "名称", "请填写，不超过 120 个字。");
        }
        if !self.may_view && !self.may_download {
            return wrong("may_view", "权限", "在线查看和下载至少选一项。");
        }
        Ok(self)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum MaterialError {
    #[error("{field}: {problem}")]
    Invalid { field: &'static str, name: &'static str, problem: &'static str },
    #[error("no such meeting")]
    NoMeeting,
    #[error("no such point of the agenda")]
    NoItem,
    #[error("no such material")]
    NotFound,
    #[error("the material was withdrawn")]
    Withdrawn,
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for MaterialError {
    fn code(&self) -> &'static str {
        match self {
            MaterialError::Invalid { .. } => "invalid",
            MaterialError::NoMeeting => "meeting_not_found",
            MaterialError::NoItem => "agenda_item_not_found",
            MaterialError::NotFound => "material_not_found",
            MaterialError::Withdrawn => "material_withdrawn",
            MaterialError::Database(_) => "unavailable",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            MaterialError::Invalid { field, .. } => Some(field),
            _ => None,
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            MaterialError::Invalid { name, problem, .. } => {
                vec![("field", (*name).to_string()), ("problem", (*problem).to_string())]
            }
            _ => Vec::new(),
        }
    }
}

/// Characters of a name at most.
const NAME: usize = 120;
/// Materials of one meeting at most, the withdrawn ones included.
const MOST: u64 = 300;

/// What a file is called without its extension.
fn stem(file_name: &str) -> String {
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
    let name: String = one_line(stem).chars().take(NAME).collect();
    if name.is_empty() { "未命名".to_string() } else { name }
}

/// Adds a received file to `meeting`. `op` is the material's id: doing it again finds it done.
pub async fn add(
    base: &Base,
    meeting: Uuid,
    op: Uuid,
    received: &Received,
    mut settings: Settings,
    actor: &str,
) -> Result<Listed, MaterialError> {
    if settings.name.trim().is_empty() {
        settings.name = stem(&received.name);
    }
    let settings = settings.checked()?;
    let tx = base.db.write().await?;
    lock(&tx, meeting).await?;
    item_of(&tx, meeting, settings.agenda_item).await?;
    let own = || material::Entity::find().filter(material::Column::MeetingId.eq(meeting));
    let count = own().count(&tx).await?;
    let now = base.clock.now();
    let row = material::Model {
        id: op,
        meeting_id: meeting,
        agenda_item_id: settings.agenda_item,
        rank: settings.rank.unwrap_or(i32::try_from(count).unwrap_or(i32::MAX)),
        name: settings.name,
        visibility: settings.visibility.word().to_string(),
        roles: roles_text(&settings.roles),
        may_view: settings.may_view,
        may_download: settings.may_download,
        internal: settings.internal,
        version: 1,
        created_at: now,
        updated_at: now,
        withdrawn_at: None,
    };
    let unless_made = OnConflict::column(material::Column::Id).do_nothing().to_owned();
    let fresh =
        material::Entity::insert(whole(row)).on_conflict(unless_made).exec_without_returning(&tx).await? > 0;
    if !fresh {
        drop(tx);
        return listed(base, meeting, op).await?.ok_or(MaterialError::NotFound);
    }
    if count >= MOST {
        return Err(MaterialError::Invalid {
            field: "file", name: "材料", problem: "每场会议最多 300 份。"
        });
    }
    insert_version(base, &tx, op, op, 1, received, actor).await?;
    audit::write(base, &tx, actor, "material.add", &meeting.to_string(), &received.name).await?;
    tx.commit().await?;
    listed(base, meeting, op).await?.ok_or(MaterialError::NotFound)
}

/// Describes a material anew.
pub async fn change(
    base: &Base,
    meeting: Uuid,
    id: Uuid,
    settings: Settings,
    actor: &str,
) -> Result<Listed, MaterialError> {
    let settings = settings.checked()?;
    let tx = base.db.write().await?;
    let old = take(&tx, meeting, id).await?;
    item_of(&tx, meeting, settings.agenda_item).await?;
    let row = material::ActiveModel {
        id: Set(id),
        agenda_item_id: Set(settings.agenda_item),
        name: Set(settings.name),
        visibility: Set(settings.visibility.word().to_string()),
        roles: Set(roles_text(&settings.roles)),
        may_view: Set(settings.may_view),
        may_download: Set(settings.may_download),
        internal: Set(settings.internal),
        updated_at: Set(base.clock.now()),
        ..Default::default()
    };
    material::Entity::update(row).exec(&tx).await?;
    audit::write(base, &tx, actor, "material.change", &meeting.to_string(), &old.name).await?;
    tx.commit().await?;
    listed(base, meeting, id).await?.ok_or(MaterialError::NotFound)
}

/// Gives readers another file under the same name; links to pages of the old one end, and those who read it are
/// told. `op` names this act.
pub async fn replace(
    base: &Base,
    meeting: Uuid,
    id: Uuid,
    op: Uuid,
    received: &Received,
    actor: &str,
) -> Result<Listed, MaterialError> {
    let tx = base.db.write().await?;
    let old = take(&tx, meeting, id).await?;
    if material_version::Entity::find_by_id(op).one(&tx).await?.is_none() {
        let number = old.version + 1;
        insert_version(base, &tx, op, id, number, received, actor).await?;
        let row = material::ActiveModel {
            id: Set(id),
            version: Set(number),
            updated_at: Set(base.clock.now()),
            ..Default::default()
        };
        material::Entity::update(row).exec(&tx).await?;
        audit::write(base, &tx, actor, "material.replace", &meeting.to_string(), &old.name).await?;
        schedule::follow_replacement(base, &tx, meeting).await?;
    }
    tx.commit().await?;
    listed(base, meeting, id).await?.ok_or(MaterialError::NotFound)
}

/// Takes a material from readers; every link to it ends at once. Withdrawing again changes nothing.
pub async fn withdraw(base: &Base, meeting: Uuid, id: Uuid, actor: &str) -> Result<Listed, MaterialError> {
    let tx = base.db.write().await?;
    match take(&tx, meeting, id).await {
        Ok(old) => {
            let now = base.clock.now();
            let row = material::ActiveModel {
                id: Set(id),
                updated_at: Set(now),
                withdrawn_at: Set(Some(now)),
                ..Default::default()
            };
            material::Entity::update(row).exec(&tx).await?;
            audit::write(base, &tx, actor, "material.withdraw", &meeting.to_string(), &old.name).await?;
            tx.commit().await?;
        }
        Err(MaterialError::Withdrawn) => drop(tx),
        Err(error) => return Err(error),
    }
    listed(base, meeting, id).await?.ok_or(MaterialError::NotFound)
}

/// Moves a material one place up or down among those of its point.
pub async fn shift(base: &Base, meeting: Uuid, id: Uuid, up: bool, actor: &str) -> Result<(), MaterialError> {
    let tx = base.db.write().await?;
    let moved = take(&tx, meeting, id).await?;
    let mut order: Vec<material::Model> = of_meeting(&tx, meeting)
        .await?
        .into_iter()
        .filter(|one| one.agenda_item_id == moved.agenda_item_id && one.withdrawn_at.is_none())
        .collect();
    let at = order.iter().position(|one| one.id == id).ok_or(MaterialError::NotFound)?;
    let to = if up { at.checked_sub(1) } else { Some(at + 1).filter(|to| *to < order.len()) };
    let Some(to) = to else { return Ok(()) };
    order.swap(at, to);
    for (rank, one) in order.into_iter().enumerate() {
        let rank = i32::try_from(rank).unwrap_or(i32::MAX);
        let row = material::ActiveModel { id: Set(one.id), rank: Set(rank), ..Default::default() };
        material::Entity::update(row).exec(&tx).await?;
    }
    audit::write(base, &tx, actor, "material.order", &meeting.to_string(), &moved.name).await?;
    tx.commit().await?;
    Ok(())
}

async fn lock(tx: &DatabaseTransaction, meeting: Uuid) -> Result<meeting::Model, MaterialError> {
    let found = meeting::Entity::find_by_id(meeting).lock_exclusive().one(tx).await?;
    found.ok_or(MaterialError::NoMeeting)
}

/// The material to change, with its meeting locked: changes of one meeting's materials come one after another.
async fn take(tx: &DatabaseTransaction, meeting: Uuid, id: Uuid) -> Result<material::Model, MaterialError> {
    lock(tx, meeting).await?;
    let found = material::Entity::find_by_id(id).one(tx).await?.filter(|one| one.meeting_id == meeting);
    let found = found.ok_or(MaterialError::NotFound)?;
    if found.withdrawn_at.is_some() { Err(MaterialError::Withdrawn) } else { Ok(found) }
}

async fn item_of(tx: &DatabaseTransaction, meeting: Uuid, item: Option<Uuid>) -> Result<(), MaterialError> {
    let Some(item) = item else { return Ok(()) };
    let found = agenda_item::Entity::find_by_id(item).one(tx).await?;
    match found.filter(|found| found.meeting_id == meeting) {
        Some(_) => Ok(()),
        None => Err(MaterialError::NoItem),
    }
}

async fn insert_version(
    base: &Base,
    tx: &DatabaseTransaction,
    op: Uuid,
    material: Uuid,
    number: i32,
    received: &Received,
    actor: &str,
) -> Result<(), DbErr> {
    let row = material_version::Model {
        id: op,
        material_id: material,
        number,
        hash: received.hash.to_string(),
        file_name: received.name.clone(),
        bytes: i64::try_from(received.bytes).unwrap_or(i64::MAX),
        uploaded_at: base.clock.now(),
        uploaded_by: actor.to_string(),
    };
    material_version::Entity::insert(whole(row)).exec_without_returning(tx).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_material_is_called_as_its_file_without_the_extension() {
        assert_eq!(stem("关于开展“工作”的通知.docx"), "关于开展“工作”的通知");
        assert_eq!(stem("2026.9 汇报.pptx"), "2026.9 汇报");
        assert_eq!(stem(&format!("{}.pdf", "长".repeat(200))).chars().count(), NAME);
        assert_eq!(stem(".pdf"), "未命名");
    }

    #[test]
    fn what_nobody_may_open_is_no_setting() {
        let named = |settings| Settings { name: "报告".to_string(), ..settings };
        assert!(named(Settings::default()).checked().is_ok());
        let closed = named(Settings { may_view: false, ..Settings::default() });
        assert_eq!(closed.checked().unwrap_err().field(), Some("may_view"));
        assert_eq!(Settings::default().checked().unwrap_err().field(), Some("name"));
    }
}
