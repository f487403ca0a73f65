//! 在电脑上打开: a computer borrows a phone's rights, and gives them back.

use reqwest::StatusCode;

use super::room::{Room, links};
use crate::support::{Answer, Client};

/// The six digits on the phone's page.
fn digits(page: &Answer) -> String {
    let rest =
        page.text.split("class=\"countdown\">").nth(1).unwrap_or_else(|| panic!("no digits: {}", page.text));
    rest.split('<').next().unwrap().to_string()
}

async fn types(computer: &Client, digits: &str) -> Answer {
    computer.get("/pull").await;
    computer.post("/pull", &[("digits", digits)]).await
}

#[tokio::test]
async fn six_digits_hand_the_materials_to_a_computer_until_the_phone_ends_it() {
    let room = Room::open().await;
    let paper = room.paper("报告.txt", &[("may_download", "true")]).await;
    let jiang = room.jiang().await;
    assert!(jiang.opens(&room.page()).await.text.contains("/m/pull"));
    let phone = jiang.opens("/m/pull").await;
    let shown = digits(&phone);
    assert_eq!(digits(&jiang.opens("/m/pull").await), shown, "looking again changes nothing");

    let computer = room.app.browser();
    assert!(computer.get("/pull").await.text.contains("配对码"));
    assert_eq!(types(&computer, &shown).await.location().as_deref(), Some("/pull"));
    let list = computer.get("/pull").await.text;
    assert!(list.contains("江一帆的会议材料") && list.contains("报告"), "{list}");
    let root = format!("/pull/{}/{}", room.code, paper.id);
    let reader = computer.get(&root).await.text;
    let picture = links(&reader, "src", &format!("{root}/pages/1")).remove(0);
    assert_eq!(computer.get(&picture).await.text, "报告.txt 的内容 1");
    let file = links(&reader, "href", &format!("{root}/file")).remove(0);
    assert_eq!(computer.get(&file).await.text, "报告.txt 的内容");
    assert_eq!(room.app.browser().get(&picture).await.status, StatusCode::UNAUTHORIZED, "another browser");

    let another = room.app.browser();
    let again = types(&another, &shown).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "digits serve once");
    assert!(again.text.contains("配对码不对"), "{}", again.text);

    let phone = jiang.opens("/m/pull").await;
    assert!(phone.text.contains("Chrome · Windows"), "{}", phone.text);
    let lin = room.attendee("林建华", "市环境保护局", "13912341187").await;
    let loan = phone.hidden("end");
    lin.opens("/m/pull").await;
    lin.phone.post("/m/pull", &[("end", &loan)]).await;
    assert_eq!(computer.get(&picture).await.status, StatusCode::OK, "nobody else ends it");
    jiang.phone.post("/m/pull", &[("csrf", &phone.hidden("csrf")), ("end", &loan)]).await;
    assert_eq!(computer.get(&picture).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(computer.get(&root).await.location().as_deref(), Some("/pull"));
    assert!(computer.get("/pull").await.text.contains("配对码"));
}

#[tokio::test]
async fn a_scanned_computer_opens_when_the_phone_allows_it_and_for_half_an_hour() {
    let room = Room::open().await;
    room.paper("报告.txt", &[]).await;
    let jiang = room.jiang().await;
    let computer = room.app.browser();
    computer.get("/pull").await;
    let token = computer.cookie("yst_pull").unwrap();
    let base = &room.app.base;
    // What the picture on the computer's page says.
    let challenge = yishiting::meeting::material::pairing::challenge(base, &token, "Chrome · Windows").await;
    let asked = jiang.opens(&format!("/m/pull?c={challenge}")).await;
    assert!(asked.text.contains("允许打开") && asked.text.contains("Chrome · Windows"), "{}", asked.text);
    assert_eq!(computer.get("/pull/status").await.json()["open"], false);
    let fields = [("csrf", asked.hidden("csrf")), ("allow", challenge.clone())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert!(jiang.phone.post("/m/pull", &fields).await.location().unwrap().contains("allowed"));
    assert_eq!(computer.get("/pull/status").await.json()["open"], true);
    assert_eq!(jiang.phone.post("/m/pull", &fields).await.status, StatusCode::GONE, "a code serves once");
    room.app.clock.advance(chrono::TimeDelta::minutes(31));
    assert_eq!(computer.get("/pull/status").await.json()["open"], false);
}

#[tokio::test]
async fn six_digits_serve_for_five_minutes() {
    let room = Room::open().await;
    let jiang = room.jiang().await;
    let shown = digits(&jiang.opens("/m/pull").await);
    room.app.clock.advance(chrono::TimeDelta::seconds(299));
    assert_eq!(digits(&jiang.opens("/m/pull").await), shown, "still the same");
    room.app.clock.advance(chrono::TimeDelta::seconds(1));
    let computer = room.app.browser();
    let late = types(&computer, &shown).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.text.contains("配对码不对"), "{}", late.text);
    assert_eq!(computer.get("/pull/status").await.json()["open"], false);
    let fresh = digits(&jiang.opens("/m/pull").await);
    assert_ne!(fresh, shown, "the phone shows others");
    assert_eq!(types(&computer, &fresh).await.location().as_deref(), Some("/pull"));
}

#[tokio::test]
async fn guessing_digits_is_slowed_down() {
    let room = Room::open().await;
    let computer = room.app.browser();
    for wrong in ["", "12345", "1234567", "000000"] {
        let refused = types(&computer, wrong).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let mut last = StatusCode::OK;
    for n in 0..30 {
        last = computer.post("/pull", &[("digits", &format!("{n:06}"))]).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_computer_gives_back_what_it_was_lent() {
    let room = Room::open().await;
    let jiang = room.jiang().await;
    let computer = room.app.browser();
    types(&computer, &digits(&jiang.opens("/m/pull").await)).await;
    assert!(computer.get("/pull").await.text.contains("现在没有可以查看的材料"));
    computer.post("/pull/end", &[]).await;
    assert_eq!(computer.get("/pull/status").await.json()["open"], false);
    assert!(!jiang.opens("/m/pull").await.text.contains("Chrome · Windows"));
}
