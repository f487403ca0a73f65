//! Leave: asked, decided, taken back, and overtaken by who comes all the same.

use chrono::TimeDelta;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::sync::{Arc, Mutex};
use uuid::Uuid;
use yishiting::base::Base;
use yishiting::base::config::Config;
use yishiting::base::error::Coded;
use yishiting::meeting::attendance::presence::Standing;
use yishiting::meeting::leave::model::{LeaveState, leave_request};
use yishiting::meeting::leave::{self, LeaveError, SELF, UNREADABLE};
use yishiting::meeting::model::State;
use yishiting::meeting::reminder::model::Kind;
use yishiting::meeting::reminder::{self, Ask, ReminderError};
use yishiting::meeting::sheet::content::Content;
use yishiting::meeting::statistics;
use yishiting::people::audit;
use yishiting::server;

use super::{ROWS, people, standings};
use crate::support::hall::{CLOSES, ENDS, Hall, op};
use crate::support::moment;

const WHY: &str = "住院手术，请保密";

async fn asks(hall: &Hall, person: Uuid) -> Result<leave_request::Model, LeaveError> {
    leave::ask(&hall.base, hall.id, person, WHY).await
}

async fn decides(hall: &Hall, id: Uuid, approve: bool) -> Result<leave_request::Model, LeaveError> {
    leave::decide(&hall.base, hall.id, id, approve, "chen").await
}

#[actix_web::test]
async fn who_has_leave_is_not_absent_and_whoever_comes_all_the_same_is_present() {
    let hall = Hall::of_roster(&ROWS).await;
    let people = people(&hall).await;
    let asked = asks(&hall, people[0]).await.unwrap();
    let now = hall.snapshot().await;
    assert_eq!((now.expected, now.present, now.leave, now.absent), (3, 0, 0, 3), "asking is not having");

    decides(&hall, asked.id, true).await.unwrap();
    let approved = hall.snapshot().await;
    assert!(approved.version > now.version, "open pages hear of it");
    assert_eq!((approved.expected, approved.leave, approved.absent), (3, 1, 2));
    assert_eq!(standings(&hall).await, [Standing::OnLeave, Standing::Absent, Standing::Absent]);

    let came = hall.sign_in(people[0]).await;
    assert_eq!((came.outcome.code(), came.position), ("ok", 1));
    let there = hall.snapshot().await;
    assert_eq!((there.expected, there.present, there.leave, there.absent), (3, 1, 0, 2));
    let listed = leave::list(&hall.base, hall.id).await.unwrap();
    assert_eq!(listed[0].state, LeaveState::Superseded);

    hall.undo(came.event).await.unwrap();
    assert_eq!(standings(&hall).await[0], Standing::OnLeave, "the undo brings the leave back");
    assert_eq!(hall.snapshot().await.leave, 1);
    hall.is_clean().await;
}

#[actix_web::test]
async fn asking_and_deciding_again_change_nothing_and_the_other_decision_comes_too_late() {
    let hall = Hall::of_roster(&ROWS).await;
    let people = people(&hall).await;
    let (first, again) = (asks(&hall, people[0]).await.unwrap(), asks(&hall, people[0]).await.unwrap());
    assert_eq!(first, again);
    decides(&hall, first.id, false).await.unwrap();
    decides(&hall, first.id, false).await.unwrap();
    assert_eq!(decides(&hall, first.id, true).await.unwrap_err().code(), "request_decided");
    // After a refusal one may ask again, and it is the same row.
    let second = asks(&hall, people[0]).await.unwrap();
    assert_eq!((second.id, second.state.as_str()), (first.id, "asked"));
    let tries = (0..6).map(|n| decides(&hall, first.id, n % 2 == 0));
    let results = futures_util::future::join_all(tries).await;
    let approved = results.iter().flatten().filter(|row| row.state == "approved").count();
    assert!(approved == 3 || approved == 0, "one decision wins: {results:?}");
    assert_eq!(results.iter().filter(|result| result.is_err()).count(), 3);
    hall.is_clean().await;
}

