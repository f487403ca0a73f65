//! 扫一扫 inside a page: which addresses are signed for whom, and where a scanned text leads.

use reqwest::StatusCode;
use serde_json::Value;
use yishiting::meeting::model::CodeKind;
use yishiting::wechat::api::Api;
use yishiting::wechat::jssdk::sign_page;

use crate::support::Citizen;
use crate::support::hall::Hall;

/// What the script of `page` is given to show to WeChat.
async fn config(citizen: &Citizen, page: &str) -> (StatusCode, Value) {
    let page: String = url::form_urlencoded::byte_serialize(page.as_bytes()).collect();
    let answer = citizen.phone.get(&format!("/wechat/jssdk?page={page}")).await;
    (answer.status, serde_json::from_str(&answer.text).unwrap_or_default())
}

/// Where a scan of `text` goes on.
async fn leads(citizen: &Citizen, text: &str) -> (StatusCode, Value) {
    let text: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let script = citizen.phone.request(reqwest::Method::GET, &format!("/m/scanned?text={text}"));
    let answer = citizen.phone.send(script.header("accept", "application/json")).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn a_page_of_ours_is_signed_with_the_accounts_ticket() {
    let hall = Hall::open().await;
    let citizen = hall.app.citizen("张三").await;
    citizen.opens("/m").await;
    let page = hall.app.url("/m?from=singlemessage&isappinstalled=0");
    let (status, config) = config(&citizen, &page).await;
    assert_eq!(status, StatusCode::OK, "{config}");
    let settings = hall.base.config.wechat.clone().unwrap();
    assert_eq!(config["appId"], settings.app_id.as_str());
    let api = Api::new(settings, hall.base.cache.clone(), hall.clock.clone()).unwrap();
    let ticket = api.jsapi_ticket().await.unwrap();
    let (nonce, at) = (config["nonceStr"].as_str().unwrap(), config["timestamp"].as_i64().unwrap());
    assert_eq!(config["signature"], sign_page(&ticket, nonce, at, &page).as_str());
}

#[tokio::test]
async fn no_other_site_and_nobody_unknown_has_a_page_signed() {
    let hall = Hall::open().await;
    let citizen = hall.app.citizen("张三").await;
    let own = hall.app.url("/m");
    let (status, _) = config(&citizen, &own).await;
    assert_ne!(status, StatusCode::OK, "before WeChat said who this is");
    citizen.opens("/m").await;
    for foreign in ["https://evil.test/m", "/m", "javascript:alert(1)"] {
        assert_eq!(config(&citizen, foreign).await.0, StatusCode::BAD_REQUEST, "{foreign}");
    }
}

#[tokio::test]
async fn a_scanned_code_of_a_meeting_leads_to_its_page() {
    let hall = Hall::open().await;
    let citizen = hall.app.citizen("张三").await;
    citizen.opens("/m").await;
    let meeting = hall.meeting().await;
    let page = format!("/m/{}", meeting.code);
    assert_eq!(
        leads(&citizen, &hall.app.url(&page)).await,
        (StatusCode::OK, serde_json::json!({"page": page}))
    );
    // WeChat's own code of the meeting, which the job asked for.
    hall.app.run_jobs().await;
    let scene = hall.meeting().await.scene_url.unwrap();
    assert_eq!(leads(&citizen, &scene).await.1["page"], page);
}

#[tokio::test]
async fn a_scanned_rotating_code_carries_its_slot_and_opens_the_form() {
    let hall = Hall::with(|draft| draft.code_kind = CodeKind::Rotating).await;
    let citizen = hall.app.citizen("张三").await;
    let meeting = hall.meeting().await;
    let bare = citizen.opens(&format!("/m/{}", meeting.code)).await;
    assert!(
        bare.text.contains("data-wx-scan"),
        "a page without a fresh code offers the scanner: {}",
        bare.text
    );
    let code = yishiting::meeting::qr::content(&hall.base, &meeting, hall.base.clock.now());
    let (_, found) = leads(&citizen, &code).await;
    let form = citizen.opens(found["page"].as_str().unwrap()).await;
    assert!(form.text.contains("确认签到"), "{}", form.text);
}

#[tokio::test]
async fn whatever_is_not_ours_is_refused_in_words() {
    let hall = Hall::open().await;
    let citizen = hall.app.citizen("张三").await;
    citizen.opens("/m").await;
    for foreign in ["https://evil.test/m/abc", "http://weixin.qq.com/q/unknown", "CODE_128,6901234567892", ""]
    {
        let (status, error) = leads(&citizen, foreign).await;
        assert_eq!((status, &error["code"]), (StatusCode::NOT_FOUND, &"code_invalid".into()), "{foreign}");
        assert!(error["message"].as_str().unwrap().contains("请扫现场大屏"), "{error}");
    }
}
