//! Other systems at the case database: who they are, which targets hear of events, and how far each message is.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [partner(), hook(), delivery()] {
            manager.create_table(table).await?;
        }
        for statement in [
            // Whose case it is: the cases that one system filed.
            "CREATE INDEX case_event_filed_by ON case_event (actor) WHERE version = 1",
            "CREATE UNIQUE INDEX case_delivery_once ON case_delivery (hook_id, seq)",
            "CREATE INDEX case_delivery_state ON case_delivery (hook_id, state, seq)",
        ] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

fn table(name: &str) -> TableCreateStatement {
    Table::create().table(Alias::new(name)).if_not_exists().to_owned()
}

fn partner() -> TableCreateStatement {
    table("case_partner")
        .col(pk_uuid("staff_id"))
        .col(string_uniq("username"))
        .col(string("source"))
        .col(boolean("trusted"))
        .col(string_uniq("key_hash"))
        .col(string("given_by"))
        .col(timestamp_with_time_zone("at"))
        .to_owned()
}

fn hook() -> TableCreateStatement {
    table("case_hook")
        .col(pk_uuid("id"))
        .col(uuid("staff_id"))
        .col(string("username"))
        .col(text("url"))
        .col(string("types"))
        .col(text("secret_sealed"))
        .col(text_null("old_secret_sealed"))
        .col(timestamp_with_time_zone_null("old_until"))
        .col(big_integer("after"))
        .col(boolean("active"))
        .col(string("made_by"))
        .col(timestamp_with_time_zone("at"))
        .to_owned()
}

fn delivery() -> TableCreateStatement {
    table("case_delivery")
        .col(pk_uuid("id"))
        .col(uuid("hook_id"))
        .col(big_integer("seq"))
        .col(uuid("case_id"))
        .col(text("body"))
        .col(string("state"))
        .col(integer("tries"))
        .col(timestamp_with_time_zone("next_at"))
        .col(string("outcome"))
        .col(timestamp_with_time_zone("at"))
        .col(timestamp_with_time_zone_null("done_at"))
        .to_owned()
}
