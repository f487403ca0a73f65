//! Meetings for programs: `/api/v1/meetings…`. Every write takes an `Idempotency-Key`; `/api/openapi.json` has the
//! whole contract.

mod agenda;
mod attendance;
mod checkins;
mod code;
mod materials;
mod meetings;
mod paging;
mod presence;
mod reminders;
mod requests;
mod roster;
mod shape;
mod sheets;
mod statistics;

use actix_web::web::{ServiceConfig, resource};

/// The routes; `server` wires them beside the pages.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/api/v1/meetings").get(meetings::list).post(meetings::create))
        .service(
            resource("/api/v1/meetings/{id}").get(meetings::show).patch(meetings::patch).put(meetings::put),
        )
        .service(resource("/api/v1/meetings/{id}/cancel").post(meetings::cancel))
        .service(resource("/api/v1/meetings/{id}/close").post(meetings::close))
        .service(resource("/api/v1/meetings/{id}/reopen").post(meetings::reopen))
        .service(resource("/api/v1/meetings/{id}/qrcode.svg").get(code::svg))
        .service(resource("/api/v1/meetings/{id}/qrcode.png").get(code::png))
        .service(resource("/api/v1/meetings/{id}/roster").get(roster::list).post(roster::import))
        .service(
            resource("/api/v1/meetings/{id}/roster/{entry}")
                .patch(presence::set_votes)
                .delete(roster::remove),
        )
        .service(resource("/api/v1/meetings/{id}/agenda").get(agenda::list).put(agenda::put))
        .service(resource("/api/v1/meetings/{id}/materials").get(materials::list).post(materials::add))
        .service(
            resource("/api/v1/meetings/{id}/materials/{material}")
                .get(materials::show)
                .patch(materials::change)
                .delete(materials::withdraw),
        )
        .service(resource("/api/v1/meetings/{id}/materials/{material}/versions").post(materials::replace))
        .service(resource("/api/v1/meetings/{id}/materials/{material}/readers").get(materials::readers))
        .service(resource("/api/v1/meetings/{id}/attendance").get(attendance::list))
        .service(resource("/api/v1/meetings/{id}/attendance/stream").get(attendance::stream))
        .service(resource("/api/v1/meetings/{id}/statistics").get(statistics::of_meeting))
        .service(resource("/api/v1/meetings/{id}/sheet.xlsx").get(sheets::xlsx))
        .service(resource("/api/v1/meetings/{id}/sheet.pdf").get(sheets::pdf))
        .service(resource("/api/v1/meetings/{id}/log.xlsx").get(sheets::log))
        .service(resource("/api/v1/statistics").get(statistics::across))
        .service(resource("/api/v1/statistics.xlsx").get(statistics::workbook))
        .service(resource("/api/v1/meetings/{id}/checkins").post(checkins::add))
        .service(resource("/api/v1/meetings/{id}/checkins/undo").post(checkins::undo))
        .service(resource("/api/v1/meetings/{id}/steps").post(presence::step))
        .service(resource("/api/v1/meetings/{id}/leave").get(presence::leaves).post(presence::enter))
        .service(resource("/api/v1/meetings/{id}/leave/{leave}").delete(presence::withdraw))
        .service(resource("/api/v1/meetings/{id}/leave/{leave}/approve").post(presence::approve))
        .service(resource("/api/v1/meetings/{id}/leave/{leave}/reject").post(presence::reject))
        .service(resource("/api/v1/meetings/{id}/remind").post(reminders::remind))
        .service(resource("/api/v1/meetings/{id}/reminders").get(reminders::list))
        .service(resource("/api/v1/meetings/{id}/reminders/{reminder}").get(reminders::one))
        .service(resource("/api/v1/meetings/{id}/reminders/{reminder}/called").post(reminders::called))
        .service(
            resource("/api/v1/meetings/{id}/reminder-plan").get(reminders::plan).put(reminders::set_plan),
        )
        .service(resource("/api/v1/meetings/{id}/requests").get(requests::list))
        .service(resource("/api/v1/meetings/{id}/requests/{request}/approve").post(requests::approve))
        .service(resource("/api/v1/meetings/{id}/requests/{request}/reject").post(requests::reject));
}
