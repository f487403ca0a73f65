//! Signed messages to other systems: who hears of what, in which order, how often it is tried, and where nothing goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use yishiting::cases::act::Act;
use yishiting::cases::model::{Kind, Part, case_hook};
use yishiting::cases::webhook::{self, ID, SIGNATURE, TIMESTAMP, deliver, hooks};
use yishiting::people::staff::Role;

use super::systems::program;
use crate::support::Client;
use crate::support::town::{Town, answers, liaison, moderator, says, to};

/// What a receiver was sent.
#[derive(Clone, Debug)]
pub struct Heard {
    pub id: String,
    timestamp: i64,
    signature: String,
    body: String,
}

impl Heard {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Somebody else's server, which answers with the status that a test sets.
pub struct Receiver {
    pub url: String,
    status: Arc<AtomicU16>,
    pub heard: mpsc::UnboundedReceiver<Heard>,
}

impl Receiver {
    pub async fn open() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let status = Arc::new(AtomicU16::new(200));
        let (tell, heard) = mpsc::unbounded_channel();
        let says = status.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (tell, says) = (tell.clone(), says.clone());
                tokio::spawn(async move {
                    let Some(heard) = read(&mut stream).await else { return };
                    let code = says.load(Ordering::SeqCst);
                    let head = format!(
                        "HTTP/1.1 {code} x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    );
                    tell.send(heard).unwrap_or_default();
                    stream.write_all(head.as_bytes()).await.unwrap_or_default();
                });
            }
        });
        Receiver { url, status, heard }
    }

    fn answers(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    pub fn all(&mut self) -> Vec<Heard> {
        std::iter::from_fn(|| self.heard.try_recv().ok()).collect()
    }

    /// Kinds of what came, with the numbers of their cases.
    fn told(&mut self) -> Vec<String> {
        self.all().iter().map(|heard| heard.json()["type"].as_str().unwrap().to_string()).collect()
    }
}

/// `None`: whoever was sending went away.
async fn read(stream: &mut tokio::net::TcpStream) -> Option<Heard> {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4096];
        let length = stream.read(&mut part).await.ok().filter(|length| *length > 0)?;
        bytes.extend_from_slice(&part[..length]);
        let text = String::from_utf8_lossy(&bytes).to_string();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let field = |name: &str| {
            let line = head
                .lines()
                .find(|line| line.to_lowercase().starts_with(&format!("{}:", name.to_lowercase())));
            line.and_then(|line| line.split_once(": "))
                .map_or_else(String::new, |(_, value)| value.to_string())
        };
        if body.len() >= field("Content-Length").parse::<usize>().unwrap() {
            return Some(Heard {
                id: field(ID),
                timestamp: field(TIMESTAMP).parse().unwrap(),
                signature: field(SIGNATURE),
                body: body.to_string(),
            });
        }
    }
}

/// A town that may send to these addresses of the inner network.
pub async fn town(urls: &[&str]) -> Town {
    let rules = include_str!("../../../wechat-config/cases.toml");
    let named = rules.replace("origins = []", &format!("origins = {urls:?}"));
    assert_ne!(named, rules);
    let rules = named.replace("inside = []", "inside = [\"127.0.0.1\"]");
    Town::open_in(|folder| std::fs::write(folder.join("cases.toml"), &rules).unwrap()).await
}

/// A target of an account with these offices; its id and secret.
pub async fn target(town: &Town, name: &str, seats: &[(Part, &str)], url: &str) -> (uuid::Uuid, String) {
    program(town, name, seats).await;
    let (hook, secret) = hooks::add(&town.cases, name, &format!("{url}/hook"), &[], "test").await.unwrap();
    (hook.id, secret)
}

pub async fn step(town: &Town, id: uuid::Uuid) {
    let client = deliver::client(&town.cases).unwrap();
    deliver::step(&town.cases, &client, id).await.unwrap();
}

