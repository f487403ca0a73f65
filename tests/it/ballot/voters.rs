//! Who may vote, and what becomes of each who may not.

use chrono::TimeDelta;
use uuid::Uuid;
use yishiting::ballot::close::{self, By};
use yishiting::ballot::model::{ElectorStanding, State};
use yishiting::ballot::paper::Choice;
use yishiting::ballot::recuse;
use yishiting::ballot::rules::{Press as Which, Rules, Undone};
use yishiting::ballot::urn::Press;
use yishiting::base::error::Coded;

use crate::support::chamber::{Chamber, code, motion, refused, secret};

#[tokio::test]
async fn only_members_who_are_there_vote_and_everybody_else_hears_why() {
    let chamber = Chamber::empty(6).await;
    chamber.come(&[0, 1, 2, 3, 4]).await;
    chamber.import(&[1], Some("否")).await;
    let id = chamber.opened(motion()).await;
    recuse::recuse(&chamber.base, id, chamber.people[2], "与本人有关", "chen").await.unwrap();
    chamber.steps(3, true).await;
    for (member, expected) in
        [(0, "ok"), (1, "not_entitled"), (2, "recused"), (3, "away"), (5, "not_present"), (0, "already")]
    {
        assert_eq!(chamber.votes(id, member, "yes").await, expected, "{member}");
    }
    // Signed in after the opening, and returned: both may vote.
    chamber.come(&[5]).await;
    chamber.steps(3, false).await;
    assert_eq!(chamber.votes(id, 5, "no").await, "ok");
    assert_eq!(chamber.votes(id, 3, "abstain").await, "ok");
    let stranger = Press {
        round: id,
        person: chamber.hall.person("外人", "外单位", "13700000000").await,
        op_id: "x".to_string(),
        choice: Choice::one("yes"),
    };
    assert_eq!(code(&chamber.ballots.urn.press(stranger).await), "not_entitled");
    let count = chamber.counted(id).await;
    assert_eq!(count.verdict.items[0].counts, [1, 1, 1]);
    // One has no vote; of the five, one recused.
    assert_eq!((count.turnout.entitled, count.turnout.recused, count.turnout.not_pressed), (5, 1, 1));
    assert_eq!(count.verdict.items[0].inequality.as_deref(), Some("2 × 1 ≤ 4"));
}

#[tokio::test]
async fn what_is_not_on_the_paper_is_not_counted() {
    let chamber = Chamber::of(3).await;
    let id = chamber.opened(secret()).await;
    assert_eq!(chamber.votes(id, 0, "defer").await, "bad_choice");
    assert_eq!(chamber.votes(id, 0, "").await, "bad_choice");
    let empty = chamber.marks(id, 0, Choice::default());
    assert_eq!(code(&chamber.ballots.urn.press(empty).await), "paper_incomplete");
    let nowhere = chamber.press(Uuid::now_v7(), 0, "yes");
    assert_eq!(code(&chamber.ballots.urn.press(nowhere).await), "round_not_found");
    assert_eq!(chamber.counted(id).await.turnout.voted, 0);
}

#[tokio::test]
async fn the_last_press_counts_where_the_rules_say_so_and_an_old_one_sent_again_does_not_come_back() {
    let chamber = Chamber::of(3).await;
    let id = chamber.opened(Rules { press: Which::Last, ..motion() }).await;
    let (first, second) = (chamber.press(id, 0, "yes"), chamber.press(id, 0, "no"));
    let press = async |press: &Press| code(&chamber.ballots.urn.press(press.clone()).await);
    assert_eq!(press(&first).await, "ok");
    assert_eq!(press(&second).await, "replaced");
    // The network repeats what it carried before.
    assert_eq!(press(&first).await, "replayed");
    assert_eq!(press(&second).await, "replayed");
    let count = chamber.counted(id).await;
    assert_eq!(count.verdict.items[0].counts, [0, 1, 0]);
    assert_eq!(press(&first).await, "replayed");
    assert_eq!(press(&chamber.press(id, 0, "yes")).await, "closed");
}

#[tokio::test]
async fn the_clock_ends_a_round_whether_or_not_anybody_closed_it() {
    let chamber = Chamber::of(3).await;
    let id = chamber.opened(Rules { seconds: Some(60), ..motion() }).await;
    let began = chamber.hall.clock.now();
    chamber.hall.clock.advance(TimeDelta::milliseconds(59_999));
    assert_eq!(chamber.votes(id, 0, "yes").await, "ok");
    let still = close::close(&chamber.base, id, By::Clock).await.unwrap();
    assert_eq!(still.state(), State::Open);
    chamber.hall.clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(chamber.votes(id, 1, "yes").await, "closed");
    chamber.hall.clock.advance(TimeDelta::seconds(20));
    chamber.hall.app.run_jobs().await;
    let round = chamber.round(id).await;
    assert_eq!((round.state(), round.closed_by.as_deref()), (State::Closed, Some("clock")));
    assert_eq!(round.closed_at, Some(began + TimeDelta::seconds(60)));
}

#[tokio::test]
async fn a_round_ends_by_itself_when_everybody_who_may_vote_has() {
    let chamber = Chamber::of(4).await;
    let mut messages = chamber.base.cache.messages();
    let id = chamber.opened(Rules { end_when_all_voted: true, ..motion() }).await;
    chamber.all_vote(id, 0..3, "yes").await;
    assert_eq!(close::close(&chamber.base, id, By::AllVoted).await.unwrap().state(), State::Open);
    // The one who has not voted leaves: nobody is left to wait for.
    chamber.steps(3, true).await;
    while chamber.round(id).await.state() == State::Open {
        messages.recv().await.unwrap();
    }
    let round = chamber.round(id).await;
    assert_eq!(round.closed_by.as_deref(), Some("all_voted"));
    assert_eq!(chamber.standing(id, 3).await, ElectorStanding::Away);
}

