//! Notices: who may be sent which, what was sent to whom, and when a meeting reminds by itself.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let right = Table::create()
            .table(Alias::new("notice_right"))
            .if_not_exists()
            .col(uuid("follower_id"))
            .col(string("template_id"))
            .col(big_integer("remaining"))
            .col(boolean("long_term"))
            .col(timestamp_with_time_zone_null("refused_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .primary_key(Index::create().col("follower_id").col("template_id"))
            .to_owned();
        let heard = Table::create()
            .table(Alias::new("notice_heard"))
            .if_not_exists()
            .col(uuid("op_id").primary_key())
            .col(timestamp_with_time_zone("at"))
            .to_owned();
        let batch = Table::create()
            .table(Alias::new("notice_batch"))
            .if_not_exists()
            .col(uuid("id").primary_key())
            .col(string("key").unique_key())
            .col(string("source"))
            .col(uuid("subject"))
            .col(string("kind"))
            .col(boolean("urgent"))
            .col(string("actor"))
            .col(timestamp_with_time_zone("not_before"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone_null("finished_at"))
            .to_owned();
        let notice = Table::create()
            .table(Alias::new("notice"))
            .if_not_exists()
            .col(uuid("id").primary_key())
            .col(uuid("batch_id"))
            .col(uuid("person_id"))
            .col(uuid_null("follower_id"))
            .col(string("state"))
            .col(string_null("channel"))
            .col(string_null("template_id"))
            .col(string_null("message_id"))
            .col(string_null("reason"))
            .col(integer("attempts"))
            .col(boolean("unsure"))
            .col(timestamp_with_time_zone("due_at"))
            .col(timestamp_with_time_zone_null("claimed_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .col(timestamp_with_time_zone_null("called_at"))
            .col(string_null("called_by"))
            .col(timestamp_with_time_zone("created_at"))
            .to_owned();
        let pace = Table::create()
            .table(Alias::new("notice_pace"))
            .if_not_exists()
            .col(uuid("subject"))
            .col(uuid("person_id"))
            .col(timestamp_with_time_zone("at"))
            .primary_key(Index::create().col("subject").col("person_id"))
            .to_owned();
        let plan = Table::create()
            .table(Alias::new("meeting_reminder"))
            .if_not_exists()
            .col(uuid("meeting_id").primary_key())
            .col(boolean("day_before"))
            .col(boolean("hour_before"))
            .col(boolean("after_start"))
            .col(boolean("on_change"))
            .col(timestamp_with_time_zone("updated_at"))
            .to_owned();
        for table in [right, heard, batch, notice, pace, plan] {
            manager.create_table(table).await?;
        }
        for statement in [
            "CREATE INDEX notice_batch_subject ON notice_batch (subject, created_at)",
            "CREATE UNIQUE INDEX notice_person ON notice (batch_id, person_id)",
            "CREATE INDEX notice_state ON notice (batch_id, state, due_at)",
            "CREATE INDEX notice_message ON notice (message_id) WHERE message_id IS NOT NULL",
            "CREATE INDEX notice_follower ON notice (follower_id, state) WHERE follower_id IS NOT NULL",
        ] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
