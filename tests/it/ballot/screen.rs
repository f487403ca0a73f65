//! Votes on the hall's screen.

use chrono::TimeDelta;
use reqwest::StatusCode;
use serde_json::Value;
use yishiting::ballot::rules::{Display, Rules};
use yishiting::ballot::{confirm, publish};
use yishiting::meeting::edit;

use crate::support::chamber::{Chamber, election, motion, secret};

async fn address(chamber: &Chamber) -> String {
    format!("/screen/{}/ballot", chamber.hall.meeting().await.screen_key)
}

/// What the wall shows now, once it is in this mode.
async fn shows(chamber: &Chamber, mode: &str) -> Value {
    let wall = chamber.hall.app.browser();
    let path = format!("{}/snapshot", address(chamber).await);
    loop {
        let seen = wall.get(&path).await.json()["ballot"].clone();
        if seen["mode"] == mode {
            return seen;
        }
    }
}

#[tokio::test]
async fn the_screen_turns_to_the_vote_counts_who_voted_and_shows_the_result() {
    let chamber = Chamber::of(4).await;
    let wall = chamber.hall.app.browser();
    let mut live = wall.listen(&format!("{}/stream", address(&chamber).await)).await;
    assert_eq!(live.next("ballot").await["mode"], "none");
    let id = chamber.opened(Rules { seconds: Some(120), ..motion() }).await;
    let seen = live.until("ballot", |seen| seen["mode"] == "open").await;
    assert_eq!((&seen["voted"], &seen["expected"]), (&0.into(), &4.into()));
    assert!(seen["question"].as_str().unwrap().contains("年度预算") && seen["ends_at"].is_i64());
    assert_eq!(seen["options"], serde_json::json!(["赞成", "反对", "弃权"]));
    chamber.all_vote(id, 0..3, "yes").await;
    let seen = live.until("ballot", |seen| seen["voted"] == 3).await;
    assert_eq!((&seen["bars"], &seen["result"]), (&serde_json::json!([]), &Value::Null));
    // Who leaves is expected no more.
    chamber.steps(3, true).await;
    live.until("ballot", |seen| seen["expected"] == 3).await;
    chamber.close(id).await;
    let seen = live.until("ballot", |seen| seen["mode"] == "result").await;
    assert_eq!((&seen["result"]["outcome"], &seen["result"]["tone"]), (&"通过".into(), &"good".into()));
    assert_eq!(seen["result"]["sentence"], "2 × 3 > 4，通过");
    assert_eq!(seen["result"]["items"][0]["bars"][0]["count"], 3);
    // After a while the wall is free again.
    chamber.hall.clock.advance(TimeDelta::minutes(11));
    live.until("ballot", |seen| seen["mode"] == "none").await;
}

#[tokio::test]
async fn the_screen_never_shows_a_part_of_a_secret_or_withheld_result() {
    let chamber = Chamber::of(5).await;
    let rules = Rules { display: Display::AfterPublish, ..secret() };
    let id = chamber.opened(rules).await;
    chamber.all_vote(id, 0..4, "yes").await;
    let seen = shows(&chamber, "open").await;
    assert!(!seen.to_string().contains("代表") && seen["bars"] == serde_json::json!([]), "{seen}");
    chamber.close(id).await;
    let seen = shows(&chamber, "closed").await;
    assert!(seen["result"].is_null() && !seen.to_string().contains("2 ×"), "{seen}");
    confirm::confirm_at_desk(&chamber.base, id, "chen").await.unwrap();
    // However long it took until then.
    chamber.hall.clock.advance(TimeDelta::minutes(30));
    publish::publish(&chamber.base, id, "chen").await.unwrap();
    assert_eq!(shows(&chamber, "result").await["result"]["sentence"], "2 × 4 > 5，通过");
}

#[tokio::test]
async fn a_named_vote_shows_its_counts_at_once_only_where_the_rules_say_so() {
    let chamber = Chamber::of(3).await;
    let id = chamber.opened(Rules { display: Display::Immediate, advisory: true, ..motion() }).await;
    chamber.all_vote(id, 0..2, "no").await;
    let mut seen = shows(&chamber, "open").await;
    while seen["voted"] != 2 {
        seen = shows(&chamber, "open").await;
    }
    assert_eq!((&seen["bars"][1]["label"], &seen["bars"][1]["count"]), (&"反对".into(), &2.into()));
    assert!(seen["labels"][0].as_str().unwrap().contains("咨询性"), "{seen}");
}

#[tokio::test]
async fn an_election_shows_its_candidates_and_then_who_is_elected() {
    let chamber = Chamber::of(4).await;
    let id = chamber.elects(election(), &["江一帆", "林建华", "陈晓燕"], 1).await;
    let seen = shows(&chamber, "open").await;
    assert_eq!((&seen["candidates"][2]["label"], &seen["seats"]), (&"陈晓燕".into(), &1.into()));
    for n in 0..4 {
        chamber.elects_these(id, n, &[1]).await;
    }
    chamber.close(id).await;
    let seen = shows(&chamber, "result").await;
    let first = &seen["result"]["items"][0];
    assert_eq!((&first["label"], &first["mark"]), (&"林建华".into(), &"当选".into()));
}

#[tokio::test]
async fn a_key_that_serves_no_more_ends_the_stream() {
    let chamber = Chamber::of(3).await;
    let wall = chamber.hall.app.browser();
    let path = address(&chamber).await;
    let mut live = wall.listen(&format!("{path}/stream")).await;
    live.next("ballot").await;
    edit::renew_screen(&chamber.base, chamber.hall.id, "chen").await.unwrap();
    chamber.hall.clock.advance(TimeDelta::seconds(6));
    live.end().await;
    assert_eq!(wall.get(&format!("{path}/snapshot")).await.status, StatusCode::NOT_FOUND);
}
