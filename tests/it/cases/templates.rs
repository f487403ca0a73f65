//! 答复模板：whose they are, what is filled in, and that nothing is sent.

use reqwest::StatusCode;
use uuid::Uuid;
use yishiting::base::error::Coded;
use yishiting::cases::access::Officer;
use yishiting::cases::model::{Part, State};
use yishiting::cases::template::{self, Editor, MOST, TemplateError};

use super::pages::officer;
use crate::support::TestApp;
use crate::support::town::{Town, desk};

fn editor(officer: &Officer) -> Editor<'_> {
    Editor { officer, admin: false }
}

fn code<T>(outcome: Result<T, TemplateError>) -> &'static str {
    outcome.err().map_or("done", |error| error.code())
}

const BODY: &str = "您好，编号 {编号} 已收到，{单位}将派人查看。{日期}";

#[tokio::test]
async fn liaisons_change_the_templates_of_their_unit_and_administrators_all() {
    let town = Town::open().await;
    let (own, other) =
        (desk(&[(Part::Liaison, "jsj")]), desk(&[(Part::Liaison, "jtj"), (Part::Head, "jsj")]));
    let id = template::make(&town.cases, &editor(&own), ("jsj", "路灯维修", BODY)).await.unwrap();
    // The same once more is the same; other words under its name are not taken.
    assert_eq!(template::make(&town.cases, &editor(&own), ("jsj", " 路灯维修 ", BODY)).await.unwrap(), id);
    let again = template::make(&town.cases, &editor(&own), ("jsj", "路灯维修", "别的")).await;
    assert_eq!(code(again), "case_template_taken");
    for stranger in [&other, &desk(&[(Part::Moderator, "")]), &desk(&[])] {
        let stranger = editor(stranger);
        let none = "case_template_not_found";
        assert_eq!(code(template::make(&town.cases, &stranger, ("jsj", "甲", "乙")).await), none);
        assert_eq!(code(template::edit(&town.cases, &stranger, (id, 1), ("甲", "乙")).await), none);
        assert_eq!(code(template::remove(&town.cases, &stranger, id).await), none);
    }
    let admin = Editor { officer: &desk(&[]), admin: true };
    template::edit(&town.cases, &admin, (id, 1), ("路灯", BODY)).await.unwrap();
    let stale = template::edit(&town.cases, &editor(&own), (id, 1), ("路灯维修", BODY)).await;
    assert_eq!(code(stale), "case_template_stale");
    let nowhere = template::make(&town.cases, &admin, ("nowhere", "甲", "乙")).await;
    assert_eq!(code(nowhere), "case_template_not_found");
    assert_eq!(code(template::remove(&town.cases, &admin, Uuid::now_v7()).await), "case_template_not_found");
    template::remove(&town.cases, &editor(&own), id).await.unwrap();
    assert_eq!(template::of_unit(&town.cases, "jsj").await.unwrap(), []);
}

#[tokio::test]
async fn names_and_texts_have_limits_and_braces_hold_only_what_can_be_filled() {
    let town = Town::open().await;
    let own = desk(&[(Part::Liaison, "jsj")]);
    let (long, huge) = ("名".repeat(31), "字".repeat(4001));
    for (title, body) in [
        ("", "乙"),
        ("甲", " "),
        (long.as_str(), "乙"),
        ("甲", huge.as_str()),
        ("甲", "{电话}"),
        ("甲", "}"),
        ("甲\n乙", "丙"),
    ] {
        let refused = template::make(&town.cases, &editor(&own), ("jsj", title, body)).await;
        assert_eq!(code(refused), "case_invalid", "{title}");
    }
    for at in 0..MOST {
        template::make(&town.cases, &editor(&own), ("jsj", &format!("模板{at}"), "乙")).await.unwrap();
    }
    let full = template::make(&town.cases, &editor(&own), ("jsj", "再来一个", "乙")).await;
    assert_eq!(code(full), "case_invalid");
    assert_eq!(template::of_unit(&town.cases, "jsj").await.unwrap().len() as u64, MOST);
}

#[tokio::test]
async fn a_template_fills_the_field_of_a_reply_and_sends_nothing() {
    let town = Town::over(TestApp::spawn().await).await;
    let chen = town.citizen("chen").await;
    let case = town.forwarded(chen, "jsj").await;
    let unit = officer(&town.app, "wang", Part::Liaison, "jsj").await;
    let list = unit.get("/desk/cases/templates").await;
    let csrf = list.hidden("csrf");
    let fields =
        [("csrf", csrf.as_str()), ("act", "make"), ("unit", "jsj"), ("title", "路灯维修"), ("body", BODY)];
    assert_eq!(unit.post("/desk/cases/templates", &fields).await.status, StatusCode::SEE_OTHER);
    assert!(unit.get("/desk/cases/templates?done=1").await.text.contains("路灯维修"));
    let page = format!("/desk/cases/{}", case.public_no);
    let plain = unit.get(&page).await;
    let href =
        plain.text.split("?template=").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    let filled = unit.get(&format!("{page}?template={}", href.replace("&amp;", "&"))).await;
    let said = format!("编号 {} 已收到，市住房和城乡建设局将派人查看。2026年9月21日", case.number);
    assert!(filled.text.contains(&said), "{}", filled.text);
    assert_eq!(town.state(case.id).await, State::Forwarded);
    // Others neither see nor use it, and a forged id fills nothing.
    let office = officer(&town.app, "lin", Part::Moderator, "").await;
    assert!(!office.get(&page).await.text.contains("套用模板"));
    let forged = unit.get(&format!("{page}?template={}&into=first_reply", Uuid::now_v7())).await;
    assert!(forged.status == StatusCode::OK && !forged.text.contains("已收到，市住房"));
    let other = officer(&town.app, "zhao", Part::Liaison, "jtj").await;
    assert_eq!(other.get("/desk/cases/templates?unit=jsj").await.status, StatusCode::NOT_FOUND);
    let nobody = officer(&town.app, "sun", Part::Leader, "").await;
    assert!(nobody.get("/desk/cases/templates").await.text.contains("您还不能修改答复模板"));
}
