//! A yard full of blocked cars: the rules of car-moving run directly, with the test in the place of the carriers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use chrono::TimeDelta;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use uuid::Uuid;
use yishiting::base::Base;
use yishiting::base::clock::Clock;
use yishiting::base::config::Options;
use yishiting::base::error::Coded;
use yishiting::base::geo::Said;
use yishiting::base::privacy::mac;
use yishiting::jobs::{Handler, Worker};
use yishiting::movecar::Movecar;
use yishiting::movecar::driver::{self, Act, DriverError};
use yishiting::movecar::heard::Ears;
use yishiting::movecar::model::{Reason, State, car_case, car_line, car_message, car_request, car_ticket};
use yishiting::movecar::photo::Photo;
use yishiting::movecar::plate::{self, Plate};
use yishiting::movecar::register::import;
use yishiting::movecar::submit::{self, SubmitError, Wish};
use yishiting::movecar::view::{self, Progress};
use yishiting::notify::phone::{Event, Heard, Listener, Medium, Phones, Settings, receipts};
use yishiting::people::follower;
use yishiting::server::purposes;

use super::{TestApp, moment};

pub struct Yard {
    pub app: TestApp,
    pub base: Base,
    pub clock: Clock,
    pub cars: Movecar,
    pub worker: Worker,
    ears: Ears,
}

/// The middle of the city, and what a degree's thousandth is there: some 110 metres.
pub const HERE: (f64, f64) = (27.7783, 120.6551);
pub const OWNER: &str = "13812346021";
pub const KNOWN: &str = "浙C12345";
pub const UNKNOWN: &str = "浙C54321";

static ACTS: AtomicU64 = AtomicU64::new(1);

/// Carries nothing: the test tells what became of each message.
struct Idle(&'static str);

#[async_trait]
impl Handler for Idle {
    fn kind(&self) -> &'static str {
        self.0
    }

    async fn run(&self, _payload: &str) -> anyhow::Result<()> {
        Ok(())
    }
}

impl Yard {
    /// Ten in the morning, and the owner of 浙C12345 is in the register.
    pub async fn open() -> Yard {
        Yard::on(TestApp::spawn().await, |_| {}).await
    }

    /// The same on this server, after `change`.
    pub async fn on(app: TestApp, change: impl FnOnce(&mut Movecar)) -> Yard {
        let mut cars = Movecar::start(app.base.clone()).unwrap();
        change(&mut cars);
        let mut handlers = cars.handlers();
        let idle = ["phone.send", "phone.watch", "notify.send"];
        handlers.extend(idle.map(|kind| Arc::new(Idle(kind)) as Arc<dyn Handler>));
        let worker = Worker::new(app.base.clone(), handlers);
        Yard::inside(app, cars, worker).await
    }

    /// The same with carriers: the simulator's, whose receipts wait until they are let go.
    pub async fn carried(change: impl FnOnce(&mut Options)) -> Yard {
        let app = TestApp::spawn_with(|options| {
            options.phone_simulator = options.wechat_api_base.clone();
            options.trusted_proxies = Some(1);
            change(options);
        })
        .await;
        let (cars, worker) = replica(&app.base);
        let yard = Yard::inside(app, cars, worker).await;
        yard.receipts_to(&yard.app.url("")).await;
        yard.breaks(json!({})).await;
        yard
    }

    async fn inside(app: TestApp, cars: Movecar, worker: Worker) -> Yard {
        let (base, clock) = (app.base.clone(), app.clock.clone());
        let ears = Ears(Arc::new(cars.clone()));
        let yard = Yard { app, base, clock, cars, worker, ears };
        yard.at("2026-09-21 10:00");
        yard.owners(&format!("车牌号,手机号,不接电话\n{KNOWN},{OWNER},\n")).await;
        yard
    }

    /// Where the carriers tell what became of what they carry.
    pub async fn receipts_to(&self, site: &str) {
        let hook = |name| format!("{site}{}", receipts::path(&self.base.keys, name));
        let hooks = json!({"receipts": {"aliyun": hook("aliyun"), "tencent": hook("tencent")}});
        assert_eq!(self.app.platform().post_json("/_sim/settings", &hooks).await.status, 200);
    }

