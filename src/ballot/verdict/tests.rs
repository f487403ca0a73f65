use super::*;
use crate::ballot::rules::samples::{election, motion, options};
use crate::ballot::rules::{Effect, Pass, When};
use crate::ballot::share::{Op, Share};

const MAJORITY: Share = Share { op: Op::Over, num: 1, den: 2 };
const TWO_THIRDS: Share = Share { op: Op::AtLeast, num: 2, den: 3 };

/// 210 with the right to vote, of whom so many voted and so many did not press; the rest are absent.
fn turnout(voted: i64, not_pressed: i64) -> Turnout {
    Turnout { entitled: 210, voted, not_pressed, absent: 210 - voted - not_pressed, ..Turnout::default() }
}

fn needing(base: Base, share: Share) -> Rules {
    Rules { pass: Some(Pass { base, share }), ..motion() }
}

fn outcome(rules: &Rules, turnout: &Turnout, counts: [i64; 3]) -> (Outcome, String) {
    let verdict = judge(rules, &Paper::motion(), turnout, &[counts.to_vec()]);
    (verdict.outcome, verdict.sentence)
}

#[test]
fn a_motion_passes_with_more_than_half_of_all_and_the_sentence_shows_why() {
    let rules = needing(Base::All, MAJORITY);
    let said = outcome(&rules, &turnout(200, 3), [113, 60, 27]);
    assert_eq!(said, (Outcome::Passed, "2 × 113 > 210，通过".to_string()));
    let said = outcome(&rules, &turnout(200, 3), [105, 68, 27]);
    assert_eq!(said, (Outcome::Failed, "2 × 105 ≤ 210，未通过".to_string()));
}

#[test]
fn two_thirds_or_more_includes_the_two_thirds() {
    let rules = needing(Base::All, TWO_THIRDS);
    assert_eq!(outcome(&rules, &turnout(210, 0), [140, 70, 0]).1, "3 × 140 ≥ 2 × 210，通过");
    assert_eq!(outcome(&rules, &turnout(210, 0), [139, 71, 0]).1, "3 × 139 < 2 × 210，未通过");
}

#[test]
fn who_did_not_press_is_in_the_base_or_out_of_it_as_the_rules_say() {
    let there = turnout(150, 20);
    for base in [Base::Present, Base::Cast] {
        let out = needing(base, MAJORITY);
        assert_eq!(outcome(&out, &there, [80, 60, 10]).1, "2 × 80 > 150，通过");
        let inside = Rules { count_not_pressed: true, ..out };
        assert_eq!(outcome(&inside, &there, [80, 60, 10]).1, "2 × 80 ≤ 170，未通过");
    }
}

#[test]
fn who_recused_is_in_the_base_or_out_of_it_as_the_rules_say() {
    let there = Turnout { recused: 10, absent: 0, ..turnout(200, 0) };
    let out = needing(Base::All, MAJORITY);
    assert_eq!(outcome(&out, &there, [101, 99, 0]).1, "2 × 101 > 200，通过");
    let inside = Rules { count_recused: true, ..out };
    assert_eq!(outcome(&inside, &there, [101, 99, 0]).1, "2 × 101 ≤ 210，未通过");
    let present = Rules { count_recused: true, ..needing(Base::Present, MAJORITY) };
    assert_eq!(outcome(&present, &there, [101, 99, 0]).1, "2 × 101 ≤ 210，未通过");
}

#[test]
fn abstentions_count_among_the_cast_and_not_among_the_valid() {
    let there = turnout(100, 0);
    assert_eq!(outcome(&needing(Base::Cast, MAJORITY), &there, [45, 30, 25]).1, "2 × 45 ≤ 100，未通过");
    assert_eq!(outcome(&needing(Base::Valid, MAJORITY), &there, [45, 30, 25]).1, "2 × 45 > 75，通过");
}

#[test]
fn nobody_pressed_is_no_vote_and_neither_are_abstentions_alone() {
    let rules = needing(Base::All, MAJORITY);
    assert_eq!(outcome(&rules, &turnout(0, 100), [0, 0, 0]), (Outcome::NoVote, "无有效表决".to_string()));
    // Of nothing everything is two thirds: it must not pass.
    let rules = needing(Base::Valid, TWO_THIRDS);
    assert_eq!(outcome(&rules, &turnout(9, 0), [0, 0, 9]).0, Outcome::NoVote);
}

#[test]
fn a_tie_fails_unless_the_rules_give_the_chair_a_casting_vote() {
    let rules = needing(Base::Valid, MAJORITY);
    assert_eq!(outcome(&rules, &turnout(8, 0), [4, 4, 0]).0, Outcome::Failed);
    let casting = Rules { casting_vote: true, ..rules };
    assert_eq!(outcome(&casting, &turnout(8, 0), [4, 4, 0]).0, Outcome::Tied);
    assert_eq!(outcome(&casting, &turnout(8, 0), [3, 5, 0]).0, Outcome::Failed);
}

