//! A round from draft to publication, and the doors that it cannot go through.

use uuid::Uuid;
use yishiting::ballot::model::{ElectorStanding, State};
use yishiting::ballot::prepare::{self, Draft};
use yishiting::ballot::publish::{self, revisions};
use yishiting::ballot::rules::{Effect, Quorum, Rules, When};
use yishiting::ballot::verdict::Outcome;
use yishiting::ballot::{close, confirm, open};

use crate::support::chamber::{Chamber, TWO_THIRDS, motion, refused};

#[tokio::test]
async fn a_named_motion_goes_from_draft_to_a_published_result() {
    let chamber = Chamber::of(9).await;
    let id = chamber.ready(motion()).await;
    assert_eq!(chamber.votes(id, 0, "yes").await, "not_open");
    let (round, readiness) = open::open(&chamber.base, id, "chen").await.unwrap();
    assert_eq!((round.state(), readiness.entitled, readiness.present), (State::Open, 9, 9));
    chamber.all_vote(id, 0..5, "yes").await;
    chamber.all_vote(id, 5..7, "no").await;
    assert_eq!(chamber.votes(id, 0, "no").await, "already");
    chamber.steps(8, true).await;
    assert_eq!(chamber.votes(id, 8, "yes").await, "away");
    let count = chamber.counted(id).await;
    assert_eq!(count.verdict.sentence, "2 × 5 > 9，通过");
    assert_eq!(count.verdict.items[0].counts, [5, 2, 0]);
    assert_eq!((count.turnout.voted, count.turnout.not_pressed, count.turnout.away), (7, 1, 1));
    assert_eq!(chamber.standing(id, 7).await, ElectorStanding::NotPressed);
    assert_eq!(chamber.votes(id, 7, "yes").await, "closed");
    // Their vote was counted, so a late repeat hears so.
    assert_eq!(chamber.votes(id, 0, "yes").await, "already");
    assert_eq!(refused(publish::publish(&chamber.base, id, "chen").await), "round_state");
    confirm::confirm_at_desk(&chamber.base, id, "chen").await.unwrap();
    let round = publish::publish(&chamber.base, id, "chen").await.unwrap();
    assert_eq!((round.state(), round.revision), (State::Published, 1));
    // Again changes nothing.
    assert_eq!(publish::publish(&chamber.base, id, "chen").await.unwrap(), round);
}

#[tokio::test]
async fn closing_again_gives_the_first_result() {
    let chamber = Chamber::of(3).await;
    let id = chamber.opened(motion()).await;
    chamber.all_vote(id, 0..2, "yes").await;
    let first = chamber.close(id).await;
    chamber.hall.clock.advance(chrono::TimeDelta::minutes(5));
    chamber.steps(0, true).await;
    assert_eq!(chamber.close(id).await, first);
    assert_eq!(chamber.electors(id).await.len(), 3);
}

#[tokio::test]
async fn the_same_draft_sent_twice_is_one_round_and_numbers_have_no_gap() {
    let chamber = Chamber::empty(3).await;
    let draft = chamber.draft(motion()).await;
    let id = Uuid::now_v7();
    let (base, meeting) = (&chamber.base, chamber.hall.id);
    let first = prepare::prepare(base, meeting, id, draft.clone(), "chen").await.unwrap();
    let again = Draft { question: "另一个问题".to_string(), ..draft.clone() };
    assert_eq!(prepare::prepare(base, meeting, id, again, "chen").await.unwrap(), first);
    let second = prepare::prepare(base, meeting, Uuid::now_v7(), draft, "chen").await.unwrap();
    assert_eq!((first.number, second.number), (1, 2));
}

