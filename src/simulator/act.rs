//! What users do: each act is pushed to the back end, waited for, and answered with what came of it.

use actix_web::{HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::control::{Controlled, Refused, read};
use super::delivery::Outcome;
use super::inbox::{Content, Source};
use super::media::Upload;
use super::preference;
use super::push::Push;
use super::qrcode;
use super::scene::{Code, Scene};
use super::server::Simulator;
use super::xml::{Nodes, children, number, text};

type World<'w> = std::sync::MutexGuard<'w, super::state::World>;

/// A user who follows, or 409: strangers can only scan and follow.
fn follower<'w>(world: &'w mut World<'_>, openid: &str) -> Result<&'w mut super::people::Person, Refused> {
    match world.people.get_mut(openid) {
        Some(person) if person.follows() => Ok(person),
        Some(_) => Err(Refused::new(409, "the user does not follow the account")),
        None => Err(Refused::new(404, "no such user; make one with POST /_sim/followers")),
    }
}

fn answer(outcome: Outcome) -> Controlled {
    Ok(HttpResponse::Ok().json(outcome))
}

#[derive(Deserialize)]
struct TextAct {
    content: String,
    bizmsgmenuid: Option<String>,
}

async fn say(simulator: web::Data<Simulator>, openid: web::Path<String>, body: web::Bytes) -> Controlled {
    let asked: TextAct = read(&body)?;
    let mut nodes = vec![text("Content", asked.content.as_str())];
    nodes.extend(asked.bizmsgmenuid.map(|id| text("bizmsgmenuid", id)));
    let content = Content::Text { content: asked.content };
    answer(send_message(&simulator, &openid, "text", nodes, content).await?)
}

/// Records a message on its phone, opens the send right, and delivers it.
async fn send_message(
    simulator: &Simulator,
    openid: &str,
    kind: &str,
    nodes: Nodes,
    content: Content,
) -> Result<Outcome, Refused> {
    let now = simulator.clock().unix();
    let push = {
        let mut world = simulator.world();
        let person = follower(&mut world, openid)?;
        person.rights.on_message(now);
        person.inbox.add(now, Source::User, content);
        Push::message(openid, kind, nodes, world.next_number(), now)
    };
    Ok(simulator.deliver(push).await)
}

#[derive(Deserialize)]
struct ImageAct {
    /// A PNG or JPEG; a made-up picture when absent.
    base64: Option<String>,
}

async fn image(simulator: web::Data<Simulator>, openid: web::Path<String>, body: web::Bytes) -> Controlled {
    let asked: ImageAct = read(&body)?;
    let bytes = match asked.base64 {
        Some(text) => STANDARD.decode(text).map_err(|_| Refused::new(400, "base64 cannot be decoded"))?,
        None => qrcode::draw(&openid).unwrap_or_default(),
    };
    answer(send_image(&simulator, &openid, bytes).await?)
}

async fn send_image(simulator: &Simulator, openid: &str, bytes: Vec<u8>) -> Result<Outcome, Refused> {
    let now = simulator.clock().unix();
    let (media_id, url) = {
        let mut world = simulator.world();
        follower(&mut world, openid)?;
        let upload = Upload { name: "image.jpg".to_string(), bytes: bytes.into() };
        let id = world.library.keep("image", upload, now, false);
        let url = world.library.url(&id, now, simulator.base()).unwrap_or_default();
        (id, url)
    };
    let nodes = vec![text("PicUrl", url.as_str()), text("MediaId", media_id.as_str())];
    send_message(simulator, openid, "image", nodes, Content::Image { media_id, url }).await
}

#[derive(Deserialize)]
struct LocationAct {
    latitude: f64,
    longitude: f64,
    #[serde(default)]
    label: String,
    scale: Option<i64>,
}

impl LocationAct {
    fn nodes(&self) -> Nodes {
        vec![
            text("Location_X", self.latitude.to_string()),
            text("Location_Y", self.longitude.to_string()),
            number("Scale", self.scale.unwrap_or(15)),
            text("Label", self.label.as_str()),
        ]
    }
}

async fn location(
    simulator: web::Data<Simulator>,
    openid: web::Path<String>,
    body: web::Bytes,
) -> Controlled {
    let asked: LocationAct = read(&body)?;
    let nodes = asked.nodes();
    let LocationAct { latitude, longitude, label, .. } = asked;
    let content = Content::Location { latitude, longitude, label };
    answer(send_message(&simulator, &openid, "location", nodes, content).await?)
}

#[derive(Deserialize)]
struct ScanAct {
    /// A number or a text.
    scene: Option<Value>,
    url: Option<String>,
    ticket: Option<String>,
}

async fn scan(simulator: web::Data<Simulator>, openid: web::Path<String>, body: web::Bytes) -> Controlled {
    let asked: ScanAct = read(&body)?;
    let secret = &simulator.account().app_secret;
    let code = match (asked.scene, asked.ticket, asked.url) {
        (Some(scene), _, _) => scene_code(&simulator, &scene)?,
        (None, Some(ticket), _) => Code::from_ticket(&ticket, secret)
            .ok_or_else(|| Refused::new(404, "not a ticket of this account"))?,
        (None, None, Some(url)) => match scanned_url(&url, secret) {
            Some(code) => code,
            None if url.starts_with("http://") || url.starts_with("https://") => {
                simulator.world().people.meet(&openid)?;
                return Ok(HttpResponse::Ok().json(json!({"deliveries": [], "opens": url})));
            }
            None => return Err(Refused::new(400, "the code holds neither a scene nor an address")),
        },
        (None, None, None) => return Err(Refused::new(400, "give scene, url or ticket")),
    };
    let now = simulator.clock().unix();
    if code.expired(now) {
        return Err(Refused::new(410, "the code has expired: 二维码已过期"));
    }
    let push = {
        let mut world = simulator.world();
        let scene = code.scene.to_string();
        let person = world.people.meet(&openid)?;
        let ticket = text("Ticket", code.ticket(secret));
        person.rights.on_action(now);
        if person.follows() {
            Push::event(&openid, "SCAN", vec![text("EventKey", scene), ticket], now)
        } else {
            person.follow(now, "ADD_SCENE_QR_CODE", &scene);
            let key = text("EventKey", format!("qrscene_{scene}"));
            Push::event(&openid, "subscribe", vec![key, ticket], now)
        }
    };
    answer(simulator.deliver(push).await)
}

/// The text of a picture: the code's own address, or that of its picture.
fn scanned_url(url: &str, secret: &str) -> Option<Code> {
    if let Some(code) = Code::from_url(url, secret) {
        return Some(code);
    }
    let url = url::Url::parse(url).ok().filter(|url| url.path().ends_with("/showqrcode"))?;
    let (_, ticket) = url.query_pairs().find(|(name, _)| name == "ticket")?;
    Code::from_ticket(&ticket, secret)
}

/// The newest code of a scene; one that was never created here counts as printed long ago.
fn scene_code(simulator: &Simulator, scene: &Value) -> Result<Code, Refused> {
    let text = scene.as_str().map_or_else(|| scene.to_string(), str::to_string);
    if text.is_empty() || text.chars().count() > 64 {
        return Err(Refused::new(400, "a scene is 1 to 64 characters"));
    }
    let now = simulator.clock().unix();
    let secret = &simulator.account().app_secret;
    let world = simulator.world();
    let created = world.codes.of_scene(&text, now).and_then(|code| Code::from_url(&code.url, secret));
    Ok(created.unwrap_or(Code { scene: Scene::Text(text), expires_at: None }))
}

#[derive(Deserialize)]
struct ClickAct {
    key: String,
    /// What the camera of a scan button reads.
    result: Option<String>,
    /// What a location button picks.
    location: Option<LocationAct>,
}

async fn click(simulator: web::Data<Simulator>, openid: web::Path<String>, body: web::Bytes) -> Controlled {
    let asked: ClickAct = read(&body)?;
    let now = simulator.clock().unix();
    let kind = simulator.world().menus.kind_of(&asked.key).unwrap_or_else(|| "click".to_string());
    let mut nodes = vec![text("EventKey", asked.key.as_str())];
    match kind.as_str() {
        "scancode_push" | "scancode_waitmsg" => {
            let result =
                asked.result.ok_or_else(|| Refused::new(400, "give result: what the camera reads"))?;
            let info = vec![text("ScanType", "qrcode"), text("ScanResult", result)];
            nodes.push(children("ScanCodeInfo", info));
        }
        "pic_sysphoto" | "pic_photo_or_album" | "pic_weixin" => {
            let picture = qrcode::draw(&openid).unwrap_or_default();
            let item = vec![text("PicMd5Sum", &crate::base::privacy::digest(&picture)[..32])];
            let list = vec![children("item", item)];
            nodes.push(children("SendPicsInfo", vec![number("Count", 1), children("PicList", list)]));
            let outcome = act(&simulator, &openid, &kind, nodes, now).await?;
            send_image(&simulator, &openid, picture).await?;
            return answer(outcome);
        }
        "location_select" => {
            let place = asked.location.ok_or_else(|| Refused::new(400, "give location"))?;
            let mut info = place.nodes();
            info.push(text("Poiname", ""));
            nodes.push(children("SendLocationInfo", info));
            let outcome = act(&simulator, &openid, &kind, nodes, now).await?;
            let LocationAct { latitude, longitude, ref label, .. } = place;
            let content = Content::Location { latitude, longitude, label: label.clone() };
            send_message(&simulator, &openid, "location", place.nodes(), content).await?;
            return answer(outcome);
        }
        _ => {}
    }
    let name = if kind.starts_with("scancode") { kind.as_str() } else { "CLICK" };
    answer(act(&simulator, &openid, name, nodes, now).await?)
}

/// A menu event of a follower. Clicks and scans open a send right, the other buttons do not.
async fn act(
    simulator: &Simulator,
    openid: &str,
    event: &str,
    nodes: Nodes,
    now: i64,
) -> Result<Outcome, Refused> {
    {
        let mut world = simulator.world();
        let person = follower(&mut world, openid)?;
        if matches!(event, "CLICK" | "scancode_push" | "scancode_waitmsg") {
            person.rights.on_action(now);
        }
    }
    Ok(simulator.deliver(Push::event(openid, event, nodes, now)).await)
}

#[derive(Deserialize)]
struct ViewAct {
    url: String,
}

async fn view(simulator: web::Data<Simulator>, openid: web::Path<String>, body: web::Bytes) -> Controlled {
    let asked: ViewAct = read(&body)?;
    follower(&mut simulator.world(), &openid)?;
    let nodes = vec![text("EventKey", asked.url.as_str())];
    let push = Push::silent(&openid, "VIEW", nodes, simulator.clock().unix());
    let outcome = simulator.deliver(push).await;
    Ok(HttpResponse::Ok().json(json!({"deliveries": outcome.deliveries, "opens": asked.url})))
}

async fn follow(simulator: web::Data<Simulator>, openid: web::Path<String>) -> Controlled {
    let now = simulator.clock().unix();
    {
        let mut world = simulator.world();
        let person = world.people.meet(&openid)?;
        if person.follows() {
            return Err(Refused::new(409, "the user follows already"));
        }
        person.follow(now, "ADD_SCENE_SEARCH", "");
        person.rights.on_action(now);
    }
    let nodes = vec![text("EventKey", "")];
    answer(simulator.deliver(Push::event(&openid, "subscribe", nodes, now)).await)
}

async fn unfollow(simulator: web::Data<Simulator>, openid: web::Path<String>) -> Controlled {
    follower(&mut simulator.world(), &openid)?.unfollow();
    let nodes = vec![text("EventKey", "")];
    let push = Push::silent(&openid, "unsubscribe", nodes, simulator.clock().unix());
    answer(simulator.deliver(push).await)
}

#[derive(Deserialize)]
struct EventAct {
    event: String,
    #[serde(default)]
    fields: Map<String, Value>,
}

async fn event(simulator: web::Data<Simulator>, openid: web::Path<String>, body: web::Bytes) -> Controlled {
    let asked: EventAct = read(&body)?;
    simulator.world().people.meet(&openid)?;
    let nodes = asked.fields.iter().map(|(name, value)| match value {
        Value::Number(value) => number(name, value.as_i64().unwrap_or_default()),
        Value::String(value) => text(name, value.as_str()),
        other => text(name, other.to_string()),
    });
    let now = simulator.clock().unix();
    answer(simulator.deliver(Push::event(&openid, &asked.event, nodes.collect(), now)).await)
}

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.route("/users/{openid}/text", web::post().to(say))
        .route("/users/{openid}/image", web::post().to(image))
        .route("/users/{openid}/location", web::post().to(location))
        .route("/users/{openid}/scan", web::post().to(scan))
        .route("/users/{openid}/click", web::post().to(click))
        .route("/users/{openid}/view", web::post().to(view))
        .route("/users/{openid}/follow", web::post().to(follow))
        .route("/users/{openid}/unfollow", web::post().to(unfollow))
        .route("/users/{openid}/subscribe", web::post().to(preference::subscribe))
        .route("/users/{openid}/settings", web::post().to(preference::settings))
        .route("/users/{openid}/event", web::post().to(event));
}
