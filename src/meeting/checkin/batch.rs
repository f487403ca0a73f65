//! One transaction for the attempts of one meeting.

use std::collections::HashMap;
use std::sync::Arc;

use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, JoinType, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::door::Waiting;
use super::lookup::{self, Person};
use super::reused;
use super::rule::{Decision, Standing, decide};
use super::step_out::step;
use super::{Attempt, CheckIn, Outcome, Refusal, Who};
use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::db::whole;
use crate::base::privacy::digest;
use crate::meeting::attendance::announce;
use crate::meeting::model::{
    EntryStatus, EventKind, Presence, Role, State, attendance, attendance_event, meeting, roster_entry,
};

/// Runs the group and answers each after the commit.
pub(super) async fn run(base: &Base, meeting: Uuid, group: Vec<Waiting>) {
    let (attempts, answers): (Vec<_>, Vec<_>) =
        group.into_iter().map(|one| (one.attempt, one.answer)).unzip();
    let results = match commit(base, meeting, &attempts).await {
        Ok((results, version)) => {
            if let Some(version) = version {
                let base = base.clone();
                base.tasks.clone().spawn(async move { announce(&base, meeting, version).await });
            }
            results
        }
        Err(error) => {
            tracing::error!(%meeting, %error, count = attempts.len(), "check-ins not stored");
            attempts.iter().map(|_| Err(Refusal::RetryLater(error.to_string()))).collect()
        }
    };
    for (answer, result) in answers.into_iter().zip(results) {
        if answer.send(result).is_err() {
            tracing::debug!("whoever asked is gone; the check-in stands");
        }
    }
}

/// The answers, and the meeting's new version if something was written.
async fn commit(
    base: &Base,
    id: Uuid,
    attempts: &[Attempt],
) -> Result<(Vec<Result<CheckIn, Refusal>>, Option<i64>), DbErr> {
    let tx = base.db.write().await?;
    // The row lock orders arrivals over all replicas.
    let Some(meeting) = meeting::Entity::find_by_id(id).lock_exclusive().one(&tx).await? else {
        return Ok((attempts.iter().map(|_| Err(Refusal::NoMeeting)).collect(), None));
    };
    let now = base.clock.now();
    let mut known = Known::read(&tx, &meeting, attempts).await?;
    let mut ledger =
        Ledger { now, version: meeting.version, position: meeting.last_position, ..Ledger::default() };
    let meeting = Arc::new(meeting);
    let mut results = Vec::with_capacity(attempts.len());
    for attempt in attempts {
        results.push(known.judge(&meeting, attempt, &mut ledger));
    }
    name_own_meetings(&tx, &known, &meeting, attempts, &mut results, now).await?;
    let noted = reused::note(base, &tx, meeting.id, &known, attempts, &results).await?;
    let version = ledger.version;
    if version == meeting.version {
        if noted {
            tx.commit().await?;
        }
        return Ok((results, None));
    }
    ledger.write(&tx, &meeting).await?;
    tx.commit().await?;
    Ok((results, Some(version)))
}

/// What the transaction reads before it judges, and what it has decided so far.
pub(super) struct Known {
    people: HashMap<Uuid, Person>,
    by_openid: HashMap<String, Uuid>,
    entries: HashMap<Uuid, roster_entry::Model>,
    rows: HashMap<Uuid, attendance::Model>,
    /// Operation ids done before, each with its body's hash.
    done: HashMap<String, String>,
    /// Whom each scan ticket served.
    tickets: HashMap<String, Uuid>,
}

impl Known {
    async fn read(
        tx: &DatabaseTransaction,
        meeting: &meeting::Model,
        attempts: &[Attempt],
    ) -> Result<Known, DbErr> {
        let people = lookup::people(tx, meeting.id, attempts).await?;
        Ok(Known {
            entries: lookup::entries(tx, &people).await?,
            rows: lookup::rows(tx, meeting.id, &people).await?,
            done: lookup::done(tx, meeting.id, attempts).await?,
            tickets: lookup::tickets(tx, meeting.id, attempts).await?,
            by_openid: people.iter().filter_map(|row| Some((row.openid.clone()?, row.id))).collect(),
            people: people.into_iter().map(|row| (row.id, row)).collect(),
        })
    }

