//! The manual, as a phone and a desk see it.

use reqwest::StatusCode;

use crate::support::TestApp;

#[tokio::test]
async fn the_manual_leads_from_its_start_to_every_topic_without_signing_in() {
    let app = TestApp::spawn().await;
    let browser = app.browser();
    let start = browser.get("/help").await;
    assert_eq!(start.status, StatusCode::OK);
    let topics: Vec<&str> =
        start.text.split("href=\"/help/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(topics.len() > 10 && start.text.contains("参会人员") && start.text.contains("会务人员"));
    for topic in topics {
        let page = browser.get(&format!("/help/{topic}")).await;
        assert_eq!(page.status, StatusCode::OK, "{topic}");
        assert!(page.text.contains("回到目录"), "{topic}");
    }
}

#[tokio::test]
async fn the_manual_says_honestly_what_no_code_can_do() {
    let app = TestApp::spawn().await;
    let page = app.browser().get("/help/screen").await;
    assert!(page.text.contains("任何签到码都做不到"), "{}", page.text);
}

#[tokio::test]
async fn a_topic_that_does_not_exist_is_not_found() {
    let app = TestApp::spawn().await;
    assert_eq!(app.browser().get("/help/nothing").await.status, StatusCode::NOT_FOUND);
}
