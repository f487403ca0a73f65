//! One act with many cases: each for itself.

use reqwest::StatusCode;
use uuid::Uuid;
use yishiting::base::error::Coded;
use yishiting::cases::act::Act;
use yishiting::cases::bulk::{self, BulkError, MOST, Outcome, Pick};
use yishiting::cases::decide::Command;
use yishiting::cases::model::{Kind, Part, State, Track};

use super::pages::officer;
use crate::support::TestApp;
use crate::support::town::{Town, desk, moderator, says, to};

async fn does(
    town: &Town,
    seats: &[(Part, &str)],
    act: Act,
    command: Command,
    picks: &[Pick],
    press: Uuid,
) -> Result<Vec<Outcome>, BulkError> {
    bulk::run(&town.cases, &desk(seats), (act, &command), picks, press, "test").await
}

fn codes(outcomes: Vec<Outcome>) -> Vec<&'static str> {
    outcomes.iter().map(|one| one.done.as_ref().map_or_else(|error| error.code(), |_| "done")).collect()
}

const OFFICE: &[(Part, &str)] = &[(Part::Moderator, "")];

#[tokio::test]
async fn each_case_has_its_own_outcome_and_its_own_version() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let (one, two, three) = (town.files(chen).await, town.files(chen).await, town.files(chen).await);
    town.does(&moderator(), two.id, Act::Note, says("先核实。")).await;
    town.does(&moderator(), three.id, Act::Forward, to("jtj")).await;
    let pick = |public_no, version| Pick { public_no, version };
    let picks = [
        pick(one.public_no, 1),
        pick(two.public_no, 1),
        pick(three.public_no, 2),
        pick(999_999, 1),
        pick(one.public_no, 1),
    ];
    let to_jsj = || Command { text: "同一批路灯故障。".to_string(), ..to("jsj") };
    let press = Uuid::now_v7();
    let outcomes = does(&town, OFFICE, Act::Forward, to_jsj(), &picks, press).await.unwrap();
    assert_eq!(codes(outcomes), ["done", "case_stale", "case_state", "case_not_found"]);
    assert_eq!(town.file(one.id).await.lead_unit.as_deref(), Some("jsj"));
    assert_eq!(town.file(three.id).await.lead_unit.as_deref(), Some("jtj"));
    // A second press of the same button is the same act.
    let again = does(&town, OFFICE, Act::Forward, to_jsj(), &picks[..1], press).await.unwrap();
    assert_eq!(codes(again), ["done"]);
    assert_eq!(town.file(one.id).await.version, 2);
    assert_eq!(town.heads(one.id).await, ["已提交", "转市住房和城乡建设局办理"]);
    town.verifies().await;
}

#[tokio::test]
async fn who_may_not_do_it_with_one_may_not_do_it_with_many() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.forwarded(chen, "jsj").await;
    let mut filing = town.filing(chen);
    (filing.kind, filing.track) = (Kind::Accusation, Track::Petition);
    filing.accused_unit = Some("police".to_string());
    let accusation = town.try_file(filing).await.unwrap();
    let picks = [case.public_no, accusation.public_no].map(|public_no| Pick { public_no, version: 1 });
    for (seats, expected) in [
        (&[(Part::Liaison, "jsj")][..], ["case_forbidden", "case_not_found"]),
        (&[(Part::Liaison, "police")][..], ["case_not_found", "case_not_found"]),
        (&[(Part::Supervision, "")][..], ["case_forbidden", "case_forbidden"]),
        (&[], ["case_not_found", "case_not_found"]),
    ] {
        let outcomes = does(&town, seats, Act::Forward, to("jsj"), &picks, Uuid::now_v7()).await.unwrap();
        assert!(outcomes[1].shown.is_none() || seats[0].0 == Part::Supervision, "{seats:?}");
        assert_eq!(codes(outcomes), expected, "{seats:?}");
    }
    let accused =
        does(&town, OFFICE, Act::Forward, to("traffic"), &picks[1..], Uuid::now_v7()).await.unwrap();
    assert_eq!(codes(accused), ["case_accused"]);
}

