//! The count that dashboards and screens show.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use yishiting::meeting::checkin::Outcome;
use yishiting::meeting::model::State;

use crate::support::hall::{Hall, STARTS};

#[tokio::test]
async fn late_is_who_comes_after_the_start_and_is_expected() {
    let hall = Hall::open().await;
    hall.import(&[
        ("江一帆", "市金融办", "13812346021"),
        ("王海", "市教育局", "13812346022"),
        ("李梅", "市教育局", "13812346023"),
    ])
    .await;
    hall.at(STARTS, 0);
    hall.sign_in(hall.person("江一帆", "市金融办", "13812346021").await).await;
    hall.at(STARTS, 1);
    hall.sign_in(hall.person("王海", "市教育局", "13812346022").await).await;
    hall.sign_in(hall.crowd(1).await[0]).await;
    let now = hall.snapshot().await;
    assert_eq!((now.expected, now.present, now.late, now.absent, now.others), (3, 2, 1, 1, 1));
    let units: Vec<_> =
        now.by_unit.iter().map(|unit| (unit.unit.as_str(), unit.expected, unit.present)).collect();
    assert_eq!(units, [("市金融办", 1, 1), ("市教育局", 2, 1)]);
    assert_eq!(now.latest.iter().map(|one| one.position).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!(now.arrivals.iter().map(|arrival| arrival.count).collect::<Vec<_>>(), [3]);
}

#[tokio::test]
async fn without_a_roster_nobody_is_expected_and_everybody_counts() {
    let hall = Hall::open().await;
    for person in hall.crowd(3).await {
        hall.sign_in(person).await;
        hall.clock.advance(TimeDelta::minutes(1));
    }
    let now = hall.snapshot().await;
    assert_eq!((now.expected, now.present, now.absent, now.others), (0, 3, 0, 0));
    assert_eq!(now.arrivals.iter().map(|arrival| arrival.count).collect::<Vec<_>>(), [1, 1, 1]);
}

#[tokio::test]
async fn the_hub_shows_the_newest_count_and_no_more_than_four_a_second() {
    let hall = Hall::open().await;
    let people = hall.crowd(40).await;
    let mut watching = hall.meetings.attendance.watch(hall.id);
    let first = watching.wait_for(Option::is_some).await.unwrap().clone().unwrap();
    assert_eq!(first.present, 0);
    let mut counts = Vec::new();
    let began = Instant::now();
    for group in people.chunks(10) {
        hall.all_at_once(group.iter().map(|person| hall.scan(*person)).collect()).await;
        watching.changed().await.unwrap();
        counts.push(watching.borrow_and_update().clone().unwrap().present);
    }
    // Four changes, the first of which may come at once.
    assert!(began.elapsed() >= Duration::from_millis(3 * 250 - 50), "{:?}", began.elapsed());
    assert!(counts.is_sorted(), "{counts:?}");
    let last = watching.wait_for(|now| now.as_ref().is_some_and(|now| now.present == 40)).await;
    assert_eq!(last.unwrap().as_ref().unwrap().version, 40);
    // Edge cases 43 and 44: whoever comes back is shown the whole picture from memory.
    let again = hall.meetings.attendance.watch(hall.id).borrow().clone().unwrap();
    assert_eq!(again.present, 40);
}

#[tokio::test]
async fn another_replica_hears_of_every_arrival() {
    let hall = Hall::open().await;
    let other = hall.replica().await;
    let mut watching = other.attendance.watch(hall.id);
    watching.wait_for(Option::is_some).await.unwrap();
    for person in hall.crowd(5).await {
        assert_eq!(hall.sign_in(person).await.outcome, Outcome::Ok);
    }
    let now = watching.wait_for(|now| now.as_ref().is_some_and(|now| now.present == 5)).await;
    assert_eq!(now.unwrap().as_ref().unwrap().latest.len(), 5);
}

#[tokio::test]
async fn the_stream_tells_programs_the_whole_picture_first_and_each_change_after() {
    let hall = Hall::open().await;
    hall.import(&[("江一帆", "市金融办", "13812346021")]).await;
    let desk = hall.app.organiser().await;
    let mut stream = desk.listen(&format!("/api/v1/meetings/{}/attendance/stream", hall.id)).await;
    let (name, first) = stream.first().await;
    assert_eq!(name, "attendance");
    assert_eq!((&first["expected"], &first["present"], &first["version"]), (&1.into(), &0.into(), &0.into()));
    hall.sign_in(hall.person("江一帆", "市金融办", "13812346021").await).await;
    let now = stream.until("attendance", |now| now["present"] == 1).await;
    assert_eq!((&now["latest"][0]["name"], &now["version"]), (&"江一帆".into(), &1.into()));
    assert_eq!(now["by_unit"][0]["present"], 1);
    // Edge case 29 on the screen: a longer list is shown though nobody came.
    hall.import(&[("王海", "市教育局", "13812346022")]).await;
    stream.until("attendance", |now| now["expected"] == 2).await;
    hall.set_state(State::Cancelled).await;
    hall.app.base.stopping.cancel();
    stream.end().await;
}

#[tokio::test]
async fn a_stream_is_for_staff_and_for_meetings_that_are() {
    let hall = Hall::open().await;
    let stranger = hall.app.browser().get(&format!("/api/v1/meetings/{}/attendance/stream", hall.id)).await;
    assert_eq!(stranger.status.as_u16(), 401);
    let desk = hall.app.organiser().await;
    let nowhere = format!("/api/v1/meetings/{}/attendance/stream", uuid::Uuid::new_v4());
    assert_eq!(desk.get(&nowhere).await.json()["code"], "meeting_not_found");
}

// Edge case 49: what goes up on the wall is the roster's name, not what somebody typed; markup stays text.
#[tokio::test]
async fn the_roster_names_people_and_markup_is_only_text() {
    let hall = Hall::of_roster(&[("阿依古丽·买买提", "市民宗局", "13812346021")]).await;
    let phone = hall.follower("o1").await;
    let form = yishiting::meeting::enrol::Form {
        unit: "<script>alert(1)</script>".to_string(),
        name: "阿依古丽•买买提".to_string(),
        phone: "13812346021".to_string(),
    };
    let attempt = hall.scan(uuid::Uuid::nil());
    yishiting::meeting::enrol::enrol(&hall.meetings, &hall.meeting().await, phone, &form, attempt)
        .await
        .unwrap();
    let latest = hall.snapshot().await.latest.remove(0);
    assert_eq!((latest.name.as_str(), latest.unit.as_str()), ("阿依古丽·买买提", "市民宗局"));
}