async fn state(town: &Town, id: uuid::Uuid, state: &str) -> Vec<i64> {
    let rows = hooks::deliveries(&town.cases, id, Some(state)).await.unwrap();
    rows.into_iter().rev().map(|row| row.seq).collect()
}

#[tokio::test]
async fn a_receiver_hears_signed_of_its_cases_in_order_and_of_nobody() {
    let mut receiver = Receiver::open().await;
    let town = town(&[&receiver.url]).await;
    let chen = town.citizen("chen").await;
    town.files(chen).await;
    let (id, secret) = target(&town, "oa", &[(Part::Liaison, "jsj")], &receiver.url).await;
    let case = town.answered(chen, "jsj").await;
    town.forwarded(chen, "jtj").await;
    step(&town, id).await;
    let heard = receiver.all();
    let types: Vec<String> =
        heard.iter().map(|one| one.json()["type"].as_str().unwrap().to_string()).collect();
    assert_eq!(types, ["case.submit", "case.forward", "case.first_reply", "case.answer"]);
    for one in &heard {
        let now = town.clock.now();
        let good =
            webhook::verify(&[&secret], &one.id, one.timestamp, one.body.as_bytes(), &one.signature, now);
        assert_eq!(good, Ok(()));
        assert_eq!(
            (one.json()["id"].as_str().unwrap(), &one.json()["case"]["public_no"]),
            (one.id.as_str(), &json!(case.public_no))
        );
        for secret in ["138", "陈晓燕", "路灯", "万松路", "已派人"] {
            assert!(!one.body.contains(secret), "{}", one.body);
        }
    }
    step(&town, id).await;
    assert_eq!(receiver.told(), Vec::<String>::new(), "once");
}

#[tokio::test]
async fn the_accused_unit_is_told_nothing_and_others_little_of_what_is_confidential() {
    let mut receiver = Receiver::open().await;
    let town = town(&[&receiver.url]).await;
    let (accused, _) = target(&town, "police", &[(Part::Liaison, "police")], &receiver.url).await;
    let (office, _) = target(&town, "gov", &[(Part::Liaison, "gov")], &receiver.url).await;
    let mut filing = town.filing(town.citizen("chen").await);
    (filing.kind, filing.accused_unit) = (Kind::Accusation, Some("police".to_string()));
    let case = town.try_file(filing).await.unwrap();
    town.does(&moderator(), case.id, Act::Forward, to("gov")).await;
    step(&town, accused).await;
    assert_eq!(receiver.told(), Vec::<String>::new());
    step(&town, office).await;
    let heard = receiver.all();
    assert_eq!((heard.len(), &heard[1].json()["case"]["lead_unit"]), (2, &Value::Null));
}

