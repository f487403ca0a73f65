//! Before, after, elsewhere: what decides whether somebody is let in.

use chrono::TimeDelta;
use uuid::Uuid;
use yishiting::meeting::by_hand::{self, Act};
use yishiting::meeting::checkin::{Attempt, Outcome, Refusal};
use yishiting::meeting::model::{CodeKind, Policy, Source, State};
use yishiting::meeting::people_list::{self, Filter};
use yishiting::meeting::venue_code::{self, Ticket};
use yishiting::meeting::{edit, sheet};
use yishiting::people::audit;

use crate::support::hall::{CLOSES, ENDS, Hall, OPENS, STARTS, raw};
use crate::support::moment;

#[tokio::test]
async fn the_window_opens_and_closes_to_the_millisecond() {
    let hall = Hall::open().await;
    let people = hall.crowd(4).await;
    hall.at(OPENS, -1);
    assert_eq!(hall.refused(hall.scan(people[0])).await, "not_open_yet");
    hall.at(OPENS, 0);
    assert_eq!(hall.sign_in(people[0]).await.position, 1);
    hall.at(CLOSES, 0);
    assert_eq!(hall.sign_in(people[1]).await.position, 2);
    hall.at(CLOSES, 1);
    assert_eq!(hall.refused(hall.scan(people[2])).await, "window_closed");
    assert_eq!(hall.sign_in(people[1]).await.outcome, Outcome::Already);
    hall.is_clean().await;
}

// Edge case 6: scanned before the opening; the ticket waits with its owner.
#[tokio::test]
async fn who_scans_early_is_told_when_and_let_in_at_the_opening_with_the_same_ticket() {
    let hall = Hall::with(|draft| draft.code_kind = CodeKind::Rotating).await;
    let jiang = hall.person("江一帆", "市金融办", "13812346021").await;
    let scanned_at = hall.at("2026-09-19 07:30", 0);
    let mut attempt = hall.scan(jiang);
    attempt.ticket = Some(Ticket::new(hall.id, scanned_at).nonce);
    match hall.try_in(attempt.clone()).await {
        Err(Refusal::NotOpenYet(opens)) => assert_eq!(opens, "08:00"),
        other => panic!("{other:?}"),
    }
    hall.at(OPENS, 0);
    assert_eq!(hall.try_in(attempt).await.unwrap().outcome, Outcome::Ok);
}

// Edge case 7: scanned one second before the end, the form finished after it.
#[tokio::test]
async fn the_time_of_the_scan_decides_and_is_kept() {
    let hall = Hall::with(|draft| draft.code_kind = CodeKind::Rotating).await;
    let jiang = hall.person("江一帆", "市金融办", "13812346021").await;
    let scanned_at = hall.at(CLOSES, -1000);
    let keys = &hall.base.keys;
    let sealed = Ticket::new(hall.id, scanned_at).seal(keys);
    let now = hall.at(CLOSES, 5 * 60_000);
    let ticket = Ticket::open(keys, hall.id, &sealed, moment(OPENS), now).unwrap();
    let mut attempt = hall.scan(jiang);
    (attempt.scanned_at, attempt.ticket) = (ticket.scanned_at, Some(ticket.nonce));
    let done = hall.try_in(attempt).await.unwrap();
    assert_eq!((done.outcome, done.at), (Outcome::Ok, now));
    let event = hall.events().await.remove(0);
    assert_eq!(event.scanned_at, scanned_at);
}

