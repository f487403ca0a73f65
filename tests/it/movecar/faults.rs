//! The process is killed, a carrier, the database or the shared cache goes: what was acknowledged is not lost, and what
//! was said is not said twice. What carriers got is counted at their end.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::StreamExt;
use futures_util::future::join_all;
use reqwest::multipart::{Form, Part};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use uuid::Uuid;
use yishiting::base::Base;
use yishiting::base::clock::Clock;
use yishiting::movecar::model::{State, car_case, car_message, car_request};
use yishiting::movecar::submit;
use yishiting::notify::phone::Medium;
use yishiting::notify::phone::model::message;
use yishiting::people::session::{self, Kind};

use crate::support::line::Line;
use crate::support::program;
use crate::support::yard::{KNOWN, OWNER, UNKNOWN, Yard, replica};

/// Somebody before a car that is in the register.
struct Driver {
    follower: Uuid,
    token: String,
    plate: String,
    owner: String,
    address: String,
    photo: Vec<u8>,
}

/// A picture that looks like no other: grey squares, drawn by `n`.
fn picture(n: u64) -> Vec<u8> {
    let seed = yishiting::base::privacy::mac(b"squares", &[&n.to_be_bytes()]);
    let shade =
        |x: u32, y: u32| seed[(x / 8 + y / 8 * 9) as usize % seed.len()].wrapping_mul(1 + (y / 8) as u8 * 2);
    let draw = |x: u32, y: u32| image::Rgb([shade(x, y); 3]);
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new(&mut bytes);
    encoder.encode_image(&image::RgbImage::from_fn(72, 64, draw)).unwrap();
    bytes
}

/// People before as many different cars.
async fn crowd(yard: &Yard, people: u64) -> Vec<Driver> {
    let (mut drivers, mut owners) = (Vec::new(), String::new());
    for n in 0..people {
        let follower = yard.driver(&format!("driver {n}")).await;
        let opened = session::open(&yard.base, Kind::Follower, follower, "test").await.unwrap();
        let (plate, owner) = (format!("浙C{:05}", 20_000 + n), format!("1390000{n:04}"));
        owners.push_str(&format!("{plate},{owner}\n"));
        let address = format!("10.0.{}.{}", n / 200, 1 + n % 200);
        drivers.push(Driver { follower, token: opened.token, plate, owner, address, photo: picture(n) });
    }
    yard.owners(&owners).await;
    drivers
}

/// The form of a phone, sent to `site`; status and text, if an answer came.
async fn asks(http: &reqwest::Client, site: &str, driver: &Driver) -> Option<(u16, String)> {
    // Urgent, so that telephones ring at whatever hour the test runs.
    let fields = [("plate", driver.plate.as_str()), ("reason", "fire_lane"), ("sure", "1")];
    let mut form = Form::new().text("place", "gcj02,27.7783,120.6551,10").text("where", "罗阳大道 88 号门口");
    for (name, value) in fields {
        form = form.text(name, value.to_string());
    }
    let photo = Part::bytes(driver.photo.clone()).file_name("car.jpg").mime_str("image/jpeg").unwrap();
    let sent = http
        .post(format!("{site}/car"))
        .header("Cookie", format!("yst_phone={}", driver.token))
        .header("X-Forwarded-For", &driver.address)
        .multipart(form.part("photo", photo));
    let answer = sent.send().await.ok()?;
    let to = answer.headers().get("Location").map(|to| to.to_str().unwrap().to_string());
    let status = answer.status().as_u16();
    let text = answer.text().await.ok()?;
    Some((status, to.unwrap_or(text)))
}

fn http() -> reqwest::Client {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    client.timeout(Duration::from_secs(20)).build().unwrap()
}

/// Numbers of requests by who asked.
async fn requests(base: &Base) -> HashMap<Uuid, Vec<String>> {
    let mut all: HashMap<Uuid, Vec<String>> = HashMap::new();
    for row in car_request::Entity::find().all(base.db.read()).await.unwrap() {
        all.entry(row.follower_id).or_default().push(row.number);
    }
    all
}

