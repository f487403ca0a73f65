//! A city's own gateway, the print to the log, and numbers between two.

use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use chrono::TimeDelta;
use secrecy::SecretString;
use serde_json::{Value, json};
use yishiting::base::Base;
use yishiting::jobs::Worker;
use yishiting::notify::phone::privacy_number::NoBridge;
use yishiting::notify::phone::receipts::{ReceiptError, Signature, path};
use yishiting::notify::phone::sign::plain;
use yishiting::notify::phone::{self, Event, Phones, Settings, Why};
use yishiting::people::phone::Phone;

use super::{OWNER, PURPOSES, Place, WORDING, ask, call};

const SECRET: &str = "agreed";

/// What a gateway was asked, and what it answers.
#[derive(Default)]
struct Gateway {
    asked: Mutex<Vec<Value>>,
    refuses: Mutex<Option<&'static str>>,
}

async fn gateway(state: web::Data<Gateway>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).unwrap().to_str().unwrap();
    let own = plain::signature(header("x-yst-timestamp"), header("x-yst-nonce"), &body, SECRET);
    if own != header("x-yst-signature") {
        return HttpResponse::Forbidden().finish();
    }
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let answer = match *state.refuses.lock().unwrap() {
        Some(reason) => json!({"accepted": false, "reason": reason}),
        None => json!({"accepted": true, "id": format!("g-{}", asked["id"].as_str().unwrap())}),
    };
    state.asked.lock().unwrap().push(asked);
    HttpResponse::Ok().json(answer)
}

/// Starts a gateway; its address.
fn start(state: &Arc<Gateway>) -> String {
    let data = web::Data::from(state.clone());
    let server =
        HttpServer::new(move || App::new().app_data(data.clone()).route("/send", web::post().to(gateway)))
            .workers(1)
            .disable_signals()
            .bind("127.0.0.1:0")
            .unwrap();
    let address = server.addrs()[0];
    tokio::spawn(server.run());
    format!("http://{address}/send")
}

/// The same place, sending in earnest by what `settings` say.
fn in_earnest(place: &Place, settings: &str) -> (Base, Phones, Worker) {
    std::fs::write(place.app.folder().join(phone::FILE), format!("{settings}\n{WORDING}")).unwrap();
    let mut config = (*place.app.base.config).clone();
    config.phone_simulator = None;
    config.phone_secrets = Some(SecretString::from(format!("http={SECRET}")));
    let base = Base { config: Arc::new(config), ..place.app.base.clone() };
    let settings = Settings::load(&base.config, PURPOSES).unwrap();
    let phones = Phones::new(base.clone(), settings, vec![place.feature.clone()]).unwrap();
    let worker = Worker::new(base.clone(), phones.handlers());
    (base, phones, worker)
}

async fn tell(
    base: &Base,
    phones: &Phones,
    body: &Value,
    secret: &str,
    from: &str,
) -> Result<String, ReceiptError> {
    let body = body.to_string();
    let timestamp = base.clock.unix().to_string();
    let signature = plain::signature(&timestamp, "n", body.as_bytes(), secret);
    let hook = path(&base.keys, "http");
    let signed = Signature { timestamp: &timestamp, nonce: "n", signature: &signature };
    let last = hook.rsplit('/').next().unwrap();
    phones.receive("http", last, from.parse().ok(), signed, body.as_bytes()).await
}

#[tokio::test]
async fn a_gateway_of_ones_own_carries_messages_and_tells_of_them_signed() {
    let place = Place::new().await;
    let state = Arc::new(Gateway::default());
    let url = start(&state);
    let settings =
        format!("[sms]\nproviders = [\"http\"]\n[http]\nurl = \"{url}\"\nsources = [\"10.0.0.0/8\"]");
    let (base, phones, worker) = in_earnest(&place, &settings);
    place.place(&ask("a")).await;
    worker.run_due().await.unwrap();
    let asked = state.asked.lock().unwrap()[0].clone();
    assert_eq!((asked["number"].as_str(), asked["medium"].as_str()), (Some(OWNER), Some("sms")));
    assert_eq!(asked["text"], "您的车浙C·1**45在罗阳大道88号附近挡住了别人");
    assert_eq!(asked["words"]["plate"], "浙C·1**45");
    let body =
        json!({"receipts": [{"id": format!("g-{}", asked["id"].as_str().unwrap()), "kind": "delivered"}]});
    // Another secret, another sender.
    for (secret, from) in [("forged", "10.1.1.1"), (SECRET, "11.1.1.1")] {
        let refused = tell(&base, &phones, &body, secret, from).await;
        assert!(matches!(refused, Err(ReceiptError::Unknown)), "{secret} {from}");
    }
    tell(&base, &phones, &body, SECRET, "10.1.1.1").await.unwrap();
    worker.run_due().await.unwrap();
    assert_eq!(place.events(), [Event::Accepted { provider: "http" }, Event::Delivered]);
    *state.refuses.lock().unwrap() = Some("bad_number");
    place.place(&ask("b")).await;
    worker.run_due().await.unwrap();
    assert_eq!(place.events()[2..], [Event::Failed { why: Why::BadNumber }]);
}

