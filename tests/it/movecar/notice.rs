//! Owners who follow the account are told in WeChat, too.

use yishiting::movecar::notice::OwnerOccasion;
use yishiting::notify::model::batch as placed;
use yishiting::notify::phone::Medium;
use yishiting::notify::{Occasion, Say, batch};
use yishiting::people::{follower, person};

use crate::support::hall::described;
use crate::support::yard::{KNOWN, OWNER, Yard};
use crate::support::{Citizen, TestApp};

const TEMPLATES: &str = "[[templates]]\nchannel = \"template\"\n\
    template_id = \"sim-template-meeting-----------------------\"\nkinds = [\"car_moving\"]\n\
    fields = { thing1 = \"{title}\", time2 = \"{time}\", thing3 = \"{plate}\" }\n";

async fn yard() -> Yard {
    let app = TestApp::spawn_with(|options| {
        let data = options.data_dir.clone().unwrap();
        std::fs::write(data.parent().unwrap().join("notices.toml"), TEMPLATES).unwrap();
    })
    .await;
    Yard::on(app, |_| {}).await
}

/// A follower who told us that `phone` is theirs; their person.
async fn claims(yard: &Yard, name: &str, phone: &str) -> (Citizen, uuid::Uuid) {
    let citizen = yard.app.citizen(name).await;
    let id = follower::follow(&yard.base, &citizen.openid, yard.clock.now()).await.unwrap();
    let tx = yard.base.db.write().await.unwrap();
    let person = person::bind(&yard.base, &tx, id, &described(name, "瑞安", phone)).await.unwrap();
    tx.commit().await.unwrap();
    (citizen, person)
}

async fn inbox(yard: &Yard, citizen: &Citizen) -> String {
    let path = format!("/_sim/users/{}/inbox?all=1", citizen.openid);
    yard.app.platform().get(&path).await.text
}

async fn placed(yard: &Yard, number: &str) -> Option<placed::Model> {
    let message = yard.placed(number, Medium::Sms).await.remove(0);
    batch::placed(&yard.base, &format!("{}:notice", message.key)).await.unwrap()
}

#[tokio::test]
async fn an_owner_who_follows_gets_the_link_of_the_short_message_in_wechat() {
    let yard = yard().await;
    let (owner, _) = claims(&yard, "车主", OWNER).await;
    let driver = yard.driver("driver").await;
    let number = yard.asks(yard.wish(driver, KNOWN)).await;
    yard.app.run_jobs().await;
    let got = inbox(&yard, &owner).await;
    assert!(got.contains("移车提醒") && got.contains("浙C1**45"), "{got}");
    assert!(got.contains(&format!("/car/o/{}", yard.link(&number).await)), "{got}");
    assert!(!got.contains(KNOWN) && !got.contains("罗阳大道"), "{got}");
}

#[tokio::test]
async fn who_may_not_be_written_to_gets_none_and_whoever_asks_sees_no_difference() {
    let yard = yard().await;
    let (owner, _) = claims(&yard, "车主", OWNER).await;
    yard.app
        .platform()
        .post_json(&format!("/_sim/users/{}/unfollow", owner.openid), &serde_json::json!({}))
        .await;
    let (one, other) = (yard.driver("one").await, yard.driver("other").await);
    let told = yard.asks(yard.wish(one, KNOWN)).await;
    let plain = yard.asks(yard.wish(other, "浙C99999")).await;
    let (seen, also) = (yard.sees(one, &told).await, yard.sees(other, &plain).await);
    assert_eq!((seen.head, seen.advice, seen.line.len()), (also.head, also.advice, also.line.len()));
    yard.app.run_jobs().await;
    assert!(!inbox(&yard, &owner).await.contains("移车提醒"));
}

#[tokio::test]
async fn a_number_that_two_call_theirs_gets_no_notice_and_nobody_elses_does() {
    let yard = Yard::open().await;
    claims(&yard, "车主", OWNER).await;
    let driver = yard.driver("driver").await;
    assert!(placed(&yard, &yard.asked(driver).await).await.is_some());
    let yard = Yard::open().await;
    claims(&yard, "车主", OWNER).await;
    claims(&yard, "别人", OWNER).await;
    let driver = yard.driver("driver").await;
    assert!(placed(&yard, &yard.asked(driver).await).await.is_none());
    let yard = Yard::open().await;
    claims(&yard, "路人", "13900000000").await;
    let driver = yard.driver("driver").await;
    assert!(placed(&yard, &yard.asked(driver).await).await.is_none());
}

#[tokio::test]
async fn an_owner_who_has_answered_is_left_in_peace() {
    let yard = Yard::open().await;
    let (_, person) = claims(&yard, "车主", OWNER).await;
    let driver = yard.driver("driver").await;
    let number = yard.asked(driver).await;
    let batch = placed(&yard, &number).await.unwrap();
    let occasion = OwnerOccasion(yard.base.clone());
    let said = async || occasion.words(&batch, &[person]).await.unwrap().remove(&person).unwrap();
    let Say::Tell(words) = said().await else { panic!("waits for an answer") };
    assert_eq!(words.path, format!("/car/o/{}", yard.link(&number).await));
    assert!(words.text.contains("浙C1**45") && words.text.contains(&words.path));
    yard.presses(&number, '1').await;
    assert!(matches!(said().await, Say::Skip(_)));
}
