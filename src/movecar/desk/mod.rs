//! The duty desk: `/desk/car`. Viewers may look; organisers deal with cases.

mod figures;
mod queue;

use actix_web::web::{ServiceConfig, resource};

use super::model::{DeskResult, TicketKind};
use crate::base::clock::Instant;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/desk/car").get(queue::show))
        .service(resource("/desk/car/stream").get(queue::watch))
        .service(resource("/desk/car/snapshot").get(queue::look))
        .service(resource("/desk/car/statistics").get(figures::show))
        .service(resource("/desk/car/statistics.xlsx").get(figures::export))
        .service(resource("/desk/car/appeals/{follower}").post(queue::appeal))
        .service(resource("/desk/car/tickets/{ticket}").post(queue::ticket))
        .service(resource("/desk/car/{case}/photo").get(queue::photo))
        .service(resource("/desk/car/{case}/plate").post(queue::plate).get(queue::back))
        .service(resource("/desk/car/{case}").post(queue::act).get(queue::back));
}

/// How an act on a case reads in the log.
pub fn action(action: &str) -> &'static str {
    match action {
        "car.take" => "接手移车请求",
        "car.release" => "核对后通知车主",
        "car.close" => "办结移车请求",
        "car.plate" => "查看完整车牌",
        "car.picture" => "查看移车照片",
        "car.ticket" => "处理移车工单",
        "car.owners" => "导入车主名册",
        "car.appeal" => "决定移车申诉",
        _ => "移车",
    }
}

/// What came of it.
pub fn detail(action: &str, detail: &str, _: Instant) -> String {
    match action {
        "car.close" => DeskResult::parse(detail).map_or("", DeskResult::zh).to_string(),
        "car.ticket" => TicketKind::parse(detail).map_or("", TicketKind::zh).to_string(),
        "car.owners" => format!("{detail} 个车牌"),
        "car.appeal" if detail == "lifted" => "恢复使用".to_string(),
        "car.appeal" => "维持停用".to_string(),
        _ => String::new(),
    }
}
