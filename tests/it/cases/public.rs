//! What everybody finds.

use yishiting::cases::act::Act;
use yishiting::cases::decide::Command;
use yishiting::cases::list;

use crate::support::town::{Town, moderator, public};

#[tokio::test]
async fn nothing_is_public_before_a_moderator_says_so_and_it_can_be_taken_back() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.files(chen).await;
    assert_eq!(list::public(&town.cases, "", 0).await.unwrap().1, 0);
    town.does(&moderator(), case.id, Act::Publish, public("路灯不亮", "一个多月了。")).await;
    let (files, count) = list::public(&town.cases, "", 0).await.unwrap();
    assert_eq!((count, files[0].public_title.as_str()), (1, "路灯不亮"));
    let back = Command { text: "作者要求。".to_string(), ..Command::default() };
    town.does(&moderator(), case.id, Act::Unpublish, back).await;
    assert_eq!(list::public(&town.cases, "", 0).await.unwrap().1, 0);
    town.verifies().await;
}
