//! `/phone`: a telephone in the browser, with its short messages and a call that rings.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use crate::simulator::page::{asset, html};
use crate::simulator::server::Simulator;

#[derive(Template)]
#[template(path = "simulator-phone.html")]
struct HandsetPage {
    style: String,
    script: String,
    number: String,
    numbers: Vec<String>,
}

async fn list(simulator: web::Data<Simulator>) -> HttpResponse {
    show(&simulator, String::new())
}

async fn one(simulator: web::Data<Simulator>, number: web::Path<String>) -> HttpResponse {
    show(&simulator, number.into_inner())
}

fn show(simulator: &Simulator, number: String) -> HttpResponse {
    let numbers = simulator.world().handsets.numbers().into_keys().map(str::to_string).collect();
    let (style, script) = (asset("simulator.css"), asset("simulator-phone.js"));
    html(StatusCode::OK, &HandsetPage { style, script, number, numbers })
}

pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.route("/phone", web::get().to(list)).route("/phone/{number}", web::get().to(one));
}
