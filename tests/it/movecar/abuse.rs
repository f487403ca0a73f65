//! Quotas, and what is looked at before anybody is told.

use std::collections::HashSet;

use futures_util::future::join_all;
use sea_orm::{EntityTrait, IntoActiveModel, PaginatorTrait};
use yishiting::base::geo::Said;
use yishiting::movecar::driver::Act;
use yishiting::movecar::model::{State, car_block, car_request};
use yishiting::people::follower;

use crate::support::yard::{HERE, KNOWN, UNKNOWN, Yard};

/// Asks and gives up at once; the code of a refusal.
async fn tries(yard: &Yard, driver: uuid::Uuid, plate: &str) -> Option<&'static str> {
    use yishiting::base::error::Coded;
    match yard.try_ask(yard.wish(driver, plate)).await {
        Ok(numbers) => {
            yard.acts(driver, &numbers[0], Act::Cancel).await.unwrap();
            None
        }
        Err(error) => Some(error.code()),
    }
}

#[tokio::test]
async fn a_day_ends_at_midnight() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    yard.at("2026-09-21 23:59");
    yard.clock.advance(chrono::TimeDelta::seconds(59));
    for n in 0..3 {
        assert_eq!(tries(&yard, driver, &format!("浙C7000{n}")).await, None);
    }
    assert_eq!(tries(&yard, driver, "浙C70004").await, Some("car_quota_day"));
    yard.clock.advance(chrono::TimeDelta::seconds(1));
    assert_eq!(tries(&yard, driver, "浙C70004").await, None);
}

#[tokio::test]
async fn a_month_allows_ten() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let mut n = 0;
    for day in 1..=4 {
        yard.at(&format!("2026-10-0{day} 10:00"));
        for _ in 0..3 {
            n += 1;
            let expected = (n > 10).then_some("car_quota_month");
            assert_eq!(tries(&yard, driver, &format!("浙C71{n:03}")).await, expected, "{n}");
        }
    }
    yard.at("2026-11-01 00:00");
    assert_eq!(tries(&yard, driver, "浙C72000").await, None);
}

#[tokio::test]
async fn a_new_follower_asks_once_on_the_first_day() {
    let yard = Yard::open().await;
    let driver = follower::ensure(&yard.base, "new").await.unwrap();
    assert_eq!(tries(&yard, driver, KNOWN).await, None);
    assert_eq!(tries(&yard, driver, UNKNOWN).await, Some("car_quota_first_day"));
    yard.at("2026-09-22 00:00");
    assert_eq!(tries(&yard, driver, UNKNOWN).await, None);
}

#[tokio::test]
async fn one_network_asks_twenty_times_an_hour() {
    let yard = Yard::open().await;
    let mut refused = 0;
    for n in 0..22 {
        let driver = yard.driver(&format!("driver {n}")).await;
        let mut wish = yard.wish(driver, &format!("浙C73{n:03}"));
        wish.network = "one".to_string();
        refused += usize::from(yard.try_ask(wish).await.is_err());
    }
    assert_eq!(refused, 2);
}

#[tokio::test]
async fn what_is_refused_costs_nothing() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.asks(yard.wish(driver, KNOWN)).await;
    for _ in 0..5 {
        assert_eq!(yard.refused(yard.wish(driver, UNKNOWN)).await, "car_open_already");
    }
    yard.acts(driver, &number, Act::Cancel).await.unwrap();
    assert_eq!(tries(&yard, driver, UNKNOWN).await, None);
}

#[tokio::test]
async fn the_last_of_a_day_is_given_once_however_many_ask_at_once() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    for n in 0..2 {
        assert_eq!(tries(&yard, driver, &format!("浙C7400{n}")).await, None);
    }
    let all = (0..5).map(|n| yard.try_ask(yard.wish(driver, &format!("浙C7500{n}"))));
    assert_eq!(join_all(all).await.iter().filter(|one| one.is_ok()).count(), 1);
}

#[tokio::test]
async fn the_same_car_again_within_half_an_hour_needs_a_new_picture_and_is_once() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let mut first = yard.wish(driver, KNOWN);
    let looks = 0x0123_4567_89ab_cdef;
    first.photo.as_mut().unwrap().looks = looks;
    let number = yard.asks(first).await;
    yard.acts(driver, &number, Act::Moved).await.unwrap();
    let mut same = yard.wish(driver, KNOWN);
    same.photo.as_mut().unwrap().looks = looks ^ 3;
    assert_eq!(yard.refused(same).await, "car_again");
    let number = yard.asks(yard.wish(driver, KNOWN)).await;
    yard.acts(driver, &number, Act::Moved).await.unwrap();
    assert_eq!(yard.refused(yard.wish(driver, KNOWN)).await, "car_again");
}

#[tokio::test]
async fn the_same_pair_on_three_days_is_looked_at_first() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    for day in ["2026-09-22 10:00", "2026-09-23 10:00"] {
        yard.at(day);
        let number = yard.asked(driver).await;
        assert_eq!(yard.case(&number).await.held, None);
        yard.acts(driver, &number, Act::Moved).await.unwrap();
    }
    yard.at("2026-09-24 10:00");
    let number = yard.asked(driver).await;
    let case = yard.case(&number).await;
    assert_eq!((case.held.as_deref(), case.state()), (Some("same_pair"), State::Created));
    assert_eq!(yard.count(&number).await, (0, 0));
    assert_eq!(yard.sees(driver, &number).await.head, "已提交，正在联系");
}

