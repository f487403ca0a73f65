//! The process is killed, the database or the shared cache goes: what was acknowledged is counted, and nothing else
//! was said to be.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use reqwest::StatusCode;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;
use yishiting::ballot::close::{By, close};
use yishiting::ballot::model::{State, ballot_receipt};
use yishiting::ballot::rules::{Press as Which, Rules};
use yishiting::ballot::urn::Press;
use yishiting::ballot::{Ballots, live, round, verify};
use yishiting::base::Base;
use yishiting::base::clock::Clock;

use super::phone::{Phone, phone};
use crate::support::TestApp;
use crate::support::chamber::{Chamber, code, motion, secret};
use crate::support::hall::Hall;
use crate::support::line::Line;

/// Who has voted, by the rows.
async fn voted(base: &Base, round: Uuid) -> BTreeSet<Uuid> {
    let receipts = ballot_receipt::Entity::find().filter(ballot_receipt::Column::RoundId.eq(round));
    receipts.all(base.db.read()).await.unwrap().into_iter().map(|row| row.person_id).collect()
}

/// Receipts equal counts, and named votes equal both.
async fn adds_up(base: &Base) {
    assert_eq!(verify::verify(base).await.unwrap().differences, Vec::<String>::new());
}

/// A phone's vote at `address`; the page that came back, if one did.
async fn votes_at(
    http: &reqwest::Client,
    address: &str,
    token: &str,
    op: &str,
    place: usize,
) -> Option<String> {
    let form = [("op", op), ("m1", &place.to_string())];
    let sent = http.post(address).header("Cookie", format!("yst_phone={token}")).form(&form);
    let answer = sent.send().await.ok()?;
    let is_done = answer.status().is_success();
    let page = answer.text().await.ok()?;
    (is_done && page.contains("已表决")).then_some(page)
}

#[tokio::test]
async fn a_server_that_is_killed_in_the_middle_of_a_burst_has_kept_every_vote_that_it_acknowledged() {
    const MEMBERS: usize = 120;
    let chamber = Chamber::of(MEMBERS).await;
    // The other process lives by the real clock, and so do the sessions.
    chamber.hall.clock.set(Clock::System.now());
    let mut tokens = Vec::new();
    for n in 0..MEMBERS {
        tokens.push(phone(&chamber, n).await.client.cookie("yst_phone").unwrap());
    }
    let http = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    for rules in [secret(), motion(), Rules { press: Which::Last, ..motion() }] {
        let id = chamber.opened(rules.clone()).await;
        let path = chamber.path(id).await;
        let press = async |site: &str, n: usize, place: usize| {
            votes_at(&http, &format!("{site}{path}"), &tokens[n], &format!("op-{n}"), place).await
        };

        let (program, site) = chamber.hall.process();
        let mut answers = futures_util::stream::iter(0..MEMBERS)
            .map(|n| {
                let (press, site) = (&press, &site);
                async move { press(site, n, n % 3).await.map(|_| n) }
            })
            .buffer_unordered(16);
        let mut acknowledged = BTreeSet::new();
        while acknowledged.len() < MEMBERS / 3 {
            acknowledged.extend(answers.next().await.unwrap());
        }
        // SIGKILL, while others are on their way.
        drop(program);
        while let Some(answer) = answers.next().await {
            acknowledged.extend(answer);
        }
        assert!(acknowledged.len() < MEMBERS, "nobody was on their way any more");

        let stored = voted(&chamber.base, id).await;
        assert!(acknowledged.iter().all(|n| stored.contains(&chamber.people[*n])));
        adds_up(&chamber.base).await;

        let (program, site) = chamber.hall.process();
        for n in &acknowledged {
            // Another choice sent again under the same act: what was acknowledged stands.
            let page = press(&site, *n, (*n + 1) % 3).await.expect("a repeat is calm");
            assert!(rules.press == Which::Last || page.contains("以第一次为准"), "{page}");
        }
        let everybody = (0..MEMBERS).map(|n| press(&site, n, n % 3));
        assert!(join_all(everybody).await.iter().all(Option::is_some));
        assert!(program.terminate().success());
        let count = chamber.counted(id).await;
        let third = MEMBERS as i64 / 3;
        assert_eq!((count.turnout.voted, count.turnout.not_pressed), (MEMBERS as i64, 0));
        assert_eq!(count.verdict.items[0].counts, [third, third, third], "secret: {}", rules.secret);
        adds_up(&chamber.base).await;
    }
}

