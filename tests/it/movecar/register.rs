//! Another system that knows owners: signed, with a time-out, cached; and nobody who asks sees how it answered.

use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::SecretString;
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;
use yishiting::base::clock::Clock;
use yishiting::movecar::register::Connector;
use yishiting::movecar::settings;

use crate::support::TestApp;
use crate::support::yard::{HERE, KNOWN, OWNER, UNKNOWN, Yard, car};

/// Whom the other system knows, and our table does not.
const THEIRS: &str = "浙C88888";
const THEIR_OWNER: &str = "13700000001";
const SECRET: &str = "agreed";

#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Well,
    /// Never answers.
    Slow,
    Garbage,
    Broken,
}

struct Police {
    mood: Mutex<Mood>,
    asked: Mutex<Vec<String>>,
    refused: Mutex<usize>,
    clock: Clock,
}

async fn answer(police: web::Data<Police>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).unwrap().to_str().unwrap().to_string();
    let at = header("x-timestamp");
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(at.as_bytes());
    mac.update(b"\n");
    mac.update(&body);
    let own = hex::encode(mac.finalize().into_bytes());
    let fresh = at.parse::<i64>().is_ok_and(|at| (police.clock.unix() - at).abs() <= 300);
    if own != header("x-signature") || header("x-key-id") != "yishiting" || !fresh {
        *police.refused.lock().unwrap() += 1;
        return HttpResponse::Forbidden().finish();
    }
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let plate = asked["plate"].as_str().unwrap().to_string();
    police.asked.lock().unwrap().push(plate.clone());
    let mood = *police.mood.lock().unwrap();
    match mood {
        Mood::Slow => std::future::pending().await,
        Mood::Garbage => HttpResponse::Ok().body("<html>维护中</html>"),
        Mood::Broken => HttpResponse::InternalServerError().finish(),
        Mood::Well => {
            let known = plate == THEIRS || plate.starts_with('粤');
            HttpResponse::Ok().json(json!({"phone": known.then_some(THEIR_OWNER), "no_calls": false}))
        }
    }
}

/// Starts the other system; what it was asked, and its address.
fn police(clock: &Clock, mood: Mood) -> (web::Data<Police>, String) {
    let state = Police {
        mood: Mutex::new(mood),
        asked: Mutex::default(),
        refused: Mutex::default(),
        clock: clock.clone(),
    };
    let data = web::Data::from(Arc::new(state));
    let own = data.clone();
    let server =
        HttpServer::new(move || App::new().app_data(own.clone()).route("/owner", web::post().to(answer)))
            .workers(1)
            .disable_signals()
            .bind("127.0.0.1:0")
            .unwrap();
    let address = server.addrs()[0];
    tokio::spawn(server.run());
    (data, format!("http://{address}/owner"))
}

fn connector(url: &str, secret: &str) -> Connector {
    let settings = settings::Connector {
        url: url.to_string(),
        key_id: "yishiting".to_string(),
        secret: SecretString::from(secret.to_string()),
        timeout_ms: 300,
        cache_minutes: 10,
    };
    Connector::new(settings).unwrap()
}

async fn yard(mood: Mood, secret: &str) -> (Yard, web::Data<Police>) {
    let app = TestApp::spawn().await;
    let (state, url) = police(&app.clock, mood);
    (Yard::on(app, |cars| cars.register.own = Some(connector(&url, secret))).await, state)
}

/// Asks for `plate` somewhere else than `nth` others did; the number, when the jobs have run.
async fn asks(yard: &Yard, plate: &str, nth: u8) -> (Uuid, String) {
    let driver = yard.driver(&format!("driver {nth}")).await;
    let mut wish = yard.wish(driver, plate);
    wish.spot.as_mut().unwrap().at = (HERE.0 + 0.01 * f64::from(nth), HERE.1);
    let number = yard.asks(wish).await;
    yard.run().await;
    (driver, number)
}

#[tokio::test]
async fn an_owner_whom_the_other_system_knows_is_asked_and_one_whom_it_does_not_know_is_nobody() {
    let (yard, police) = yard(Mood::Well, SECRET).await;
    let (_, number) = asks(&yard, THEIRS, 0).await;
    assert_eq!(yard.count(&number).await, (1, 1));
    // It comes before our table.
    let (_, number) = asks(&yard, KNOWN, 1).await;
    assert_eq!(yard.count(&number).await, (0, 0));
    assert_eq!(*police.asked.lock().unwrap(), [THEIRS, KNOWN]);
}

