//! An inquiry from the photo to the rating, and what may happen to it on the way.

use futures_util::future::join_all;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use yishiting::base::error::Coded;
use yishiting::cases::act::Act;
use yishiting::cases::decide::Command;
use yishiting::cases::model::{Part, State, case_event, case_text};
use yishiting::cases::partner::Caller;
use yishiting::cases::view::Reader;
use yishiting::cases::write::{self, Call};
use yishiting::cases::{feed, keeper, query};

use crate::support::town::{
    Town, answers, citizen, desk, liaison, moderator, officer, public, rates, says, to,
};

#[tokio::test]
async fn a_citizen_asks_is_answered_and_rates_both_sides() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.answered(chen, "jsj").await;
    assert_eq!(town.heads(case.id).await, ["已提交", "转市住房和城乡建设局办理", "首次回复（受理）", "答复"]);
    let author = citizen(chen, Part::Citizen);
    let done = town.does(&author, case.id, Act::Rate, rates(5, 4)).await;
    assert_eq!(done.state, State::Closed);
    let seen = town.view(case.id, Reader::Author).await;
    assert_eq!(seen.steps.last().unwrap().head, "已办结");
    assert_eq!((seen.title.as_str(), seen.file.office_score), ("万松路路灯不亮", Some(5)));
    assert_eq!(town.verifies().await.cases, 1);
}

#[tokio::test]
async fn numbers_rise_and_the_code_opens_the_one_case() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let (one, two) = (town.files(chen).await, town.files(chen).await);
    assert!(one.public_no < two.public_no);
    let opened = query::open(&town.cases, &one.number, &one.code.to_lowercase(), "a").await.unwrap();
    assert_eq!(opened.id, one.id);
    let other = query::open(&town.cases, &two.number, &one.code, "a").await;
    assert_eq!(other.unwrap_err().code(), "case_code_wrong");
}

#[tokio::test]
async fn five_wrong_codes_lock_a_case_for_a_quarter_of_an_hour() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.files(chen).await;
    for _ in 0..5 {
        let wrong = query::open(&town.cases, &case.number, "0000-0000-000", "a").await;
        assert_eq!(wrong.unwrap_err().code(), "case_code_wrong");
    }
    let right = query::open(&town.cases, &case.number, &case.code, "b").await;
    assert_eq!(right.unwrap_err().code(), "case_code_locked");
}

#[tokio::test]
async fn the_same_submission_ten_times_at_once_is_one_case() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let filing = town.filing(chen);
    let all = join_all((0..10).map(|_| town.try_file(filing.clone()))).await;
    let numbers: Vec<_> = all.into_iter().map(|one| one.unwrap()).collect();
    assert!(numbers.iter().all(|one| *one == numbers[0]), "{numbers:?}");
    assert_eq!(town.count(State::Submitted).await, 1);
}

#[tokio::test]
async fn two_moderators_at_once_forward_a_case_once() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.files(chen).await;
    let (one, two) = (officer(Part::Moderator, ""), officer(Part::Propaganda, ""));
    let (jsj, jtj) = (to("jsj"), to("jtj"));
    let (first, second) = tokio::join!(
        town.tries(&one, case.id, Act::Forward, &jsj),
        town.tries(&two, case.id, Act::Forward, &jtj)
    );
    let codes: Vec<_> = [first, second].into_iter().filter_map(|one| one.err().map(|e| e.code())).collect();
    assert_eq!(codes, ["case_state"]);
    town.verifies().await;
}

#[tokio::test]
async fn who_looked_at_an_old_version_is_told_so() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.files(chen).await;
    town.does(&moderator(), case.id, Act::Note, says("先核实。")).await;
    let call = Call { seen: Some(1), ..Call::default() };
    let outcome = write::act(&town.cases, &moderator(), case.id, Act::Forward, &to("jsj"), &call).await;
    assert_eq!(outcome.unwrap_err().code(), "case_stale");
}

#[tokio::test]
async fn the_same_act_by_the_same_name_is_done_once() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.files(chen).await;
    let call = Call { op: Some("x".to_string()), ..Default::default() };
    let note = says("一次");
    let actor = moderator();
    let once = write::act(&town.cases, &actor, case.id, Act::Note, &note, &call).await.unwrap();
    let again = write::act(&town.cases, &actor, case.id, Act::Note, &note, &call).await.unwrap();
    assert_eq!(once, again);
    let other = write::act(&town.cases, &actor, case.id, Act::Hot, &note, &call).await;
    assert_eq!(other.unwrap_err().code(), "case_other_act");
}

#[tokio::test]
async fn a_merged_case_follows_its_master_and_chains_never_form() {
    let town = Town::open().await;
    let (chen, wang, li) = (town.citizen("chen").await, town.citizen("wang").await, town.citizen("li").await);
    let (one, two, three) = (town.files(chen).await, town.files(wang).await, town.files(li).await);
    let into = |number: i64| Command { target: Some(number), ..Command::default() };
    town.does(&moderator(), three.id, Act::Merge, into(two.public_no)).await;
    town.does(&moderator(), two.id, Act::Merge, into(one.public_no)).await;
    assert_eq!(town.file(three.id).await.merged_into, Some(one.id));
    // What follows another is the end of nothing.
    assert_eq!(town.refused(&moderator(), one.id, Act::Merge, into(two.public_no)).await, "case_no_merge");
    assert_eq!(town.refused(&moderator(), one.id, Act::Merge, into(one.public_no)).await, "case_no_merge");
    let seen = town.view(one.id, Reader::Office).await;
    assert_eq!(seen.merged.len(), 2);
    town.does(&moderator(), two.id, Act::Unmerge, Command::default()).await;
    assert_eq!(town.state(two.id).await, State::Submitted);
    town.verifies().await;
}

