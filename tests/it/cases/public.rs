//! What everybody finds.

use yishiting::base::search::Query;
use yishiting::cases::act::Act;
use yishiting::cases::alike;
use yishiting::cases::decide::Command;
use yishiting::cases::search::{self, PAGE, Wanted};
use yishiting::cases::submit::Filing;

use crate::support::TestApp;
use crate::support::town::{Town, moderator, public, to};

/// Titles of what is found, the newest first.
async fn found(town: &Town, wanted: &Wanted) -> Vec<String> {
    let (files, _) = search::public(&town.cases, wanted).await.unwrap();
    files.into_iter().map(|file| file.public_title).collect()
}

fn asks(text: &str) -> Wanted {
    Wanted { query: Query::new(text), ..Wanted::default() }
}

async fn publishes(town: &Town, title: &str, body: &str) -> yishiting::cases::submit::Submitted {
    let author = town.citizen(&format!("author of {title}")).await;
    let case = town.files(author).await;
    town.does(&moderator(), case.id, Act::Publish, public(title, body)).await;
    case
}

#[tokio::test]
async fn nothing_is_public_before_a_moderator_says_so_and_it_can_be_taken_back() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.files(chen).await;
    assert!(found(&town, &Wanted::default()).await.is_empty());
    town.does(&moderator(), case.id, Act::Publish, public("路灯不亮", "一个多月了。")).await;
    assert_eq!(found(&town, &Wanted::default()).await, ["路灯不亮"]);
    assert_eq!(found(&town, &asks("路灯")).await, ["路灯不亮"]);
    let back = Command { text: "作者要求。".to_string(), ..Command::default() };
    town.does(&moderator(), case.id, Act::Unpublish, back).await;
    assert!(found(&town, &Wanted::default()).await.is_empty());
    assert!(found(&town, &asks("路灯")).await.is_empty(), "what is not public any more is not found either");
    town.verifies().await;
}

const CORPUS: [(&str, &str); 9] = [
    ("万松路路灯不亮", "一个多月了，晚上很黑。"),
    ("隆山路路灯不亮", "学校旁边，孩子放学害怕。"),
    ("小区门口垃圾没人收", "夏天味道很大，垃圾桶满了。"),
    ("飞云江大桥堵车严重", "早高峰 G1523 出口开始堵。"),
    ("建议学校门口设置红绿灯", "上学时间车多，想装 LED 红绿灯。"),
    ("电缆掉下来了", "電纜垂到地上，很危險。"),
    ("公交 201 路末班车太早", "工人下班赶不上。"),
    ("100%的收费不合理", "停车_收费\\没有公示。"),
    ("夜间施工", "晚上十一点还在打桩，路灯也拆了。"),
];

#[tokio::test]
async fn every_search_finds_what_reading_all_texts_would_find() {
    let town = Town::open().await;
    for (title, body) in CORPUS {
        publishes(&town, title, body).await;
    }
    let long = "路灯".repeat(300);
    for text in [
        "路灯",
        "路灯 不亮",
        "垃圾",
        "灯",
        "路灯不亮学校",
        "g1523",
        "Ｇ１５２３",
        "led",
        "电缆",
        "電纜",
        "201",
        "20",
        "100%",
        "停车_收费",
        "%",
        "_",
        "'; drop table case_gram; --",
        "路\u{0}灯",
        "红绿灯 上学",
        "没有的词",
        "亮不",
        "🚗",
        "　路灯　",
        "路路",
        long.as_str(),
    ] {
        let Some(query) = Query::new(text) else { continue };
        let place = town.filing(uuid::Uuid::nil()).place;
        let mut expected: Vec<&str> = CORPUS
            .iter()
            .filter(|(title, body)| query.found_in(&format!("{title}\n{body}\n\n{place}")))
            .map(|(title, _)| *title)
            .collect();
        expected.reverse();
        assert_eq!(found(&town, &asks(text)).await, expected, "{text:?}");
    }
    assert_eq!(found(&town, &asks("路灯")).await.len(), 3, "two signs are enough");
}

#[tokio::test]
async fn a_changed_public_text_is_found_by_its_new_words_only() {
    let town = Town::open().await;
    let case = publishes(&town, "路灯不亮", "王小明家门口。").await;
    assert_eq!(found(&town, &asks("王小明")).await.len(), 1);
    town.does(&moderator(), case.id, Act::Publish, public("路灯不亮", "某户门口。")).await;
    assert!(found(&town, &asks("王小明")).await.is_empty());
    assert_eq!(found(&town, &asks("某户")).await.len(), 1);
}

