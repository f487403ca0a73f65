//! The database goes, the process dies: what was acknowledged is there, and nothing else was said to be.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QuerySelect, Statement};
use serde_json::{Value, json};
use yishiting::base::Base;
use yishiting::base::clock::Clock;
use yishiting::meeting::checkin::Outcome;
use yishiting::meeting::model::meeting;
use yishiting::meeting::{Meetings, verify};
use yishiting::people::session::{self, Kind};
use yishiting::people::staff::{self, Role};

use crate::support::ADMIN_PASSWORD;
use crate::support::hall::{Hall, without_gap};

#[tokio::test]
async fn without_a_database_everybody_hears_to_try_again() {
    let hall = Hall::open().await;
    let people = hall.crowd(3).await;
    let kept = hall.sign_in(people[0]).await;
    hall.app.lose_database().await;
    assert_eq!(hall.refused(hall.scan(people[1])).await, "retry_later");
    let again = hall.replica().await;
    let same = again.door.check_in(hall.scan(people[0])).await.unwrap();
    assert_eq!((same.outcome, same.position, same.at), (Outcome::Already, 1, kept.at));
    assert_eq!(again.door.check_in(hall.scan(people[1])).await.unwrap().position, 2);
    assert!(verify::verify(&again.base).await.unwrap().differences.is_empty());
}

// Edge case 42: gone in the middle of a crowd.
#[tokio::test]
async fn a_database_lost_in_the_middle_loses_nothing_that_was_acknowledged() {
    let hall = Hall::open().await;
    let people = hall.crowd(300).await;
    let attempts: Vec<_> = people.iter().map(|person| hall.scan(*person)).collect();
    let mut waiting: FuturesUnordered<_> = attempts
        .iter()
        .map(|attempt| async { (attempt.clone(), hall.try_in(attempt.clone()).await) })
        .collect();
    let mut answers = vec![waiting.next().await.unwrap()];
    let (_, rest) = tokio::join!(hall.app.lose_database(), waiting.collect::<Vec<_>>());
    answers.extend(rest);

    let again = hall.replica().await;
    let mut results = Vec::new();
    for (attempt, answer) in answers {
        let now = again.door.check_in(attempt).await.unwrap();
        if let Ok(before) = answer {
            assert_eq!((now.outcome, now.position, now.at), (Outcome::Replayed, before.position, before.at));
        }
        results.push(Ok(now));
    }
    without_gap(&results, 300);
    assert!(verify::verify(&again.base).await.unwrap().differences.is_empty());
}

struct Caller {
    http: reqwest::Client,
    token: String,
}

impl Caller {
    async fn check_in(&self, site: &str, meeting: &str, n: usize) -> Option<(usize, Value)> {
        let person = json!({"name": format!("代表{n}"), "unit": "市金融办", "phone": format!("139{n:08}")});
        let answer = self
            .http
            .post(format!("{site}/api/v1/meetings/{meeting}/checkins"))
            .bearer_auth(&self.token)
            .header("Idempotency-Key", format!("person-{n}"))
            .json(&json!({"person": person}))
            .send()
            .await
            .ok()?;
        if !answer.status().is_success() {
            return None;
        }
        Some((n, answer.json().await.ok()?))
    }

    async fn all(&self, site: &str, people: usize, meeting: &str, until: usize) -> Vec<(usize, Value)> {
        let mut answers = futures_util::stream::iter(0..people)
            .map(|n| self.check_in(site, meeting, n))
            .buffer_unordered(16);
        let mut done = Vec::new();
        while let Some(answer) = answers.next().await {
            done.extend(answer);
            if done.len() == until {
                break;
            }
        }
        done
    }
}

