//! 提醒: the button, its progress, the list for the telephone.

use chrono::TimeDelta;
use reqwest::StatusCode;
use yishiting::people::staff::Role;

use super::office::{Office, reads};

#[tokio::test]
async fn the_button_leads_to_its_progress_and_the_list_for_the_telephone() {
    let office = Office::with_roster().await;
    let page = office.sees("/reminders").await;
    reads(&page, &["提醒未到", "人还没签到", "会前一小时", "还没有发送过提醒"]);
    let page = office.does("/reminders", &[("kind", "not_signed_in"), ("urgent", "yes")]).await;
    reads(&page, &["已开始通知", "hx-trigger", "等待发送"]);
    office.app.run_jobs().await;
    office.app.clock.advance(TimeDelta::seconds(2));
    office.app.run_jobs().await;
    let list = office.sees("/reminders").await;
    let own = list.split("/reminders/").filter_map(|rest| rest.split('"').next()).find(|id| id.len() == 36);
    let own = format!("/reminders/{}", own.unwrap());
    let page = office.sees(&own).await;
    reads(&page, &["已全部处理", "138****6021", "需电话通知", "没有绑定微信"]);
    assert!(!page.contains("hx-trigger"), "what is settled is not read again and again");
    assert!(!page.contains("13812346021"), "numbers are hidden until somebody asks");
    let calls = office.posts(&format!("{own}/calls"), &[]).await;
    reads(&calls.text, &["电话通知名单", "13812346021", "用后请销毁"]);
    let log = office.sees("/log").await;
    assert!(log.contains("发送提醒") && log.contains("查看电话通知名单"), "{log}");
    let person = office.person("江一帆").await.to_string();
    let page = office.does(&format!("{own}/called"), &[("person", &person)]).await;
    reads(&page, &["已记为电话通知", "已电话通知"]);
    let calls = office.posts(&format!("{own}/calls"), &[]).await;
    assert!(!calls.text.contains("13812346021"), "whoever was called is off the list");
}

#[tokio::test]
async fn viewers_see_reminders_and_send_none() {
    let office = Office::with_roster().await;
    let viewer = office.colleague(Role::Viewer).await;
    let page = viewer.get(&office.path("/reminders")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text.contains("发送通知"));
    let form = [("kind", "not_signed_in")];
    let csrf = office.csrf().await;
    let sent = viewer.post(&office.path("/reminders"), &[form[0], ("csrf", &csrf)]).await;
    assert_eq!(sent.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_goes_out_by_itself_is_chosen() {
    let office = Office::with_roster().await;
    let page = office.does("/reminders/plan", &[("hour_before", "yes")]).await;
    reads(&page, &["自动提醒已保存", r#"name="hour_before" value="yes" checked"#]);
    assert!(!page.contains(r#"name="day_before" value="yes" checked"#));
    let page = office.does("/reminders/plan", &[("hour_before", "yes"), ("on_vote", "yes")]).await;
    reads(&page, &[r#"name="on_vote" value="yes" checked"#, "表决开始时，通知到场的有表决权的人"]);
    reads(&office.sees("/log").await, &["自动提醒：会前一小时、表决开始"]);
    reads(&office.sees("/log").await, &["修改自动提醒", "自动提醒：会前一小时"]);
}
