//! The pages: a form with a picture, the plate to confirm, progress; and what an owner opens.

use reqwest::Method;
use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use yishiting::movecar::register::import;
use yishiting::people::follower;

use crate::support::{Answer, Citizen, TestApp};

fn picture(shade: u8) -> Vec<u8> {
    let draw = |x: u32, y: u32| image::Rgb([(x * 5) as u8 ^ shade, (y * 3) as u8, shade]);
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new(&mut bytes);
    encoder.encode_image(&image::RgbImage::from_fn(64, 48, draw)).unwrap();
    bytes
}

/// A follower of some days with the form open; its token.
async fn at_the_form(app: &TestApp) -> (Citizen, String) {
    let citizen = app.citizen("求助人").await;
    follower::ensure(&app.base, &citizen.openid).await.unwrap();
    app.clock.advance(chrono::TimeDelta::days(2));
    let page = citizen.opens("/car").await;
    assert_eq!(page.status, StatusCode::OK);
    let token = page.hidden("csrf");
    (citizen, token)
}

async fn sends(citizen: &Citizen, token: &str, fields: &[(&str, &str)], photo: Option<Vec<u8>>) -> Answer {
    let mut form = Form::new().text("csrf", token.to_string());
    for (name, value) in fields {
        form = form.text((*name).to_string(), (*value).to_string());
    }
    if let Some(bytes) = photo {
        form = form.part("photo", Part::bytes(bytes).file_name("car.jpg").mime_str("image/jpeg").unwrap());
    }
    citizen.phone.send(citizen.phone.request(Method::POST, "/car").multipart(form)).await
}

const FIELDS: [(&str, &str); 3] =
    [("plate", "浙C·12345"), ("where", "罗阳大道 88 号"), ("reason", "blocking")];

#[tokio::test]
async fn a_driver_asks_watches_and_says_that_the_car_is_gone() {
    let app = TestApp::spawn().await;
    let (citizen, token) = at_the_form(&app).await;
    let sent = sends(&citizen, &token, &FIELDS, Some(picture(7))).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let path = sent.location().unwrap();
    assert!(path.starts_with("/car/YC"), "{path}");
    let page = citizen.opens(&path).await;
    assert!(page.text.contains("已提交，正在联系") && page.text.contains("浙C·12345"), "{}", page.text);
    let seal = page.text.split("/status?v=").nth(1).unwrap().split('"').next().unwrap();
    let status = citizen.phone.get(&format!("{path}/status?v={seal}")).await.json();
    assert_eq!(status["waiting"], true);
    assert_eq!(citizen.phone.get(&format!("{path}/status?v=0")).await.json()["waiting"], false);
    let token = page.hidden("csrf");
    let done = citizen.phone.post(&format!("{path}/act"), &[("csrf", &token), ("act", "moved")]).await;
    assert_eq!(done.location().unwrap(), path);
    assert!(citizen.opens(&path).await.text.contains("谢谢您告诉我们"));
    assert!(citizen.opens("/car/mine").await.text.contains("已移走"));
}

#[tokio::test]
async fn a_corrected_plate_is_shown_large_and_must_be_agreed_to() {
    let app = TestApp::spawn().await;
    let (citizen, token) = at_the_form(&app).await;
    let fields = [("plate", "浙C-12O45"), FIELDS[1], FIELDS[2]];
    let asked = sends(&citizen, &token, &fields, Some(picture(9))).await;
    assert!(asked.text.contains("是这个车牌吗") && asked.text.contains("浙C·12045"), "{}", asked.text);
    let token = asked.hidden("csrf");
    let done = citizen.phone.post("/car/confirm", &[("csrf", &token)]).await;
    assert!(done.location().unwrap().starts_with("/car/YC"));
    let again = citizen.phone.post("/car/confirm", &[("csrf", &token)]).await;
    assert_eq!(again.status, StatusCode::GONE);
}

#[tokio::test]
async fn a_form_that_is_not_right_keeps_what_was_typed_and_the_picture() {
    let app = TestApp::spawn().await;
    let (citizen, token) = at_the_form(&app).await;
    let wrong = [("plate", "浙CL01234"), FIELDS[1], FIELDS[2]];
    let refused = sends(&citizen, &token, &wrong, Some(picture(11))).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("浙CL01234") && refused.text.contains("罗阳大道 88 号"));
    assert!(refused.text.contains("照片已保存"));
    let done = sends(&citizen, &token, &FIELDS, None).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
}

