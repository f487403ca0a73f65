//! What authors are told: each step once, in WeChat or by short message, and nothing of what the case is about.

use chrono::TimeDelta;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;
use yishiting::cases::act::Act;
use yishiting::cases::decide::Command;
use yishiting::cases::model::{Part, RejectReason, State, Track, case_event};
use yishiting::cases::submit::Filing;
use yishiting::cases::write::{self, Call};
use yishiting::cases::{Cases, keeper, query};
use yishiting::notify::model::batch;
use yishiting::notify::phone::model::message;
use yishiting::notify::phone::outbox;
use yishiting::people::follower;

use crate::support::town::{Town, citizen, liaison, moderator, officer, rates, says, to};
use crate::support::{Citizen, TestApp};

const TEMPLATES: &str = "[[templates]]\nchannel = \"template\"\n\
    template_id = \"sim-template-meeting-----------------------\"\nkinds = [\"case\"]\n\
    fields = { thing1 = \"{title}\", time2 = \"{time}\", thing3 = \"{note}\" }\n";

async fn town() -> Town {
    Town::open_in(|folder| std::fs::write(folder.join("notices.toml"), TEMPLATES).unwrap()).await
}

/// Somebody who follows the account, without ever having said who they are.
async fn follows(town: &Town, name: &str) -> (Citizen, Uuid) {
    let citizen = town.app.citizen(name).await;
    let id = follower::follow(&town.base, &citizen.openid, town.clock.now()).await.unwrap();
    (citizen, id)
}

async fn inbox(town: &Town, citizen: &Citizen) -> String {
    while town.app.run_jobs().await > 0 {}
    town.app.platform().get(&format!("/_sim/users/{}/inbox?all=1", citizen.openid)).await.text
}

/// The acts of which something was placed in WeChat, in the order in which they happened.
async fn told(town: &Town, case: Uuid) -> Vec<String> {
    let db = town.base.db.read();
    let events = case_event::Entity::find()
        .filter(case_event::Column::CaseId.eq(case))
        .order_by_asc(case_event::Column::Version)
        .all(db)
        .await
        .unwrap();
    let placed = batch::Entity::find().all(db).await.unwrap();
    let told = |event: &&case_event::Model| placed.iter().any(|batch| batch.subject == event.id);
    events.iter().filter(told).map(|event| event.kind.clone()).collect()
}

/// The words of all short messages, oldest first.
async fn messages(town: &Town) -> Vec<(String, Vec<(String, String)>)> {
    let rows =
        message::Entity::find().order_by_asc(message::Column::Id).all(town.base.db.read()).await.unwrap();
    let mut all = Vec::new();
    for row in rows {
        all.push((row.purpose, outbox::words(&town.base, row.id).await.unwrap()));
    }
    all
}

#[tokio::test]
async fn an_author_who_follows_is_told_of_every_step_and_never_what_it_is_about() {
    let town = town().await;
    let (author, id) = follows(&town, "陈晓燕").await;
    let case = town.answered(id, "jsj").await;
    let got = inbox(&town, &author).await;
    for step in ["已收到", "已转办", "已受理并首次回复", "已答复"] {
        assert!(got.contains(step), "{step} in {got}");
    }
    assert!(got.contains(&case.number) && got.contains(&format!("/cases/{}", case.public_no)), "{got}");
    assert!(!got.contains("路灯") && !got.contains("万松路") && !got.contains("13812346021"), "{got}");
    assert_eq!(told(&town, case.id).await, ["submit", "forward", "first_reply", "answer"]);
    assert!(messages(&town).await.is_empty(), "whoever has WeChat gets no short message");
}

