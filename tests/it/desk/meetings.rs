//! Meetings are made, changed, ended; what they look like at the desk.

use reqwest::StatusCode;
use yishiting::meeting::edit;
use yishiting::meeting::model::{CodeKind, State};
use yishiting::people::staff::Role;

use super::office::{Office, TITLE, draft, reads};
use crate::support::{TestApp, moment};

const FIELDS: [(&str, &str); 8] = [
    ("title", "防汛工作部署会"),
    ("place", "应急指挥中心"),
    ("starts_at", "2026-09-20T09:00"),
    ("ends_at", "2026-09-20T11:00"),
    ("opens_at", "2026-09-20T08:00"),
    ("closes_at", "2026-09-20T09:30"),
    ("policy", "roster"),
    ("code", "rotating"),
];

#[tokio::test]
async fn an_organiser_makes_a_meeting_and_lands_on_its_page() {
    let office = Office::open().await;
    let csrf = office.csrf().await;
    let form = [&[("csrf", csrf.as_str())], FIELDS.as_slice()].concat();
    let made = office.organiser.post("/desk/meetings", &form).await;
    let page = office.organiser.get(&made.location().unwrap()).await.text;
    reads(&page, &["防汛工作部署会", "9月20日（周日）09:00–11:00", "应急指挥中心", "未开始", "会议已建立"]);
    assert!(!page.contains("打印签到码"), "a code that rotates cannot be printed");
}

