//! `Idempotency-Key`: a write that is sent again is done once.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::meetings::{a_meeting, make};
use crate::support::{Client, TestApp};

async fn send(desk: &Client, key: &str, path: &str, body: &Value) -> (StatusCode, bool, Value) {
    let request = desk.request(Method::POST, path).header("Idempotency-Key", key).json(body);
    let answer = desk.send(request).await;
    let replayed = answer.headers.get("Idempotent-Replayed").is_some_and(|value| value == "true");
    (answer.status, replayed, answer.json())
}

#[tokio::test]
async fn making_a_meeting_twice_under_one_key_makes_one() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    let (status, replayed, first) = send(&desk, "k1", "/api/v1/meetings", &a_meeting()).await;
    assert_eq!((status, replayed), (StatusCode::CREATED, false));
    let (status, replayed, second) = send(&desk, "k1", "/api/v1/meetings", &a_meeting()).await;
    assert_eq!((status, replayed), (StatusCode::CREATED, true));
    assert_eq!(first, second);
    assert_eq!(desk.get("/api/v1/meetings").await.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn twenty_tries_at_once_under_one_key_make_one_meeting() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    let body = a_meeting();
    let tries = (0..20).map(|_| send(&desk, "k1", "/api/v1/meetings", &body));
    let ids: BTreeSet<String> = join_all(tries)
        .await
        .into_iter()
        .map(|(status, _, meeting)| {
            assert_eq!(status, StatusCode::CREATED);
            meeting["id"].to_string()
        })
        .collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(desk.get("/api/v1/meetings").await.json()["items"].as_array().unwrap().len(), 1);
}

// Edge case 5 for programs: one key, another act.
#[tokio::test]
async fn one_key_for_two_different_writes_is_a_conflict_and_writes_nothing() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    send(&desk, "k1", "/api/v1/meetings", &a_meeting()).await;
    let mut other = a_meeting();
    other["title"] = "另一个会".into();
    let (status, _, answer) = send(&desk, "k1", "/api/v1/meetings", &other).await;
    assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &"op_conflict".into()));
    assert_eq!(desk.get("/api/v1/meetings").await.json()["items"].as_array().unwrap().len(), 1);
    // Another account's keys are its own.
    let (status, ..) = send(&app.organiser().await, "k1", "/api/v1/meetings", &other).await;
    assert_eq!(status, StatusCode::CREATED);
}

#[tokio::test]
async fn without_a_database_programs_are_told_to_come_back() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    app.lose_database().await;
    let (status, _, answer) = send(&desk, "k1", "/api/v1/meetings", &a_meeting()).await;
    assert_eq!((status, &answer["code"]), (StatusCode::SERVICE_UNAVAILABLE, &"unavailable".into()));
    assert!(answer["request_id"].is_string(), "{answer}");
}

#[tokio::test]
async fn a_check_in_by_hand_sent_again_keeps_its_position() {
    let app = TestApp::spawn().await;
    let desk = app.organiser().await;
    let meeting = make(&desk, &a_meeting()).await;
    let path = format!("/api/v1/meetings/{}/checkins", meeting["id"].as_str().unwrap());
    let body = json!({
        "person": {"name": "江一帆", "unit": "市金融办", "phone": "138 1234 6021"}, "reason": "没带手机",
    });
    let (status, _, first) = send(&desk, "k1", &path, &body).await;
    assert_eq!((status, &first["position"], &first["result"]), (StatusCode::OK, &1.into(), &"ok".into()));
    let (_, replayed, again) = send(&desk, "k1", &path, &body).await;
    assert_eq!((replayed, again), (true, first));
    let (_, replayed, other) = send(&desk, "k2", &path, &body).await;
    assert_eq!((replayed, &other["result"], &other["position"]), (false, &"already".into(), &1.into()));
}
