//! Short messages and calls: what is to go out, what providers tell of it, and how much of a day's allowance is used.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let message = Table::create()
            .table(Alias::new("phone_message"))
            .if_not_exists()
            .col(uuid("id").primary_key())
            .col(string("reference").unique_key())
            .col(string("key").unique_key())
            .col(string("purpose"))
            .col(string("medium"))
            .col(text("number_sealed"))
            .col(string("number_hash"))
            .col(text("words_sealed"))
            .col(boolean("urgent"))
            .col(string("state"))
            .col(string_null("provider"))
            .col(string_null("provider_id"))
            .col(string("refused_by"))
            .col(string_null("reason"))
            .col(integer("tries"))
            .col(timestamp_with_time_zone_null("not_after"))
            .col(timestamp_with_time_zone_null("claimed_at"))
            .col(timestamp_with_time_zone_null("accepted_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .col(timestamp_with_time_zone("created_at"))
            .to_owned();
        let receipt = Table::create()
            .table(Alias::new("phone_receipt"))
            .if_not_exists()
            .col(uuid("id").primary_key())
            .col(string("provider"))
            .col(string("provider_id"))
            .col(string("kind"))
            .col(string("mark"))
            .col(string_null("reference"))
            .col(string_null("detail"))
            .col(big_integer_null("seconds"))
            .col(string_null("number_hash"))
            .col(text_null("text_sealed"))
            .col(timestamp_with_time_zone_null("told_at"))
            .col(uuid_null("message_id"))
            .col(timestamp_with_time_zone("received_at"))
            .col(timestamp_with_time_zone_null("done_at"))
            .to_owned();
        let budget = Table::create()
            .table(Alias::new("phone_budget"))
            .if_not_exists()
            .col(string("scope").primary_key())
            .col(big_integer("used"))
            .col(timestamp_with_time_zone("updated_at"))
            .to_owned();
        for table in [message, receipt, budget] {
            manager.create_table(table).await?;
        }
        for statement in [
            "CREATE UNIQUE INDEX phone_message_provider ON phone_message (provider, provider_id) WHERE provider_id IS NOT NULL",
            "CREATE INDEX phone_message_number ON phone_message (number_hash, medium, claimed_at)",
            "CREATE INDEX phone_message_state ON phone_message (state, updated_at)",
            "CREATE UNIQUE INDEX phone_receipt_once ON phone_receipt (provider, provider_id, kind, mark)",
            "CREATE INDEX phone_receipt_open ON phone_receipt (received_at) WHERE done_at IS NULL",
        ] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
