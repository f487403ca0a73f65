//! Votes for organisers' programs: `/api/v1`. A program runs the rounds that its own account prepared; those of
//! another account are not there for it until their result is published. Nobody votes through it.

mod rounds;
mod shape;

use actix_web::web::{ServiceConfig, resource};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/api/v1/ballot-templates").get(rounds::templates))
        .service(resource("/api/v1/meetings/{id}/rounds").get(rounds::list).post(rounds::prepare))
        .service(resource("/api/v1/meetings/{id}/rounds/{round}").get(rounds::one).put(rounds::edit))
        .service(resource("/api/v1/meetings/{id}/rounds/{round}/manual").post(rounds::manual))
        .service(resource("/api/v1/meetings/{id}/rounds/{round}/report.docx").get(rounds::docx))
        .service(resource("/api/v1/meetings/{id}/rounds/{round}/report.pdf").get(rounds::pdf))
        .service(resource("/api/v1/meetings/{id}/rounds/{round}/{verb}").post(rounds::act));
}