#[tokio::test]
async fn a_check_in_cannot_be_taken_back_from_under_a_secret_vote() {
    let chamber = Chamber::of(4).await;
    let id = chamber.opened(secret()).await;
    let events: Vec<Uuid> = {
        let mut found = Vec::new();
        for person in &chamber.people {
            found.push(chamber.hall.sign_in(*person).await.event);
        }
        found
    };
    chamber.all_vote(id, 0..3, "yes").await;
    assert_eq!(chamber.hall.undo(events[0]).await.unwrap_err().code(), "undo_while_secret");
    // Whoever has not voted can be taken back, and can then not vote.
    chamber.hall.undo(events[3]).await.unwrap();
    assert_eq!(chamber.votes(id, 3, "yes").await, "not_present");
    let count = chamber.counted(id).await;
    assert_eq!((count.turnout.voted, count.turnout.absent), (3, 1));
    chamber.hall.undo(events[0]).await.unwrap();
    assert_eq!(chamber.standing(id, 0).await, ElectorStanding::Voted);
}

#[tokio::test]
async fn a_named_vote_whose_check_in_was_taken_back_stands_or_falls_by_the_rules_and_is_listed() {
    for (rules, counts, standing) in [
        (Undone::Stands, [3, 0, 0], ElectorStanding::VotedUndone),
        (Undone::Excluded, [2, 0, 0], ElectorStanding::Excluded),
    ] {
        let chamber = Chamber::of(3).await;
        let id = chamber.opened(Rules { undone_votes: rules, ..motion() }).await;
        let event = chamber.hall.sign_in(chamber.people[0]).await.event;
        chamber.all_vote(id, 0..3, "yes").await;
        chamber.hall.undo(event).await.unwrap();
        assert_eq!(chamber.votes(id, 0, "yes").await, "already");
        let count = chamber.counted(id).await;
        assert_eq!(count.verdict.items[0].counts, counts);
        assert_eq!(chamber.standing(id, 0).await, standing);
        assert_eq!(count.turnout.entitled, 3);
    }
}

#[tokio::test]
async fn whoever_voted_cannot_recuse_and_a_recusal_can_be_taken_back() {
    let chamber = Chamber::of(3).await;
    let id = chamber.opened(motion()).await;
    let (base, people) = (&chamber.base, &chamber.people);
    assert_eq!(chamber.votes(id, 0, "yes").await, "ok");
    assert_eq!(refused(recuse::recuse(base, id, people[0], "与本人有关", "chen").await), "has_voted");
    for _ in 0..2 {
        recuse::recuse(base, id, people[1], "与本人有关", "chen").await.unwrap();
    }
    assert_eq!(chamber.votes(id, 1, "yes").await, "recused");
    recuse::rejoin(base, id, people[1], "chen").await.unwrap();
    assert_eq!(chamber.votes(id, 1, "yes").await, "ok");
    let without = chamber.ready(Rules { recusal: false, ..motion() }).await;
    assert_eq!(refused(recuse::recuse(base, without, people[2], "有关", "chen").await), "no_recusal");
}

#[tokio::test]
async fn a_small_group_keeps_no_secret() {
    let chamber = Chamber::of(2).await;
    let id = chamber.ready(secret()).await;
    let refusal = yishiting::ballot::open::open(&chamber.base, id, "chen").await.unwrap_err();
    assert_eq!(refusal.code(), "group_too_small");
}

#[tokio::test]
async fn every_person_five_times_changes_nothing() {
    for rules in [motion(), secret()] {
        let chamber = Chamber::of(40).await;
        let id = chamber.opened(rules).await;
        let presses: Vec<Press> = (0..200).map(|n| chamber.press(id, n % 40, "yes")).collect();
        let pressed = presses.into_iter().map(|press| chamber.ballots.urn.press(press));
        let answers = futures_util::future::join_all(pressed).await;
        let counted = answers.iter().filter(|answer| code(answer) == "ok").count();
        let calm = answers.iter().filter(|answer| code(answer) == "already").count();
        assert_eq!((counted, calm), (40, 160));
        assert_eq!(chamber.counted(id).await.verdict.items[0].counts, [40, 0, 0]);
    }
}

#[tokio::test]
async fn where_the_whole_roster_may_vote_a_round_waits_for_those_who_are_elsewhere() {
    let chamber = Chamber::empty(3).await;
    chamber.come(&[0, 1]).await;
    let presence = yishiting::ballot::rules::Presence::Roster;
    let id = chamber.opened(Rules { presence, end_when_all_voted: true, ..motion() }).await;
    chamber.all_vote(id, 0..2, "yes").await;
    assert_eq!(close::close(&chamber.base, id, By::AllVoted).await.unwrap().state(), State::Open);
    assert_eq!(chamber.votes(id, 2, "no").await, "ok");
    let round = close::close(&chamber.base, id, By::AllVoted).await.unwrap();
    assert_eq!(round.count().unwrap().unwrap().turnout.voted, 3);
    assert_eq!(chamber.standing(id, 2).await, ElectorStanding::Voted);
}
