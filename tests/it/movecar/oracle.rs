//! Nobody learns from us whether a plate is known, who its owner is, or who asked.

use chrono::TimeDelta;
use yishiting::movecar::model::State;
use yishiting::notify::phone::{Event, Medium, Why};

use crate::support::yard::{KNOWN, OWNER, UNKNOWN, Yard};

#[tokio::test]
async fn an_unknown_plate_looks_like_one_whose_owner_cannot_be_reached() {
    let yard = Yard::open().await;
    let (one, other) = (yard.driver("one").await, yard.driver("other").await);
    let known = yard.asks(yard.wish(one, KNOWN)).await;
    let unknown = yard.asks(yard.wish(other, UNKNOWN)).await;
    let seen = async |who, number: &str, plate: &str| {
        let seen = format!("{:?}", yard.sees(who, number).await).replace(number, "N").replace(plate, "P");
        // The seal is of all that and of the plate that they typed themselves.
        seen.split(", seal:").next().unwrap_or_default().to_string()
    };
    assert_eq!(seen(one, &known, KNOWN).await, seen(other, &unknown, UNKNOWN).await);
    yard.run().await;
    assert_eq!(seen(one, &known, KNOWN).await, seen(other, &unknown, UNKNOWN).await);
    // Soon after that the one is told that nobody was reached; so is the other when its messages fail.
    yard.later(TimeDelta::seconds(65)).await;
    assert_eq!(yard.state(&unknown).await, State::Checked);
    yard.later(TimeDelta::seconds(100)).await;
    assert_eq!(yard.state(&unknown).await, State::DeskOffer);
    let driver = yard.driver("third").await;
    let mut wish = yard.wish(driver, KNOWN);
    wish.spot.as_mut().unwrap().at.0 += 0.01;
    wish.spot.as_mut().unwrap().exact = 900.0;
    let unreached = yard.asks(wish).await;
    yard.run().await;
    yard.hears(&unreached, Medium::Sms, Event::Failed { why: Why::BadNumber }).await;
    let (here, there) = (yard.sees(driver, &unreached).await, yard.sees(other, &unknown).await);
    assert_eq!((here.head, here.advice, here.tone), (there.head, there.advice, there.tone));
    let texts = |line: Vec<yishiting::movecar::view::Entry>| {
        line.into_iter().map(|entry| entry.text).collect::<Vec<_>>()
    };
    assert_eq!(texts(here.line), texts(there.line));
}

#[tokio::test]
async fn a_plate_of_another_province_is_no_error_and_ends_with_advice() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.asks(yard.wish(driver, "粤B12345")).await;
    yard.run().await;
    yard.minutes(3).await;
    assert_eq!(yard.state(&number).await, State::DeskOffer);
    let advice = yard.sees(driver, &number).await.advice;
    assert!(advice.contains("交管12123") && advice.contains("拨打 122"), "{advice}");
    // The same words for a known one that cannot be reached.
    yard.owners(&format!("车牌号,手机号,不接电话\n粤B54321,{OWNER},是\n")).await;
    let other = yard.driver("other").await;
    let number = yard.asks(yard.wish(other, "粤B54321")).await;
    yard.run().await;
    yard.hears(&number, Medium::Sms, Event::Failed { why: Why::BadNumber }).await;
    assert_eq!(yard.sees(other, &number).await.advice, advice);
}

#[tokio::test]
async fn nobody_learns_the_other_ones_number_before_or_after() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    yard.presses(&number, '1').await;
    let seen = format!("{:?}", yard.sees(driver, &number).await);
    assert!(!seen.contains(OWNER) && !seen.contains("6021"));
    // The owner's side holds a reference number and nothing of who asked.
    let link = yard.link(&number).await;
    let behind = format!("{:?}", yishiting::movecar::answer::behind(&yard.base, &link).await.unwrap());
    assert!(!behind.contains(&driver.to_string()) && !behind.contains(KNOWN) && behind.contains(&number));
    let words = yard.words(&number, Medium::Sms).await;
    assert!(words.iter().any(|(_, word)| word == "浙C1**45"));
    assert!(words.iter().all(|(_, word)| !word.contains(KNOWN) && !word.contains("罗阳")));
    let said = yard.words(&number, Medium::Voice).await;
    assert_eq!(said.iter().map(|(_, word)| word.as_str()).collect::<Vec<_>>(), ["C", "45"]);
    let log = format!("{:?}", yard.log(&number).await);
    assert!(!log.contains("12345"));
}

#[tokio::test]
async fn rows_hold_no_plate_and_no_phone_in_the_clear() {
    use sea_orm::EntityTrait;
    use yishiting::movecar::model::{car_case, car_message, car_owner, car_request};
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    yard.notified(driver).await;
    let db = yard.base.db.read();
    let all = format!(
        "{:?} {:?} {:?} {:?}",
        car_case::Entity::find().all(db).await.unwrap(),
        car_request::Entity::find().all(db).await.unwrap(),
        car_message::Entity::find().all(db).await.unwrap(),
        car_owner::Entity::find().all(db).await.unwrap(),
    );
    assert!(!all.contains(KNOWN) && !all.contains("C12345") && !all.contains(OWNER), "{all}");
}
