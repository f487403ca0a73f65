//! Short messages and calls to owners: when, how often, and what their receipts do.

use chrono::TimeDelta;
use yishiting::movecar::driver::Act;
use yishiting::movecar::model::{Reason, State, Way};
use yishiting::movecar::{answer, model::Reply};
use yishiting::notify::phone::{Event, Medium, Why};

use crate::support::yard::{KNOWN, OWNER, Yard};

#[tokio::test]
async fn many_cars_of_one_number_come_as_one_message() {
    let yard = Yard::open().await;
    let plates: Vec<String> = (1..=5).map(|n| format!("浙C6000{n}")).collect();
    let rows: String = plates.iter().map(|plate| format!("{plate},{OWNER}\n")).collect();
    yard.owners(&format!("车牌号,手机号\n{rows}")).await;
    let mut numbers = Vec::new();
    for (n, plate) in plates.iter().enumerate() {
        let driver = yard.driver(&format!("driver {n}")).await;
        numbers.push(yard.asks(yard.wish(driver, plate)).await);
        yard.run().await;
    }
    // Three cars are three messages; from the fourth on they wait for one.
    assert_eq!(yard.count(&numbers[2]).await, (1, 1));
    assert_eq!((yard.count(&numbers[3]).await, yard.count(&numbers[4]).await), ((0, 0), (0, 0)));
    yard.minutes(5).await;
    let [one, other] =
        [yard.placed(&numbers[3], Medium::Sms).await, yard.placed(&numbers[4], Medium::Sms).await];
    assert_eq!(one[0].carried_as, other[0].carried_as);
    yard.tells(&one[0], Event::Delivered).await;
    assert_eq!(yard.state(&numbers[4]).await, State::Notified);
    // Its link shows every car of the number, and each is answered once.
    let link = yard.link(&numbers[3]).await;
    let seen = answer::behind(&yard.base, &link).await.unwrap();
    assert_eq!(seen.len(), 5);
    let case = seen.iter().find(|one| one.number == numbers[4]).unwrap().case;
    answer::by_link(&yard.cars, &link, Some(case), Reply::Coming).await.unwrap();
    assert_eq!(yard.state(&numbers[4]).await, State::Replied);
    assert_eq!(yard.state(&numbers[3]).await, State::Notified);
}

#[tokio::test]
async fn who_wants_no_calls_gets_messages_only_and_three_a_day() {
    let yard = Yard::open().await;
    yard.owners(&format!("车牌号,手机号,不接电话\n{KNOWN},{OWNER},是\n")).await;
    for n in 0..4 {
        let driver = yard.driver(&format!("driver {n}")).await;
        let number = yard.asked(driver).await;
        assert_eq!(yard.count(&number).await, if n < 3 { (1, 0) } else { (0, 0) }, "{n}");
        if n < 3 {
            yard.hears(&number, Medium::Sms, Event::Delivered).await;
        }
        yard.acts(driver, &number, Act::Cancel).await.unwrap();
        yard.minutes(61).await;
    }
}

#[tokio::test]
async fn an_owner_may_give_up_calls_by_their_link() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    answer::set_calls(&yard.cars, &yard.link(&number).await, true).await.unwrap();
    yard.minutes(70).await;
    let other = yard.driver("other").await;
    assert_eq!(yard.count(&yard.asked(other).await).await, (1, 0));
}

#[tokio::test]
async fn a_throttled_message_is_no_notice_and_the_call_goes_on() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.asked(driver).await;
    yard.hears(&number, Medium::Sms, Event::Failed { why: Why::TooOften }).await;
    assert_eq!(yard.state(&number).await, State::Notifying);
    yard.hears(&number, Medium::Voice, Event::Answered { seconds: 15 }).await;
    assert_eq!(yard.state(&number).await, State::Notified);
}

#[tokio::test]
async fn an_accepted_message_that_fails_leaves_nobody_reached() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let mut wish = yard.wish(driver, KNOWN);
    wish.spot.as_mut().unwrap().exact = 900.0;
    let number = yard.asks(wish).await;
    yard.run().await;
    yard.hears(&number, Medium::Sms, Event::Accepted { provider: "test" }).await;
    assert_eq!(yard.state(&number).await, State::Notifying);
    yard.hears(&number, Medium::Sms, Event::Failed { why: Why::Undelivered }).await;
    assert_eq!(yard.state(&number).await, State::Undeliverable);
    assert_eq!(yard.sees(driver, &number).await.head, "没有联系上车主");
}