#[tokio::test]
async fn an_electric_bicycle_is_sent_to_another_number() {
    let app = TestApp::spawn().await;
    let (citizen, token) = at_the_form(&app).await;
    let fields = [("plate", "温州123456"), FIELDS[1], FIELDS[2]];
    let refused = sends(&citizen, &token, &fields, Some(picture(13))).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains("12345"));
}

#[tokio::test]
async fn what_is_no_picture_is_refused_in_words() {
    let app = TestApp::spawn().await;
    let (citizen, token) = at_the_form(&app).await;
    let refused = sends(&citizen, &token, &FIELDS, Some(b"GIF89a".to_vec())).await;
    assert!(refused.text.contains("照片打不开"), "{}", refused.text);
    let refused = sends(&citizen, &token, &FIELDS, None).await;
    assert!(refused.text.contains("请拍一张"), "{}", refused.text);
}

#[tokio::test]
async fn pictures_are_shown_to_nobody_on_phones_and_gone_after_thirty_days() {
    let app = TestApp::spawn().await;
    let (citizen, token) = at_the_form(&app).await;
    let sent = sends(&citizen, &token, &FIELDS, Some(picture(17))).await;
    let page = citizen.opens(&sent.location().unwrap()).await;
    assert!(!page.text.contains("<img"), "{}", page.text);
    assert_eq!(yishiting::movecar::retention::sweep(&app.base).await.unwrap(), 0);
    app.clock.advance(chrono::TimeDelta::days(31));
    assert_eq!(yishiting::movecar::retention::sweep(&app.base).await.unwrap(), 1);
    assert_eq!(yishiting::movecar::retention::sweep(&app.base).await.unwrap(), 0);
}

