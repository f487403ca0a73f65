//! Who may know of which case: lists, counts, single cases and acts alike.

use yishiting::base::error::Coded;
use yishiting::cases::access::{self, Officer};
use yishiting::cases::act::Act;
use yishiting::cases::decide::Actor;
use yishiting::cases::list::{self, Filter};
use yishiting::cases::model::{Kind, Part, State, Track};
use yishiting::cases::view::Reader;

use crate::support::town::{Town, citizen, desk, liaison, moderator, public, says, to};

async fn sees(town: &Town, officer: &Officer) -> u64 {
    list::inbox(&town.cases, officer, &Filter::default()).await.unwrap().1
}

#[tokio::test]
async fn a_unit_sees_its_own_cases_and_nobody_sees_any_without_an_office() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.forwarded(chen, "jsj").await;
    town.files(chen).await;
    assert_eq!(sees(&town, &desk(&[])).await, 0);
    assert_eq!(sees(&town, &desk(&[(Part::Liaison, "jtj")])).await, 0);
    assert_eq!(sees(&town, &desk(&[(Part::Liaison, "jsj")])).await, 1);
    assert_eq!(sees(&town, &desk(&[(Part::Moderator, "")])).await, 2);
    assert_eq!(sees(&town, &desk(&[(Part::Leader, "")])).await, 0);
    assert_eq!(sees(&town, &desk(&[(Part::Journalist, "")])).await, 0);
    let stranger = desk(&[(Part::Liaison, "jtj")]);
    assert_eq!(access::find(&town.cases, &stranger, case.public_no).await.unwrap(), None);
    assert_eq!(
        town.refused(&liaison("jtj"), case.id, Act::FirstReply, says("归我们。")).await,
        "case_not_found"
    );
}

#[tokio::test]
async fn the_accused_unit_finds_no_trace_of_an_accusation() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let mut filing = town.filing(chen);
    (filing.kind, filing.track) = (Kind::Accusation, Track::Petition);
    filing.accused_unit = Some("police".to_string());
    let case = town.try_file(filing).await.unwrap();
    assert!(town.file(case.id).await.confidential);
    assert_eq!(town.refused(&moderator(), case.id, Act::Forward, to("traffic")).await, "case_accused");
    town.does(&moderator(), case.id, Act::Forward, to("gov")).await;
    let accused = desk(&[(Part::Liaison, "police"), (Part::Head, "traffic")]);
    assert_eq!(sees(&town, &accused).await, 0);
    assert_eq!(access::find(&town.cases, &accused, case.public_no).await.unwrap(), None);
    access::denied(&town.cases, &accused, case.public_no).await.unwrap();
    let lines =
        yishiting::people::audit::newest(&town.base, Some(&case.public_no.to_string()), 5).await.unwrap();
    assert_eq!(lines[0].action, "case.denied");
}

#[tokio::test]
async fn an_officer_who_is_named_in_a_case_is_kept_away_from_it() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let mut filing = town.filing(chen);
    filing.body = "窗口的林志强态度很差。".to_string();
    let case = town.try_file(filing).await.unwrap();
    let officer = desk(&[(Part::Moderator, "")]);
    let actor = officer.actor(&town.file(case.id).await, Act::Forward).unwrap();
    assert_eq!(town.refused(&actor, case.id, Act::Forward, to("jsj")).await, "case_concerned");
}

#[tokio::test]
async fn another_citizen_can_neither_read_nor_change_a_case() {
    let town = Town::open().await;
    let (chen, wang) = (town.citizen("chen").await, town.citizen("wang").await);
    let case = town.files(chen).await;
    let stranger = citizen(wang, Part::Citizen);
    assert_eq!(town.refused(&stranger, case.id, Act::Withdraw, says("")).await, "case_not_found");
    assert_eq!(list::own(&town.cases, wang, case.public_no).await.unwrap(), None);
    assert_eq!(list::published(&town.cases, case.public_no).await.unwrap(), None);
    // Nor does a version tell a stranger anything.
    let call = yishiting::cases::write::Call { seen: Some(77), ..Default::default() };
    let command = says("");
    let outcome =
        yishiting::cases::write::act(&town.cases, &stranger, case.id, Act::Withdraw, &command, &call).await;
    assert_eq!(outcome.unwrap_err().code(), "case_not_found");
}

#[tokio::test]
async fn everybody_reads_what_is_public_and_no_more() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.forwarded(chen, "jsj").await;
    town.does(&moderator(), case.id, Act::Publish, public("路灯不亮", "一个多月了。")).await;
    town.does(&liaison("jsj"), case.id, Act::Note, says("缺备件。")).await;
    let seen = town.view(case.id, Reader::Public).await;
    let all = format!("{seen:?}");
    for secret in ["13812346021", "缺备件", "陈晓燕"] {
        assert!(!all.contains(secret), "{secret}");
    }
    let journalist = desk(&[(Part::Journalist, "")]);
    assert_eq!(sees(&town, &journalist).await, 1);
}

#[tokio::test]
async fn what_a_leader_took_over_stands_on_their_list() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.forwarded(chen, "jsj").await;
    let leader = desk(&[(Part::Leader, "")]);
    assert_eq!(sees(&town, &leader).await, 0);
    let actor = Actor { who: leader.who(), name: String::new(), part: Part::Leader, unit: String::new() };
    town.does(&actor, case.id, Act::TakeOver, says("")).await;
    assert_eq!(sees(&town, &leader).await, 1);
    assert_eq!(town.state(case.id).await, State::Forwarded);
}
