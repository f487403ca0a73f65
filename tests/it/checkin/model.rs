//! Random days at the door, held against a model of ten lines.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use uuid::Uuid;
use yishiting::base::clock::Instant;
use yishiting::base::error::Coded;
use yishiting::meeting::attendance::TOLERANCE;
use yishiting::meeting::attendance::presence::{self, Standing};
use yishiting::meeting::checkin::{Attempt, Step as Walk, step_out};
use yishiting::meeting::leave;
use yishiting::meeting::model::{EntryStatus, Source, State};
use yishiting::meeting::roster::{self, Missing, RawRow};

use crate::support::hall::{CLOSES, ENDS, Hall, OPENS, op};
use crate::support::moment;

const PEOPLE: usize = 6;

#[derive(Clone, Debug)]
enum Step {
    Scan(usize),
    Staff(usize),
    /// Sends an earlier attempt again.
    Again(usize),
    /// Takes back an earlier event, whichever it was.
    Undo(usize),
    /// Out of the room, or back into it.
    Walk(usize, bool),
    /// Has leave from now on, or has none.
    Leave(usize, bool),
    /// The roster is now these people; the others are moved out unless signed in.
    Roster(Vec<usize>),
    Minutes(i64),
    Become(State),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..PEOPLE).prop_map(Step::Scan),
        2 => (0..PEOPLE).prop_map(Step::Staff),
        3 => any::<usize>().prop_map(Step::Again),
        3 => any::<usize>().prop_map(Step::Undo),
        3 => (0..PEOPLE, any::<bool>()).prop_map(|(person, out)| Step::Walk(person, out)),
        2 => (0..PEOPLE, any::<bool>()).prop_map(|(person, has)| Step::Leave(person, has)),
        1 => prop::collection::btree_set(0..PEOPLE, 1..PEOPLE)
            .prop_map(|chosen| Step::Roster(chosen.into_iter().collect())),
        1 => (1_i64..40).prop_map(Step::Minutes),
        1 => prop_oneof![
            4 => Just(Step::Become(State::Active)),
            1 => Just(Step::Become(State::Closed)),
            1 => Just(Step::Become(State::Cancelled)),
        ],
    ]
}

/// What ought to be so.
#[derive(Default)]
struct Model {
    state: Option<State>,
    /// Position, whether in, and the event that says so.
    rows: BTreeMap<usize, (i64, bool, Uuid)>,
    given: i64,
    /// Operation ids that left an event.
    done: BTreeSet<String>,
    /// Event → the event that undid it.
    undone: HashMap<Uuid, Uuid>,
    roster: BTreeSet<usize>,
    /// Since when whoever is signed in, or was, is out of the room.
    away: BTreeMap<usize, Instant>,
    leave: BTreeSet<usize>,
}

impl Model {
    fn is_in(&self, person: usize) -> bool {
        self.rows.get(&person).is_some_and(|(_, inside, _)| *inside)
    }

    fn is_over(&self, now: Instant) -> bool {
        match self.state.unwrap_or(State::Active) {
            State::Active => now > moment(ENDS),
            State::Closed => true,
            State::Cancelled => false,
        }
    }

    fn standing(&self, person: usize) -> Standing {
        match (self.is_in(person), self.away.contains_key(&person)) {
            (true, false) => Standing::In,
            (true, true) => Standing::Away,
            (false, _) if self.leave.contains(&person) => Standing::OnLeave,
            (false, _) => Standing::Absent,
        }
    }

    /// The code that a step over the threshold must come to.
    fn expect_walk(&self, person: usize, out: bool, now: Instant) -> &'static str {
        match () {
            () if !self.is_in(person) => "not_signed_in",
            () if self.state == Some(State::Cancelled) => "meeting_cancelled",
            () if self.away.contains_key(&person) == out => "already",
            () if self.is_over(now) => "meeting_ended",
            () => "ok",
        }
    }

    /// The code that an attempt must come to.
    fn expect(&self, person: usize, attempt: &Attempt, now: Instant) -> &'static str {
        let known = self.done.contains(&attempt.op_id);
        let state = self.state.unwrap_or(State::Active);
        match () {
            () if known && self.is_in(person) => "replayed",
            () if state == State::Cancelled => "meeting_cancelled",
            () if self.standing(person) == Standing::Away
                && attempt.source == Source::Scan
                && !self.is_over(now) =>
            {
                "returned"
            }
            () if self.is_in(person) => "already",
            () if attempt.source == Source::Scan && now < moment(OPENS) => "not_open_yet",
            () if attempt.source == Source::Scan && attempt.scanned_at > moment(CLOSES) => "window_closed",
            () if attempt.source == Source::Scan && state == State::Closed => "meeting_ended",
            () if known => "op_conflict",
            () => "ok",
        }
    }
}