    /// The carriers' faults, in place of those before; receipts always wait.
    pub async fn breaks(&self, mut faults: Value) {
        faults["hold_receipts"] = json!(true);
        let answer = self.app.platform().post_json("/_sim/faults", &json!({"phones": faults})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// Lets the receipts go that wait.
    pub async fn receipts(&self) {
        let answer = self.app.platform().post_json("/_sim/phones/receipts", &json!({})).await;
        assert!(answer.json()["statuses"].as_array().unwrap().iter().all(|status| *status == 200));
    }

    /// All that the carriers took, the oldest first.
    pub async fn carried_so_far(&self) -> Vec<Value> {
        let answer = self.app.platform().get("/_sim/phones/sent").await.json();
        answer["items"].as_array().unwrap().clone()
    }

    pub fn at(&self, wall: &str) {
        self.clock.set(moment(wall));
    }

    /// A table of plates and phones.
    pub async fn owners(&self, csv: &str) {
        let report = import::import(&self.base, csv.as_bytes(), "test.csv", "chen").await.unwrap();
        assert!(report.bad.is_empty(), "{:?}", report.bad);
    }

    /// Somebody who has followed for days.
    pub async fn driver(&self, openid: &str) -> Uuid {
        let now = self.clock.now();
        self.clock.set(now - TimeDelta::days(3));
        let id = follower::ensure(&self.base, openid).await.unwrap();
        self.clock.set(now);
        id
    }

    /// A request with a fresh picture, from a sure place.
    pub fn wish(&self, follower: Uuid, plate: &str) -> Wish {
        Wish {
            follower,
            op: Uuid::now_v7(),
            source: "page",
            plates: vec![car(plate)],
            reason: Reason::Blocking,
            sure: false,
            place: "罗阳大道 88 号门口".to_string(),
            spot: Some(Said { at: HERE, exact: 10.0 }),
            photo: Some(picture()),
            network: String::new(),
        }
    }

    pub async fn try_ask(&self, wish: Wish) -> Result<Vec<String>, SubmitError> {
        submit::submit(&self.cars, wish).await.map(|submitted| submitted.numbers)
    }

    /// Asks, and must be heard; the number.
    pub async fn asks(&self, wish: Wish) -> String {
        self.try_ask(wish).await.unwrap().remove(0)
    }

    /// Asks, and must be refused; the code.
    pub async fn refused(&self, wish: Wish) -> &'static str {
        self.try_ask(wish).await.unwrap_err().code()
    }

    /// A request for the known car that the jobs have taken up.
    pub async fn asked(&self, follower: Uuid) -> String {
        let number = self.asks(self.wish(follower, KNOWN)).await;
        self.run().await;
        number
    }

    /// A request whose owner got the message.
    pub async fn notified(&self, follower: Uuid) -> String {
        let number = self.asked(follower).await;
        self.hears(&number, Medium::Sms, Event::Delivered).await;
        number
    }

    pub async fn run(&self) {
        self.worker.run_due().await.unwrap();
    }

    pub async fn later(&self, by: TimeDelta) {
        self.clock.advance(by);
        self.run().await;
    }

    pub async fn minutes(&self, minutes: i64) {
        self.later(TimeDelta::minutes(minutes)).await;
    }

    pub async fn request(&self, number: &str) -> car_request::Model {
        let found = car_request::Entity::find().filter(car_request::Column::Number.eq(number));
        found.one(self.base.db.read()).await.unwrap().unwrap()
    }

    pub async fn case(&self, number: &str) -> car_case::Model {
        let id = self.request(number).await.case_id;
        car_case::Entity::find_by_id(id).one(self.base.db.read()).await.unwrap().unwrap()
    }

    pub async fn state(&self, number: &str) -> State {
        self.case(number).await.state()
    }

    /// What was placed for the case, oldest first; of one medium.
    pub async fn placed(&self, number: &str, medium: Medium) -> Vec<car_message::Model> {
        car_message::Entity::find()
            .filter(car_message::Column::CaseId.eq(self.request(number).await.case_id))
            .filter(car_message::Column::Medium.eq(medium.word()))
            .order_by_asc(car_message::Column::Id)
            .all(self.base.db.read())
            .await
            .unwrap()
    }

    /// Short messages and calls that were placed.
    pub async fn count(&self, number: &str) -> (usize, usize) {
        (self.placed(number, Medium::Sms).await.len(), self.placed(number, Medium::Voice).await.len())
    }

    /// The carrier tells what became of the newest message of a medium.
    pub async fn hears(&self, number: &str, medium: Medium, event: Event) {
        let message = self.placed(number, medium).await.pop().expect("something was placed");
        self.tells(&message, event).await;
    }

    pub async fn tells(&self, message: &car_message::Model, event: Event) {
        let heard = Heard {
            message: message.carried_as.unwrap(),
            key: message.key.clone(),
            purpose: String::new(),
            medium: Medium::parse(&message.medium).unwrap(),
            at: self.clock.now(),
            event,
        };
        let tx = self.base.db.write().await.unwrap();
        self.ears.heard(&tx, &heard).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Whether a call that is taken now would say that it is over.
    pub async fn is_over(&self, message: &car_message::Model) -> bool {
        self.ears.over(message.carried_as.unwrap()).await.unwrap()
    }

    /// The owner presses a key during the call.
    pub async fn presses(&self, number: &str, key: char) {
        self.hears(number, Medium::Voice, Event::Key(key)).await;
    }

    pub async fn acts(&self, follower: Uuid, number: &str, act: Act) -> Result<(), DriverError> {
        driver::act(&self.cars, follower, number, act).await
    }

    pub async fn sees(&self, follower: Uuid, number: &str) -> Progress {
        view::progress(&self.base, follower, number, "122").await.unwrap()
    }

    /// Kinds of the log of a case, oldest first.
    pub async fn log(&self, number: &str) -> Vec<String> {
        let rows = car_line::Entity::find()
            .filter(car_line::Column::CaseId.eq(self.request(number).await.case_id))
            .order_by_asc(car_line::Column::Id);
        rows.all(self.base.db.read()).await.unwrap().into_iter().map(|row| row.kind).collect()
    }

    pub async fn tickets(&self, number: &str) -> Vec<String> {
        let rows = car_ticket::Entity::find()
            .filter(car_ticket::Column::CaseId.eq(self.request(number).await.case_id));
        rows.all(self.base.db.read()).await.unwrap().into_iter().map(|row| row.kind).collect()
    }

    /// The words of what was placed last, as the carrier would fill them in; with the link's secret.
    pub async fn words(&self, number: &str, medium: Medium) -> Vec<(String, String)> {
        use yishiting::notify::phone::model::message;
        let placed = self.placed(number, medium).await.pop().expect("something was placed");
        let row = message::Entity::find_by_id(placed.carried_as.unwrap());
        let row = row.one(self.base.db.read()).await.unwrap().unwrap();
        let words = self.base.keys.open("phone_message.words", &row.words_sealed).unwrap();
        serde_json::from_str(&words).unwrap()
    }

    /// The secret of the owner's link.
    pub async fn link(&self, number: &str) -> String {
        let words = self.words(number, Medium::Sms).await;
        words.into_iter().find(|(name, _)| name == "token").unwrap().1
    }
}

/// Car-moving and its carriers in a process of their own on `base`, and what runs their jobs.
pub fn replica(base: &Base) -> (Movecar, Worker) {
    let cars = Movecar::start(base.clone()).unwrap();
    let settings = Settings::load(&base.config, &purposes()).unwrap();
    let phones = Phones::new(base.clone(), settings, vec![Arc::new(Ears(Arc::new(cars.clone())))]).unwrap();
    let handlers = cars.handlers().into_iter().chain(phones.handlers()).collect();
    (cars, Worker::new(base.clone(), handlers))
}

pub fn car(text: &str) -> Plate {
    plate::read(text).plate.unwrap_or_else(|| panic!("{text} is no plate"))
}

/// A picture like no other.
pub fn picture() -> Photo {
    let bits = mac(b"picture", &[&ACTS.fetch_add(1, Ordering::SeqCst).to_be_bytes()]);
    let looks = i64::from_be_bytes(bits[..8].try_into().unwrap());
    Photo { jpeg: b"\xFF\xD8\xFF".to_vec(), looks, taken_at: None, shot_at: None }
}
