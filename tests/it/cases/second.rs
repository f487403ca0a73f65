//! Cases on a database of their own, which other systems may share.

use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;
use yishiting::base::clock::Instant;
use yishiting::cases::model::{Part, State, case_file, case_text};
use yishiting::people::follower;
use yishiting::people::model::follower as followers;
use yishiting::server;

use super::systems::program;
use crate::support::town::Town;
use crate::support::{World, program as machine};

#[tokio::test]
async fn petitions_work_whole_on_a_database_of_their_own() {
    let other = World::create().await;
    let town = Town::open_with(|options| {
        options.cases_database_url = Some(other.database_url.clone());
        options.retention_days = Some(30);
    })
    .await;
    let chen = town.citizen("chen").await;
    let case = town.answered(chen, "jsj").await;
    let none = |count: Result<u64, sea_orm::DbErr>| assert_eq!(count.unwrap(), 0, "in the main database");
    none(case_file::Entity::find().count(town.base.db.read()).await);
    none(case_text::Entity::find().count(town.base.db.read()).await);
    assert_eq!(town.state(case.id).await, State::Answered);
    // The desk and programs, whose accounts stand in the main one.
    let desk = program(&town, "zhou", &[(Part::Moderator, "")]).await;
    let list = desk.get("/api/v1/cases").await.json();
    assert_eq!(list["items"][0]["public_no"], json!(case.public_no), "{list}");
    assert_eq!(desk.get("/api/v1/cases/changes").await.json()["next"], json!(4));
    assert_eq!(town.verifies().await.cases, 1);
    // Whose case is there is not forgotten here.
    let left: Instant = town.clock.now();
    follower::unfollow(&town.base, "chen", left).await.unwrap();
    town.clock.advance(chrono::TimeDelta::days(400));
    server::forget(&town.base).await.unwrap();
    assert_eq!(followers::Entity::find().count(town.base.db.read()).await.unwrap(), 1);
    // At the machine: what was counted again, and sealed anew under another key.
    let config = &town.base.config;
    let run = |words: &[&str]| {
        let mut command = machine::command(town.app.folder(), words);
        command.env("YST_DATABASE_URL", &config.database_url).env("YST_DATA_DIR", &config.data_dir);
        command.env("YST_CASES_DATABASE_URL", &other.database_url);
        let output = command.env("YST_MASTER_KEY_FILE", &config.master_key_file).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success(), "{words:?}: {said}");
        said
    };
    assert!(run(&["verify"]).contains("已核对 1 件诉求"));
    let old = case_text::Entity::find().all(town.cases.store.db.read()).await.unwrap();
    run(&["keys", "add"]);
    run(&["keys", "reseal", "--servers-restarted"]);
    let new = case_text::Entity::find().all(town.cases.store.db.read()).await.unwrap();
    assert_eq!(new.len(), old.len());
    assert!(new.iter().zip(&old).all(|(new, old)| new.sealed != old.sealed), "sealed anew");
}
