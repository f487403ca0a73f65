//! 专题频道：what belongs to one, who makes it, and that it shows nothing but what is public.

use reqwest::StatusCode;
use uuid::Uuid;
use yishiting::base::error::Coded;
use yishiting::cases::act::Act;
use yishiting::cases::channel::{self, ChannelError, MOST, Written};
use yishiting::cases::model::Part;
use yishiting::cases::submit::Submitted;

use super::pages::officer;
use crate::support::TestApp;
use crate::support::town::{Town, desk, moderator, public, says};

const OFFICE: &[(Part, &str)] = &[(Part::Propaganda, "")];

fn lamps() -> Written {
    Written {
        slug: "lamps".to_string(),
        title: "路灯专题".to_string(),
        intro: "全市路灯维修进展".to_string(),
        words: "路灯".to_string(),
        shown: true,
        ..Written::default()
    }
}

async fn shows(town: &Town, title: &str, unit: &str) -> Submitted {
    let chen = town.citizen("chen").await;
    let case = town.forwarded(chen, unit).await;
    town.does(&moderator(), case.id, Act::Publish, public(title, "一个多月了。")).await;
    case
}

async fn holds(town: &Town, slug: &str) -> Vec<i64> {
    let row = channel::at(&town.cases, slug).await.unwrap();
    let (files, _) = channel::cases_of(&town.cases, &row, None).await.unwrap();
    files.into_iter().map(|file| file.public_no).collect()
}

fn code<T>(outcome: Result<T, ChannelError>) -> &'static str {
    outcome.err().map_or("done", |error| error.code())
}

#[tokio::test]
async fn a_channel_holds_the_public_cases_of_its_rule_and_those_picked_by_hand() {
    let town = Town::open().await;
    let lamp = shows(&town, "路灯不亮", "jsj").await;
    let other = shows(&town, "井盖松动", "jsj").await;
    let far = shows(&town, "路灯太暗", "jtj").await;
    let chen = town.citizen("chen").await;
    let hidden = town.forwarded(chen, "jsj").await;
    let office = desk(OFFICE);
    channel::make(&town.cases, &office, &lamps()).await.unwrap();
    assert_eq!(holds(&town, "lamps").await, [far.public_no, lamp.public_no]);
    let one = |slug: &str| Written { slug: slug.to_string(), words: String::new(), ..lamps() };
    let unit = Written { units: vec!["jsj".to_string()], words: "路灯".to_string(), ..one("of-unit") };
    channel::make(&town.cases, &office, &unit).await.unwrap();
    assert_eq!(holds(&town, "of-unit").await, [lamp.public_no]);
    let picked = format!("{}，{} {}、999999", other.public_no, hidden.public_no, lamp.public_no);
    let both = Written {
        numbers: picked,
        categories: vec!["road".to_string()],
        units: vec!["jtj".to_string()],
        ..one("both")
    };
    channel::make(&town.cases, &office, &both).await.unwrap();
    assert_eq!(holds(&town, "both").await, [far.public_no, other.public_no, lamp.public_no]);
    // What leaves the public leaves the channel.
    town.does(&moderator(), far.id, Act::Unpublish, says("本人申请。")).await;
    assert_eq!(holds(&town, "lamps").await, [lamp.public_no]);
    assert_eq!(holds(&town, "both").await, [other.public_no, lamp.public_no]);
}

#[tokio::test]
async fn pages_of_a_channel_follow_each_other_without_gap_or_repeat() {
    let town = Town::open().await;
    let mut all = Vec::new();
    for _ in 0..27 {
        all.push(shows(&town, "路灯不亮", "jsj").await.public_no);
    }
    all.reverse();
    let picked = all.iter().step_by(3).map(i64::to_string).collect::<Vec<_>>().join(" ");
    channel::make(&town.cases, &desk(OFFICE), &Written { numbers: picked, ..lamps() }).await.unwrap();
    let row = channel::at(&town.cases, "lamps").await.unwrap();
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let (files, more) = channel::cases_of(&town.cases, &row, before).await.unwrap();
        seen.extend(files.iter().map(|file| file.public_no));
        before = seen.last().copied();
        if !more {
            break;
        }
    }
    assert_eq!(seen, all);
}