#[tokio::test]
async fn an_answer_is_kept_sealed_and_not_asked_for_again() {
    let (yard, police) = yard(Mood::Well, SECRET).await;
    for nth in 0..3 {
        let (_, number) = asks(&yard, if nth == 2 { UNKNOWN } else { THEIRS }, nth).await;
        assert_eq!(yard.count(&number).await.0, usize::from(nth < 2));
    }
    asks(&yard, UNKNOWN, 3).await;
    assert_eq!(*police.asked.lock().unwrap(), [THEIRS, UNKNOWN]);
    let key = format!("car-owner:{}", car(THEIRS).hash(&yard.base.keys));
    let kept = yard.base.cache.get(&key).await.unwrap();
    let kept = String::from_utf8(kept.to_vec()).unwrap();
    assert!(kept.starts_with("1.x.") && !kept.contains(THEIR_OWNER) && !key.contains("88888"));
}

#[tokio::test]
async fn a_system_that_is_slow_or_broken_or_talks_nonsense_is_as_if_it_were_not_there() {
    for mood in [Mood::Slow, Mood::Garbage, Mood::Broken] {
        let (yard, police) = yard(mood, SECRET).await;
        let (_, number) = asks(&yard, KNOWN, 0).await;
        assert_eq!(yard.count(&number).await, (1, 1), "our own table knows");
        let (_, number) = asks(&yard, THEIRS, 1).await;
        assert_eq!(yard.count(&number).await, (0, 0));
        // Nothing of that is kept: as soon as it is well again, it is asked.
        *police.mood.lock().unwrap() = Mood::Well;
        let (_, number) = asks(&yard, THEIRS, 2).await;
        assert_eq!(yard.count(&number).await, (1, 1));
    }
}

#[tokio::test]
async fn a_wrong_secret_is_refused_there_and_our_own_table_serves() {
    let (yard, police) = yard(Mood::Well, "forged").await;
    let (_, number) = asks(&yard, KNOWN, 0).await;
    assert_eq!(yard.count(&number).await, (1, 1));
    assert_eq!((*police.refused.lock().unwrap(), police.asked.lock().unwrap().len()), (1, 0));
}

#[tokio::test]
async fn whoever_asks_sees_the_same_however_the_other_system_answers() {
    let mut pages = Vec::new();
    for (mood, plate) in [
        (Mood::Well, THEIRS),
        (Mood::Well, UNKNOWN),
        (Mood::Slow, THEIRS),
        (Mood::Garbage, THEIRS),
        (Mood::Broken, UNKNOWN),
    ] {
        let (yard, _) = yard(mood, SECRET).await;
        let (driver, number) = asks(&yard, plate, 0).await;
        let seen = yard.sees(driver, &number).await;
        let line: Vec<String> = seen.line.into_iter().map(|entry| entry.text).collect();
        pages.push((seen.head, seen.advice, seen.tone, line, seen.may_remind));
        assert!(!format!("{:?}", pages).contains(THEIR_OWNER));
    }
    assert!(pages.iter().all(|page| *page == pages[0]), "{pages:?}");
}

#[tokio::test]
async fn a_plate_of_another_province_is_asked_for_where_the_country_is_known() {
    let app = TestApp::spawn().await;
    let (state, url) = police(&app.clock, Mood::Well);
    let yard = Yard::on(app, |cars| cars.register.national = Some(connector(&url, SECRET))).await;
    let (_, number) = asks(&yard, "粤B12345", 0).await;
    assert_eq!(yard.count(&number).await, (1, 1));
    // Our own plates are none of its business.
    let (_, number) = asks(&yard, KNOWN, 1).await;
    assert_eq!(yard.count(&number).await, (1, 1));
    assert_eq!(*state.asked.lock().unwrap(), ["粤B12345"]);
    assert_eq!(yard.placed(&number, yishiting::notify::phone::Medium::Sms).await.len(), 1);
    assert_ne!(OWNER, THEIR_OWNER);
}