// Scanned before the start, the form finished after it: on time, wherever it is counted or shown.
#[tokio::test]
async fn who_scanned_before_the_start_is_on_time_however_long_the_form_took() {
    let hall = Hall::of_roster(&[
        ("江一帆", "市金融办", "13812346021"),
        ("王海", "市教育局", "13812346022"),
        ("李梅", "市教育局", "13812346023"),
    ])
    .await;
    let jiang = hall.person("江一帆", "市金融办", "13812346021").await;
    let wang = hall.person("王海", "市教育局", "13812346022").await;
    let li = hall.person("李梅", "市教育局", "13812346023").await;
    let in_time = hall.at(STARTS, 0);
    let too_late = hall.at(STARTS, 1);
    hall.at(STARTS, 3 * 60_000);
    let mut people = Vec::new();
    for (person, scanned_at) in [(jiang, in_time), (wang, too_late), (li, hall.clock.now())] {
        let done = hall.try_in(Attempt { scanned_at, ..hall.scan(person) }).await.unwrap();
        people.push(done);
    }
    let now = hall.snapshot().await;
    assert_eq!((now.present, now.late), (3, 2));
    assert_eq!(now.latest.iter().map(|one| one.late).collect::<Vec<_>>(), [true, true, false]);
    let meeting = hall.meeting().await;
    let late = people_list::list(&hall.base, &meeting, Filter::Late, "", 1).await.unwrap();
    assert_eq!((late.found, late.counts.late), (2, 2));
    let lines = sheet::Content::read(&hall.base, &meeting).await.unwrap().lines;
    let of = |name: &str| lines.iter().find(|line| line.name == name).unwrap();
    assert_eq!((of("江一帆").class, of("江一帆").remark.as_str()), ("准时", "09:00:00 扫码"));
    assert_eq!(of("王海").class, "迟到");
    hall.is_clean().await;
    // Taken back and restored, the scan still decides.
    let undone = hall.undo(people[0].event).await.unwrap();
    hall.undo(undone).await.unwrap();
    assert_eq!(hall.snapshot().await.late, 2);
    hall.is_clean().await;
}

#[tokio::test]
async fn a_rotating_meeting_wants_a_fresh_scan_and_one_scan_serves_one_person() {
    let hall = Hall::with(|draft| draft.code_kind = CodeKind::Rotating).await;
    let people = hall.crowd(3).await;
    assert_eq!(hall.refused(hall.scan(people[0])).await, "code_expired");
    let ticket = Ticket::new(hall.id, hall.clock.now()).nonce;
    let with_ticket = |person| {
        let mut attempt = hall.scan(person);
        attempt.ticket = Some(ticket.clone());
        attempt
    };
    // Edge case 20: a colleague's phone is no second person's, not even in the same moment.
    let both = hall.all_at_once(vec![with_ticket(people[0]), with_ticket(people[1])]).await;
    assert!(both[0].is_ok());
    assert!(matches!(both[1], Err(Refusal::CodeReused)));
    assert_eq!(hall.refused(with_ticket(people[1])).await, "code_reused");
    assert_eq!(hall.refused(with_ticket(people[2])).await, "code_reused");
    // The organiser finds it in the log, once however often it is tried.
    let log = yishiting::meeting::journal::of_meeting(&hall.base, hall.id).await.unwrap();
    let refused: Vec<_> = log.iter().filter(|line| line.action == "attendance.code_reused").collect();
    assert_eq!(refused.len(), 1, "{log:#?}");
    assert_eq!((refused[0].name.as_deref(), refused[0].detail.as_str()), (Some("代表1"), "代表0"));
    hall.is_clean().await;
    assert_eq!(hall.try_in(with_ticket(people[0])).await.unwrap().outcome, Outcome::Already);
    let mut spoken = hall.scan(people[2]);
    spoken.source = Source::ShortCode;
    assert_eq!(hall.try_in(spoken).await.unwrap().position, 2);
}

// Edge case 8: after the end. Edge case 9: the organiser extends the window; it holds at once and is on record.
#[tokio::test]
async fn an_extended_window_holds_at_once_and_is_written_down() {
    let hall = Hall::open().await;
    let jiang = hall.person("江一帆", "市金融办", "13812346021").await;
    hall.at("2026-09-19 09:20", 0);
    match hall.try_in(hall.scan(jiang)).await {
        Err(Refusal::WindowClosed(closed)) => assert_eq!(closed, "09:15"),
        other => panic!("{other:?}"),
    }
    let meeting = hall.meeting().await;
    let mut draft = crate::support::hall::draft_of(&meeting);
    draft.closes_at = moment("2026-09-19 09:30");
    edit::update(&hall.base, hall.id, draft, Some(meeting.updated_at), "chen").await.unwrap();
    assert_eq!(hall.sign_in(jiang).await.position, 1);
    let audit = audit::newest(&hall.base, Some(&hall.id.to_string()), 10).await.unwrap();
    let line = audit.iter().find(|line| line.action == "meeting.update").unwrap();
    assert!(line.detail.contains("closes_at") && line.detail.contains("01:30:00"), "{}", line.detail);
}

