//! Who may vote, who stepped out, and who asked for leave.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [
            ("roster_entry", boolean("votes").default(false).take()),
            ("attendance", timestamp_with_time_zone_null("left_at").take()),
        ] {
            let add = Table::alter().table(Alias::new(table)).add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        let table = Table::create()
            .table(Alias::new("leave_request"))
            .if_not_exists()
            .col(pk_uuid("id"))
            .col(uuid("meeting_id"))
            .col(uuid("person_id"))
            // Why somebody is ill is nobody's business but the organiser's: sealed.
            .col(text("reason_sealed"))
            .col(string("state"))
            .col(timestamp_with_time_zone("asked_at"))
            .col(string("asked_by"))
            .col(timestamp_with_time_zone_null("decided_at"))
            .col(string_null("decided_by"))
            .to_owned();
        manager.create_table(table).await?;
        for statement in [
            "UPDATE roster_entry SET votes = TRUE WHERE role = 'attendee'",
            "CREATE UNIQUE INDEX leave_request_person ON leave_request (meeting_id, person_id)",
        ] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
