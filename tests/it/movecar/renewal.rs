//! The master key changes while cars are asked for: what stands under the old key's hash is found still.

use sea_orm::{EntityTrait, PaginatorTrait};
use yishiting::base::Base;
use yishiting::base::privacy::reseal::reseal;
use yishiting::base::privacy::{Keys, add_key};
use yishiting::movecar::model::{Reply, car_suppression};
use yishiting::movecar::{self, Movecar, answer, duty, register};
use yishiting::people::phone::Phone;

use crate::support::yard::{KNOWN, OWNER, Yard, car};

/// The same yard, as a server sees it that was started with a new key and has sealed all anew.
async fn renewed(yard: &Yard) -> Movecar {
    let file = &yard.base.config.master_key_file;
    add_key(file).unwrap();
    let base = Base { keys: Keys::load_or_create(file).unwrap(), ..yard.base.clone() };
    for column in movecar::SEALED {
        reseal(&base, &column, |_| {}).await.unwrap();
    }
    Movecar { base, ..yard.cars.clone() }
}

async fn suppressions(yard: &Yard) -> u64 {
    car_suppression::Entity::find().count(yard.base.db.read()).await.unwrap()
}

#[tokio::test]
async fn an_answer_that_was_a_slip_is_taken_back_under_a_new_key() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    yard.presses(&number, '9').await;
    assert_eq!(suppressions(&yard).await, 1);
    let cars = renewed(&yard).await;
    let id = yard.case(&number).await.id;
    let tx = cars.base.db.write().await.unwrap();
    answer::answer(&cars, &tx, id, Reply::Coming, "call").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(suppressions(&yard).await, 0);
}

#[tokio::test]
async fn what_the_desk_decides_of_a_sold_car_counts_under_a_new_key() {
    for agrees in [true, false] {
        let yard = Yard::open().await;
        let driver = yard.driver("driver").await;
        let number = yard.notified(driver).await;
        yard.presses(&number, '8').await;
        let cars = renewed(&yard).await;
        let ticket = duty::tickets(&cars.base).await.unwrap().remove(0);
        duty::ticket_done(&cars.base, ticket.ticket.id, agrees, "chen").await.unwrap();
        assert_eq!(suppressions(&yard).await, u64::from(agrees));
        let phone = Phone::parse(OWNER).unwrap();
        let asked = register::suppressed(&cars.base, cars.base.db.read(), &car(KNOWN), &phone).await.unwrap();
        assert_eq!(asked, agrees);
    }
}

#[tokio::test]
async fn messages_of_before_count_and_calls_stay_unwanted_under_a_new_key() {
    let yard = Yard::open().await;
    let driver = yard.driver("driver").await;
    let number = yard.notified(driver).await;
    let link = yard.link(&number).await;
    let cars = renewed(&yard).await;
    // The link was made under the old key, the register stands under the new one.
    answer::set_calls(&cars, &link, true).await.unwrap();
    let owner = cars.register.look_up(&cars.base, &car(KNOWN)).await.unwrap().unwrap();
    assert!(owner.no_calls);
}
