//! One act with many cases: each is an act of its own, with its own version and its own outcome. Nothing is undone where
//! one of them is refused, and a repeat of the same press changes nothing.

use uuid::Uuid;

use super::Cases;
use super::access::{self, Officer};
use super::act::Act;
use super::decide::{Command, Refusal};
use super::list;
use super::model::Part;
use super::write::{self, Call, Done, WriteError};
use crate::base::error::Coded;

/// Cases of one press.
pub const MOST: usize = 100;
/// What may be done with many at once: what asks nothing of the single case.
pub const ACTS: [Act; 3] = [Act::Forward, Act::Reject, Act::Categorise];

/// A case as the officer saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    pub public_no: i64,
    pub version: i64,
}

impl Pick {
    /// `number:version`, as forms say it.
    pub fn parse(text: &str) -> Option<Pick> {
        let (number, version) = text.split_once(':')?;
        Some(Pick { public_no: number.parse().ok()?, version: version.parse().ok()? })
    }
}

/// What came of one case.
#[derive(Debug)]
pub struct Outcome {
    pub pick: Pick,
    /// As people quote it, and its title; absent where the officer may not know of it.
    pub shown: Option<(String, String)>,
    pub done: Result<Done, WriteError>,
}

/// Why nothing was tried.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    #[error("no case was picked")]
    Nothing,
    #[error("more than {MOST} cases were picked")]
    TooMany,
    #[error("not with many at once")]
    Act,
}

impl Coded for BulkError {
    fn code(&self) -> &'static str {
        match self {
            BulkError::Nothing => "case_none_picked",
            BulkError::TooMany => "case_too_many",
            BulkError::Act => "bad_request",
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            BulkError::TooMany => vec![("limit", MOST.to_string())],
            _ => Vec::new(),
        }
    }
}

/// Whether `officer` holds an office for which there is something to do with many at once.
pub fn may(officer: &Officer) -> bool {
    officer.has(Part::Moderator) || officer.has(Part::Propaganda)
}

/// Does `act` with each of `picks`, in their order; `press` names the press of the button.
pub async fn run(
    cases: &Cases,
    officer: &Officer,
    (act, command): (Act, &Command),
    picks: &[Pick],
    press: Uuid,
    request_id: &str,
) -> Result<Vec<Outcome>, BulkError> {
    if !ACTS.contains(&act) {
        return Err(BulkError::Act);
    }
    match picks.len() {
        0 => return Err(BulkError::Nothing),
        1..=MOST => {}
        _ => return Err(BulkError::TooMany),
    }
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(picks.len());
    for pick in picks {
        if outcomes.iter().any(|outcome| outcome.pick.public_no == pick.public_no) {
            continue;
        }
        let call = Call {
            seen: Some(pick.version),
            op: Some(format!("bulk:{}:{press}:{}", officer.username, pick.public_no)),
            request_id: request_id.to_string(),
        };
        let mut shown = None;
        let done = one(cases, officer, (act, command), pick.public_no, &call, &mut shown).await;
        outcomes.push(Outcome { pick: *pick, shown, done });
    }
    Ok(outcomes)
}

async fn one(
    cases: &Cases,
    officer: &Officer,
    (act, command): (Act, &Command),
    public_no: i64,
    call: &Call,
    shown: &mut Option<(String, String)>,
) -> Result<Done, WriteError> {
    let Some(file) = access::find(cases, officer, public_no).await? else {
        access::denied(cases, officer, public_no).await?;
        return Err(Refusal::NotFound.into());
    };
    let actor = officer.actor(&file, act);
    let id = file.id;
    *shown = list::titled(cases, vec![file]).await?.pop().map(|row| (row.file.number(), row.title));
    write::act(cases, &actor.ok_or(Refusal::Forbidden)?, id, act, command, call).await
}