#[tokio::test]
async fn what_fails_is_tried_again_later_and_later_then_parked_and_replayed_by_staff() {
    let mut receiver = Receiver::open().await;
    let town = town(&[&receiver.url]).await;
    let chen = town.citizen("chen").await;
    let (id, _) = target(&town, "oa", &[(Part::Moderator, "")], &receiver.url).await;
    let case = town.forwarded(chen, "jsj").await;
    // A redirect is no delivery, and nobody follows it.
    receiver.answers(302);
    step(&town, id).await;
    assert_eq!(receiver.told(), ["case.submit"], "what came after it in the case waits");
    step(&town, id).await;
    assert_eq!(receiver.told(), Vec::<String>::new(), "not before its time");
    town.files(chen).await;
    step(&town, id).await;
    assert_eq!(receiver.told(), ["case.submit"], "another case does not wait");
    for _ in 0..20 {
        town.clock.advance(chrono::TimeDelta::hours(30));
        step(&town, id).await;
    }
    assert_eq!(state(&town, id, "parked").await, [1, 2, 3]);
    assert_eq!(receiver.all().len(), 3 * 8 - 2);
    let parked = hooks::deliveries(&town.cases, id, Some("parked")).await.unwrap();
    assert_eq!((parked[0].tries, parked[0].outcome.as_str()), (8, "302"));
    receiver.answers(204);
    town.does(&liaison("jsj"), case.id, Act::FirstReply, says("已派人查看。")).await;
    step(&town, id).await;
    assert_eq!(receiver.told(), ["case.first_reply"], "what was parked holds nothing back");
    let admin = town.app.program_of(Role::Admin).await;
    let path = format!("/api/v1/cases/hooks/{id}");
    let shown = admin.get(&format!("{path}/deliveries?state=parked")).await.json();
    assert_eq!(shown["items"].as_array().unwrap().len(), 3);
    let again = admin.post_json(&format!("{path}/replay"), &json!({"from": 2})).await;
    assert_eq!(again.json(), json!({"again": 3}), "{}", again.text);
    step(&town, id).await;
    assert_eq!(receiver.told(), ["case.forward", "case.submit", "case.first_reply"]);
    assert_eq!(state(&town, id, "parked").await, [1]);
    town.clock.advance(chrono::TimeDelta::days(31));
    assert_eq!(hooks::sweep(&town.cases).await.unwrap(), 3);
    hooks::replay(&town.cases, id, 1, "test").await.unwrap();
    step(&town, id).await;
    assert_eq!(receiver.told().len(), 4, "what was removed is made anew");
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_asked_once_a_go_and_holds_up_nobody() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hanging = format!("http://{}", silent.local_addr().unwrap());
    let mut receiver = Receiver::open().await;
    let town = town(&[&hanging, &receiver.url, "http://127.0.0.1:9"]).await;
    let chen = town.citizen("chen").await;
    target(&town, "slow", &[(Part::Moderator, "")], &hanging).await;
    let (dead, _) = target(&town, "dead", &[(Part::Moderator, "")], "http://127.0.0.1:9").await;
    target(&town, "good", &[(Part::Moderator, "")], &receiver.url).await;
    let running = tokio::spawn(deliver::run(town.cases.clone()));
    for _ in 0..3 {
        town.answered(chen, "jsj").await;
    }
    for _ in 0..12 {
        receiver.heard.recv().await.unwrap();
    }
    // The silent one has a connection and has said nothing; the dead one was asked once.
    drop(silent.accept().await.unwrap());
    running.abort();
    let tried = hooks::deliveries(&town.cases, dead, None).await.unwrap();
    assert!(tried.iter().map(|row| row.tries).sum::<i32>() <= 3, "{tried:?}");
    assert!(tried.iter().all(|row| row.state == "waiting"));
}

#[tokio::test]
async fn what_was_not_sent_when_a_process_ended_is_sent_by_the_next() {
    let mut receiver = Receiver::open().await;
    let town = town(&[&receiver.url]).await;
    let (id, _) = target(&town, "oa", &[(Part::Moderator, "")], &receiver.url).await;
    let case = town.forwarded(town.citizen("chen").await, "jsj").await;
    // Another process, which knows nothing but the database.
    let next = yishiting::cases::Cases::start(town.base.clone()).await.unwrap();
    let client = deliver::client(&next).unwrap();
    let (one, two) = tokio::join!(deliver::step(&next, &client, id), deliver::step(&next, &client, id));
    assert!(one.is_ok() && two.is_ok());
    let mut ids: Vec<String> = receiver.all().into_iter().map(|heard| heard.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 2, "twice at most under one id each");
    town.does(&liaison("jsj"), case.id, Act::FirstReply, says("好。")).await;
    town.does(&liaison("jsj"), case.id, Act::Answer, answers("好。")).await;
    step(&town, id).await;
    assert_eq!(receiver.told(), ["case.first_reply", "case.answer"]);
}

