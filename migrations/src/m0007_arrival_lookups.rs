//! Events are found by what is theirs alone first: PostgreSQL has no statistics of a meeting that fills in minutes,
//! takes "this meeting" for the rarer word, and would read all of the meeting's events for each batch of arrivals.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in [
            "DROP INDEX attendance_event_op",
            "CREATE UNIQUE INDEX attendance_event_op ON attendance_event (op_id, meeting_id)",
            "DROP INDEX attendance_event_ticket",
            "CREATE INDEX attendance_event_ticket ON attendance_event (ticket) WHERE ticket IS NOT NULL",
        ] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