#[tokio::test]
async fn lists_are_narrowed_by_unit_category_and_progress() {
    let town = Town::open().await;
    let lamp = publishes(&town, "路灯不亮", "很黑。").await;
    publishes(&town, "垃圾没人收", "味道大。").await;
    town.does(&moderator(), lamp.id, Act::Forward, to("zgj")).await;
    let unit = |unit: &str| Wanted { unit: unit.to_string(), ..Wanted::default() };
    assert_eq!(found(&town, &unit("zgj")).await, ["路灯不亮"]);
    assert!(found(&town, &unit("' or 1=1")).await.is_empty());
    let both = Wanted { unit: "zgj".to_string(), ..asks("垃圾") };
    assert!(found(&town, &both).await.is_empty());
    let open = |open| Wanted { open: Some(open), ..Wanted::default() };
    assert_eq!((found(&town, &open(true)).await.len(), found(&town, &open(false)).await.len()), (2, 0));
    let category = town.file(lamp.id).await.category;
    assert_eq!(found(&town, &Wanted { category, ..Wanted::default() }).await.len(), 2);
}

#[tokio::test]
async fn who_is_about_to_ask_sees_the_same_trouble_and_nothing_else() {
    let town = Town::open().await;
    for title in ["万松路路灯坏了整条路很黑", "隆山路路灯不亮", "万松路垃圾没人收"]
    {
        let author = town.citizen(&format!("author of {title}")).await;
        let case = town.try_file(Filing { place: String::new(), ..town.filing(author) }).await.unwrap();
        town.does(&moderator(), case.id, Act::Publish, public(title, "一个多月了。")).await;
    }
    // Filed, and not public.
    town.files(town.citizen("chen").await).await;
    let titles = async |title: &str, place: &str, category: &str| -> Vec<String> {
        let found = alike::alike(&town.cases, title, place, category).await.unwrap();
        found.into_iter().map(|file| file.public_title).collect()
    };
    assert_eq!(titles("万松路路灯不亮", "", "road").await, ["万松路路灯坏了整条路很黑"]);
    assert!(titles("飞云江大桥堵车严重", "", "road").await.is_empty());
    assert!(titles("万松路路灯不亮", "", "no such category").await.is_empty());
    assert!(titles(&"万松路".repeat(2000), &"%_'".repeat(500), "road").await.len() <= 5);
}

#[tokio::test]
async fn a_page_goes_on_where_the_one_before_ended_though_new_cases_come() {
    let town = Town::open().await;
    for n in 0..=PAGE {
        publishes(&town, &format!("路灯不亮 {n}"), "很黑。").await;
    }
    for (older, wanted) in [(1, Wanted::default()), (2, asks("路灯"))] {
        let (first, more) = search::public(&town.cases, &wanted).await.unwrap();
        assert_eq!((first.len() as u64, more), (PAGE, true));
        publishes(&town, "路灯又不亮", "刚刚。").await;
        let before = first.last().map(|file| file.public_no);
        let (second, more) = search::public(&town.cases, &Wanted { before, ..wanted }).await.unwrap();
        assert_eq!((second.len(), more), (older, false));
        assert_eq!(second[older - 1].public_title, "路灯不亮 0");
    }
}

#[tokio::test]
async fn the_public_page_keeps_what_was_asked_and_says_when_nothing_is_found() {
    let app = TestApp::spawn().await;
    let client = app.browser();
    for path in
        ["/cases", "/cases?q=%E8%B7%AF%E7%81%AF", "/cases?q=%EF%BC%9F", "/cases?before=-5", "/cases/units"]
    {
        let page = client.get(path).await;
        assert_eq!(page.status.as_u16(), 200, "{path}");
    }
    let none = client.get("/cases?q=%22%3E%3Cscript%3E&unit=%3Cb%3E&category=x&state=open").await;
    assert!(none.text.contains("没有找到"), "{}", none.text);
    assert!(!none.text.contains("<script>") && !none.text.contains("<b>"));
    let nothing = client.get("/cases?q=%EF%BC%9F").await;
    assert!(nothing.text.contains("没有找到"), "a sign that is no letter finds nothing");
}