#[actix_web::test]
async fn leave_is_refused_to_those_outside_the_roster_those_who_came_and_after_the_end() {
    let hall = Hall::of_roster(&ROWS).await;
    let people = people(&hall).await;
    let stranger = hall.person("计划外", "市档案馆", "13612340033").await;
    let code = |result: Result<leave_request::Model, LeaveError>| result.unwrap_err().code();
    assert_eq!(code(asks(&hall, stranger).await), "not_on_roster");
    assert_eq!(code(asks(&hall, Uuid::now_v7()).await), "not_on_roster");
    assert_eq!(code(leave::ask(&hall.base, Uuid::now_v7(), people[0], WHY).await), "meeting_not_found");
    assert_eq!(code(leave::ask(&hall.base, hall.id, people[0], " \n ").await), "leave_reason_needed");
    let long = "长".repeat(201);
    assert_eq!(code(leave::ask(&hall.base, hall.id, people[0], &long).await), "leave_reason_too_long");
    assert!(leave::ask(&hall.base, hall.id, people[2], &"长".repeat(200)).await.is_ok());

    hall.sign_in(people[0]).await;
    assert_eq!(code(asks(&hall, people[0]).await), "leave_signed_in");
    assert_eq!(code(leave::enter(&hall.base, hall.id, people[0], WHY, "chen").await), "leave_signed_in");

    let asked = asks(&hall, people[1]).await.unwrap();
    let elsewhere = hall.another(|_| {}).await;
    let stolen = leave::decide(&hall.base, elsewhere, asked.id, true, "chen").await;
    assert_eq!(code(stolen), "leave_not_found", "a request of another meeting");
    hall.sign_in(people[1]).await;
    assert_eq!(code(decides(&hall, asked.id, true).await), "leave_signed_in");

    // After sign-in closed it is late but allowed; after the end it is not.
    hall.at(CLOSES, 1);
    leave::withdraw(&hall.base, hall.id, people[2], SELF).await.unwrap();
    assert!(asks(&hall, people[2]).await.is_ok());
    hall.at(ENDS, 1);
    assert_eq!(code(leave::withdraw(&hall.base, hall.id, people[2], SELF).await), "meeting_ended");
    assert_eq!(code(asks(&hall, people[2]).await), "meeting_ended");
    hall.set_state(State::Cancelled).await;
    assert_eq!(code(asks(&hall, people[2]).await), "meeting_cancelled");
    hall.is_clean().await;
}

#[actix_web::test]
async fn leave_can_be_taken_back_by_whoever_has_it_and_by_organisers() {
    let hall = Hall::of_roster(&ROWS).await;
    let people = people(&hall).await;
    leave::enter(&hall.base, hall.id, people[0], "出差", "chen").await.unwrap();
    leave::enter(&hall.base, hall.id, people[1], "出差", "chen").await.unwrap();
    assert_eq!(hall.snapshot().await.leave, 2);
    leave::withdraw(&hall.base, hall.id, people[0], SELF).await.unwrap();
    leave::withdraw(&hall.base, hall.id, people[1], "chen").await.unwrap();
    let again = leave::withdraw(&hall.base, hall.id, people[1], SELF).await.unwrap();
    assert_eq!((again.state.as_str(), again.decided_by.as_deref()), ("withdrawn", Some("chen")));
    assert_eq!(hall.snapshot().await.leave, 0);
    let never = leave::withdraw(&hall.base, hall.id, people[2], SELF).await.unwrap_err();
    assert_eq!(never.code(), "leave_not_found");
    assert_eq!(standings(&hall).await, [Standing::Absent; 3]);
    hall.is_clean().await;
}

#[actix_web::test]
async fn the_sheet_tells_leave_and_leaving_and_never_the_reason() {
    let hall = Hall::of_roster(&ROWS).await;
    let people = people(&hall).await;
    leave::enter(&hall.base, hall.id, people[0], WHY, "chen").await.unwrap();
    asks(&hall, people[1]).await.unwrap();
    hall.sign_in(people[2]).await;
    hall.at("2026-09-19 10:00", 0);
    let out = yishiting::meeting::checkin::Step {
        meeting: hall.id,
        person: people[2],
        out: true,
        op_id: op(),
        staff: None,
        reason: None,
    };
    yishiting::meeting::checkin::step_out(&hall.base, &out).await.unwrap();
    let told = async || {
        let meeting = hall.meeting().await;
        let content = Content::read(&hall.base, &meeting).await.unwrap();
        let mut lines: Vec<(String, &str, String)> =
            content.lines.iter().map(|l| (l.name.clone(), l.class, l.remark.clone())).collect();
        lines.sort();
        (content.counts, lines)
    };
    let line = |name: &str, class, remark: &str| (name.to_string(), class, remark.to_string());
    let (counts, lines) = told().await;
    assert!(counts.contains("请假 1 人，未到 1 人") && counts.ends_with("，暂离 1 人"), "{counts}");
    assert_eq!(
        lines,
        [
            line("李四", "未签到", "请假未批"),
            line("江一帆", "请假", ""),
            line("王五", "准时", "10:00:00 暂离")
        ]
    );
    hall.at(ENDS, 1);
    let (counts, lines) = told().await;
    assert!(counts.contains("请假 1 人，缺席 1 人") && counts.ends_with("，早退 1 人"), "{counts}");
    assert_eq!((lines[0].1, lines[2].2.as_str()), ("缺席", "10:00:00 早退"));
    let figures = statistics::of_meeting(&hall.base, &hall.meeting().await).await.unwrap();
    assert_eq!((figures.leave, figures.absent, figures.left_early, figures.away), (1, 1, 1, 0));
    let period = statistics::period::Asked::default();
    let period = statistics::period::Period::of(&period, hall.clock.now());
    let across = statistics::across::across(&hall.base, period).await.unwrap().total;
    assert_eq!((across.invited, across.attended, across.leave, across.absent), (3, 1, 1, 1));

    let log = audit::newest(&hall.base, None, 100).await.unwrap();
    let events = hall.events().await;
    assert!(log.iter().all(|line| !line.detail.contains("住院")));
    assert!(events.iter().all(|event| event.reason.is_none()));
    let rows = leave_request::Entity::find().all(hall.base.db.read()).await.unwrap();
    assert!(rows.iter().all(|row| !row.reason_sealed.contains("住院")), "sealed at rest");
}

