//! `/api/openapi.json` and the program say the same.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use yishiting::server::openapi::DOCUMENT;

use super::meetings::a_meeting;
use crate::support::TestApp;
use crate::tidy::source::files;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn document() -> Value {
    serde_json::from_str(DOCUMENT).unwrap()
}

/// (method, path) of everything that the document describes.
fn described() -> BTreeSet<(String, String)> {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, operations)| {
            let operations = operations.as_object().unwrap();
            METHODS
                .into_iter()
                .filter(|method| operations.contains_key(*method))
                .map(|method| (method.to_string(), path.clone()))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// (method, path) of everything under `/api/v1` that the source registers: `resource("/api/v1/…").get(…).post(…)`.
fn registered() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for file in files("src", &[".rs"]) {
        let text = &file.text[..file.tests_begin()];
        for part in text.split("resource(\"/api/v1/").skip(1) {
            let (path, rest) = part.split_once('"').unwrap();
            let own = rest.split([';', '{']).next().unwrap().split(".service(").next().unwrap();
            for method in METHODS.into_iter().filter(|method| own.contains(&format!(".{method}("))) {
                found.insert((method.to_string(), format!("/api/v1/{path}")));
            }
        }
    }
    found
}

#[test]
fn every_route_is_described_and_every_description_is_a_route() {
    let (described, registered) = (described(), registered());
    assert!(registered.len() > 15, "{registered:?}");
    assert_eq!(described.difference(&registered).collect::<Vec<_>>(), Vec::<&(String, String)>::new());
    assert_eq!(registered.difference(&described).collect::<Vec<_>>(), Vec::<&(String, String)>::new());
}

#[test]
fn every_reference_leads_somewhere_and_every_operation_has_a_name_of_its_own() {
    let document = document();
    let mut names = BTreeSet::new();
    walk(&document, &mut |value| {
        if let Some(target) = value["$ref"].as_str() {
            let place = target.strip_prefix('#').unwrap();
            assert!(document.pointer(place).is_some(), "{target} leads nowhere");
        }
        if let Some(name) = value["operationId"].as_str() {
            assert!(names.insert(name.to_string()), "{name} stands twice");
        }
    });
    assert_eq!(names.len(), described().len());
}

fn walk(value: &Value, look: &mut impl FnMut(&Value)) {
    look(value);
    match value {
        Value::Object(fields) => fields.values().for_each(|field| walk(field, look)),
        Value::Array(items) => items.iter().for_each(|item| walk(item, look)),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_is_served_to_everybody() {
    let app = TestApp::spawn().await;
    let answer = app.browser().get("/api/openapi.json").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["openapi"], "3.1.0");
}

#[tokio::test]
async fn nothing_but_the_login_is_open_to_strangers() {
    let app = TestApp::spawn().await;
    let id = uuid::Uuid::new_v4().to_string();
    for (method, path) in described() {
        if path == "/api/v1/login" {
            continue;
        }
        let path = path.replace("{id}", &id).replace("{entry}", &id).replace("{request}", &id);
        let stranger = app.browser();
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        let mut request = stranger.request(method.clone(), &path);
        if method != Method::GET {
            request = request.json(&json!({"people": [], "reason": "x"}));
        }
        let answer = stranger.send(request).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}: {}", answer.text);
        assert_eq!(answer.json()["code"], "login_required", "{path}");
    }
}

#[tokio::test]
async fn the_body_of_a_stranger_is_not_looked_at() {
    let app = TestApp::spawn().await;
    let stranger = app.browser();
    let path = format!("/api/v1/meetings/{}/roster", uuid::Uuid::new_v4());
    let json = stranger.request(Method::POST, &path).header("Content-Type", "application/json");
    assert_eq!(stranger.send(json.body("{")).await.json()["code"], "login_required");
    let file = reqwest::multipart::Part::bytes(vec![b'x'; 1 << 20]).file_name("名单.csv");
    let form = reqwest::multipart::Form::new().part("file", file);
    let answer = stranger.send(stranger.request(Method::POST, &path).multipart(form)).await;
    assert_eq!(answer.json()["code"], "login_required");
}

/// The schema of a successful answer.
fn schema_of(path: &str, method: &str, status: &str) -> Value {
    let document = document();
    let media = &document["paths"][path][method]["responses"][status]["content"]["application/json"];
    assert!(media["schema"].is_object(), "{method} {path} {status}");
    media["schema"].clone()
}

