//! Reminders over the API.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::meetings::a_meeting;
use crate::support::{Client, TestApp};

async fn write(client: &Client, method: Method, path: &str, key: &str, body: Value) -> (StatusCode, Value) {
    let request = client.request(method, path).header("Idempotency-Key", key).json(&body);
    let answer = client.send(request).await;
    (answer.status, answer.json())
}

/// A meeting with two people of whom only a telephone reaches both; its path.
async fn prepared() -> (TestApp, Client, String) {
    let app = TestApp::spawn().await;
    let client = app.organiser().await;
    let (_, meeting) = write(&client, Method::POST, "/api/v1/meetings", "m", a_meeting()).await;
    let path = format!("/api/v1/meetings/{}", meeting["id"].as_str().unwrap());
    let people = json!({"people": [
        {"name": "江一帆", "unit": "市金融办", "phone": "13812346021"},
        {"name": "林建华", "unit": "市环境保护局", "phone": "13912341187"},
    ]});
    let (status, answer) = write(&client, Method::POST, &format!("{path}/roster"), "r", people).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    (app, client, path)
}

#[tokio::test]
async fn a_reminder_is_sent_once_followed_and_called_about() {
    let (app, client, path) = prepared().await;
    let (status, first) = write(&client, Method::POST, &format!("{path}/remind"), "k", json!({})).await;
    assert_eq!(status, StatusCode::OK, "{first}");
    assert_eq!((&first["kind"], &first["counts"]["recipients"]), (&json!("not_signed_in"), &json!(2)));
    let (_, again) = write(&client, Method::POST, &format!("{path}/remind"), "k", json!({})).await;
    assert_eq!(again, first);
    app.run_jobs().await;
    app.clock.advance(chrono::TimeDelta::seconds(2));
    app.run_jobs().await;
    let own = format!("{path}/reminders/{}", first["id"].as_str().unwrap());
    let detail = client.get(&own).await.json();
    assert_eq!(detail["counts"]["no_channel"], 2, "{detail}");
    assert_eq!(detail["recipients"][0]["phone"], "138****6021");
    let person = json!({"person_id": detail["recipients"][0]["person_id"]});
    let (status, called) = write(&client, Method::POST, &format!("{own}/called"), "c", person.clone()).await;
    assert_eq!((status, &called["counts"]["called"]), (StatusCode::OK, &json!(1)), "{called}");
    let (_, twice) = write(&client, Method::POST, &format!("{own}/called"), "c2", person).await;
    assert_eq!(twice["counts"]["called"], 1);
    let list = client.get(&format!("{path}/reminders")).await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_in_words() {
    let (_app, client, path) = prepared().await;
    let (status, error) =
        write(&client, Method::POST, &format!("{path}/remind"), "a", json!({"kind": "party"})).await;
    assert_eq!((status, &error["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("kind")));
    let (status, error) =
        write(&client, Method::POST, &format!("{path}/remind"), "b", json!({"kind": "cancelled"})).await;
    assert_eq!((status, &error["code"]), (StatusCode::CONFLICT, &json!("remind_not_cancelled")));
    write(&client, Method::POST, &format!("{path}/cancel"), "x", json!({})).await;
    let (_, error) = write(&client, Method::POST, &format!("{path}/remind"), "d", json!({})).await;
    assert_eq!(error["code"], "remind_cancelled");
    let nobody = json!({"person_id": uuid::Uuid::nil()});
    let unknown = format!("{path}/reminders/{}/called", uuid::Uuid::nil());
    assert_eq!(write(&client, Method::POST, &unknown, "e", nobody).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_plan_is_read_and_changed() {
    let (app, client, path) = prepared().await;
    let plan = format!("{path}/reminder-plan");
    let all = json!({"day_before": true, "hour_before": true, "after_start": true, "on_change": true, "on_vote": true});
    assert_eq!(client.get(&plan).await.json(), all);
    let some = json!({"day_before": false, "hour_before": true, "after_start": false, "on_change": true, "on_vote": false});
    assert_eq!(write(&client, Method::PUT, &plan, "p", some.clone()).await, (StatusCode::OK, some.clone()));
    assert_eq!(client.get(&plan).await.json(), some);
    // A program that was written before there were notices of votes.
    let older = json!({"day_before": true, "hour_before": true, "after_start": true, "on_change": true});
    assert_eq!(write(&client, Method::PUT, &plan, "o", older).await, (StatusCode::OK, all));
    let viewer = app.program_of(yishiting::people::staff::Role::Viewer).await;
    assert_eq!(write(&viewer, Method::PUT, &plan, "v", some).await.0, StatusCode::FORBIDDEN);
}