#[test]
fn an_opinion_is_recorded_and_neither_passes_nor_fails() {
    let rules = Rules { pass: None, advisory: true, ..motion() };
    assert_eq!(outcome(&rules, &turnout(8, 0), [4, 4, 0]), (Outcome::Recorded, "已记录".to_string()));
}

#[test]
fn unanimity_is_noticed() {
    let of = |counts: [i64; 3]| {
        judge(&motion(), &Paper::motion(), &turnout(counts.iter().sum(), 0), &[counts.to_vec()]).unanimous
    };
    assert!(of([7, 0, 0]) && of([0, 0, 7]) && !of([6, 1, 0]) && !of([1, 0, 0]));
}

/// Seven candidates for so many seats, of 100 papers; by votes for.
fn elect(rules: &Rules, seats: i64, votes: &[i64]) -> Verdict {
    let names: Vec<_> = ["甲", "乙", "丙", "丁", "戊", "己", "庚"][..votes.len()]
        .iter()
        .map(|name| ((*name).to_string(), String::new()))
        .collect();
    let tallies: Vec<_> = votes.iter().map(|yes| vec![*yes, 0, 100 - *yes]).collect();
    judge(rules, &Paper::of(&names, Some(seats)), &turnout(100, 0), &tallies)
}

#[test]
fn of_those_above_the_share_the_most_votes_are_elected() {
    let verdict = elect(&election(), 3, &[51, 90, 50, 70, 88]);
    assert_eq!((verdict.outcome, verdict.elected), (Outcome::Elected, vec![1, 4, 3]));
    assert_eq!(verdict.sentence, "3 人当选：乙、戊、丁");
    assert_eq!(verdict.items[2].inequality.as_deref(), Some("2 × 50 ≤ 100"));
    assert!(verdict.items[0].reached && !verdict.items[2].reached);
}

#[test]
fn equal_votes_at_the_last_seat_go_to_a_run_off_among_the_tied_only() {
    let verdict = elect(&election(), 3, &[90, 60, 60, 60, 55]);
    assert_eq!(verdict.outcome, Outcome::RunOff);
    assert_eq!((verdict.elected, verdict.tied, verdict.seats_left), (vec![0], vec![1, 2, 3], 2));
    assert_eq!(verdict.sentence, "1 人当选：甲；乙、丙、丁票数相等，需再次投票");
    // Equal votes that all get a seat are no tie.
    let verdict = elect(&election(), 3, &[90, 60, 60, 55]);
    assert_eq!((verdict.outcome, verdict.elected), (Outcome::Elected, vec![0, 1, 2]));
}

#[test]
fn too_few_above_the_share_leave_seats_open() {
    let verdict = elect(&election(), 3, &[90, 50, 51]);
    assert_eq!((verdict.outcome, verdict.elected, verdict.seats_left), (Outcome::SeatsLeft, vec![0, 2], 1));
    assert_eq!(verdict.sentence, "2 人当选：甲、丙；还有 1 个名额未选满");
}

#[test]
fn without_a_share_the_most_votes_win_and_nobody_is_elected_by_no_vote() {
    let rules = Rules { pass: None, ..election() };
    let verdict = elect(&rules, 2, &[3, 0, 9]);
    assert_eq!((verdict.outcome, verdict.elected), (Outcome::Elected, vec![2, 0]));
    let verdict = elect(&rules, 2, &[3, 0, 0]);
    assert_eq!((verdict.outcome, verdict.seats_left), (Outcome::SeatsLeft, 1));
}

#[test]
fn a_rating_counts_every_subject_and_judges_none() {
    let rules = Rules {
        kind: Kind::Rating,
        options: options(&[Role::Grade, Role::Grade, Role::Abstain]),
        pass: None,
        ..election()
    };
    let subjects = ["甲", "乙"].map(|name| (name.to_string(), String::new()));
    let verdict = judge(&rules, &Paper::of(&subjects, None), &turnout(9, 1), &[vec![5, 4, 0], vec![1, 1, 7]]);
    assert_eq!((verdict.outcome, verdict.items.len()), (Outcome::Recorded, 2));
    assert!(verdict.items.iter().all(|item| item.base.is_none() && !item.reached));
}

#[test]
fn the_quorum_tells_how_many_are_missing() {
    let quorum = |share| Quorum { share, when: When::Open, effect: Effect::Block };
    let check = QuorumCheck::of(&quorum(TWO_THIRDS), 138, 210);
    assert_eq!((check.met, check.missing, check.inequality.as_str()), (false, 2, "3 × 138 < 2 × 210"));
    assert!(QuorumCheck::of(&quorum(TWO_THIRDS), 140, 210).met);
    assert_eq!(QuorumCheck::of(&quorum(MAJORITY), 105, 210).missing, 1);
}
