//! Whatever touches one case at once waits in one line: nobody is thrown out so that somebody else may go on.

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use yishiting::base::error::Coded;
use yishiting::movecar::driver::{self, Act};
use yishiting::movecar::model::{DeskResult, Reply};
use yishiting::movecar::{answer, duty, submit};

use crate::support::yard::{HERE, Yard, car, replica};

/// What is no refusal by a rule.
fn broke(code: &str) -> bool {
    ["unavailable", "internal"].contains(&code)
}

/// Jobs that had to be tried again, and why.
async fn tried_again(yard: &Yard) -> Vec<String> {
    let db = yard.base.db.read();
    let ask = "SELECT kind, last_error FROM job WHERE last_error IS NOT NULL";
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), ask)).await.unwrap();
    let text = |row: &sea_orm::QueryResult, name| row.try_get::<String>("", name).unwrap();
    rows.iter().map(|row| format!("{}: {}", text(row, "kind"), text(row, "last_error"))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn receipts_cancels_answers_and_the_desk_may_meet_at_one_case() {
    const CASES: usize = 8;
    let yard = Yard::carried(|_| {}).await;
    let (_, other) = replica(&yard.base);
    let (_, third) = replica(&yard.base);
    for round in 0..6 {
        let mut cases = Vec::new();
        for n in 0..CASES {
            let plate = format!("浙C6{round}{n:03}");
            yard.owners(&format!("{plate},1391000{round}{n:03}\n")).await;
            let (first, second) =
                (yard.driver(&format!("a {round} {n}")).await, yard.driver(&format!("b {round} {n}")).await);
            let (one, two) =
                (yard.asks(yard.wish(first, &plate)).await, yard.asks(yard.wish(second, &plate)).await);
            cases.push((first, one, second, two));
        }
        // Either messages are on their way and their receipts come now, or no carrier wants them.
        let away = round % 2 == 1;
        let refused = json!({"refuse": [{"code": "isv.MOBILE_NUMBER_ILLEGAL"}]});
        yard.breaks(if away { refused } else { json!({}) }).await;
        if !away {
            yard.run().await;
        }
        let meet = async |n: usize| {
            let (first, one, second, two) = &cases[n];
            let id = yard.case(one).await.id;
            let link = if away { None } else { Some(yard.link(one).await) };
            let act = async |follower, number: &str, act| {
                driver::act(&yard.cars, follower, number, act).await.err().map(|error| error.code())
            };
            let other = async {
                match n % 4 {
                    0 => act(*second, two, Act::Cancel).await,
                    3 => {
                        duty::close(&yard.cars, id, DeskResult::Gone, "chen").await.err().map(|it| it.code())
                    }
                    _ => act(*second, two, Act::Moved).await,
                }
            };
            let answered = async {
                let said = answer::by_link(&yard.cars, &link?, None, Reply::Coming).await;
                said.err().map(|error| error.code())
            };
            let (one, two, three) = tokio::join!(act(*first, one, Act::Cancel), other, answered);
            [one, two, three]
        };
        let (codes, (), ours, others, thirds) = tokio::join!(
            join_all((0..CASES).map(meet)),
            yard.receipts(),
            yard.worker.run_due(),
            other.run_due(),
            third.run_due()
        );
        let codes: Vec<&str> = codes.into_iter().flatten().flatten().collect();
        assert!(!codes.iter().any(|code| broke(code)), "round {round}: {codes:?}");
        assert!(ours.is_ok() && others.is_ok() && thirds.is_ok());
        yard.run().await;
        assert_eq!(tried_again(&yard).await, Vec::<String>::new(), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_for_two_cars_and_for_one_of_them_do_not_stand_in_each_others_way() {
    let yard = Yard::carried(|_| {}).await;
    for round in 0..6 {
        let plates = [format!("浙C5{round}001"), format!("浙C5{round}002")];
        let mut wishes = Vec::new();
        for n in 0..8 {
            let driver = yard.driver(&format!("d {round} {n}")).await;
            let mut wish = yard.wish(driver, &plates[n % 2]);
            if n % 4 == 0 {
                wish.plates = plates.iter().map(|plate| car(plate)).collect();
            }
            wish.spot.as_mut().unwrap().at = (HERE.0 + 0.01 * f64::from(round), HERE.1);
            wishes.push(wish);
        }
        let asked = join_all(wishes.into_iter().map(|wish| submit::submit(&yard.cars, wish))).await;
        let codes: Vec<_> = asked.iter().filter_map(|asked| asked.as_ref().err()).map(Coded::code).collect();
        assert!(codes.is_empty(), "round {round}: {codes:?}");
    }
}
