//! The figures at the desk and over the API: each leads to the list of exactly those whom it counts.

use chrono::TimeDelta;
use reqwest::StatusCode;
use uuid::Uuid;
use yishiting::base::sheet::read;
use yishiting::meeting::edit::{self, Draft};
use yishiting::meeting::model::State;
use yishiting::meeting::roster::{self, Missing};
use yishiting::meeting::statistics::across;
use yishiting::meeting::statistics::period::{Asked, Period};
use yishiting::people::staff::Role;

use super::office::{Office, ROSTER, draft, reads};
use crate::support::{NOW, moment};

/// A meeting that has somebody of every kind.
async fn lively() -> Office {
    let office = Office::open().await;
    office.import(ROSTER).await;
    office.import("姓名,单位,手机号\n何敏,市金融办&<b>,13700000001\n王海,市金融办,13700000002\n赵缺,市水利局,13700000003\n").await;
    office.signs_in("林建华").await;
    office.signs_in("阿依古丽").await;
    office.does("/people", &[("name", "路人"), ("unit", "市公安局"), ("phone", "13600001111")]).await;
    office.app.clock.set(moment("2026-09-19 09:04"));
    office.signs_in("何敏").await;
    office.app.clock.set(moment("2026-09-19 09:12"));
    office.signs_in("江一帆").await;
    let person = office.person("江一帆").await;
    let page = office.sees(&format!("/people/{person}")).await;
    let event = page.split("name=\"event\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_string();
    office.does(&format!("/people/{person}/undo"), &[("event", &event), ("reason", "认错人")]).await;
    office.app.clock.set(moment("2026-09-19 09:30"));
    let made_up = office.person("王海").await.to_string();
    office.does("/people/make-up", &[("person", &made_up), ("reason", "手机没电")]).await;
    office
}

#[tokio::test]
async fn every_figure_leads_to_as_many_people_as_it_says() {
    let office = lively().await;
    let page = office.sees("/statistics").await;
    let mut links = 0;
    for part in page.split("<a href=\"").skip(1).filter(|part| part.contains("data-number=\"")) {
        let (href, rest) = part.split_once("\" data-number=\"").unwrap();
        let number = rest.split('"').next().unwrap();
        let list = office.organiser.get(&href.replace("&amp;", "&").replace("&#38;", "&")).await.text;
        assert!(list.contains(&format!("data-found=\"{number}\"")), "{href} should list {number}");
        links += 1;
    }
    assert!(links > 15, "{links} figures lead somewhere");
    assert!(!page.contains("<b>,"), "names are escaped");
}

#[tokio::test]
async fn the_api_tells_the_figures_of_a_meeting() {
    let office = lively().await;
    let program = office.app.program_of(Role::Viewer).await;
    let told = program.get(&format!("/api/v1/meetings/{}/statistics", office.meeting)).await.json();
    let figure = |name: &str| told[name].as_i64().unwrap();
    assert_eq!((figure("expected"), figure("present"), figure("leave"), figure("absent")), (5, 3, 0, 2));
    assert_eq!((figure("late"), figure("made_up"), figure("corrected")), (1, 1, 1));
    assert_eq!((figure("rate_permille"), figure("substitutes")), (600, 0));
    assert_eq!((&told["outside"]["observers"], &told["outside"]["unplanned"]), (&1.into(), &1.into()));
    assert_eq!(told["late_bands"][0], serde_json::json!({"band": "within_5", "count": 1}));
    assert_eq!(told["peak"]["count"], 3);
    let nowhere = program.get(&format!("/api/v1/meetings/{}/statistics", Uuid::new_v4())).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_meeting_without_anybody_says_what_to_do_next() {
    let office = Office::open().await;
    assert!(office.sees("/statistics").await.contains("还没有数字可以统计"));
    office.does("/people", &[("name", "路人"), ("unit", "市公安局"), ("phone", "13600001111")]).await;
    let page = office.sees("/statistics").await;
    assert!(page.contains("没有名册") && !page.contains("缺席</span>") && !page.contains("到会率"));
}

/// A meeting `weeks` earlier that is over, with the same roster, which `name` came to.
async fn earlier(office: &Office, weeks: i64, name: &str) {
    let (back, usual) = (TimeDelta::weeks(weeks), draft());
    let draft = Draft {
        starts_at: usual.starts_at - back,
        ends_at: usual.ends_at - back,
        opens_at: usual.opens_at - back,
        closes_at: usual.closes_at - back,
        ..usual
    };
    let base = &office.app.base;
    let id = edit::create(base, draft, Uuid::now_v7(), "test").await.unwrap().id;
    let rows = roster::read_file(ROSTER.as_bytes()).unwrap();
    roster::import(base, id, rows, Missing::Stay, false, "test").await.unwrap();
    let person = office.person(name).await;
    let csrf = office.csrf().await;
    let path = format!("/desk/meetings/{id}/people/{person}/sign-in");
    office.organiser.post(&path, &[("csrf", &csrf), ("reason", "补记")]).await;
}

#[tokio::test]
async fn a_quarter_is_told_by_unit_and_person_and_no_share_below_three_meetings() {
    let office = Office::with_roster().await;
    office.signs_in("江一帆").await;
    edit::set_state(&office.app.base, office.meeting, State::Closed, "test").await.unwrap();
    let page = office.organiser.get("/desk/statistics").await.text;
    reads(&page, &["2026年第3季度参会统计", "到会率 —", "市金融办", ">1<", ">1<", ">1<", "—"]);
    let program = office.app.program_of(Role::Viewer).await;
    let told = program.get("/api/v1/statistics?period=2026-Q3").await.json();
    assert_eq!((&told["meetings"], &told["counted"]), (&1.into(), &1.into()));
    assert_eq!(told["total"]["invited"], 2, "an observer is not asked to come: {told}");
    assert_eq!(program.get("/api/v1/statistics?period=2025").await.json()["meetings"], 0);
}

#[tokio::test]
async fn three_meetings_make_a_share_and_the_workbook_has_units_and_people() {
    let office = Office::with_roster().await;
    for weeks in [1, 2, 3] {
        earlier(&office, weeks, "江一帆").await;
    }
    let page = office.organiser.get("/desk/statistics?period=2026-Q3").await.text;
    reads(&page, &["到会率 50.0%", "市环境保护局", "0.0%", "市金融办", "100.0%"]);
    let unit = office.organiser.get("/desk/statistics?period=2026-Q3&unit=市金融办").await.text;
    reads(&unit, &["市金融办：按个人", "江一帆", "100.0%"]);
    assert!(!unit.contains("林建华") && !unit.contains("阿依古丽"));
    let saved = office.organiser.get("/desk/statistics.xlsx?period=2026-Q3").await;
    assert_eq!(saved.status, StatusCode::OK);
    assert!(saved.headers["content-type"].to_str().unwrap().contains("openxml"));
    let period = Period::of(&Asked { period: "2026-Q3".to_string(), ..Asked::default() }, moment(NOW));
    let book = across::file(&office.app.base, period).await.unwrap();
    let rows = read(&book, 100).unwrap();
    let lines: Vec<String> = rows.iter().map(|row| row.join("|")).collect();
    assert!(
        lines[0].starts_with("2026年第3季度，已结束会议 3 场，其中有名册的 3 场计入统计"),
        "{}",
        lines[0]
    );
    assert!(lines.contains(&"市金融办|1|3|3|3|0|0|0|100.0%|100.0%".to_string()), "{lines:#?}");
}