/// Time passes, jobs are done, and what carriers have to tell is heard.
async fn minutes(yard: &Yard, minutes: i64) {
    for _ in 0..minutes * 2 {
        yard.later(TimeDelta::seconds(30)).await;
        yard.receipts().await;
        yard.run().await;
    }
}

/// What carriers took, by our reference: each was taken once.
async fn taken(yard: &Yard) -> BTreeMap<String, Value> {
    let all = yard.carried_so_far().await;
    let count = all.len();
    let word = |item: &Value| item["reference"].as_str().unwrap().to_string();
    let taken: BTreeMap<String, Value> = all.into_iter().map(|item| (word(&item), item)).collect();
    assert_eq!(taken.len(), count, "something was sent twice");
    taken
}

/// Whatever our rows say of a message, its carrier says too; nobody was told by two messages of one medium, and who was
/// not told at all is somebody for the desk.
async fn adds_up(yard: &Yard) {
    let taken = taken(yard).await;
    let messages = message::Entity::find().all(yard.base.db.read()).await.unwrap();
    for row in &messages {
        let at_carrier = taken.contains_key(&row.reference);
        match row.state.as_str() {
            "accepted" | "delivered" | "answered" | "not_answered" => assert!(at_carrier, "{row:?}"),
            "unknown" => {}
            state => assert!(!at_carrier && state != "waiting" && state != "sending", "{row:?}"),
        }
    }
    let placed = car_message::Entity::find().all(yard.base.db.read()).await.unwrap();
    for case in car_case::Entity::find().all(yard.base.db.read()).await.unwrap() {
        let own = placed.iter().filter(|one| one.case_id == case.id).filter_map(|one| one.carried_as);
        let own: Vec<_> =
            own.filter_map(|id| messages.iter().find(|row| row.id == id)).map(|row| &row.reference).collect();
        let told =
            own.iter().filter_map(|reference| taken.get(*reference)).map(|item| item["medium"].as_str());
        let told: Vec<_> = told.collect();
        assert!(told.iter().filter(|medium| **medium == Some("sms")).count() <= 1, "{case:?}");
        assert!(!told.is_empty() || case.state() == State::Undeliverable, "nobody knows of {case:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_killed_between_storing_and_sending_loses_no_request_and_tells_nobody_twice() {
    const PEOPLE: usize = 40;
    let yard = Yard::carried(|_| {}).await;
    // The other process lives by the real clock, and so do the sessions.
    yard.clock.set(Clock::System.now());
    let drivers = crowd(&yard, PEOPLE as u64).await;
    // Whoever kills finds messages whose carrier has not answered yet.
    yard.breaks(json!({"answer_delay_ms": 200})).await;
    let simulator = yard.base.config.phone_simulator.as_ref().unwrap().to_string();
    let settings = [("YST_PHONE_SIMULATOR", simulator), ("YST_TRUSTED_PROXIES", "1".to_string())];
    let (process, site) = program::serve(&yard.app, &settings);
    let http = http();
    let mut answers = futures_util::stream::iter(&drivers)
        .map(|driver| {
            let (http, site) = (&http, &site);
            async move { (driver, asks(http, site, driver).await) }
        })
        .buffer_unordered(4);
    let mut acknowledged = Vec::new();
    while acknowledged.len() < PEOPLE / 2 || yard.carried_so_far().await.len() < 4 {
        let (driver, answer) = answers.next().await.expect("messages go out while people ask");
        let (status, to) = answer.unwrap();
        assert_eq!(status, 303, "{to}");
        acknowledged.push((driver, to));
    }
    // SIGKILL, while some ask and some are told.
    drop(process);
    while let Some((driver, answer)) = answers.next().await {
        acknowledged.extend(answer.filter(|(status, _)| *status == 303).map(|(_, to)| (driver, to)));
    }
    assert!(acknowledged.len() < PEOPLE, "nobody was on their way any more");
    let in_hand = message::Entity::find().all(yard.base.db.read()).await.unwrap();
    assert!(in_hand.iter().any(|row| row.state == "sending"), "nothing was on its way any more");

    let stored = requests(&yard.base).await;
    for (driver, to) in &acknowledged {
        assert_eq!(stored[&driver.follower], [to.strip_prefix("/car/").unwrap()]);
    }
    // Everybody asks again, at the other process: who was stored is told so, and is not stored twice.
    yard.breaks(json!({})).await;
    for driver in &drivers {
        let (status, text) = asks(&http, yard.app.url("").trim_end_matches('/'), driver).await.unwrap();
        assert!(status == 303 || status == 422 && text.contains("还没有结束"), "{status} {text}");
    }
    let stored = requests(&yard.base).await;
    assert_eq!(stored.len(), PEOPLE);
    assert!(stored.values().all(|numbers| numbers.len() == 1), "{stored:?}");
    minutes(&yard, 8).await;
    adds_up(&yard).await;
}

#[tokio::test]
async fn an_owner_whose_carrier_took_the_message_and_never_said_so_is_told_once_and_known_to_be_told() {
    let yard = Yard::carried(|_| {}).await;
    yard.breaks(json!({"drop_answers": 2})).await;
    let driver = yard.driver("driver").await;
    let number = yard.asked(driver).await;
    assert_eq!(yard.state(&number).await, State::Notifying);
    minutes(&yard, 1).await;
    assert_eq!(yard.state(&number).await, State::Notified);
    minutes(&yard, 6).await;
    let told = taken(&yard).await;
    let of = |medium: &str| told.values().filter(|item| item["medium"] == medium).count();
    assert_eq!((of("sms"), of("call")), (1, 1));
    assert!(told.values().all(|item| item["number"] == OWNER));
    assert_eq!(yard.count(&number).await, (1, 1));
}

#[tokio::test]
async fn while_a_carrier_takes_its_time_people_ask_on_and_the_message_is_not_given_to_another() {
    let yard = Yard::carried(|_| {}).await;
    yard.owners(&format!("{UNKNOWN},13812346022\n")).await;
    // Longer than we wait.
    yard.breaks(json!({"answer_delay_ms": 60_000})).await;
    let mut wish = yard.wish(yard.driver("driver").await, KNOWN);
    wish.spot = None;
    let number = yard.asks(wish).await;
    let other = yard.wish(yard.driver("other").await, UNKNOWN);
    let asking = async {
        while yard.carried_so_far().await.is_empty() {}
        submit::submit(&yard.cars, other).await.unwrap()
    };
    // One answers before the carrier does.
    tokio::select! {
        biased;
        () = yard.run() => panic!("the carrier answered first"),
        asked = asking => assert_eq!(asked.numbers.len(), 1),
    }
    // What was in hand when its worker went away is looked up, and was one message.
    yard.breaks(json!({})).await;
    minutes(&yard, 3).await;
    assert_eq!(yard.state(&number).await, State::Notified);
    let told = taken(&yard).await;
    assert_eq!(told.values().filter(|item| item["number"] == OWNER).count(), 1);
}

#[tokio::test]
async fn an_owner_is_told_by_another_carrier_when_the_first_is_down() {
    for (code, asked) in [("isv.OUT_OF_SERVICE", 1), ("Throttling.User", 1)] {
        let yard = Yard::carried(|_| {}).await;
        yard.breaks(json!({"refuse": [{"provider": "aliyun", "code": code}]})).await;
        let number = yard.asked(yard.driver("driver").await).await;
        yard.receipts().await;
        yard.run().await;
        assert_eq!(yard.state(&number).await, State::Notified, "{code}");
        let told = taken(&yard).await;
        assert!(told.len() == 2 && told.values().all(|item| item["provider"] == "tencent"), "{told:?}");
        assert_eq!(yard.count(&number).await, (asked, asked));
    }
}

#[tokio::test]
async fn when_no_carrier_is_left_the_desk_hears_of_it() {
    let yard = Yard::carried(|_| {}).await;
    yard.breaks(json!({"refuse": [{"code": "isv.OUT_OF_SERVICE"}, {"code": "InternalError"}]})).await;
    let number = yard.asked(yard.driver("driver").await).await;
    assert_eq!(yard.state(&number).await, State::Undeliverable);
    assert!(taken(&yard).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_replicas_at_one_outbox_tell_each_owner_once() {
    const PEOPLE: u64 = 25;
    let yard = Yard::carried(|_| {}).await;
    let base = Base::open((*yard.base.config).clone(), yard.clock.clone()).await.unwrap();
    let (_, other) = replica(&base);
    let drivers = crowd(&yard, PEOPLE).await;
    let asked =
        drivers.iter().map(|driver| submit::submit(&yard.cars, yard.wish(driver.follower, &driver.plate)));
    assert!(join_all(asked).await.iter().all(Result::is_ok));
    while yard.carried_so_far().await.len() < 2 * PEOPLE as usize {
        let (ours, theirs) = tokio::join!(yard.worker.run_due(), other.run_due());
        assert!(ours.is_ok() && theirs.is_ok());
    }
    minutes(&yard, 2).await;
    adds_up(&yard).await;
    let told = taken(&yard).await;
    for driver in &drivers {
        let own = told.values().filter(|item| item["number"] == driver.owner.as_str());
        let mut media: Vec<_> = own.map(|item| item["medium"].as_str().unwrap()).collect();
        media.sort_unstable();
        assert_eq!(media, ["call", "sms"]);
    }
}

#[tokio::test]
async fn without_a_database_people_hear_that_nothing_was_filed_and_what_was_filed_before_goes_on() {
    let yard = Yard::carried(|_| {}).await;
    let drivers = crowd(&yard, 2).await;
    let (http, site) = (http(), yard.app.url(""));
    let site = site.trim_end_matches('/');
    let (status, to) = asks(&http, site, &drivers[0]).await.unwrap();
    assert_eq!(status, 303, "{to}");
    yard.app.lose_database().await;
    for driver in [&drivers[0], &drivers[1]] {
        let (status, text) = asks(&http, site, driver).await.unwrap();
        assert!(status == 503 && text.contains("还没有成功"), "{status} {text}");
    }
    // The database comes back, with another process.
    let base = Base::open((*yard.base.config).clone(), yard.clock.clone()).await.unwrap();
    let stored = requests(&base).await;
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[&drivers[0].follower], [to.strip_prefix("/car/").unwrap()]);
    let (cars, worker) = replica(&base);
    worker.run_due().await.unwrap();
    let told = taken(&yard).await;
    assert!(told.len() == 2 && told.values().all(|item| item["number"] == drivers[0].owner.as_str()));
    submit::submit(&cars, yard.wish(drivers[1].follower, &drivers[1].plate)).await.unwrap();
    worker.run_due().await.unwrap();
    assert_eq!(taken(&yard).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn while_the_shared_cache_is_away_people_ask_owners_are_told_and_the_desk_sees_it() {
    let mut line = None;
    let yard = Yard::carried(|options| {
        let laid = Line::before(options.redis_url.take());
        options.redis_url = Some(laid.url.clone());
        line = Some(laid);
    })
    .await;
    let line = line.unwrap();
    let drivers = crowd(&yard, 2).await;
    let staff = yard.app.organiser().await;
    let (http, site) = (http(), yard.app.url(""));
    let mut seen = 0;
    for (driver, cut) in drivers.iter().zip([true, false]) {
        if cut {
            line.cut()
        } else {
            line.mend()
        }
        let (status, to) = asks(&http, site.trim_end_matches('/'), driver).await.unwrap();
        assert_eq!(status, 303, "{to}");
        // The desk's page learns of it by looking, if nobody can tell it.
        let mut now = seen;
        while now <= seen {
            now = staff.get("/desk/car/snapshot").await.json()["car"]["version"].as_i64().unwrap();
        }
        seen = now;
        yard.run().await;
        yard.receipts().await;
        yard.run().await;
        let number = to.strip_prefix("/car/").unwrap();
        assert_eq!(yard.state(number).await, State::Notified);
        assert_eq!(yard.placed(number, Medium::Sms).await.len(), 1);
        assert_eq!(
            taken(&yard).await.values().filter(|item| item["number"] == driver.owner.as_str()).count(),
            2
        );
    }
}
