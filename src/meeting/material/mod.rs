//! Materials of a meeting: files that its people read on the phone and carry to a computer.
//!
//! `document` knows the file by its content; here stand its name, its place in the agenda, and who may open it when.
//!
//! `edit.rs` what organisers do · `access.rs` who may open what · `link.rs` signed addresses of pages ·
//! `shelf.rs` what one person finds · `reading.rs` who read how far · `renewal.rs` who read what was replaced since ·
//! `pairing.rs` a computer that borrows a phone's rights

pub mod access;
pub mod edit;
pub mod link;
pub mod model;
pub mod pairing;
pub mod reading;
pub mod renewal;
pub mod search;
pub mod shelf;
pub mod watermark;

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use crate::base::Base;
use crate::document::Hash;
use model::{material, material_version};

/// A material with the version that readers get.
#[derive(Clone, Debug)]
pub struct Listed {
    pub material: material::Model,
    pub version: material_version::Model,
}

impl Listed {
    pub fn hash(&self) -> Option<Hash> {
        self.version.hash()
    }

    /// What a download is called: the material's name with the file's extension.
    pub fn file_name(&self) -> String {
        let extension = self.version.file_name.rsplit_once('.').map(|(_, extension)| extension);
        match extension {
            Some(extension) => format!("{}.{extension}", self.material.name),
            None => self.material.name.clone(),
        }
    }
}

impl material_version::Model {
    /// Which document it is. Always one: only what was received is kept.
    pub fn hash(&self) -> Option<Hash> {
        self.hash.parse().ok()
    }

    /// `PPTX`, `PDF`: the extension, which the content agreed with when the file came.
    pub fn kind(&self) -> String {
        self.file_name.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_uppercase())
    }
}

/// All materials of `meeting` in order, withdrawn ones too.
async fn of_meeting(db: &impl ConnectionTrait, meeting: Uuid) -> Result<Vec<material::Model>, DbErr> {
    material::Entity::find()
        .filter(material::Column::MeetingId.eq(meeting))
        .order_by_asc(material::Column::Rank)
        .order_by_asc(material::Column::CreatedAt)
        .order_by_asc(material::Column::Id)
        .all(db)
        .await
}

/// The version of `material` that readers get.
async fn version_of(
    db: &impl ConnectionTrait,
    material: &material::Model,
) -> Result<Option<material_version::Model>, DbErr> {
    material_version::Entity::find()
        .filter(material_version::Column::MaterialId.eq(material.id))
        .filter(material_version::Column::Number.eq(material.version))
        .one(db)
        .await
}

/// `materials` with their versions, in two queries whatever their number.
async fn with_versions(
    db: &impl ConnectionTrait,
    materials: Vec<material::Model>,
) -> Result<Vec<Listed>, DbErr> {
    if materials.is_empty() {
        return Ok(Vec::new());
    }
    let ids = materials.iter().map(|one| one.id);
    let rows = material_version::Entity::find()
        .filter(material_version::Column::MaterialId.is_in(ids))
        .all(db)
        .await?;
    let mut versions: HashMap<(Uuid, i32), material_version::Model> =
        rows.into_iter().map(|row| ((row.material_id, row.number), row)).collect();
    Ok(materials
        .into_iter()
        .filter_map(|material| {
            let version = versions.remove(&(material.id, material.version))?;
            Some(Listed { material, version })
        })
        .collect())
}

/// Everything of `meeting` for organisers, in order, withdrawn ones too.
pub async fn list(base: &Base, meeting: Uuid) -> Result<Vec<Listed>, DbErr> {
    let db = base.db.read();
    let materials = of_meeting(db, meeting).await?;
    with_versions(db, materials).await
}

/// One material of `meeting` for organisers.
pub async fn listed(base: &Base, meeting: Uuid, id: Uuid) -> Result<Option<Listed>, DbErr> {
    let db = base.db.read();
    let found = material::Entity::find_by_id(id).one(db).await?.filter(|one| one.meeting_id == meeting);
    Ok(with_versions(db, found.into_iter().collect()).await?.pop())
}

/// All versions of a material, the newest first.
pub async fn versions(base: &Base, material: Uuid) -> Result<Vec<material_version::Model>, DbErr> {
    material_version::Entity::find()
        .filter(material_version::Column::MaterialId.eq(material))
        .order_by_desc(material_version::Column::Number)
        .all(base.db.read())
        .await
}
