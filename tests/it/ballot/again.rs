//! Elections and their run-offs, rounds put again, and rounds counted by hand.

use yishiting::ballot::again::{repeat, runoff};
use yishiting::ballot::manual::{Manual, manual};
use yishiting::ballot::model::{Method, State};
use yishiting::ballot::prepare::{self, Draft};
use yishiting::ballot::rules::{Base as Of, Effect, Pass, Quorum, Role, Rules, TooFew, When};
use yishiting::ballot::verdict::Outcome;
use yishiting::ballot::{close, confirm, open, publish, verify};

use crate::support::chamber::{Chamber, MAJORITY, election, motion, options, refused, secret};

#[tokio::test]
async fn a_tie_at_the_last_seat_is_voted_on_again_among_the_tied_only() {
    let chamber = Chamber::of(9).await;
    let id = chamber.elects(election(), &["甲", "乙", "丙", "丁"], 2).await;
    // 甲 is elected; 乙 and 丙 have five each of nine; 丁 has none.
    for member in 0..9 {
        let second = if member < 4 { 1 } else { 2 };
        let chosen: &[usize] = if member == 8 { &[1, 2] } else { &[0, second] };
        assert_eq!(chamber.elects_these(id, member, chosen).await, "ok");
    }
    assert_eq!(chamber.elects_these(id, 0, &[0, 1, 2]).await, "already");
    let count = chamber.counted(id).await;
    assert_eq!(count.verdict.outcome, Outcome::RunOff);
    assert_eq!(count.verdict.sentence, "1 人当选：甲；乙、丙票数相等，需再次投票");
    let watching = chamber.people[0];
    confirm::appoint(&chamber.base, id, &[watching], "chen").await.unwrap();
    confirm::confirm(&chamber.base, id, watching).await.unwrap();
    let next = runoff(&chamber.base, id, "chen").await.unwrap();
    assert_eq!(runoff(&chamber.base, id, "chen").await.unwrap().id, next.id);
    let named = confirm::scrutineers(chamber.base.db.read(), next.id).await.unwrap();
    let of_the_next: Vec<_> = named.iter().map(|row| (row.person_id, row.confirmed_at)).collect();
    assert_eq!(of_the_next, [(watching, None)], "who watched goes on watching, and confirms anew");
    let paper = next.paper().unwrap();
    let names: Vec<&str> = paper.items.iter().map(|item| item.label.as_str()).collect();
    assert_eq!((next.state(), names, paper.seats), (State::Ready, vec!["乙", "丙"], Some(1)));
    open::open(&chamber.base, next.id, "chen").await.unwrap();
    // More votes win, more than half or not.
    for (member, chosen) in [(0, 0), (1, 0), (2, 1)] {
        assert_eq!(chamber.elects_these(next.id, member, &[chosen]).await, "ok");
    }
    assert_eq!(chamber.elects_these(next.id, 3, &[0, 1]).await, "too_many_chosen");
    let count = chamber.counted(next.id).await;
    assert_eq!((count.verdict.outcome, count.verdict.sentence.as_str()), (Outcome::Elected, "1 人当选：乙"));
    assert_eq!(refused(runoff(&chamber.base, next.id, "chen").await), "no_runoff");
}

#[tokio::test]
async fn seats_that_too_few_reached_go_to_a_new_draft_among_those_not_elected() {
    let chamber = Chamber::of(5).await;
    let id = chamber.elects(election(), &["甲", "乙", "丙"], 2).await;
    for member in 0..5 {
        let chosen: &[usize] = if member < 2 { &[0, 1] } else { &[0] };
        assert_eq!(chamber.elects_these(id, member, chosen).await, "ok");
    }
    let count = chamber.counted(id).await;
    assert_eq!((count.verdict.outcome, count.verdict.seats_left), (Outcome::SeatsLeft, 1));
    let next = runoff(&chamber.base, id, "chen").await.unwrap();
    assert_eq!((next.state(), next.paper().unwrap().items.len()), (State::Draft, 2));
    assert_eq!(next.rules().unwrap().pass, election().pass);
}