#[actix_web::test]
async fn whoever_has_leave_is_not_reminded_but_hears_of_a_cancellation() {
    let hall = Hall::of_roster(&ROWS).await;
    let people = people(&hall).await;
    leave::enter(&hall.base, hall.id, people[0], WHY, "chen").await.unwrap();
    assert_eq!(reminder::missing(&hall.base, &hall.meeting().await).await.unwrap(), 2);
    for person in &people[1..] {
        hall.sign_in(*person).await;
    }
    let remind = async |kind| {
        let ask = Ask { op: Uuid::now_v7(), actor: "chen", urgent: true };
        reminder::remind(&hall.base, hall.id, kind, ask).await
    };
    assert!(matches!(remind(Kind::NotSignedIn).await, Err(ReminderError::Nobody)));
    hall.set_state(State::Cancelled).await;
    assert_eq!(remind(Kind::Cancelled).await.unwrap().counts.recipients, 3);
}

#[actix_web::test]
async fn a_reason_that_no_key_opens_is_said_to_be_unreadable_and_logged_once() {
    let hall = Hall::of_roster(&ROWS).await;
    let people = people(&hall).await;
    for person in &people {
        asks(&hall, *person).await.unwrap();
    }
    let tx = hall.base.db.write().await.unwrap();
    leave_request::Entity::update_many()
        .col_expr(leave_request::Column::ReasonSealed, "v9.9.AAAA".into())
        .filter(leave_request::Column::PersonId.ne(people[0]))
        .exec(&tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let mut listed = leave::list(&hall.base, hall.id).await.unwrap();
    let alone = leave::one(&hall.base, hall.id, people[1], false).await.unwrap().unwrap();
    drop(guard);
    listed.sort_by_key(|leave| people.iter().position(|person| *person == leave.row.person_id));
    let told: Vec<_> = listed.iter().map(|leave| leave.reason.as_deref()).collect();
    assert_eq!(told, [Some(WHY), Some(UNREADABLE), Some(UNREADABLE)]);
    assert_eq!(alone.reason.as_deref(), Some("无法读取"));
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<&str> = logged.lines().filter(|line| line.contains("cannot be read")).collect();
    assert_eq!(lines.len(), 2, "one a reading: {logged}");
    assert!(lines[0].contains("count=2") && lines[0].contains(&hall.id.to_string()), "{logged}");
    assert!(!logged.contains("住院"), "{logged}");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[actix_web::test]
async fn reasons_are_forgotten_when_their_time_is_over() {
    let hall = Hall::of_roster(&ROWS).await;
    let people = people(&hall).await;
    leave::enter(&hall.base, hall.id, people[0], WHY, "chen").await.unwrap();
    let config = Config { retention_days: Some(90), ..(*hall.base.config).clone() };
    let base = Base { config: Arc::new(config), ..hall.base.clone() };
    let reason = async || leave::list(&hall.base, hall.id).await.unwrap().remove(0).reason;
    hall.clock.set(moment(ENDS) + TimeDelta::days(90));
    server::forget(&base).await.unwrap();
    assert_eq!(reason().await.as_deref(), Some(WHY));
    hall.clock.advance(TimeDelta::seconds(1));
    server::forget(&base).await.unwrap();
    assert_eq!(reason().await, None);
}
