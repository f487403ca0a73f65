use chrono::DateTime;
use proptest::prelude::*;

use super::*;
use crate::meeting::leave::model::LeaveState;
use crate::meeting::model::{EntryStatus, Presence, roster_entry};
use crate::meeting::people_list::Filter;
use crate::meeting::statistics::narrow::Narrow;
use crate::meeting::testing::a_meeting;

fn start() -> Instant {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

/// What may be true of one person.
#[derive(Clone, Debug)]
struct Someone {
    unit: u8,
    /// On the roster as what, and whether still.
    entry: Option<(usize, bool)>,
    /// Seconds from the start to the scan, from the scan to the end; how; undone.
    came: Option<(i64, i64, usize, bool)>,
    /// Seconds from the start to going out for good.
    left: Option<i64>,
    leave: Option<LeaveState>,
}

const ROLES: [Role; 4] = [Role::Attendee, Role::Observer, Role::Guest, Role::Staff];
const SOURCES: [Source; 5] = [Source::Scan, Source::ShortCode, Source::Helper, Source::Staff, Source::MakeUp];

const STATES: [LeaveState; 4] =
    [LeaveState::Asked, LeaveState::Approved, LeaveState::Rejected, LeaveState::Withdrawn];

fn someone() -> impl Strategy<Value = Someone> {
    let entry = proptest::option::weighted(0.8, (0..ROLES.len(), proptest::bool::weighted(0.9)));
    let came = proptest::option::weighted(
        0.7,
        (-3600..7200_i64, 0..120_i64, 0..SOURCES.len(), proptest::bool::weighted(0.1)),
    );
    let left = proptest::option::weighted(0.3, 0..7200_i64);
    let leave = proptest::option::weighted(0.3, 0..STATES.len()).prop_map(|at| at.map(|at| STATES[at]));
    (0..5_u8, entry, came, left, leave).prop_map(|(unit, entry, came, left, leave)| Someone {
        unit,
        entry,
        came,
        left,
        leave,
    })
}

/// As the database gives them: who is neither on the roster nor in the log is nobody.
fn rows(meeting: &meeting::Model, people: &[Someone]) -> Vec<Row> {
    let roster = people.iter().any(|one| one.entry.is_some_and(|(_, active)| active));
    people
        .iter()
        .zip(0..)
        .filter(|(one, _)| one.came.is_some() || one.entry.is_some_and(|(_, active)| active))
        .map(|(one, rank)| {
            let (person, unit) = (Uuid::now_v7(), format!("第{}局", one.unit));
            let entry = one.entry.map(|(role, active)| roster_entry::Model {
                id: Uuid::now_v7(),
                meeting_id: meeting.id,
                person_id: person,
                name: "某人".to_string(),
                unit: unit.clone(),
                role: ROLES[role].word().to_string(),
                seat: None,
                rank,
                votes: role == 0,
                status: if active { EntryStatus::Active } else { EntryStatus::Withdrawn }.word().to_string(),
                created_at: meeting.created_at,
            });
            let attendance = one.came.map(|(scan, takes, source, undone)| attendance::Model {
                meeting_id: meeting.id,
                person_id: person,
                status: match (undone, one.left) {
                    (true, _) => Presence::Undone,
                    (false, Some(_)) => Presence::Away,
                    (false, None) => Presence::In,
                }
                .word()
                .to_string(),
                position: i64::from(rank) + 1,
                at: meeting.starts_at + TimeDelta::seconds(scan + takes),
                scanned_at: Some(meeting.starts_at + TimeDelta::seconds(scan)),
                source: SOURCES[source].word().to_string(),
                left_at: one.left.map(|left| meeting.starts_at + TimeDelta::seconds(left)),
                event_id: Uuid::now_v7(),
                name: "某人".to_string(),
                unit: unit.clone(),
                place: None,
            });
            let (name, leave) = ("某人".to_string(), one.leave);
            Row { person, name, unit, entry, attendance, leave, roster, phone: String::new() }
        })
        .collect()
}

proptest! {
    #[test]
    fn the_figures_of_any_meeting_add_up(people in proptest::collection::vec(someone(), 0..60), over: bool) {
        let meeting = a_meeting(start());
        let now = if over { meeting.ends_at + TimeDelta::seconds(1) } else { meeting.ends_at };
        let rows = rows(&meeting, &people);
        let told = Statistics::count(&meeting, &rows, 0, now);
        let there = rows.iter().filter(|row| row.is_in()).count() as i64;
        if told.has_roster {
            prop_assert_eq!(told.expected, told.present + told.leave + told.absent);
            prop_assert!(told.absent >= 0);
            prop_assert_eq!(told.present + told.outside.total(), there);
        } else {
            prop_assert_eq!((told.expected, told.absent, told.outside.total()), (0, 0, 0));
            prop_assert_eq!(told.present, there);
            prop_assert_eq!(told.rate_permille, None);
        }
        prop_assert!(told.late + told.made_up <= told.present);
        prop_assert!(told.leave >= 0 && told.away + told.left_early <= told.present);
        prop_assert!(told.away == 0 || told.left_early == 0, "away while it goes on, left early when it is over");
        prop_assert!(told.substitutes <= told.present);
        prop_assert_eq!(told.late_bands.iter().map(|band| band.count).sum::<i64>(), told.late);
        let unit = |of: fn(&UnitCount) -> i64| told.by_unit.iter().map(of).sum::<i64>();
        prop_assert_eq!(unit(|unit| unit.expected), told.expected);
        prop_assert_eq!(unit(|unit| unit.present), told.present);
        prop_assert_eq!(unit(|unit| unit.absent), told.absent);
        prop_assert_eq!(unit(|unit| unit.leave), told.leave);
        prop_assert_eq!(unit(|unit| unit.late), told.late);
        prop_assert_eq!(told.by_source.iter().map(|source| source.count).sum::<i64>(), there);
        let made_up = rows.iter().filter(|row| row.is_in() && row.attendance.as_ref().unwrap().source == "make_up");
        let arrived = told.arrivals.iter().map(|arrival| arrival.count).sum::<i64>();
        prop_assert_eq!(arrived + made_up.count() as i64, there);
        prop_assert!(told.arrivals.iter().all(|one| one.count <= told.peak.as_ref().unwrap().count));
        prop_assert!(told.median_at <= told.p95_at && told.door_median_ms <= told.door_p95_ms);
        if told.rate_permille.is_some_and(|rate| rate > 1000) {
            prop_assert!(false, "nobody is present who is not expected");
        }
    }

    #[test]
    fn every_figure_is_as_long_as_the_list_behind_it(people in proptest::collection::vec(someone(), 0..60), over: bool) {
        let meeting = a_meeting(start());
        let now = if over { meeting.ends_at + TimeDelta::seconds(1) } else { meeting.ends_at };
        let rows = rows(&meeting, &people);
        let told = Statistics::count(&meeting, &rows, 0, now);
        let behind = |narrow: Narrow, present: bool| {
            let shown = rows.iter().filter(|row| narrow.admits(&meeting, row) && (row.is_in() || !present));
            shown.count() as i64
        };
        for source in &told.by_source {
            let narrow = Narrow { source: source.source.to_string(), ..Narrow::default() };
            prop_assert_eq!(behind(narrow, true), source.count);
        }
        for band in &told.late_bands {
            let narrow = Narrow { band: band.band.word().to_string(), ..Narrow::default() };
            prop_assert_eq!(behind(narrow, true), band.count);
        }
        for arrival in &told.arrivals {
            let narrow = Narrow { minute: Some(arrival.minute.timestamp() / 60), ..Narrow::default() };
            prop_assert_eq!(behind(narrow, true), arrival.count);
        }
        for role in &told.by_role {
            let narrow = Narrow { role: role.role.to_string(), ..Narrow::default() };
            prop_assert_eq!(behind(narrow.clone(), false), role.planned);
            prop_assert_eq!(behind(narrow, true), role.present);
        }
        let unplanned = Narrow { role: "unplanned".to_string(), ..Narrow::default() };
        prop_assert_eq!(behind(unplanned, true), told.outside.unplanned);
        for unit in &told.by_unit {
            let narrow = Narrow { unit: unit.unit.clone(), role: "counted".to_string(), ..Narrow::default() };
            prop_assert_eq!(behind(narrow, true), unit.present);
        }
        let listed = |filter: Filter| rows.iter().filter(|row| filter.shows(&meeting, row, now)).count() as i64;
        prop_assert_eq!(listed(Filter::Leave), told.leave);
        prop_assert_eq!(listed(Filter::Missing), told.absent);
        prop_assert_eq!(listed(Filter::Away), told.away);
        prop_assert_eq!(listed(Filter::LeftEarly), told.left_early);
        prop_assert_eq!(listed(Filter::Late), told.late);
    }
}

#[test]
fn a_meeting_that_nobody_came_to_and_nobody_was_asked_to_has_figures_too() {
    let told = Statistics::count(&a_meeting(start()), &[], 0, start());
    assert_eq!((told.expected, told.present, told.absent), (0, 0, 0));
    assert_eq!((told.rate_permille, told.median_at, told.peak, told.door_p95_ms), (None, None, None, None));
}

#[test]
fn the_bands_of_lateness_hold_their_upper_ends() {
    let minutes = |text: i64| Band::of(TimeDelta::milliseconds(text * 60_000));
    assert_eq!([minutes(1), minutes(5)], [Band::Within5; 2]);
    assert_eq!(Band::of(TimeDelta::milliseconds(5 * 60_000 + 1)), Band::Within15);
    assert_eq!([minutes(15), minutes(16)], [Band::Within15, Band::More]);
}

#[test]
fn a_share_is_rounded_but_never_to_all_or_nothing() {
    assert_eq!(percent(171, 210).as_deref(), Some("81.4%"));
    assert_eq!(percent(4999, 5000).as_deref(), Some("99.9%"));
    assert_eq!(percent(1, 5000).as_deref(), Some("0.1%"));
    assert_eq!((percent(5, 5).as_deref(), percent(0, 5).as_deref()), (Some("100.0%"), Some("0.0%")));
    assert_eq!(percent(0, 0), None);
}

#[test]
fn of_a_hundred_arrivals_the_ninety_fifth_is_named() {
    let numbers: Vec<i64> = (1..=100).collect();
    assert_eq!((share(&numbers, 50), share(&numbers, 95)), (Some(50), Some(95)));
    assert_eq!((share(&[7], 50), share(&[7], 95)), (Some(7), Some(7)));
}
