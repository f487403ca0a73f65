//! Where people are when they sign in: noted, or asked for.

use yishiting::meeting::edit::{self, Draft, Options};
use yishiting::meeting::location::Venue;
use yishiting::meeting::model::LocationUse;
use yishiting::meeting::sheet;

use crate::desk::office::{Office, draft, reads};
use crate::support::{Answer, Citizen};

const HERE: &str = "gcj02,27.778300,120.655100,20";
const ELSEWHERE: &str = "gcj02,27.900000,120.655100,20";

async fn a_meeting(manner: LocationUse) -> (Office, String) {
    let venue = Venue::new(27.7783, 120.6551, 300).unwrap();
    let options = Options { location: Some((manner, venue)), ..Options::default() };
    let office = Office::with(Draft { options, ..draft() }).await;
    let meeting = edit::find(&office.app.base, office.meeting).await.unwrap();
    (office, format!("/m/{}", meeting.code))
}

/// Signs in as `citizen`, whose phone says that it is at `place`.
async fn signs_in(citizen: &Citizen, page: &str, phone: &str, place: &str) -> Answer {
    let form = citizen.opens(page).await;
    let csrf = form.hidden("csrf");
    let fields = [
        ("unit", "市金融办"),
        ("name", citizen.name.as_str()),
        ("phone", phone),
        ("place", place),
        ("csrf", csrf.as_str()),
    ];
    citizen.phone.post(&format!("{page}/checkin"), &fields).await
}

#[tokio::test]
async fn who_is_elsewhere_is_signed_in_and_listed_and_no_coordinates_are_kept() {
    let (office, page) = a_meeting(LocationUse::Evidence).await;
    let (jiang, wang, li) = (
        office.app.citizen("江一帆").await,
        office.app.citizen("王海").await,
        office.app.citizen("李梅").await,
    );
    reads(&jiang.opens(&page).await.text, &["data-locate", "name=\"place\"", "不保存您的坐标"]);
    for (citizen, phone, place) in
        [(&jiang, "13812346021", HERE), (&wang, "13812346022", ELSEWHERE), (&li, "13812346023", "refused")]
    {
        assert!(signs_in(citizen, &page, phone, place).await.location().is_some(), "{}", citizen.name);
    }
    let flagged = office.sees("/people?show=flagged").await;
    reads(&flagged, &["需核对 <b>1</b>", "王海", "不在会场"]);
    assert!(!flagged.contains("李梅"), "a refusal is no offence");
    let of = async |name: &str| office.sees(&format!("/people/{}", office.person(name).await)).await;
    reads(&of("江一帆").await, &["签到位置", "在会场"]);
    reads(&of("李梅").await, &["签到位置", "未允许定位"]);
    let base = &office.app.base;
    let meeting = edit::find(base, office.meeting).await.unwrap();
    let lines = sheet::Content::read(base, &meeting).await.unwrap().lines;
    let places: Vec<&str> = lines.iter().map(|line| line.place).collect();
    assert_eq!(places, ["在会场", "不在会场", "未允许定位"]);
    let program = office.app.organiser().await;
    let list = program.get(&format!("/api/v1/meetings/{}/attendance", office.meeting)).await;
    assert_eq!(list.json()["items"][1]["place"], "outside");
    for text in [list.text, of("王海").await, office.sees("/log").await] {
        assert!(!text.contains("27.9"), "{text}");
    }
}