#[tokio::test]
async fn many_people_of_one_network_shield_a_plate_for_a_day() {
    let yard = Yard::open().await;
    let mut last = String::new();
    for n in 0..3 {
        let driver = yard.driver(&format!("driver {n}")).await;
        let mut wish = yard.wish(driver, KNOWN);
        wish.network = "one".to_string();
        wish.spot.as_mut().unwrap().at.0 += 0.01 * f64::from(n);
        last = yard.asks(wish).await;
        yard.run().await;
    }
    assert_eq!(yard.case(&last).await.held.as_deref(), Some("shielded"));
    let other = yard.driver("somebody elsewhere").await;
    let mut wish = yard.wish(other, KNOWN);
    wish.spot.as_mut().unwrap().at.0 -= 0.01;
    let number = yard.asks(wish).await;
    assert_eq!(yard.case(&number).await.held.as_deref(), Some("shielded"));
    yard.at("2026-09-22 10:01");
    let later = yard.driver("later").await;
    let mut wish = yard.wish(later, KNOWN);
    wish.spot.as_mut().unwrap().at.0 -= 0.02;
    let number = yard.asks(wish).await;
    assert_eq!(yard.case(&number).await.held, None);
}

#[tokio::test]
async fn a_picture_that_was_used_before_is_looked_at_first() {
    let yard = Yard::open().await;
    let (one, other) = (yard.driver("one").await, yard.driver("other").await);
    let mut wish = yard.wish(one, KNOWN);
    wish.photo.as_mut().unwrap().looks = 0x0f0f_3355_1234_7777;
    yard.asks(wish).await;
    let mut wish = yard.wish(other, UNKNOWN);
    wish.photo.as_mut().unwrap().looks = 0x0f0f_3355_1234_7776;
    let number = yard.asks(wish).await;
    assert_eq!(yard.case(&number).await.held.as_deref(), Some("same_photo"));
}

#[tokio::test]
async fn a_place_far_from_the_picture_or_the_city_is_looked_at_first() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let mut wish = yard.wish(driver, KNOWN);
    // Satellites' coordinates of the same spot are some hundred metres off on Chinese maps.
    wish.photo.as_mut().unwrap().taken_at = Some((HERE.0 + 0.003, HERE.1 - 0.004));
    let number = yard.asks(wish).await;
    assert_eq!(yard.case(&number).await.held, None);
    let driver = yard.driver("second").await;
    let mut wish = yard.wish(driver, UNKNOWN);
    wish.photo.as_mut().unwrap().taken_at = Some((HERE.0 + 0.05, HERE.1));
    let number = yard.asks(wish).await;
    assert_eq!(yard.case(&number).await.held.as_deref(), Some("far_photo"));
    let driver = yard.driver("third").await;
    let mut wish = yard.wish(driver, "浙C76000");
    wish.spot = Some(Said { at: (31.23, 121.47), exact: 10.0 });
    let number = yard.asks(wish).await;
    assert_eq!(yard.case(&number).await.held.as_deref(), Some("far_place"));
}

#[tokio::test]
async fn whoever_is_blocked_asks_no_more_until_the_time_is_over() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let now = yard.clock.now();
    let row = car_block::Model {
        follower_id: driver,
        strikes: 3,
        until: Some(now + chrono::TimeDelta::days(365)),
        appeal_sealed: None,
        appealed_at: None,
        updated_at: now,
    };
    let tx = yard.base.db.write().await.unwrap();
    car_block::Entity::insert(row.into_active_model()).exec_without_returning(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(yard.refused(yard.wish(driver, KNOWN)).await, "car_blocked");
    yard.at("2027-09-22 10:00");
    assert_eq!(tries(&yard, driver, KNOWN).await, None);
}

#[tokio::test]
async fn a_picture_older_than_ten_minutes_is_looked_at_first_and_not_refused() {
    let yard = Yard::open().await;
    let now = yard.clock.now();
    for (n, minutes, held) in [(0, 9, None), (1, 10, None), (2, 11, Some("old_photo"))] {
        let driver = yard.driver(&format!("driver {n}")).await;
        let mut wish = yard.wish(driver, &format!("浙C7700{n}"));
        wish.photo.as_mut().unwrap().shot_at = Some(now - chrono::TimeDelta::minutes(minutes));
        let number = yard.asks(wish).await;
        assert_eq!(yard.case(&number).await.held.as_deref(), held, "{minutes}");
        // Whoever asked sees the usual page.
        assert_eq!(yard.sees(driver, &number).await.head, "已提交，正在联系");
    }
}

#[tokio::test]
async fn in_a_rush_everybody_waits_in_line_and_is_served() {
    let yard = Yard::open().await;
    let mut drivers = Vec::new();
    for n in 0..8 {
        drivers.push(yard.driver(&format!("driver {n}")).await);
    }
    let door = yard.cars.door.clone();
    let shut = door.acquire_many(door.available_permits() as u32).await.unwrap();
    let ask = |(n, driver): (usize, &uuid::Uuid)| yard.try_ask(yard.wish(*driver, &format!("浙C7300{n}")));
    let (asked, none_yet) = tokio::join!(join_all(drivers.iter().enumerate().map(ask)), async {
        let filed = car_request::Entity::find().count(yard.base.db.read()).await.unwrap();
        drop(shut);
        filed == 0
    });
    assert!(none_yet);
    let numbers: HashSet<String> = asked.into_iter().map(|one| one.unwrap().remove(0)).collect();
    assert_eq!(numbers.len(), 8);
}
