//! Follow-up notes of journalists, with the replies of the units that they are about.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Alias::new("case_follow_up"))
            .if_not_exists()
            .col(pk_uuid("id"))
            .col(uuid("case_id"))
            .col(string("unit"))
            .col(string("state"))
            .col(big_integer("version"))
            .col(text("note_sealed"))
            .col(text_null("reply_sealed"))
            .col(text("public_note"))
            .col(text("public_reply"))
            .col(string("written_by"))
            .col(string("replied_by"))
            .col(string("decided_by"))
            .col(text("reason"))
            .col(timestamp_with_time_zone("written_at"))
            .col(timestamp_with_time_zone_null("sent_at"))
            .col(timestamp_with_time_zone_null("due_at"))
            .col(timestamp_with_time_zone_null("replied_at"))
            .col(timestamp_with_time_zone_null("decided_at"))
            .to_owned();
        manager.create_table(table).await?;
        for statement in [
            "CREATE INDEX case_follow_up_case ON case_follow_up (case_id)",
            "CREATE INDEX case_follow_up_state ON case_follow_up (state, written_at)",
            "CREATE UNIQUE INDEX case_follow_up_open ON case_follow_up (case_id, written_by) WHERE state IN ('draft', 'sent', 'replied')",
        ] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
