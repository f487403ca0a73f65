//! When each person scanned: who finished the form after the start, but scanned before it, is on time.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Null in rows of the version before, which may still serve while replicas are replaced.
        let column = Table::alter()
            .table(Alias::new("attendance"))
            .add_column(timestamp_with_time_zone_null("scanned_at"))
            .to_owned();
        manager.alter_table(column).await?;
        let fill = "UPDATE attendance SET scanned_at = \
            (SELECT scanned_at FROM attendance_event WHERE attendance_event.id = attendance.event_id)";
        manager.get_connection().execute_unprepared(fill).await.map(|_| ())
    }
}
