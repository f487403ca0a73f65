//! A case is what its log adds up to: one event after another changes the row and its clocks, and nothing else does.
//! Pure; `yishiting verify` folds every case anew and compares.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::act::Act;
use super::model::{Called, State, case_clock, case_event, case_file};
use crate::base::clock::Instant;

/// What an event changes. What is absent stays; an empty text clears.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Change {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened: Option<Box<Opened>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub petition_no: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub helpers: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub came_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<Uuid>,
    /// The public texts, whose words are not in the log: they may have to go for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_text: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scores: Option<[i32; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overdue_level: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leader: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hot: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension_asked: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<CallBack>,
    /// Texts that came with it, for readers of the log.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<Uuid>,
    /// Days asked for, the name under an answer, the number of a paper: what a reader of the log wants to know.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clocks: Vec<Tick>,
}

/// What a call to the author came to. It is kept beside their rating, and never becomes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallBack {
    pub result: Called,
    /// Content with those who passed it on; told by whom was reached, and by nobody else.
    #[serde(default)]
    pub office: Option<bool>,
    /// Content with those who answered.
    #[serde(default)]
    pub unit: Option<bool>,
}

impl CallBack {
    /// Who was reached said both, who was not said nothing.
    pub fn is_whole(self) -> bool {
        let said = [self.office, self.unit].map(|said| said.is_some());
        said == [self.result == Called::Reached; 2]
    }
}

/// What a case begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    pub public_no: i64,
    pub petition_no: Option<String>,
    pub query_hash: String,
    pub track: String,
    pub kind: String,
    pub category: String,
    pub accused_unit: Option<String>,
    pub confidential: bool,
    pub source: String,
    pub author: Option<Uuid>,
    pub proxy: Option<Uuid>,
    pub contact_text: Option<Uuid>,
    pub original_text: Uuid,
    pub place: String,
    pub latitude: Option<i32>,
    pub longitude: Option<i32>,
}

/// What happens to one clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "tick", rename_all = "snake_case")]
pub enum Tick {
    Start {
        id: Uuid,
        code: String,
        started_at: Instant,
        length: i32,
        unit: String,
        due: Due,
    },
    /// `used`: days gone before it rests.
    Pause {
        id: Uuid,
        used: i32,
    },
    Resume {
        id: Uuid,
        due: Due,
    },
    /// Another end: an extension, or a calendar that was published.
    Move {
        id: Uuid,
        due: Due,
        told_on: Option<NaiveDate>,
    },
    Meet {
        id: Uuid,
    },
    Stop {
        id: Uuid,
    },
}

/// When a clock ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    pub on: NaiveDate,
    /// The first instant that is too late.
    pub at: Instant,
    pub provisional: bool,
}

/// Clocks that oblige somebody in office; the others give citizens and units time to ask for something.
pub const OBLIGATIONS: [&str; 8] = ["M1", "P0", "R1", "F1", "P1", "P2", "P5", "P7"];

/// A log that does not add up.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    #[error("event {0} begins no case")]
    NoBeginning(Uuid),
    #[error("event {0} has version {1}, expected {2}")]
    Version(Uuid, i64, i64),
    #[error("event {0} cannot be read: {1}")]
    Unreadable(Uuid, String),
}

/// A case and its clocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    pub file: case_file::Model,
    pub clocks: Vec<case_clock::Model>,
}

/// All of a case's events, in the order of their versions.
pub fn fold(events: &[case_event::Model]) -> Result<Folded, FoldError> {
    let mut folded: Option<Folded> = None;
    for event in events {
        let change: Change = serde_json::from_str(&event.change)
            .map_err(|error| FoldError::Unreadable(event.id, error.to_string()))?;
        let expected = folded.as_ref().map_or(1, |folded| folded.file.version + 1);
        if event.version != expected {
            return Err(FoldError::Version(event.id, event.version, expected));
        }
        match (&mut folded, &change.opened) {
            (Some(folded), _) => folded.apply(event, &change),
            (None, Some(opened)) => {
                let mut first = Folded { file: begin(event, opened), clocks: Vec::new() };
                first.apply(event, &change);
                folded = Some(first);
            }
            (None, None) => return Err(FoldError::NoBeginning(event.id)),
        }
    }
    folded.ok_or(FoldError::NoBeginning(Uuid::nil()))
}

/// The row that `event` begins, before anything of it is applied.
pub fn begin(event: &case_event::Model, opened: &Opened) -> case_file::Model {
    case_file::Model {
        id: event.case_id,
        public_no: opened.public_no,
        petition_no: opened.petition_no.clone(),
        query_hash: opened.query_hash.clone(),
        track: opened.track.clone(),
        kind: opened.kind.clone(),
        state: State::Draft.word().to_string(),
        version: 0,
        category: opened.category.clone(),
        lead_unit: None,
        helpers: String::new(),
        accused_unit: opened.accused_unit.clone(),
        confidential: opened.confidential,
        source: opened.source.clone(),
        author: opened.author,
        proxy: opened.proxy,
        contact_text: opened.contact_text,
        original_text: opened.original_text,
        public_text: None,
        public_title: String::new(),
        public_body: String::new(),
        public_answer: String::new(),
        published_at: None,
        place: opened.place.clone(),
        latitude: opened.latitude,
        longitude: opened.longitude,
        came_from: None,
        merged_into: None,
        appealed: false,
        reworked: false,
        reopened: false,
        extension_asked: false,
        extended: false,
        overdue_level: 0,
        leader: None,
        hot: false,
        answered_by: None,
        office_score: None,
        unit_score: None,
        call_tries: 0,
        next_clock: None,
        next_due_at: None,
        created_at: event.at,
        updated_at: event.at,
        forwarded_at: None,
        replied_at: None,
        answered_at: None,
        closed_at: None,
    }
}

