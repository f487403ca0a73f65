//! Topic channels: named choices of public cases.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Alias::new("case_channel"))
            .if_not_exists()
            .col(pk_uuid("id"))
            .col(string("slug").unique_key())
            .col(string("title"))
            .col(text("intro"))
            .col(text("categories"))
            .col(text("units"))
            .col(string("words"))
            .col(text("numbers"))
            .col(boolean("shown"))
            .col(big_integer("version"))
            .col(string("changed_by"))
            .col(timestamp_with_time_zone("changed_at"))
            .to_owned();
        manager.create_table(table).await
    }
}
