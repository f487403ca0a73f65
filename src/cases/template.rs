//! 答复模板：texts that a unit answers with again and again. They only fill a field of a form, for somebody to read,
//! change and send; nothing is ever sent from here.

use chrono::Datelike;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use self::case_template::{Column, Entity, Model};
use super::Cases;
use super::access::Officer;
use super::decide::TEXT;
use super::model::{Part, case_file};
use crate::base::calendar::local;
use crate::base::db::whole;
use crate::base::error::Coded;
use crate::people::audit;

/// Characters of a name.
pub const TITLE: usize = 30;
/// Templates of one unit.
pub const MOST: u64 = 50;
/// What is put in when a template is used.
const BLANKS: [&str; 3] = ["{编号}", "{单位}", "{日期}"];

/// A text of a unit.
pub mod case_template {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_template")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub unit: String,
        pub title: String,
        pub body: String,
        pub version: i64,
        pub changed_by: String,
        pub changed_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Not there, or another unit's.
    #[error("no such template")]
    NotFound,
    #[error("another one has this name")]
    Taken,
    #[error("somebody changed it")]
    Stale,
    #[error("{0}")]
    Invalid(String),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for TemplateError {
    fn code(&self) -> &'static str {
        match self {
            TemplateError::NotFound => "case_template_not_found",
            TemplateError::Taken => "case_template_taken",
            TemplateError::Stale => "case_template_stale",
            TemplateError::Invalid(_) => "case_invalid",
            TemplateError::Database(_) => "unavailable",
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            TemplateError::Invalid(what) => vec![("what", what.clone())],
            _ => Vec::new(),
        }
    }
}

/// Who changes templates: the liaisons of a unit its own, administrators all.
pub struct Editor<'a> {
    pub officer: &'a Officer,
    pub admin: bool,
}

impl Editor<'_> {
    /// Whether the templates of `unit` are theirs to change.
    pub fn may(&self, unit: &str) -> bool {
        let liaison = |seat: &super::access::Seat| seat.part == Part::Liaison && seat.unit == unit;
        self.admin || self.officer.seats.iter().any(liaison)
    }

    /// The units whose templates they change.
    pub fn units(&self, cases: &Cases) -> Vec<(String, String)> {
        let all = cases.units.all().iter().filter(|unit| self.may(&unit.code));
        all.map(|unit| (unit.code.clone(), unit.name.clone())).collect()
    }
}

/// The templates of `unit`, by their names.
pub async fn of_unit(cases: &Cases, unit: &str) -> Result<Vec<Model>, DbErr> {
    let own = Entity::find().filter(Column::Unit.eq(unit)).order_by_asc(Column::Title).limit(MOST);
    own.all(cases.store.db.read()).await
}

/// A template that `officer` may use for `file`: one of the lead unit, where they serve in it.
pub async fn for_case(
    cases: &Cases,
    officer: &Officer,
    file: &case_file::Model,
) -> Result<Vec<Model>, DbErr> {
    let Some(unit) = &file.lead_unit else { return Ok(Vec::new()) };
    let serves = officer.seats.iter().any(|seat| seat.part.of_unit() && seat.unit == *unit);
    if serves { of_unit(cases, unit).await } else { Ok(Vec::new()) }
}

/// `template` with what it leaves open, for `file`, today.
pub fn filled(cases: &Cases, template: &Model, file: &case_file::Model) -> String {
    let today = local(cases.store.clock.now());
    let today = format!("{}年{}月{}日", today.year(), today.month(), today.day());
    let known = [file.number(), cases.units.name(&template.unit).to_string(), today];
    BLANKS.iter().zip(known).fold(template.body.clone(), |body, (blank, value)| body.replace(blank, &value))
}

