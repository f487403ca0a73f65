//! Searching what is public in petitions: single signs and pairs of signs, in a plain table that every database reads
//! alike, and the text that they were cut from.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let text = Table::create()
            .table(Alias::new("case_search"))
            .if_not_exists()
            .col(big_integer("no").primary_key())
            .col(text("folded"))
            .to_owned();
        manager.create_table(text).await?;
        // SQLite would keep the table beside its key; without row ids the key is the table.
        let of_key = match manager.get_database_backend() {
            DbBackend::Sqlite => " WITHOUT ROWID",
            _ => "",
        };
        let grams = format!(
            "CREATE TABLE case_gram (gram text NOT NULL, no bigint NOT NULL, PRIMARY KEY (gram, no)){of_key}"
        );
        for statement in [
            grams.as_str(),
            "CREATE INDEX case_gram_no ON case_gram (no)",
            "CREATE INDEX case_file_shown ON case_file (public_no) WHERE published_at IS NOT NULL",
            "CREATE INDEX case_file_shown_unit ON case_file (lead_unit, public_no) WHERE published_at IS NOT NULL",
            "CREATE INDEX case_file_shown_category ON case_file (category, public_no) WHERE published_at IS NOT NULL",
        ] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