    /// Whom the scan of `ticket` served.
    pub(super) fn owner(&self, ticket: &str) -> Option<Uuid> {
        self.tickets.get(ticket).copied()
    }

    pub(super) fn person(&self, who: &Who) -> Option<Person> {
        let id = match who {
            Who::Person(id) => id,
            Who::Openid(openid) => self.by_openid.get(openid)?,
        };
        self.people.get(id).cloned()
    }

    fn judge(
        &mut self,
        meeting: &Arc<meeting::Model>,
        attempt: &Attempt,
        ledger: &mut Ledger,
    ) -> Result<CheckIn, Refusal> {
        let person = self.person(&attempt.who).ok_or(Refusal::NeedsBinding)?;
        let body_hash = body_hash(person.id, attempt);
        if let Some(done) = self.done.get(&attempt.op_id)
            && *done != body_hash
        {
            return Err(Refusal::OpConflict);
        }
        let replayed = self.done.contains_key(&attempt.op_id);
        let ticket_spent = attempt
            .ticket
            .as_ref()
            .and_then(|ticket| self.tickets.get(ticket))
            .is_some_and(|id| *id != person.id);
        let standing = Standing {
            entry: self.entries.get(&person.id),
            attendance: self.rows.get(&person.id),
            ticketed: attempt.ticket.is_some(),
            ticket_spent,
            place: attempt.place,
        };
        let present = standing.attendance.is_some_and(attendance::Model::is_in);
        let decision = if replayed && present {
            // What was answered once is answered again, whatever became of the meeting since.
            Decision::Already
        } else {
            decide(meeting, standing, attempt.source, attempt.scanned_at, ledger.now)?
        };
        let (name, unit, seat) = match standing.entry {
            Some(entry) => (entry.name.clone(), entry.unit.clone(), entry.seat.clone()),
            None => (person.name.clone(), person.unit.clone(), None),
        };
        let outcome = match decision {
            Decision::Already if replayed => Outcome::Replayed,
            Decision::Already => Outcome::Already,
            // An undone check-in is not brought back by repeating the old act.
            Decision::Admit if replayed => return Err(Refusal::OpConflict),
            Decision::Admit => Outcome::Ok,
            Decision::Return => Outcome::Returned,
        };
        if outcome != Outcome::Replayed {
            let mut event =
                ledger.event(meeting.id, &person, (&name, &unit), attempt, body_hash, outcome == Outcome::Ok);
            let row = match (outcome, standing.attendance) {
                (Outcome::Ok, _) => Some(row_of(&event)),
                (Outcome::Returned, Some(row)) => {
                    event.kind = EventKind::Return.word().to_string();
                    let mut row = row.clone();
                    step(&mut row, EventKind::Return, event.at);
                    Some(row)
                }
                _ => None,
            };
            if let Some(row) = row {
                ledger.rows.insert(person.id, (row.clone(), standing.attendance.is_some()));
                self.rows.insert(person.id, row);
            }
            if let Some(ticket) = &attempt.ticket {
                self.tickets.insert(ticket.clone(), person.id);
            }
            self.done.insert(attempt.op_id.clone(), event.body_hash.clone());
            ledger.events.push(event);
        }
        let row = self.rows.get(&person.id).ok_or(Refusal::NoMeeting)?;
        let (position, at, event) = (row.position, row.at, row.event_id);
        Ok(CheckIn {
            meeting: meeting.clone(),
            person: person.id,
            name,
            unit,
            seat,
            position,
            at,
            event,
            outcome,
        })
    }
}

/// What the transaction will write.
#[derive(Default)]
struct Ledger {
    now: Instant,
    version: i64,
    position: i64,
    events: Vec<attendance_event::Model>,
    /// With whether a row of the person is there already: one that was undone, or of somebody who stepped out.
    rows: HashMap<Uuid, (attendance::Model, bool)>,
}

