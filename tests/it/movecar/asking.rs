//! Asking for a car to be moved, and what the person who asked does then.

use chrono::TimeDelta;
use futures_util::future::join_all;
use yishiting::movecar::driver::Act;
use yishiting::movecar::duty;
use yishiting::movecar::model::{DeskResult, Reason, Stand, State};
use yishiting::notify::phone::{Event, Medium, Why};
use yishiting::people::person;

use crate::support::hall::described;
use crate::support::yard::{KNOWN, OWNER, UNKNOWN, Yard, car, picture};

#[tokio::test]
async fn a_blocked_driver_asks_and_the_owner_comes() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.asks(yard.wish(driver, KNOWN)).await;
    assert!(number.starts_with("YC20260921") && number.len() == 15, "{number}");
    assert_eq!(yard.sees(driver, &number).await.head, "已提交，正在联系");
    yard.run().await;
    assert_eq!((yard.state(&number).await, yard.count(&number).await), (State::Notifying, (1, 1)));
    yard.hears(&number, Medium::Sms, Event::Accepted { provider: "test" }).await;
    yard.hears(&number, Medium::Sms, Event::Delivered).await;
    assert_eq!(yard.sees(driver, &number).await.head, "已通知车主");
    yard.hears(&number, Medium::Voice, Event::Answered { seconds: 20 }).await;
    yard.presses(&number, '2').await;
    let seen = yard.sees(driver, &number).await;
    assert_eq!((seen.head.as_str(), seen.advice.contains("10:05")), ("车主：5 分钟到", true));
    let texts: Vec<String> = seen.line.into_iter().map(|entry| entry.text).collect();
    assert_eq!(texts, ["已提交", "已短信通知车主", "电话已接通", "车主：5 分钟到"]);
    yard.acts(driver, &number, Act::Moved).await.unwrap();
    assert_eq!(yard.state(&number).await, State::Closed);
    assert_eq!(yard.request(&number).await.stand(), Stand::Moved);
    yard.acts(driver, &number, Act::Rate(5)).await.unwrap();
    assert_eq!(yard.request(&number).await.rating, Some(5));
}

#[tokio::test]
async fn the_same_tap_twice_is_one_request() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let one = yard.wish(driver, KNOWN);
    let again = yishiting::movecar::submit::Wish { op: one.op, ..yard.wish(driver, KNOWN) };
    let (one, again) = tokio::join!(yard.try_ask(one), yard.try_ask(again));
    assert_eq!(one.unwrap(), again.unwrap());
}

#[tokio::test]
async fn a_silent_owner_is_reminded_and_then_the_desk_takes_over() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    assert!(yard.acts(driver, &number, Act::Remind).await.is_err());
    yard.minutes(9).await;
    assert_eq!(yard.state(&number).await, State::Notified);
    yard.minutes(1).await;
    assert_eq!(yard.state(&number).await, State::Silent);
    assert!(yard.sees(driver, &number).await.may_remind);
    yard.acts(driver, &number, Act::Remind).await.unwrap();
    assert_eq!(yard.state(&number).await, State::Reminded);
    assert!(yard.acts(driver, &number, Act::Remind).await.is_err());
    yard.minutes(10).await;
    assert_eq!(yard.state(&number).await, State::Desk);
}

#[tokio::test]
async fn an_owner_who_is_late_counts_as_silent_again() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    yard.presses(&number, '3').await;
    yard.minutes(14).await;
    assert_eq!(yard.state(&number).await, State::Replied);
    yard.minutes(1).await;
    assert_eq!(yard.state(&number).await, State::Silent);
}

#[tokio::test]
async fn after_an_hour_one_question_is_left() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.asked(driver).await;
    yard.minutes(60).await;
    assert_eq!(yard.state(&number).await, State::Expired);
    let seen = yard.sees(driver, &number).await;
    assert!(seen.asks && seen.head == "车移走了吗？");
    // The next request need not wait for the answer.
    let other = yard.asks(yard.wish(driver, UNKNOWN)).await;
    yard.acts(driver, &other, Act::Cancel).await.unwrap();
    yard.acts(driver, &number, Act::Still).await.unwrap();
    assert_eq!(yard.state(&number).await, State::Desk);
}

#[tokio::test]
async fn two_people_who_ask_for_one_car_share_one_case() {
    let yard = Yard::open().await;
    let (one, other) = (yard.driver("one").await, yard.driver("other").await);
    let asks = [one, other].map(|who| yard.asks(yard.wish(who, KNOWN)));
    let numbers = join_all(asks).await;
    yard.run().await;
    assert_eq!(yard.request(&numbers[0]).await.case_id, yard.request(&numbers[1]).await.case_id);
    assert_eq!(yard.count(&numbers[0]).await, (1, 1));
    // One leaves: the other still waits. The car goes: it is gone for whoever waits.
    yard.acts(one, &numbers[0], Act::Cancel).await.unwrap();
    assert_eq!(yard.state(&numbers[1]).await, State::Notifying);
    yard.acts(other, &numbers[1], Act::Moved).await.unwrap();
    assert_eq!(yard.request(&numbers[0]).await.stand(), Stand::Cancelled);
    assert_eq!(yard.request(&numbers[1]).await.stand(), Stand::Moved);
}

