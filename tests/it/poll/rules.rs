//! What a poll counts.

use futures_util::future::join_all;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use uuid::Uuid;
use yishiting::ballot::poll::compose::{self, Draft, Verb, perform};
use yishiting::ballot::poll::model::{State, poll, poll_answer, poll_count, poll_receipt};
use yishiting::ballot::poll::{Polls, verify};
use yishiting::base::error::Coded;
use yishiting::meeting::model::State as MeetingState;

use super::{Class, code, draft, pace};

#[tokio::test]
async fn an_anonymous_answer_counts_once_and_leaves_nothing_that_ties_person_and_option() {
    let class = Class::of(3).await;
    let id = class.opened(pace()).await;
    assert_eq!(class.answers(id, 0, &[1]).await, "ok");
    assert_eq!(class.answers(id, 0, &[2]).await, "already");
    assert_eq!(class.answers(id, 1, &[1]).await, "ok");
    assert_eq!((class.counts(id).await, class.answered(id).await), (vec![0, 2, 0], 2));
    let rows = poll_answer::Entity::find().count(class.base.db.read()).await.unwrap();
    assert_eq!(rows, 0);
    // A repeat is calm whatever became of the poll since.
    class.does(id, Verb::Close).await;
    assert_eq!(class.answers(id, 0, &[0]).await, "already");
    assert_eq!(class.answers(id, 2, &[0]).await, "poll_closed");
    assert_eq!(class.counts(id).await, [0, 2, 0]);
    class.is_clean().await;
}

#[tokio::test]
async fn a_named_answer_may_be_changed_until_the_poll_closes() {
    let class = Class::of(2).await;
    let id = class.opened(Draft { named: true, multiple: true, ..pace() }).await;
    assert_eq!(class.answers(id, 0, &[0, 1, 1]).await, "ok");
    assert_eq!(class.answers(id, 1, &[1]).await, "ok");
    assert_eq!(class.answers(id, 0, &[1, 0]).await, "already");
    assert_eq!(class.answers(id, 0, &[2]).await, "replaced");
    assert_eq!((class.counts(id).await, class.answered(id).await), (vec![0, 1, 1], 2));
    class.does(id, Verb::Close).await;
    assert_eq!(class.answers(id, 0, &[0]).await, "poll_closed");
    assert_eq!(class.counts(id).await, [0, 1, 1]);
    class.is_clean().await;
}

#[tokio::test]
async fn answers_that_are_early_late_wrong_or_of_somebody_not_there_change_nothing() {
    let class = Class::of(3).await;
    let id = class.drafted(pace()).await;
    assert_eq!(class.answers(id, 0, &[0]).await, "poll_not_open");
    class.does(id, Verb::Open).await;
    for (chosen, expected) in [
        (&[3][..], "poll_bad_choice"),
        (&[usize::MAX], "poll_bad_choice"),
        (&[], "poll_nothing_chosen"),
        (&[0, 1], "poll_only_one"),
    ] {
        assert_eq!(class.answers(id, 0, chosen).await, expected);
    }
    let mut stranger = class.answer(id, 0, &[0]);
    stranger.person = class.hall.person("新来的", "市教育局", "13900009999").await;
    assert_eq!(code(&class.polls.answer(stranger).await), "poll_not_signed_in");
    class.steps(1, true).await;
    assert_eq!(class.answers(id, 1, &[0]).await, "poll_away");
    class.steps(1, false).await;
    assert_eq!(class.answers(id, 1, &[0]).await, "ok");
    let event = class.hall.events().await.iter().find(|event| event.person_id == class.people[2]).unwrap().id;
    class.hall.undo(event).await.unwrap();
    assert_eq!(class.answers(id, 2, &[0]).await, "poll_not_signed_in");

    let elsewhere = class.hall.another(|draft| draft.title = "另一个会议".to_string()).await;
    let mut crossed = class.answer(id, 0, &[0]);
    crossed.meeting = elsewhere;
    assert_eq!(code(&class.polls.answer(crossed).await), "poll_not_found");
    assert_eq!(class.answers(Uuid::now_v7(), 0, &[0]).await, "poll_not_found");
    let refused = perform(&class.base, elsewhere, id, Verb::Close, "chen").await.unwrap_err();
    assert_eq!(refused.code(), "poll_not_found");
    assert_eq!((class.counts(id).await, class.answered(id).await), (vec![1, 0, 0], 1));
    class.is_clean().await;
}

