//! Other systems at the case database: commands, keys, versions, and the ordered feed.

use reqwest::{Method, StatusCode};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use yishiting::cases::access::{self, Seat};
use yishiting::cases::act::{Act, TABLE};
use yishiting::cases::model::{Kind, Part, State, case_file};
use yishiting::people::session::{self, Kind as Session};
use yishiting::people::staff::{self, Role};

use crate::support::town::{Town, liaison, moderator, public, says, to};
use crate::support::{ADMIN_PASSWORD, Answer, Client};

/// A program of an account with these offices.
pub async fn program(town: &Town, username: &str, seats: &[(Part, &str)]) -> Client {
    let id = staff::add(&town.base, username, "周建国", Role::Viewer, ADMIN_PASSWORD, "test").await.unwrap();
    for (part, unit) in seats {
        let seat = Seat { part: *part, unit: (*unit).to_string() };
        access::appoint(&town.cases, id, &seat, true, "test").await.unwrap();
    }
    let opened = session::open(&town.base, Session::Api, id, "test").await.unwrap();
    town.app.browser().with_bearer(&opened.token)
}

/// A registered system, and the key that it was shown.
pub async fn system(town: &Town, username: &str, channel: &str, trusted: bool) -> (Client, String) {
    let client = program(town, username, &[]).await;
    let admin = town.app.program_of(Role::Admin).await;
    let body = json!({"username": username, "channel": channel, "trusted": trusted});
    let answer = admin.post_json("/api/v1/cases/systems", &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    (client, answer.json()["key"].as_str().unwrap().to_string())
}

pub fn dark_street(external: &str) -> Value {
    json!({"external_id": external, "kind": "help", "category": "road", "title": "万松路路灯不亮",
        "body": "一个多月不亮，晚上走路很危险。", "place": "万松路 88 号",
        "latitude": 27.7808, "longitude": 120.6505})
}

async fn acts(client: &Client, number: i64, act: &str, version: &str, key: &str, body: Value) -> Answer {
    let path = format!("/api/v1/cases/{number}/acts/{act}");
    let mut request = client.request(Method::POST, &path).json(&body);
    if !version.is_empty() {
        request = request.header("If-Match", version);
    }
    client.send(request.header("Idempotency-Key", key)).await
}

#[tokio::test]
async fn a_channel_files_a_case_and_an_office_brings_it_to_its_end() {
    let town = Town::open().await;
    let (web, _) = system(&town, "web-portal", "web", true).await;
    let desk = program(&town, "zhou", &[(Part::Moderator, "")]).await;
    let unit = program(&town, "lin", &[(Part::Liaison, "jsj")]).await;
    let mut new = dark_street("A-1");
    new["contact"] = json!("陈晓燕 13812346021");
    let filed = web.post_json("/api/v1/cases", &new).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text);
    let no = filed.json()["public_no"].as_i64().unwrap();
    assert_eq!(acts(&unit, no, "first_reply", "1", "u0", json!({"text": "x"})).await.status, 404);
    let seen = desk.get(&format!("/api/v1/cases/{no}")).await;
    assert_eq!(
        (seen.headers["etag"].to_str().unwrap(), &seen.json()["state"]),
        ("\"1\"", &json!("submitted"))
    );
    assert!(!seen.text.contains("13812346021"), "{}", seen.text);
    let done = acts(&desk, no, "forward", "\"1\"", "d1", json!({"unit": "jsj"})).await;
    assert_eq!((done.status, &done.json()["state"]), (StatusCode::OK, &json!("forwarded")), "{}", done.text);
    let replied = acts(&unit, no, "first_reply", "\"2\"", "u1", json!({"text": "已派人查看。"})).await;
    assert_eq!(replied.status, StatusCode::OK, "{}", replied.text);
    let shown = acts(&unit, no, "reveal", "3", "u2", json!({"text": "需要联系诉求人"})).await;
    assert_eq!(shown.json()["contact"], "陈晓燕 13812346021", "{}", shown.text);
    let answer = json!({"text": "路灯已修好。", "signed_by": "王敏"});
    assert_eq!(acts(&unit, no, "answer", "4", "u3", answer).await.json()["state"], "answered");
    let mine = web.get(&format!("/api/v1/cases/{no}")).await.json();
    assert_eq!((&mine["scope"], &mine["acts"]), (&json!("own"), &json!(["rate", "add_facts"])), "{mine}");
    assert!(!mine.to_string().contains("需要联系"), "{mine}");
    let rated = acts(&web, no, "rate", "5", "w1", json!({"scores": [5, 4], "text": "很快"})).await;
    assert_eq!(rated.json()["state"], "closed", "{}", rated.text);
    town.verifies().await;
}

