//! Car-moving: cases and the requests that belong to them, their log, messages and links; owners, and what is counted.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [case(), request()].into_iter().chain(about_case()).chain(owners()).chain(counted());
        for table in tables {
            manager.create_table(table).await?;
        }
        for statement in [
            "CREATE UNIQUE INDEX car_case_active ON car_case (active_key) WHERE active_key IS NOT NULL",
            "CREATE INDEX car_case_plate ON car_case (plate_hash, created_at)",
            "CREATE INDEX car_case_state ON car_case (state, created_at)",
            "CREATE INDEX car_case_owner ON car_case (owner_hash) WHERE closed_at IS NULL",
            "CREATE UNIQUE INDEX car_request_open ON car_request (open_slot) WHERE open_slot IS NOT NULL",
            "CREATE INDEX car_request_case ON car_request (case_id)",
            "CREATE INDEX car_request_follower ON car_request (follower_id, at)",
            "CREATE INDEX car_request_at ON car_request (at)",
            "CREATE INDEX car_line_case ON car_line (case_id, at)",
            "CREATE INDEX car_message_case ON car_message (case_id)",
            "CREATE INDEX car_message_plate ON car_message (plate_hash, at)",
            "CREATE INDEX car_link_case ON car_link (case_id)",
            "CREATE UNIQUE INDEX car_suppression_pair ON car_suppression (plate_hash, phone_hash)",
            "CREATE INDEX car_ticket_open ON car_ticket (done_at, at)",
        ] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

fn table(name: &str) -> TableCreateStatement {
    Table::create().table(Alias::new(name)).if_not_exists().to_owned()
}

fn case() -> TableCreateStatement {
    table("car_case")
        .col(pk_uuid("id"))
        .col(text("plate_sealed"))
        .col(string("plate_hash"))
        .col(string("plate_masked"))
        .col(string("class"))
        .col(string("reason"))
        .col(text("place"))
        .col(integer_null("latitude"))
        .col(integer_null("longitude"))
        .col(string_null("active_key"))
        .col(string("state"))
        .col(string_null("held"))
        .col(boolean("urgent"))
        .col(boolean("callable"))
        .col(string_null("owner_hash"))
        .col(boolean("answered"))
        .col(string_null("reply"))
        .col(timestamp_with_time_zone_null("replied_at"))
        .col(timestamp_with_time_zone_null("eta_at"))
        .col(timestamp_with_time_zone_null("notified_at"))
        .col(timestamp_with_time_zone_null("asked_at"))
        .col(integer("reminders"))
        .col(boolean("clone"))
        .col(string_null("taken_by"))
        .col(string_null("result"))
        .col(big_integer("version"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("moved_at"))
        .col(timestamp_with_time_zone_null("closed_at"))
        .to_owned()
}

fn request() -> TableCreateStatement {
    table("car_request")
        .col(pk_uuid("id"))
        .col(string_uniq("number"))
        .col(uuid("case_id"))
        .col(uuid("event_id"))
        .col(uuid("follower_id"))
        .col(string_null("open_slot"))
        .col(string("plate_hash"))
        .col(string("state"))
        .col(string("source"))
        .col(string_null("photo"))
        .col(big_integer_null("photo_hash"))
        .col(string("network"))
        .col(integer_null("rating"))
        .col(timestamp_with_time_zone("at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .to_owned()
}

fn about_case() -> [TableCreateStatement; 4] {
    let line = table("car_line")
        .col(pk_uuid("id"))
        .col(uuid("case_id"))
        .col(string("kind"))
        .col(string("detail"))
        .col(string("actor"))
        .col(timestamp_with_time_zone("at"))
        .to_owned();
    let message = table("car_message")
        .col(pk_uuid("id"))
        .col(uuid("case_id"))
        .col(string_uniq("key"))
        .col(string("plate_hash"))
        .col(string("phone_hash"))
        .col(string("medium"))
        .col(string("state"))
        .col(uuid_null("carried_as"))
        .col(timestamp_with_time_zone("at"))
        .col(timestamp_with_time_zone("updated_at"))
        .to_owned();
    let link = table("car_link")
        .col(string("token_hash").primary_key())
        .col(uuid("case_id"))
        .col(string("phone_hash"))
        .col(boolean("whole"))
        .col(timestamp_with_time_zone("made_at"))
        .col(timestamp_with_time_zone_null("used_at"))
        .to_owned();
    let ticket = table("car_ticket")
        .col(pk_uuid("id"))
        .col(uuid("case_id"))
        .col(string("kind"))
        .col(timestamp_with_time_zone("at"))
        .col(timestamp_with_time_zone_null("done_at"))
        .col(string_null("done_by"))
        .to_owned();
    [line, message, link, ticket]
}

fn owners() -> [TableCreateStatement; 2] {
    let owner = table("car_owner")
        .col(pk_uuid("id"))
        .col(string_uniq("plate_hash"))
        .col(text("plate_sealed"))
        .col(string("phone_hash"))
        .col(text("phone_sealed"))
        .col(boolean("no_calls"))
        .col(string("source"))
        .col(timestamp_with_time_zone("updated_at"))
        .to_owned();
    let suppression = table("car_suppression")
        .col(pk_uuid("id"))
        .col(string("plate_hash"))
        .col(string("phone_hash"))
        .col(string("why"))
        .col(boolean("checked"))
        .col(timestamp_with_time_zone("at"))
        .to_owned();
    [owner, suppression]
}

fn counted() -> [TableCreateStatement; 3] {
    let count = table("car_count")
        .col(string("scope").primary_key())
        .col(big_integer("used"))
        .col(timestamp_with_time_zone("until"))
        .to_owned();
    let plate = table("car_plate")
        .col(string("plate_hash").primary_key())
        .col(timestamp_with_time_zone_null("shield_until"))
        .col(timestamp_with_time_zone("updated_at"))
        .to_owned();
    let block = table("car_block")
        .col(uuid("follower_id").primary_key())
        .col(integer("strikes"))
        .col(timestamp_with_time_zone_null("until"))
        .col(text_null("appeal_sealed"))
        .col(timestamp_with_time_zone_null("appealed_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .to_owned();
    [count, plate, block]
}