#[tokio::test]
async fn what_is_ready_cannot_be_edited_and_a_changed_text_is_not_opened() {
    use sea_orm::{ActiveValue::Set, EntityTrait};
    use yishiting::ballot::model::ballot_round;
    let chamber = Chamber::of(3).await;
    let id = chamber.ready(motion()).await;
    let draft = chamber.draft(motion()).await;
    assert_eq!(refused(prepare::edit(&chamber.base, id, draft, "chen").await), "round_state");
    // Somebody writes into the database.
    let tx = chamber.base.db.write().await.unwrap();
    let row = ballot_round::ActiveModel {
        id: Set(id),
        question: Set("关于批准另一个预算的议案".to_string()),
        ..Default::default()
    };
    ballot_round::Entity::update(row).exec(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(refused(open::open(&chamber.base, id, "chen").await), "round_text_changed");
    let round = prepare::withdraw(&chamber.base, id, "文字有误", "chen").await.unwrap();
    assert_eq!(round.state(), State::Withdrawn);
    assert_eq!(chamber.votes(id, 0, "yes").await, "not_open");
}

#[tokio::test]
async fn without_enough_members_a_round_does_not_open_and_says_how_many_are_missing() {
    let chamber = Chamber::empty(9).await;
    chamber.come(&[0, 1, 2, 3]).await;
    let quorum = Quorum { share: TWO_THIRDS, when: When::OpenAndClose, effect: Effect::Block };
    let id = chamber.ready(Rules { quorum: Some(quorum.clone()), ..motion() }).await;
    let refusal = open::open(&chamber.base, id, "chen").await.unwrap_err();
    let (_, text) = yishiting::base::error::describe(&refusal);
    assert_eq!(text, "到会人数不够，还差 2 位有表决权的成员。");
    chamber.come(&[4, 5]).await;
    let (round, _) = open::open(&chamber.base, id, "chen").await.unwrap();
    assert_eq!(open::quorum_at_open(&round).unwrap().unwrap().inequality, "3 × 6 ≥ 2 × 9");
    // Where the rules only warn, the chair may go on.
    chamber.close(id).await;
    chamber.steps(0, true).await;
    let warned = Rules { quorum: Some(Quorum { effect: Effect::Warn, ..quorum }), ..motion() };
    let id = chamber.ready(warned).await;
    let (_, readiness) = open::open(&chamber.base, id, "chen").await.unwrap();
    assert_eq!(readiness.warnings, ["到会人数不够，还差 1 位有表决权的成员。"]);
}

#[tokio::test]
async fn a_quorum_lost_while_the_round_was_open_stops_the_publication() {
    let chamber = Chamber::of(6).await;
    let quorum = Quorum { share: TWO_THIRDS, when: When::OpenAndClose, effect: Effect::Block };
    for (when, published) in [(When::OpenAndClose, false), (When::Open, true)] {
        let rules = Rules { quorum: Some(Quorum { when, ..quorum.clone() }), ..motion() };
        let id = chamber.opened(rules).await;
        chamber.all_vote(id, 0..6, "yes").await;
        for member in 0..3 {
            chamber.steps(member, true).await;
        }
        let round = chamber.close(id).await;
        let check = round.quorum_at_close().unwrap().unwrap();
        assert_eq!((check.met, check.missing, check.inequality.as_str()), (false, 1, "3 × 3 < 2 × 6"));
        confirm::confirm_at_desk(&chamber.base, id, "chen").await.unwrap();
        let done = publish::publish(&chamber.base, id, "chen").await;
        assert_eq!(done.is_ok(), published);
        if !published {
            assert_eq!(refused(done), "quorum_lost");
        }
        for member in 0..3 {
            chamber.steps(member, false).await;
        }
    }
}

#[tokio::test]
async fn nobody_with_the_right_to_vote_is_no_vote() {
    let chamber = Chamber::of(3).await;
    chamber.import(&[0, 1, 2], Some("否")).await;
    let id = chamber.ready(motion()).await;
    assert_eq!(refused(open::open(&chamber.base, id, "chen").await), "nobody_entitled");
}

#[tokio::test]
async fn one_round_is_open_at_a_time() {
    let chamber = Chamber::of(3).await;
    let (first, second) = (chamber.ready(motion()).await, chamber.ready(motion()).await);
    open::open(&chamber.base, first, "chen").await.unwrap();
    // Opening what is open changes nothing.
    open::open(&chamber.base, first, "chen").await.unwrap();
    assert_eq!(refused(open::open(&chamber.base, second, "chen").await), "another_round_open");
    chamber.close(first).await;
    open::open(&chamber.base, second, "chen").await.unwrap();
    assert_eq!(refused(open::open(&chamber.base, first, "chen").await), "round_state");
}

#[tokio::test]
async fn nobody_pressing_is_no_valid_vote() {
    let chamber = Chamber::of(3).await;
    let id = chamber.opened(motion()).await;
    let count = chamber.counted(id).await;
    assert_eq!((count.verdict.outcome, count.turnout.not_pressed), (Outcome::NoVote, 3));
}

#[tokio::test]
async fn a_round_made_void_keeps_its_data_and_has_no_result() {
    let chamber = Chamber::of(3).await;
    let id = chamber.opened(motion()).await;
    chamber.all_vote(id, 0..2, "yes").await;
    assert_eq!(refused(close::void(&chamber.base, id, "  ", "chen").await), "reason_needed");
    let round = close::void(&chamber.base, id, "表决器故障", "chen").await.unwrap();
    assert_eq!((round.state(), round.result), (State::Void, None));
    assert_eq!(chamber.votes(id, 2, "yes").await, "round_void");
    assert_eq!(refused(close::close(&chamber.base, id, close::By::Chair("chen")).await), "round_state");
    assert_eq!(refused(confirm::confirm_at_desk(&chamber.base, id, "chen").await), "round_state");
}

#[tokio::test]
async fn scrutineers_confirm_and_after_an_appeal_there_is_a_new_revision() {
    let chamber = Chamber::of(5).await;
    let id = chamber.opened(Rules { scrutineers: 2, ..motion() }).await;
    let (base, people) = (&chamber.base, &chamber.people);
    chamber.all_vote(id, 0..3, "yes").await;
    chamber.close(id).await;
    assert_eq!(refused(confirm::confirm_at_desk(base, id, "chen").await), "scrutineers_missing");
    assert_eq!(refused(confirm::appoint(base, id, &[Uuid::now_v7()], "chen").await), "ballot_invalid");
    confirm::appoint(base, id, &people[3..5], "chen").await.unwrap();
    assert_eq!(refused(confirm::confirm(base, id, people[0]).await), "not_scrutineer");
    assert_eq!(confirm::confirm(base, id, people[3]).await.unwrap().state(), State::Closed);
    assert_eq!(refused(confirm::appoint(base, id, &people[0..2], "chen").await), "has_confirmed");
    assert_eq!(confirm::confirm(base, id, people[3]).await.unwrap().state(), State::Closed);
    assert_eq!(confirm::confirm(base, id, people[4]).await.unwrap().state(), State::Confirmed);
    publish::publish(base, id, "chen").await.unwrap();
    for _ in 0..2 {
        let round = publish::revise(base, id, "代表申诉：更正会议届次", "chen").await.unwrap();
        assert_eq!(round.revision, 2);
    }
    let all = revisions(base.db.read(), id).await.unwrap();
    let states: Vec<&str> = all.iter().map(|revision| revision.state.as_str()).collect();
    assert_eq!(states, ["superseded", "valid"]);
    assert!(all[0].digest != all[1].digest && all.iter().all(|revision| revision.digest.len() == 32));
}
