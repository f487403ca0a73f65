//! Reminders by the clock: a day before, an hour before, ten minutes after; moved and cancelled meetings; the night.

use chrono::TimeDelta;
use uuid::Uuid;
use yishiting::meeting::edit;
use yishiting::meeting::model::State as MeetingState;
use yishiting::meeting::reminder::model::Kind;
use yishiting::meeting::reminder::{self, Ask, Plan};

use super::{Guest, Room, TEMPLATE};
use crate::support::hall::draft_of;
use crate::support::moment;

/// On Monday the 21st at 09:00; it is Saturday 08:30.
async fn coming(people: usize) -> (Room, Vec<Guest>) {
    let room = Room::with(&[TEMPLATE], |draft| {
        let by = TimeDelta::days(2);
        draft.starts_at += by;
        draft.ends_at += by;
        draft.opens_at += by;
        draft.closes_at += by;
    })
    .await;
    room.seats(people).await;
    let guests = room.guests(people).await;
    (room, guests)
}

impl Room {
    /// Goes to a wall time, does what is due there and lets it go out.
    async fn live_until(&self, wall: &str) {
        self.hall.at(wall, 0);
        for _ in 0..3 {
            self.hall.app.run_jobs().await;
            self.hall.clock.advance(TimeDelta::seconds(2));
        }
    }

    async fn kinds(&self) -> Vec<Kind> {
        let mut kinds: Vec<Kind> = self.reminders().await.into_iter().map(|one| one.kind).collect();
        kinds.reverse();
        kinds
    }

    async fn move_to(&self, wall: &str) {
        let meeting = self.hall.meeting().await;
        let by = moment(wall) - meeting.starts_at;
        let mut draft = draft_of(&meeting);
        draft.starts_at += by;
        draft.ends_at += by;
        draft.opens_at += by;
        draft.closes_at += by;
        edit::update(&self.hall.base, self.hall.id, draft, None, "chen").await.unwrap();
    }
}

#[tokio::test]
async fn a_meeting_reminds_by_itself_a_day_an_hour_and_ten_minutes_around_its_start() {
    let (room, guests) = coming(2).await;
    room.live_until("2026-09-20 08:59").await;
    assert_eq!(room.kinds().await, []);
    room.live_until("2026-09-20 09:00").await;
    room.live_until("2026-09-21 08:00").await;
    room.hall.at("2026-09-21 08:30", 0);
    room.hall.sign_in(guests[0].person).await;
    room.live_until("2026-09-21 09:10").await;
    room.live_until("2026-09-21 09:30").await;
    assert_eq!(room.kinds().await, [Kind::DayBefore, Kind::HourBefore, Kind::NotSignedIn]);
    assert_eq!(room.all_got(&guests).await, [2, 3]);
}

#[tokio::test]
async fn a_moved_meeting_reminds_by_its_new_time_and_tells_those_who_knew() {
    let (room, guests) = coming(2).await;
    room.live_until("2026-09-20 09:00").await;
    room.move_to("2026-09-23 09:00").await;
    room.live_until("2026-09-20 09:30").await;
    assert_eq!(room.kinds().await, [Kind::DayBefore, Kind::Changed]);
    room.live_until("2026-09-21 08:00").await;
    room.live_until("2026-09-21 09:10").await;
    assert_eq!(room.kinds().await.len(), 2, "nothing at the old time");
    room.live_until("2026-09-22 09:00").await;
    room.live_until("2026-09-23 08:00").await;
    assert_eq!(room.kinds().await, [Kind::DayBefore, Kind::Changed, Kind::DayBefore, Kind::HourBefore]);
    assert_eq!(room.all_got(&guests).await, [4, 4]);
}

#[tokio::test]
async fn a_cancelled_meeting_tells_so_and_reminds_no_more() {
    let (room, guests) = coming(1).await;
    room.hall.set_state(MeetingState::Cancelled).await;
    room.live_until("2026-09-19 09:00").await;
    assert_eq!(room.kinds().await, [Kind::Cancelled]);
    for wall in ["2026-09-20 09:00", "2026-09-21 08:00", "2026-09-21 09:10"] {
        room.live_until(wall).await;
    }
    assert_eq!(room.kinds().await.len(), 1);
    assert_eq!(room.all_got(&guests).await, [1]);
    assert!(room.try_remind(Kind::NotSignedIn, Uuid::now_v7()).await.is_err());
}

#[tokio::test]
async fn what_an_organiser_switched_off_stays_silent() {
    let (room, guests) = coming(1).await;
    let plan =
        Plan { day_before: false, hour_before: true, after_start: false, on_change: false, on_vote: true };
    reminder::set_plan(&room.hall.base, room.hall.id, plan, "chen").await.unwrap();
    for wall in ["2026-09-20 09:00", "2026-09-21 08:00", "2026-09-21 09:10"] {
        room.live_until(wall).await;
    }
    room.hall.set_state(MeetingState::Cancelled).await;
    room.live_until("2026-09-21 09:20").await;
    assert_eq!(room.kinds().await, [Kind::HourBefore]);
    assert_eq!(room.all_got(&guests).await, [1]);
}

#[tokio::test]
async fn nobody_is_disturbed_at_night_unless_it_cannot_wait() {
    let (room, guests) = coming(1).await;
    room.hall.at("2026-09-19 23:00", 0);
    let placed = room.press().await;
    assert_eq!(placed.postponed, Some(moment("2026-09-20 07:00")));
    room.live_until("2026-09-20 06:59").await;
    assert_eq!(room.all_got(&guests).await, [0]);
    room.live_until("2026-09-20 07:00").await;
    assert_eq!(room.all_got(&guests).await, [1]);

    room.hall.at("2026-09-20 23:00", 0);
    let ask = Ask { op: Uuid::now_v7(), actor: "chen", urgent: true };
    let urgent = reminder::remind(&room.hall.base, room.hall.id, Kind::NotSignedIn, ask).await.unwrap();
    assert_eq!(urgent.postponed, None);
    room.settle(urgent.id).await;
    assert_eq!(room.all_got(&guests).await.first(), room.all_got(&guests).await.last());
    assert!(room.all_got(&guests).await[0] >= 2);
}

#[tokio::test]
async fn a_meeting_at_dawn_does_not_wait_for_the_morning() {
    let (room, guests) = coming(1).await;
    room.move_to("2026-09-20 06:30").await;
    room.hall.at("2026-09-20 05:20", 0);
    let placed = room.press().await;
    assert_eq!(placed.postponed, None);
    room.settle(placed.id).await;
    assert_eq!(room.all_got(&guests).await, [1]);
}

#[tokio::test]
async fn everybody_on_the_roster_is_invited_whoever_is_there_already() {
    let (room, guests) = coming(2).await;
    let placed = room.try_remind(Kind::Invitation, Uuid::now_v7()).await.unwrap();
    room.settle(placed.id).await;
    let again = room.try_remind(Kind::Materials, Uuid::now_v7()).await.unwrap();
    assert_eq!(again.counts.skipped, 0, "news are told at once");
    room.settle(again.id).await;
    assert_eq!(room.all_got(&guests).await, [2, 2]);
}
