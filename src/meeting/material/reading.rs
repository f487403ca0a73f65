//! Who read what, and how far: kept per version, shown to organisers.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, SimpleExpr};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;
use uuid::Uuid;

use super::model::material_reading::{ActiveModel, Column, Entity, Model};
use super::model::material_version;
use crate::base::Base;
use crate::base::db::whole;
use crate::people::model::person;

/// What somebody did with a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Opened,
    /// Page `0`, from 1, was on the screen.
    Reached(i32),
    Downloaded,
}

/// Notes `act` of `person`. Repeats and acts at the same moment add up.
pub async fn note(
    base: &Base,
    version: &material_version::Model,
    person: Uuid,
    act: Act,
) -> Result<(), DbErr> {
    let now = base.clock.now();
    let page = if let Act::Reached(page) = act { page } else { 0 };
    let count = |counts| i32::from(counts);
    let first = Model {
        material_id: version.material_id,
        person_id: person,
        version: version.number,
        last_page: page,
        furthest: page,
        opens: count(act == Act::Opened),
        downloads: count(act == Act::Downloaded),
        first_at: now,
        last_at: now,
    };
    let old = |column: Column| Expr::col((Entity, column));
    let mut again = OnConflict::columns([Column::MaterialId, Column::PersonId, Column::Version]);
    again.value(Column::LastAt, Expr::value(now));
    match act {
        Act::Opened => again.value(Column::Opens, old(Column::Opens).add(1)),
        Act::Downloaded => again.value(Column::Downloads, old(Column::Downloads).add(1)),
        Act::Reached(page) => {
            let further: SimpleExpr =
                Expr::case(old(Column::Furthest).lt(page), page).finally(old(Column::Furthest)).into();
            again.value(Column::LastPage, Expr::value(page)).value(Column::Furthest, further)
        }
    };
    let row: ActiveModel = whole(first);
    let tx = base.db.write().await?;
    Entity::insert(row).on_conflict(again.to_owned()).exec_without_returning(&tx).await?;
    tx.commit().await
}

/// Where `person` stopped in `version`; 0 where they have not begun.
pub async fn place(base: &Base, version: &material_version::Model, person: Uuid) -> Result<i32, DbErr> {
    let key = (version.material_id, person, version.number);
    Ok(Entity::find_by_id(key).one(base.db.read()).await?.map_or(0, |row| row.last_page))
}

/// One reader of one version.
#[derive(Clone, Debug)]
pub struct Reader {
    pub reading: Model,
    pub name: String,
    pub unit: String,
}

/// Everybody who opened the material in any version, the latest first.
pub async fn readers(base: &Base, material: Uuid) -> Result<Vec<Reader>, DbErr> {
    let db = base.db.read();
    let rows = Entity::find()
        .filter(Column::MaterialId.eq(material))
        .order_by_desc(Column::LastAt)
        .order_by_asc(Column::PersonId)
        .all(db)
        .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.person_id).collect();
    let mut people = HashMap::new();
    // Databases take so many values in one question.
    for some in ids.chunks(500) {
        let found =
            person::Entity::find().filter(person::Column::Id.is_in(some.iter().copied())).all(db).await?;
        people.extend(found.into_iter().map(|one| (one.id, (one.name, one.unit))));
    }
    Ok(rows
        .into_iter()
        .map(|reading| {
            let (name, unit) = people.get(&reading.person_id).cloned().unwrap_or_default();
            Reader { reading, name, unit }
        })
        .collect())
}

/// How many people opened each of `materials` in the version that readers get now.
pub async fn counts(base: &Base, materials: &[Uuid]) -> Result<HashMap<(Uuid, i32), usize>, DbErr> {
    let mut counts = HashMap::new();
    if materials.is_empty() {
        return Ok(counts);
    }
    let rows: Vec<(Uuid, i32, i64)> = Entity::find()
        .select_only()
        .columns([Column::MaterialId, Column::Version])
        .column_as(Column::PersonId.count(), "readers")
        .filter(Column::MaterialId.is_in(materials.iter().copied()))
        .group_by(Column::MaterialId)
        .group_by(Column::Version)
        .into_tuple()
        .all(base.db.read())
        .await?;
    for (material, version, readers) in rows {
        counts.insert((material, version), usize::try_from(readers).unwrap_or(0));
    }
    Ok(counts)
}