// Edge case 10: the start is moved after people signed in.
#[tokio::test]
async fn a_moved_start_classes_everybody_anew_and_loses_nobody() {
    let hall = Hall::open().await;
    hall.import(&[("江一帆", "市金融办", "13812346021"), ("王海", "市教育局", "13812346022")]).await;
    hall.at(STARTS, 60_000);
    hall.sign_in(hall.person("江一帆", "市金融办", "13812346021").await).await;
    assert_eq!(hall.snapshot().await.late, 1);
    let mut draft = crate::support::hall::draft_of(&hall.meeting().await);
    draft.starts_at = moment("2026-09-19 09:30");
    edit::update(&hall.base, hall.id, draft, None, "chen").await.unwrap();
    let now = hall.snapshot().await;
    assert_eq!((now.late, now.present, now.absent), (0, 1, 1));
    hall.is_clean().await;
}

// Edge case 11: cancelled while the code is on the screen; and the end.
#[tokio::test]
async fn a_cancelled_or_closed_meeting_lets_nobody_in_but_keeps_who_came() {
    let hall = Hall::open().await;
    let people = hall.crowd(3).await;
    hall.sign_in(people[0]).await;
    hall.set_state(State::Cancelled).await;
    assert_eq!(hall.refused(hall.scan(people[1])).await, "meeting_cancelled");
    let mut by_staff = hall.scan(people[1]);
    by_staff.source = Source::Staff;
    assert_eq!(hall.refused(by_staff).await, "meeting_cancelled");
    hall.set_state(State::Closed).await;
    assert_eq!(hall.refused(hall.scan(people[1])).await, "meeting_ended");
    hall.set_state(State::Active).await;
    assert_eq!(hall.sign_in(people[1]).await.position, 2);
    assert_eq!(hall.snapshot().await.present, 2);
}

// Edge case 12: the code of another meeting. Edge case 13: two meetings at once.
#[tokio::test]
async fn the_wrong_room_is_told_from_the_right_one() {
    let hall = Hall::of_roster(&[("王海", "市教育局", "13812346022")]).await;
    let own = hall.another(|draft| {
        draft.title = "安全生产会".to_string();
        draft.place = "3 号楼 201".to_string();
        draft.policy = Policy::Roster;
    });
    let own = own.await;
    let jiang = hall.person("江一帆", "市金融办", "13812346021").await;
    assert_eq!(hall.refused(hall.scan(jiang)).await, "not_on_roster");
    let rows = raw(&[("江一帆", "市金融办", "13812346021")]);
    yishiting::meeting::roster::import(&hall.base, own, rows, Default::default(), false, "chen")
        .await
        .unwrap();
    match hall.try_in(hall.scan(jiang)).await {
        Err(Refusal::WrongMeeting { scanned, own, place }) => {
            assert_eq!((own.as_str(), place.as_str()), ("安全生产会", "3 号楼 201"));
            assert_eq!(scanned, "全市数字化改革推进会");
        }
        other => panic!("{other:?}"),
    }
    hall.import(&[("江一帆", "市金融办", "13812346021")]).await;
    let mut there = hall.scan(jiang);
    there.meeting = own;
    assert_eq!(hall.sign_in(jiang).await.position, 1);
    assert_eq!(hall.try_in(there).await.unwrap().position, 1);
}