#[tokio::test]
async fn what_was_refused_twice_is_not_put_again_by_any_way() {
    let chamber = Chamber::of(3).await;
    let rules = Rules { refusals: Some(2), ..motion() };
    let draft = chamber.draft(rules).await;
    let first = chamber.ready_of(draft.clone()).await;
    open::open(&chamber.base, first, "chen").await.unwrap();
    chamber.all_vote(first, 0..3, "no").await;
    assert_eq!(chamber.counted(first).await.verdict.outcome, Outcome::Failed);
    let second = repeat(&chamber.base, first, "chen").await.unwrap();
    assert_eq!((second.attempt, second.repeats, second.state()), (2, Some(first), State::Draft));
    assert_eq!(repeat(&chamber.base, first, "chen").await.unwrap().id, second.id);
    prepare::ready(&chamber.base, second.id, "chen").await.unwrap();
    open::open(&chamber.base, second.id, "chen").await.unwrap();
    chamber.all_vote(second.id, 0..2, "no").await;
    chamber.close(second.id).await;
    assert_eq!(refused(repeat(&chamber.base, second.id, "chen").await), "refused_too_often");
    // Nor as a new draft of the same words.
    let id = uuid::Uuid::now_v7();
    prepare::prepare(&chamber.base, chamber.hall.id, id, draft, "chen").await.unwrap();
    assert_eq!(refused(prepare::ready(&chamber.base, id, "chen").await), "refused_too_often");
}

/// Candidates with their posts.
fn named(people: &[(&str, &str)]) -> Vec<(String, String)> {
    people.iter().map(|(name, post)| ((*name).to_string(), (*post).to_string())).collect()
}

#[tokio::test]
async fn a_candidate_who_was_refused_twice_is_not_put_up_again_whatever_the_question_says() {
    let chamber = Chamber::of(5).await;
    let rules = Rules { refusals: Some(2), too_few: TooFew::Vacancy, ..election() };
    let draft = Draft { seats: Some(1), ..chamber.draft(rules).await };
    let of = |question: &str, people: &[(&str, &str)]| Draft {
        question: question.to_string(),
        items: named(people),
        ..draft.clone()
    };
    for (question, rival) in [("选举市长", "林建华"), ("再次选举市长", "陈晓燕")] {
        let id = chamber.ready_of(of(question, &[("江 一帆", "市长"), (rival, "市长")])).await;
        open::open(&chamber.base, id, "chen").await.unwrap();
        for member in 0..5 {
            assert_eq!(chamber.elects_these(id, member, &[usize::from(member < 3)]).await, "ok");
        }
        assert_eq!(chamber.counted(id).await.verdict.elected, [1]);
    }
    let ready = async |people: &[(&str, &str)]| {
        let id = uuid::Uuid::now_v7();
        let draft = of("第三次选举市长", people);
        prepare::prepare(&chamber.base, chamber.hall.id, id, draft, "chen").await.unwrap();
        prepare::ready(&chamber.base, id, "chen").await.map(|round| round.state())
    };
    for again in [&[("江一帆", "市长")][..], &[("江一帆", "")], &[("王伟", "市长"), ("江一帆", "市 长")]]
    {
        let refusal = ready(again).await.unwrap_err();
        assert_eq!(
            refusal,
            yishiting::ballot::refusal::BallotRefusal::CandidateRefused("江一帆".to_string(), 2)
        );
        assert!(yishiting::base::error::describe(&refusal).1.contains("人选「江一帆」已 2 次未通过"));
    }
    // For another post, or as somebody of the same name, they may; and so may whoever lost once, or won.
    for others in
        [&[("江一帆", "副市长")][..], &[("王伟", "市长")], &[("林建华", "市长"), ("陈晓燕", "市长")]]
    {
        assert_eq!(ready(others).await, Ok(State::Ready), "{others:?}");
    }
}

