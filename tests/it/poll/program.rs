//! Polls over the API.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use yishiting::ballot::poll::ask::Ask;
use yishiting::people::staff::Role;

use super::{Class, pace};
use crate::support::Client;

async fn posts(program: &Client, path: &str, body: Value) -> (StatusCode, Value) {
    let answer = program.post_json(path, &body).await;
    (answer.status, answer.json())
}

/// A meeting of this program's own account.
async fn own_meeting(program: &Client) -> String {
    let body = json!({
        "title": "干部培训班", "summary": "", "place": "市委党校",
        "starts_at": "2026-09-19T01:00:00Z", "ends_at": "2026-09-19T03:30:00Z",
        "checkin": {"opens_at": "2026-09-19T00:00:00Z", "closes_at": "2026-09-19T01:15:00Z"},
    });
    let (status, made) = posts(program, "/api/v1/meetings", body).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    made["id"].as_str().unwrap().to_string()
}

#[tokio::test]
async fn a_program_runs_the_polls_of_its_own_meeting() {
    let class = Class::of(1).await;
    let program = class.hall.app.organiser().await;
    let polls = format!("/api/v1/meetings/{}/polls", own_meeting(&program).await);
    let draft = json!({"question": "讲得清楚吗？😀", "options": ["清楚", "不清楚"], "multiple": true});
    let send = async || {
        let request = program.request(Method::POST, &polls).header("Idempotency-Key", "k1").json(&draft);
        program.send(request).await
    };
    let made = send().await;
    assert_eq!((made.status, &made.json()["state"]), (StatusCode::CREATED, &json!("draft")));
    assert_eq!(made.json()["notice"], "小调查，不是表决，不产生决议");
    assert_eq!(send().await.json()["id"], made.json()["id"]);
    let one = format!("{polls}/{}", made.json()["id"].as_str().unwrap());
    let edited = program.send(program.request(Method::PUT, &one).json(&draft)).await;
    assert_eq!(edited.status, StatusCode::OK, "{}", edited.text);
    for (verb, state) in [("open", "open"), ("show", "open"), ("hide", "open"), ("close", "closed")] {
        let (status, answer) = posts(&program, &format!("{one}/{verb}"), json!({})).await;
        assert_eq!((status, &answer["state"]), (StatusCode::OK, &json!(state)), "{verb}");
    }
    assert_eq!(posts(&program, &format!("{one}/open"), json!({})).await.1["code"], "poll_state");
    // There is no way to answer for somebody.
    for verb in ["answer", "answers", "press"] {
        let (status, _) = posts(&program, &format!("{one}/{verb}"), json!({})).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{verb}");
    }
    assert_eq!(program.get(&polls).await.json()["items"].as_array().unwrap().len(), 1);
    let wrong = json!({"question": "题", "options": ["甲"]});
    assert_eq!(posts(&program, &polls, wrong).await.1["code"], "poll_invalid");
}

#[tokio::test]
async fn a_meeting_of_another_account_is_not_there() {
    let class = Class::of(1).await;
    let id = class.opened(pace()).await;
    let stranger = class.hall.app.organiser().await;
    let viewer = class.hall.app.program_of(Role::Viewer).await;
    let polls = format!("/api/v1/meetings/{}/polls", class.hall.id);
    let one = format!("{polls}/{id}");
    for path in [&polls, &one] {
        for program in [&stranger, &viewer] {
            let answer = program.get(path).await;
            assert_eq!(
                (answer.status, &answer.json()["code"]),
                (StatusCode::NOT_FOUND, &json!("meeting_not_found"))
            );
        }
    }
    let draft = json!({"question": "题", "options": ["甲", "乙"]});
    assert_eq!(posts(&stranger, &polls, draft.clone()).await.0, StatusCode::NOT_FOUND);
    for verb in ["close", "show", "remove"] {
        assert_eq!(
            posts(&stranger, &format!("{one}/{verb}"), json!({})).await.0,
            StatusCode::NOT_FOUND,
            "{verb}"
        );
    }
    let own = own_meeting(&stranger).await;
    let crossed = stranger.get(&format!("/api/v1/meetings/{own}/polls/{id}")).await;
    assert_eq!((crossed.status, &crossed.json()["code"]), (StatusCode::NOT_FOUND, &json!("poll_not_found")));
    let admin = class.hall.app.program_of(Role::Admin).await;
    assert_eq!(admin.get(&one).await.json()["state"], "open");
    assert_eq!(class.answered(id).await, 0);
}

#[tokio::test]
async fn a_program_moderates_the_questions_of_its_own_meeting_and_sees_no_other() {
    let class = Class::of(1).await;
    let admin = class.hall.app.program_of(Role::Admin).await;
    let questions = format!("/api/v1/meetings/{}/questions", class.hall.id);
    let settings = format!("{questions}/settings");
    let put = async |program: &Client, body: Value| {
        program.send(program.request(Method::PUT, &settings).json(&body)).await
    };
    assert_eq!(admin.get(&settings).await.json(), json!({"asking": false, "moderated": true}));
    let on = json!({"asking": true, "moderated": true});
    assert_eq!(put(&admin, on.clone()).await.json(), on);
    let ask = Ask {
        meeting: class.hall.id,
        person: class.people[0],
        op: "1".to_string(),
        text: "课件什么时候发？".to_string(),
        unnamed: true,
    };
    let id = class.polls.ask(&ask).await.unwrap().id;
    let waiting = admin.get(&format!("{questions}?state=waiting")).await.json();
    assert_eq!(
        (&waiting["items"][0]["text"], &waiting["items"][0]["unnamed"]),
        (&json!(ask.text), &json!(true))
    );
    let stranger = class.hall.app.organiser().await;
    for path in [&questions, &settings] {
        assert_eq!(stranger.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(put(&stranger, on).await.status, StatusCode::NOT_FOUND);
    let refused = posts(&stranger, &format!("{questions}/{id}/publish"), json!({})).await;
    assert_eq!((refused.0, &refused.1["code"]), (StatusCode::NOT_FOUND, &json!("meeting_not_found")));
    for (verb, state) in
        [("publish", "public"), ("show", "public"), ("answered", "answered"), ("reject", "rejected")]
    {
        let (status, answer) = posts(&admin, &format!("{questions}/{id}/{verb}"), json!({})).await;
        assert_eq!((status, &answer["state"]), (StatusCode::OK, &json!(state)), "{verb}");
    }
    assert_eq!(
        posts(&admin, &format!("{questions}/{id}/answered"), json!({})).await.1["code"],
        "poll_question_state"
    );
    let own = own_meeting(&stranger).await;
    let crossed =
        posts(&stranger, &format!("/api/v1/meetings/{own}/questions/{id}/publish"), json!({})).await;
    assert_eq!((crossed.0, &crossed.1["code"]), (StatusCode::NOT_FOUND, &json!("poll_question_not_found")));
    assert_eq!(admin.get(&format!("{questions}?state=waiting")).await.json()["items"], json!([]));
}
