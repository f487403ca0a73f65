//! Parameter QR codes (带参数二维码): `qrcode/create` and the picture.

use std::collections::VecDeque;

use actix_web::{HttpResponse, web};
use image::{DynamicImage, ImageFormat, Luma};
use serde::Serialize;
use serde_json::{Value, json};

use super::api::{Answer, Call, Endpoint, bare, post, text};
use super::errcode::{Refusal, refuse};
use super::scene::{Code, Scene};
use super::server::Simulator;

pub const ENDPOINTS: &[Endpoint] = &[post("/cgi-bin/qrcode/create", Some(100_000), create)];

/// Permanent codes of one account, for ever.
const MAX_PERMANENT: u64 = 100_000;
/// The longest life of a temporary code, and what one gets that asks for none, in seconds.
const MAX_LIFE: i64 = 2_592_000;
const DEFAULT_LIFE: i64 = 60;
/// How many codes the phones offer for scanning.
const LISTED: usize = 100;

/// What was created, for the list that phones pick from.
#[derive(Default)]
pub struct Codes {
    listed: VecDeque<Listed>,
    permanent: u64,
}

/// A code that a phone can scan without a camera.
#[derive(Debug, Clone, Serialize)]
pub struct Listed {
    pub scene: String,
    pub url: String,
    pub ticket: String,
    pub created_at: i64,
    pub expires_at: Option<i64>,
}

impl Codes {
    fn add(&mut self, code: &Code, secret: &str, now: i64) {
        let scene = code.scene.to_string();
        let permanent = code.expires_at.is_none();
        let known =
            self.listed.iter().position(|old| old.scene == scene && old.expires_at == code.expires_at);
        if let Some(index) = known {
            self.listed.remove(index);
        } else if permanent {
            self.permanent += 1;
        }
        if self.listed.len() == LISTED {
            self.listed.pop_back();
        }
        self.listed.push_front(Listed {
            scene,
            url: code.url(secret),
            ticket: code.ticket(secret),
            created_at: now,
            expires_at: code.expires_at,
        });
    }

    /// Newest first, without those that have expired.
    pub fn scannable(&self, now: i64) -> Vec<&Listed> {
        self.listed.iter().filter(|code| code.expires_at.is_none_or(|at| at > now)).collect()
    }

    /// The newest code of a scene that still scans.
    pub fn of_scene(&self, scene: &str, now: i64) -> Option<&Listed> {
        self.scannable(now).into_iter().find(|code| code.scene == scene)
    }
}

fn create(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let asked = call.json()?;
    let action = text(&asked, "action_name").ok_or_else(|| refuse(40052))?;
    let scene = asked.pointer("/action_info/scene").unwrap_or(&Value::Null);
    let number = || scene.get("scene_id").and_then(Value::as_u64).filter(|id| *id > 0);
    let string = || {
        let text = text(scene, "scene_str").filter(|text| text.chars().count() <= 64);
        text.map(|text| Scene::Text(text.to_string()))
    };
    let temporary = matches!(action, "QR_SCENE" | "QR_STR_SCENE");
    let scene = match action {
        "QR_SCENE" => number().and_then(|id| u32::try_from(id).ok()).map(Scene::Id),
        "QR_LIMIT_SCENE" => number().filter(|id| *id <= MAX_PERMANENT).map(|id| Scene::Id(id as u32)),
        "QR_STR_SCENE" | "QR_LIMIT_STR_SCENE" => string(),
        _ => return Err(refuse(40052)),
    };
    let scene = scene.ok_or_else(|| refuse(40053))?;
    let now = call.unix();
    let mut answer = json!({});
    let mut code = Code { scene, expires_at: None };
    if temporary {
        let life = asked.get("expire_seconds").map_or(Some(DEFAULT_LIFE), Value::as_i64);
        let life = life.filter(|life| (1..=MAX_LIFE).contains(life)).ok_or_else(|| refuse(40053))?;
        code.expires_at = Some(now + life);
        answer["expire_seconds"] = json!(life);
    } else if call.world.codes.permanent >= MAX_PERMANENT {
        return Err(refuse(45029));
    }
    let secret = &call.account.app_secret;
    call.world.codes.add(&code, secret, now);
    answer["ticket"] = json!(code.ticket(secret));
    answer["url"] = json!(code.url(secret));
    bare(answer)
}

#[derive(serde::Deserialize)]
struct Show {
    #[serde(default)]
    ticket: String,
}

/// The picture: no token, 404 for a ticket that is not ours.
async fn show(simulator: web::Data<Simulator>, asked: web::Query<Show>) -> HttpResponse {
    let secret = &simulator.account().app_secret;
    let picture = Code::from_ticket(&asked.ticket, secret).and_then(|code| draw(&code.url(secret)));
    match picture {
        Some(bytes) => HttpResponse::Ok().content_type("image/jpg").body(bytes),
        None => HttpResponse::NotFound().finish(),
    }
}

/// A JPEG of at least 430 pixels, as the platform's.
pub fn draw(content: &str) -> Option<Vec<u8>> {
    let code = qrcode::QrCode::new(content).ok()?;
    let pixels = code.render::<Luma<u8>>().min_dimensions(430, 430).build();
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::ImageLuma8(pixels).write_to(&mut bytes, ImageFormat::Jpeg).ok()?;
    Some(bytes.into_inner())
}

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.route("/cgi-bin/showqrcode", web::get().to(show));
}
