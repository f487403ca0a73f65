//! Everything at once: votes, closes, replicas.

use futures_util::future::{join, join_all};
use yishiting::ballot::Ballots;
use yishiting::ballot::close::{By, close};
use yishiting::ballot::model::ElectorStanding;
use yishiting::ballot::rules::{Press as Which, Rules};
use yishiting::ballot::urn::Press;
use yishiting::ballot::verify;
use yishiting::base::Base;

use crate::support::chamber::{Chamber, code, motion, secret};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_votes_and_fifty_closes_race_to_one_frozen_set() {
    let chamber = Chamber::of(50).await;
    let rounds = [motion(), secret(), Rules { press: Which::Last, ..motion() }, secret(), motion()];
    for (turn, rules) in rounds.into_iter().enumerate() {
        let id = chamber.opened(rules).await;
        // Each turn the closes begin a little later.
        let early: Vec<_> =
            (0..turn * 8).map(|n| chamber.ballots.urn.press(chamber.press(id, n, "yes"))).collect();
        let early = join_all(early).await;
        let votes = (turn * 8..50).map(|n| chamber.ballots.urn.press(chamber.press(id, n, "no")));
        let closes = (0..50).map(|_| close(&chamber.base, id, By::Chair("chen")));
        let (late, closed) = join(join_all(votes), join_all(closes)).await;
        let answers: Vec<_> = early.iter().chain(&late).map(code).collect();
        assert!(answers.iter().all(|code| ["ok", "closed"].contains(code)), "{answers:?}");
        let counted: Vec<bool> = answers.iter().map(|code| *code == "ok").collect();
        let first = closed[0].clone().unwrap();
        assert!(closed.iter().all(|round| round.as_ref() == Ok(&first)));
        // Whoever heard ok is in the frozen set, and nobody else.
        let total = counted.iter().filter(|counted| **counted).count() as i64;
        let count = first.count().unwrap().unwrap();
        assert_eq!((count.turnout.voted, count.turnout.not_pressed), (total, 50 - total));
        assert_eq!(count.verdict.items[0].counts.iter().sum::<i64>(), total);
        for (member, counted) in counted.into_iter().enumerate() {
            let expected = if counted { ElectorStanding::Voted } else { ElectorStanding::NotPressed };
            assert_eq!(chamber.standing(id, member).await, expected);
        }
    }
    assert_eq!(verify::verify(&chamber.base).await.unwrap().differences, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_replicas_count_everybody_once() {
    let chamber = Chamber::of(120).await;
    let base = Base::open((*chamber.base.config).clone(), chamber.hall.clock.clone()).await.unwrap();
    let other = Ballots::start(base);
    for rules in [secret(), motion()] {
        let id = chamber.opened(rules).await;
        let presses: Vec<Press> = (0..120).map(|n| chamber.press(id, n, "yes")).collect();
        let here = presses.iter().map(|press| chamber.ballots.urn.press(press.clone()));
        let there = presses.iter().rev().map(|press| other.urn.press(press.clone()));
        let (here, there) = join(join_all(here), join_all(there)).await;
        let codes: Vec<_> = here.iter().chain(&there).map(code).collect();
        assert_eq!(codes.iter().filter(|code| **code == "ok").count(), 120);
        assert_eq!(codes.iter().filter(|code| **code == "already").count(), 120);
        assert_eq!(chamber.counted(id).await.verdict.items[0].counts, [120, 0, 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_check_in_taken_back_while_its_owner_votes_in_secret_is_one_or_the_other() {
    let chamber = Chamber::of(20).await;
    let id = chamber.opened(secret()).await;
    let mut undos = Vec::new();
    for person in &chamber.people {
        undos.push(chamber.hall.sign_in(*person).await.event);
    }
    let votes = (0..20).map(|n| chamber.ballots.urn.press(chamber.press(id, n, "yes")));
    let undos = undos.into_iter().map(|event| chamber.hall.undo(event));
    let (votes, undos) = join(join_all(votes), join_all(undos)).await;
    for (vote, undo) in votes.iter().zip(&undos) {
        let outcome = (code(vote), undo.is_ok());
        assert!([("ok", false), ("not_present", true)].contains(&outcome), "{outcome:?}");
    }
    let voted = votes.iter().filter(|vote| vote.is_ok()).count() as i64;
    let count = chamber.counted(id).await;
    assert_eq!((count.turnout.voted, count.turnout.absent), (voted, 20 - voted));
}