#[tokio::test]
async fn known_and_unknown_plates_are_answered_alike() {
    let app = TestApp::spawn().await;
    import::import(&app.base, "浙C12345,13812346021\n".as_bytes(), "test", "chen").await.unwrap();
    let mut pages = Vec::new();
    for plate in ["浙C12345", "浙C54321"] {
        let (citizen, token) = at_the_form(&app).await;
        let fields = [("plate", plate), FIELDS[1], FIELDS[2]];
        let sent = sends(&citizen, &token, &fields, Some(picture(plate.len() as u8))).await;
        let path = sent.location().unwrap();
        let page = citizen.opens(&path).await;
        pages.push((sent.status, page.status, page.text.len()));
    }
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn an_owners_page_needs_its_secret_and_nothing_else() {
    let app = TestApp::spawn().await;
    let browser = app.browser();
    assert_eq!(browser.get("/car/o/guessed").await.status, StatusCode::NOT_FOUND);
    let refused = browser.post("/car/o/guessed", &[("reply", "coming")]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert!(!browser.get("/car/mine").await.status.is_success());
}

#[tokio::test]
async fn a_picture_without_a_time_is_as_old_as_it_lies_here() {
    use sea_orm::EntityTrait;
    use yishiting::movecar::model::car_case;
    for (minutes, held) in [(9, None), (11, Some("old_photo"))] {
        let app = TestApp::spawn().await;
        let (citizen, token) = at_the_form(&app).await;
        let no_plate = [("plate", ""), FIELDS[1], FIELDS[2]];
        let refused = sends(&citizen, &token, &no_plate, Some(picture(19))).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        app.clock.advance(chrono::TimeDelta::minutes(minutes));
        let done = sends(&citizen, &token, &FIELDS, None).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let case = car_case::Entity::find().one(app.base.db.read()).await.unwrap().unwrap();
        assert_eq!(case.held.as_deref(), held, "{minutes}");
    }
}

#[tokio::test]
async fn a_plate_that_may_be_anothers_is_asked_its_colour() {
    let app = TestApp::spawn().await;
    let (citizen, token) = at_the_form(&app).await;
    let fields = [("plate", "浙CD1234"), FIELDS[1], FIELDS[2]];
    let asked = sends(&citizen, &token, &fields, Some(picture(21))).await;
    assert!(asked.text.contains("浙C·D1234 是什么颜色的车牌"), "{}", asked.text);
    let says = async |colour: &str| {
        let all = [("csrf", token.as_str()), ("colour", colour)];
        citizen.phone.post("/car/confirm", &all[..if colour.is_empty() { 1 } else { 2 }]).await
    };
    let nothing = says("").await;
    assert!(nothing.status == StatusCode::UNPROCESSABLE_ENTITY && nothing.text.contains("请选车牌颜色"));
    let other = says("green").await;
    assert!(
        other.status == StatusCode::UNPROCESSABLE_ENTITY && other.text.contains("绿牌是 8 位"),
        "{}",
        other.text
    );
    assert!(says("blue").await.location().unwrap().starts_with("/car/YC"));
}

#[tokio::test]
async fn a_used_link_shows_no_form_any_more_and_private_ground_no_law() {
    use crate::support::yard::{KNOWN, Yard};
    use yishiting::movecar::model::{Reason, Reply};
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let mut wish = yard.wish(driver, KNOWN);
    wish.reason = Reason::Private;
    let number = yard.asks(wish).await;
    yard.run().await;
    let link = yard.link(&number).await;
    let browser = yard.app.browser();
    let page = browser.get(&format!("/car/o/{link}")).await.text;
    assert!(
        page.contains("以后只发短信") && page.contains("小区、单位内部") && !page.contains("道路交通安全法")
    );
    yishiting::movecar::answer::by_link(&yard.cars, &link, None, Reply::Five).await.unwrap();
    let page = browser.get(&format!("/car/o/{link}")).await.text;
    assert!(page.contains("您已回复") && !page.contains("以后只发短信"), "{page}");
}

#[tokio::test]
async fn without_a_location_a_street_and_words_are_enough_and_a_map_is_offered_only_with_a_key() {
    let app = TestApp::spawn().await;
    let (citizen, token) = at_the_form(&app).await;
    let page = citizen.opens("/car").await;
    assert!(!page.text.contains("/car/pick") && !page.text.contains("街道乡镇"), "{}", page.text);
    assert_eq!(citizen.phone.get("/car/pick").await.status, StatusCode::NOT_FOUND);
    let sent = sends(&citizen, &token, &FIELDS, Some(picture(19))).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
}

#[tokio::test]
async fn a_point_on_the_map_is_kept_with_what_was_typed_and_nobody_is_called_for_it() {
    use sea_orm::EntityTrait;
    use yishiting::movecar::model::car_case;
    let rules = include_str!("../../../wechat-config/movecar.toml")
        .replace("streets = []", "streets = [\"安阳街道\"]")
        .replace("tencent_key = \"\"", "tencent_key = \"a key\"");
    let app = TestApp::spawn_in(|folder| std::fs::write(folder.join("movecar.toml"), &rules).unwrap()).await;
    let (citizen, token) = at_the_form(&app).await;
    let fields = [FIELDS[0], ("area", "安阳街道"), ("where", "罗阳大道 88 号"), ("keep", "1")];
    let kept = sends(&citizen, &token, &fields, Some(picture(23))).await;
    assert_eq!(kept.status, StatusCode::NO_CONTENT, "{}", kept.text);
    let map = citizen.phone.get("/car/pick").await.location().unwrap();
    assert!(map.starts_with("https://apis.map.qq.com/") && map.contains("%2Fcar%2Fpicked"), "{map}");
    let page = citizen.opens("/car").await;
    assert!(
        page.text.contains("安阳街道罗阳大道 88 号") && page.text.contains("照片已保存"),
        "{}",
        page.text
    );
    let chosen = "/car/picked?module=locationPicker&latng=27.7783,120.6551&addr=罗阳大道&name=体育馆";
    assert_eq!(citizen.phone.get(chosen).await.location().unwrap(), "/car");
    let page = citizen.opens("/car").await;
    assert!(page.text.contains("罗阳大道体育馆") && page.text.contains("已有位置"), "{}", page.text);
    let fields = [FIELDS[0], ("where", "罗阳大道体育馆"), FIELDS[2]];
    assert_eq!(sends(&citizen, &token, &fields, None).await.status, StatusCode::SEE_OTHER);
    let case = car_case::Entity::find().one(app.base.db.read()).await.unwrap().unwrap();
    assert_eq!((case.spot(), case.callable), (Some((27.7783, 120.6551)), false));
}