#[tokio::test]
async fn what_is_only_printed_counts_as_delivered_and_a_call_as_unknown() {
    let place = Place::new().await;
    let (_, phones, worker) =
        in_earnest(&place, "[sms]\nproviders = [\"log\"]\n[voice]\nproviders = [\"log\"]");
    assert!(phones.serves(phone::Medium::Sms));
    place.place(&ask("a")).await;
    worker.run_due().await.unwrap();
    assert_eq!(place.events(), [Event::Accepted { provider: "log" }, Event::Delivered]);
    place.place(&call("b")).await;
    worker.run_due().await.unwrap();
    place.app.clock.advance(TimeDelta::minutes(5));
    worker.run_due().await.unwrap();
    assert_eq!(place.events()[3..], [Event::Unknown]);
    assert!(place.inbox().await.is_empty());
}

#[tokio::test]
async fn without_a_provider_a_feature_hears_so_at_once() {
    let place = Place::new().await;
    let (_, phones, worker) = in_earnest(&place, "");
    assert!(!phones.serves(phone::Medium::Voice));
    place.place(&call("a")).await;
    worker.run_due().await.unwrap();
    assert_eq!(place.events(), [Event::Failed { why: Why::NoProvider }]);
}

#[tokio::test]
async fn a_number_between_two_is_off_until_an_operator_names_a_pool() {
    let owner = Phone::parse(OWNER).unwrap();
    let driver = Phone::parse("13900139000").unwrap();
    let place = Place::new().await;
    let until = place.app.clock.now() + TimeDelta::minutes(30);
    assert_eq!(place.phones.bind("YC1", &owner, &driver, until).await, Err(NoBridge::Off));
    let place = Place::with("[aliyun]\nprivacy_pool = \"FC123456\"").await;
    let bound = place.phones.bind("YC1", &owner, &driver, until).await.unwrap();
    assert!(bound.number != OWNER && bound.number.starts_with("17"));
    place.phones.unbind(&bound).await.unwrap();
}

#[tokio::test]
async fn a_gateway_says_the_end_text_when_the_matter_ended_while_it_rang() {
    let place = Place::new().await;
    let state = Arc::new(Gateway::default());
    let settings = format!("[voice]\nproviders = [\"http\"]\n[http]\nurl = \"{}\"", start(&state));
    let (base, phones, worker) = in_earnest(&place, &settings);
    place.place(&call("a")).await;
    worker.run_due().await.unwrap();
    let reference = state.asked.lock().unwrap()[0]["id"].as_str().unwrap().to_string();
    let asks = async |kind: &str| {
        let mut receipt = json!({"id": format!("g-{reference}"), "reference": reference, "kind": kind});
        if kind == "key" {
            receipt["key"] = json!("1");
        }
        let answer = tell(&base, &phones, &json!({"receipts": [receipt]}), SECRET, "10.1.1.1").await.unwrap();
        serde_json::from_str::<Value>(&answer).unwrap()
    };
    assert_eq!(asks("picked_up").await, json!({"ok": true}));
    place.feature.over.store(true, std::sync::atomic::Ordering::SeqCst);
    for kind in ["picked_up", "key"] {
        let say = &asks(kind).await["say"][&reference];
        assert!(say.as_str().is_some_and(|text| text.contains("已经结束")), "{kind} {say}");
    }
    worker.run_due().await.unwrap();
    // Taking it is no end of the call; the key was heard.
    assert_eq!(place.events(), [Event::Accepted { provider: "http" }, Event::Key('1')]);
}
