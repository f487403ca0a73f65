//! Votes over the API: a program runs its own rounds, and knows of others what is published.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use yishiting::people::staff::Role;

use crate::support::Client;
use crate::support::chamber::{Chamber, motion};

async fn posts(program: &Client, path: &str, body: Value) -> (StatusCode, Value) {
    let answer = program.post_json(path, &body).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn a_program_runs_its_own_round_and_sees_the_result_when_it_is_published() {
    let chamber = Chamber::of(3).await;
    let program = chamber.hall.app.organiser().await;
    let rule = chamber.template(motion()).await;
    let rounds = format!("/api/v1/meetings/{}/rounds", chamber.hall.id);
    let templates = program.get("/api/v1/ballot-templates").await.json();
    assert!(templates["items"].as_array().unwrap().iter().any(|one| one["key"] == rule.as_str()));
    let draft = json!({"template": rule, "question": "关于调整会期的议案"});
    let (status, made) = posts(&program, &rounds, draft.clone()).await;
    assert_eq!((status, &made["state"], &made["number"]), (StatusCode::CREATED, &json!("draft"), &json!(1)));
    let id = made["id"].as_str().unwrap().to_string();
    let one = format!("{rounds}/{id}");
    let act = async |verb: &str| posts(&program, &format!("{one}/{verb}"), json!({})).await;
    assert_eq!(act("ready").await.1["state"], "ready");
    let edited = program.send(program.request(Method::PUT, &one).json(&draft)).await;
    assert_eq!((edited.status, &edited.json()["code"]), (StatusCode::CONFLICT, &json!("round_state")));
    assert_eq!(act("open").await.1["state"], "open");
    let round = id.parse().unwrap();
    chamber.all_vote(round, 0..2, "yes").await;
    // There is no way to vote for somebody.
    for verb in ["press", "vote", "votes"] {
        let body = json!({"person_ids": [chamber.people[2]], "option": "yes", "yes": true});
        assert_eq!(posts(&program, &format!("{one}/{verb}"), body).await.0, StatusCode::NOT_FOUND, "{verb}");
    }
    assert_eq!(act("close").await.1["state"], "closed");
    assert!(program.get(&one).await.json()["result"].is_null(), "nothing before it is published");
    assert_eq!(act("confirm").await.1["state"], "confirmed");
    assert_eq!(program.get(&format!("{one}/report.pdf")).await.json()["code"], "result_not_published");
    assert_eq!(act("publish").await.1["state"], "published");
    let told = program.get(&one).await.json();
    assert_eq!(told["result"]["sentence"], "2 × 2 > 3，通过");
    assert_eq!(told["result"]["items"][0]["counts"], json!([2, 0, 0]));
    let report = program.get(&format!("{one}/report.docx")).await;
    assert_eq!(report.status, StatusCode::OK);
}

#[tokio::test]
async fn a_round_of_another_organiser_is_not_there_until_it_is_published() {
    let chamber = Chamber::of(3).await;
    let id = chamber.opened(motion()).await;
    let rounds = format!("/api/v1/meetings/{}/rounds", chamber.hall.id);
    let one = format!("{rounds}/{id}");
    let stranger = chamber.hall.app.organiser().await;
    assert_eq!(stranger.get(&one).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.get(&rounds).await.json()["items"], json!([]));
    for verb in ["close", "void", "publish", "recuse", "manual"] {
        let body = json!({"reason": "x", "method": "hands", "present": 1, "papers": 1, "counts": [[1, 0, 0]], "witnesses": []});
        let (status, answer) = posts(&stranger, &format!("{one}/{verb}"), body).await;
        assert_eq!((status, &answer["code"]), (StatusCode::NOT_FOUND, &json!("round_not_found")), "{verb}");
    }
    let other = chamber.hall.another(|_| {}).await;
    let admin = chamber.hall.app.program_of(Role::Admin).await;
    let elsewhere = admin.get(&format!("/api/v1/meetings/{other}/rounds/{id}")).await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
    assert_eq!(admin.get(&one).await.json()["state"], "open");
    let viewer = chamber.hall.app.program_of(Role::Viewer).await;
    assert_eq!(viewer.get(&one).await.status, StatusCode::NOT_FOUND);
    assert_eq!(posts(&viewer, &format!("{one}/close"), json!({})).await.0, StatusCode::FORBIDDEN);
    for verb in ["close", "confirm", "publish"] {
        assert_eq!(posts(&admin, &format!("{one}/{verb}"), json!({})).await.0, StatusCode::OK, "{verb}");
    }
    assert_eq!(stranger.get(&one).await.json()["state"], "published");
    assert_eq!(viewer.get(&rounds).await.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn opening_twice_under_one_key_is_one_opening() {
    let chamber = Chamber::of(3).await;
    let program = chamber.hall.app.organiser().await;
    let rule = chamber.template(motion()).await;
    let rounds = format!("/api/v1/meetings/{}/rounds", chamber.hall.id);
    let body = json!({"template": rule, "question": "关于调整会期的议案"});
    let send = async || {
        let request = program.request(Method::POST, &rounds).header("Idempotency-Key", "k1").json(&body);
        program.send(request).await.json()["id"].clone()
    };
    assert_eq!(send().await, send().await);
    assert_eq!(program.get(&rounds).await.json()["items"].as_array().unwrap().len(), 1);
    let (status, answer) = posts(&program, &rounds, json!({"template": "none", "question": "x"})).await;
    assert_eq!((status, &answer["code"]), (StatusCode::NOT_FOUND, &json!("template_not_found")));
}
