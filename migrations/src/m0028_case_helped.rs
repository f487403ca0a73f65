//! Cases with which units help: few of all, so that the inbox of a unit finds them without reading the others.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let statement = "CREATE INDEX IF NOT EXISTS case_file_helped ON case_file (state, next_due_at) WHERE helpers <> ''";
        manager.get_connection().execute_unprepared(statement).await.map(|_| ())
    }
}