#[tokio::test]
async fn where_the_venue_is_a_gate_the_organisers_let_in_whom_the_phone_does_not_show_there() {
    let (office, page) = a_meeting(LocationUse::Gate).await;
    let (jiang, wang) = (office.app.citizen("江一帆").await, office.app.citizen("王海").await);
    assert!(signs_in(&jiang, &page, "13812346021", HERE).await.location().is_some());
    let outside = signs_in(&wang, &page, "13812346022", ELSEWHERE).await;
    assert_eq!(outside.status, 403);
    reads(&outside.text, &["您的位置不在会场", "name=\"why\" value=\"place\"", "请会务人员核对"]);
    let unknown = signs_in(&wang, &page, "13812346022", "").await;
    reads(&unknown.text, &["没有取得您的位置", "请会务人员核对"]);

    let csrf = unknown.hidden("csrf");
    let asked = [("why", "place"), ("csrf", csrf.as_str())];
    let to = wang.phone.post(&format!("{page}/request"), &asked).await.location().unwrap();
    reads(&wang.opens(&to).await.text, &["已请会务人员核对"]);
    let waiting = office.sees("/requests").await;
    reads(&waiting, &["王海", "请求核对位置", "请核实本人是否到会"]);
    let request = waiting.split("/requests/").nth(1).unwrap().split('/').next().unwrap().to_string();
    reads(&office.does(&format!("/requests/{request}/approve"), &[]).await, &["已通过并完成签到，第 2 位"]);
    reads(&wang.opens(&page).await.text, &["签到成功"]);
}

#[tokio::test]
async fn a_scan_in_the_chat_knows_no_place_and_leads_to_the_page_that_does() {
    let (office, page) = a_meeting(LocationUse::Gate).await;
    let venue = Venue::new(27.7783, 120.6551, 300).unwrap();
    // Known to the city by a meeting that asks nothing.
    let jiang = office.app.citizen("江一帆").await;
    signs_in(&jiang, &page, "13812346021", ELSEWHERE).await;
    let code = page.trim_start_matches("/m/");
    let said = jiang.scans(&format!("m_{code}")).await;
    assert!(said.contains("打开页面") && said.contains(&page), "{said}");
    let evidence = Options { location: Some((LocationUse::Evidence, venue)), ..Options::default() };
    let draft = Draft { options: evidence, ..draft() };
    edit::update(&office.app.base, office.meeting, draft, None, "chen").await.unwrap();
    office.app.clock.advance(chrono::TimeDelta::seconds(20));
    assert!(jiang.scans(&format!("m_{code}")).await.contains("签到成功"));
    reads(&office.sees("/log").await, &["位置：在会场才能签到（27.7783,120.6551，300 米内） → 记录位置"]);
}

#[tokio::test]
async fn the_venue_is_set_in_the_form_and_over_the_api() {
    let office = Office::open().await;
    let edit = office.organiser.get(&office.path("/edit")).await;
    let (csrf, seen) = (edit.hidden("csrf"), edit.hidden("seen"));
    let send = async |venue: &str| {
        let fields = [
            ("csrf", csrf.as_str()),
            ("seen", seen.as_str()),
            ("title", "会"),
            ("place", "厅"),
            ("starts_at", "2026-09-19T09:00"),
            ("ends_at", "2026-09-19T11:00"),
            ("opens_at", "2026-09-19T08:00"),
            ("closes_at", "2026-09-19T09:15"),
            ("location", "evidence"),
            ("venue", venue),
            ("radius", "200"),
        ];
        office.organiser.post(&office.path("/edit"), &fields).await
    };
    for wrong in ["", "会议室", "27.7", "0,0", "27.7,120.6,1"] {
        reads(&send(wrong).await.text, &["还没有保存，请检查：会场坐标", "请填写会场的经纬度"]);
    }
    assert!(send("120.6551，27.7783").await.location().is_some());
    reads(&office.sees("/edit").await, &["value=\"evidence\" checked", "value=\"27.7783,120.6551\""]);

    let desk = office.app.organiser().await;
    let path = format!("/api/v1/meetings/{}", office.meeting);
    let made = desk.get(&path).await.json();
    let expected =
        serde_json::json!({"mode": "evidence", "latitude": 27.7783, "longitude": 120.6551, "radius": 200});
    assert_eq!(made["checkin"]["location"], expected);
    let patch = async |location| {
        let body = serde_json::json!({"checkin": {"location": location}});
        desk.send(desk.request(reqwest::Method::PATCH, &path).json(&body)).await
    };
    assert_eq!(patch(serde_json::json!({"mode": "gate"})).await.json()["field"], "checkin.location");
    assert_eq!(patch(serde_json::json!({"mode": "off"})).await.json()["checkin"]["location"]["mode"], "off");
}
