//! Out and back, before, during and after the meeting.

use async_trait::async_trait;
use sea_orm::{DatabaseTransaction, DbErr};
use std::sync::Arc;
use uuid::Uuid;
use yishiting::base::error::Coded;
use yishiting::meeting::attendance::presence::{
    Keeper, Member, Standing, hold, members, members_of, rights_of,
};
use yishiting::meeting::checkin::{self, Refusal, Step, Stepped};
use yishiting::meeting::model::{Source, State};
use yishiting::meeting::roster::{self, Missing, RawRow};

use super::{ROWS, people, standings};
use crate::support::hall::{ENDS, Hall, STARTS, op};

fn step(hall: &Hall, person: Uuid, out: bool) -> Step {
    Step { meeting: hall.id, person, out, op_id: op(), staff: None, reason: None }
}

async fn goes(hall: &Hall, person: Uuid, out: bool) -> Result<Stepped, Refusal> {
    checkin::step_out(&hall.base, &step(hall, person, out)).await.map(|(stepped, _)| stepped)
}

#[actix_web::test]
async fn whoever_steps_out_came_all_the_same_and_is_back_when_they_say_so() {
    let hall = Hall::of_roster(&ROWS).await;
    let people = people(&hall).await;
    hall.sign_in(people[0]).await;
    hall.sign_in(people[1]).await;

    assert_eq!(goes(&hall, people[0], true).await.unwrap(), Stepped::Ok);
    assert_eq!(standings(&hall).await, [Standing::Away, Standing::In, Standing::Absent]);
    assert_eq!(hall.snapshot().await.present, 2);
    assert_eq!(goes(&hall, people[0], true).await.unwrap(), Stepped::Already);

    assert_eq!(goes(&hall, people[0], false).await.unwrap(), Stepped::Ok);
    assert_eq!(standings(&hall).await, [Standing::In, Standing::In, Standing::Absent]);
    assert_eq!(goes(&hall, people[0], false).await.unwrap(), Stepped::Already);
    assert_eq!(hall.events().await.len(), 4);
    hall.is_clean().await;
}

#[actix_web::test]
async fn the_same_step_again_changes_nothing_and_another_under_its_name_is_refused() {
    let hall = Hall::of_roster(&ROWS).await;
    let people = people(&hall).await;
    hall.sign_in(people[0]).await;
    hall.sign_in(people[1]).await;
    let out = step(&hall, people[0], true);
    let first = checkin::step_out(&hall.base, &out).await.unwrap().0;
    goes(&hall, people[0], false).await.unwrap();
    // The late repeat of the first tap does not send them out again.
    assert_eq!(
        (first, checkin::step_out(&hall.base, &out).await.unwrap().0),
        (Stepped::Ok, Stepped::Replayed)
    );
    assert_eq!(standings(&hall).await[0], Standing::In);
    for other in [Step { person: people[1], ..out.clone() }, Step { out: false, ..out }] {
        assert_eq!(checkin::step_out(&hall.base, &other).await.unwrap_err().code(), "op_conflict");
    }
    hall.is_clean().await;
}

#[actix_web::test]
async fn a_scan_at_the_door_brings_back_who_stepped_out_and_nobody_elses_hand_does() {
    let hall = Hall::of_roster(&ROWS).await;
    let people = people(&hall).await;
    let first = hall.scan(people[0]);
    hall.try_in(first.clone()).await.unwrap();
    goes(&hall, people[0], true).await.unwrap();

    assert_eq!(hall.try_in(first).await.unwrap().outcome.code(), "replayed");
    let mut by_helper = hall.scan(people[0]);
    by_helper.source = Source::Helper;
    assert_eq!(hall.try_in(by_helper).await.unwrap().outcome.code(), "already");
    assert_eq!(standings(&hall).await[0], Standing::Away);

    // Long after sign-in closed: they are no late comer.
    hall.at("2026-09-19 10:30", 0);
    let back = hall.sign_in(people[0]).await;
    assert_eq!((back.outcome.code(), back.position), ("returned", 1));
    assert_eq!(standings(&hall).await[0], Standing::In);
    hall.is_clean().await;
}

#[actix_web::test]
async fn nobody_steps_out_who_is_not_signed_in() {
    let hall = Hall::of_roster(&ROWS).await;
    let people = people(&hall).await;
    let done = hall.sign_in(people[1]).await;
    hall.undo(done.event).await.unwrap();
    for person in [people[0], people[1], Uuid::now_v7()] {
        for out in [true, false] {
            assert_eq!(goes(&hall, person, out).await.unwrap_err().code(), "not_signed_in");
        }
    }
    let elsewhere = Step { meeting: Uuid::now_v7(), ..step(&hall, people[0], true) };
    assert_eq!(checkin::step_out(&hall.base, &elsewhere).await.unwrap_err().code(), "meeting_not_found");
    hall.is_clean().await;
}

