//! The big screen, as the computer on the wall sees it.

use chrono::TimeDelta;
use reqwest::StatusCode;
use yishiting::meeting::edit::{self, Draft, Options};
use yishiting::meeting::model::CodeKind;

use crate::desk::office::{Office, TITLE, draft, reads};
use crate::support::{Client, moment};

/// A screen nobody is signed in at, and its address.
async fn screen(office: &Office) -> (Client, String) {
    let meeting = edit::find(&office.app.base, office.meeting).await.unwrap();
    (office.app.browser(), format!("/screen/{}", meeting.screen_key))
}

#[tokio::test]
async fn a_screen_gets_the_whole_picture_first_and_then_what_changes() {
    let office = Office::with_roster().await;
    let (wall, path) = screen(&office).await;
    reads(
        &wall.get(&path).await.text,
        &[TITLE, "市行政中心 3 号会议室", "签到时间 08:00–09:15", "09:00 为准"],
    );
    let mut live = wall.listen(&format!("{path}/stream")).await;
    let state = live.next("state").await;
    assert_eq!((&state["state"], &state["title"]), (&"open".into(), &TITLE.into()));
    let code = live.next("code").await;
    assert!(code["svg"].as_str().unwrap().contains("<svg") && code["short"].as_str().unwrap().len() == 6);
    assert!(code.get("slot_ends_at").is_none(), "a fixed code has no end");
    let count = live.next("attendance").await;
    assert_eq!((&count["expected"], &count["present"], &count["absent"]), (&2.into(), &0.into(), &2.into()));

    office.signs_in("江一帆").await;
    let count = live.until("attendance", |count| count["present"] == 1).await;
    assert_eq!(count["latest"][0]["name"], "江一帆");
    let all = count.to_string();
    assert!(!all.contains("138") && !all.contains("林建华"), "no phones, nobody who is absent: {all}");

    let polled = wall.get(&format!("{path}/snapshot")).await.json();
    assert_eq!((&polled["state"]["state"], &polled["attendance"]["present"]), (&"open".into(), &1.into()));
    assert!(polled["code"]["svg"].is_string() && polled["now"].is_i64());
}

#[tokio::test]
async fn names_hide_their_middle_as_soon_as_the_organiser_says_so() {
    let office = Office::with_roster().await;
    office.signs_in("江一帆").await;
    let (wall, path) = screen(&office).await;
    let mut live = wall.listen(&format!("{path}/stream")).await;
    assert_eq!(live.next("attendance").await["latest"][0]["name"], "江一帆");
    let hidden = Draft { options: Options { mask_names: true, ..Options::default() }, ..draft() };
    edit::update(&office.app.base, office.meeting, hidden, None, "chen").await.unwrap();
    live.until("attendance", |count| count["latest"][0]["name"] == "江*帆").await;
    let polled = wall.get(&format!("{path}/snapshot")).await.json();
    assert_eq!(polled["attendance"]["latest"][0]["name"], "江*帆");
    reads(&office.sees("/code").await, &["姓名隐去中间的字", "在设置里改"]);
    reads(&office.sees("/log").await, &["大屏隐去姓名：否 → 是"]);
}

// What the doorkeeper compares.
#[tokio::test]
async fn phones_of_those_who_are_in_show_the_screens_countersign_and_it_changes_each_minute() {
    let office = Office::open().await;
    let (wall, path) = screen(&office).await;
    let meeting = edit::find(&office.app.base, office.meeting).await.unwrap();
    let page = format!("/m/{}", meeting.code);
    let jiang = office.app.citizen("江一帆").await;
    let form = jiang.opens(&page).await;
    let shown = async || {
        let picture = wall.get(&format!("{path}/snapshot")).await.json();
        picture["state"]["countersign"]["text"].as_str().unwrap().to_string()
    };
    assert!(!form.text.contains(&shown().await), "not before signing in");
    let csrf = form.hidden("csrf");
    let fields =
        [("unit", "市金融办"), ("name", "江一帆"), ("phone", "13812346021"), ("csrf", csrf.as_str())];
    jiang.phone.post(&format!("{page}/checkin"), &fields).await;
    let mut seen = Vec::new();
    for _ in 0..5 {
        let now = shown().await;
        assert!(jiang.opens(&page).await.text.contains(&now), "{now}");
        seen.push(now);
        office.app.clock.advance(TimeDelta::minutes(1));
    }
    seen.dedup();
    assert!(seen.len() > 2, "{seen:?}");
    office.app.clock.set(moment("2026-09-19 11:01"));
    let over = wall.get(&format!("{path}/snapshot")).await.json();
    assert!(over["state"]["countersign"].is_null() && !jiang.opens(&page).await.text.contains("暗号"));
}

