//! Short messages and calls, from a feature's transaction to the phone and back, against the played providers.

mod calls;
mod doubt;
mod limits;
mod others;
mod receipts;
mod sending;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sea_orm::{DatabaseTransaction, EntityTrait};
use serde_json::{Value, json};
use uuid::Uuid;
use yishiting::jobs::{self, Worker};
use yishiting::notify::phone::model::message;
use yishiting::notify::phone::{
    self, Event, Heard, Listener, Medium, Outgoing, Phones, Placed, Purpose, Settings,
};
use yishiting::people::phone::Phone;

use crate::support::{Client, TestApp};

const OWNER: &str = "13800138000";
const PURPOSES: &[Purpose] = &[
    Purpose { name: "test.ask", medium: Medium::Sms, words: &["plate", "place"], keys: "" },
    Purpose { name: "test.call", medium: Medium::Voice, words: &["tail"], keys: "129" },
    Purpose { name: "test.say", medium: Medium::Voice, words: &["tail"], keys: "" },
];
const WORDING: &str = r#"
[[messages]]
purpose = "test.ask"
text = "您的车{plate}在{place}挡住了别人"

[[messages]]
purpose = "test.call"
text = "尾号{tail}，请按键"

[[messages]]
purpose = "test.say"
text = "尾号{tail}"
"#;

/// A feature that remembers what it heard.
#[derive(Default)]
struct Feature {
    heard: Mutex<Vec<Heard>>,
    /// What it sent for has ended.
    over: AtomicBool,
}

#[async_trait]
impl Listener for Feature {
    fn purposes(&self) -> &'static [Purpose] {
        PURPOSES
    }

    async fn heard(&self, _tx: &DatabaseTransaction, heard: &Heard) -> anyhow::Result<()> {
        self.heard.lock().unwrap().push(heard.clone());
        Ok(())
    }

    async fn over(&self, _message: Uuid) -> anyhow::Result<bool> {
        Ok(self.over.load(Ordering::SeqCst))
    }
}

/// The whole server, and a feature that sends.
struct Place {
    app: TestApp,
    phones: Phones,
    worker: Worker,
    feature: Arc<Feature>,
    platform: Client,
}

impl Place {
    async fn new() -> Place {
        Place::with("").await
    }

    /// `settings`: what stands before the wording in `phone.toml`.
    async fn with(settings: &str) -> Place {
        let app =
            TestApp::spawn_with(|options| options.phone_simulator = options.wechat_api_base.clone()).await;
        std::fs::write(app.folder().join(phone::FILE), format!("{settings}\n{WORDING}")).unwrap();
        let (phones, feature, worker) = replica(&app);
        let platform = app.platform();
        let hook = |name| app.url(&phone::receipts::path(&app.base.keys, name));
        let hooks = json!({"receipts": {"aliyun": hook("aliyun"), "tencent": hook("tencent")}});
        assert_eq!(platform.post_json("/_sim/settings", &hooks).await.status, 200);
        let wording = json!({"code": "test.ask", "text": "您的车{plate}在{place}挡住了别人", "words": ["plate", "place"]});
        assert_eq!(platform.post_json("/_sim/phones/templates", &wording).await.status, 200);
        let place = Place { app, phones, worker, feature, platform };
        place.break_with(json!({"hold_receipts": true})).await;
        place
    }

    async fn break_with(&self, faults: Value) {
        let answer = self.platform.post_json("/_sim/faults", &json!({"phones": faults})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    async fn place(&self, outgoing: &Outgoing) -> Placed {
        let tx = self.app.base.db.write().await.unwrap();
        let placed = phone::place(&self.app.base, &tx, outgoing).await.unwrap();
        tx.commit().await.unwrap();
        jobs::wake(&self.app.base).await;
        placed
    }

    async fn run(&self) {
        self.worker.run_due().await.unwrap();
    }

    /// Lets the receipts that were held back go, and works on them.
    async fn receipts(&self) -> Vec<Value> {
        let answer = self.platform.post_json("/_sim/phones/receipts", &json!({})).await;
        self.run().await;
        answer.json()["statuses"].as_array().unwrap().clone()
    }

    /// What the owner's phone shows.
    async fn inbox(&self) -> Vec<Value> {
        let answer = self.platform.get(&format!("/_sim/phones/{OWNER}/inbox")).await;
        answer.json()["items"].as_array().unwrap().clone()
    }

    async fn act(&self, what: &str, body: Value) -> u16 {
        self.platform.post_json(&format!("/_sim/phones/{OWNER}/{what}"), &body).await.status.as_u16()
    }

    fn events(&self) -> Vec<Event> {
        self.feature.heard.lock().unwrap().iter().map(|heard| heard.event.clone()).collect()
    }

    async fn row(&self, id: Uuid) -> message::Model {
        message::Entity::find_by_id(id).one(self.app.base.db.read()).await.unwrap().unwrap()
    }

    async fn state(&self, id: Uuid) -> String {
        self.row(id).await.state
    }
}

/// Another process of ours on the same database.
fn replica(app: &TestApp) -> (Phones, Arc<Feature>, Worker) {
    let feature = Arc::new(Feature::default());
    let settings = Settings::load(&app.base.config, PURPOSES).unwrap();
    let phones = Phones::new(app.base.clone(), settings, vec![feature.clone()]).unwrap();
    let worker = Worker::new(app.base.clone(), phones.handlers());
    (phones, feature, worker)
}

fn ask(key: &str) -> Outgoing {
    Outgoing {
        key: key.to_string(),
        purpose: "test.ask",
        medium: Medium::Sms,
        number: Phone::parse(OWNER).unwrap(),
        words: vec![("plate", "浙C·1**45".to_string()), ("place", "罗阳大道88号附近".to_string())],
        not_before: None,
        not_after: None,
        urgent: false,
    }
}

fn call(key: &str) -> Outgoing {
    Outgoing {
        purpose: "test.call",
        medium: Medium::Voice,
        words: vec![("tail", "45".to_string())],
        ..ask(key)
    }
}
