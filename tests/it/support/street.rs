//! A street full of blocked cars: the whole server, drivers with their phones, owners with theirs, the duty desk; and
//! a record of all that anybody was shown.

use std::sync::Mutex;

use chrono::TimeDelta;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use yishiting::movecar::register::import;
use yishiting::notify::phone;
use yishiting::people::follower;
use yishiting::server;

use super::{Answer, Citizen, Client, TestApp};

/// Something that somebody was shown, and the plates that may stand in it whole.
pub struct Shown {
    pub what: String,
    pub text: String,
    pub whole: Vec<String>,
}

pub struct Street {
    pub app: TestApp,
    pub shown: Mutex<Vec<Shown>>,
    platform: Client,
}

/// Latitude, longitude and metres, as a phone in the middle of the city says it.
const HERE: &str = "gcj02,27.7783,120.6551,10";

impl Street {
    /// Ten in the morning; `owners` are in the register: plate and telephone.
    pub async fn open(owners: &[(String, String)]) -> Street {
        let app = TestApp::spawn_with(|options| {
            options.phone_simulator = options.wechat_api_base.clone();
            // Each driver comes from a network of their own.
            options.trusted_proxies = Some(1);
        })
        .await;
        app.clock.set(super::moment("2026-09-21 10:00"));
        let rows: String = owners.iter().map(|(plate, phone)| format!("{plate},{phone}\n")).collect();
        let report = import::import(&app.base, rows.as_bytes(), "test.csv", "chen").await.unwrap();
        assert!(report.bad.is_empty(), "{:?}", report.bad);
        let platform = app.platform();
        let hook = |name| app.url(&phone::receipts::path(&app.base.keys, name));
        let hooks = json!({"receipts": {"aliyun": hook("aliyun"), "tencent": hook("tencent")}});
        assert_eq!(platform.post_json("/_sim/settings", &hooks).await.status, 200);
        let said = phone::Settings::load(&app.base.config, &server::purposes()).unwrap();
        for purpose in server::purposes() {
            let wording = said.wording(purpose.name).unwrap();
            for code in wording.templates.values() {
                let template = json!({"code": code, "text": wording.text, "words": purpose.words});
                assert_eq!(platform.post_json("/_sim/phones/templates", &template).await.status, 200);
            }
        }
        let street = Street { app, shown: Mutex::default(), platform };
        street.carriers(json!({"hold_receipts": true})).await;
        street
    }

    /// How the carriers behave from now on.
    pub async fn carriers(&self, faults: Value) {
        let answer = self.platform.post_json("/_sim/faults", &json!({"phones": faults})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// A follower of some days, with a phone in hand.
    pub async fn driver(&self, name: &str) -> Citizen {
        let citizen = self.app.citizen(name).await;
        let now = self.app.clock.now();
        self.app.clock.set(now - TimeDelta::days(3));
        follower::ensure(&self.app.base, &citizen.openid).await.unwrap();
        self.app.clock.set(now);
        citizen
    }

    /// Writes down what was shown; `whole`: plates that whoever saw it typed or may know.
    pub fn keep(&self, what: &str, text: &str, whole: &[&str]) {
        let whole = whole.iter().map(|plate| (*plate).to_string()).collect();
        self.shown.lock().unwrap().push(Shown { what: what.to_string(), text: text.to_string(), whole });
    }

    /// The same of an answer, with its headers.
    pub fn kept(&self, what: &str, answer: Answer, whole: &[&str]) -> Answer {
        self.keep(what, &format!("{:?}\n{}", answer.headers, answer.text), whole);
        answer
    }

    /// Opens a page and writes it down.
    pub async fn sees(&self, who: &Citizen, path: &str, whole: &[&str]) -> Answer {
        let answer = who.opens(path).await;
        self.kept(&format!("{} at {path}", who.name), answer, whole)
    }

    /// Sends the form with a picture that nobody sent before, from the middle of the city; `n` is of the network.
    pub async fn posts(&self, who: &Citizen, csrf: &str, plate: &str, n: usize) -> Answer {
        let photo = Part::bytes(picture()).file_name("car.jpg").mime_str("image/jpeg").unwrap();
        let fields = [("plate", plate), ("where", "罗阳大道 88 号"), ("reason", "blocking"), ("place", HERE)];
        let form =
            fields.into_iter().fold(Form::new().text("csrf", csrf.to_string()), |form, (name, value)| {
                form.text(name, value.to_string())
            });
        let request = who.phone.request(Method::POST, "/car").multipart(form.part("photo", photo));
        let network = format!("10.0.{}.{}", n / 200, n % 200 + 1);
        who.phone.send(request.header("X-Forwarded-For", network)).await
    }

    /// Asks by page; the address of the progress page.
    pub async fn asks(&self, who: &Citizen, plate: &str, n: usize) -> String {
        let csrf = self.sees(who, "/car", &[plate]).await.hidden("csrf");
        let sent = self.posts(who, &csrf, plate, n).await;
        let sent = self.kept("the form's answer", sent, &[plate]);
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
        sent.location().unwrap()
    }

    /// What a telephone shows: calls and messages, without the numbers that they went to; written down.
    pub async fn telephone(&self, number: &str) -> Vec<Value> {
        let answer = self.platform.get(&format!("/_sim/phones/{number}/inbox")).await.json();
        let items = answer["items"].as_array().unwrap().clone();
        for item in &items {
            let text = format!("{} {} {}", item["text"], item["reference"], item["template"]);
            self.keep(&format!("{} of a telephone", item["medium"]), &text, &[]);
        }
        items
    }

    /// The newest text of a medium (`sms` or `call`) on a telephone.
    pub async fn said(&self, number: &str, medium: &str) -> String {
        let items = self.telephone(number).await;
        let newest = items.iter().rfind(|item| item["medium"] == medium);
        newest.unwrap_or_else(|| panic!("no {medium} in {items:?}"))["text"].as_str().unwrap().to_string()
    }

    /// Does something with a telephone: answer, press, hangup, reply.
    pub async fn holds(&self, number: &str, what: &str, body: Value) {
        let answer = self.platform.post_json(&format!("/_sim/phones/{number}/{what}"), &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// The chat of somebody as their phone shows it; written down.
    pub async fn chat(&self, who: &Citizen, whole: &[&str]) {
        let inbox = self.platform.get(&format!("/_sim/users/{}/inbox", who.openid)).await;
        self.kept(&format!("the chat of {}", who.name), inbox, whole);
    }

    /// Sends a picture or a place in the chat; the reply.
    pub async fn sends(&self, who: &Citizen, act: &str, body: Value) -> String {
        let told = self.platform.post_json(&format!("/_sim/users/{}/{act}", who.openid), &body).await;
        told.json()["reply"].to_string()
    }

    /// Works on what is due, lets the receipts go, and works on those.
    pub async fn run(&self) {
        self.app.run_jobs().await;
        let answer = self.platform.post_json("/_sim/phones/receipts", &json!({})).await;
        assert!(answer.status.is_success(), "{}", answer.text);
        self.app.run_jobs().await;
    }

    pub async fn later(&self, by: TimeDelta) {
        self.app.clock.advance(by);
        self.run().await;
    }
}

/// One colour: a picture of nothing is like no other.
pub fn picture() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new(&mut bytes);
    encoder.encode_image(&image::RgbImage::from_pixel(64, 48, image::Rgb([90, 90, 90]))).unwrap();
    bytes
}
