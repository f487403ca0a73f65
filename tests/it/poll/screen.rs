//! Polls on the hall's screen.

use chrono::TimeDelta;
use reqwest::StatusCode;
use yishiting::ballot::poll::compose::{Draft, Verb, perform};
use yishiting::meeting::edit;

use super::{Class, pace};
use crate::support::chamber::{Chamber, motion};

async fn address(class: &Class) -> String {
    format!("/screen/{}/poll", class.hall.meeting().await.screen_key)
}

#[tokio::test]
async fn the_screen_shows_a_poll_when_an_organiser_puts_it_there_and_counts_live() {
    let class = Class::of(3).await;
    let wall = class.hall.app.browser();
    let mut live = wall.listen(&format!("{}/stream", address(&class).await)).await;
    assert_eq!(live.next("poll").await["mode"], "none");
    let id = class.opened(Draft { named: true, ..pace() }).await;
    class.answers(id, 0, &[1]).await;
    class.does(id, Verb::Show).await;
    let seen = live.until("poll", |seen| seen["mode"] == "poll").await;
    assert_eq!(seen["label"], "小调查，不是表决，不产生决议");
    assert_eq!((&seen["bars"][1]["count"], &seen["bars"][1]["percent"]), (&1.into(), &100.into()));
    class.answers(id, 1, &[2]).await;
    let seen = live.until("poll", |seen| seen["answered"] == 2).await;
    assert!(!seen.to_string().contains("代表"), "no name of a named poll: {seen}");
    class.does(id, Verb::Close).await;
    live.until("poll", |seen| seen["note"] == "已结束").await;
    class.does(id, Verb::Hide).await;
    live.until("poll", |seen| seen["mode"] == "none").await;
    // One thing at a time: what is put there takes the place of what was.
    let next = class.opened(Draft { question: "下一题".to_string(), ..pace() }).await;
    class.does(id, Verb::Show).await;
    class.does(next, Verb::Show).await;
    live.until("poll", |seen| seen["text"] == "下一题").await;
}

#[tokio::test]
async fn a_formal_vote_has_the_screen_before_any_poll() {
    let chamber = Chamber::of(3).await;
    let key = chamber.hall.meeting().await.screen_key;
    let wall = chamber.hall.app.browser();
    let poll = uuid::Uuid::now_v7();
    let (base, meeting) = (&chamber.base, chamber.hall.id);
    yishiting::ballot::poll::compose::create(base, meeting, poll, pace(), "chen").await.unwrap();
    for verb in [Verb::Open, Verb::Show] {
        perform(base, meeting, poll, verb, "chen").await.unwrap();
    }
    let mut live = wall.listen(&format!("/screen/{key}/poll/stream")).await;
    live.until("poll", |seen| seen["mode"] == "poll").await;
    let round = chamber.opened(motion()).await;
    live.until("poll", |seen| seen["mode"] == "none").await;
    chamber.all_vote(round, 0..3, "yes").await;
    chamber.close(round).await;
    let looked = wall.get(&format!("/screen/{key}/poll/snapshot")).await.json();
    assert_eq!(looked["poll"]["mode"], "none", "its result stands there");
    chamber.hall.clock.advance(TimeDelta::minutes(11));
    live.until("poll", |seen| seen["mode"] == "poll").await;
}

#[tokio::test]
async fn a_key_that_serves_no_more_ends_the_stream() {
    let class = Class::of(1).await;
    let wall = class.hall.app.browser();
    let path = address(&class).await;
    let mut live = wall.listen(&format!("{path}/stream")).await;
    live.next("poll").await;
    edit::renew_screen(&class.base, class.hall.id, "chen").await.unwrap();
    class.hall.clock.advance(TimeDelta::seconds(6));
    live.end().await;
    assert_eq!(wall.get(&format!("{path}/snapshot")).await.status, StatusCode::NOT_FOUND);
}