#[tokio::test]
async fn the_code_is_hidden_before_the_opening_and_after_the_end() {
    let office = Office::open().await;
    office.app.clock.set(moment("2026-09-19 07:59"));
    let (wall, path) = screen(&office).await;
    let early = wall.get(&format!("{path}/snapshot")).await.json();
    assert_eq!((&early["state"]["state"], &early["state"]["opens"]), (&"upcoming".into(), &"08:00".into()));
    assert!(early.get("code").is_none());

    let mut live = wall.listen(&format!("{path}/stream")).await;
    assert_eq!(live.next("state").await["state"], "upcoming");
    office.app.clock.set(moment("2026-09-19 08:00"));
    assert_eq!(live.next("state").await["state"], "open");
    live.next("code").await;
    office.app.clock.set(moment("2026-09-19 09:16"));
    assert_eq!(live.next("state").await["state"], "closed");
    assert!(wall.get(&format!("{path}/snapshot")).await.json().get("code").is_none());
}

#[tokio::test]
async fn a_rotating_code_changes_with_its_slot_and_says_when() {
    let office = Office::with(Draft { code_kind: CodeKind::Rotating, ..draft() }).await;
    let (wall, path) = screen(&office).await;
    let mut live = wall.listen(&format!("{path}/stream")).await;
    let first = live.next("code").await;
    assert_eq!(
        (&first["seconds"], first["slot_ends_at"].as_i64()),
        (&15.into(), Some(moment("2026-09-19 08:30").timestamp_millis() + 15_000))
    );
    office.app.clock.advance(TimeDelta::seconds(15));
    let second = live.next("code").await;
    assert!(second["svg"] != first["svg"] && second["short"] == first["short"]);
    office.app.clock.advance(TimeDelta::seconds(45));
    assert!(live.next("code").await["short"] != first["short"]);
}

#[tokio::test]
async fn what_the_organiser_changes_shows_at_once() {
    let office = Office::open().await;
    let (wall, path) = screen(&office).await;
    let mut live = wall.listen(&format!("{path}/stream")).await;
    live.next("state").await;
    let moved = Draft { place: "市会展中心 A 厅".to_string(), ..draft() };
    edit::update(&office.app.base, office.meeting, moved, None, "test").await.unwrap();
    assert_eq!(live.next("state").await["place"], "市会展中心 A 厅");
    office.does("/state", &[("state", "cancelled")]).await;
    assert_eq!(live.next("state").await["state"], "cancelled");
}

#[tokio::test]
async fn a_new_address_closes_every_screen_that_is_open() {
    let office = Office::open().await;
    let (wall, path) = screen(&office).await;
    let mut live = wall.listen(&format!("{path}/stream")).await;
    live.next("state").await;
    reads(&office.does("/screen", &[]).await, &["大屏地址已更换"]);
    assert_eq!(live.next("state").await["state"], "revoked");
    live.end().await;

    let page = wall.get(&path).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    reads(&page.text, &["这块大屏已停用", "请在工作台的会议页重新打开大屏"]);
    for rest in ["/stream", "/snapshot"] {
        assert_eq!(wall.get(&format!("{path}{rest}")).await.status, StatusCode::NOT_FOUND);
    }
    let (wall, path) = screen(&office).await;
    assert_eq!(wall.get(&path).await.status, StatusCode::OK);
}

#[tokio::test]
async fn names_are_masked_where_the_screen_is_asked_to() {
    let office = Office::with_roster().await;
    office.signs_in("江一帆").await;
    let (wall, path) = screen(&office).await;
    let page = wall.get(&format!("{path}?names=masked")).await.text;
    assert!(page.contains(&format!("{path}/stream?names=masked")), "{page}");
    let mut live = wall.listen(&format!("{path}/stream?names=masked")).await;
    assert_eq!(live.next("attendance").await["latest"][0]["name"], "江*帆");
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let mut office = Office::open().await;
    let (wall, path) = screen(&office).await;
    let mut live = wall.listen(&format!("{path}/stream")).await;
    live.next("state").await;
    let stopped = office.app.stop();
    let ((), ()) = tokio::join!(stopped, live.end());
}
