//! Rounds as JSON, in both directions.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ballot::acts::With;
use crate::ballot::manual::Manual;
use crate::ballot::model::{Method, State, ballot_round, ballot_template, read};
use crate::ballot::paper::Item;
use crate::ballot::prepare::Draft;
use crate::ballot::refusal::BallotRefusal;
use crate::ballot::result::{self, Face, Shown, visible};
use crate::ballot::rules::{Kind, OptionRule, Rules};
use crate::base::clock::Instant;

/// A list in one page: a meeting votes on few things.
#[derive(Serialize)]
pub struct Items<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

#[derive(Serialize)]
pub struct TemplateJson {
    key: String,
    version: i32,
    title: String,
    body: String,
    source: String,
    rules: Rules,
    /// The rules in words, line by line.
    words: Vec<(&'static str, String)>,
}

impl TemplateJson {
    pub fn of(row: ballot_template::Model) -> Result<TemplateJson, BallotRefusal> {
        let rules: Rules = read(&row.rules)?;
        Ok(TemplateJson {
            key: row.key,
            version: row.version,
            title: row.title,
            body: row.body,
            source: row.source,
            words: rules.lines(),
            rules,
        })
    }
}

/// A round. What it came to is here once it is published, and never before.
#[derive(Serialize)]
pub struct RoundJson {
    id: Uuid,
    number: i32,
    state: State,
    question: String,
    text: String,
    template: String,
    template_version: i32,
    kind: Kind,
    secret: bool,
    advisory: bool,
    manual: bool,
    items: Vec<Item>,
    seats: Option<i64>,
    options: Vec<OptionRule>,
    text_hash: Option<String>,
    opened_at: Option<Instant>,
    ends_at: Option<Instant>,
    closed_at: Option<Instant>,
    published_at: Option<Instant>,
    /// The newest published; 0 before.
    revision: i32,
    repeats: Option<Uuid>,
    runoff_of: Option<Uuid>,
    attempt: i32,
    reason: Option<String>,
    made_by: String,
    result: Option<Shown>,
}

impl RoundJson {
    pub fn of(round: ballot_round::Model) -> Result<RoundJson, BallotRefusal> {
        let (rules, paper) = (round.rules()?, round.paper()?);
        let result = if visible(&round, Face::Public)? { Some(result::of(&round)?) } else { None };
        Ok(RoundJson {
            id: round.id,
            number: round.number,
            state: round.state(),
            kind: rules.kind,
            secret: rules.secret,
            advisory: rules.advisory,
            manual: round.manual.is_some(),
            items: paper.items,
            seats: paper.seats,
            options: rules.options,
            question: round.question,
            text: round.text,
            template: round.template_key,
            template_version: round.template_version,
            text_hash: round.text_hash,
            opened_at: round.opened_at,
            ends_at: round.ends_at,
            closed_at: round.closed_at,
            published_at: round.published_at,
            revision: round.revision,
            repeats: round.repeats,
            runoff_of: round.runoff_of,
            attempt: round.attempt,
            reason: round.reason,
            made_by: round.made_by,
            result,
        })
    }
}

/// An item as a program describes it.
#[derive(Deserialize)]
pub struct DraftBody {
    template: String,
    question: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    items: Vec<ItemBody>,
    seats: Option<i64>,
    seconds: Option<i64>,
}

#[derive(Deserialize)]
struct ItemBody {
    label: String,
    #[serde(default)]
    note: String,
}

impl From<DraftBody> for Draft {
    fn from(body: DraftBody) -> Draft {
        Draft {
            template: body.template,
            question: body.question,
            text: body.text,
            items: body.items.into_iter().map(|item| (item.label, item.note)).collect(),
            seats: body.seats,
            seconds: body.seconds,
        }
    }
}

/// What an act needs besides its name.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ActBody {
    reason: String,
    person_ids: Vec<Uuid>,
    yes: Option<bool>,
}

impl From<ActBody> for With {
    fn from(body: ActBody) -> With {
        With { reason: body.reason, people: body.person_ids, yes: body.yes }
    }
}

/// A count taken by hand.
#[derive(Deserialize)]
pub struct ManualBody {
    method: Method,
    present: i64,
    papers: i64,
    #[serde(default)]
    invalid: i64,
    /// By item and option, in the order of the paper and of the rules.
    counts: Vec<Vec<i64>>,
    witnesses: Vec<String>,
    #[serde(default)]
    note: String,
}

impl From<ManualBody> for Manual {
    fn from(body: ManualBody) -> Manual {
        let ManualBody { method, present, papers, invalid, counts, witnesses, note } = body;
        Manual { method, present, papers, invalid, counts, witnesses, note, scan: None }
    }
}