#[tokio::test]
async fn the_same_filing_is_one_case_by_key_and_by_its_own_name() {
    let town = Town::open().await;
    let (web, _) = system(&town, "web-portal", "web", false).await;
    let (other, _) = system(&town, "app", "app", false).await;
    let first = web.post_json("/api/v1/cases", &dark_street("A-1")).await.json();
    let together = futures_util::future::join_all(
        (0..6).map(|_| async { web.post_json("/api/v1/cases", &dark_street("A-1")).await.json() }),
    );
    assert!(together.await.iter().all(|again| *again == first), "{first}");
    assert_ne!(other.post_json("/api/v1/cases", &dark_street("A-1")).await.json(), first);
    let keyed =
        |body: Value| web.request(Method::POST, "/api/v1/cases").header("Idempotency-Key", "k").json(&body);
    let mut nameless = dark_street("");
    let one = web.send(keyed(nameless.clone())).await.json();
    assert_eq!(web.send(keyed(nameless.clone())).await.json(), one);
    nameless["title"] = json!("隆山路路灯不亮");
    assert_eq!(web.send(keyed(nameless)).await.json()["code"], "op_conflict");
    assert_eq!(case_file::Entity::find().count(town.base.db.read()).await.unwrap(), 3);
    let found = web.get("/api/v1/cases?external_id=A-1").await.json();
    assert_eq!(
        (&found["items"][0]["public_no"], found["items"].as_array().unwrap().len()),
        (&first["public_no"], 1)
    );
    assert_eq!(web.get("/api/v1/cases?external_id=B-1").await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_command_names_the_version_that_it_saw_and_a_stale_one_is_told_the_present_one() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let no = town.files(chen).await.public_no;
    let desk = program(&town, "zhou", &[(Part::Moderator, "")]).await;
    let note = json!({"text": "已电话核实。"});
    let none = acts(&desk, no, "note", "", "a", note.clone()).await;
    assert_eq!((none.status.as_u16(), &none.json()["code"]), (428, &json!("case_version_required")));
    assert_eq!(acts(&desk, no, "note", "soon", "b", note.clone()).await.json()["field"], "If-Match");
    assert_eq!(acts(&desk, no, "note", "W/\"1\"", "c", note.clone()).await.json()["version"], 2);
    let stale = acts(&desk, no, "forward", "1", "d", json!({"unit": "jsj"})).await;
    assert_eq!((stale.status, &stale.json()["code"]), (StatusCode::CONFLICT, &json!("case_stale")));
    assert_eq!((&stale.json()["version"], stale.headers["etag"].to_str().unwrap()), (&json!(2), "\"2\""));
    // A repeat of what was done is that success, although the version went on.
    let again = acts(&desk, no, "note", "W/\"1\"", "c", note.clone()).await;
    assert_eq!(
        (again.status, again.headers["idempotent-replayed"].to_str().unwrap()),
        (StatusCode::OK, "true")
    );
    let done = futures_util::future::join_all((0..4).map(|n| {
        let (desk, note) = (&desk, note.clone());
        async move { acts(desk, no, "note", "2", &format!("n{n}"), note).await.status }
    }));
    let done = done.await;
    assert_eq!(done.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{done:?}");
    let wrong = acts(&desk, no, "answer", "*", "e", json!({"text": "x", "signed_by": "y"})).await;
    assert_eq!(wrong.json()["code"], "case_forbidden");
    let state = acts(&desk, no, "unmerge", "*", "f", json!({})).await;
    assert_eq!((&state.json()["code"], &state.json()["version"]), (&json!("case_state"), &json!(3)));
    for (act, body) in [("submit", json!({})), ("nothing", json!({}))] {
        assert_eq!(acts(&desk, no, act, "*", "g", body).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(acts(&desk, no, "note", "*", "h", json!({"txt": "x"})).await.status, 422);
    assert_eq!(town.state(town.cases_of(no).await).await, State::Submitted);
}

#[tokio::test]
async fn a_system_follows_only_what_it_filed_and_the_accused_read_nothing() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let mut filing = town.filing(chen);
    (filing.kind, filing.accused_unit) = (Kind::Accusation, Some("police".to_string()));
    let secret = town.try_file(filing).await.unwrap();
    town.does(&moderator(), secret.id, Act::Forward, to("gov")).await;
    let open = town.forwarded(chen, "jsj").await;
    let (web, _) = system(&town, "web-portal", "web", false).await;
    let police = program(&town, "police", &[(Part::Liaison, "police"), (Part::Head, "traffic")]).await;
    let journalist = program(&town, "pen", &[(Part::Journalist, "")]).await;
    for (client, number) in [
        (&web, open.public_no),
        (&web, secret.public_no),
        (&police, secret.public_no),
        (&journalist, open.public_no),
    ] {
        assert_eq!(client.get(&format!("/api/v1/cases/{number}")).await.json()["code"], "case_not_found");
        assert_eq!(acts(client, number, "add_facts", "*", "k", json!({"text": "x"})).await.status, 404);
        assert_eq!(client.get("/api/v1/cases").await.json()["items"], json!([]));
        assert_eq!(client.get("/api/v1/cases/changes").await.json(), json!({"items": [], "next": 0}));
    }
    let lines =
        yishiting::people::audit::newest(&town.base, Some(&secret.public_no.to_string()), 5).await.unwrap();
    assert_eq!(lines[0].action, "case.denied");
    // What is public is everybody's, in its public words.
    town.does(&moderator(), open.id, Act::Publish, public("路灯不亮", "一个多月了。")).await;
    town.does(&liaison("jsj"), open.id, Act::Note, says("缺备件。")).await;
    for client in [&web, &journalist] {
        let read = client.get(&format!("/api/v1/cases/{}", open.public_no)).await;
        assert_eq!((&read.json()["scope"], &read.json()["body"]), (&json!("public"), &json!("一个多月了。")));
        assert!(!read.text.contains("缺备件") && !read.text.contains("13812346021"), "{}", read.text);
        let changes = client.get("/api/v1/cases/changes").await.json();
        assert_eq!(changes["items"].as_array().unwrap().len(), 2, "{changes}");
    }
    let mut with = dark_street("A");
    with["contact"] = json!("陈晓燕 13812346021");
    assert_eq!(web.post_json("/api/v1/cases", &with).await.json()["code"], "case_untrusted");
    assert_eq!(police.post_json("/api/v1/cases", &dark_street("A")).await.json()["code"], "case_no_channel");
}

#[tokio::test]
async fn what_is_wrong_with_a_filing_is_named() {
    let town = Town::open().await;
    let (web, _) = system(&town, "web-portal", "web", true).await;
    for (field, value, named) in [
        ("title", json!(""), "title"),
        ("body", json!("灯".repeat(4001)), "body"),
        ("category", json!("nothing"), "category"),
        ("latitude", json!(31.2), "place"),
        ("latitude", json!(null), "latitude"),
        ("longitude", json!(999), "latitude"),
        ("crs", json!("mars"), "crs"),
        ("external_id", json!("x".repeat(101)), "external_id"),
        ("accused_unit", json!("nobody"), "accused_unit"),
        ("kind", json!("joke"), "body"),
        ("phone", json!("1"), "body"),
    ] {
        let mut new = dark_street("A");
        new[field] = value;
        let answer = web.post_json("/api/v1/cases", &new).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["field"]),
            (422, &json!(named)),
            "{field}: {}",
            answer.text
        );
    }
    let mut gcj = dark_street("A");
    (gcj["latitude"], gcj["longitude"], gcj["crs"]) = (json!(27.778), json!(120.655), json!("gcj02"));
    let no = web.post_json("/api/v1/cases", &gcj).await.json()["public_no"].as_i64().unwrap();
    let file = town.file(town.cases_of(no).await).await;
    let moved = (f64::from(file.latitude.unwrap()) / 1e6 - 27.778).abs();
    assert!((0.001..0.01).contains(&moved), "kept as WGS-84: {moved}");
}

#[tokio::test]
async fn the_feed_is_complete_and_waits_for_what_comes() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let desk = program(&town, "zhou", &[(Part::Moderator, "")]).await;
    futures_util::future::join_all((0..12).map(|_| town.files(chen))).await;
    let mut after = 0;
    let mut seen = Vec::new();
    loop {
        let page = desk.get(&format!("/api/v1/cases/changes?after={after}&limit=5")).await.json();
        after = page["next"].as_i64().unwrap();
        let items = page["items"].as_array().unwrap().clone();
        if items.is_empty() {
            break;
        }
        seen.extend(items.iter().map(|item| item["seq"].as_i64().unwrap()));
    }
    assert_eq!(seen, (1..=12).collect::<Vec<_>>());
    let path = format!("/api/v1/cases/changes?after={after}&wait=30");
    let no = town.cases_number().await;
    let (told, _) = tokio::join!(desk.get(&path), async {
        acts(&desk, no, "forward", "*", "k", json!({"unit": "jsj"})).await
    });
    let told = told.json();
    assert_eq!((&told["items"][0]["act"], &told["next"]), (&json!("forward"), &json!(13)), "{told}");
    assert_eq!(desk.get("/api/v1/cases/changes?after=x").await.status, 400);
}

