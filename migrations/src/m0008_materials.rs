//! The agenda of a meeting, its materials with their versions, who read them, and browsers that hold a person's materials.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

fn table(name: &'static str) -> TableCreateStatement {
    Table::create().table(Alias::new(name)).if_not_exists().to_owned()
}

fn index(
    table: &'static str,
    name: &'static str,
    columns: &[&'static str],
    unique: bool,
) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(Alias::new(table)).if_not_exists().to_owned();
    columns.iter().for_each(|column| {
        index.col(Alias::new(*column));
    });
    if unique {
        index.unique();
    }
    index
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            table("agenda_item")
                .col(pk_uuid("id"))
                .col(uuid("meeting_id"))
                .col(integer("rank"))
                .col(string("title"))
                .col(string("speaker"))
                .col(timestamp_with_time_zone_null("starts_at"))
                .col(timestamp_with_time_zone_null("ends_at"))
                .to_owned(),
            table("material")
                .col(pk_uuid("id"))
                .col(uuid("meeting_id"))
                .col(uuid_null("agenda_item_id"))
                .col(integer("rank"))
                .col(string("name"))
                .col(string("visibility"))
                .col(string("roles"))
                .col(boolean("may_view"))
                .col(boolean("may_download"))
                .col(boolean("internal"))
                .col(integer("version"))
                .col(timestamp_with_time_zone("created_at"))
                .col(timestamp_with_time_zone("updated_at"))
                .col(timestamp_with_time_zone_null("withdrawn_at"))
                .to_owned(),
            table("material_version")
                .col(pk_uuid("id"))
                .col(uuid("material_id"))
                .col(integer("number"))
                .col(string("hash"))
                .col(text("file_name"))
                .col(big_integer("bytes"))
                .col(timestamp_with_time_zone("uploaded_at"))
                .col(string("uploaded_by"))
                .to_owned(),
            table("material_reading")
                .col(uuid("material_id"))
                .col(uuid("person_id"))
                .col(integer("version"))
                .col(integer("last_page"))
                .col(integer("furthest"))
                .col(integer("opens"))
                .col(integer("downloads"))
                .col(timestamp_with_time_zone("first_at"))
                .col(timestamp_with_time_zone("last_at"))
                .primary_key(Index::create().col("material_id").col("person_id").col("version"))
                .to_owned(),
            table("material_pull")
                .col(pk_uuid("id"))
                .col(string_uniq("token_hash"))
                .col(uuid("person_id"))
                .col(string("browser"))
                .col(timestamp_with_time_zone("opened_at"))
                .col(timestamp_with_time_zone("ends_at"))
                .col(timestamp_with_time_zone_null("ended_at"))
                .to_owned(),
        ];
        for table in tables {
            manager.create_table(table).await?;
        }
        for index in [
            index("agenda_item", "agenda_item_meeting", &["meeting_id"], false),
            index("material", "material_meeting", &["meeting_id"], false),
            index("material_version", "material_version_number", &["material_id", "number"], true),
            index("material_reading", "material_reading_person", &["person_id"], false),
            index("material_pull", "material_pull_person", &["person_id"], false),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
