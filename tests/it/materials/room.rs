//! A meeting with materials and the people who read them. It is 08:30; the meeting is from 09:00 to 11:30, signing in
//! from 08:00 to 09:15.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::{Answer, Citizen, Client, TestApp};

pub struct Room {
    pub app: TestApp,
    pub organiser: Client,
    pub id: String,
    pub code: String,
}

/// A material that was uploaded, and whose three pages are there.
pub struct Paper {
    pub id: String,
}

impl Room {
    /// With two people on the roster: 江一帆, who attends, and 林建华, who observes.
    pub async fn open() -> Room {
        let app = TestApp::spawn().await;
        let organiser = app.organiser().await;
        let made = call(&organiser, "全市智慧政务建设培训会").await;
        let (id, code) = (text(&made["id"]), text(&made["code"]));
        let people = json!({"people": [
            {"name": "江一帆", "unit": "市金融办", "phone": "13812346021"},
            {"name": "林建华", "unit": "市环境保护局", "phone": "13912341187", "role": "observer"},
        ]});
        let answer = organiser.post_json(&format!("/api/v1/meetings/{id}/roster"), &people).await;
        assert!(answer.status.is_success(), "{}", answer.text);
        Room { app, organiser, id, code }
    }

    pub fn api(&self, rest: &str) -> String {
        format!("/api/v1/meetings/{}{rest}", self.id)
    }

    /// Uploads `bytes` as `name`; `fields` are the settings.
    pub async fn upload(&self, name: &str, bytes: impl Into<Vec<u8>>, fields: &[(&str, &str)]) -> Answer {
        self.organiser.send(self.sending(name, bytes, fields)).await
    }

    pub fn sending(
        &self,
        name: &str,
        bytes: impl Into<Vec<u8>>,
        fields: &[(&str, &str)],
    ) -> reqwest::RequestBuilder {
        let form = form(name, bytes, fields);
        self.organiser.request(Method::POST, &self.api("/materials")).multipart(form)
    }

    /// A text of three pages that is ready to be read.
    pub async fn paper(&self, name: &str, fields: &[(&str, &str)]) -> Paper {
        let body = format!("{name} 的内容");
        let made = self.upload(name, body, fields).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let paper = Paper { id: text(&made.json()["id"]) };
        self.make_ready(&format!("{name} 的内容")).await;
        paper
    }