#[tokio::test]
async fn only_administrators_admit_systems_and_a_key_ends_when_it_is_renewed() {
    let town = Town::open().await;
    let (web, key) = system(&town, "web-portal", "web", true).await;
    assert_eq!(web.get("/api/v1/cases/systems").await.status, StatusCode::FORBIDDEN);
    let admin = town.app.program_of(Role::Admin).await;
    let list = admin.get("/api/v1/cases/systems").await;
    assert_eq!(
        (&list.json()["items"][0]["username"], list.text.contains(&key)),
        (&json!("web-portal"), false)
    );
    let again = json!({"username": "web-portal", "channel": "app"});
    assert_ne!(admin.post_json("/api/v1/cases/systems", &again).await.json()["key"], json!(key));
    assert_eq!(admin.get("/api/v1/cases/systems").await.json()["items"][0]["channel"], "app");
    let unknown = json!({"username": "nobody", "channel": "app"});
    assert_eq!(admin.post_json("/api/v1/cases/systems", &unknown).await.json()["code"], "case_no_partner");
    let gone = || admin.request(Method::DELETE, "/api/v1/cases/systems/web-portal");
    assert_eq!(admin.send(gone()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(admin.send(gone()).await.status, StatusCode::NOT_FOUND);
    assert_eq!(web.post_json("/api/v1/cases", &dark_street("A")).await.json()["code"], "case_no_channel");
}

#[test]
fn the_description_names_every_act_that_there_is() {
    let document: Value = serde_json::from_str(yishiting::server::openapi::DOCUMENT).unwrap();
    let named = document["components"]["parameters"]["CaseAct"]["schema"]["enum"].as_array().unwrap().clone();
    let acts: Vec<Value> =
        TABLE.iter().filter(|row| row.act != Act::Submit).map(|row| json!(row.act.word())).collect();
    assert_eq!(named, acts);
}
