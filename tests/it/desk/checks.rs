//! 抽查: looking for some of those who signed in.

use std::collections::HashSet;

use uuid::Uuid;
use yishiting::meeting::model::Finding;
use yishiting::meeting::spot_check;
use yishiting::people::staff::Role;

use super::office::{Office, reads};

const NAMES: [&str; 8] = ["代表甲", "代表乙", "代表丙", "代表丁", "代表戊", "代表己", "代表庚", "代表辛"];

/// A meeting at which eight are signed in and two are not.
async fn a_full_hall() -> Office {
    let office = Office::open().await;
    let rows = NAMES.iter().zip(10..).map(|(name, n)| format!("{name},市局,139000000{n}\n"));
    let absent = "缺席一,市局,13900000090\n缺席二,市局,13900000091\n";
    office.import(&format!("姓名,单位,手机号\n{}{absent}", rows.collect::<String>())).await;
    for name in NAMES {
        office.signs_in(name).await;
    }
    office
}

#[tokio::test]
async fn only_who_is_signed_in_is_drawn_and_nobody_twice() {
    let office = a_full_hall().await;
    let base = &office.app.base;
    let first = Uuid::now_v7();
    let draw = async |op, count| spot_check::draw(base, office.meeting, op, count, "chen").await;
    assert_eq!(draw(first, 3).await.unwrap(), 3);
    // The same click again is the same draw.
    assert_eq!(draw(first, 3).await.unwrap(), 3);
    let two = tokio::join!(draw(Uuid::now_v7(), 3), draw(Uuid::now_v7(), 3));
    assert_eq!(two.0.unwrap() + two.1.unwrap(), 5, "eight are there");
    assert_eq!(draw(Uuid::now_v7(), 5).await.unwrap(), 0);
    let drawn = spot_check::list(base, office.meeting).await.unwrap();
    let names: HashSet<&str> = drawn.iter().map(|one| one.row.name.as_str()).collect();
    assert_eq!(names, NAMES.into_iter().collect());
    for wrong in [0, 51] {
        assert!(draw(Uuid::now_v7(), wrong).await.is_err());
    }
}

#[tokio::test]
async fn every_draw_is_another_chance_for_everybody() {
    let mut met = HashSet::new();
    for _ in 0..4 {
        let office = a_full_hall().await;
        spot_check::draw(&office.app.base, office.meeting, Uuid::now_v7(), 2, "chen").await.unwrap();
        let drawn = spot_check::list(&office.app.base, office.meeting).await.unwrap();
        met.extend(drawn.into_iter().map(|one| one.row.name));
    }
    assert!(met.len() > 2, "{met:?}");
}

#[tokio::test]
async fn staff_look_for_those_drawn_and_their_word_is_on_record() {
    let office = a_full_hall().await;
    reads(&office.sees("/checks").await, &["还没有抽查"]);
    reads(&office.does("/checks", &[("count", "2")]).await, &["抽到 2 人", "待核对 2，在场 0，未见到 0"]);
    let drawn = spot_check::list(&office.app.base, office.meeting).await.unwrap();
    let path = |index: usize| format!("/checks/{}", drawn[index].check.id);
    office.does(&path(0), &[("finding", "seen")]).await;
    let page = office.does(&path(1), &[("finding", "missing")]).await;
    reads(&page, &["待核对 0，在场 1，未见到 1", "陈晓燕"]);
    office.does(&path(1), &[("finding", "pending")]).await;
    reads(&office.does(&path(1), &[("finding", "seen")]).await, &["在场 2，未见到 0"]);
    reads(&office.sees("/log").await, &["抽查：在场", "抽查：重新核对", "抽查：未见到", "抽取 2 人"]);
    assert_eq!(Finding::parse(&drawn[0].check.finding), Some(Finding::Pending));

    let viewer = office.colleague(Role::Viewer).await;
    let csrf = viewer.get("/desk/meetings").await.hidden("csrf");
    for (path, field) in [("/checks".to_string(), ("count", "1")), (path(0), ("finding", "missing"))] {
        let refused = viewer.post(&office.path(&path), &[("csrf", csrf.as_str()), field]).await;
        assert_eq!(refused.status, 403, "{path}");
    }
}