#[tokio::test]
async fn an_appointment_that_failed_twice_is_known_by_the_person_and_fewer_votes_than_others_are_no_refusal()
{
    let chamber = Chamber::of(7).await;
    let draft = chamber.draft(Rules { refusals: Some(2), ..motion() }).await;
    let of = |question: &str, post: &str| Draft {
        question: question.to_string(),
        items: named(&[("江一帆", post)]),
        ..draft.clone()
    };
    for question in ["关于任命江一帆为市财政局局长的议案", "任命市财政局局长"] {
        let id = chamber.ready_of(of(question, "市财政局局长")).await;
        open::open(&chamber.base, id, "chen").await.unwrap();
        chamber.all_vote(id, 0..3, "no").await;
        assert_eq!(chamber.counted(id).await.verdict.outcome, Outcome::Failed);
    }
    let ready = async |draft: Draft| {
        let id = uuid::Uuid::now_v7();
        prepare::prepare(&chamber.base, chamber.hall.id, id, draft, "chen").await.unwrap();
        prepare::ready(&chamber.base, id, "chen").await
    };
    assert_eq!(refused(ready(of("市财政局人事事项", "市财政局局长")).await), "candidate_refused");
    assert!(ready(of("任命市审计局局长", "市审计局局长")).await.is_ok());
    // The same rule on what is no appointment goes by the words.
    assert!(ready(Draft { items: Vec::new(), ..draft.clone() }).await.is_ok());

    // Three reach the share for two seats; the third is not refused by that.
    let rules = Rules { refusals: Some(1), ..election() };
    let items = named(&[("甲", ""), ("乙", ""), ("丙", "")]);
    let all = Draft { items, seats: Some(2), ..chamber.draft(rules).await };
    let by_hand = Manual {
        method: Method::Paper,
        papers: 7,
        present: 7,
        counts: vec![vec![5, 0, 2], vec![5, 2, 0], vec![4, 3, 0]],
        ..by_hand(&[7])
    };
    let id = chamber.ready_of(all.clone()).await;
    let round = manual(&chamber.base, id, by_hand, "chen").await.unwrap();
    assert_eq!(round.count().unwrap().unwrap().verdict.elected, [0, 1]);
    assert!(ready(Draft { question: "再选一次".to_string(), ..all }).await.is_ok());
}

#[tokio::test]
async fn a_void_round_is_no_refusal_and_a_passed_one_is_not_repeated() {
    let chamber = Chamber::of(3).await;
    let id = chamber.opened(Rules { refusals: Some(1), ..motion() }).await;
    chamber.all_vote(id, 0..3, "no").await;
    close::void(&chamber.base, id, "设备故障", "chen").await.unwrap();
    let again = repeat(&chamber.base, id, "chen").await.unwrap();
    assert_eq!(again.attempt, 1);
    prepare::ready(&chamber.base, again.id, "chen").await.unwrap();
    open::open(&chamber.base, again.id, "chen").await.unwrap();
    chamber.all_vote(again.id, 0..3, "yes").await;
    chamber.close(again.id).await;
    assert_eq!(refused(repeat(&chamber.base, again.id, "chen").await), "round_state");
}

fn by_hand(counts: &[i64]) -> Manual {
    Manual {
        method: Method::Hands,
        present: 8,
        papers: counts.iter().sum(),
        invalid: 0,
        counts: vec![counts.to_vec()],
        witnesses: vec!["王伟".to_string(), "李娜".to_string()],
        note: "表决器断电".to_string(),
        scan: None,
    }
}

