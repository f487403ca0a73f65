//! What an owner answers, and what follows.

use chrono::TimeDelta;
use yishiting::base::error::Coded;
use yishiting::movecar::answer::{self, Heard};
use yishiting::movecar::driver::Act;
use yishiting::movecar::model::{Reply, State};
use yishiting::notify::phone::{Event, Medium};

use crate::support::yard::{KNOWN, OWNER, UNKNOWN, Yard};

/// After an answer that sends the request to the desk, the car is asked for again by somebody else: messages placed.
async fn asked_again(yard: &Yard, plate: &str) -> (usize, usize) {
    yard.minutes(70).await;
    let other = yard.driver("another").await;
    let mut wish = yard.wish(other, plate);
    wish.spot.as_mut().unwrap().at.0 += 0.01;
    let number = yard.asks(wish).await;
    yard.run().await;
    yard.count(&number).await
}

#[tokio::test]
async fn not_my_car_silences_the_number_for_that_plate_and_asks_for_a_correction() {
    let yard = Yard::open().await;
    yard.owners(&format!("车牌号,手机号\n{UNKNOWN},{OWNER}\n")).await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    yard.presses(&number, '9').await;
    assert_eq!(
        (yard.state(&number).await, yard.tickets(&number).await),
        (State::Desk, vec!["correct".into()])
    );
    assert_eq!(asked_again(&yard, KNOWN).await, (0, 0));
    // Another car of the same number is asked about.
    let third = yard.driver("third").await;
    let other = yard.asks(yard.wish(third, UNKNOWN)).await;
    yard.run().await;
    assert_eq!(yard.count(&other).await.0, 1);
}

#[tokio::test]
async fn a_sold_car_goes_to_the_desk_and_the_number_stays_until_the_desk_agrees() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    yard.presses(&number, '8').await;
    assert_eq!((yard.state(&number).await, yard.tickets(&number).await), (State::Desk, vec!["sold".into()]));
    assert_eq!(asked_again(&yard, KNOWN).await, (1, 1));
}

#[tokio::test]
async fn the_family_of_a_dead_owner_is_never_asked_again() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    let link = yard.link(&number).await;
    assert_eq!(answer::by_link(&yard.cars, &link, None, Reply::Deceased).await.unwrap(), Heard::Taken);
    assert_eq!(yard.tickets(&number).await, ["deceased"]);
    assert!(!yard.sees(driver, &number).await.line.iter().any(|entry| entry.text.contains('故')));
    assert_eq!(asked_again(&yard, KNOWN).await, (0, 0));
}

#[tokio::test]
async fn a_car_that_is_at_home_may_have_a_cloned_plate() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    yard.presses(&number, '7').await;
    let case = yard.case(&number).await;
    assert!(case.clone && case.state() == State::Desk);
    assert_eq!(yard.tickets(&number).await, ["clone"]);
    assert!(yard.request(&number).await.photo.is_some());
}

#[tokio::test]
async fn the_last_key_within_a_minute_counts_and_all_are_logged() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    yard.presses(&number, '1').await;
    yard.later(TimeDelta::seconds(30)).await;
    yard.presses(&number, '2').await;
    assert_eq!(yard.case(&number).await.reply(), Some(Reply::Five));
    yard.later(TimeDelta::seconds(61)).await;
    yard.presses(&number, '3').await;
    assert_eq!(yard.case(&number).await.reply(), Some(Reply::Five));
    assert_eq!(yard.log(&number).await.iter().filter(|kind| *kind == "said").count(), 3);
}

#[tokio::test]
async fn a_slip_of_the_finger_leaves_nothing_behind() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    yard.presses(&number, '9').await;
    yard.presses(&number, '1').await;
    assert_eq!((yard.state(&number).await, yard.tickets(&number).await), (State::Replied, Vec::new()));
    yard.acts(driver, &number, Act::Moved).await.unwrap();
    assert_eq!(asked_again(&yard, KNOWN).await, (1, 1));
}

#[tokio::test]
async fn an_answer_after_the_end_is_thanked_for_and_told_to_nobody() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    let link = yard.link(&number).await;
    yard.acts(driver, &number, Act::Cancel).await.unwrap();
    let before = yard.sees(driver, &number).await;
    assert_eq!(answer::by_link(&yard.cars, &link, None, Reply::Coming).await.unwrap(), Heard::Over);
    assert_eq!(yard.sees(driver, &number).await, before);
    assert_eq!(yard.state(&number).await, State::Cancelled);
}

#[tokio::test]
async fn a_call_that_rings_while_the_request_is_cancelled_changes_nothing_and_is_not_repeated() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.asked(driver).await;
    yard.hears(&number, Medium::Voice, Event::Accepted { provider: "test" }).await;
    let call = yard.placed(&number, Medium::Voice).await.remove(0);
    assert!(!yard.is_over(&call).await);
    yard.acts(driver, &number, Act::Cancel).await.unwrap();
    // Whoever takes it now hears the end text, where the provider can say it; what they press is told to nobody.
    assert!(yard.is_over(&call).await);
    let before = yard.sees(driver, &number).await;
    yard.later(TimeDelta::seconds(5)).await;
    yard.tells(&call, Event::Key('1')).await;
    assert_eq!(yard.sees(driver, &number).await, before);
    assert_eq!(yard.case(&number).await.reply(), None);
    assert!(yard.log(&number).await.contains(&"said".to_string()));
    yard.hears(&number, Medium::Voice, Event::NotAnswered).await;
    yard.minutes(30).await;
    assert_eq!((yard.state(&number).await, yard.count(&number).await), (State::Cancelled, (1, 1)));
}

#[tokio::test]
async fn a_link_serves_once_and_then_only_shows() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    let link = yard.link(&number).await;
    assert!(answer::behind(&yard.base, &link).await.unwrap()[0].open);
    assert_eq!(answer::by_link(&yard.cars, &link, None, Reply::Five).await.unwrap(), Heard::Taken);
    assert_eq!(answer::by_link(&yard.cars, &link, None, Reply::NotMine).await.unwrap(), Heard::Before);
    let seen = answer::behind(&yard.base, &link).await.unwrap().remove(0);
    assert_eq!((seen.open, seen.reply, seen.plate.as_str()), (false, Some(Reply::Five), "浙C1**45"));
    // Nor are calls given up by whoever got it passed on.
    assert_eq!(answer::set_calls(&yard.cars, &link, true).await.unwrap_err().code(), "car_link_used");
    assert_eq!(answer::behind(&yard.base, "guessed-it").await.unwrap_err().code(), "car_link_over");
    yard.later(TimeDelta::days(4)).await;
    assert_eq!(answer::behind(&yard.base, &link).await.unwrap_err().code(), "car_link_over");
}

#[tokio::test]
async fn an_owner_may_answer_by_short_message() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    yard.hears(&number, Medium::Sms, Event::Reply { text: "３ 堵车".to_string() }).await;
    assert_eq!(yard.case(&number).await.reply(), Some(Reply::Ten));
}

#[tokio::test]
async fn an_owner_who_cannot_come_sends_it_to_the_desk() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    yard.presses(&number, '4').await;
    assert_eq!((yard.state(&number).await, yard.tickets(&number).await), (State::Desk, Vec::new()));
    assert!(yard.sees(driver, &number).await.line.iter().any(|entry| entry.text == "车主暂时不能移车"));
}
