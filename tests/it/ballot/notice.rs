//! 表决开始: everybody who may vote at the opening is told, and nothing about it follows who has voted.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use uuid::Uuid;
use yishiting::ballot::rules::{Presence, Rules};
use yishiting::ballot::{open, recuse};
use yishiting::meeting::leave;
use yishiting::meeting::reminder::{self, Plan};
use yishiting::notify::batch::{self, Counts};
use yishiting::notify::model::{State, batch as placed, notice};
use yishiting::people::staff::Role;
use yishiting::people::{follower, person};

use crate::desk::office::sign_in;
use crate::support::chamber::{Chamber, motion, secret};
use crate::support::hall::{Hall, described};
use crate::support::{Client, TestApp, moment};

/// The notice of a round, and the states of those who get it.
async fn notices(chamber: &Chamber, round: Uuid) -> Option<(placed::Model, Counts, Vec<notice::Model>)> {
    let (placed, counts) = batch::list(&chamber.base, round, 9).await.unwrap().pop()?;
    let rows = batch::notices(&chamber.base, placed.id).await.unwrap();
    Some((placed, counts, rows))
}

fn people(rows: &[notice::Model]) -> BTreeSet<Uuid> {
    rows.iter().map(|row| row.person_id).collect()
}

/// Runs the jobs, second by second, until nobody of the round's notice waits.
async fn settle(chamber: &Chamber, round: Uuid) -> Counts {
    for _ in 0..60 {
        chamber.hall.app.run_jobs().await;
        let counts = notices(chamber, round).await.unwrap().1;
        if counts.is_settled() {
            return counts;
        }
        chamber.hall.clock.advance(TimeDelta::seconds(1));
    }
    panic!("somebody still waits")
}

#[tokio::test]
async fn whoever_may_vote_at_the_opening_is_on_one_list_whatever_they_do_afterwards() {
    for rules in [motion(), secret()] {
        let chamber = Chamber::empty(9).await;
        chamber.come(&[0, 1, 2, 3, 4, 5, 6]).await;
        chamber.import(&[4], Some("否")).await;
        chamber.steps(5, true).await;
        leave::enter(&chamber.base, chamber.hall.id, chamber.people[7], "出差", "chen").await.unwrap();
        let id = chamber.ready(rules).await;
        recuse::recuse(&chamber.base, id, chamber.people[6], "亲属", "chen").await.unwrap();
        assert!(notices(&chamber, id).await.is_none(), "nobody is told before it opens");
        open::open(&chamber.base, id, "chen").await.unwrap();
        open::open(&chamber.base, id, "chen").await.unwrap();
        let electors: BTreeSet<Uuid> = chamber.people[..4].iter().copied().collect();
        assert_eq!(people(&notices(&chamber, id).await.unwrap().2), electors);

        // Two vote before anything is sent, one leaves, one comes.
        chamber.all_vote(id, 0..2, "yes").await;
        chamber.steps(3, true).await;
        chamber.come(&[8]).await;
        settle(&chamber, id).await;
        let (placed, counts, rows) = notices(&chamber, id).await.unwrap();
        assert_eq!((people(&rows), counts.recipients), (electors, 4));
        assert_eq!((placed.kind.as_str(), placed.urgent), ("voting", true));
        assert_eq!(placed.not_before, placed.created_at + TimeDelta::seconds(3));
        // Nobody of them has WeChat here: what became of each is the same for those who voted and those who did not.
        let fates: BTreeSet<_> = rows.iter().map(|row| (row.state.clone(), row.reason.clone())).collect();
        assert_eq!(fates.len(), 1, "{fates:?}");
        assert_eq!(counts.skipped, 0);
    }
}

/// A city whose account has a template for the beginning of votes, and one for everything else.
async fn with_templates(members: usize) -> Chamber {
    let app = TestApp::spawn_with(|options| {
        let data = options.data_dir.clone().unwrap();
        let text = r#"[[templates]]
channel = "template"
template_id = "sim-template-meeting-----------------------"
kinds = ["voting"]
fields = { thing1 = "{title}", time2 = "{time}", thing3 = "{note}" }
"#;
        std::fs::write(data.parent().unwrap().join("notices.toml"), text).unwrap();
    })
    .await;
    let chamber = Chamber::inside(Hall::inside(app, |_| {}).await, members).await;
    chamber.come(&(0..members).collect::<Vec<_>>()).await;
    chamber
}

