//! Petitions at the desk: the inbox, one case with all that its officer may do, offices, papers.

mod bulk;
mod callbacks;
mod case;
mod channels;
mod follow_ups;
mod inbox;
mod offices;
mod papers;
mod templates;
mod years;

use actix_web::web::{ServiceConfig, resource};
use chrono::Datelike;

use super::Cases;
use super::access::Officer;
use super::act::Act;
use super::follow_up::model::FollowUpState;
use super::model::Part;
use super::year::{self, Missing};
use crate::base::calendar::local;
use crate::base::clock::Instant;
use crate::web::{Error, StaffUser};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource("/desk/cases").get(inbox::show))
        .service(resource("/desk/cases/bulk").post(bulk::act).get(bulk::back))
        .service(resource("/desk/cases/callbacks").get(callbacks::show))
        .service(resource("/desk/cases/follow-ups").get(follow_ups::show).post(follow_ups::make))
        .service(resource("/desk/cases/follow-ups/{id}").get(follow_ups::one))
        .service(resource("/desk/cases/follow-ups/{id}/{act}").post(follow_ups::act).get(follow_ups::back))
        .service(resource("/desk/cases/channels").get(channels::show).post(channels::change))
        .service(resource("/desk/cases/templates").get(templates::show).post(templates::change))
        .service(resource("/desk/cases/offices").get(offices::show).post(offices::change))
        .service(resource("/desk/cases/years").get(years::show).post(years::change))
        .service(resource("/desk/cases/papers").get(papers::show))
        .service(resource("/desk/cases/papers/{id}").get(papers::one))
        .service(resource("/desk/cases/papers/{id}/paper.docx").get(papers::docx))
        .service(resource("/desk/cases/papers/{id}/paper.pdf").get(papers::pdf))
        .service(resource("/desk/cases/papers/{id}/{act}").post(papers::act).get(papers::back))
        .service(resource("/desk/cases/assessment").get(papers::assessment))
        .service(resource("/desk/cases/assessment.csv").get(papers::assessment_csv))
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
        "case.export" => "导出全部诉求",
        "case.hook" => "登记推送地址",
        "case.unhook" => "取消推送地址",
        "case.hook_secret" => "更换推送密钥",
        "case.replay" => "重推消息",
        "case.discard" => "不予签发抄告、督办",
        "case.year" => "公布放假安排",
        "case.assessment" => "下载考核表",
        "case.follow_up" => "记者追踪",
        "case.channel" => "保存专题频道",
        "case.unchannel" => "删除专题频道",
        "case.template" => "保存答复模板",
        "case.untemplate" => "删除答复模板",
        "case.denied" => "被举报单位试图打开举报件",
        _ => "诉求",
    }
}

/// What came of it.
pub fn detail(action: &str, detail: &str, _: Instant) -> String {
    match action {
        "case.appoint" | "case.dismiss" => Part::parse(detail).map_or("", Part::zh).to_string(),
        "case.hook" | "case.unhook" => detail.to_string(),
        "case.follow_up" => FollowUpState::parse(detail).map_or("", FollowUpState::zh).to_string(),
        "case.replay" => format!("从第 {detail} 条起"),
        "case.discard" | "case.year" | "case.template" | "case.untemplate" | "case.channel"
        | "case.unchannel" => detail.to_string(),
        _ => String::new(),
    }
}

/// What the desk says while next year's calendar is missing: the colour, and the words.
async fn missing_year(cases: &Cases) -> Option<(&'static str, String)> {
    let tone = match year::missing(cases).await {
        Missing::No => return None,
        Missing::Remind => "notice-wait",
        Missing::Alarm => "",
    };
    let next = local(cases.store.clock.now()).year() + 1;
    let said = format!(
        "{next} 年的放假安排还没有录入。国务院办公厅发布通知后，请管理员在「工作日历」里粘贴、核对、公布。在此之前，\
         落在 {next} 年的期限是暂定的，也不会据此起草抄告单。"
    );
    Some((tone, said))
}

/// What a form says when `act` was done.
fn done(word: &str) -> Option<String> {
    Act::parse(word).map(|act| format!("已完成：{}。", act.zh()))
}