/// Every difference between `value` and what `schema` says of it.
fn differences(schema: &Value, value: &Value, place: &str) -> Vec<String> {
    if let Some(target) = schema["$ref"].as_str() {
        return differences(document().pointer(&target[1..]).unwrap(), value, place);
    }
    if let Some(any) = schema["oneOf"].as_array() {
        let fits = any.iter().filter(|one| differences(one, value, place).is_empty()).count();
        return if fits == 1 { Vec::new() } else { vec![format!("{place}: fits {fits} of oneOf")] };
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().map(|name| name.as_str().unwrap()).collect(),
        _ => return vec![format!("{place}: a schema without a type")],
    };
    let own = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !types.contains(&own) {
        return vec![format!("{place}: {own} where the document says {types:?}")];
    }
    let mut found = Vec::new();
    if let (Some(words), false) = (schema["enum"].as_array(), value.is_null())
        && !words.contains(value)
    {
        found.push(format!("{place}: {value} is none of {words:?}"));
    }
    if let Some(text) = value.as_str() {
        let well = match schema["format"].as_str() {
            Some("uuid") => text.parse::<uuid::Uuid>().is_ok(),
            Some("date-time") => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
            _ => true,
        };
        if !well {
            found.push(format!("{place}: {text} is no {}", schema["format"]));
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        found.extend(differences(&schema["items"], item, &format!("{place}[{index}]")));
    }
    if let Some(fields) = value.as_object() {
        for required in schema["required"].as_array().into_iter().flatten() {
            if !fields.contains_key(required.as_str().unwrap()) {
                found.push(format!("{place}: {required} is missing"));
            }
        }
        for (name, field) in fields {
            match schema["properties"].get(name) {
                Some(schema) => found.extend(differences(schema, field, &format!("{place}.{name}"))),
                None => found.push(format!("{place}: {name} is not described")),
            }
        }
    }
    found
}

#[track_caller]
fn fits(path: &str, method: &str, status: &str, value: &Value) {
    let found = differences(&schema_of(path, method, status), value, "answer");
    assert!(found.is_empty(), "{method} {path}: {found:#?} in {value:#}");
}

#[tokio::test]
async fn real_answers_are_as_described() {
    let app = TestApp::spawn().await;
    yishiting::people::staff::first_admin(&app.base).await.unwrap();
    let credentials = json!({"username": "admin", "password": crate::support::ADMIN_PASSWORD});
    let token = app.browser().post_json("/api/v1/login", &credentials).await.json();
    fits("/api/v1/login", "post", "200", &token);
    let desk = app.browser().with_bearer(token["token"].as_str().unwrap());
    fits("/api/v1/me", "get", "200", &desk.get("/api/v1/me").await.json());

    let made = desk.post_json("/api/v1/meetings", &a_meeting()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let made = made.json();
    fits("/api/v1/meetings", "post", "201", &made);
    let all = "/api/v1/meetings";
    fits(all, "get", "200", &desk.get(all).await.json());
    let one = "/api/v1/meetings/{id}";
    let at = |path: &str| path.replace("{id}", made["id"].as_str().unwrap());
    fits(one, "get", "200", &desk.get(&at(one)).await.json());

    let roster = "/api/v1/meetings/{id}/roster";
    let people = json!({"people": [
        {"name": "江一帆", "unit": "市金融办", "phone": "13812346021", "seat": "3 排 12 座"},
        {"name": "王海", "unit": "市教育局", "phone": "13812346022", "role": "列席"},
        {"name": "", "unit": "市教育局", "phone": "1"},
    ]});
    fits(roster, "post", "200", &desk.post_json(&at(roster), &people).await.json());
    let entries = desk.get(&at(roster)).await.json();
    fits(roster, "get", "200", &entries);

    let checkins = "/api/v1/meetings/{id}/checkins";
    let body = json!({"roster_id": entries["items"][0]["id"], "reason": "手机没电"});
    let done = desk.post_json(&at(checkins), &body).await.json();
    fits(checkins, "post", "200", &done);
    let batch = json!({"roster_ids": [entries["items"][1]["id"]], "reason": "纸质签到"});
    let batch = desk.post_json(&at(checkins), &batch).await.json();
    fits(checkins, "post", "200", &batch);
    let attendance = "/api/v1/meetings/{id}/attendance";
    fits(attendance, "get", "200", &desk.get(&at(attendance)).await.json());

    let undo = "/api/v1/meetings/{id}/checkins/undo";
    let body = json!({"event_id": done["event_id"], "reason": "点错了"});
    fits(undo, "post", "200", &desk.post_json(&at(undo), &body).await.json());
    let body = json!({"batch_id": batch["batch_id"], "reason": "点错了"});
    fits(undo, "post", "200", &desk.post_json(&at(undo), &body).await.json());
    let requests = "/api/v1/meetings/{id}/requests";
    fits(requests, "get", "200", &desk.get(&at(requests)).await.json());
    let wrong = desk.get("/api/v1/meetings?cursor=x").await.json();
    let found = differences(&document()["components"]["schemas"]["Error"], &wrong, "error");
    assert!(found.is_empty(), "{found:?}");
}
