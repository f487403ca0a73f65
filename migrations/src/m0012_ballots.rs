//! Formal votes: templates of rules, rounds, who voted, how often each option was chosen, and what was published.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [templates(), rounds()].into_iter().chain(people()).chain(published()) {
            manager.create_table(table).await?;
        }
        for statement in [
            "CREATE UNIQUE INDEX ballot_template_version ON ballot_template (key, version)",
            "CREATE UNIQUE INDEX ballot_round_number ON ballot_round (meeting_id, number)",
            "CREATE UNIQUE INDEX ballot_round_open ON ballot_round (meeting_id) WHERE state = 'open'",
            "CREATE UNIQUE INDEX ballot_round_repeat ON ballot_round (repeats) WHERE repeats IS NOT NULL",
            "CREATE UNIQUE INDEX ballot_round_runoff ON ballot_round (runoff_of) WHERE runoff_of IS NOT NULL",
            "CREATE UNIQUE INDEX ballot_revision_number ON ballot_revision (round_id, number)",
            "CREATE INDEX ballot_file_revision ON ballot_file (revision_id)",
        ] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

fn table(name: &str) -> TableCreateStatement {
    Table::create().table(Alias::new(name)).if_not_exists().to_owned()
}

fn templates() -> TableCreateStatement {
    table("ballot_template")
        .col(pk_uuid("id"))
        .col(string("key"))
        .col(integer("version"))
        .col(string("title"))
        .col(string("body"))
        .col(text("source"))
        .col(text("rules"))
        .col(string("made_by"))
        .col(timestamp_with_time_zone("at"))
        .to_owned()
}

fn rounds() -> TableCreateStatement {
    table("ballot_round")
        .col(pk_uuid("id"))
        .col(uuid("meeting_id"))
        .col(integer("number"))
        .col(string("state"))
        .col(text("question"))
        .col(text("text"))
        .col(string("template_key"))
        .col(integer("template_version"))
        .col(string("template_title"))
        .col(text("source"))
        .col(text("rules"))
        .col(text("paper"))
        .col(boolean("secret"))
        .col(string_null("text_hash"))
        .col(timestamp_with_time_zone_null("opened_at"))
        .col(timestamp_with_time_zone_null("ends_at"))
        .col(timestamp_with_time_zone_null("closed_at"))
        .col(string_null("closed_by"))
        .col(timestamp_with_time_zone_null("confirmed_at"))
        .col(timestamp_with_time_zone_null("published_at"))
        .col(text_null("quorum_open"))
        .col(text_null("quorum_close"))
        .col(text_null("result"))
        .col(string_null("digest"))
        .col(integer("attempt"))
        .col(uuid_null("repeats"))
        .col(uuid_null("runoff_of"))
        .col(text_null("manual"))
        .col(text_null("reason"))
        .col(integer("revision"))
        .col(big_integer("version"))
        .col(string("made_by"))
        .col(timestamp_with_time_zone("made_at"))
        .to_owned()
}

fn of_person(name: &str) -> TableCreateStatement {
    table(name)
        .col(uuid("round_id"))
        .col(uuid("person_id"))
        .primary_key(Index::create().col("round_id").col("person_id"))
        .to_owned()
}

fn people() -> [TableCreateStatement; 6] {
    let vote = of_person("ballot_vote")
        .col(text("marks"))
        .col(text("op_ids"))
        .col(timestamp_with_time_zone("at"))
        .to_owned();
    // Nothing but the key, so that a row tells nothing but that somebody voted.
    let receipt = of_person("ballot_receipt");
    let tally = table("ballot_tally")
        .col(uuid("round_id"))
        .col(integer("item"))
        .col(integer("option"))
        .col(big_integer("count"))
        .primary_key(Index::create().col("round_id").col("item").col("option"))
        .to_owned();
    let elector = of_person("ballot_elector")
        .col(integer("rank"))
        .col(string("name"))
        .col(string("unit"))
        .col(string("standing"))
        .to_owned();
    let recusal = of_person("ballot_recusal")
        .col(text("reason"))
        .col(string("by"))
        .col(timestamp_with_time_zone("at"))
        .to_owned();
    let scrutineer = of_person("ballot_scrutineer")
        .col(string("name"))
        .col(timestamp_with_time_zone_null("confirmed_at"))
        .to_owned();
    [vote, receipt, tally, elector, recusal, scrutineer]
}

fn published() -> [TableCreateStatement; 2] {
    let revision = table("ballot_revision")
        .col(pk_uuid("id"))
        .col(uuid("round_id"))
        .col(integer("number"))
        .col(string_uniq("digest"))
        .col(text("reason"))
        .col(string("state"))
        .col(string("made_by"))
        .col(timestamp_with_time_zone("at"))
        .to_owned();
    let file = table("ballot_file")
        .col(string("hash").primary_key())
        .col(uuid("revision_id"))
        .col(string("form"))
        .col(timestamp_with_time_zone("created_at"))
        .to_owned();
    [revision, file]
}
