//! What programs were answered, by their `Idempotency-Key`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Alias::new("idempotency"))
            .if_not_exists()
            .col(uuid("staff_id"))
            .col(string("key"))
            .col(string("call_hash"))
            .col(uuid("op_id"))
            .col(integer_null("status"))
            .col(text_null("answer_sealed"))
            .col(timestamp_with_time_zone("created_at"))
            .primary_key(Index::create().col("staff_id").col("key"))
            .to_owned();
        manager.create_table(table).await?;
        let index = "CREATE INDEX idempotency_age ON idempotency (created_at)";
        manager.get_connection().execute_unprepared(index).await.map(|_| ())
    }
}
