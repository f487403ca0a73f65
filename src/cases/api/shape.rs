//! Cases as JSON.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::clock::Instant;
use crate::base::geo::Crs;
use crate::cases::act::Act;
use crate::cases::list::Row;
use crate::cases::model::{Kind, State, Track};
use crate::cases::submit::{Filing, Submitted};
use crate::cases::view::{Reader, View};
use crate::web::Error;

#[derive(Serialize)]
pub struct Items<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// A case in a list.
#[derive(Serialize)]
pub struct RowJson {
    public_no: i64,
    number: String,
    title: String,
    track: Track,
    kind: Kind,
    state: State,
    version: i64,
    category: String,
    lead_unit: Option<String>,
    confidential: bool,
    next_due_at: Option<Instant>,
    created_at: Instant,
    updated_at: Instant,
}

impl RowJson {
    pub fn of(row: Row) -> RowJson {
        let Row { file, title } = row;
        RowJson {
            public_no: file.public_no,
            number: file.number(),
            track: file.track(),
            kind: file.kind(),
            state: file.state(),
            version: file.version,
            confidential: file.confidential,
            next_due_at: file.next_due_at,
            created_at: file.created_at,
            updated_at: file.updated_at,
            category: file.category,
            lead_unit: file.lead_unit,
            title,
        }
    }
}

/// A case, as much of it as the caller may read.
#[derive(Serialize)]
pub struct CaseJson {
    public_no: i64,
    number: String,
    /// As whom the caller reads it: `office`, `own` or `public`.
    scope: &'static str,
    track: Track,
    kind: Kind,
    state: State,
    state_name: &'static str,
    version: i64,
    category: String,
    lead_unit: Option<String>,
    helpers: Vec<String>,
    /// For offices alone.
    accused_unit: Option<String>,
    confidential: bool,
    source: String,
    title: String,
    body: String,
    public: Option<PublicJson>,
    place: String,
    /// Degrees, WGS-84.
    latitude: Option<f64>,
    longitude: Option<f64>,
    hot: bool,
    extended: bool,
    overdue_level: i32,
    office_score: Option<i32>,
    unit_score: Option<i32>,
    clocks: Vec<ClockJson>,
    steps: Vec<StepJson>,
    photos: Vec<Uuid>,
    merged: Vec<i64>,
    follows: Option<i64>,
    has_contact: bool,
    /// Name and phone, in the answer to `reveal` alone.
    contact: Option<String>,
    /// What the caller may do with it now.
    acts: Vec<Act>,
    created_at: Instant,
    updated_at: Instant,
}

#[derive(Serialize)]
struct PublicJson {
    title: String,
    body: String,
    answer: String,
    at: Instant,
}

#[derive(Serialize)]
struct ClockJson {
    code: String,
    name: String,
    started_at: Instant,
    due_on: String,
    due_at: Instant,
    provisional: bool,
    running: bool,
    met_at: Option<Instant>,
    late: bool,
}

#[derive(Serialize)]
struct StepJson {
    at: Instant,
    act: Act,
    head: String,
    by: String,
    to: State,
    texts: Vec<TextJson>,
}

#[derive(Serialize)]
struct TextJson {
    kind: &'static str,
    text: String,
}

