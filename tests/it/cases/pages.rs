//! The pages: a form with photos, the preview, progress; and the desk on the other side.

use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use yishiting::cases::access::{self, Seat};
use yishiting::cases::model;
use yishiting::people::session::{self, Kind};
use yishiting::people::staff::{self, Role};

use crate::support::{Answer, Citizen, Client, TestApp};

fn picture() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new(&mut bytes);
    encoder
        .encode_image(&image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8, y as u8, 7])))
        .unwrap();
    bytes
}

const FIELDS: [(&str, &str); 5] = [
    ("title", "万松路路灯不亮"),
    ("body", "一个多月不亮。\n我的电话 13812346021。"),
    ("kind", "help"),
    ("category", "road"),
    ("contact", "陈晓燕 13812346021"),
];

async fn sends(citizen: &Citizen, fields: &[(&str, &str)], photos: Vec<Vec<u8>>) -> Answer {
    let token = citizen.opens("/cases/new").await.hidden("csrf");
    let mut form = Form::new().text("csrf", token);
    for (name, value) in fields {
        form = form.text((*name).to_string(), (*value).to_string());
    }
    for bytes in photos {
        form = form.part("photo", Part::bytes(bytes).file_name("a.jpg").mime_str("image/jpeg").unwrap());
    }
    citizen.phone.send(citizen.phone.request(Method::POST, "/cases/new").multipart(form)).await
}

/// Somebody at the desk with one office.
pub async fn officer(app: &TestApp, username: &str, part: model::Part, unit: &str) -> Client {
    let id =
        staff::add(&app.base, username, "王敏", Role::Viewer, "correct horse battery", "test").await.unwrap();
    let cases = yishiting::cases::Cases::start(app.base.clone()).await.unwrap();
    let seat = Seat { part, unit: unit.to_string() };
    access::appoint(&cases, id, &seat, true, "admin").await.unwrap();
    let opened = session::open(&app.base, Kind::Staff, id, "test").await.unwrap();
    app.browser().with_cookie("yst_desk", &opened.token)
}

pub async fn does(desk: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let page = desk.get(path.rsplit_once('/').unwrap().0).await;
    let (token, version) = (page.hidden("csrf"), page.hidden("version"));
    let mut form = vec![("csrf", token.as_str()), ("version", version.as_str())];
    form.extend_from_slice(fields);
    desk.post(path, &form).await
}

#[tokio::test]
async fn a_citizen_sees_what_will_be_public_sends_it_and_hears_of_every_step() {
    let app = TestApp::spawn().await;
    let citizen = app.citizen("陈晓燕").await;
    let preview = sends(&citizen, &FIELDS, vec![picture()]).await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text);
    assert!(
        preview.text.contains("公开后是这样") && preview.text.contains("138****6021"),
        "{}",
        preview.text
    );
    assert!(!preview.text.contains("13812346021"));
    let token = preview.hidden("csrf");
    let sent = citizen.phone.post("/cases/confirm", &[("csrf", &token)]).await;
    assert!(sent.text.contains("已提交") && sent.text.contains("查询码"), "{}", sent.text);
    let again = citizen.phone.post("/cases/confirm", &[("csrf", &token)]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "a second tap leads to what is filed: {}", again.text);
    assert_eq!(citizen.opens("/cases/mine").await.text.matches("万松路路灯不亮").count(), 1);
    let href = sent.text.split("href=\"/cases/").nth(1).unwrap().split('"').next().unwrap().to_string();

    let moderator = officer(&app, "lin", model::Part::Moderator, "").await;
    let inbox = moderator.get("/desk/cases").await;
    assert!(inbox.text.contains("万松路路灯不亮") && inbox.text.contains("还剩 24 小时"), "{}", inbox.text);
    let case = format!("/desk/cases/{href}");
    assert!(moderator.get(&case).await.text.contains("13812346021。"));
    let forwarded = does(&moderator, &format!("{case}/forward"), &[("unit", "jsj")]).await;
    assert_eq!(forwarded.status, StatusCode::SEE_OTHER, "{}", forwarded.text);

    let liaison = officer(&app, "wang", model::Part::Liaison, "jsj").await;
    // Name and phone are shown once somebody says why, and that is written down.
    assert!(!liaison.get(&case).await.text.contains("陈晓燕 138"));
    let shown = does(&liaison, &format!("{case}/reveal"), &[("text", "约上门时间")]).await;
    assert!(shown.text.contains("陈晓燕 13812346021"), "{}", shown.text);
    does(&liaison, &format!("{case}/first_reply"), &[("text", "已派人查看。")]).await;
    does(&liaison, &format!("{case}/answer"), &[("text", "路灯已修好。"), ("signed_by", "李建国")]).await;

    let page = citizen.opens(&format!("/cases/{href}")).await;
    for said in ["已答复，待评价", "路灯已修好。", "转市住房和城乡建设局办理", "请您评价"]
    {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    let (token, version) = (page.hidden("csrf"), page.hidden("version"));
    let rating =
        [("csrf", token.as_str()), ("version", &version), ("office_score", "5"), ("unit_score", "5")];
    let rated = citizen.phone.post(&format!("/cases/{href}/rate"), &rating).await;
    assert_eq!(rated.status, StatusCode::SEE_OTHER, "{}", rated.text);
    assert!(citizen.opens(&format!("/cases/{href}")).await.text.contains("已办结"));
    assert!(citizen.opens("/cases/mine").await.text.contains("万松路路灯不亮"));
}

#[tokio::test]
async fn what_is_missing_is_said_and_nothing_typed_is_lost() {
    let app = TestApp::spawn().await;
    let citizen = app.citizen("陈晓燕").await;
    let refused = sends(&citizen, &[("title", "万松路路灯不亮"), ("kind", "help")], Vec::new()).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("内容要有，且不超过 4000 个字"), "{}", refused.text);
    assert!(citizen.opens("/cases/new").await.text.contains("万松路路灯不亮"));
}

#[tokio::test]
async fn a_script_in_a_text_is_text() {
    let app = TestApp::spawn().await;
    let citizen = app.citizen("陈晓燕").await;
    let fields = [
        ("title", "<script>alert(1)</script>"),
        ("body", "<img src=x onerror=alert(1)>"),
        ("kind", "help"),
        ("category", "road"),
    ];
    let preview = sends(&citizen, &fields, Vec::new()).await;
    assert!(
        !preview.text.contains("<script>alert") && !preview.text.contains("<img src=x"),
        "{}",
        preview.text
    );
}

#[tokio::test]
async fn a_stranger_is_told_that_there_is_no_such_case() {
    let app = TestApp::spawn().await;
    let citizen = app.citizen("陈晓燕").await;
    let page = citizen.opens("/cases/99999").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.text.contains("没有找到这件诉求"), "{}", page.text);
    let desk = officer(&app, "wang", model::Part::Liaison, "jsj").await;
    assert_eq!(desk.get("/desk/cases/99999").await.status, StatusCode::NOT_FOUND);
}
