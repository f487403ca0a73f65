//! The same act again, and another act that looks like it.

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use uuid::Uuid;
use yishiting::meeting::by_hand::{self, Act};
use yishiting::meeting::checkin::Outcome;
use yishiting::meeting::model::Source;
use yishiting::meeting::model::{State, attendance_event};

use crate::support::hall::Hall;

async fn events(hall: &Hall, person: Uuid) -> u64 {
    attendance_event::Entity::find()
        .filter(attendance_event::Column::MeetingId.eq(hall.id))
        .filter(attendance_event::Column::PersonId.eq(person))
        .count(hall.base.db.read())
        .await
        .unwrap()
}

// Edge case 1: double tap, WeChat's repeat, a page loaded again.
#[tokio::test]
async fn a_double_tap_is_one_check_in_with_the_first_time() {
    let hall = Hall::open().await;
    let jiang = hall.person("江一帆", "市金融办", "13812346021").await;
    let attempt = hall.scan(jiang);
    let first = hall.try_in(attempt.clone()).await.unwrap();
    hall.at("2026-09-19 08:40", 0);
    let same = hall.try_in(attempt).await.unwrap();
    assert_eq!((same.outcome, same.position, same.at), (Outcome::Replayed, 1, first.at));
    let again = hall.sign_in(jiang).await;
    assert_eq!((again.outcome, again.position, again.at), (Outcome::Already, 1, first.at));
    assert_eq!(events(&hall, jiang).await, 2, "a repeat is no event, a second scan is one");
}

// Edge case 2: two phones, one account, the same second.
#[tokio::test]
async fn two_phones_in_the_same_second_are_one_row_and_two_events() {
    let hall = Hall::open().await;
    let jiang = hall.person("江一帆", "市金融办", "13812346021").await;
    let results = hall.all_at_once(vec![hall.scan(jiang), hall.scan(jiang)]).await;
    let outcomes: Vec<Outcome> = results.into_iter().map(|done| done.unwrap().outcome).collect();
    assert_eq!(outcomes, [Outcome::Ok, Outcome::Already]);
    assert_eq!((events(&hall, jiang).await, hall.snapshot().await.present), (2, 1));
    hall.is_clean().await;
}

// Edge case 3: self-scan and staff-scan collide. Edge case 21: no phone at all.
#[tokio::test]
async fn a_scan_and_a_member_of_staff_make_one_row_and_both_are_listed() {
    let hall = Hall::open().await;
    hall.import(&[("江一帆", "市金融办", "13812346021")]).await;
    let jiang = hall.person("江一帆", "市金融办", "13812346021").await;
    let meeting = hall.meeting().await;
    let act = Act { op: Uuid::now_v7(), actor: "chen", reason: "手机没电" };
    let (scanned, by_staff) =
        tokio::join!(hall.try_in(hall.scan(jiang)), by_hand::sign_in(&hall.meetings, &meeting, jiang, act));
    assert_eq!((scanned.unwrap().position, by_staff.unwrap().position), (1, 1));
    let sources: Vec<String> = attendance_event::Entity::find()
        .all(hall.base.db.read())
        .await
        .unwrap()
        .into_iter()
        .map(|event| event.source)
        .collect();
    assert!(sources.contains(&"scan".to_string()) && sources.contains(&"staff".to_string()), "{sources:?}");
    hall.is_clean().await;
}

// Edge case 4: the answer was lost; the same act is asked again, even after the meeting was cancelled.
#[tokio::test]
async fn a_lost_answer_is_given_again_whatever_became_of_the_meeting() {
    let hall = Hall::open().await;
    let jiang = hall.person("江一帆", "市金融办", "13812346021").await;
    let attempt = hall.scan(jiang);
    let first = hall.try_in(attempt.clone()).await.unwrap();
    for state in [State::Closed, State::Cancelled] {
        hall.set_state(state).await;
        let again = hall.try_in(attempt.clone()).await.unwrap();
        assert_eq!((again.outcome, again.position, again.at), (Outcome::Replayed, 1, first.at), "{state:?}");
    }
    assert_eq!(hall.refused(hall.scan(jiang)).await, "meeting_cancelled");
}

// Edge case 5: one operation id for two people.
#[tokio::test]
async fn an_operation_id_of_another_person_conflicts_and_writes_nothing() {
    let hall = Hall::open().await;
    let people = hall.crowd(2).await;
    let mine = hall.scan(people[0]);
    let mut theirs = hall.scan(people[1]);
    theirs.op_id.clone_from(&mine.op_id);
    let results = hall.all_at_once(vec![mine.clone(), theirs.clone()]).await;
    assert!(results[0].is_ok());
    assert_eq!(hall.refused(theirs.clone()).await, "op_conflict");
    let mut by_staff = mine;
    by_staff.source = Source::Staff;
    assert_eq!(hall.refused(by_staff).await, "op_conflict");
    assert_eq!((events(&hall, people[1]).await, hall.snapshot().await.present), (0, 1));
    hall.is_clean().await;
}

#[tokio::test]
async fn the_same_operation_id_in_another_meeting_is_another_act() {
    let hall = Hall::open().await;
    let second = hall.another(|_| {}).await;
    let jiang = hall.person("江一帆", "市金融办", "13812346021").await;
    let here = hall.scan(jiang);
    let mut there = here.clone();
    there.meeting = second;
    assert_eq!(hall.try_in(here).await.unwrap().outcome, Outcome::Ok);
    assert_eq!(hall.try_in(there).await.unwrap().outcome, Outcome::Ok);
}

#[tokio::test]
async fn an_operation_id_or_reason_that_no_database_takes_hurts_nobody_else() {
    let hall = Hall::open().await;
    let people = hall.crowd(3).await;
    let mut strange = hall.scan(people[0]);
    strange.op_id = format!("\0{}", "长".repeat(5000));
    strange.reason = Some("\0\u{7}没电".to_string());
    let attempts = vec![hall.scan(people[1]), strange.clone(), hall.scan(people[2])];
    let results = hall.all_at_once(attempts).await;
    without_gap_of_three(&results);
    assert_eq!(hall.try_in(strange).await.unwrap().outcome, Outcome::Replayed);
    hall.is_clean().await;
}

fn without_gap_of_three(
    results: &[Result<yishiting::meeting::checkin::CheckIn, yishiting::meeting::checkin::Refusal>],
) {
    crate::support::hall::without_gap(results, 3);
}
