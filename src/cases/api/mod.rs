//! Petitions for programs: `/api/v1/cases`. A program is an account; it does what the offices of that account do, and,
//! as a registered system, what the people do for whom it filed a case. Every command is an [`Act`](super::act::Act).

mod cases;
mod changes;
mod hooks;
mod shape;
mod systems;

use actix_web::web::{ServiceConfig, resource};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/api/v1/cases").get(cases::list).post(cases::create))
        .service(resource("/api/v1/cases/changes").get(changes::list))
        .service(resource("/api/v1/cases/systems").get(systems::list).post(systems::admit))
        .service(resource("/api/v1/cases/systems/{username}").delete(systems::dismiss))
        .service(resource("/api/v1/cases/hooks").get(hooks::list).post(hooks::add))
        .service(resource("/api/v1/cases/hooks/{id}").delete(hooks::remove))
        .service(resource("/api/v1/cases/hooks/{id}/secret").post(hooks::renew))
        .service(resource("/api/v1/cases/hooks/{id}/deliveries").get(hooks::deliveries))
        .service(resource("/api/v1/cases/hooks/{id}/replay").post(hooks::replay))
        .service(resource("/api/v1/cases/{number}").get(cases::one))
        .service(resource("/api/v1/cases/{number}/photos/{photo}").get(cases::photo))
        .service(resource("/api/v1/cases/{number}/acts/{act}").post(cases::act));
}