#[tokio::test]
async fn a_round_is_counted_by_hand_with_two_witnesses_and_says_so() {
    let chamber = Chamber::of(9).await;
    let quorum = Quorum {
        share: crate::support::chamber::TWO_THIRDS,
        when: When::OpenAndClose,
        effect: Effect::Block,
    };
    let id = chamber.ready(Rules { quorum: Some(quorum), ..motion() }).await;
    let base = &chamber.base;
    let alone =
        Manual { witnesses: vec!["王伟".to_string(), " 王伟 ".to_string()], ..by_hand(&[5, 2, 0]) };
    assert_eq!(refused(manual(base, id, alone, "chen").await), "witnesses_needed");
    for wrong in [
        Manual { counts: vec![vec![5, 2]], ..by_hand(&[5, 2, 0]) },
        Manual { counts: vec![vec![6, 2, 0]], ..by_hand(&[5, 2, 0]) },
        Manual { counts: vec![vec![9, -2, 0]], ..by_hand(&[5, 2, 0]) },
        Manual { present: 6, ..by_hand(&[5, 2, 0]) },
        Manual { present: 10, ..by_hand(&[5, 2, 0]) },
        Manual { papers: 7, invalid: 8, ..by_hand(&[5, 2, 0]) },
        Manual { counts: vec![vec![i64::MAX, i64::MAX, 9]], ..by_hand(&[5, 2, 0]) },
    ] {
        assert_eq!(refused(manual(base, id, wrong, "chen").await), "ballot_invalid");
    }
    let round = manual(base, id, by_hand(&[5, 2, 0]), "chen").await.unwrap();
    assert_eq!(manual(base, id, by_hand(&[5, 2, 0]), "chen").await.unwrap(), round);
    assert_eq!(refused(manual(base, id, by_hand(&[7, 0, 0]), "chen").await), "round_state");
    let shown = yishiting::ballot::result::of(&round).unwrap();
    assert_eq!((shown.manual, shown.sentence.as_str()), (Some("举手"), "2 × 5 > 9，通过"));
    assert_eq!(shown.quorum_close.unwrap().inequality, "3 × 8 ≥ 2 × 9");
    assert_eq!((shown.turnout.voted, shown.turnout.not_pressed, shown.turnout.absent), (7, 1, 1));
    // The system takes no vote beside it.
    assert_eq!(chamber.votes(id, 0, "no").await, "closed");
    confirm::confirm_at_desk(base, id, "chen").await.unwrap();
    publish::publish(base, id, "chen").await.unwrap();
    assert_eq!(verify::verify(base).await.unwrap().differences, Vec::<String>::new());
}

#[tokio::test]
async fn papers_that_are_not_valid_are_counted_apart() {
    let chamber = Chamber::of(9).await;
    let items = ["甲", "乙"].map(|name| (name.to_string(), String::new())).to_vec();
    let draft = Draft { items, seats: Some(1), ..chamber.draft(election()).await };
    let id = chamber.ready_of(draft).await;
    let counted = Manual {
        method: Method::Paper,
        papers: 8,
        invalid: 1,
        counts: vec![vec![4, 1, 2], vec![3, 2, 2]],
        ..by_hand(&[8])
    };
    let too_many = Manual { counts: vec![vec![7, 0, 0], vec![1, 4, 2]], ..counted.clone() };
    assert_eq!(refused(manual(&chamber.base, id, too_many, "chen").await), "ballot_invalid");
    let round = manual(&chamber.base, id, counted, "chen").await.unwrap();
    let count = round.count().unwrap().unwrap();
    // Of eight papers four are not more than half: the invalid one was cast.
    assert_eq!((count.verdict.outcome, count.invalid), (Outcome::SeatsLeft, 1));
    assert_eq!(count.verdict.items[0].inequality.as_deref(), Some("2 × 4 ≤ 8"));
}