#[tokio::test]
async fn the_same_plate_far_away_or_later_is_another_case() {
    let yard = Yard::open().await;
    let (one, other) = (yard.driver("one").await, yard.driver("other").await);
    let first = yard.asked(one).await;
    let mut wish = yard.wish(other, KNOWN);
    wish.spot.as_mut().unwrap().at.0 += 0.002;
    let second = yard.asks(wish).await;
    assert_ne!(yard.request(&first).await.case_id, yard.request(&second).await.case_id);
}

#[tokio::test]
async fn two_cars_that_block_at_once_are_one_event() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let mut wish = yard.wish(driver, KNOWN);
    wish.plates.push(car(UNKNOWN));
    let numbers = yard.try_ask(wish).await.unwrap();
    assert_eq!(numbers.len(), 2);
    // One of the day's three: two more events are left.
    for number in &numbers {
        yard.acts(driver, number, Act::Cancel).await.unwrap();
    }
    for plate in ["浙C11111", "浙C22222"] {
        let number = yard.asks(yard.wish(driver, plate)).await;
        yard.acts(driver, &number, Act::Cancel).await.unwrap();
    }
    assert_eq!(yard.refused(yard.wish(driver, "浙C33333")).await, "car_quota_day");
}

#[tokio::test]
async fn nobody_asks_for_their_own_car() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let tx = yard.base.db.write().await.unwrap();
    person::bind(&yard.base, &tx, driver, &described("江一帆", "市金融办", OWNER)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(yard.refused(yard.wish(driver, KNOWN)).await, "car_own");
    assert!(yard.try_ask(yard.wish(driver, UNKNOWN)).await.is_ok());
}

#[tokio::test]
async fn a_police_car_is_for_the_desk_alone() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.asks(yard.wish(driver, "浙C1234警")).await;
    yard.run().await;
    assert_eq!((yard.state(&number).await, yard.count(&number).await), (State::Desk, (0, 0)));
}

#[tokio::test]
async fn a_foreign_phone_may_ask_like_any_other() {
    let yard = Yard::open().await;
    // Asking needs a WeChat user, and no number of anybody's.
    let driver = yard.driver("a visitor from abroad").await;
    assert_eq!(yard.state(&yard.asked(driver).await).await, State::Notifying);
}

#[tokio::test]
async fn a_private_yard_is_served_without_threats() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let mut wish = yard.wish(driver, KNOWN);
    wish.place = "某某小区 3 幢".to_string();
    wish.reason = Reason::Private;
    let number = yard.asks(wish).await;
    yard.run().await;
    let words = yard.words(&number, Medium::Sms).await;
    assert!(words.iter().any(|(_, word)| word == "在小区、单位内部挡车"));
    // Neither the place nor anything that the person wrote travels to the owner.
    assert!(words.iter().all(|(_, word)| !word.contains("某某") && !word.contains('罚')), "{words:?}");
    // Nobody reached: the gatekeeper first, not the police. And the desk may refuse.
    yard.hears(&number, Medium::Sms, Event::Failed { why: Why::BadNumber }).await;
    yard.hears(&number, Medium::Voice, Event::Failed { why: Why::BadNumber }).await;
    assert!(yard.sees(driver, &number).await.advice.contains("物业"));
    let id = yard.case(&number).await.id;
    duty::close(&yard.cars, id, DeskResult::Refused, "chen").await.unwrap();
    assert_eq!(yard.sees(driver, &number).await.head, "不属受理范围");
}

#[tokio::test]
async fn a_request_needs_a_plate_a_picture_and_a_place() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let mut wish = yard.wish(driver, KNOWN);
    wish.photo = None;
    assert_eq!(yard.refused(wish).await, "car_photo_needed");
    let mut wish = yard.wish(driver, KNOWN);
    (wish.place, wish.spot) = (String::new(), None);
    assert_eq!(yard.refused(wish).await, "car_place_needed");
    let mut wish = yard.wish(driver, KNOWN);
    wish.plates.clear();
    assert_eq!(yard.refused(wish).await, "car_plate_needed");
    let mut wish = yard.wish(driver, KNOWN);
    wish.reason = Reason::FireLane;
    assert_eq!(yard.refused(wish).await, "car_sure_needed");
}

#[tokio::test]
async fn what_somebody_else_asked_for_is_not_there() {
    let yard = Yard::open().await;
    let (one, other) = (yard.driver("one").await, yard.driver("other").await);
    let number = yard.asked(one).await;
    let act = yard.acts(other, &number, Act::Cancel).await;
    assert!(matches!(act, Err(yishiting::movecar::driver::DriverError::NotFound)));
    assert_eq!(yard.state(&number).await, State::Notifying);
}

#[tokio::test]
async fn many_taps_at_once_leave_one_open_request() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let wishes = (0..6).map(|n| yard.try_ask(yard.wish(driver, &format!("浙C1000{n}"))));
    let done: Vec<_> = join_all(wishes).await.into_iter().filter(Result::is_ok).collect();
    assert_eq!(done.len(), 1);
    let mut late = yard.wish(driver, KNOWN);
    late.photo = Some(picture());
    assert_eq!(yard.refused(late).await, "car_open_already");
    yard.later(TimeDelta::hours(1)).await;
}