#[tokio::test]
async fn only_those_who_make_cases_public_make_channels_and_nothing_wrong_is_kept() {
    let town = Town::open().await;
    for seats in [&[(Part::Liaison, "jsj")][..], &[(Part::Leader, "")], &[(Part::Supervision, "")], &[]] {
        let stranger = desk(seats);
        assert_eq!(code(channel::make(&town.cases, &stranger, &lamps()).await), "case_forbidden");
        assert_eq!(code(channel::remove(&town.cases, &stranger, Uuid::now_v7()).await), "case_forbidden");
    }
    let office = desk(OFFICE);
    for wrong in [
        Written { slug: "路灯".to_string(), ..lamps() },
        Written { slug: "../x".to_string(), ..lamps() },
        Written { slug: "a".repeat(31), ..lamps() },
        Written { title: " ".to_string(), ..lamps() },
        Written { title: "字".repeat(21), ..lamps() },
        Written { intro: "字".repeat(201), ..lamps() },
        Written { words: "！".to_string(), ..lamps() },
        Written { words: "字".repeat(41), ..lamps() },
        Written { units: vec!["nowhere".to_string()], ..lamps() },
        Written { categories: vec!["a,b".to_string()], ..lamps() },
        Written { numbers: "16944 abc".to_string(), ..lamps() },
        Written { numbers: "1 ".repeat(201), ..lamps() },
    ] {
        assert_eq!(code(channel::make(&town.cases, &office, &wrong).await), "case_invalid", "{wrong:?}");
    }
    let id = channel::make(&town.cases, &office, &lamps()).await.unwrap();
    assert_eq!(channel::make(&town.cases, &office, &lamps()).await.unwrap(), id, "a second press");
    let other = Written { title: "别的".to_string(), ..lamps() };
    assert_eq!(code(channel::make(&town.cases, &office, &other).await), "case_channel_taken");
    let hidden = Written { shown: false, ..lamps() };
    assert_eq!(code(channel::edit(&town.cases, &office, (id, 1), &hidden).await), "done");
    assert_eq!(code(channel::edit(&town.cases, &office, (id, 1), &hidden).await), "done", "a second press");
    assert_eq!(code(channel::edit(&town.cases, &office, (id, 1), &lamps()).await), "case_channel_stale");
    assert_eq!(code(channel::at(&town.cases, "lamps").await), "case_channel_not_found");
    let gone = channel::edit(&town.cases, &office, (Uuid::now_v7(), 1), &lamps()).await;
    assert_eq!(code(gone), "case_channel_not_found");
    for at in 1..MOST {
        let one = Written { slug: format!("c{at}"), ..lamps() };
        channel::make(&town.cases, &office, &one).await.unwrap();
    }
    let full = Written { slug: "one-more".to_string(), ..lamps() };
    assert_eq!(code(channel::make(&town.cases, &office, &full).await), "case_invalid");
    channel::remove(&town.cases, &office, id).await.unwrap();
    assert_eq!(code(channel::remove(&town.cases, &office, id).await), "case_channel_not_found");
}

#[tokio::test]
async fn the_desk_makes_it_and_everybody_reads_it() {
    let town = Town::over(TestApp::spawn().await).await;
    let case = shows(&town, "路灯不亮", "jsj").await;
    let reader = town.app.browser();
    assert!(reader.get("/cases/channels").await.text.contains("还没有专题"));
    assert_eq!(reader.get("/cases/channels/lamps").await.status, StatusCode::NOT_FOUND);
    let office = officer(&town.app, "lin", Part::Moderator, "").await;
    let csrf = office.get("/desk/cases/channels").await.hidden("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("act", "make"),
        ("slug", "lamps"),
        ("title", "路灯<b>专题"),
        ("category", "road"),
        ("unit", "jsj"),
        ("unit", "jtj"),
        ("shown", "1"),
    ];
    let made = office.post("/desk/cases/channels", &fields).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    assert!(office.get("/desk/cases/channels").await.text.contains("1 件"));
    assert!(reader.get("/cases/channels").await.text.contains("/cases/channels/lamps"));
    let page = reader.get("/cases/channels/lamps").await;
    assert!(page.text.contains(&format!("/cases/{}", case.public_no)), "{}", page.text);
    assert!(!page.text.contains("路灯<b>"), "a script in a name is text");
    let unit = officer(&town.app, "wang", Part::Liaison, "jsj").await;
    assert_eq!(unit.get("/desk/cases/channels").await.status, StatusCode::FORBIDDEN);
}