#[tokio::test]
async fn what_the_author_does_and_what_only_offices_know_tells_nobody() {
    let town = town().await;
    let (_, id) = follows(&town, "陈晓燕").await;
    let case = town.answered(id, "jsj").await;
    town.does(&moderator(), case.id, Act::Note, says("已电话联系。")).await;
    town.does(&citizen(id, Part::Citizen), case.id, Act::Rate, rates(5, 5)).await;
    assert_eq!(town.state(case.id).await, State::Closed);
    assert_eq!(told(&town, case.id).await, ["submit", "forward", "first_reply", "answer", "close"]);
}

#[tokio::test]
async fn an_act_that_is_repeated_or_refused_places_no_further_notice() {
    let town = town().await;
    let (author, id) = follows(&town, "陈晓燕").await;
    let filing = town.filing(id);
    let case = town.try_file(filing.clone()).await.unwrap();
    assert_eq!(town.try_file(filing).await.unwrap(), case);
    let call = Call { op: Some("once".to_string()), ..Call::default() };
    for _ in 0..2 {
        write::act(&town.cases, &moderator(), case.id, Act::Forward, &to("jsj"), &call).await.unwrap();
    }
    town.refused(&liaison("jtj"), case.id, Act::FirstReply, says("不是我们的。")).await;
    assert_eq!(told(&town, case.id).await, ["submit", "forward"]);
    assert_eq!(inbox(&town, &author).await.matches("已转办").count(), 1);
}

#[tokio::test]
async fn of_a_confidential_case_neither_unit_nor_reason_is_named() {
    let town = town().await;
    let (author, id) = follows(&town, "陈晓燕").await;
    let mut filing = town.filing(id);
    filing.confidential = true;
    let case = town.try_file(filing.clone()).await.unwrap();
    town.does(&moderator(), case.id, Act::Forward, to("jsj")).await;
    filing.op = "another".to_string();
    let other = town.try_file(filing).await.unwrap();
    let command =
        Command { reason: RejectReason::ALL[0].word().to_string(), ..says("不属于受理范围。") };
    town.does(&moderator(), other.id, Act::Reject, command).await;
    let got = inbox(&town, &author).await;
    assert!(got.contains("已转办") && got.contains("不予受理"), "{got}");
    assert!(!got.contains(town.cases.units.name("jsj")), "{got}");
    assert!(!got.contains(RejectReason::ALL[0].zh()), "{got}");
}

#[tokio::test]
async fn a_principal_without_wechat_gets_number_and_code_by_short_message_and_then_each_step() {
    let town = town().await;
    let (_, proxy) = follows(&town, "代理员").await;
    let mut filing = town.filing(proxy);
    (filing.author, filing.proxy, filing.source) = (None, Some(proxy), "proxy");
    let case = town.try_file(filing).await.unwrap();
    town.does(&moderator(), case.id, Act::Forward, to("jsj")).await;
    let sent = messages(&town).await;
    let purposes: Vec<&str> = sent.iter().map(|(purpose, _)| purpose.as_str()).collect();
    assert_eq!(purposes, ["cases.filed", "cases.step"]);
    assert_eq!(sent[0].1[0].1, case.number);
    let code = &sent[0].1[1].1;
    let opened = query::open(&town.cases, &case.number, code, "10.0.0.1").await.unwrap();
    assert_eq!(opened.id, case.id, "the code that was sent opens the case");
    assert!(sent[1].1[1].1.contains("已转办"), "{sent:?}");
    assert!(told(&town, case.id).await.is_empty(), "the proxy is not the one to be told");
}

#[tokio::test]
async fn who_left_no_number_and_cases_of_old_systems_are_told_nothing_and_go_on() {
    let town = town().await;
    let (_, id) = follows(&town, "陈晓燕").await;
    let mut silent = town.filing(id);
    (silent.author, silent.source, silent.contact) = (None, "web", "陈晓燕".to_string());
    let mut old = town.filing(id);
    old.source = "import";
    for filing in [silent, old] {
        let author = filing.author;
        let case = town.try_file(Filing { proxy: author.is_none().then_some(id), ..filing }).await.unwrap();
        town.does(&moderator(), case.id, Act::Forward, to("jsj")).await;
        assert!(told(&town, case.id).await.is_empty());
    }
    assert!(messages(&town).await.is_empty());
}