#[tokio::test]
async fn the_chair_decides_a_tie_only_where_the_rules_give_a_casting_vote() {
    let chamber = Chamber::of(4).await;
    let pass = Some(Pass { base: Of::Valid, share: MAJORITY });
    let id = chamber.opened(Rules { casting_vote: true, pass: pass.clone(), ..motion() }).await;
    let base = &chamber.base;
    assert_eq!(refused(confirm::cast(base, id, true, "chen").await), "no_tie");
    chamber.all_vote(id, 0..2, "yes").await;
    chamber.all_vote(id, 2..4, "no").await;
    assert_eq!(chamber.counted(id).await.verdict.outcome, Outcome::Tied);
    confirm::confirm_at_desk(base, id, "chen").await.unwrap();
    assert_eq!(refused(publish::publish(base, id, "chen").await), "tie_open");
    let decided = confirm::cast(base, id, true, "chen").await.unwrap();
    let verdict = decided.count().unwrap().unwrap().verdict;
    assert_eq!(verdict.sentence, "票数相等，主持人赞成，通过");
    assert_eq!(confirm::cast(base, id, true, "chen").await.unwrap(), decided);
    assert_eq!(refused(confirm::cast(base, id, false, "chen").await), "no_tie");
    assert_eq!(publish::publish(base, id, "chen").await.unwrap().state(), State::Published);
    assert_eq!(verify::verify(base).await.unwrap().differences, Vec::<String>::new());
}

#[tokio::test]
async fn who_recused_and_who_did_not_press_count_as_the_rules_say() {
    for (count_recused, count_not_pressed, base, sentence) in [
        (false, false, Of::All, "2 × 4 ≤ 8，未通过"),
        (true, false, Of::All, "2 × 4 ≤ 9，未通过"),
        (false, false, Of::Present, "2 × 4 > 6，通过"),
        (false, true, Of::Present, "2 × 4 > 7，通过"),
        (true, true, Of::Present, "2 × 4 ≤ 8，未通过"),
        (false, true, Of::Cast, "2 × 4 > 7，通过"),
        (false, false, Of::Valid, "2 × 4 > 5，通过"),
    ] {
        let chamber = Chamber::of(9).await;
        let pass = Some(Pass { base, share: MAJORITY });
        let rules = Rules { count_recused, count_not_pressed, pass, ..motion() };
        let id = chamber.opened(rules).await;
        yishiting::ballot::recuse::recuse(&chamber.base, id, chamber.people[0], "与本人有关", "chen")
            .await
            .unwrap();
        chamber.steps(1, true).await;
        chamber.all_vote(id, 2..6, "yes").await;
        chamber.all_vote(id, 6..7, "no").await;
        chamber.all_vote(id, 7..8, "abstain").await;
        assert_eq!(chamber.counted(id).await.verdict.sentence, sentence, "{base:?}");
    }
}

#[tokio::test]
async fn every_subject_of_a_rating_needs_a_grade() {
    use yishiting::ballot::paper::Choice;
    use yishiting::ballot::rules::Kind;
    let chamber = Chamber::of(3).await;
    let mut grades = options(&[Role::Grade, Role::Grade, Role::Abstain]);
    grades[0].key = "good".to_string();
    let rules = Rules { kind: Kind::Rating, options: grades, pass: None, ..secret() };
    let items = ["甲", "乙"].map(|name| (name.to_string(), "局长".to_string())).to_vec();
    let draft = Draft { items, ..chamber.draft(rules).await };
    let id = chamber.ready_of(draft).await;
    open::open(&chamber.base, id, "chen").await.unwrap();
    let half = chamber.marks(id, 0, Choice::of([("1", "good")]));
    assert_eq!(crate::support::chamber::code(&chamber.ballots.urn.press(half).await), "paper_incomplete");
    let whole = chamber.marks(id, 0, Choice::of([("1", "good"), ("2", "grade")]));
    assert_eq!(crate::support::chamber::code(&chamber.ballots.urn.press(whole).await), "ok");
    let count = chamber.counted(id).await;
    assert_eq!(count.verdict.outcome, Outcome::Recorded);
    assert_eq!(count.verdict.items[1].counts, [0, 1, 0]);
}
