//! Petitions: cases, their append-only log, texts, clocks, and who serves in which office. They may stand in a database
//! of their own, so nothing here refers to a table outside.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [file(), event(), case_text(), clock(), photo(), office(), counter()] {
            manager.create_table(table).await?;
        }
        for statement in [
            "CREATE UNIQUE INDEX case_event_version ON case_event (case_id, version)",
            "CREATE UNIQUE INDEX case_event_seq ON case_event (seq) WHERE seq IS NOT NULL",
            "CREATE INDEX case_event_unnumbered ON case_event (at) WHERE seq IS NULL",
            "CREATE UNIQUE INDEX case_event_op ON case_event (op) WHERE op IS NOT NULL",
            "CREATE INDEX case_file_lead ON case_file (lead_unit, state, next_due_at)",
            "CREATE INDEX case_file_state ON case_file (state, next_due_at)",
            "CREATE INDEX case_file_author ON case_file (author, created_at)",
            "CREATE INDEX case_file_public ON case_file (published_at) WHERE published_at IS NOT NULL",
            "CREATE INDEX case_file_created ON case_file (created_at)",
            "CREATE INDEX case_file_merged ON case_file (merged_into) WHERE merged_into IS NOT NULL",
            "CREATE INDEX case_text_case ON case_text (case_id)",
            "CREATE INDEX case_clock_case ON case_clock (case_id)",
            "CREATE INDEX case_clock_due ON case_clock (due_at) WHERE running",
            "CREATE INDEX case_photo_case ON case_photo (case_id)",
            "CREATE UNIQUE INDEX case_office_seat ON case_office (staff_id, part, unit)",
        ] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

fn table(name: &str) -> TableCreateStatement {
    Table::create().table(Alias::new(name)).if_not_exists().to_owned()
}

fn file() -> TableCreateStatement {
    table("case_file")
        .col(pk_uuid("id"))
        .col(big_integer_uniq("public_no"))
        .col(string_null("petition_no").unique_key())
        .col(string("query_hash"))
        .col(string("track"))
        .col(string("kind"))
        .col(string("state"))
        .col(big_integer("version"))
        .col(string("category"))
        .col(string_null("lead_unit"))
        .col(string("helpers"))
        .col(string_null("accused_unit"))
        .col(boolean("confidential"))
        .col(string("source"))
        .col(uuid_null("author"))
        .col(uuid_null("proxy"))
        .col(uuid_null("contact_text"))
        .col(uuid("original_text"))
        .col(uuid_null("public_text"))
        .col(text("public_title"))
        .col(text("public_body"))
        .col(text("public_answer"))
        .col(timestamp_with_time_zone_null("published_at"))
        .col(string("place"))
        .col(integer_null("latitude"))
        .col(integer_null("longitude"))
        .col(string_null("came_from"))
        .col(uuid_null("merged_into"))
        .col(boolean("appealed"))
        .col(boolean("reworked"))
        .col(boolean("reopened"))
        .col(boolean("extension_asked"))
        .col(boolean("extended"))
        .col(integer("overdue_level"))
        .col(string_null("leader"))
        .col(boolean("hot"))
        .col(string_null("answered_by"))
        .col(integer_null("office_score"))
        .col(integer_null("unit_score"))
        .col(string_null("next_clock"))
        .col(timestamp_with_time_zone_null("next_due_at"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .col(timestamp_with_time_zone_null("forwarded_at"))
        .col(timestamp_with_time_zone_null("replied_at"))
        .col(timestamp_with_time_zone_null("answered_at"))
        .col(timestamp_with_time_zone_null("closed_at"))
        .to_owned()
}

fn event() -> TableCreateStatement {
    table("case_event")
        .col(pk_uuid("id"))
        .col(big_integer_null("seq"))
        .col(uuid("case_id"))
        .col(big_integer("version"))
        .col(string("kind"))
        .col(string("actor"))
        .col(string("part"))
        .col(string("unit"))
        .col(string("from_state"))
        .col(string("to_state"))
        .col(string("reason"))
        .col(text("change"))
        .col(string_null("op"))
        .col(string("request_id"))
        .col(timestamp_with_time_zone("at"))
        .to_owned()
}

fn case_text() -> TableCreateStatement {
    table("case_text")
        .col(pk_uuid("id"))
        .col(uuid("case_id"))
        .col(string("kind"))
        .col(text("sealed"))
        .col(timestamp_with_time_zone("at"))
        .to_owned()
}

fn clock() -> TableCreateStatement {
    table("case_clock")
        .col(pk_uuid("id"))
        .col(uuid("case_id"))
        .col(string("code"))
        .col(timestamp_with_time_zone("started_at"))
        .col(integer("length"))
        .col(string("unit"))
        .col(date("due_on"))
        .col(timestamp_with_time_zone("due_at"))
        .col(boolean("provisional"))
        .col(date_null("told_on"))
        .col(boolean("running"))
        .col(timestamp_with_time_zone_null("paused_at"))
        .col(integer("used"))
        .col(timestamp_with_time_zone_null("met_at"))
        .col(timestamp_with_time_zone_null("stopped_at"))
        .to_owned()
}

fn photo() -> TableCreateStatement {
    table("case_photo")
        .col(pk_uuid("id"))
        .col(uuid("case_id"))
        .col(string("file"))
        .col(string("digest"))
        .col(boolean("published"))
        .col(timestamp_with_time_zone("at"))
        .to_owned()
}

fn office() -> TableCreateStatement {
    table("case_office")
        .col(pk_uuid("id"))
        .col(uuid("staff_id"))
        .col(string("part"))
        .col(string("unit"))
        .col(string("given_by"))
        .col(timestamp_with_time_zone("at"))
        .to_owned()
}

fn counter() -> TableCreateStatement {
    table("case_counter").col(string("name").primary_key()).col(big_integer("last")).to_owned()
}
