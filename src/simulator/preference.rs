//! What users allow: notices in general, and each template in a subscribe pop-up.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::control::{Controlled, Refused, read};
use super::people::Notices;
use super::push::Push;
use super::server::Simulator;
use super::template::Kind;
use super::xml::{number, text};

/// An answer in a subscribe pop-up.
#[derive(Deserialize)]
pub struct SubscribeAct {
    template_ids: Vec<String>,
    accept: Option<bool>,
}

pub async fn subscribe(
    simulator: web::Data<Simulator>,
    openid: web::Path<String>,
    body: web::Bytes,
) -> Controlled {
    choose(&simulator, &openid, &read(&body)?).await
}

/// Enters what `openid` chose and pushes it.
pub async fn choose(simulator: &Simulator, openid: &str, asked: &SubscribeAct) -> Controlled {
    let accept = asked.accept.unwrap_or(true);
    let mut lists = Vec::new();
    {
        let mut world = simulator.world();
        world.people.meet(openid)?;
        for id in &asked.template_ids {
            let template = world.templates.find(id, |kind| kind != Kind::Template);
            let kind = template.map(|template| template.kind);
            let kind = kind.ok_or_else(|| Refused::new(404, format!("no subscribe template {id}")))?;
            let status = if accept { "accept" } else { "reject" };
            lists.push(vec![
                text("TemplateId", id.as_str()),
                text("SubscribeStatusString", status),
                number("PopupScene", 1),
            ]);
            let person = world.people.meet(openid)?;
            match (accept, kind) {
                (false, _) => {
                    person.accepted.remove(id);
                }
                (true, Kind::LongTerm) => {
                    person.accepted.insert(id.clone(), None);
                }
                (true, _) => {
                    let left = person.accepted.get(id).copied().flatten().unwrap_or_default();
                    person.accepted.insert(id.clone(), Some(left + 1));
                }
            }
        }
    }
    let now = simulator.clock().unix();
    let event = "subscribe_msg_popup_event";
    let push = Push::subscribe(openid, event, "SubscribeMsgPopupEvent", lists, now);
    Ok(HttpResponse::Ok().json(simulator.deliver(push).await))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonSettings {
    notices: Option<Notices>,
    platform: Option<i64>,
    nickname: Option<String>,
}

pub async fn settings(
    simulator: web::Data<Simulator>,
    openid: web::Path<String>,
    body: web::Bytes,
) -> Controlled {
    let asked: PersonSettings = read(&body)?;
    let mut world = simulator.world();
    let person = world.people.meet(&openid)?;
    person.notices = asked.notices.unwrap_or(person.notices);
    person.platform = asked.platform.unwrap_or(person.platform);
    person.nickname = asked.nickname.unwrap_or_else(|| person.nickname.clone());
    Ok(HttpResponse::Ok().json(json!({
        "openid": person.openid, "notices": person.notices, "platform": person.platform,
        "nickname": person.nickname,
    })))
}
