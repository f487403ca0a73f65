//! Asking in the chat.

use serde_json::json;
use yishiting::people::follower;

use crate::support::{Citizen, TestApp};

async fn old_friend(app: &TestApp) -> Citizen {
    let citizen = app.citizen("求助人").await;
    follower::ensure(&app.base, &citizen.openid).await.unwrap();
    app.clock.advance(chrono::TimeDelta::days(2));
    citizen
}

#[tokio::test]
async fn a_dialogue_takes_plate_picture_and_place_and_files_the_request() {
    let app = TestApp::spawn().await;
    let citizen = old_friend(&app).await;
    assert!(citizen.taps("movecar").await.contains("请发送挡路车的车牌号"));
    assert!(citizen.says("浙C·12345").await.contains("请拍一张"));
    let picture = app.platform();
    let path = |act: &str| format!("/_sim/users/{}/{act}", citizen.openid);
    let told = picture.post_json(&path("image"), &json!({})).await.json();
    assert!(told.to_string().contains("请发送位置"), "{told}");
    let place = json!({"latitude": 27.7783, "longitude": 120.6551, "label": "罗阳大道"});
    let told = picture.post_json(&path("location"), &place).await.json();
    assert!(told.to_string().contains("回复「确认」"), "{told}");
    let done = citizen.says("确认").await;
    assert!(done.contains("已提交，正在联系") && done.contains("编号：YC"), "{done}");
    assert!(citizen.says("移车进度").await.contains("浙C12345"));
}

#[tokio::test]
async fn a_dialogue_is_left_and_taken_up_again() {
    let app = TestApp::spawn().await;
    let citizen = old_friend(&app).await;
    assert!(citizen.says("移车").await.contains("车牌号"));
    assert!(citizen.says("浙C12O45").await.contains("请核对车牌：浙C12045"));
    assert!(citizen.says("确认").await.contains("请拍一张"));
    // Something else in between, then on where they were.
    assert!(citizen.says("我的会议").await.contains("会议"));
    assert!(citizen.says("移车").await.contains("浙C12045"));
    assert!(citizen.says("取消").await.contains("已取消"));
    assert!(citizen.says("移车").await.contains("请发送挡路车的车牌号"));
}

#[tokio::test]
async fn a_plate_alone_begins_the_dialogue_and_other_words_are_left_to_others() {
    let app = TestApp::spawn().await;
    let citizen = old_friend(&app).await;
    assert!(!citizen.says("你好").await.contains("车牌"));
    assert!(citizen.says("浙C12345").await.contains("车牌：浙C12345"));
    assert!(citizen.says("浙CL01234").await.contains("请拍一张"));
}

#[tokio::test]
async fn what_is_no_plate_is_told_why() {
    let app = TestApp::spawn().await;
    let citizen = old_friend(&app).await;
    citizen.says("移车").await;
    assert!(citizen.says("浙CL01234").await.contains("八位号牌"));
    assert!(citizen.says("温州123456").await.contains("12345"));
}

#[tokio::test]
async fn a_plate_that_may_be_anothers_is_asked_its_colour() {
    let app = TestApp::spawn().await;
    let citizen = old_friend(&app).await;
    assert!(citizen.says("浙CD1234").await.contains("浙CD1234 是什么颜色的车牌"));
    assert!(citizen.says("好").await.contains("「绿」"));
    assert!(citizen.says("绿").await.contains("绿牌是 8 位"));
    assert!(citizen.says("浙CD01234").await.contains("是什么颜色"));
    assert!(citizen.says("绿牌").await.contains("车牌：浙CD01234"));
    // Without its province it is offered first, and then asked for its colour.
    citizen.says("取消").await;
    citizen.says("移车").await;
    assert!(citizen.says("CD1234").await.contains("请核对车牌：浙CD1234"));
    assert!(citizen.says("确认").await.contains("是什么颜色"));
    assert!(citizen.says("蓝色").await.contains("请拍一张"));
}
