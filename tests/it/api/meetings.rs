//! Meetings made, read, changed and ended over the API.

use reqwest::StatusCode;
use serde_json::{Value, json};
use yishiting::people::staff::Role;

use crate::support::{Client, TestApp};

/// A meeting that begins half an hour after every test does; its sign-in is open.
pub fn a_meeting() -> Value {
    json!({
        "title": "全市数字化改革推进会",
        "summary": "请携带平板电脑。",
        "place": "市政府 1 号楼 301",
        "starts_at": "2026-09-19T09:00:00+08:00",
        "ends_at": "2026-09-19T11:30:00+08:00",
    })
}

pub async fn make(desk: &Client, meeting: &Value) -> Value {
    let made = desk.post_json("/api/v1/meetings", meeting).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    made.json()
}

async fn change(desk: &Client, id: &Value, body: Value) -> (StatusCode, Value) {
    let path = format!("/api/v1/meetings/{}", id.as_str().unwrap());
    let answer = desk.send(desk.request(reqwest::Method::PATCH, &path).json(&body)).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn what_organisers_choose_is_kept_until_it_is_mentioned_again() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    let mut meeting = a_meeting();
    meeting["mask_names"] = json!(true);
    meeting["checkin"] = json!({"helpers": true});
    let made = make(&desk, &meeting).await;
    assert_eq!((&made["mask_names"], &made["checkin"]["helpers"]), (&json!(true), &json!(true)));
    let (_, changed) = change(&desk, &made["id"], json!({"checkin": {"helpers": false}})).await;
    assert_eq!((&changed["mask_names"], &changed["checkin"]["helpers"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn a_new_meeting_has_a_code_a_link_and_a_window_by_default() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    let made = make(&desk, &a_meeting()).await;
    let code = made["code"].as_str().unwrap();
    assert_eq!(made["url"], app.url(&format!("/m/{code}")));
    assert_eq!(
        made["checkin"],
        json!({
            "opens_at": "2026-09-19T00:00:00Z", "closes_at": "2026-09-19T03:30:00Z",
            "policy": "open", "code": "static", "helpers": false,
            "location": {"mode": "off", "latitude": null, "longitude": null, "radius": null},
        })
    );
    assert_eq!(made["mask_names"], false);
    assert_eq!(made["state"], "active");
    let read = desk.get(&format!("/api/v1/meetings/{}", made["id"].as_str().unwrap())).await.json();
    assert_eq!(read, made);
}

#[tokio::test]
async fn what_is_wrong_with_a_meeting_is_said_by_field() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    for (change, field) in [
        (json!({"title": " "}), "title"),
        (json!({"title": "长".repeat(61)}), "title"),
        (json!({"place": null}), "place"),
        (json!({"ends_at": "2026-09-19T09:00:00+08:00"}), "ends_at"),
        (json!({"starts_at": "2026年9月19日"}), "starts_at"),
        (json!({"checkin": {"closes_at": "2026-09-19T07:00:00+08:00"}}), "checkin.closes_at"),
        (json!({"checkin": {"policy": "everybody"}}), "checkin.policy"),
    ] {
        let mut body = a_meeting();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = desk.post_json("/api/v1/meetings", &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{change}");
        assert_eq!((&answer.json()["code"], &answer.json()["field"]), (&"invalid".into(), &field.into()));
    }
    let broken =
        desk.request(reqwest::Method::POST, "/api/v1/meetings").header("Content-Type", "application/json");
    let broken = desk.send(broken.body("{\"title\": ")).await.json();
    assert_eq!(broken["field"], "body", "{broken}");
}

#[tokio::test]
async fn a_change_is_refused_when_somebody_else_was_faster() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    let made = make(&desk, &a_meeting()).await;
    let seen = made["updated_at"].clone();
    let (status, new) = change(&desk, &made["id"], json!({"title": "改期通知", "updated_at": seen})).await;
    assert_eq!((status, &new["title"]), (StatusCode::OK, &"改期通知".into()));
    assert_eq!(new["place"], made["place"]);
    let (status, refused) = change(&desk, &made["id"], json!({"title": "又改", "updated_at": seen})).await;
    assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &"conflict".into()));
}

#[tokio::test]
async fn a_meeting_that_is_described_anew_gets_the_defaults_again() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    let mut body = a_meeting();
    body["checkin"] = json!({"policy": "roster", "code": "rotating"});
    let made = make(&desk, &body).await;
    assert_eq!(
        (&made["checkin"]["policy"], &made["checkin"]["code"]),
        (&"roster".into(), &"rotating".into())
    );
    let path = format!("/api/v1/meetings/{}", made["id"].as_str().unwrap());
    let answer = desk.send(desk.request(reqwest::Method::PUT, &path).json(&a_meeting())).await.json();
    assert_eq!(
        (&answer["checkin"]["policy"], &answer["checkin"]["code"]),
        (&"open".into(), &"static".into())
    );
}