/// Members who are all signed in, in front of a line to Redis.
async fn wired(members: usize) -> (Chamber, Line) {
    let mut line = None;
    let app = TestApp::spawn_with(|options| {
        let laid = Line::before(options.redis_url.take());
        options.redis_url = Some(laid.url.clone());
        line = Some(laid);
    })
    .await;
    let chamber = Chamber::inside(Hall::inside(app, |_| {}).await, members).await;
    chamber.come(&(0..members).collect::<Vec<_>>()).await;
    (chamber, line.unwrap())
}

/// The same city opened by another process.
async fn replica(chamber: &Chamber) -> Base {
    Base::open((*chamber.base.config).clone(), chamber.hall.clock.clone()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn while_the_shared_cache_is_away_votes_go_on_in_two_replicas_and_everything_catches_up() {
    const MEMBERS: usize = 30;
    let (chamber, line) = wired(MEMBERS).await;
    let other = Ballots::start(replica(&chamber).await);
    let mut phones: Vec<Phone> = Vec::new();
    for n in 0..20 {
        phones.push(phone(&chamber, n).await);
    }
    let (wall, key) = (chamber.hall.app.browser(), chamber.hall.meeting().await.screen_key);
    let mut boards = [&chamber.ballots, &other].map(|ballots| ballots.live.watch(chamber.hall.id));
    for rules in [secret(), motion(), Rules { end_when_all_voted: true, ..secret() }] {
        line.mend();
        let id = chamber.opened(rules.clone()).await;
        let path = chamber.path(id).await;
        for phone in &phones[..10] {
            assert_eq!(phone.votes(&path, &[("m1", "0")]).await.status, StatusCode::OK);
        }
        line.cut();
        for phone in &phones[10..] {
            let paper = phone.opens(&path).await;
            assert!(paper.status == StatusCode::OK && paper.text.contains("<form"), "{}", paper.text);
            let voted = phone.votes(&path, &[("m1", "1")]).await;
            assert!(voted.status == StatusCode::OK && voted.text.contains("已表决"), "{}", voted.text);
            assert_eq!(phone.opens(&format!("{path}/status")).await.status, StatusCode::OK);
        }
        // All of one replica's may vote at the other too: calm there, and counted once.
        let here = (0..20).map(|n| other.urn.press(chamber.press(id, n, "abstain")));
        assert!(join_all(here).await.iter().all(|answer| code(answer) == "already"));
        let there = (20..MEMBERS).map(|n| other.urn.press(chamber.press(id, n, "no")));
        assert!(join_all(there).await.iter().all(|answer| code(answer) == "ok"));

        // Both boards and the wall find by looking what nobody could tell them.
        for boards in &mut boards {
            let caught_up = boards.wait_for(|board| {
                let Some(board) = board else { return false };
                let open = board.open.as_ref().filter(|open| open.id == id);
                match open {
                    Some(open) => open.voted == MEMBERS as i64 && !rules.end_when_all_voted,
                    None => board.last.as_ref().is_some_and(|last| last.id == id),
                }
            });
            caught_up.await.unwrap();
        }
        let snapshot = format!("/screen/{key}/ballot/snapshot");
        while wall.get(&snapshot).await.json()["ballot"]["voted"] != MEMBERS {}

        line.mend();
        if !rules.end_when_all_voted {
            assert_eq!(chamber.round(id).await.state(), State::Open);
        }
        let count = chamber.counted(id).await;
        assert_eq!(count.verdict.items[0].counts, [10, 20, 0]);
        adds_up(&chamber.base).await;
        if line.leads_somewhere {
            hear_each_other(&chamber, &other.base).await;
        }
    }
}

/// What one replica announces is heard by the other again.
async fn hear_each_other(chamber: &Chamber, other: &Base) {
    let mut messages = other.cache.messages();
    loop {
        live::announce(&chamber.base, chamber.hall.id).await;
        let heard = tokio::time::timeout(Duration::from_millis(300), messages.recv()).await;
        if heard.is_ok_and(|message| message.unwrap().channel == live::CHANNEL) {
            return;
        }
    }
}

#[tokio::test]
async fn without_a_database_phones_hear_in_clear_words_that_nothing_was_counted_and_nothing_is() {
    for rules in [secret(), motion()] {
        let chamber = Chamber::of(4).await;
        let id = chamber.opened(rules).await;
        let (path, list) = (chamber.path(id).await, format!("{}/ballots", chamber.page().await));
        let (first, second) = (phone(&chamber, 0).await, phone(&chamber, 1).await);
        assert_eq!(first.votes(&path, &[("m1", "0")]).await.status, StatusCode::OK);
        chamber.hall.app.lose_database().await;
        for answer in [
            first.votes(&path, &[("m1", "1")]).await,
            second.votes(&path, &[("m1", "1")]).await,
            second.opens(&path).await,
            second.opens(&list).await,
        ] {
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
            assert!(answer.text.contains("还没有成功") && !answer.text.contains("已表决"), "{}", answer.text);
        }
        assert_eq!(chamber.votes(id, 1, "yes").await, "vote_later");
        assert!(close(&chamber.base, id, By::Chair("chen")).await.is_err());

        let base = replica(&chamber).await;
        assert_eq!(voted(&base, id).await, BTreeSet::from([chamber.people[0]]));
        assert_eq!(round::find(&base, id).await.unwrap().state(), State::Open);
        adds_up(&base).await;
        let ballots = Ballots::start(base.clone());
        for (member, expected) in [(0, "already"), (1, "ok"), (1, "already")] {
            assert_eq!(code(&ballots.urn.press(chamber.press(id, member, "no")).await), expected);
        }
        let closed = close(&base, id, By::Chair("chen")).await.unwrap();
        assert_eq!(closed.count().unwrap().unwrap().verdict.items[0].counts, [1, 1, 0]);
        adds_up(&base).await;
    }
}

#[tokio::test]
async fn a_database_lost_in_the_middle_of_a_burst_loses_no_vote_that_was_acknowledged() {
    const MEMBERS: usize = 300;
    for rules in [secret(), motion()] {
        let chamber = Chamber::of(MEMBERS).await;
        let id = chamber.opened(rules).await;
        let presses: Vec<Press> = (0..MEMBERS).map(|n| chamber.press(id, n, "yes")).collect();
        let mut waiting: FuturesUnordered<_> = presses
            .iter()
            .map(|press| async { (press.clone(), chamber.ballots.urn.press(press.clone()).await) })
            .collect();
        let mut answers = vec![waiting.next().await.unwrap()];
        let (_, rest) = tokio::join!(chamber.hall.app.lose_database(), waiting.collect::<Vec<_>>());
        answers.extend(rest);

        let base = replica(&chamber).await;
        adds_up(&base).await;
        let ballots = Ballots::start(base.clone());
        for (press, answer) in answers {
            let again = code(&ballots.urn.press(press).await);
            let calm = if answer.is_ok() { &["already"][..] } else { &["already", "ok"] };
            assert!(calm.contains(&again), "{answer:?} and then {again}");
        }
        let closed = close(&base, id, By::Chair("chen")).await.unwrap();
        assert_eq!(closed.count().unwrap().unwrap().verdict.items[0].counts, [MEMBERS as i64, 0, 0]);
        adds_up(&base).await;
    }
}

#[tokio::test]
async fn a_round_that_another_holds_for_too_long_is_answered_in_time_and_the_vote_sent_again_counts_once() {
    use sea_orm::QuerySelect;
    use yishiting::ballot::model::ballot_round;
    let chamber = Chamber::of(3).await;
    let id = chamber.opened(secret()).await;
    let other = replica(&chamber).await;
    let held = other.db.write().await.unwrap();
    ballot_round::Entity::find_by_id(id).lock_exclusive().one(&held).await.unwrap();
    let press = chamber.press(id, 0, "yes");
    assert_eq!(code(&chamber.ballots.urn.press(press.clone()).await), "vote_later");
    held.rollback().await.unwrap();
    // The one that gave up may have been stored since.
    let again = code(&chamber.ballots.urn.press(press).await);
    assert!(["ok", "already"].contains(&again), "{again}");
    assert_eq!(chamber.counted(id).await.verdict.items[0].counts, [1, 0, 0]);
    adds_up(&chamber.base).await;
}
