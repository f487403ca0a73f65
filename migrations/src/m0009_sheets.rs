//! 签到表: numbered revisions with their digests, the files that were made of each, and the columns that each member
//! of staff chose.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let revision = Table::create()
            .table(Alias::new("sheet_revision"))
            .if_not_exists()
            .col(pk_uuid("id"))
            .col(uuid("meeting_id"))
            .col(integer("number"))
            .col(string_uniq("digest"))
            .col(string("facts"))
            .col(big_integer("version"))
            .col(string("created_by"))
            .col(timestamp_with_time_zone("created_at"))
            .to_owned();
        let file = Table::create()
            .table(Alias::new("sheet_file"))
            .if_not_exists()
            .col(string("hash").primary_key())
            .col(uuid("revision_id"))
            .col(string("form"))
            .col(timestamp_with_time_zone("created_at"))
            .to_owned();
        let choice = Table::create()
            .table(Alias::new("sheet_choice"))
            .if_not_exists()
            .col(pk_uuid("staff_id"))
            .col(string("columns"))
            .to_owned();
        for table in [revision, file, choice] {
            manager.create_table(table).await?;
        }
        let numbered = Index::create()
            .name("sheet_revision_number")
            .table(Alias::new("sheet_revision"))
            .col("meeting_id")
            .col("number")
            .unique()
            .to_owned();
        manager.create_index(numbered).await?;
        let of_revision = Index::create()
            .name("sheet_file_revision")
            .table(Alias::new("sheet_file"))
            .col("revision_id")
            .to_owned();
        manager.create_index(of_revision).await
    }
}