#[tokio::test]
async fn five_hundred_answers_at_once_and_again_count_as_many_as_there_are_receipts() {
    let class = Class::of(500).await;
    let id = class.opened(pace()).await;
    // Two replicas, and everybody taps twice.
    let other = Polls::start(class.hall.replica().await.base);
    let all = (0..1000).map(|n| {
        let polls = if n % 3 == 0 { &other } else { &class.polls };
        polls.answer(class.answer(id, n % 500, &[n % 3]))
    });
    let codes: Vec<&str> = join_all(all).await.iter().map(code).collect();
    let how_many = |word: &str| codes.iter().filter(|code| **code == word).count();
    assert_eq!((how_many("ok"), how_many("already")), (500, 500), "{codes:?}");
    let counts = class.counts(id).await;
    assert_eq!((counts.iter().sum::<i64>(), class.answered(id).await), (500, 500), "{counts:?}");
    let receipts = poll_receipt::Entity::find().count(class.base.db.read()).await.unwrap();
    assert_eq!(receipts, 500);
    class.is_clean().await;
}

#[tokio::test]
async fn answers_race_the_close_and_all_that_were_acknowledged_are_counted() {
    let class = Class::of(60).await;
    let id = class.opened(Draft { named: true, ..pace() }).await;
    let answers = join_all((0..60).map(async |n| class.answers(id, n, &[n % 3]).await));
    let (codes, _) = tokio::join!(answers, class.does(id, Verb::Close));
    let counted = codes.iter().filter(|code| **code == "ok").count() as i64;
    assert!(codes.iter().all(|code| ["ok", "poll_closed"].contains(code)), "{codes:?}");
    assert_eq!((class.counts(id).await.iter().sum::<i64>(), class.answered(id).await), (counted, counted));
    class.is_clean().await;
}

#[tokio::test]
async fn a_poll_goes_from_draft_to_closed_and_what_people_saw_is_never_changed() {
    let class = Class::of(1).await;
    let id = class.drafted(pace()).await;
    let again = compose::create(&class.base, class.hall.id, id, draft("另一题", &["甲", "乙"]), "chen").await;
    assert_eq!(again.unwrap().question, pace().question);
    let refused =
        async |verb| perform(&class.base, class.hall.id, id, verb, "chen").await.unwrap_err().code();
    assert_eq!(refused(Verb::Close).await, "poll_state");
    assert_eq!(refused(Verb::Show).await, "poll_state");
    let edited = draft("改过的题", &["甲", "乙"]);
    compose::edit(&class.base, class.hall.id, id, edited.clone(), "chen").await.unwrap();
    class.does(id, Verb::Open).await;
    assert_eq!(class.does(id, Verb::Open).await.state(), State::Open);
    let late = compose::edit(&class.base, class.hall.id, id, edited, "chen").await.unwrap_err();
    assert_eq!(late.code(), "poll_state");
    assert_eq!(refused(Verb::Remove).await, "poll_state");
    class.does(id, Verb::Close).await;
    assert_eq!(class.does(id, Verb::Close).await.state(), State::Closed);
    assert_eq!(refused(Verb::Open).await, "poll_state");

    let gone = class.drafted(pace()).await;
    class.does(gone, Verb::Remove).await;
    let found = perform(&class.base, class.hall.id, gone, Verb::Open, "chen").await.unwrap_err();
    assert_eq!(found.code(), "poll_not_found");
    let waits = class.drafted(pace()).await;
    class.hall.set_state(MeetingState::Closed).await;
    let over = perform(&class.base, class.hall.id, waits, Verb::Open, "chen").await.unwrap_err();
    assert_eq!(over.code(), "poll_meeting_over");
    let over = compose::create(&class.base, class.hall.id, Uuid::now_v7(), pace(), "chen").await.unwrap_err();
    assert_eq!(over.code(), "poll_meeting_over");
}

#[tokio::test]
async fn verify_tells_a_count_a_receipt_or_an_answer_that_was_tampered_with() {
    let class = Class::of(3).await;
    let anonymous = class.opened(pace()).await;
    let named = class.opened(Draft { named: true, ..pace() }).await;
    for n in 0..3 {
        class.answers(anonymous, n, &[1]).await;
        class.answers(named, n, &[1]).await;
    }
    class.is_clean().await;
    let db = class.base.db.read();
    poll_count::Entity::update_many()
        .col_expr(poll_count::Column::Count, Expr::value(2_i64))
        .filter(poll_count::Column::PollId.eq(anonymous))
        .filter(poll_count::Column::Option.eq(1))
        .exec(db)
        .await
        .unwrap();
    poll_answer::Entity::delete_by_id((named, class.people[0])).exec(db).await.unwrap();
    let found = verify::verify(&class.base).await.unwrap();
    assert_eq!((found.polls, found.answers), (2, 6));
    assert!(found.differences[0].contains("各选项的人数与答过的人数不符"), "{:?}", found.differences);
    assert!(found.differences[1].contains("逐人的选择"), "{:?}", found.differences);
    poll_receipt::Entity::delete_by_id((named, class.people[1])).exec(db).await.unwrap();
    let found = verify::verify_recent(&class.base).await.unwrap();
    assert!(
        found.differences.iter().any(|one| one.contains("答过的人数与记录不符")),
        "{:?}",
        found.differences
    );
    assert_eq!(poll::Entity::find().count(db).await.unwrap(), 2);
}