#[tokio::test]
async fn meetings_are_listed_latest_first_without_losing_any_that_start_together() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    let mut made = Vec::new();
    for day in [19, 19, 19, 20, 18] {
        let mut body = a_meeting();
        body["starts_at"] = format!("2026-09-{day}T09:00:00+08:00").into();
        body["ends_at"] = format!("2026-09-{day}T10:00:00+08:00").into();
        made.push(make(&desk, &body).await["id"].clone());
    }
    let (mut listed, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = desk.get(&format!("/api/v1/meetings?limit=2{cursor}")).await.json();
        listed.extend(page["items"].as_array().unwrap().iter().map(|meeting| meeting["id"].clone()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!((&listed[0], &listed[4]), (&made[3], &made[4]));
    listed.sort_by_key(ToString::to_string);
    made.sort_by_key(ToString::to_string);
    assert_eq!(listed, made);
}

#[tokio::test]
async fn a_meeting_is_closed_cancelled_and_reopened() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    let made = make(&desk, &a_meeting()).await;
    let id = made["id"].as_str().unwrap();
    for (act, state) in
        [("close", "closed"), ("close", "closed"), ("reopen", "active"), ("cancel", "cancelled")]
    {
        let answer = desk.post_json(&format!("/api/v1/meetings/{id}/{act}"), &json!({})).await;
        assert_eq!((answer.status, &answer.json()["state"]), (StatusCode::OK, &state.into()), "{act}");
    }
}

#[tokio::test]
async fn its_code_is_a_picture_of_the_link_or_of_wechats_scene() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    let made = make(&desk, &a_meeting()).await;
    let at = |path: &str| format!("/api/v1/meetings/{}/{path}", made["id"].as_str().unwrap());
    let svg = desk.get(&at("qrcode.svg")).await;
    assert_eq!(svg.headers["content-type"], "image/svg+xml");
    assert!(svg.text.contains("<svg"));
    let png = desk.send(desk.request(reqwest::Method::GET, &at("qrcode.png?px=300"))).await;
    assert_eq!((png.status, &png.headers["content-type"]), (StatusCode::OK, &"image/png".parse().unwrap()));

    assert_eq!(app.run_jobs().await, 1);
    let read = desk.get(at("").trim_end_matches('/')).await.json();
    let scene = read["scene_url"].as_str().unwrap();
    assert!(scene.starts_with("http"), "{scene}");
    assert_eq!(desk.get(&at("qrcode.svg")).await.text, yishiting::meeting::qr::svg(scene).unwrap());
}

#[tokio::test]
async fn a_viewer_looks_and_does_not_touch_and_unknown_meetings_are_not_there() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    let viewer = app.program_of(Role::Viewer).await;
    let made = make(&desk, &a_meeting()).await;
    let path = format!("/api/v1/meetings/{}", made["id"].as_str().unwrap());
    let seen = viewer.get(&path).await;
    assert_eq!(seen.status, StatusCode::OK);
    assert!(seen.json().get("screen_url").is_none());
    let refused = viewer.post_json("/api/v1/meetings", &a_meeting()).await;
    assert_eq!((refused.status, &refused.json()["code"]), (StatusCode::FORBIDDEN, &"forbidden".into()));
    for path in [format!("/api/v1/meetings/{}", uuid::Uuid::new_v4()), "/api/v1/meetings/7".to_string()] {
        assert_eq!(desk.get(&path).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_program_logs_in_and_out_with_an_account() {
    let app = TestApp::spawn().await;
    yishiting::people::staff::first_admin(&app.base).await.unwrap();
    let stranger = app.browser();
    let wrong = json!({"username": "admin", "password": "wrong"});
    let refused = stranger.post_json("/api/v1/login", &wrong).await;
    assert_eq!((refused.status, &refused.json()["code"]), (StatusCode::UNAUTHORIZED, &"login_failed".into()));
    let right = json!({"username": "admin", "password": crate::support::ADMIN_PASSWORD});
    let token = stranger.post_json("/api/v1/login", &right).await.json();
    let desk = app.browser().with_bearer(token["token"].as_str().unwrap());
    assert_eq!(desk.get("/api/v1/me").await.json()["role"], "admin");
    assert_eq!(desk.post_json("/api/v1/logout", &json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(desk.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
}
