//! What organisers choose for a meeting: names on the big screen, and signing in for colleagues.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["mask_names", "helpers"] {
            let column = Table::alter()
                .table(Alias::new("meeting"))
                .add_column(boolean(column).default(false))
                .to_owned();
            manager.alter_table(column).await?;
        }
        Ok(())
    }
}
