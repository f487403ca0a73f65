//! Where venues are, and whether people signed in there. Coordinates of people are never stored.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            ("meeting", string("location").default("off").to_owned()),
            ("meeting", integer_null("latitude")),
            ("meeting", integer_null("longitude")),
            ("meeting", integer_null("radius")),
            ("attendance_event", string_null("place")),
            ("attendance", string_null("place")),
        ];
        for (table, column) in columns {
            let add = Table::alter().table(Alias::new(table)).add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        Ok(())
    }
}
