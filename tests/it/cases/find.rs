//! Searching at the desk: by numbers, words and what narrows; nobody finds or counts what is not theirs.

use yishiting::cases::act::Act;
use yishiting::cases::find::{self, Found, OPENED, Wanted};
use yishiting::cases::model::{Kind, Part, State, Track};

use crate::support::town::{Town, desk, moderator, public, to};

async fn finds(town: &Town, seats: &[(Part, &str)], wanted: Wanted) -> Found {
    find::find(&town.cases, &desk(seats), &wanted).await.unwrap()
}

async fn numbers(town: &Town, seats: &[(Part, &str)], words: &str) -> Vec<i64> {
    let wanted = Wanted { words: words.to_string(), ..Wanted::default() };
    finds(town, seats, wanted).await.rows.into_iter().map(|row| row.file.public_no).collect()
}

const OFFICE: &[(Part, &str)] = &[(Part::Moderator, "")];

#[tokio::test]
async fn a_case_is_found_by_its_number_its_petition_number_and_two_signs_of_its_text() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let lamp = town.files(chen).await;
    let mut filing = town.filing(chen);
    (filing.title, filing.body, filing.track) =
        ("拆迁补偿没有到账".to_string(), "飞云街道的补偿款拖了半年。".to_string(), Track::Petition);
    filing.place = String::new();
    let petition = town.try_file(filing).await.unwrap();
    assert_eq!(numbers(&town, OFFICE, &lamp.public_no.to_string()).await, [lamp.public_no]);
    assert_eq!(numbers(&town, OFFICE, &petition.number.to_lowercase()).await, [petition.public_no]);
    assert_eq!(numbers(&town, OFFICE, " 路灯 ").await, [lamp.public_no]);
    assert_eq!(numbers(&town, OFFICE, "補償 飞云").await, [petition.public_no]);
    assert_eq!(numbers(&town, OFFICE, "万松路 88").await, [lamp.public_no], "the place counts");
    for nothing in ["？！", "99999999999999999999", "XF", "陈晓燕", "%", "' OR 1=1"] {
        assert_eq!(numbers(&town, OFFICE, nothing).await, Vec::<i64>::new(), "{nothing}");
    }
}

#[tokio::test]
async fn of_what_is_public_the_public_words_are_searched() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.forwarded(chen, "jsj").await;
    town.does(&moderator(), case.id, Act::Publish, public("路灯坏了", "晚上很黑。")).await;
    assert_eq!(numbers(&town, OFFICE, "很黑").await, [case.public_no]);
    assert_eq!(numbers(&town, OFFICE, "危险").await, Vec::<i64>::new());
    assert_eq!(numbers(&town, &[(Part::Journalist, "")], "很黑").await, [case.public_no]);
    assert_eq!(numbers(&town, &[(Part::Liaison, "jtj")], "很黑").await, Vec::<i64>::new());
}

#[tokio::test]
async fn the_accused_unit_neither_finds_nor_counts_an_accusation() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let mut filing = town.filing(chen);
    (filing.kind, filing.track) = (Kind::Accusation, Track::Petition);
    filing.accused_unit = Some("police".to_string());
    let case = town.try_file(filing).await.unwrap();
    town.does(&moderator(), case.id, Act::Forward, to("gov")).await;
    let accused: &[(Part, &str)] = &[(Part::Liaison, "police"), (Part::Head, "traffic")];
    for words in ["路灯", &case.number, &case.public_no.to_string()] {
        assert_eq!(numbers(&town, accused, words).await, Vec::<i64>::new(), "{words}");
    }
    for wanted in [Wanted::default(), Wanted { category: "road".to_string(), ..Wanted::default() }] {
        assert_eq!(finds(&town, accused, wanted.clone()).await.count, Some(0));
        assert_eq!(finds(&town, &[(Part::Liaison, "gov")], wanted.clone()).await.count, Some(1));
        assert_eq!(finds(&town, &[], wanted).await.count, Some(0));
    }
}

#[tokio::test]
async fn unit_category_state_track_days_and_lateness_narrow_what_is_found() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let old = town.forwarded(chen, "jsj").await;
    town.at("2026-09-24 00:00");
    let new = town.files(chen).await;
    let day = |text: &str| Some(text.parse().unwrap());
    let base = Wanted::default;
    for (wanted, expected) in [
        (Wanted { unit: "jsj".to_string(), ..base() }, vec![old.public_no]),
        (Wanted { category: "road".to_string(), ..base() }, vec![new.public_no, old.public_no]),
        (Wanted { category: "nowhere".to_string(), ..base() }, vec![]),
        (Wanted { state: Some(State::Submitted), ..base() }, vec![new.public_no]),
        (Wanted { track: Some(Track::Petition), ..base() }, vec![]),
        (Wanted { from: day("2026-09-24"), ..base() }, vec![new.public_no]),
        (Wanted { to: day("2026-09-23"), ..base() }, vec![old.public_no]),
        (Wanted { from: day("2026-09-22"), to: day("2026-09-23"), ..base() }, vec![]),
        (Wanted { overdue: true, ..base() }, vec![old.public_no]),
        (Wanted { overdue: true, words: "路灯".to_string(), ..base() }, vec![old.public_no]),
        (Wanted { before: Some(new.public_no), ..base() }, vec![old.public_no]),
    ] {
        let found = finds(&town, OFFICE, wanted.clone()).await;
        let numbers: Vec<i64> = found.rows.iter().map(|row| row.file.public_no).collect();
        assert_eq!(numbers, expected, "{wanted:?}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repeat() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let mut all = Vec::new();
    for at in 0..60 {
        let case = town.files(chen).await;
        if at % 3 == 0 {
            town.does(&moderator(), case.id, Act::Publish, public("路灯坏了", "晚上很黑。")).await;
        }
        all.push(case.public_no);
    }
    all.reverse();
    for words in ["", "路灯"] {
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let wanted = Wanted { words: words.to_string(), before, ..Wanted::default() };
            let found = finds(&town, OFFICE, wanted).await;
            seen.extend(found.rows.iter().map(|row| row.file.public_no));
            before = found.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(seen, all, "{words}");
    }
}

#[tokio::test]
async fn a_page_that_opened_as_many_texts_as_it_may_goes_on_where_it_stopped() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let mut filing = town.filing(chen);
    filing.title = "解放路井盖松动".to_string();
    let sealed = town.try_file(filing.clone()).await.unwrap();
    let shown = town.files(chen).await;
    town.does(&moderator(), shown.id, Act::Publish, public("井盖松动", "很响。")).await;
    for _ in 0..OPENED {
        town.files(chen).await;
    }
    let wanted = Wanted { words: "井盖".to_string(), ..Wanted::default() };
    let first = finds(&town, OFFICE, wanted.clone()).await;
    assert!(first.rows.is_empty());
    let second = finds(&town, OFFICE, Wanted { before: first.next, ..wanted }).await;
    let numbers: Vec<i64> = second.rows.iter().map(|row| row.file.public_no).collect();
    assert_eq!((numbers, second.next), (vec![shown.public_no, sealed.public_no], None));
}
