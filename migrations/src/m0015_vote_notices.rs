//! Whether a meeting tells those in the room that a vote has begun.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let add = Table::alter()
            .table(Alias::new("meeting_reminder"))
            .add_column(boolean("on_vote").default(true).take())
            .to_owned();
        manager.alter_table(add).await
    }
}