// Edge case 14: not on the roster of an open meeting: let in, outside 应到.
#[tokio::test]
async fn somebody_unplanned_is_let_in_where_anybody_may_and_never_counts_as_expected() {
    let hall = Hall::open().await;
    hall.import(&[("王海", "市教育局", "13812346022")]).await;
    let jiang = hall.person("江一帆", "市金融办", "13812346021").await;
    hall.sign_in(jiang).await;
    let now = hall.snapshot().await;
    assert_eq!((now.expected, now.present, now.absent, now.others), (1, 0, 1, 1));
}

// Edge case 48: a correction after the end has its reason, and its own source.
#[tokio::test]
async fn after_the_end_only_an_organiser_makes_up_with_a_reason() {
    let hall = Hall::of_roster(&[("江一帆", "市金融办", "13812346021")]).await;
    let jiang = hall.person("江一帆", "市金融办", "13812346021").await;
    let act = |reason| Act { op: Uuid::now_v7(), actor: "chen", reason };
    // Ended early by the organiser: as over as by the clock.
    hall.set_state(State::Closed).await;
    let refused = by_hand::sign_in(&hall.meetings, &hall.meeting().await, jiang, act(" ")).await;
    assert!(matches!(refused, Err(by_hand::ByHandError::NoReason)), "{refused:?}");
    hall.at(ENDS, 60_000);
    let done = by_hand::sign_in(&hall.meetings, &hall.meeting().await, jiang, act("纸质签到表有签名")).await;
    assert_eq!(done.unwrap().position, 1);
    let event = hall.events().await.remove(0);
    assert_eq!((event.source.as_str(), event.reason.as_deref()), ("make_up", Some("纸质签到表有签名")));
    let now = hall.snapshot().await;
    assert_eq!((now.present, now.late, now.absent), (1, 0, 0));
}

// Edge case 35: a meeting over midnight. Edge case 36: the phone's clock is never asked.
#[tokio::test]
async fn a_meeting_over_midnight_is_one_meeting() {
    let hall = Hall::with(|draft| {
        draft.starts_at = moment("2026-09-19 23:00");
        draft.ends_at = moment("2026-09-20 02:00");
        draft.opens_at = moment("2026-09-19 22:00");
        draft.closes_at = moment("2026-09-20 00:30");
    })
    .await;
    let people = hall.crowd(3).await;
    hall.at("2026-09-19 23:59", 59_999);
    assert_eq!(hall.sign_in(people[0]).await.position, 1);
    hall.at("2026-09-20 00:00", 0);
    assert_eq!(hall.sign_in(people[1]).await.position, 2);
    hall.at("2026-09-20 00:30", 1);
    assert_eq!(hall.refused(hall.scan(people[2])).await, "window_closed");
    assert_eq!(hall.snapshot().await.present, 2);
}

#[tokio::test]
async fn forged_codes_and_codes_of_other_meetings_open_nothing() {
    let hall = Hall::with(|draft| draft.code_kind = CodeKind::Rotating).await;
    let second = hall.another(|draft| draft.code_kind = CodeKind::Rotating).await;
    let (keys, now) = (&hall.base.keys, hall.clock.now());
    let (slot, mac) = venue_code::rotating(keys, hall.id, now);
    assert!(venue_code::check_rotating(keys, hall.id, slot, &mac, now).is_ok());
    assert!(matches!(venue_code::check_rotating(keys, second, slot, &mac, now), Err(Refusal::CodeInvalid)));
    let late = now + TimeDelta::seconds(31);
    assert!(matches!(venue_code::check_rotating(keys, hall.id, slot, &mac, late), Err(Refusal::CodeExpired)));
    let far = venue_code::check_rotating(keys, hall.id, i64::MIN, &mac, now);
    assert!(matches!(far, Err(Refusal::CodeInvalid)));
    let unknown = hall.scan(Uuid::now_v7());
    assert_eq!(hall.refused(unknown).await, "needs_binding");
    let mut nowhere = hall.scan(hall.crowd(1).await[0]);
    nowhere.meeting = Uuid::now_v7();
    assert_eq!(hall.refused(nowhere).await, "meeting_not_found");
}