#[tokio::test]
async fn every_mistake_of_the_form_is_shown_at_once_and_nothing_typed_is_lost() {
    let office = Office::open().await;
    let csrf = office.csrf().await;
    let fields = [
        ("csrf", csrf.as_str()),
        ("title", ""),
        ("place", "应急指挥中心"),
        ("starts_at", "2026-09-20T09:00"),
        ("ends_at", "2026-09-20T08:00"),
        ("opens_at", "2026-09-20T08:00"),
        ("closes_at", ""),
    ];
    let refused = office.organiser.post("/desk/meetings", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    reads(&refused.text, &["还没有保存，请检查：会议名称、签到截止时间。"]);
    assert!(refused.text.contains(r#"value="应急指挥中心""#));
}

#[tokio::test]
async fn a_change_made_meanwhile_is_shown_before_it_is_overwritten() {
    let office = Office::open().await;
    let page = office.organiser.get(&office.path("/edit")).await;
    let (csrf, seen) = (page.hidden("csrf"), page.hidden("seen"));
    office.app.clock.advance(chrono::TimeDelta::minutes(1));
    let base = &office.app.base;
    let moved = edit::Draft { place: "市会展中心 A 厅".to_string(), ..draft() };
    edit::update(base, office.meeting, moved, None, "test").await.unwrap();

    let tokens = [("csrf", csrf.as_str()), ("seen", seen.as_str())];
    let form = [&tokens, FIELDS.as_slice()].concat();
    let conflict = office.organiser.post(&office.path("/edit"), &form).await;
    assert_eq!(conflict.status, StatusCode::CONFLICT);
    reads(&conflict.text, &["还没有保存", "地点：市会展中心 A 厅", "应急指挥中心"]);
    assert_eq!(edit::find(base, office.meeting).await.unwrap().place, "市会展中心 A 厅");

    let knowing = conflict.hidden("seen");
    let tokens = [("csrf", csrf.as_str()), ("seen", knowing.as_str())];
    let form = [&tokens, FIELDS.as_slice()].concat();
    let saved = office.organiser.post(&office.path("/edit"), &form).await;
    assert!(saved.location().unwrap().ends_with("/edit?done=saved"));
    assert_eq!(edit::find(base, office.meeting).await.unwrap().place, "应急指挥中心");
}

#[tokio::test]
async fn a_meeting_is_cancelled_and_opened_again_and_the_log_says_who_did_it() {
    let office = Office::open().await;
    let page = office.does("/state", &[("state", "cancelled")]).await;
    reads(&page, &["已取消", "会议已取消，大屏和手机页面已显示取消", "重新开启会议"]);
    let page = office.does("/state", &[("state", "active")]).await;
    reads(&page, &["签到中", "会议已重新开启", "取消会议"]);
    reads(&office.sees("/log").await, &["陈晓燕", "重新开启会议", "陈晓燕", "取消会议", "新建会议"]);
    assert_eq!(office.posts("/state", &[("state", "nonsense")]).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_viewer_looks_at_everything_and_changes_nothing() {
    let office = Office::with_roster().await;
    let viewer = office.colleague(Role::Viewer).await;
    let csrf = viewer.get("/desk/meetings").await.hidden("csrf");
    for page in ["", "/people", "/roster", "/requests", "/code", "/log"] {
        let answer = viewer.get(&office.path(page)).await;
        assert_eq!(answer.status, StatusCode::OK, "{page}");
        for button in ["代签</button>", "上传并预览", "批量补签", "移出</button>", "/edit"] {
            assert!(!answer.text.contains(button), "{button} on {page}");
        }
    }
    let person = office.person("江一帆").await;
    for path in [
        "/state".to_string(),
        "/screen".to_string(),
        "/edit".to_string(),
        "/people".to_string(),
        "/people/make-up".to_string(),
        format!("/people/{person}/sign-in"),
        format!("/people/{person}/phone"),
        format!("/people/{person}/release"),
    ] {
        let fields = [("csrf", csrf.as_str()), ("state", "closed"), ("reason", "试试")];
        let refused = viewer.post(&office.path(&path), &fields).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
    let meeting = edit::find(&office.app.base, office.meeting).await.unwrap();
    assert_eq!((meeting.state(), meeting.version), (State::Active, 0));
}

#[tokio::test]
async fn nobody_sees_the_desk_without_signing_in_and_unknown_meetings_do_not_exist() {
    let office = Office::open().await;
    let stranger = office.app.browser();
    for page in ["", "/people", "/stream", "/snapshot", "/code.png"] {
        let answer = stranger.get(&office.path(page)).await;
        assert!(answer.location().unwrap().starts_with("/desk/login"), "{page}");
    }
    for path in [format!("/desk/meetings/{}", uuid::Uuid::nil()), "/desk/meetings/x".to_string()] {
        assert_eq!(office.organiser.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn the_list_has_what_runs_first_then_what_comes_then_what_was() {
    let office = Office::with_roster().await;
    let base = &office.app.base;
    let on = |title: &str, day: &str| edit::Draft {
        title: title.to_string(),
        starts_at: moment(&format!("{day} 09:00")),
        ends_at: moment(&format!("{day} 11:00")),
        opens_at: moment(&format!("{day} 08:00")),
        closes_at: moment(&format!("{day} 09:15")),
        ..draft()
    };
    for (title, day) in
        [("上月例会", "2026-08-19"), ("下周调度会", "2026-09-26"), ("明天 100% 到会_测试", "2026-09-20")]
    {
        edit::create(base, on(title, day), uuid::Uuid::nil(), "test").await.unwrap();
    }
    office.signs_in("江一帆").await;
    let page = office.organiser.get("/desk/meetings").await.text;
    let order = [
        "正在进行",
        TITLE,
        "签到中",
        "即将召开",
        "明天 100% 到会_测试",
        "下周调度会",
        "已经结束",
        "上月例会",
    ];
    reads(&page, &order);
    reads(&page, &[TITLE, r#"<td class="num">1</td>"#, r#"<td class="num">2</td>"#]);

    let found = |search: &'static str| {
        let organiser = &office.organiser;
        async move { organiser.get(&format!("/desk/meetings?q={search}")).await.text }
    };
    let page = found("%E8%B0%83%E5%BA%A6").await;
    assert!(page.contains("下周调度会") && !page.contains(TITLE));
    // What is special to a database is an ordinary letter to people.
    let page = found("100%25").await;
    assert!(page.contains("明天 100% 到会_测试") && !page.contains(TITLE));
    let page = found("%25%25").await;
    reads(&page, &["没有名称含「%%」的会议"]);
}

#[tokio::test]
async fn the_first_meeting_is_asked_for_where_there_is_none() {
    let app = TestApp::spawn().await;
    let office = Office {
        organiser: super::office::sign_in(&app, Role::Organiser).await,
        app,
        meeting: uuid::Uuid::nil(),
    };
    let page = office.organiser.get("/desk/meetings").await.text;
    reads(&page, &["还没有会议", "新建会议"]);
}

#[tokio::test]
async fn the_code_is_shown_saved_and_printed_unless_it_rotates() {
    let office = Office::open().await;
    let page = office.sees("/code").await;
    reads(&page, &["data:image/svg+xml", "固定码", "/m/"]);
    let svg = office.organiser.get(&office.path("/code.svg")).await;
    assert!(
        svg.text.contains("<svg")
            && svg.headers["content-disposition"].to_str().unwrap().contains("attachment")
    );
    let png = office.organiser.get(&office.path("/code.png")).await;
    assert_eq!((png.status, &png.headers["content-type"]), (StatusCode::OK, &"image/png".parse().unwrap()));
    let sheet = office.sees("/print").await;
    reads(&sheet, &[TITLE, "9月19日（周六）09:00–11:00", "市行政中心 3 号会议室", "请用微信扫码签到"]);

    let rotating = edit::Draft { code_kind: CodeKind::Rotating, ..draft() };
    edit::update(&office.app.base, office.meeting, rotating, None, "test").await.unwrap();
    reads(&office.sees("/code").await, &["动态码只在签到时间内显示", "打开大屏"]);
    for picture in ["/code.svg", "/code.png"] {
        let refused = office.organiser.get(&office.path(picture)).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.text.contains("动态码"), "{}", refused.text);
    }
    let print = office.organiser.get(&office.path("/print")).await;
    assert_eq!(print.location(), Some(office.path("/code")));
}

#[tokio::test]
async fn the_dashboard_counts_by_itself() {
    let office = Office::with_roster().await;
    let page = office.sees("").await;
    reads(&page, &["应到", ">2<", "实到", ">0<", "到会率", "0.0%", "未到", ">2<", "09:00 起算"]);
    let mut live = office.organiser.listen(&office.path("/stream")).await;
    let first = live.next("attendance").await;
    assert_eq!((&first["expected"], &first["present"]), (&2.into(), &0.into()));

    office.signs_in("江一帆").await;
    let next = live.until("attendance", |count| count["present"] == 1).await;
    assert!(next["version"].as_i64() > first["version"].as_i64());
    assert_eq!(next["latest"][0]["name"], "江一帆");
    assert_eq!(next["by_unit"][0]["unit"], "市金融办");
    assert!(!next.to_string().contains("138"), "no phone in {next}");

    let polled = office.organiser.get(&office.path("/snapshot")).await.json();
    assert_eq!(polled["attendance"]["present"], 1);
    assert!(polled["now"].is_i64());
}