#[tokio::test]
async fn without_a_receipt_the_owner_is_called() {
    let yard = Yard::open().await;
    yard.at("2026-09-21 06:58");
    let driver = yard.driver("driver").await;
    let number = yard.asked(driver).await;
    assert_eq!(yard.count(&number).await, (1, 0));
    yard.minutes(5).await;
    yard.hears(&number, Medium::Sms, Event::Unknown).await;
    assert_eq!((yard.state(&number).await, yard.count(&number).await), (State::Notifying, (1, 1)));
}

#[tokio::test]
async fn a_repeated_or_late_receipt_changes_nothing() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    let asked = yard.case(&number).await.asked_at;
    yard.minutes(1).await;
    yard.hears(&number, Medium::Sms, Event::Delivered).await;
    yard.hears(&number, Medium::Sms, Event::Failed { why: Why::Undelivered }).await;
    assert_eq!((yard.state(&number).await, yard.case(&number).await.asked_at), (State::Notified, asked));
    assert_eq!(yard.placed(&number, Medium::Sms).await[0].state, Way::Delivered.word());
    let seen = yard.sees(driver, &number).await.line;
    assert_eq!(seen.iter().filter(|entry| entry.text == "已短信通知车主").count(), 1);
}

#[tokio::test]
async fn a_voicemail_is_no_answer_and_the_call_is_repeated_once() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.asked(driver).await;
    yard.hears(&number, Medium::Sms, Event::Failed { why: Why::BadNumber }).await;
    yard.hears(&number, Medium::Voice, Event::Answered { seconds: 3 }).await;
    assert!(!yard.case(&number).await.answered);
    assert_eq!(yard.state(&number).await, State::Notifying);
    yard.minutes(1).await;
    assert_eq!(yard.count(&number).await.1, 2);
    yard.hears(&number, Medium::Voice, Event::NotAnswered).await;
    yard.minutes(5).await;
    assert_eq!((yard.state(&number).await, yard.count(&number).await.1), (State::Undeliverable, 2));
}

#[tokio::test]
async fn without_a_sure_place_nobody_is_called() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let mut wish = yard.wish(driver, KNOWN);
    wish.spot = None;
    let number = yard.asks(wish).await;
    yard.run().await;
    assert_eq!(yard.count(&number).await, (1, 0));
}

#[tokio::test]
async fn what_is_sent_stands_in_the_database_before_it_goes_out() {
    use sea_orm::EntityTrait;
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.asked(driver).await;
    let placed = yard.placed(&number, Medium::Sms).await.remove(0);
    let row = yishiting::notify::phone::model::message::Entity::find_by_id(placed.carried_as.unwrap());
    let row = row.one(yard.base.db.read()).await.unwrap().unwrap();
    assert_eq!(row.key, placed.key);
    // The job once more, as after a crash: nothing is placed twice.
    let tx = yard.base.db.write().await.unwrap();
    yishiting::movecar::dispatch::enqueue(&yard.base, &tx, placed.case_id).await.unwrap();
    tx.commit().await.unwrap();
    yard.run().await;
    assert_eq!(yard.count(&number).await, (1, 1));
}

#[tokio::test]
async fn at_night_only_urgent_reasons_ring_and_they_must_be_confirmed() {
    let yard = Yard::open().await;
    yard.at("2026-09-21 21:30");
    let driver = yard.driver("driver").await;
    let number = yard.asked(driver).await;
    assert_eq!(yard.count(&number).await, (1, 0));
    let other = yard.driver("other").await;
    let mut wish = yard.wish(other, KNOWN);
    wish.spot.as_mut().unwrap().at.0 += 0.01;
    (wish.reason, wish.sure) = (Reason::FireLane, true);
    let number = yard.asks(wish).await;
    yard.run().await;
    assert_eq!(yard.count(&number).await, (1, 1));
}

#[tokio::test]
async fn short_messages_come_first_and_one_plate_gets_no_more_than_its_share() {
    let yard = Yard::open().await;
    let mut all = (0, 0);
    for n in 0..6 {
        let driver = yard.driver(&format!("driver {n}")).await;
        let mut wish = yard.wish(driver, KNOWN);
        wish.spot.as_mut().unwrap().at.0 += 0.01 * f64::from(n);
        let number = yard.asks(wish).await;
        yard.run().await;
        let (sms, calls) = yard.count(&number).await;
        assert!(sms >= calls, "a call without a message");
        all = (all.0 + sms, all.1 + calls);
    }
    assert_eq!(all.0 + all.1, 3);
}

#[tokio::test]
async fn an_owner_is_called_after_ten_silent_minutes_where_nobody_took_a_call() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    yard.later(TimeDelta::minutes(10)).await;
    assert_eq!((yard.state(&number).await, yard.count(&number).await), (State::Silent, (1, 2)));
}