impl CaseJson {
    pub fn of(seen: View, reader: Reader, acts: Vec<Act>) -> CaseJson {
        let file = seen.file;
        let office = reader == Reader::Office;
        // A place is told to all as the page of the case tells it; the point itself is for who deals with it.
        let near = reader != Reader::Public;
        let degrees = |micro: Option<i32>| micro.filter(|_| near).map(|micro| f64::from(micro) / 1e6);
        let public = file.published_at.map(|at| PublicJson {
            title: file.public_title.clone(),
            body: file.public_body.clone(),
            answer: file.public_answer.clone(),
            at,
        });
        let helpers = file.helpers.split(',').filter(|unit| !unit.is_empty()).map(str::to_string).collect();
        CaseJson {
            public_no: file.public_no,
            number: file.number(),
            scope: match reader {
                Reader::Office => "office",
                Reader::Author => "own",
                Reader::Public => "public",
            },
            track: file.track(),
            kind: file.kind(),
            state: file.state(),
            state_name: file.state().zh(),
            version: file.version,
            latitude: degrees(file.latitude),
            longitude: degrees(file.longitude),
            helpers,
            public,
            accused_unit: file.accused_unit.filter(|_| office),
            confidential: file.confidential,
            hot: file.hot && office,
            extended: file.extended,
            overdue_level: if office { file.overdue_level } else { 0 },
            office_score: file.office_score,
            unit_score: file.unit_score,
            clocks: seen
                .limits
                .into_iter()
                .map(|limit| ClockJson {
                    name: limit.name,
                    late: limit.late,
                    started_at: limit.clock.started_at,
                    due_on: limit.clock.due_on.to_string(),
                    due_at: limit.clock.due_at,
                    provisional: limit.clock.provisional,
                    running: limit.clock.running,
                    met_at: limit.clock.met_at,
                    code: limit.clock.code,
                })
                .collect(),
            steps: seen
                .steps
                .into_iter()
                .map(|step| StepJson {
                    at: step.at,
                    act: step.act,
                    head: step.head,
                    by: step.by,
                    to: step.to,
                    texts: step
                        .texts
                        .into_iter()
                        .map(|(kind, text)| TextJson { kind: kind.word(), text })
                        .collect(),
                })
                .collect(),
            photos: seen.photos.into_iter().map(|photo| photo.id).collect(),
            merged: seen.merged,
            follows: seen.follows,
            has_contact: office && seen.has_contact,
            contact: None,
            acts,
            created_at: file.created_at,
            updated_at: file.updated_at,
            category: file.category,
            lead_unit: file.lead_unit,
            source: file.source,
            place: file.place,
            title: seen.title,
            body: seen.body,
        }
    }

    pub fn revealing(mut self, contact: Option<String>) -> CaseJson {
        self.contact = contact;
        self
    }

    pub fn version(&self) -> i64 {
        self.version
    }
}

/// What a program files.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCase {
    /// The system's own name of it: the same again is the same case.
    external_id: Option<String>,
    #[serde(default = "inquiry")]
    track: Track,
    kind: Kind,
    category: String,
    title: String,
    body: String,
    #[serde(default)]
    place: String,
    latitude: Option<f64>,
    longitude: Option<f64>,
    /// Of the two above.
    #[serde(default)]
    crs: Option<String>,
    #[serde(default)]
    pub contact: String,
    #[serde(default)]
    confidential: bool,
    accused_unit: Option<String>,
}

fn inquiry() -> Track {
    Track::Inquiry
}

/// Characters of another system's name of a case.
const EXTERNAL: usize = 100;

impl NewCase {
    pub fn filing(&self, op: Uuid, source: &'static str, request_id: &str) -> Result<Filing, Error> {
        let external = self.external_id.as_deref().map(str::trim).filter(|id| !id.is_empty());
        if external.is_some_and(|id| id.chars().count() > EXTERNAL || id.chars().any(char::is_control)) {
            return Err(Error::invalid("external_id", "external_id", "最多 100 个字。"));
        }
        let crs = Crs::parse(self.crs.as_deref().unwrap_or("wgs84"))
            .ok_or_else(|| Error::invalid("crs", "crs", "应为 wgs84、gcj02 或 bd09。"))?;
        let spot = match (self.latitude, self.longitude) {
            (None, None) => None,
            (Some(latitude), Some(longitude)) if latitude.abs() <= 90.0 && longitude.abs() <= 180.0 => {
                Some(crs.to_wgs84((latitude, longitude)))
            }
            _ => return Err(Error::invalid("latitude", "经纬度", "应成对填写，以度为单位。")),
        };
        Ok(Filing {
            op: external.map_or_else(|| op.to_string(), str::to_string),
            source,
            author: None,
            proxy: None,
            track: self.track,
            kind: self.kind,
            category: self.category.clone(),
            title: self.title.clone(),
            body: self.body.clone(),
            place: self.place.clone(),
            spot,
            contact: self.contact.clone(),
            confidential: self.confidential,
            accused_unit: self.accused_unit.clone(),
            photos: Vec::new(),
            request_id: request_id.to_string(),
        })
    }
}

/// What a case is known by; the code is shown here alone.
#[derive(Serialize)]
pub struct Filed {
    public_no: i64,
    number: String,
    query_code: String,
}

impl Filed {
    pub fn of(filed: Submitted) -> Filed {
        Filed { public_no: filed.public_no, number: filed.number, query_code: filed.code }
    }
}
