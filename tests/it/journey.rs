//! The main job, from end to end over WeChat's own protocol: an organiser calls a meeting, people scan its code, and
//! the count moves.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Citizen, Client, TestApp};

/// A meeting at nine that everybody may sign in to, with WeChat's own code.
async fn call(organiser: &Client) -> Value {
    let meeting = json!({
        "title": "全市智慧政务建设培训会",
        "summary": "",
        "place": "市行政中心 3 号会议室",
        "starts_at": "2026-09-19T01:00:00Z",
        "ends_at": "2026-09-19T03:30:00Z",
        "checkin": {"opens_at": "2026-09-19T00:00:00Z", "closes_at": "2026-09-19T01:15:00Z"},
    });
    let made = organiser.post_json("/api/v1/meetings", &meeting).await;
    assert!(made.status.is_success(), "{}", made.text);
    made.json()
}

/// Fills in the form that somebody new is sent to.
async fn fill_in(citizen: &Citizen, code: &str, unit: &str, phone: &str) -> crate::support::Answer {
    let page = citizen.opens(&format!("/m/{code}")).await;
    assert!(page.text.contains("name=\"phone\""), "{}", page.text);
    let mut fields = vec![("unit", unit), ("name", citizen.name.as_str()), ("phone", phone)];
    let csrf = page.hidden("csrf");
    fields.push(("csrf", &csrf));
    let op = page.text.contains("name=\"op\"").then(|| page.hidden("op"));
    fields.extend(op.as_deref().map(|op| ("op", op)));
    let answer = citizen.phone.post(&format!("/m/{code}/checkin"), &fields).await;
    match answer.location() {
        Some(to) => citizen.opens(&to).await,
        None => answer,
    }
}

#[tokio::test]
async fn somebody_new_scans_fills_in_one_form_and_never_again() {
    let app = TestApp::spawn().await;
    let organiser = app.organiser().await;
    let first = call(&organiser).await;
    assert_eq!(app.run_jobs().await, 1, "WeChat is asked for the meeting's code");
    let code = first["code"].as_str().unwrap();
    let jiang = app.citizen("江一帆").await;

    let asked = jiang.scans(&format!("m_{code}")).await;
    assert!(asked.contains("第一次签到") && asked.contains(&format!("/m/{code}")), "{asked}");
    let done = fill_in(&jiang, code, "市金融办", "138 1234 6021").await;
    assert!(done.text.contains("签到成功") && done.text.contains('1'), "{}", done.text);

    // WeChat names an event by its second: two scans within one are one.
    app.clock.advance(chrono::TimeDelta::seconds(20));
    let again = jiang.scans(&format!("m_{code}")).await;
    assert!(again.contains("您已签到"), "{again}");

    let second = call(&organiser).await;
    app.run_jobs().await;
    let at_once = jiang.scans(&format!("m_{}", second["code"].as_str().unwrap())).await;
    assert!(at_once.contains("签到成功") && at_once.contains("第 1 位"), "{at_once}");
    app.clock.advance(chrono::TimeDelta::seconds(20));
    let mine = jiang.taps("my_meetings").await;
    assert_eq!(mine.matches("已签到，第 1 位").count(), 2, "{mine}");
}

// Edge case 7, seen from the phone.
#[tokio::test]
async fn a_form_that_was_opened_in_time_and_sent_after_the_start_is_on_time() {
    let app = TestApp::spawn().await;
    let organiser = app.organiser().await;
    let meeting = call(&organiser).await;
    let (id, code) = (meeting["id"].as_str().unwrap(), meeting["code"].as_str().unwrap());
    let jiang = app.citizen("江一帆").await;
    app.clock.set(crate::support::moment("2026-09-19 08:58"));
    let page = jiang.opens(&format!("/m/{code}")).await;
    app.clock.set(crate::support::moment("2026-09-19 09:04"));
    let fields =
        [("unit", "市金融办"), ("name", "江一帆"), ("phone", "13812346021"), ("csrf", &page.hidden("csrf"))];
    let answer = jiang.phone.post(&format!("/m/{code}/checkin"), &fields).await;
    let done = jiang.opens(&answer.location().unwrap()).await;
    assert!(done.text.contains("09:04:00（08:58:00 扫码，以扫码时间为准）"), "{}", done.text);
    let list = organiser.get(&format!("/api/v1/meetings/{id}/attendance")).await.json();
    assert_eq!((&list["late"], &list["items"][0]["late"]), (&0.into(), &false.into()), "{list}");
    assert_eq!(list["items"][0]["scanned_at"], "2026-09-19T00:58:00Z", "{list}");
}

#[tokio::test]
async fn the_dashboard_hears_of_an_arrival_and_masks_the_phone() {
    let app = TestApp::spawn().await;
    let organiser = app.organiser().await;
    let meeting = call(&organiser).await;
    app.run_jobs().await;
    let (id, code) = (meeting["id"].as_str().unwrap(), meeting["code"].as_str().unwrap());
    let mut live = organiser.listen(&format!("/api/v1/meetings/{id}/attendance/stream")).await;
    assert_eq!(live.next("attendance").await["present"], 0);
    fill_in(&app.citizen("江一帆").await, code, "市金融办", "13812346021").await;
    let heard = live.until("attendance", |data| data["present"] == 1).await;
    assert!(heard["latest"][0].to_string().contains("市金融办"), "{heard}");
    assert!(!heard.to_string().contains("13812346021"), "{heard}");
}

#[tokio::test]
async fn without_its_database_pages_ask_to_come_back_and_wechat_stays_calm() {
    let app = TestApp::spawn().await;
    let meeting = call(&app.organiser().await).await;
    let code = meeting["code"].as_str().unwrap();
    let jiang = app.citizen("江一帆").await;
    jiang.opens(&format!("/m/{code}")).await;
    app.lose_database().await;
    let page = jiang.opens(&format!("/m/{code}")).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text.contains("系统正忙") && !page.text.contains("sqlx"), "{}", page.text);
    let said = jiang.taps("my_meetings").await;
    assert!(said.contains("稍后") || said.contains("再试"), "{said}");
}