#[tokio::test]
async fn a_provider_that_is_dead_holds_up_no_case() {
    let town = town().await;
    let (author, id) = follows(&town, "陈晓燕").await;
    let dead = serde_json::json!({"errors": [{"path": "/cgi-bin/message/template/send", "errcode": -1}]});
    assert_eq!(town.app.platform().post_json("/_sim/faults", &dead).await.status, 200);
    let case = town.files(id).await;
    let got = inbox(&town, &author).await;
    assert!(got.contains("\"items\":[]"), "the platform takes nothing: {got}");
    town.does(&moderator(), case.id, Act::Forward, to("jsj")).await;
    assert_eq!(town.state(case.id).await, State::Forwarded);
    // What could not be sent waits for the platform.
    let well = serde_json::json!({"reset": true});
    assert_eq!(town.app.platform().post_json("/_sim/faults", &well).await.status, 200);
    town.clock.advance(TimeDelta::minutes(15));
    let got = inbox(&town, &author).await;
    assert!(got.contains("已收到") && got.contains("已转办"), "{got}");
    town.verifies().await;
}

#[tokio::test]
async fn a_longer_limit_is_told_with_its_new_day_and_missing_papers_with_theirs() {
    let town = town().await;
    let (author, id) = follows(&town, "陈晓燕").await;
    let mut filing = town.filing(id);
    filing.track = Track::Petition;
    let case = town.try_file(filing).await.unwrap();
    town.does(&moderator(), case.id, Act::AskInfo, says("请补充路灯杆号。")).await;
    let got = inbox(&town, &author).await;
    assert!(got.contains("请在10月8日前补充材料") && !got.contains("杆号"), "{got}");
    town.does(&citizen(id, Part::Citizen), case.id, Act::GiveInfo, says("12 号杆。")).await;
    town.does(&moderator(), case.id, Act::Forward, to("jsj")).await;
    let unit = liaison("jsj");
    town.does(&unit, case.id, Act::FirstReply, says("已派人查看。")).await;
    let asks = Command { days: Some(5), ..says("材料没有到。") };
    town.does(&unit, case.id, Act::AskExtension, asks).await;
    let grants = Command { days: Some(5), ..says("等待灯具到货。") };
    town.does(&officer(Part::Head, "jsj"), case.id, Act::GrantExtension, grants).await;
    let got = inbox(&town, &author).await;
    assert!(got.contains("办理期限延长至"), "{got}");
}

#[tokio::test]
async fn where_cases_have_a_database_of_their_own_notices_are_placed_after_the_commit_and_none_is_lost() {
    let app = TestApp::spawn_with(|options| {
        let file = options.data_dir.clone().unwrap().parent().unwrap().join("cases.db");
        options.cases_database_url = Some(format!("sqlite:{}", file.display()));
    })
    .await;
    let (base, clock) = (app.base.clone(), app.clock.clone());
    let town = Town { cases: Cases::start(base.clone()).await.unwrap(), app, base, clock };
    town.at("2026-09-21 10:00");
    let (_, id) = follows(&town, "陈晓燕").await;
    let placed = async || batch::Entity::find().all(town.base.db.read()).await.unwrap();
    let case = town.files(id).await;
    town.does(&moderator(), case.id, Act::Forward, to("jsj")).await;
    assert_eq!(placed().await.len(), 2);
    keeper::run(&town.cases).await.unwrap();
    assert_eq!(placed().await.len(), 2, "the keeper repeats nothing");
    // As if the process had ended between the two commits.
    let tx = town.base.db.write().await.unwrap();
    batch::Entity::delete_by_id(placed().await[0].id).exec(&tx).await.unwrap();
    tx.commit().await.unwrap();
    keeper::run(&town.cases).await.unwrap();
    assert_eq!(placed().await.len(), 2);
}
