//! `/api/openapi.json`: what the API offers, written by hand and held to the routes and answers by tests.

use actix_web::HttpResponse;
use actix_web::web::{ServiceConfig, resource};

/// The document. Its paths are those under `/api/v1`, and no other.
pub const DOCUMENT: &str = include_str!("openapi.json");

pub fn routes(app: &mut ServiceConfig) {
    app.service(resource("/api/openapi.json").get(document));
}

async fn document() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(DOCUMENT)
}
