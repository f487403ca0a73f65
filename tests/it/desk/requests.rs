//! Requests that only the organiser can settle.

use reqwest::StatusCode;
use yishiting::meeting::edit::{self, Draft};
use yishiting::meeting::model::Policy;

use super::office::{Office, ROSTER, draft, reads};
use crate::support::Citizen;

/// A meeting that admits its roster only, and somebody whose phone is wrong on it by one digit.
async fn mistaken() -> (Office, Citizen) {
    let office = Office::with(Draft { policy: Policy::Roster, ..draft() }).await;
    office.import(ROSTER).await;
    let citizen = office.app.citizen("江一帆").await;
    let code = edit::find(&office.app.base, office.meeting).await.unwrap().code;
    let form = [("unit", "市金融办"), ("name", "江一帆"), ("phone", "13812346022")];
    citizen.opens(&format!("/m/{code}")).await;
    let refused = citizen.phone.post(&format!("/m/{code}/checkin"), &form).await;
    assert!(refused.text.contains("名单里没有找到您"), "{}", refused.text);
    citizen.phone.post(&format!("/m/{code}/request"), &form).await;
    (office, citizen)
}

/// The id of the only waiting request.
fn request_of(page: &str) -> String {
    page.split("/requests/").nth(1).unwrap().split('/').next().unwrap().to_string()
}

#[tokio::test]
async fn whoever_is_not_found_is_admitted_and_the_wrong_row_corrected() {
    let (office, _) = mistaken().await;
    let page = office.sees("/requests").await;
    reads(&page, &["江一帆", "请求核对", "市金融办", "138****6022", "江一帆（市金融办）"]);
    assert!(!page.contains("13812346021"), "the stored number is not revealed");
    let request = request_of(&page);
    let shown = office.posts(&format!("/requests/{request}/phone"), &[]).await;
    reads(&shown.text, &["13812346022", "已记入操作记录"]);

    let option = r#"<option value=""#;
    let row = page.split(option).nth(2).unwrap().split('"').next().unwrap().to_string();
    let done = office.does(&format!("/requests/{request}/approve"), &[("instead_of", &row)]).await;
    reads(&done, &["已通过并完成签到，第 1 位", "没有待处理的申请", "已处理", "江一帆", "已通过", "陈晓燕"]);
    reads(&office.sees("").await, &["应到", ">2<", "实到", ">1<"]);
    let decided = office.posts(&format!("/requests/{request}/reject"), &[]).await;
    assert_eq!(decided.status, StatusCode::CONFLICT);
    assert!(decided.text.contains("已经处理过了"));
}

#[tokio::test]
async fn a_request_is_turned_down_and_can_be_made_again() {
    let (office, _) = mistaken().await;
    assert!(office.sees("").await.contains(r#"待处理 <span class="tag tag-wait">1</span>"#));
    let request = request_of(&office.sees("/requests").await);
    let page = office.does(&format!("/requests/{request}/reject"), &[]).await;
    reads(&page, &["已处理为未通过", "没有待处理的申请", "未通过"]);
    reads(&office.sees("/people?show=present").await, &["已签到 <b>0</b>"]);
    let nowhere = uuid::Uuid::nil();
    let unknown = office.posts(&format!("/requests/{nowhere}/approve"), &[]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}