#[tokio::test]
async fn while_a_secret_changes_both_sign_and_a_day_later_the_new_one_alone() {
    let mut receiver = Receiver::open().await;
    let town = town(&[&receiver.url]).await;
    let chen = town.citizen("chen").await;
    let (id, old) = target(&town, "oa", &[(Part::Moderator, "")], &receiver.url).await;
    let new = hooks::renew(&town.cases, id, "test").await.unwrap();
    let fits = |heard: &Heard, secret: &str| {
        let now = town.clock.now();
        webhook::verify(&[secret], &heard.id, heard.timestamp, heard.body.as_bytes(), &heard.signature, now)
            .is_ok()
    };
    town.files(chen).await;
    step(&town, id).await;
    let both = receiver.all().remove(0);
    assert!(fits(&both, &old) && fits(&both, &new));
    town.clock.advance(hooks::OVERLAP);
    town.files(chen).await;
    step(&town, id).await;
    let one = receiver.all().remove(0);
    assert!(!fits(&one, &old) && fits(&one, &new));
}

async fn hook(admin: &Client, url: &str, types: Value) -> (StatusCode, Value) {
    let body = json!({"username": "oa", "url": url, "types": types});
    let answer = admin.post_json("/api/v1/cases/hooks", &body).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn targets_are_made_by_administrators_and_lead_nowhere_else() {
    let mut receiver = Receiver::open().await;
    let town = town(&[&receiver.url, "https://localhost"]).await;
    let desk = program(&town, "oa", &[(Part::Moderator, "")]).await;
    assert_eq!(hook(&desk, &receiver.url, json!([])).await.0, StatusCode::FORBIDDEN);
    let admin = town.app.program_of(Role::Admin).await;
    for wrong in [
        "https://169.254.169.254/",
        "http://127.0.0.1:1/",
        "https://example.com/",
        "file:///etc/passwd",
        "x",
        "",
    ] {
        let (status, body) = hook(&admin, wrong, json!([])).await;
        assert_eq!((status.as_u16(), &body["field"]), (422, &json!("url")), "{wrong}: {body}");
    }
    assert_eq!(hook(&admin, &receiver.url, json!(["joke"])).await.1["code"], "case_hook_type");
    let (status, made) = hook(&admin, &receiver.url, json!(["answer"])).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let list = admin.get("/api/v1/cases/hooks").await;
    assert!(!list.text.contains(made["secret"].as_str().unwrap()), "{}", list.text);
    town.answered(town.citizen("chen").await, "jsj").await;
    let id = made["id"].as_str().unwrap().parse().unwrap();
    step(&town, id).await;
    assert_eq!(receiver.told(), ["case.answer"], "only what it asked for");
    // An account that was stopped hears of nothing more.
    let hook: case_hook::Model = hooks::find(&town.cases, id).await.unwrap();
    yishiting::people::staff::set_disabled(&town.base, hook.staff_id, true, "test").await.unwrap();
    town.answered(town.citizen("wang").await, "jsj").await;
    step(&town, id).await;
    assert_eq!(receiver.told(), Vec::<String>::new());
    let path = format!("/api/v1/cases/hooks/{id}");
    let renewed = admin.post_json(&format!("{path}/secret"), &json!({})).await.json();
    assert_ne!(renewed["secret"], made["secret"]);
    let gone = || admin.request(Method::DELETE, &path);
    assert_eq!(admin.send(gone()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(admin.send(gone()).await.json()["code"], "case_hook_not_found");
    assert_eq!(admin.get(&format!("{path}/deliveries")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_name_that_leads_into_our_network_is_not_connected_to() {
    let town = town(&["https://localhost:1"]).await;
    let town = Town {
        cases: {
            let mut settings = (*town.cases.settings).clone();
            settings.webhooks.inside.clear();
            yishiting::cases::Cases { settings: Arc::new(settings), ..town.cases.clone() }
        },
        ..town
    };
    let (id, _) = target(&town, "oa", &[(Part::Moderator, "")], "https://localhost:1").await;
    town.files(town.citizen("chen").await).await;
    step(&town, id).await;
    let tried = hooks::deliveries(&town.cases, id, None).await.unwrap();
    assert_eq!((tried[0].tries, tried[0].state.as_str()), (1, "waiting"));
}