#[actix_web::test]
async fn after_the_meeting_only_staff_correct_and_say_why() {
    let hall = Hall::of_roster(&ROWS).await;
    let people = people(&hall).await;
    hall.sign_in(people[0]).await;
    hall.at(STARTS, 0);
    goes(&hall, people[0], true).await.unwrap();
    hall.at(ENDS, 1);
    assert_eq!(goes(&hall, people[0], false).await.unwrap_err().code(), "meeting_ended");
    // What is so already is no error.
    assert_eq!(goes(&hall, people[0], true).await.unwrap(), Stepped::Already);

    let mut correction = Step { staff: Some("chen".to_string()), ..step(&hall, people[0], false) };
    let refused = checkin::step_out(&hall.base, &correction).await.unwrap_err();
    assert_eq!(refused.code(), "reason_needed");
    correction.reason = Some("一直在场，误点".to_string());
    assert_eq!(checkin::step_out(&hall.base, &correction).await.unwrap().0, Stepped::Ok);

    hall.set_state(State::Cancelled).await;
    let out = Step { out: true, op_id: op(), ..correction };
    assert_eq!(checkin::step_out(&hall.base, &out).await.unwrap_err().code(), "meeting_cancelled");
    hall.is_clean().await;
}

#[actix_web::test]
async fn an_undo_and_its_undo_leave_somebody_outside_where_they_were() {
    let hall = Hall::of_roster(&ROWS).await;
    let people = people(&hall).await;
    let done = hall.sign_in(people[0]).await;
    goes(&hall, people[0], true).await.unwrap();
    let undo = hall.undo(done.event).await.unwrap();
    assert_eq!(standings(&hall).await[0], Standing::Absent);
    hall.undo(undo).await.unwrap();
    assert_eq!(standings(&hall).await[0], Standing::Away);
    hall.is_clean().await;
}

struct OpenVote(Uuid);

#[async_trait]
impl Keeper for OpenVote {
    async fn may_undo(
        &self,
        tx: &DatabaseTransaction,
        meeting: Uuid,
        person: Uuid,
    ) -> Result<Option<&'static str>, DbErr> {
        assert!(hold(tx, meeting).await?.is_some(), "asked in the transaction that holds the meeting");
        Ok((person == self.0).then_some("op_conflict"))
    }
}

#[actix_web::test]
async fn another_feature_can_keep_a_check_in_from_being_undone() {
    let mut hall = Hall::of_roster(&ROWS).await;
    let people = people(&hall).await;
    let kept = hall.sign_in(people[0]).await;
    let free = hall.sign_in(people[1]).await;
    hall.meetings = hall.meetings.clone().kept_by(vec![Arc::new(OpenVote(people[0]))]);
    assert_eq!(hall.undo(kept.event).await.unwrap_err().code(), "op_conflict");
    hall.undo(free.event).await.unwrap();
    assert_eq!(standings(&hall).await, [Standing::In, Standing::Absent, Standing::Absent]);
}

#[actix_web::test]
async fn members_are_the_living_roster_in_its_order_with_their_votes() {
    let hall = Hall::open().await;
    let row = |(name, unit, phone): (&str, &str, &str), role: &str, votes: Option<&str>| RawRow {
        name: name.to_string(),
        unit: unit.to_string(),
        phone: phone.to_string(),
        role: Some(role.to_string()),
        votes: votes.map(str::to_string),
        ..RawRow::default()
    };
    let import = |rows: Vec<RawRow>| async {
        roster::import(&hall.base, hall.id, rows, Missing::Stay, false, "chen").await.unwrap()
    };
    import(vec![row(ROWS[2], "参会", None), row(ROWS[0], "列席", None), row(ROWS[1], "参会", Some("否"))])
        .await;
    let stranger = hall.person("计划外", "市档案馆", "13612340033").await;
    hall.sign_in(stranger).await;

    let votes = |members: &[Member]| -> Vec<(String, bool)> {
        members.iter().map(|member| (member.name.clone(), member.votes)).collect()
    };
    let known = members(hall.base.db.read(), hall.id).await.unwrap();
    let expected = [("王五", true), ("江一帆", false), ("李四", false)];
    assert_eq!(votes(&known), expected.map(|(name, votes)| (name.to_string(), votes)));
    let asked = [known[2].person, stranger, known[0].person];
    let some = members_of(hall.base.db.read(), hall.id, &asked).await.unwrap();
    assert_eq!(some, [known[0].clone(), known[2].clone()]);
    let rights = rights_of(hall.base.db.read(), hall.id, &asked).await.unwrap();
    assert_eq!(rights.len(), some.len());
    assert!(some.iter().all(|member| {
        let right = rights[&member.person];
        (right.votes, right.standing) == (member.votes, member.standing)
    }));

    // A list that is silent about votes leaves them, unless the role is another; a word that is none comes back.
    let report = import(vec![
        row(ROWS[2], "列席", None),
        row(ROWS[0], "列席", Some("是")),
        row(ROWS[1], "参会", None),
        row(("赵六", "市档案馆", "13512340044"), "参会", Some("也许")),
    ])
    .await;
    assert_eq!(report.bad[0].reason, "表决权应为 是 或 否");
    let known = members(hall.base.db.read(), hall.id).await.unwrap();
    let expected = [("王五", false), ("江一帆", true), ("李四", false)];
    assert_eq!(votes(&known), expected.map(|(name, votes)| (name.to_string(), votes)));
}
