//! Meetings, rosters, the append-only attendance log and the attendance derived from it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

fn table(name: &'static str) -> TableCreateStatement {
    Table::create().table(Alias::new(name)).if_not_exists().to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            table("meeting")
                .col(pk_uuid("id"))
                .col(string_uniq("code"))
                .col(string("title"))
                .col(text("summary"))
                .col(string("place"))
                .col(timestamp_with_time_zone("starts_at"))
                .col(timestamp_with_time_zone("ends_at"))
                .col(timestamp_with_time_zone("opens_at"))
                .col(timestamp_with_time_zone("closes_at"))
                .col(string("policy"))
                .col(string("code_kind"))
                .col(string("state"))
                .col(string_uniq("screen_key"))
                .col(string_null("scene_ticket"))
                .col(string_null("scene_url"))
                .col(timestamp_with_time_zone_null("scene_expires_at"))
                .col(big_integer("version"))
                .col(big_integer("last_position"))
                .col(uuid("created_by"))
                .col(timestamp_with_time_zone("created_at"))
                .col(timestamp_with_time_zone("updated_at"))
                .to_owned(),
            table("roster_entry")
                .col(pk_uuid("id"))
                .col(uuid("meeting_id"))
                .col(uuid("person_id"))
                .col(string("name"))
                .col(string("unit"))
                .col(string("role"))
                .col(string_null("seat"))
                .col(integer("rank"))
                .col(string("status"))
                .col(timestamp_with_time_zone("created_at"))
                .to_owned(),
            table("attendance_event")
                .col(pk_uuid("id"))
                .col(uuid("meeting_id"))
                .col(uuid("person_id"))
                .col(string("kind"))
                .col(string("op_id"))
                .col(string("body_hash"))
                .col(string("source"))
                .col(string("actor"))
                .col(timestamp_with_time_zone("scanned_at"))
                .col(timestamp_with_time_zone("at"))
                .col(big_integer_null("position"))
                .col(string("name"))
                .col(string("unit"))
                .col(string_null("ticket"))
                .col(string_null("reason"))
                .col(uuid_null("undoes"))
                .col(big_integer("version"))
                .to_owned(),
            table("attendance")
                .col(uuid("meeting_id"))
                .col(uuid("person_id"))
                .col(string("status"))
                .col(big_integer("position"))
                .col(timestamp_with_time_zone("at"))
                .col(string("source"))
                .col(uuid("event_id"))
                .col(string("name"))
                .col(string("unit"))
                .primary_key(Index::create().col("meeting_id").col("person_id"))
                .to_owned(),
            table("meeting_request")
                .col(pk_uuid("id"))
                .col(uuid("meeting_id"))
                .col(uuid("follower_id"))
                .col(uuid_null("person_id"))
                .col(string("kind"))
                .col(string("name"))
                .col(string("unit"))
                .col(string("phone_sealed"))
                .col(string("phone_hash"))
                .col(string("status"))
                .col(timestamp_with_time_zone("at"))
                .col(timestamp_with_time_zone_null("decided_at"))
                .col(string_null("decided_by"))
                .to_owned(),
        ];
        for table in tables {
            manager.create_table(table).await?;
        }
        let connection = manager.get_connection();
        for index in [
            "CREATE INDEX meeting_start ON meeting (starts_at)",
            "CREATE UNIQUE INDEX roster_person ON roster_entry (meeting_id, person_id)",
            "CREATE INDEX roster_person_meetings ON roster_entry (person_id)",
            "CREATE UNIQUE INDEX attendance_event_op ON attendance_event (meeting_id, op_id)",
            "CREATE INDEX attendance_event_person ON attendance_event (meeting_id, person_id)",
            "CREATE UNIQUE INDEX attendance_event_order ON attendance_event (meeting_id, version)",
            "CREATE INDEX attendance_event_ticket ON attendance_event (meeting_id, ticket) WHERE ticket IS NOT NULL",
            "CREATE UNIQUE INDEX attendance_position ON attendance (meeting_id, position)",
            "CREATE INDEX attendance_person ON attendance (person_id)",
            "CREATE UNIQUE INDEX meeting_request_open ON meeting_request (meeting_id, follower_id, kind) WHERE status = 'pending'",
        ] {
            connection.execute_unprepared(index).await?;
        }
        Ok(())
    }
}
