//! Calls to authors who were not content, or said nothing: how often nobody was reached.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tries = Table::alter()
            .table(Alias::new("case_file"))
            .add_column(integer("call_tries").default(0))
            .to_owned();
        manager.alter_table(tries).await
    }
}