/// The phones of the first `count` members, as followers of the account.
async fn phones(chamber: &Chamber, platform: &Client, count: usize) -> Vec<String> {
    let made = platform.post_json("/_sim/followers", &json!({"count": count})).await.json();
    let openids: Vec<String> =
        made["openids"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_string()).collect();
    for (n, openid) in openids.iter().enumerate() {
        let id = follower::follow(&chamber.base, openid, chamber.hall.clock.now()).await.unwrap();
        let who = described(&format!("代表{n}"), "市直机关", &format!("139{n:08}"));
        let tx = chamber.base.db.write().await.unwrap();
        person::bind(&chamber.base, &tx, id, &who).await.unwrap();
        tx.commit().await.unwrap();
    }
    openids
}

/// What the account sent to this phone.
async fn got(platform: &Client, openid: &str) -> Vec<Value> {
    let inbox = platform.get(&format!("/_sim/users/{openid}/inbox?all=1")).await.json();
    let items = inbox.as_array().or(inbox["items"].as_array()).cloned().unwrap();
    items.into_iter().filter(|item| matches!(item["source"].as_str(), Some("notice" | "service"))).collect()
}

#[tokio::test]
async fn the_notice_goes_out_at_night_too_once_to_each_and_does_not_say_what_is_voted_on() {
    for rules in [secret(), motion()] {
        let chamber = with_templates(5).await;
        let platform = chamber.hall.app.platform();
        let openids = phones(&chamber, &platform, 4).await;
        chamber.hall.clock.set(moment("2026-09-19 22:30"));
        let id = chamber.opened(rules).await;
        // Who has voted already is told all the same.
        chamber.all_vote(id, 0..2, "yes").await;
        let counts = settle(&chamber, id).await;
        assert_eq!((counts.recipients, counts.sent + counts.delivered, counts.no_channel), (5, 4, 1));
        for openid in &openids {
            let items = got(&platform, openid).await;
            assert_eq!(items.len(), 1, "{items:?}");
            let said = items[0].to_string();
            assert!(said.contains("全市数字化改革推进会") && said.contains("表决已开始"), "{said}");
            assert!(said.contains(&format!("/ballots/{id}")) && !said.contains("年度预算"), "{said}");
        }
        let desk = sign_in(&chamber.hall.app, Role::Admin).await;
        let page = desk.get(&format!("/desk/meetings/{}/ballots/{id}", chamber.hall.id)).await.text;
        assert!(page.contains("名单 5 人，已发出 4 人，没有发到 1 人"), "{page}");
    }
}

#[tokio::test]
async fn a_notice_whose_turn_comes_after_the_end_is_not_sent_and_the_switch_keeps_all_of_them_back() {
    let chamber = with_templates(3).await;
    let platform = chamber.hall.app.platform();
    let openids = phones(&chamber, &platform, 3).await;
    let id = chamber.opened(secret()).await;
    chamber.close(id).await;
    let counts = settle(&chamber, id).await;
    assert_eq!((counts.skipped, counts.recipients), (3, 3));
    let rows = notices(&chamber, id).await.unwrap().2;
    assert!(rows.iter().all(|row| row.state == State::Skipped.word()));
    assert_eq!(rows[0].reason.as_deref(), Some("表决已结束"));

    let off = Plan { on_vote: false, ..Plan::default() };
    reminder::set_plan(&chamber.base, chamber.hall.id, off, "chen").await.unwrap();
    let silent = chamber.opened(motion()).await;
    assert!(notices(&chamber, silent).await.is_none());
    chamber.hall.app.run_jobs().await;
    for openid in &openids {
        assert!(got(&platform, openid).await.is_empty());
    }
    assert_eq!(placed::Entity::find().all(chamber.base.db.read()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn where_the_whole_roster_may_vote_those_at_home_are_told_in_the_morning() {
    let chamber = Chamber::empty(4).await;
    chamber.come(&[0, 1]).await;
    chamber.hall.clock.set(moment("2026-09-19 22:30"));
    let id = chamber.opened(Rules { presence: Presence::Roster, ..motion() }).await;
    let (placed, counts, _) = notices(&chamber, id).await.unwrap();
    assert_eq!((placed.urgent, counts.recipients), (false, 4));
    assert_eq!(placed.not_before, moment("2026-09-20 07:00"));
}
