//! 回访：who is on the list, who may call, and what a call leads to.

use reqwest::StatusCode;
use yishiting::base::error::Coded;
use yishiting::cases::act::Act;
use yishiting::cases::callback;
use yishiting::cases::decide::Command;
use yishiting::cases::fold::CallBack;
use yishiting::cases::keeper;
use yishiting::cases::model::{Called, Part, State};
use yishiting::cases::view::Reader;
use yishiting::cases::write::{self, Call};

use super::pages::{does, officer};
use crate::support::TestApp;
use crate::support::town::{Town, answers, citizen, desk, liaison, moderator, officer as actor, rates, says};

fn called(result: Called, said: Option<bool>) -> Command {
    Command { call: Some(CallBack { result, office: said, unit: said }), ..says("说还是不亮。") }
}

async fn waits(town: &Town, seats: &[(Part, &str)]) -> usize {
    callback::list(&town.cases, &desk(seats), 0).await.unwrap().len()
}

#[tokio::test]
async fn a_bad_rating_puts_a_case_on_the_list_until_somebody_was_reached() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.answered(chen, "jsj").await;
    let content = town.answered(chen, "jsj").await;
    let author = citizen(chen, Part::Citizen);
    town.does(&author, content.id, Act::Rate, rates(5, 5)).await;
    town.does(&author, case.id, Act::Rate, rates(2, 4)).await;
    let office = [(Part::Moderator, "")];
    assert_eq!(waits(&town, &office).await, 1);
    assert_eq!(callback::count(&town.cases, &desk(&office)).await.unwrap(), 1);
    town.does(&moderator(), case.id, Act::CallBack, called(Called::NotReached, None)).await;
    assert_eq!((waits(&town, &office).await, town.file(case.id).await.call_tries), (1, 1));
    town.does(&moderator(), case.id, Act::CallBack, called(Called::Reached, Some(false))).await;
    assert_eq!(waits(&town, &office).await, 0);
    let heads: Vec<_> =
        town.view(case.id, Reader::Office).await.steps.into_iter().map(|step| step.head).collect();
    assert!(heads.contains(&"回访：没有联系上".to_string()), "{heads:?}");
    assert!(heads.contains(&"回访：对转办不满意，对承办不满意".to_string()), "{heads:?}");
    assert!(!town.heads(case.id).await.iter().any(|head| head.contains("回访")), "authors know it anyway");
    town.does(&moderator(), case.id, Act::Rework, says("路灯仍然不亮，请重新办理。")).await;
    town.does(&liaison("jsj"), case.id, Act::Answer, answers("已换新灯。")).await;
    assert_eq!(town.file(case.id).await.call_tries, 0);
    town.verifies().await;
}

#[tokio::test]
async fn a_key_case_that_nobody_rated_is_called_after_it_was_closed() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let (hot, plain) = (town.answered(chen, "jsj").await, town.answered(chen, "jsj").await);
    town.does(&moderator(), hot.id, Act::Hot, Command::default()).await;
    town.at("2026-10-09 00:00");
    keeper::run(&town.cases).await.unwrap();
    assert_eq!([town.state(hot.id).await, town.state(plain.id).await], [State::Closed; 2]);
    let list = callback::list(&town.cases, &desk(&[(Part::Moderator, "")]), 0).await.unwrap();
    let numbers: Vec<i64> = list.iter().map(|call| call.row.file.public_no).collect();
    assert_eq!(numbers, [hot.public_no]);
    assert_eq!(list[0].clock.due_on.to_string(), "2026-10-13");
    town.does(&moderator(), hot.id, Act::CallBack, called(Called::Reached, Some(true))).await;
    assert_eq!(town.state(hot.id).await, State::Closed);
    // Opening it again leaves no call behind.
    town.verifies().await;
}

#[tokio::test]
async fn only_those_who_pass_cases_on_call_and_an_old_page_calls_nobody() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.answered(chen, "jsj").await;
    let author = citizen(chen, Part::Citizen);
    town.does(&author, case.id, Act::Rate, rates(1, 1)).await;
    let reached = || called(Called::Reached, Some(true));
    for (part, unit, code) in [
        (Part::Liaison, "jsj", "case_forbidden"),
        (Part::Liaison, "jtj", "case_not_found"),
        (Part::Head, "jsj", "case_forbidden"),
        (Part::Supervision, "", "case_forbidden"),
        (Part::Propaganda, "", "case_forbidden"),
        (Part::Leader, "", "case_forbidden"),
        (Part::Journalist, "", "case_not_found"),
    ] {
        assert_eq!(
            town.refused(&actor(part, unit), case.id, Act::CallBack, reached()).await,
            code,
            "{part:?}"
        );
    }
    assert_eq!(town.refused(&author, case.id, Act::CallBack, reached()).await, "case_forbidden");
    let call = Call { seen: Some(1), ..Call::default() };
    let stale = write::act(&town.cases, &moderator(), case.id, Act::CallBack, &reached(), &call).await;
    assert_eq!(stale.unwrap_err().code(), "case_stale");
    let call = Call { op: Some("once".to_string()), ..Call::default() };
    let actor = moderator();
    let tries = called(Called::NotReached, None);
    for _ in 0..2 {
        write::act(&town.cases, &actor, case.id, Act::CallBack, &tries, &call).await.unwrap();
    }
    assert_eq!(town.file(case.id).await.call_tries, 1);
    town.verifies().await;
}

#[tokio::test]
async fn at_the_desk_the_number_is_shown_after_it_was_asked_for_and_the_call_is_written_down() {
    let town = Town::over(TestApp::spawn().await).await;
    let chen = town.citizen("chen").await;
    let case = town.answered(chen, "jsj").await;
    town.does(&citizen(chen, Part::Citizen), case.id, Act::Rate, rates(1, 1)).await;
    let unit = officer(&town.app, "wang", Part::Liaison, "jsj").await;
    assert_eq!(unit.get("/desk/cases/callbacks").await.status, StatusCode::FORBIDDEN);
    let office = officer(&town.app, "lin", Part::Moderator, "").await;
    assert!(office.get("/desk/cases").await.text.contains("要回访"));
    let list = office.get("/desk/cases/callbacks").await;
    assert!(list.text.contains("等回访 1 件") && !list.text.contains("13812346021"), "{}", list.text);
    let page = format!("/desk/cases/{}", case.public_no);
    let plain = office.get(&page).await;
    assert!(plain.text.contains("没有联系上") && !plain.text.contains("多次联系不上"), "{}", plain.text);
    assert!(!plain.text.contains("陈晓燕"));
    let shown = does(&office, &format!("{page}/reveal"), &[("text", "回访")]).await;
    assert!(shown.text.contains("陈晓燕 13812346021"));
    let fields = [("call", "reached"), ("call_office", "yes"), ("call_unit", ""), ("text", "不满意")];
    let half = does(&office, &format!("{page}/call_back"), &fields).await;
    assert_eq!(half.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", half.text);
    let fields = [("call", "reached"), ("call_office", "yes"), ("call_unit", "no"), ("text", "灯还是不亮")];
    assert_eq!(does(&office, &format!("{page}/call_back"), &fields).await.status, StatusCode::SEE_OTHER);
    assert!(office.get(&page).await.text.contains("回访：对转办满意，对承办不满意"));
    assert!(office.get("/desk/cases/callbacks").await.text.contains("没有要回访的诉求"));
}
