//! What lateness brings: reminders, papers to units that are late, and years of the calendar that were published while
//! the program runs.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [reminder(), paper(), year()] {
            manager.create_table(table).await?;
        }
        for statement in [
            "CREATE INDEX case_reminder_case ON case_reminder (case_id)",
            "CREATE UNIQUE INDEX case_paper_once ON case_paper (once)",
            "CREATE UNIQUE INDEX case_paper_number ON case_paper (number) WHERE number IS NOT NULL",
            "CREATE INDEX case_paper_case ON case_paper (case_id)",
            "CREATE INDEX case_paper_state ON case_paper (state, drafted_at)",
            "CREATE INDEX case_paper_month ON case_paper (month, unit) WHERE month IS NOT NULL",
            "CREATE INDEX case_paper_clock ON case_paper (answer_clock) WHERE answer_clock IS NOT NULL",
            "CREATE INDEX case_clock_missed ON case_clock (code, due_at)",
        ] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

fn table(name: &str) -> TableCreateStatement {
    Table::create().table(Alias::new(name)).if_not_exists().to_owned()
}

fn reminder() -> TableCreateStatement {
    table("case_reminder")
        .col(string("once").primary_key())
        .col(uuid("clock_id"))
        .col(uuid("case_id"))
        .col(string("mark"))
        .col(string("part"))
        .col(string("unit"))
        .col(boolean("told"))
        .col(timestamp_with_time_zone("at"))
        .to_owned()
}

fn paper() -> TableCreateStatement {
    table("case_paper")
        .col(pk_uuid("id"))
        .col(uuid("case_id"))
        .col(integer("level"))
        .col(string("once"))
        .col(string("unit"))
        .col(uuid("clock_id"))
        .col(string("state"))
        .col(string_null("number"))
        .col(text("content_sealed"))
        .col(string_null("digest"))
        .col(timestamp_with_time_zone("drafted_at"))
        .col(timestamp_with_time_zone_null("decided_at"))
        .col(string("decided_by"))
        .col(text("reason"))
        .col(uuid_null("answer_clock"))
        .col(timestamp_with_time_zone_null("replied_at"))
        .col(uuid_null("reply_text"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .col(string("revoked_by"))
        .col(text("revoke_reason"))
        .col(string_null("month"))
        .col(integer("points"))
        .to_owned()
}

fn year() -> TableCreateStatement {
    table("work_year")
        .col(integer("year").primary_key())
        .col(text("content"))
        .col(string("published_by"))
        .col(timestamp_with_time_zone("published_at"))
        .col(big_integer("total"))
        .col(big_integer("done"))
        .col(big_integer("moved"))
        .col(uuid_null("cursor"))
        .col(timestamp_with_time_zone_null("finished_at"))
        .to_owned()
}