#[test]
fn any_day_at_the_door_comes_out_as_the_model_says() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let hall = runtime.block_on(Hall::open());
    let people = runtime.block_on(hall.crowd(PEOPLE));
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let days = prop::collection::vec(step(), 1..40);
    let outcome = TestRunner::new(config).run(&days, |day| runtime.block_on(live(&hall, &people, day)));
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    runtime.block_on(hall.is_clean());
}

async fn live(hall: &Hall, people: &[Uuid], day: Vec<Step>) -> Result<(), TestCaseError> {
    hall.at("2026-09-19 07:50", 0);
    let id = hall.another(|_| {}).await;
    let mut model = Model::default();
    let mut attempts: Vec<(usize, Attempt)> = Vec::new();
    let mut events: Vec<(usize, Uuid)> = Vec::new();
    for step in day {
        match step {
            Step::Scan(person) | Step::Staff(person) => {
                let mut attempt = hall.scan(people[person]);
                attempt.meeting = id;
                if matches!(step, Step::Staff(_)) {
                    attempt.source = Source::Staff;
                }
                attempts.push((person, attempt.clone()));
                tries(hall, &mut model, &mut events, person, attempt).await?;
            }
            Step::Again(which) if !attempts.is_empty() => {
                let (person, attempt) = attempts[which % attempts.len()].clone();
                tries(hall, &mut model, &mut events, person, attempt).await?;
            }
            Step::Undo(which) if !events.is_empty() => {
                let (person, event) = events[which % events.len()];
                takes_back(hall, id, &mut model, &mut events, person, event).await?;
            }
            Step::Walk(person, out) => walks(hall, id, &mut model, people, person, out).await?,
            Step::Leave(person, has) => takes_leave(hall, id, &mut model, people, person, has).await?,
            Step::Roster(chosen) => {
                let rows: Vec<_> = chosen.iter().map(|n| row(*n)).collect();
                roster::import(&hall.base, id, rows, Missing::MoveOut, false, "chen").await.unwrap();
                let kept: BTreeSet<usize> =
                    model.roster.iter().copied().filter(|person| model.is_in(*person)).collect();
                model.roster = chosen.into_iter().chain(kept).collect();
            }
            Step::Minutes(minutes) => hall.clock.advance(TimeDelta::minutes(minutes)),
            Step::Become(state) => {
                yishiting::meeting::edit::set_state(&hall.base, id, state, "chen").await.unwrap();
                model.state = Some(state);
            }
            Step::Again(_) | Step::Undo(_) => {}
        }
        counts(hall, id, &model).await?;
        stands(hall, id, &model, people).await?;
    }
    Ok(())
}

async fn walks(
    hall: &Hall,
    meeting: Uuid,
    model: &mut Model,
    people: &[Uuid],
    person: usize,
    out: bool,
) -> Result<(), TestCaseError> {
    let now = hall.clock.now();
    let expected = model.expect_walk(person, out, now);
    let walk = Walk { meeting, person: people[person], out, op_id: op(), staff: None, reason: None };
    let code = match step_out(&hall.base, &walk).await {
        Ok((stepped, _)) => stepped.code(),
        Err(refusal) => refusal.code(),
    };
    prop_assert_eq!(code, expected);
    if code == "ok" && out {
        model.away.insert(person, now);
    } else if code == "ok" {
        model.away.remove(&person);
    }
    Ok(())
}

async fn takes_leave(
    hall: &Hall,
    meeting: Uuid,
    model: &mut Model,
    people: &[Uuid],
    person: usize,
    has: bool,
) -> Result<(), TestCaseError> {
    if !has {
        let known = leave::withdraw(&hall.base, meeting, people[person], "chen").await;
        prop_assert!(known.is_ok() || !model.leave.contains(&person));
        model.leave.remove(&person);
        return Ok(());
    }
    let expected = match () {
        () if model.state == Some(State::Cancelled) => "meeting_cancelled",
        () if !model.roster.contains(&person) => "not_on_roster",
        () if model.is_in(person) => "leave_signed_in",
        () => "approved",
    };
    match leave::enter(&hall.base, meeting, people[person], "出差", "chen").await {
        Ok(row) => {
            prop_assert_eq!(row.state.as_str(), expected);
            model.leave.insert(person);
        }
        Err(error) => prop_assert_eq!(error.code(), expected),
    }
    Ok(())
}

