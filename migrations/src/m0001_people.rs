//! Followers, persons, who is whom, staff, sessions, the audit log, and jobs.

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
            table("follower")
                .col(pk_uuid("id"))
                .col(string_uniq("openid"))
                .col(boolean("subscribed"))
                .col(timestamp_with_time_zone_null("subscribed_at"))
                .col(timestamp_with_time_zone_null("unsubscribed_at"))
                .col(timestamp_with_time_zone("created_at"))
                .to_owned(),
            table("person")
                .col(pk_uuid("id"))
                .col(string("name"))
                .col(string("name_key"))
                .col(string("unit"))
                .col(string("phone_sealed"))
                .col(string("phone_hash"))
                .col(timestamp_with_time_zone("created_at"))
                .col(timestamp_with_time_zone("updated_at"))
                .to_owned(),
            table("identity")
                .col(pk_uuid("id"))
                .col(uuid("follower_id"))
                .col(uuid("person_id"))
                .col(timestamp_with_time_zone("bound_at"))
                .col(timestamp_with_time_zone_null("ended_at"))
                .col(string_null("end_reason"))
                .to_owned(),
            table("staff")
                .col(pk_uuid("id"))
                .col(string_uniq("username"))
                .col(string("name"))
                .col(string("role"))
                .col(string("password_hash"))
                .col(timestamp_with_time_zone_null("disabled_at"))
                .col(timestamp_with_time_zone("created_at"))
                .to_owned(),
            table("session")
                .col(string("token_hash").primary_key())
                .col(string("kind"))
                .col(uuid("principal_id"))
                .col(string("csrf"))
                .col(string("client"))
                .col(timestamp_with_time_zone("created_at"))
                .col(timestamp_with_time_zone("expires_at"))
                .to_owned(),
            table("audit")
                .col(pk_uuid("id"))
                .col(timestamp_with_time_zone("at"))
                .col(string("actor"))
                .col(string("action"))
                .col(string("target"))
                .col(text("detail"))
                .to_owned(),
            table("job")
                .col(pk_uuid("id"))
                .col(string("kind"))
                .col(text("payload"))
                .col(string_null("dedup_key"))
                .col(timestamp_with_time_zone("run_at"))
                .col(timestamp_with_time_zone_null("locked_until"))
                .col(integer("attempts"))
                .col(text_null("last_error"))
                .col(timestamp_with_time_zone_null("failed_at"))
                .col(timestamp_with_time_zone("created_at"))
                .to_owned(),
        ];
        for table in tables {
            manager.create_table(table).await?;
        }
        let connection = manager.get_connection();
        for index in [
            "CREATE UNIQUE INDEX person_phone_name ON person (phone_hash, name_key)",
            // One living tie per WeChat user and per person; ended ties stay as history.
            "CREATE UNIQUE INDEX identity_follower ON identity (follower_id) WHERE ended_at IS NULL",
            "CREATE UNIQUE INDEX identity_person ON identity (person_id) WHERE ended_at IS NULL",
            "CREATE INDEX session_principal ON session (principal_id)",
            "CREATE INDEX session_expiry ON session (expires_at)",
            "CREATE INDEX audit_target ON audit (target, at)",
            "CREATE INDEX audit_time ON audit (at, id)",
            "CREATE INDEX job_due ON job (run_at) WHERE failed_at IS NULL",
            "CREATE UNIQUE INDEX job_dedup ON job (dedup_key) WHERE dedup_key IS NOT NULL",
        ] {
            connection.execute_unprepared(index).await?;
        }
        Ok(())
    }
}
