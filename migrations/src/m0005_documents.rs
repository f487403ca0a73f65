//! Uploaded documents, by the hash of their bytes, and their pages.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let document = Table::create()
            .table(Alias::new("document"))
            .if_not_exists()
            .col(string("hash").primary_key())
            .col(string("kind"))
            .col(big_integer("bytes"))
            .col(string("state"))
            .col(integer_null("pages"))
            .col(string_null("reason"))
            .col(integer("tries"))
            .col(text("fonts"))
            .col(timestamp_with_time_zone("created_at"))
            .to_owned();
        let page = Table::create()
            .table(Alias::new("document_page"))
            .if_not_exists()
            .col(string("hash"))
            .col(integer("number"))
            .col(integer("width"))
            .col(integer("height"))
            .col(text("text"))
            .primary_key(Index::create().col("hash").col("number"))
            .to_owned();
        manager.create_table(document).await?;
        manager.create_table(page).await
    }
}