impl Ledger {
    fn event(
        &mut self,
        meeting: Uuid,
        person: &Person,
        (name, unit): (&str, &str),
        attempt: &Attempt,
        body_hash: String,
        admitted: bool,
    ) -> attendance_event::Model {
        self.version += 1;
        if admitted {
            self.position += 1;
        }
        attendance_event::Model {
            id: Uuid::now_v7(),
            meeting_id: meeting,
            person_id: person.id,
            kind: EventKind::In.word().to_string(),
            op_id: attempt.op_id.clone(),
            body_hash,
            source: attempt.source.word().to_string(),
            actor: attempt.actor.clone(),
            scanned_at: attempt.scanned_at,
            at: self.now,
            position: admitted.then_some(self.position),
            name: name.to_string(),
            unit: unit.to_string(),
            ticket: attempt.ticket.clone(),
            place: attempt.place.map(|place| place.word().to_string()),
            reason: attempt.reason.clone(),
            undoes: None,
            version: self.version,
        }
    }

    async fn write(self, tx: &DatabaseTransaction, meeting: &meeting::Model) -> Result<(), DbErr> {
        let events = self.events.into_iter().map(whole);
        attendance_event::Entity::insert_many(events).exec_without_returning(tx).await?;
        let (again, new): (Vec<_>, Vec<_>) = self.rows.into_values().partition(|(_, known)| *known);
        if !new.is_empty() {
            let new = new.into_iter().map(|(row, _)| whole(row));
            attendance::Entity::insert_many(new).exec_without_returning(tx).await?;
        }
        for (row, _) in again {
            let row = whole(row);
            attendance::Entity::update(row).exec(tx).await?;
        }
        let counters = meeting::ActiveModel {
            id: Set(meeting.id),
            version: Set(self.version),
            last_position: Set(self.position),
            ..Default::default()
        };
        meeting::Entity::update_many()
            .set(counters)
            .filter(meeting::Column::Id.eq(meeting.id))
            .exec(tx)
            .await?;
        Ok(())
    }
}

/// The attendance row that an admitting event makes.
pub fn row_of(event: &attendance_event::Model) -> attendance::Model {
    attendance::Model {
        meeting_id: event.meeting_id,
        person_id: event.person_id,
        status: Presence::In.word().to_string(),
        position: event.position.unwrap_or_default(),
        at: event.at,
        scanned_at: Some(event.scanned_at),
        source: event.source.clone(),
        left_at: None,
        event_id: event.id,
        name: event.name.clone(),
        unit: event.unit.clone(),
        place: event.place.clone(),
    }
}

fn body_hash(person: Uuid, attempt: &Attempt) -> String {
    digest(format!("{person} {}", attempt.source.word()).as_bytes())[..32].to_string()
}

/// Somebody refused for not being on this roster may have mistaken the room: tell which meeting is theirs now.
async fn name_own_meetings(
    tx: &DatabaseTransaction,
    known: &Known,
    scanned: &meeting::Model,
    attempts: &[Attempt],
    results: &mut [Result<CheckIn, Refusal>],
    now: Instant,
) -> Result<(), DbErr> {
    for (attempt, result) in attempts.iter().zip(results) {
        if !matches!(result, Err(Refusal::NotOnRoster)) {
            continue;
        }
        let Some(person) = known.person(&attempt.who) else { continue };
        let own = meeting::Entity::find()
            .join(
                JoinType::InnerJoin,
                meeting::Entity::belongs_to(roster_entry::Entity)
                    .from(meeting::Column::Id)
                    .to(roster_entry::Column::MeetingId)
                    .into(),
            )
            .filter(roster_entry::Column::PersonId.eq(person.id))
            .filter(roster_entry::Column::Status.eq(EntryStatus::Active.word()))
            .filter(roster_entry::Column::Role.eq(Role::Attendee.word()))
            .filter(meeting::Column::State.eq(State::Active.word()))
            .filter(meeting::Column::OpensAt.lte(now))
            .filter(meeting::Column::ClosesAt.gte(now))
            .order_by_asc(meeting::Column::StartsAt)
            .one(tx)
            .await?;
        if let Some(own) = own {
            *result = Err(Refusal::WrongMeeting {
                scanned: scanned.title.clone(),
                own: own.title,
                place: own.place,
            });
        }
    }
    Ok(())
}
