//! Texts that units answer with again and again.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Alias::new("case_template"))
            .if_not_exists()
            .col(pk_uuid("id"))
            .col(string("unit"))
            .col(string("title"))
            .col(text("body"))
            .col(big_integer("version"))
            .col(string("changed_by"))
            .col(timestamp_with_time_zone("changed_at"))
            .to_owned();
        manager.create_table(table).await?;
        let once = "CREATE UNIQUE INDEX case_template_title ON case_template (unit, title)";
        manager.get_connection().execute_unprepared(once).await.map(|_| ())
    }
}
