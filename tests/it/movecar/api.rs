//! Car-moving for programs: the same rules as at the desk.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use yishiting::movecar::driver::Act;
use yishiting::movecar::model::State;
use yishiting::people::staff::Role;

use crate::support::Client;
use crate::support::yard::{KNOWN, OWNER, Yard};

async fn does(program: &Client, id: &str, verb: &str, body: Value, key: &str) -> (StatusCode, Value) {
    let request = program.request(Method::POST, &format!("/api/v1/car/cases/{id}/{verb}")).json(&body);
    let answer = program.send(request.header("Idempotency-Key", key)).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn a_program_lists_takes_and_closes_what_waits() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    let program = yard.app.organiser().await;
    let list = program.get("/api/v1/car/cases").await;
    assert!(!list.text.contains(OWNER) && !list.text.contains(KNOWN), "{}", list.text);
    let case = list.json()["items"][0].clone();
    assert_eq!((&case["plate"], &case["numbers"]), (&json!("浙C1**45"), &json!([number])));
    assert_eq!(
        (&case["state"], &case["waits"], &case["has_photo"]),
        (&json!("notified"), &json!(false), &json!(true))
    );
    assert_eq!(case["messages"][0]["state"], "delivered", "{case}");
    let id = case["id"].as_str().unwrap();
    assert_eq!(program.get(&format!("/api/v1/car/cases/{id}")).await.json(), case);

    let (status, taken) = does(&program, id, "take", json!({}), "k1").await;
    assert_eq!((status, &taken["state"]), (StatusCode::OK, &json!("desk")), "{taken}");
    assert_eq!(does(&program, id, "take", json!({}), "k1").await.1, taken);
    assert_eq!(yard.log(&number).await.iter().filter(|kind| *kind == "desk").count(), 1);
    let (status, closed) = does(&program, id, "close", json!({"result": "towed"}), "k2").await;
    assert_eq!(
        (status, &closed["state"], &closed["result"]),
        (StatusCode::OK, &json!("closed_by_desk"), &json!("towed"))
    );
    assert_eq!(yard.sees(driver, &number).await.head, "已拖移");
    assert_eq!(program.get("/api/v1/car/cases").await.json()["items"], json!([]));
    assert_eq!(program.get("/api/v1/car/cases?state=all").await.json()["items"][0]["id"], *id);
}

#[tokio::test]
async fn a_case_that_somebody_else_deals_with_is_not_taken_and_what_one_did_is_done() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    let (one, other) = (yard.app.organiser().await, yard.app.organiser().await);
    let id = yard.case(&number).await.id.to_string();
    assert_eq!(does(&one, &id, "take", json!({}), "a").await.0, StatusCode::OK);
    let (status, refused) = does(&other, &id, "take", json!({}), "b").await;
    assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &json!("car_late")));
    let towed = json!({"result": "towed"});
    assert_eq!(does(&one, &id, "close", towed.clone(), "c").await.0, StatusCode::OK);
    // As after a first try whose answer got lost before it was kept: the same act by the same account.
    assert_eq!(does(&one, &id, "close", towed.clone(), "d").await.0, StatusCode::OK);
    assert_eq!(does(&one, &id, "close", json!({"result": "fined"}), "e").await.0, StatusCode::CONFLICT);
    assert_eq!(does(&other, &id, "close", towed, "f").await.0, StatusCode::CONFLICT);
    assert_eq!(yard.case(&number).await.result.as_deref(), Some("towed"));
}

#[tokio::test]
async fn a_doubtful_request_is_released_once() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let mut wish = yard.wish(driver, KNOWN);
    wish.spot.as_mut().unwrap().at = (31.23, 121.47);
    let number = yard.asks(wish).await;
    let program = yard.app.organiser().await;
    let case = program.get("/api/v1/car/cases").await.json()["items"][0].clone();
    assert_eq!((&case["doubt"], &case["waits"]), (&json!("far_place"), &json!(true)));
    let id = case["id"].as_str().unwrap();
    for key in ["a", "b"] {
        let (status, case) = does(&program, id, "release", json!({}), key).await;
        assert_eq!((status, &case["doubt"]), (StatusCode::OK, &Value::Null), "{case}");
    }
    yard.run().await;
    assert_eq!((yard.state(&number).await, yard.count(&number).await), (State::Notifying, (1, 1)));
}

#[tokio::test]
async fn who_may_look_may_not_deal_with_cases_and_strangers_may_do_neither() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let id = yard.case(&yard.asked(driver).await).await.id.to_string();
    let viewer = yard.app.program_of(Role::Viewer).await;
    assert_eq!(viewer.get(&format!("/api/v1/car/cases/{id}")).await.status, StatusCode::OK);
    assert_eq!(does(&viewer, &id, "take", json!({}), "a").await.0, StatusCode::FORBIDDEN);
    let nobody = yard.app.browser();
    assert_eq!(nobody.get("/api/v1/car/cases").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(does(&nobody, &id, "take", json!({}), "a").await.0, StatusCode::UNAUTHORIZED);
    let program = yard.app.organiser().await;
    let missing = "00000000-0000-0000-0000-000000000000";
    assert_eq!(does(&program, missing, "take", json!({}), "a").await.0, StatusCode::NOT_FOUND);
    let wrong = does(&program, &id, "close", json!({"result": "vanished"}), "b").await;
    assert_eq!(wrong.0, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.1);
}

#[tokio::test]
async fn lists_come_in_pages_and_figures_by_month() {
    let yard = Yard::open().await;
    for n in 0..6 {
        let driver = yard.driver(&format!("driver {n}")).await;
        let number = yard.asks(yard.wish(driver, &format!("浙C8100{n}"))).await;
        yard.minutes(2).await;
        yard.acts(driver, &number, Act::Moved).await.unwrap();
    }
    let program = yard.app.organiser().await;
    let first = program.get("/api/v1/car/cases?state=all&limit=4").await.json();
    assert_eq!(first["items"].as_array().unwrap().len(), 4);
    let next = first["next"].as_str().unwrap();
    let second = program.get(&format!("/api/v1/car/cases?state=all&limit=4&cursor={next}")).await.json();
    assert_eq!((second["items"].as_array().unwrap().len(), &second["next"]), (2, &Value::Null));
    for query in ["state=some", "cursor=x", "limit=x"] {
        assert!(program.get(&format!("/api/v1/car/cases?{query}")).await.status.is_client_error(), "{query}");
    }
    let figures = program.get("/api/v1/car/statistics").await.json();
    assert_eq!(
        (&figures["month"], &figures["cases"], &figures["moved"]),
        (&json!("2026-09"), &json!(6), &json!(6))
    );
    assert_eq!((&figures["moved_minutes"]["median"], &figures["hours"][10]), (&json!(2), &json!(6)));
    // No owner answered: too few to say how fast.
    assert_eq!((&figures["answered"], &figures["reply_minutes"]), (&json!(0), &Value::Null));
    assert_eq!(program.get("/api/v1/car/statistics?month=2026-08").await.json()["cases"], 0);
    assert!(program.get("/api/v1/car/statistics?month=autumn").await.status.is_client_error());
}
