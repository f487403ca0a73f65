//! Quick polls, and questions from the hall with up-votes. They share no table with formal votes.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [stage()].into_iter().chain(polls()).chain(questions()) {
            manager.create_table(table).await?;
        }
        for statement in [
            "CREATE UNIQUE INDEX poll_number ON poll (meeting_id, number)",
            "CREATE INDEX poll_question_meeting ON poll_question (meeting_id, state)",
        ] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

fn table(name: &str) -> TableCreateStatement {
    Table::create().table(Alias::new(name)).if_not_exists().to_owned()
}

fn stage() -> TableCreateStatement {
    table("poll_stage")
        .col(uuid("meeting_id").primary_key())
        .col(boolean("asking"))
        .col(boolean("moderated"))
        .col(uuid_null("shown_poll"))
        .col(uuid_null("shown_question"))
        .col(big_integer("version"))
        .to_owned()
}

fn polls() -> [TableCreateStatement; 4] {
    let poll = table("poll")
        .col(pk_uuid("id"))
        .col(uuid("meeting_id"))
        .col(integer("number"))
        .col(string("state"))
        .col(text("question"))
        .col(text("options"))
        .col(boolean("multiple"))
        .col(boolean("named"))
        .col(big_integer("answered"))
        .col(timestamp_with_time_zone_null("opened_at"))
        .col(timestamp_with_time_zone_null("closed_at"))
        .col(timestamp_with_time_zone_null("shown_at"))
        .col(big_integer("version"))
        .col(string("made_by"))
        .col(timestamp_with_time_zone("made_at"))
        .to_owned();
    // Nothing but the key, so that a row tells nothing but that somebody answered.
    let receipt = table("poll_receipt")
        .col(uuid("poll_id"))
        .col(uuid("person_id"))
        .primary_key(Index::create().col("poll_id").col("person_id"))
        .to_owned();
    let count = table("poll_count")
        .col(uuid("poll_id"))
        .col(integer("option"))
        .col(big_integer("count"))
        .primary_key(Index::create().col("poll_id").col("option"))
        .to_owned();
    let answer = table("poll_answer")
        .col(uuid("poll_id"))
        .col(uuid("person_id"))
        .col(string("name"))
        .col(string("unit"))
        .col(text("chosen"))
        .col(timestamp_with_time_zone("at"))
        .primary_key(Index::create().col("poll_id").col("person_id"))
        .to_owned();
    [poll, receipt, count, answer]
}

fn questions() -> [TableCreateStatement; 2] {
    let question = table("poll_question")
        .col(pk_uuid("id"))
        .col(uuid("meeting_id"))
        .col(uuid("person_id"))
        .col(string("name"))
        .col(string("unit"))
        .col(boolean("unnamed"))
        .col(text("text"))
        .col(string("state"))
        .col(big_integer("upvotes"))
        .col(timestamp_with_time_zone("asked_at"))
        .col(timestamp_with_time_zone_null("decided_at"))
        .col(string_null("decided_by"))
        .col(big_integer("version"))
        .to_owned();
    let upvote = table("poll_upvote")
        .col(uuid("question_id"))
        .col(uuid("person_id"))
        .primary_key(Index::create().col("question_id").col("person_id"))
        .to_owned();
    [question, upvote]
}