impl Folded {
    /// One event more.
    pub fn apply(&mut self, event: &case_event::Model, change: &Change) {
        let file = &mut self.file;
        file.version = event.version;
        file.updated_at = event.at;
        file.state = event.to_state.clone();
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        if let Some(track) = &change.track {
            file.track = track.clone();
        }
        if let Some(number) = &change.petition_no {
            file.petition_no = some(number);
        }
        if let Some(category) = &change.category {
            file.category = category.clone();
        }
        if let Some(unit) = &change.lead_unit {
            file.lead_unit = some(unit);
        }
        if let Some(helpers) = &change.helpers {
            file.helpers = helpers.clone();
        }
        if let Some(from) = &change.came_from {
            file.came_from = some(from);
        }
        if let Some(text) = change.public_text {
            file.public_text = Some(text);
        }
        match change.published {
            Some(true) if file.published_at.is_none() => file.published_at = Some(event.at),
            Some(false) => file.published_at = None,
            _ => {}
        }
        if let Some([office, unit]) = change.scores {
            (file.office_score, file.unit_score) = (Some(office), Some(unit));
        }
        if let Some(level) = change.overdue_level {
            file.overdue_level = level;
        }
        if let Some(leader) = &change.leader {
            file.leader = some(leader);
        }
        if let Some(hot) = change.hot {
            file.hot = hot;
        }
        if let Some(asked) = change.extension_asked {
            file.extension_asked = asked;
        }
        self.marks(event, change);
        for tick in &change.clocks {
            self.tick(event, tick);
        }
        let obliged =
            |clock: &&case_clock::Model| clock.running && OBLIGATIONS.contains(&clock.code.as_str());
        let next = self.clocks.iter().filter(obliged).min_by_key(|clock| clock.due_at);
        self.file.next_clock = next.map(|clock| clock.code.clone());
        self.file.next_due_at = next.map(|clock| clock.due_at);
    }

    /// What the kind of event itself says.
    fn marks(&mut self, event: &case_event::Model, change: &Change) {
        let file = &mut self.file;
        let at = Some(event.at);
        match Act::parse(&event.kind) {
            Some(Act::Merge) => file.merged_into = change.merged_into,
            Some(Act::Unmerge) => file.merged_into = None,
            Some(Act::Appeal) => file.appealed = true,
            Some(Act::Forward) => file.forwarded_at = file.forwarded_at.or(at),
            Some(Act::FirstReply) => file.replied_at = file.replied_at.or(at),
            Some(Act::Answer) => {
                (file.answered_at, file.replied_at) = (at, file.replied_at.or(at));
                file.answered_by = Some(event.actor.clone());
                (file.office_score, file.unit_score) = (None, None);
                file.call_tries = 0;
            }
            Some(Act::CallBack) if change.call.is_some_and(|call| call.result != Called::Reached) => {
                file.call_tries += 1;
            }
            Some(Act::Rework) => file.reworked = true,
            Some(Act::Reopen) => file.reopened = true,
            Some(Act::GrantExtension) => file.extended = true,
            _ => {}
        }
        let ended = State::parse(&event.to_state).is_some_and(|state| !state.is_open());
        file.closed_at = if ended { file.closed_at.or(at) } else { None };
    }

    fn tick(&mut self, event: &case_event::Model, tick: &Tick) {
        if let Tick::Start { id, code, started_at, length, unit, due } = tick {
            self.clocks.push(case_clock::Model {
                id: *id,
                case_id: event.case_id,
                code: code.clone(),
                started_at: *started_at,
                length: *length,
                unit: unit.clone(),
                due_on: due.on,
                due_at: due.at,
                provisional: due.provisional,
                told_on: None,
                running: true,
                paused_at: None,
                used: 0,
                met_at: None,
                stopped_at: None,
            });
            return;
        }
        let (Tick::Start { id, .. }
        | Tick::Pause { id, .. }
        | Tick::Resume { id, .. }
        | Tick::Move { id, .. }
        | Tick::Meet { id }
        | Tick::Stop { id }) = tick;
        let Some(clock) = self.clocks.iter_mut().find(|clock| clock.id == *id) else { return };
        let mut end = |due: &Due| {
            (clock.due_on, clock.due_at, clock.provisional) = (due.on, due.at, due.provisional);
        };
        match tick {
            Tick::Start { .. } => {}
            Tick::Pause { used, .. } => {
                clock.running = false;
                clock.paused_at = Some(event.at);
                clock.used = *used;
            }
            Tick::Resume { due, .. } => {
                end(due);
                clock.running = true;
                clock.paused_at = None;
            }
            Tick::Move { due, told_on, .. } => {
                end(due);
                clock.told_on = *told_on;
            }
            Tick::Meet { .. } => {
                clock.running = false;
                clock.paused_at = None;
                clock.met_at = Some(event.at);
            }
            Tick::Stop { .. } => {
                clock.running = false;
                clock.paused_at = None;
                clock.stopped_at = Some(event.at);
            }
        }
    }
}