/// A vote would see everybody of the roster where the model has them.
async fn stands(hall: &Hall, id: Uuid, model: &Model, people: &[Uuid]) -> Result<(), TestCaseError> {
    let members = presence::members(hall.base.db.read(), id).await.unwrap();
    prop_assert_eq!(members.len(), model.roster.len());
    for member in members {
        let person = people.iter().position(|id| *id == member.person).unwrap();
        prop_assert_eq!(member.standing, model.standing(person), "person {}", person);
    }
    Ok(())
}

async fn tries(
    hall: &Hall,
    model: &mut Model,
    events: &mut Vec<(usize, Uuid)>,
    person: usize,
    attempt: Attempt,
) -> Result<(), TestCaseError> {
    let expected = model.expect(person, &attempt, hall.clock.now());
    let op = attempt.op_id.clone();
    match hall.try_in(attempt).await {
        Ok(done) => {
            prop_assert_eq!(done.outcome.code(), expected);
            if expected == "ok" {
                model.given += 1;
                model.rows.insert(person, (model.given, true, done.event));
                model.away.remove(&person);
                events.push((person, done.event));
            }
            if expected == "returned" {
                model.away.remove(&person);
            }
            model.done.insert(op);
            prop_assert_eq!(done.position, model.rows[&person].0);
        }
        Err(refusal) => prop_assert_eq!(refusal.code(), expected),
    }
    Ok(())
}

async fn takes_back(
    hall: &Hall,
    meeting: Uuid,
    model: &mut Model,
    events: &mut Vec<(usize, Uuid)>,
    person: usize,
    event: Uuid,
) -> Result<(), TestCaseError> {
    let known = model.undone.get(&event).copied();
    let row = model.rows.get_mut(&person).unwrap();
    match yishiting::meeting::checkin::undo(&hall.meetings, meeting, event, "chen", "点错了").await {
        Ok(written) if known.is_some() => prop_assert_eq!(Some(written), known),
        Ok(written) => {
            prop_assert_eq!(row.2, event);
            (row.1, row.2) = (!row.1, written);
            model.undone.insert(event, written);
            events.push((person, written));
        }
        Err(refusal) => {
            prop_assert_eq!(refusal.code(), "nothing_to_undo");
            prop_assert!(known.is_none() && row.2 != event);
        }
    }
    Ok(())
}

/// 应到 = 实到 + 请假 + 缺席 wherever there is a roster, and every figure is the model's.
async fn counts(hall: &Hall, id: Uuid, model: &Model) -> Result<(), TestCaseError> {
    let now = yishiting::meeting::attendance::snapshot(&hall.base, id).await.unwrap().unwrap();
    let inside: BTreeSet<usize> = (0..PEOPLE).filter(|person| model.is_in(*person)).collect();
    if model.roster.is_empty() {
        prop_assert_eq!((now.expected, now.present, now.others), (0, inside.len() as i64, 0));
    } else {
        let present = inside.intersection(&model.roster).count() as i64;
        prop_assert_eq!(now.expected, now.present + now.leave + now.absent);
        prop_assert_eq!((now.expected, now.present), (model.roster.len() as i64, present));
        let leave = model.roster.iter().filter(|person| model.standing(**person) == Standing::OnLeave);
        prop_assert_eq!(now.leave, leave.count() as i64);
        prop_assert_eq!(now.others, inside.len() as i64 - present);
    }
    let by_unit: i64 = now.by_unit.iter().map(|unit| unit.present).sum();
    prop_assert_eq!(by_unit, now.present);
    let arrived: i64 = now.arrivals.iter().map(|arrival| arrival.count).sum();
    prop_assert_eq!(arrived, inside.len() as i64);
    prop_assert!(now.late <= now.present);
    let over = model.is_over(hall.clock.now());
    let last = moment(ENDS) - TOLERANCE;
    let counted = |person: &usize| model.roster.is_empty() || model.roster.contains(person);
    let away = inside.iter().filter(|person| counted(person) && !over);
    let away = away.filter(|person| model.away.get(person).is_some_and(|left| *left < last));
    prop_assert_eq!(now.away, away.count() as i64);
    let entries = roster::all(hall.base.db.read(), id).await.unwrap();
    let living = entries.iter().filter(|entry| entry.status == EntryStatus::Active.word()).count();
    prop_assert_eq!(living, model.roster.len());
    Ok(())
}

/// The same people as [`Hall::crowd`] makes.
fn row(n: usize) -> RawRow {
    RawRow {
        name: format!("代表{n}"),
        unit: format!("第{}局", n % 7),
        phone: format!("139{n:08}"),
        ..RawRow::default()
    }
}
