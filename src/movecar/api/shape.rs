//! Cases and figures as JSON.

use serde::Serialize;
use uuid::Uuid;

use crate::base::clock::Instant;
use crate::movecar::duty::{self, Row};
use crate::movecar::model::{DeskResult, Doubt, Reason, Reply, State, Way, car_message};
use crate::movecar::statistics::{Figures, Times, enough};

#[derive(Serialize)]
pub struct Items<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// A case as the desk sees it: the plate masked, no phone of anybody.
#[derive(Serialize)]
pub struct CaseJson {
    id: Uuid,
    /// Of the requests that belong to it.
    numbers: Vec<String>,
    plate: String,
    state: State,
    /// Somebody should look at it.
    waits: bool,
    /// Why nobody was told yet.
    doubt: Option<Doubt>,
    reason: Reason,
    urgent: bool,
    possible_clone: bool,
    place: String,
    /// GCJ-02.
    latitude: Option<f64>,
    longitude: Option<f64>,
    has_photo: bool,
    messages: Vec<MessageJson>,
    reply: Option<Reply>,
    eta_at: Option<Instant>,
    taken_by: Option<String>,
    result: Option<DeskResult>,
    created_at: Instant,
    notified_at: Option<Instant>,
    replied_at: Option<Instant>,
    moved_at: Option<Instant>,
    closed_at: Option<Instant>,
}

#[derive(Serialize)]
struct MessageJson {
    /// `sms` or `voice`.
    medium: String,
    state: Option<Way>,
    at: Instant,
}

impl CaseJson {
    pub fn of(row: Row) -> CaseJson {
        let Row { case, numbers, messages, has_photo } = row;
        let message = |one: car_message::Model| MessageJson {
            state: Way::parse(&one.state),
            medium: one.medium,
            at: one.at,
        };
        CaseJson {
            state: case.state(),
            waits: duty::for_people(&case),
            doubt: case.held.as_deref().and_then(Doubt::parse),
            reason: case.reason(),
            latitude: case.spot().map(|(latitude, _)| latitude),
            longitude: case.spot().map(|(_, longitude)| longitude),
            reply: case.reply(),
            result: case.result.as_deref().and_then(DeskResult::parse),
            id: case.id,
            numbers,
            plate: case.plate_masked,
            urgent: case.urgent,
            possible_clone: case.clone,
            place: case.place,
            has_photo,
            messages: messages.into_iter().map(message).collect(),
            eta_at: case.eta_at,
            taken_by: case.taken_by,
            created_at: case.created_at,
            notified_at: case.notified_at,
            replied_at: case.replied_at,
            moved_at: case.moved_at,
            closed_at: case.closed_at,
        }
    }
}

/// What has fewer than five is `null`.
#[derive(Serialize)]
pub struct FiguresJson {
    month: String,
    cases: Option<usize>,
    reached: Option<usize>,
    answered: Option<usize>,
    moved: Option<usize>,
    by_desk: Option<usize>,
    cancelled: Option<usize>,
    success_percent: Option<usize>,
    reply_minutes: Option<TimesJson>,
    moved_minutes: Option<TimesJson>,
    hours: Vec<Option<usize>>,
    /// By the operator's parts of the city.
    areas: Vec<AreaJson>,
    spots: Vec<SpotJson>,
    hours_saved: i64,
}

#[derive(Serialize)]
struct TimesJson {
    median: i64,
    p95: i64,
}

#[derive(Serialize)]
struct AreaJson {
    name: String,
    cases: Option<usize>,
    moved: Option<usize>,
}

#[derive(Serialize)]
struct SpotJson {
    place: String,
    at: String,
    count: usize,
}

impl FiguresJson {
    pub fn of(month: String, figures: Figures) -> FiguresJson {
        let times = |times: Option<Times>| times.map(|Times { median, p95 }| TimesJson { median, p95 });
        FiguresJson {
            month,
            cases: enough(figures.cases),
            reached: enough(figures.reached),
            answered: enough(figures.answered),
            moved: enough(figures.moved),
            by_desk: enough(figures.by_desk),
            cancelled: enough(figures.cancelled),
            success_percent: figures.success(),
            reply_minutes: times(figures.reply),
            moved_minutes: times(figures.gone),
            areas: figures
                .areas
                .into_iter()
                .map(|area| AreaJson { name: area.name, cases: area.cases, moved: area.moved })
                .collect(),
            spots: figures
                .spots
                .into_iter()
                .map(|spot| SpotJson { place: spot.place, at: spot.at, count: spot.count })
                .collect(),
            hours: figures.hours,
            hours_saved: figures.hours_saved,
        }
    }
}
