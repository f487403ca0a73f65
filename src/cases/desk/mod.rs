//! Petitions at the desk: the inbox, one case with all that its officer may do, offices, papers.

mod case;
mod inbox;
mod offices;

use actix_web::web::{ServiceConfig, resource};

use super::Cases;
use super::access::Officer;
use super::act::Act;
use super::model::Part;
use crate::base::clock::Instant;
use crate::web::{Error, StaffUser};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/desk/cases").get(inbox::show))
        .service(resource("/desk/cases/offices").get(offices::show).post(offices::change))
        .service(resource("/desk/cases/{number}").get(case::show))
        .service(resource("/desk/cases/{number}/photos/{photo}").get(case::photo))
        .service(resource("/desk/cases/{number}/{act}").post(case::act).get(case::back));
}

/// The offices of who sits at the desk.
async fn officer(cases: &Cases, user: &StaffUser) -> Result<Officer, Error> {
    Ok(Officer::find(cases, user.id, &user.username, &user.name).await?)
}

/// How a line of the audit log reads.
pub fn action(action: &str) -> &'static str {
    match action {
        "case.appoint" => "授予诉求岗位",
        "case.dismiss" => "收回诉求岗位",
        "case.reveal" => "查看联系方式",
        "case.partner" => "登记合作系统",
        "case.unpartner" => "取消合作系统",
        "case.hook" => "登记推送地址",
        "case.unhook" => "取消推送地址",
        "case.hook_secret" => "更换推送密钥",
        "case.replay" => "重推消息",
        "case.denied" => "被举报单位试图打开举报件",
        _ => "诉求",
    }
}

/// What came of it.
pub fn detail(action: &str, detail: &str, _: Instant) -> String {
    match action {
        "case.appoint" | "case.dismiss" => Part::parse(detail).map_or("", Part::zh).to_string(),
        "case.hook" | "case.unhook" => detail.to_string(),
        "case.replay" => format!("从第 {detail} 条起"),
        _ => String::new(),
    }
}

/// What a form says when `act` was done.
fn done(word: &str) -> Option<String> {
    Act::parse(word).map(|act| format!("已完成：{}。", act.zh()))
}
