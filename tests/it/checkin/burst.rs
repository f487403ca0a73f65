//! Everybody comes at once.

use futures_util::future::join;
use yishiting::meeting::checkin::Outcome;

use crate::support::hall::{Hall, without_gap};

#[tokio::test]
async fn four_hundred_people_scan_five_hundred_times_and_stand_in_one_line() {
    let hall = Hall::open().await;
    let people = hall.crowd(400).await;
    let attempts = (0..500).map(|n| hall.scan(people[n % 400])).collect();
    let results = hall.all_at_once(attempts).await;
    assert!(results.iter().all(Result::is_ok));
    without_gap(&results, 400);
    let first = results.iter().flatten().filter(|done| done.outcome == Outcome::Ok).count();
    assert_eq!(first, 400);
    assert_eq!(hall.snapshot().await.present, 400);
    hall.is_clean().await;
}

#[tokio::test]
async fn two_replicas_on_one_database_give_one_line() {
    let hall = Hall::open().await;
    let other = hall.replica().await;
    let people = hall.crowd(120).await;
    // Everybody scans twice, once at each replica, at the same time.
    let here = hall.all_at_once(people.iter().map(|person| hall.scan(*person)).collect());
    let there = futures_util::future::join_all(
        people.iter().rev().map(|person| other.door.check_in(hall.scan(*person))),
    );
    let (mut results, more) = join(here, there).await;
    results.extend(more);
    assert!(results.iter().all(Result::is_ok));
    without_gap(&results, 120);
    assert_eq!(results.iter().flatten().filter(|done| done.outcome == Outcome::Ok).count(), 120);
    // Edge case 44: the other replica counts the same, from rows.
    let counted = yishiting::meeting::attendance::snapshot(&other.base, hall.id).await.unwrap().unwrap();
    assert_eq!((counted.present, counted.version), (120, 240));
    hall.is_clean().await;
}

#[tokio::test]
async fn two_meetings_at_once_have_a_line_each() {
    let hall = Hall::open().await;
    let second = hall.another(|draft| draft.title = "安全生产会".to_string()).await;
    let people = hall.crowd(60).await;
    let mut attempts = Vec::new();
    for person in &people {
        attempts.push(hall.scan(*person));
        let mut other = hall.scan(*person);
        other.meeting = second;
        attempts.push(other);
    }
    let results = hall.all_at_once(attempts).await;
    for meeting in [hall.id, second] {
        let own: Vec<_> = results
            .iter()
            .filter(|done| done.as_ref().is_ok_and(|done| done.meeting.id == meeting))
            .cloned()
            .collect();
        without_gap(&own, 60);
    }
    hall.is_clean().await;
}

// Edge case 42: a bounded queue; never a success that is not stored.
#[tokio::test]
async fn more_than_the_queue_takes_hear_that_they_must_try_again() {
    let hall = Hall::open().await;
    let people = hall.crowd(30).await;
    let attempts: Vec<_> = (0..4200).map(|n| hall.scan(people[n % 30])).collect();
    let results = hall.all_at_once(attempts.clone()).await;
    let turned_away: Vec<_> = attempts.iter().zip(&results).filter(|(_, result)| result.is_err()).collect();
    assert_eq!(turned_away.len(), 4200 - 4096);
    let (attempt, _) = turned_away[0];
    let again = hall.try_in(attempt.clone()).await.unwrap();
    assert_eq!(again.outcome, Outcome::Already);
    assert_eq!(hall.snapshot().await.version, 4097);
    without_gap(&results, 30);
    hall.is_clean().await;
}
