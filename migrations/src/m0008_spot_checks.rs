//! Whom the system drew from those who are present, and whether they were seen.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Alias::new("spot_check"))
            .if_not_exists()
            .col(pk_uuid("id"))
            .col(uuid("meeting_id"))
            .col(uuid("person_id"))
            .col(uuid("draw_id"))
            .col(timestamp_with_time_zone("drawn_at"))
            .col(string("finding"))
            .col(timestamp_with_time_zone_null("found_at"))
            .col(string_null("found_by"))
            .to_owned();
        manager.create_table(table).await?;
        // Nobody is drawn twice: who was seen need not be looked for again.
        let index = "CREATE UNIQUE INDEX spot_check_person ON spot_check (meeting_id, person_id)";
        manager.get_connection().execute_unprepared(index).await.map(|_| ())
    }
}
