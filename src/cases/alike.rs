//! Public cases that may be the same trouble, shown before somebody sends theirs. Never in the way: who means something
//! else sends it. How alike two are is `similar.rs`'s rule.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::Cases;
use super::model::case_file;
use super::similar::{self, Matter, Places};
use crate::base::clock::Instant;

/// The newest cases of the group that are compared: enough for months, and soon read.
const COMPARED: u64 = 300;

/// The public cases most like what is about to be filed, the best first.
pub async fn alike(
    cases: &Cases,
    title: &str,
    place: &str,
    category: &str,
) -> Result<Vec<case_file::Model>, DbErr> {
    let Some(own) = cases.units.category(category) else { return Ok(Vec::new()) };
    let group = cases.units.categories().iter().filter(|one| one.group == own.group);
    let known = case_file::Entity::find()
        .filter(case_file::Column::PublishedAt.is_not_null())
        .filter(case_file::Column::Category.is_in(group.map(|one| one.code.as_str())))
        .order_by_desc(case_file::Column::PublicNo)
        .limit(COMPARED)
        .all(cases.store.db.read())
        .await?;
    let places = Places::new(&cases.settings.places);
    let matter = |title: &str, place: &str, category: &str, filed: Instant| Matter {
        category: category.to_string(),
        group: own.group.clone(),
        // The form knows places by their words.
        at: None,
        reading: places.read(&format!("{title} {place}")),
        filed,
    };
    let new = matter(title, place, category, cases.store.clock.now());
    let olds = known.into_iter().map(|file| {
        let old = matter(&file.public_title, &file.place, &file.category, file.created_at);
        (file, old)
    });
    Ok(similar::rank(&new, olds, &cases.settings.similar).into_iter().map(|(file, _)| file).collect())
}