#[tokio::test]
async fn many_are_refused_with_one_reason_and_sorted_into_one_category() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let (one, two) = (town.files(chen).await, town.files(chen).await);
    let picks = |version| [one.public_no, two.public_no].map(|public_no| Pick { public_no, version });
    let to_category = |code: &str| Command { category: code.to_string(), ..Command::default() };
    let category = town.cases.units.categories().iter().find(|one| one.code != "road").unwrap().code.clone();
    let press = Uuid::now_v7();
    let sorted =
        does(&town, OFFICE, Act::Categorise, to_category(&category), &picks(1), press).await.unwrap();
    assert_eq!(codes(sorted), ["done", "done"]);
    assert_eq!(town.file(one.id).await.category, category);
    for wrong in ["", "nowhere"] {
        let outcomes = does(&town, OFFICE, Act::Categorise, to_category(wrong), &picks(2), Uuid::now_v7())
            .await
            .unwrap();
        assert_eq!(codes(outcomes), ["case_missing", "case_missing"]);
    }
    let no = Command { reason: "unclear".to_string(), ..says("请写明路段。") };
    let refused = does(&town, OFFICE, Act::Reject, no, &picks(2), Uuid::now_v7()).await.unwrap();
    assert_eq!(codes(refused), ["done", "done"]);
    assert_eq!(town.count(State::Rejected).await, 2);
    // The name of a press belongs to what was pressed.
    let other = does(&town, OFFICE, Act::Forward, to("jsj"), &picks(2), press).await.unwrap();
    assert_eq!(codes(other), ["case_other_act", "case_other_act"]);
    town.verifies().await;
}

#[tokio::test]
async fn nothing_more_than_a_hundred_and_other_acts_are_not_tried() {
    let town = Town::open().await;
    let picks: Vec<Pick> = (0..=MOST as i64).map(|public_no| Pick { public_no, version: 1 }).collect();
    for (act, picks, expected) in [
        (Act::Forward, &picks[..0], "case_none_picked"),
        (Act::Forward, &picks[..], "case_too_many"),
        (Act::Publish, &picks[..1], "bad_request"),
    ] {
        let refused = does(&town, OFFICE, act, to("jsj"), picks, Uuid::now_v7()).await;
        assert_eq!(refused.unwrap_err().code(), expected);
    }
}

#[tokio::test]
async fn the_inbox_offers_it_to_those_who_pass_cases_on_and_the_page_tells_case_by_case() {
    let app = TestApp::spawn().await;
    let town = Town::over(app).await;
    let chen = town.citizen("chen").await;
    let (one, two) = (town.files(chen).await, town.files(chen).await);
    let moderator = officer(&town.app, "lin", Part::Moderator, "").await;
    let inbox = moderator.get("/desk/cases").await;
    let (csrf, op) = (inbox.hidden("csrf"), inbox.hidden("op"));
    let picks = [format!("{}:1", one.public_no), format!("{}:7", two.public_no)];
    let mut fields = vec![("csrf", csrf.as_str()), ("op", &op), ("act", "forward"), ("unit", "jsj")];
    fields.extend(picks.iter().map(|pick| ("pick", pick.as_str())));
    let told = moderator.post("/desk/cases/bulk", &fields).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text);
    for said in ["2 件里办成 1 件", "现在是「已转办」", "已有变动"] {
        assert!(told.text.contains(said), "{said}: {}", told.text);
    }
    for wrong in [("pick", "1"), ("pick", "x:y"), ("op", "no"), ("act", "fly")] {
        let mut fields = vec![("csrf", csrf.as_str()), wrong, ("op", &op), ("act", "forward")];
        fields.push(("pick", "1:1"));
        let refused = moderator.post("/desk/cases/bulk", &fields).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong:?}");
    }
    let searched = moderator.get("/desk/cases?q=%E8%B7%AF%E7%81%AF&category=road&from=2026-01-01&to=x").await;
    assert!(searched.text.contains("查找结果") && searched.text.contains(&two.number), "{}", searched.text);
    let liaison = officer(&town.app, "wang", Part::Liaison, "jsj").await;
    assert!(!liaison.get("/desk/cases").await.text.contains("批量办理"));
}
