//! The process killed, the database gone, a row that does not agree with its log, and what is malformed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::StreamExt;
use reqwest::StatusCode;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use yishiting::base::Base;
use yishiting::base::clock::Clock;
use yishiting::base::error::Coded;
use yishiting::cases::model::{Part, case_event, case_file, case_partner};
use yishiting::cases::submit::submit;
use yishiting::cases::{Cases, feed, photo, verify};
use yishiting::notify::phone::model::message;
use yishiting::notify::phone::outbox;
use yishiting::people::session;

use super::hooks::{self, Receiver};
use super::systems::{dark_street, system};
use crate::support::program;
use crate::support::town::{Town, citizen};

/// What a channel sends for the `n`th of its people, who left a number.
fn filing(n: usize) -> Value {
    let mut body = dark_street(&format!("A-{n}"));
    body["contact"] = json!(format!("陈晓燕 1381234{n:04}"));
    body
}

#[tokio::test]
async fn a_server_that_is_killed_while_people_file_loses_no_case_and_tells_of_each_once() {
    const PEOPLE: usize = 40;
    let mut receiver = Receiver::open().await;
    let town = hooks::town(&[&receiver.url]).await;
    // The other process lives by the real clock, and so do the sessions.
    town.clock.set(Clock::System.now());
    let (hotline, _) = system(&town, "hotline", "hotline", true).await;
    let account = case_partner::Entity::find().one(town.base.db.read()).await.unwrap().unwrap();
    let token = session::open(&town.base, session::Kind::Api, account.staff_id, "test").await.unwrap().token;
    let (hook, _) = hooks::target(&town, "oa", &[(Part::Moderator, "")], &receiver.url).await;
    let folder = town.app.folder().display().to_string();
    let (process, site) = program::serve(&town.app, &[("YST_CONFIG_DIR", folder)]);
    let http = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    let mut answers = futures_util::stream::iter(0..PEOPLE)
        .map(|n| {
            let sent = http.post(format!("{site}/api/v1/cases")).bearer_auth(&token).json(&filing(n));
            async move {
                let answer = sent.send().await.ok()?;
                let status = answer.status();
                let body: Value = answer.json().await.ok()?;
                assert!(status.is_success(), "{status} {body}");
                Some((n, body["public_no"].as_i64().unwrap()))
            }
        })
        .buffer_unordered(4);
    let mut acknowledged = BTreeMap::new();
    while acknowledged.len() < PEOPLE / 2 {
        acknowledged.extend(answers.next().await.unwrap());
    }
    // Some were told of already.
    let mut heard = vec![receiver.heard.recv().await.unwrap()];
    // SIGKILL, while some file and some are told.
    drop(process);
    while let Some(answer) = answers.next().await {
        acknowledged.extend(answer);
    }
    assert!(acknowledged.len() < PEOPLE, "nobody was on their way any more");

    // Everybody files again, at the other process: who was acknowledged gets the same number.
    let mut numbers = BTreeSet::new();
    for n in 0..PEOPLE {
        let answer = hotline.post_json("/api/v1/cases", &filing(n)).await;
        let number = answer.json()["public_no"].as_i64().unwrap_or_else(|| panic!("{}", answer.text));
        assert!(acknowledged.get(&n).is_none_or(|known| *known == number));
        numbers.insert(number);
    }
    let db = town.base.db.read();
    assert_eq!((numbers.len(), case_file::Entity::find().count(db).await.unwrap()), (PEOPLE, PEOPLE as u64));
    town.verifies().await;

    let mut told = Vec::new();
    for row in message::Entity::find().all(db).await.unwrap() {
        told.push(outbox::words(&town.base, row.id).await.unwrap()[0].1.parse::<i64>().unwrap());
    }
    told.sort_unstable();
    assert!(told.iter().eq(&numbers), "each got its number by one message: {told:?}");

    // The lock of who was killed ends by itself.
    let unnumbered = || case_event::Entity::find().filter(case_event::Column::Seq.is_null()).count(db);
    while unnumbered().await.unwrap() > 0 {
        feed::number(&town.cases).await.unwrap();
    }
    let events = case_event::Entity::find().order_by_asc(case_event::Column::Seq).all(db).await.unwrap();
    assert!(events.iter().filter_map(|event| event.seq).eq(1..=PEOPLE as i64));
    // What was on its way is sent again; what was planned waits for the other's clock.
    town.clock.set(Clock::System.now());
    for _ in 0..4 {
        town.clock.advance(TimeDelta::hours(1));
        hooks::step(&town, hook).await;
        heard.extend(receiver.all());
    }
    let mut ids: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    for one in heard {
        ids.entry(one.json()["seq"].as_i64().unwrap()).or_default().insert(one.id);
    }
    assert!(ids.keys().copied().eq(1..=PEOPLE as i64), "{ids:?}");
    assert!(ids.values().all(|ids| ids.len() == 1), "a receiver knows a repeat by its id: {ids:?}");
}

