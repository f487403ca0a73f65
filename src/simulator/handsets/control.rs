//! Below `/_sim/phones`: what a telephone shows, and what whoever holds it does.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::Wording;
use crate::simulator::control::{Controlled, Refused, read};
use crate::simulator::server::Simulator;

async fn inbox(simulator: web::Data<Simulator>, number: web::Path<String>) -> Controlled {
    Ok(HttpResponse::Ok().json(simulator.world().handsets.shown(&number)))
}

async fn numbers(simulator: web::Data<Simulator>) -> Controlled {
    let world = simulator.world();
    Ok(HttpResponse::Ok().json(json!({"numbers": world.handsets.numbers()})))
}

/// All that was taken in, the oldest first.
async fn sent(simulator: web::Data<Simulator>) -> Controlled {
    let world = simulator.world();
    Ok(HttpResponse::Ok().json(json!({"items": world.handsets.items})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Act {
    /// Of `press`: 0 to 9.
    key: Option<char>,
    /// Of `hangup`: how long the call lasted; else as long as it was.
    seconds: Option<i64>,
    /// Of `reply`.
    content: Option<String>,
}

async fn act(
    simulator: web::Data<Simulator>,
    path: web::Path<(String, String)>,
    body: web::Bytes,
) -> Controlled {
    let (number, what) = path.into_inner();
    let Act { key, seconds, content } = read(&body)?;
    let done = match (what.as_str(), key, content) {
        ("answer", ..) => simulator.pick_up(&number),
        ("decline", ..) => {
            simulator.decline(&number).await;
            true
        }
        ("hangup", ..) => {
            simulator.hang_up(&number, seconds).await;
            true
        }
        ("press", Some(key), _) => simulator.press(&number, key).await,
        ("reply", _, Some(content)) => simulator.answer_text(&number, &content).await,
        _ => {
            return Err(Refused::new(
                400,
                "answer, decline, hangup {seconds?}, press {key} or reply {content}",
            ));
        }
    };
    match done {
        true => inbox(simulator, web::Path::from(number)).await,
        false => Err(Refused::new(409, "nothing rings there, or the call takes no such key")),
    }
}

async fn templates(simulator: web::Data<Simulator>, body: web::Bytes) -> Controlled {
    let wording: Wording = read(&body)?;
    simulator.world().handsets.put_wording(wording);
    Ok(HttpResponse::Ok().json(json!({})))
}

async fn receipts(simulator: web::Data<Simulator>) -> Controlled {
    Ok(HttpResponse::Ok().json(json!({"statuses": simulator.release_receipts().await})))
}

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.route("/numbers", web::get().to(numbers))
        .route("/phones/sent", web::get().to(sent))
        .route("/phones/templates", web::post().to(templates))
        .route("/phones/receipts", web::post().to(receipts))
        .route("/phones/{number}/inbox", web::get().to(inbox))
        .route("/phones/{number}/{act}", web::post().to(act));
}