    /// Puts three pages where the converter would have, for the file with `body`.
    pub async fn make_ready(&self, body: &str) {
        let hash = yishiting::base::privacy::digest(body.as_bytes());
        let tx = self.app.base.db.write().await.unwrap();
        for statement in [
            format!("UPDATE document SET state = 'ready', pages = 3 WHERE hash = '{hash}'"),
            format!("DELETE FROM document_page WHERE hash = '{hash}'"),
        ] {
            tx.execute_unprepared(&statement).await.unwrap();
        }
        for (number, text) in [(1, "一、总体要求"), (2, "二、重点项目清单"), (3, "三、保障措施 Plan")]
        {
            let statement = format!(
                "INSERT INTO document_page (hash, number, width, height, text) VALUES ('{hash}', {number}, 850, 1100, '{text}')"
            );
            tx.execute_unprepared(&statement).await.unwrap();
            let key = format!("documents/{hash}/110/{number}.jpg");
            let picture = format!("{body} {number}").into_bytes();
            self.app.base.files.put(&key, picture.into()).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// Puts a picture of a white page where page 1 of the file with `body` is; its bytes.
    pub async fn draw_first_page(&self, body: &str) -> Vec<u8> {
        let hash = yishiting::base::privacy::digest(body.as_bytes());
        let mut bytes = std::io::Cursor::new(Vec::new());
        let white = image::RgbImage::from_pixel(425, 550, image::Rgb([255, 255, 255]));
        white.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
        let bytes = bytes.into_inner();
        let key = format!("documents/{hash}/110/1.jpg");
        self.app.base.files.put(&key, bytes.clone().into()).await.unwrap();
        bytes
    }

    /// The file with `body` turned out not to be convertible.
    pub async fn unpreviewable(&self, body: &str) {
        let hash = yishiting::base::privacy::digest(body.as_bytes());
        let tx = self.app.base.db.write().await.unwrap();
        let statement = format!("UPDATE document SET state = 'failed' WHERE hash = '{hash}'");
        tx.execute_unprepared(&statement).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Somebody with their phone who signs in at this meeting.
    pub async fn attendee(&self, name: &str, unit: &str, phone: &str) -> Citizen {
        let citizen = self.app.citizen(name).await;
        sign_in(&citizen, &self.code, unit, phone).await;
        citizen
    }

    /// Somebody with their phone whom the city knows from another meeting, and who is not signed in here.
    pub async fn known(&self, name: &str, unit: &str, phone: &str) -> Citizen {
        let other = call(&self.organiser, "另一个会").await;
        let citizen = self.app.citizen(name).await;
        sign_in(&citizen, &text(&other["code"]), unit, phone).await;
        citizen
    }

    pub async fn jiang(&self) -> Citizen {
        self.attendee("江一帆", "市金融办", "13812346021").await
    }

    pub fn read(&self, paper: &Paper) -> String {
        format!("/m/{}/materials/{}", self.code, paper.id)
    }

    pub fn page(&self) -> String {
        format!("/m/{}", self.code)
    }

    pub async fn withdraw(&self, paper: &Paper) -> Answer {
        let path = self.api(&format!("/materials/{}", paper.id));
        self.organiser.send(self.organiser.request(Method::DELETE, &path)).await
    }

    pub async fn change(&self, paper: &Paper, body: Value) -> Answer {
        let path = self.api(&format!("/materials/{}", paper.id));
        self.organiser.send(self.organiser.request(Method::PATCH, &path).json(&body)).await
    }

    /// Uploads a new version whose pages are ready.
    pub async fn replace(&self, paper: &Paper, body: &str) -> Answer {
        let path = self.api(&format!("/materials/{}/versions", paper.id));
        let request = self.organiser.request(Method::POST, &path).multipart(form("新版.txt", body, &[]));
        let answer = self.organiser.send(request).await;
        self.make_ready(body).await;
        answer
    }

    pub async fn readers(&self, paper: &Paper) -> Value {
        self.organiser.get(&self.api(&format!("/materials/{}/readers", paper.id))).await.json()
    }
}

pub fn form(name: &str, bytes: impl Into<Vec<u8>>, fields: &[(&str, &str)]) -> Form {
    let form =
        fields.iter().fold(Form::new(), |form, (name, value)| form.text(name.to_string(), value.to_string()));
    form.part("file", Part::bytes(bytes.into()).file_name(name.to_string()))
}

async fn call(organiser: &Client, title: &str) -> Value {
    let meeting = json!({
        "title": title,
        "summary": "请提前十分钟到场。",
        "place": "市行政中心 3 号会议室",
        "starts_at": "2026-09-19T01:00:00Z",
        "ends_at": "2026-09-19T03:30:00Z",
        "checkin": {"opens_at": "2026-09-19T00:00:00Z", "closes_at": "2026-09-19T01:15:00Z"},
    });
    let made = organiser.post_json("/api/v1/meetings", &meeting).await;
    assert!(made.status.is_success(), "{}", made.text);
    made.json()
}

async fn sign_in(citizen: &Citizen, code: &str, unit: &str, phone: &str) {
    let page = citizen.opens(&format!("/m/{code}")).await;
    let (csrf, op) = (page.hidden("csrf"), page.hidden("op"));
    let fields =
        [("csrf", csrf.as_str()), ("op", &op), ("unit", unit), ("name", &citizen.name), ("phone", phone)];
    let answer = citizen.phone.post(&format!("/m/{code}/checkin"), &fields).await;
    assert!(answer.location().is_some(), "{}", answer.text);
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_string()
}

/// The value of `name="…"` attributes of a page that begin with `start`, with `&amp;` undone.
pub fn links(page: &str, name: &str, start: &str) -> Vec<String> {
    page.split(&format!("{name}=\"{start}"))
        .skip(1)
        .map(|rest| {
            format!("{start}{}", rest.split('"').next().unwrap()).replace("&amp;", "&").replace("&#38;", "&")
        })
        .collect()
}