#[tokio::test]
async fn a_unit_that_is_not_responsible_sends_it_back_in_time() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.forwarded(chen, "jtj").await;
    town.at("2026-09-22 23:59");
    town.does(&liaison("jtj"), case.id, Act::Dispute, says("路灯归住建局。")).await;
    // To the citizen it is on its way.
    assert_eq!(town.state(case.id).await.zh(), "转办中");
    town.does(&moderator(), case.id, Act::Forward, to("jsj")).await;
    assert_eq!(town.file(case.id).await.lead_unit.as_deref(), Some("jsj"));
    town.at("2026-09-24 00:00");
    assert_eq!(town.refused(&liaison("jsj"), case.id, Act::Dispute, says("也不归我们。")).await, "case_late");
}

#[tokio::test]
async fn a_refused_case_keeps_its_number_and_is_looked_at_again_once() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.files(chen).await;
    let author = citizen(chen, Part::Citizen);
    let no = Command { reason: "unclear".to_string(), ..says("请写明路段。") };
    town.does(&moderator(), case.id, Act::Reject, no.clone()).await;
    assert!(town.heads(case.id).await.contains(&"不予受理：没有具体的诉求和事实".to_string()));
    town.does(&author, case.id, Act::Appeal, says("万松路中段。")).await;
    town.does(&moderator(), case.id, Act::Reject, no).await;
    assert_eq!(town.refused(&author, case.id, Act::Appeal, says("再看看。")).await, "case_once");
    assert_eq!(town.file(case.id).await.public_no, case.public_no);
}

#[tokio::test]
async fn what_nobody_rates_is_closed_by_the_clock_and_once() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.answered(chen, "jsj").await;
    assert_eq!(keeper::run(&town.cases).await.unwrap(), 0);
    town.at("2026-10-09 00:00");
    let (one, two) = tokio::join!(keeper::run(&town.cases), keeper::run(&town.cases));
    assert!(one.unwrap() + two.unwrap() >= 1);
    assert_eq!(town.state(case.id).await, State::Closed);
    assert_eq!(town.heads(case.id).await.iter().filter(|head| *head == "已办结").count(), 1);
}

#[tokio::test]
async fn a_bad_rating_waits_for_people() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.answered(chen, "jsj").await;
    town.does(&citizen(chen, Part::Citizen), case.id, Act::Rate, rates(5, 1)).await;
    town.at("2026-12-01 00:00");
    keeper::run(&town.cases).await.unwrap();
    assert_eq!(town.state(case.id).await, State::Answered);
    town.does(&officer(Part::Supervision, ""), case.id, Act::Rework, says("群众不满意，请重新办理。")).await;
    town.does(&liaison("jsj"), case.id, Act::Answer, answers("已换新灯。")).await;
    assert_eq!(town.file(case.id).await.unit_score, None);
    town.verifies().await;
}

#[tokio::test]
async fn an_inquiry_that_becomes_a_petition_keeps_its_number_and_is_public_no_more() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.files(chen).await;
    town.does(&moderator(), case.id, Act::Publish, public("路灯不亮", "一个多月了。")).await;
    town.does(&moderator(), case.id, Act::Convert, says("涉及补偿，转为信访件。")).await;
    let file = town.file(case.id).await;
    assert_eq!((file.track.as_str(), file.public_no), ("petition", case.public_no));
    assert_eq!(file.petition_no.as_deref(), Some("XF2026000001"));
    assert_eq!((file.published_at, file.public_body.as_str()), (None, ""));
    town.verifies().await;
}

#[tokio::test]
async fn what_was_cut_out_of_the_public_text_is_gone_and_the_unit_still_reads_the_original() {
    let town = Town::open().await;
    let chen = town.citizen("chen").await;
    let case = town.files(chen).await;
    town.does(&moderator(), case.id, Act::Publish, public("路灯不亮", "电话 13812346021")).await;
    town.does(&moderator(), case.id, Act::Publish, public("路灯不亮", "一个多月了。")).await;
    let texts = case_text::Entity::find()
        .filter(case_text::Column::CaseId.eq(case.id))
        .filter(case_text::Column::Kind.eq("public"))
        .all(town.base.db.read())
        .await
        .unwrap();
    assert_eq!(texts.len(), 1);
    assert_eq!(town.view(case.id, Reader::Public).await.body, "一个多月了。");
    assert!(town.view(case.id, Reader::Office).await.body.contains("13812346021"));
}

#[tokio::test]
async fn everything_that_happened_has_one_order_without_gaps() {
    let town = Town::open().await;
    let people = join_all((0..8).map(|n| {
        let town = &town;
        async move { town.citizen(&format!("c{n}")).await }
    }))
    .await;
    join_all(people.into_iter().map(|who| town.answered(who, "jsj"))).await;
    let (one, two) = tokio::join!(feed::number(&town.cases), feed::number(&town.cases));
    assert_eq!([one.is_ok(), two.is_ok()], [true, true]);
    let caller = Caller { officer: desk(&[(Part::Moderator, "")]), partner: None };
    let mut events: Vec<case_event::Model> = Vec::new();
    loop {
        let after = events.last().and_then(|event| event.seq).unwrap_or(0);
        let page = feed::told(&town.cases, &caller, after, 5).await.unwrap();
        if page.is_empty() {
            break;
        }
        events.extend(page.into_iter().map(|told| told.event));
    }
    let seqs: Vec<i64> = events.iter().map(|event| event.seq.unwrap()).collect();
    assert_eq!(seqs, (1..=32).collect::<Vec<i64>>());
    for event in &events {
        let before = events.iter().filter(|one| one.case_id == event.case_id && one.seq < event.seq);
        assert_eq!(before.count() as i64, event.version - 1);
    }
}