/// A new template; the same again is no second one.
pub async fn make(
    cases: &Cases,
    editor: &Editor<'_>,
    (unit, title, body): (&str, &str, &str),
) -> Result<Uuid, TemplateError> {
    if !editor.may(unit) || !cases.units.knows(unit) {
        return Err(TemplateError::NotFound);
    }
    let (title, body) = checked(title, body)?;
    let tx = cases.store.db.write().await?;
    let row = Model {
        id: Uuid::now_v7(),
        unit: unit.to_string(),
        title: title.to_string(),
        body: body.to_string(),
        version: 1,
        changed_by: editor.officer.username.clone(),
        changed_at: cases.store.clock.now(),
    };
    let id = row.id;
    let once = OnConflict::columns([Column::Unit, Column::Title]).do_nothing().to_owned();
    let insert = Entity::insert(whole::<case_template::ActiveModel>(row)).on_conflict(once);
    if insert.exec_without_returning(&tx).await? == 0 {
        let own = Entity::find().filter(Column::Unit.eq(unit)).filter(Column::Title.eq(title));
        return match own.one(&tx).await? {
            Some(same) if same.body == body => Ok(same.id),
            _ => Err(TemplateError::Taken),
        };
    }
    if Entity::find().filter(Column::Unit.eq(unit)).count(&tx).await? > MOST {
        return Err(TemplateError::Invalid(format!("一个单位最多 {MOST} 个模板，先删去不用的")));
    }
    tx.commit().await?;
    audit::note(&cases.base, &editor.officer.username, "case.template", unit, title).await?;
    Ok(id)
}

/// Other words for template `id`, as it was at version `seen`.
pub async fn edit(
    cases: &Cases,
    editor: &Editor<'_>,
    (id, seen): (Uuid, i64),
    (title, body): (&str, &str),
) -> Result<(), TemplateError> {
    let (title, body) = checked(title, body)?;
    let old = own(cases, editor, id).await?;
    let tx = cases.store.db.write().await?;
    let taken = Entity::find()
        .filter(Column::Unit.eq(&old.unit))
        .filter(Column::Title.eq(title))
        .filter(Column::Id.ne(id));
    if taken.one(&tx).await?.is_some() {
        return Err(TemplateError::Taken);
    }
    let row = Model {
        title: title.to_string(),
        body: body.to_string(),
        version: seen + 1,
        changed_by: editor.officer.username.clone(),
        changed_at: cases.store.clock.now(),
        ..old
    };
    let unit = row.unit.clone();
    let changed = Entity::update_many()
        .set(whole::<case_template::ActiveModel>(row))
        .filter(Column::Id.eq(id))
        .filter(Column::Version.eq(seen))
        .exec(&tx)
        .await?;
    if changed.rows_affected == 0 {
        return Err(TemplateError::Stale);
    }
    tx.commit().await?;
    audit::note(&cases.base, &editor.officer.username, "case.template", &unit, title).await?;
    Ok(())
}

/// Away with template `id`.
pub async fn remove(cases: &Cases, editor: &Editor<'_>, id: Uuid) -> Result<(), TemplateError> {
    let old = own(cases, editor, id).await?;
    let tx = cases.store.db.write().await?;
    Entity::delete_by_id(id).exec(&tx).await?;
    tx.commit().await?;
    audit::note(&cases.base, &editor.officer.username, "case.untemplate", &old.unit, &old.title).await?;
    Ok(())
}

/// The template of this id, if it is theirs to change.
async fn own(cases: &Cases, editor: &Editor<'_>, id: Uuid) -> Result<Model, TemplateError> {
    let row = Entity::find_by_id(id).one(cases.store.db.read()).await?;
    row.filter(|row| editor.may(&row.unit)).ok_or(TemplateError::NotFound)
}

fn checked<'a>(title: &'a str, body: &'a str) -> Result<(&'a str, &'a str), TemplateError> {
    let (title, body) = (title.trim(), body.trim());
    let wrong = |what: String| Err(TemplateError::Invalid(what));
    if !(1..=TITLE).contains(&title.chars().count()) || title.contains('\n') {
        return wrong(format!("模板名称要有，且不超过 {TITLE} 个字"));
    }
    if !(1..=TEXT).contains(&body.chars().count()) {
        return wrong(format!("模板内容要有，且不超过 {TEXT} 个字"));
    }
    let rest = BLANKS.iter().fold(body.to_string(), |body, blank| body.replace(blank, ""));
    if rest.contains(['{', '}']) {
        return wrong(format!("花括号里只能写{}", BLANKS.join("、")));
    }
    Ok((title, body))
}
