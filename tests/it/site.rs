//! What every page and every refusal has in common.

use reqwest::StatusCode;

use crate::support::TestApp;

#[tokio::test]
async fn a_page_that_does_not_exist_says_so_in_chinese_with_a_number_for_the_telephone() {
    let app = TestApp::spawn().await;
    let answer = app.browser().get("/nowhere").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.text.contains("没有找到这个页面") && answer.text.contains("编号"), "{}", answer.text);
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert!(answer.headers.contains_key("content-security-policy"));
}

#[tokio::test]
async fn the_api_says_the_same_as_json() {
    let app = TestApp::spawn().await;
    let answer = app.browser().get("/api/v1/nowhere").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let body = answer.json();
    assert_eq!((&body["code"], body["request_id"].is_string()), (&"not_found".into(), true), "{body}");
}

#[tokio::test]
async fn a_stop_ends_with_the_database_closed() {
    let mut app = TestApp::spawn().await;
    assert_eq!(app.browser().get("/healthz").await.status, StatusCode::OK);
    app.stop().await;
    assert!(app.base.db.ping().await.is_err());
}

#[tokio::test]
async fn a_follower_asks_and_is_answered() {
    let app = TestApp::spawn().await;
    let zhang = app.citizen("张三").await;
    assert!(zhang.says("帮助").await.contains("签到"));
    assert!(zhang.taps("my_meetings").await.contains("您还没有参加过会议"));
}

#[tokio::test]
async fn wechat_tells_the_page_who_holds_the_phone() {
    let app = TestApp::spawn().await;
    let mine = app.citizen("张三").await.opens("/m").await;
    assert_eq!(mine.status, StatusCode::OK, "{}", mine.text);
    assert!(mine.text.contains("我的会议"), "{}", mine.text);
}
