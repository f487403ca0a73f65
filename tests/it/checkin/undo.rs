//! Taking back, taking that back, and coming again.

use chrono::TimeDelta;
use sea_orm::{ActiveValue::Set, EntityTrait};
use uuid::Uuid;
use yishiting::base::error::Coded;
use yishiting::meeting::checkin::Outcome;
use yishiting::meeting::model::{attendance, meeting};
use yishiting::meeting::verify;

use crate::support::hall::Hall;

// Edge case 46: the wrong person undone, and that undone.
#[tokio::test]
async fn an_undone_undo_leaves_the_first_position_and_all_three_events() {
    let hall = Hall::open().await;
    let people = hall.crowd(2).await;
    let first = hall.sign_in(people[0]).await;
    hall.sign_in(people[1]).await;
    let undo = hall.undo(first.event).await.unwrap();
    assert_eq!(hall.snapshot().await.present, 1);
    let restored = hall.undo(undo).await.unwrap();
    assert_eq!(hall.snapshot().await.present, 2);
    let again = hall.sign_in(people[0]).await;
    assert_eq!((again.outcome, again.position, again.event), (Outcome::Already, 1, restored));
    let kinds: Vec<String> = hall.events().await.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["in", "in", "undo", "restore", "in"]);
    hall.is_clean().await;
}

#[tokio::test]
async fn undoing_twice_is_undoing_once() {
    let hall = Hall::open().await;
    let person = hall.crowd(1).await[0];
    let done = hall.sign_in(person).await;
    let tries = futures_util::future::join_all((0..5).map(|_| hall.undo(done.event))).await;
    let mut events: Vec<Uuid> = tries.into_iter().map(Result::unwrap).collect();
    events.dedup();
    assert_eq!(events.len(), 1);
    assert_eq!(hall.events().await.len(), 2);
    hall.is_clean().await;
}

#[tokio::test]
async fn who_comes_again_after_an_undo_gets_a_new_position_and_the_old_one_stays_unused() {
    let hall = Hall::open().await;
    let people = hall.crowd(2).await;
    let first = hall.scan(people[0]);
    let done = hall.try_in(first.clone()).await.unwrap();
    let undo = hall.undo(done.event).await.unwrap();
    assert_eq!(hall.refused(first).await, "op_conflict", "an old act brings nothing back");
    hall.sign_in(people[1]).await;
    let again = hall.sign_in(people[0]).await;
    assert_eq!((again.outcome, again.position), (Outcome::Ok, 3));
    // What was undone and replaced is history.
    assert_eq!(hall.undo(undo).await.unwrap_err().code(), "nothing_to_undo");
    assert_eq!(hall.undo(done.event).await.unwrap(), undo);
    assert_eq!(hall.snapshot().await.present, 2);
    hall.is_clean().await;
}

#[tokio::test]
async fn an_event_of_another_meeting_or_of_nobody_is_not_undone() {
    let hall = Hall::open().await;
    let second = hall.another(|_| {}).await;
    let person = hall.crowd(1).await[0];
    let mut there = hall.scan(person);
    there.meeting = second;
    let there = hall.try_in(there).await.unwrap();
    assert_eq!(hall.undo(there.event).await.unwrap_err().code(), "nothing_to_undo");
    assert_eq!(hall.undo(Uuid::now_v7()).await.unwrap_err().code(), "nothing_to_undo");
    // A second scan changed nothing, so there is nothing of it to take back.
    hall.sign_in(person).await;
    hall.sign_in(person).await;
    let second_scan = hall.events().await.remove(1);
    assert_eq!(hall.undo(second_scan.id).await.unwrap_err().code(), "nothing_to_undo");
    hall.is_clean().await;
}

// Edge case 45: rows that drifted from the log are found.
#[tokio::test]
async fn a_row_or_counter_that_was_tampered_with_is_found() {
    let hall = Hall::open().await;
    let people = hall.crowd(2).await;
    hall.sign_in(people[0]).await;
    hall.sign_in(people[1]).await;
    hall.is_clean().await;

    let tx = hall.base.db.write().await.unwrap();
    let row = attendance::ActiveModel {
        meeting_id: Set(hall.id),
        person_id: Set(people[1]),
        position: Set(7),
        ..Default::default()
    };
    attendance::Entity::update(row).exec(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(differences(&hall).await, 1);

    let tx = hall.base.db.write().await.unwrap();
    let row = meeting::ActiveModel { id: Set(hall.id), last_position: Set(9), ..Default::default() };
    meeting::Entity::update(row).exec(&tx).await.unwrap();
    attendance::Entity::delete_by_id((hall.id, people[0])).exec(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(differences(&hall).await, 3);
    // The hourly comparison finds them while it matters.
    assert_eq!(verify::verify_recent(&hall.base).await.unwrap().differences.len(), 3);
    hall.clock.advance(TimeDelta::days(3));
    assert_eq!(verify::verify_recent(&hall.base).await.unwrap().meetings, 0);
}

async fn differences(hall: &Hall) -> usize {
    verify::verify(&hall.base).await.unwrap().differences.len()
}