#[tokio::test]
async fn a_server_that_is_killed_has_kept_every_position_it_gave() {
    const PEOPLE: usize = 120;
    let hall = Hall::open().await;
    // The other process lives by the real clock, and so does the session.
    let now = Clock::System.now();
    hall.clock.set(now);
    let staff = staff::add(&hall.base, "li", "李明", Role::Organiser, ADMIN_PASSWORD, "test").await.unwrap();
    let token = session::open(&hall.base, Kind::Api, staff, "test").await.unwrap().token;
    let meeting = hall
        .another(|draft| {
            draft.opens_at = now - TimeDelta::hours(1);
            draft.starts_at = now + TimeDelta::hours(1);
            draft.closes_at = now + TimeDelta::hours(2);
            draft.ends_at = now + TimeDelta::hours(3);
        })
        .await
        .to_string();
    let http = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    let caller = Caller { http, token };

    let (program, site) = hall.process();
    let acknowledged = caller.all(&site, PEOPLE, &meeting, PEOPLE / 3).await;
    // SIGKILL, while others are on their way.
    drop(program);
    assert_eq!(acknowledged.len(), PEOPLE / 3);

    let (program, site) = hall.process();
    let again: BTreeMap<usize, Value> =
        caller.all(&site, PEOPLE, &meeting, PEOPLE + 1).await.into_iter().collect();
    assert_eq!(again.len(), PEOPLE);
    for (n, before) in acknowledged {
        for field in ["position", "at", "person_id"] {
            assert_eq!(again[&n][field], before[field], "{field} of {n}");
        }
    }
    let mut positions: Vec<i64> = again.values().map(|one| one["position"].as_i64().unwrap()).collect();
    positions.sort_unstable();
    assert_eq!(positions, (1..=PEOPLE as i64).collect::<Vec<_>>());
    assert!(program.terminate().success());
    hall.is_clean().await;
}

// Edge case 42: somebody else holds the database, or the meeting, for longer than anybody should wait.
#[tokio::test]
async fn a_database_that_is_held_by_another_is_answered_in_time_and_tried_again() {
    let hall = Hall::open().await;
    let person = hall.crowd(1).await[0];
    let other = hall.replica().await;
    let held = other.base.db.write().await.unwrap();
    meeting::Entity::find_by_id(hall.id).lock_exclusive().one(&held).await.unwrap();
    let attempt = hall.scan(person);
    assert_eq!(hall.refused(attempt.clone()).await, "retry_later");
    held.rollback().await.unwrap();
    assert_eq!(hall.try_in(attempt).await.unwrap().position, 1);
    assert_eq!(hall.snapshot().await.present, 1);
    hall.is_clean().await;
}

#[tokio::test]
async fn a_full_disk_refuses_and_loses_nothing() {
    let hall = Hall::open().await;
    // A database that may grow by a few pages only, as a file on a full disk; on SQLite whatever the other tests use.
    let mut config = (*hall.base.config).clone();
    config.database_url = format!("sqlite:{}", hall.app.folder().join("full.db").display());
    let base = Base::open(config, hall.clock.clone()).await.unwrap();
    let hall = hall.moved_to(base).await;
    let people = hall.crowd(600).await;
    hall.sign_in(people[0]).await;
    // Fewer than there are means: no more than there are.
    may_grow_to(&hall, 1).await;
    let results = hall.all_at_once(people.iter().map(|person| hall.scan(*person)).collect()).await;
    assert!(results.iter().flatten().count() < 600, "the disk was not full");
    may_grow_to(&hall, 1_000_000).await;
    hall.is_clean().await;
    for done in results.iter().flatten() {
        assert_eq!(hall.sign_in(done.person).await.position, done.position);
    }
    let results = hall.all_at_once(people.iter().map(|person| hall.scan(*person)).collect()).await;
    without_gap(&results, 600);
    hall.is_clean().await;
}

async fn may_grow_to(hall: &Hall, pages: usize) {
    let tx = hall.base.db.write().await.unwrap();
    let text = format!("PRAGMA max_page_count = {pages}");
    tx.query_one_raw(Statement::from_string(DbBackend::Sqlite, text)).await.unwrap();
    tx.commit().await.unwrap();
}

// Edge case 41: Redis is away; check-in works from the database, and the live count is found by looking.
#[tokio::test]
async fn without_the_shared_cache_sign_in_and_the_live_count_go_on() {
    let hall = Hall::open().await;
    let mut config = (*hall.base.config).clone();
    config.redis_url = None;
    let apart = Base::open(config, hall.clock.clone()).await.unwrap();
    let apart = Meetings::start(apart);
    // Two replicas that cannot speak to each other: one signs in, the other watches.
    let mut seen = apart.attendance.watch(hall.id);
    seen.wait_for(Option::is_some).await.unwrap();
    let person = hall.crowd(1).await[0];
    hall.sign_in(person).await;
    let counted = seen.wait_for(|snapshot| snapshot.as_ref().is_some_and(|now| now.present == 1)).await;
    assert_eq!(counted.unwrap().as_ref().unwrap().version, 1);
}