#[tokio::test]
async fn while_the_database_is_away_pages_and_programs_are_told_so_and_afterwards_nothing_is_lost() {
    let town = Town::open().await;
    let (web, _) = system(&town, "web", "web", false).await;
    let chen = town.citizen("chen").await;
    let filing = town.filing(chen);
    let before = web.post_json("/api/v1/cases", &dark_street("A-1")).await.json();
    town.app.lose_database().await;
    for again in ["A-1", "A-2"] {
        let answer = web.post_json("/api/v1/cases", &dark_street(again)).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.json()["code"], "unavailable");
    }
    let page = town.app.browser().get("/cases?q=路灯").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text.contains("系统正忙") && !page.text.contains("sqlx"), "{}", page.text);
    assert_eq!(town.try_file(filing.clone()).await.unwrap_err().code(), "unavailable");
    // It comes back, with another process.
    let base = Base::open((*town.base.config).clone(), town.clock.clone()).await.unwrap();
    let cases = Cases::start(base.clone()).await.unwrap();
    let author = citizen(chen, Part::Citizen);
    let first = submit(&cases, &author, filing.clone()).await.unwrap();
    assert_eq!(submit(&cases, &author, filing).await.unwrap(), first);
    let verdict = verify::verify(&cases, |_| {}).await.unwrap();
    assert_eq!((verdict.cases, verdict.differences), (2, Vec::new()));
    let kept = case_file::Entity::find().order_by_asc(case_file::Column::PublicNo).one(base.db.read()).await;
    assert_eq!(json!(kept.unwrap().unwrap().public_no), before["public_no"]);
}

#[tokio::test]
async fn without_the_database_a_case_is_refused_and_may_be_sent_again() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let filing = town.filing(chen);
    town.app.lose_database().await;
    assert_eq!(town.try_file(filing).await.unwrap_err().code(), "unavailable");
}

#[tokio::test]
async fn a_row_that_somebody_changed_by_hand_is_found() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.forwarded(chen, "jsj").await;
    case_file::Entity::update_many()
        .col_expr(case_file::Column::LeadUnit, Expr::value("jtj"))
        .filter(case_file::Column::Id.eq(case.id))
        .exec(town.base.db.read())
        .await
        .unwrap();
    let verdict = verify::verify(&town.cases, |_| {}).await.unwrap();
    assert_eq!(verdict.differences.len(), 1);
    assert!(verdict.differences[0].starts_with(&case.public_no.to_string()), "{:?}", verdict.differences);
}

#[tokio::test]
async fn what_is_empty_too_long_or_elsewhere_is_said_by_field() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let base = town.filing(chen);
    let long = "诉".repeat(4001);
    for (filing, field) in [
        (
            {
                let mut it = base.clone();
                it.title = String::new();
                it
            },
            "title",
        ),
        (
            {
                let mut it = base.clone();
                it.title = "灯\n灯".to_string();
                it
            },
            "title",
        ),
        (
            {
                let mut it = base.clone();
                it.body = long;
                it
            },
            "body",
        ),
        (
            {
                let mut it = base.clone();
                it.category = "nothing".to_string();
                it
            },
            "category",
        ),
        (
            {
                let mut it = base.clone();
                it.spot = Some((39.9, 116.4));
                it
            },
            "place",
        ),
        (
            {
                let mut it = base.clone();
                it.accused_unit = Some("nobody".to_string());
                it
            },
            "accused_unit",
        ),
    ] {
        let error = town.try_file(filing).await.unwrap_err();
        assert_eq!(error.field(), Some(field));
    }
    let mut whole = base;
    whole.body = "诉".repeat(4000);
    town.try_file(whole).await.unwrap();
}

#[tokio::test]
async fn a_photo_that_is_none_is_refused() {
    let town = Town::open().await;
    for bytes in [Vec::new(), b"<script>alert(1)</script>".to_vec(), vec![0xff, 0xd8, 0xff, 0xe0, 0, 0]] {
        assert_eq!(photo::keep(&town.cases, bytes).await.unwrap_err().code(), "case_photo");
    }
}
