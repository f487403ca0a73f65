//! What an act does to a case: every rule that the table of acts cannot say. Pure: it knows the case, its clocks, who
//! acts and what time it is, and says what changes or why not.

mod refusal;
#[cfg(test)]
mod tests;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use refusal::Refusal;

use super::act::{Act, Needs, To};
use super::ends::{CALL, Ends};
use super::fold::{CallBack, Change, Tick};
use super::model::{Called, Kind, Part, RejectReason, State, TextKind, Track, case_clock, case_file};
use super::units::Units;
use crate::base::clock::Instant;

/// Characters of one text. Counted as people count, not in bytes.
pub const TEXT: usize = 4000;
/// Days for which an end may be put off (regulation, limit P3).
pub const EXTENSION: i64 = 30;
/// The level of lateness at which a leader is asked to take a case over.
pub const PROPOSED: i32 = 3;
/// How long a closed case may be opened again by its author.
pub const REOPEN: TimeDelta = TimeDelta::days(15);

/// Who acts, and in which part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// `follower:…`, `staff:…`, `client:…` or `system`.
    pub who: String,
    /// As papers and logs of staff name them; empty for citizens.
    pub name: String,
    pub part: Part,
    /// Code of the unit; empty where the part belongs to none.
    pub unit: String,
}

impl Actor {
    pub fn system() -> Actor {
        Actor { who: "system".to_string(), name: String::new(), part: Part::System, unit: String::new() }
    }
}

/// What somebody wants done.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Command {
    pub text: String,
    /// Code of the unit that a case goes to.
    pub unit: String,
    /// Codes of units that help.
    pub helpers: Vec<String>,
    /// Why a case is not taken up: a word of `RejectReason`.
    pub reason: String,
    /// Public number of the case that this one goes into.
    pub target: Option<i64>,
    /// One to five: the office, the unit.
    pub scores: Option<[i32; 2]>,
    pub days: Option<i64>,
    /// Who signed the answer in the unit.
    pub signed_by: String,
    /// The public texts, when a case is made public.
    pub public_title: String,
    pub public_body: String,
    pub public_answer: String,
    /// The paper that is signed, answered or revoked.
    pub paper: Option<Uuid>,
    /// Code of a category.
    pub category: String,
    /// What a call came to.
    pub call: Option<CallBack>,
}

/// What is known when it is decided.
pub struct Seen<'a> {
    pub file: &'a case_file::Model,
    pub clocks: &'a [case_clock::Model],
    /// The case that this one goes into.
    pub target: Option<&'a case_file::Model>,
    /// The actor is named in the text, or wrote it.
    pub concerned: bool,
    pub units: &'a Units,
    pub ends: &'a Ends,
    pub now: Instant,
}

/// What is to be done.
#[derive(Debug)]
pub struct Decision {
    pub to: State,
    pub reason: String,
    pub change: Change,
    pub texts: Vec<(TextKind, String)>,
    /// What follows at once, by the system.
    pub then: Option<Act>,
}

/// Decides `act` of `actor` on the case in `seen`.
pub fn decide(seen: &Seen<'_>, actor: &Actor, act: Act, command: &Command) -> Result<Decision, Refusal> {
    let (file, row) = (seen.file, act.row());
    let state = file.state();
    visible(seen, actor, act)?;
    if !row.parts.contains(&actor.part) || row.track.is_some_and(|track| track != file.track()) {
        return Err(Refusal::Forbidden);
    }
    if seen.concerned && !matches!(actor.part, Part::Citizen | Part::Proxy | Part::System) {
        return Err(Refusal::Concerned);
    }
    if !row.from.contains(&state) {
        return Err(Refusal::State(state));
    }
    said(row.needs, command)?;
    let to = match row.to {
        To::State(state) => state,
        To::Same => state,
        To::Back => file.came_from.as_deref().and_then(State::parse).unwrap_or(State::Submitted),
    };
    let mut decision =
        Decision { to, reason: String::new(), change: Change::default(), texts: Vec::new(), then: None };
    if row.needs.contains(&Needs::Text) {
        decision.texts.push((text_kind(act), command.text.trim().to_string()));
    }
    rules(seen, actor, act, command, &mut decision)?;
    decision.change.clocks.extend(seen.ends.ticks(seen, act, to, command));
    Ok(decision)
}

/// Whether the case is there at all for `actor`: units see their own, and the accused nothing.
fn visible(seen: &Seen<'_>, actor: &Actor, act: Act) -> Result<(), Refusal> {
    let file = seen.file;
    match actor.part {
        Part::Citizen | Part::Proxy => {
            let mine = [file.author, file.proxy].into_iter().flatten();
            let mine = mine.map(|id| format!("follower:{id}")).any(|who| who == actor.who);
            let opened = act == Act::Submit || actor.who == format!("code:{}", file.public_no);
            // `partner::acts_for` makes this actor, for cases that the system filed itself.
            let filed = actor.who.starts_with("client:");
            if mine || opened || filed { Ok(()) } else { Err(Refusal::NotFound) }
        }
        Part::Liaison | Part::Head => {
            if file.accused_unit.as_deref().is_some_and(|accused| seen.units.within(&actor.unit, accused)) {
                return Err(Refusal::NotFound);
            }
            let leads = file.lead_unit.as_deref() == Some(actor.unit.as_str());
            let helps = file.helps(&actor.unit) && matches!(act, Act::Note | Act::Contact);
            if leads || helps { Ok(()) } else { Err(Refusal::NotFound) }
        }
        // Journalists read what is public.
        Part::Journalist if file.published_at.is_none() => Err(Refusal::NotFound),
        _ => Ok(()),
    }
}

fn said(needs: &[Needs], command: &Command) -> Result<(), Refusal> {
    for need in needs {
        let field = match need {
            Needs::Text if command.text.trim().is_empty() => "text",
            Needs::Unit if command.unit.is_empty() => "unit",
            Needs::Reason if RejectReason::parse(&command.reason).is_none() => "reason",
            Needs::Target if command.target.is_none() => "target",
            Needs::Scores
                if !command.scores.is_some_and(|scores| scores.iter().all(|s| (1..=5).contains(s))) =>
            {
                "scores"
            }
            Needs::Days if !command.days.is_some_and(|days| (1..=EXTENSION).contains(&days)) => "days",
            Needs::Paper if command.paper.is_none() => "paper",
            Needs::Call if !command.call.is_some_and(CallBack::is_whole) => "call",
            Needs::Category if command.category.is_empty() => "category",
            Needs::SignedBy if command.signed_by.trim().is_empty() => "signed_by",
            _ => continue,
        };
        return Err(Refusal::Missing(field));
    }
    let long = [&command.text, &command.public_body, &command.public_answer];
    if long.iter().any(|text| text.chars().count() > TEXT) { Err(Refusal::TooLong) } else { Ok(()) }
}

fn text_kind(act: Act) -> TextKind {
    match act {
        Act::Submit => TextKind::Original,
        Act::GiveInfo | Act::AddFacts => TextKind::Fact,
        Act::FirstReply => TextKind::FirstReply,
        Act::Answer => TextKind::Answer,
        Act::Appeal | Act::Reopen | Act::AskReview | Act::AskRecheck => TextKind::Comment,
        Act::AskInfo
        | Act::Reject
        | Act::DecideReview
        | Act::DecideRecheck
        | Act::GrantExtension
        | Act::Convert => TextKind::Notice,
        _ => TextKind::Note,
    }
}

/// What each act asks of the case beyond its row.
fn rules(
    seen: &Seen<'_>,
    actor: &Actor,
    act: Act,
    command: &Command,
    decision: &mut Decision,
) -> Result<(), Refusal> {
    let (file, now) = (seen.file, seen.now);
    let change = &mut decision.change;
    let running = |code: &str| seen.clocks.iter().find(|clock| clock.running && clock.code == code);
    let over = |code: &str| running(code).is_none_or(|clock| now >= clock.due_at);
    match act {
        Act::AskInfo => change.came_from = Some(file.state.clone()),
        Act::GiveInfo => change.came_from = Some(String::new()),
        Act::Lapse if !over("N1") => return Err(Refusal::Early),
        Act::Reject => decision.reason = command.reason.clone(),
        Act::Appeal if file.appealed => return Err(Refusal::Once),
        Act::Merge => merge(seen, decision)?,
        Act::Forward => forward(seen, command, change)?,
        Act::CallBack => call_back(seen, actor, command, change)?,
        Act::Categorise => {
            if seen.units.category(&command.category).is_none() {
                return Err(Refusal::Missing("category"));
            }
            change.category = Some(command.category.clone());
        }
        Act::Dispute => {
            if over("D1") {
                return Err(Refusal::Late);
            }
            change.lead_unit = Some(String::new());
        }
        Act::Answer => change.detail = command.signed_by.trim().to_string(),
        Act::AskExtension => {
            if file.extended || file.extension_asked {
                return Err(Refusal::Once);
            }
            change.extension_asked = Some(true);
            change.detail = command.days.unwrap_or_default().to_string();
        }
        Act::GrantExtension => {
            if !file.extension_asked || command.days.is_none() {
                return Err(Refusal::Missing("days"));
            }
            change.extension_asked = Some(false);
            change.detail = command.days.unwrap_or_default().to_string();
        }
        Act::RefuseExtension => {
            if !file.extension_asked {
                return Err(Refusal::Early);
            }
            change.extension_asked = Some(false);
        }
        Act::Rate => rate(file, actor, command, decision)?,
        Act::Rework => {
            if file.reworked {
                return Err(Refusal::Once);
            }
            if !file.rated_badly() {
                return Err(Refusal::Early);
            }
        }
        Act::Close => close(seen, actor, over("S1"))?,
        Act::Reopen => {
            if file.reopened {
                return Err(Refusal::Once);
            }
            if file.closed_at.is_some_and(|closed| now > closed + REOPEN) {
                return Err(Refusal::Late);
            }
            change.lead_unit = Some(String::new());
        }
        Act::AskReview if over("P4") => return Err(Refusal::Late),
        Act::AskRecheck if over("P6") => return Err(Refusal::Late),
        Act::Finish if !over("P6") => return Err(Refusal::Early),
        Act::Convert => {
            change.track = Some(Track::Petition.word().to_string());
            change.lead_unit = Some(String::new());
            change.published = Some(false);
        }
        Act::Publish => publish(file, command, decision)?,
        Act::Unpublish => decision.change.published = Some(false),
        Act::TakeOver => change.leader = Some(actor.who.clone()),
        Act::Helpers => {
            for unit in &command.helpers {
                may_handle(seen, unit)?;
            }
            change.helpers = Some(command.helpers.join(","));
        }
        Act::Hot => change.hot = Some(!file.hot),
        Act::Propose => {
            if file.leader.is_some() || file.overdue_level >= PROPOSED {
                return Err(Refusal::Once);
            }
            change.overdue_level = Some(PROPOSED);
        }
        _ => {}
    }
    // Why it goes there: between offices, and nobody has to say it.
    let why = command.text.trim();
    if matches!(act, Act::Forward | Act::Categorise) && !why.is_empty() {
        decision.texts.push((TextKind::Note, why.to_string()));
    }
    Ok(())
}

/// The unit exists, and is not the one that is accused, nor inside of it.
fn may_handle(seen: &Seen<'_>, unit: &str) -> Result<(), Refusal> {
    if !seen.units.knows(unit) {
        return Err(Refusal::NoUnit);
    }
    let accused = seen.file.accused_unit.as_deref();
    if accused.is_some_and(|accused| seen.units.within(unit, accused)) {
        return Err(Refusal::Accused);
    }
    Ok(())
}

fn forward(seen: &Seen<'_>, command: &Command, change: &mut Change) -> Result<(), Refusal> {
    may_handle(seen, &command.unit)?;
    change.lead_unit = Some(command.unit.clone());
    for unit in &command.helpers {
        may_handle(seen, unit)?;
    }
    let helpers = command.helpers.iter().filter(|unit| **unit != command.unit).cloned();
    change.helpers = Some(helpers.collect::<Vec<_>>().join(","));
    Ok(())
}

/// A chain never forms: what goes into another case can be the end of none.
fn merge(seen: &Seen<'_>, decision: &mut Decision) -> Result<(), Refusal> {
    let target = seen.target.ok_or(Refusal::NoMerge)?;
    let ended = matches!(target.state(), State::Merged | State::Rejected | State::Withdrawn | State::Draft);
    let private = |file: &case_file::Model| file.confidential || file.track() == Track::Petition;
    if target.id == seen.file.id || ended || private(target) != private(seen.file) {
        return Err(Refusal::NoMerge);
    }
    decision.change.merged_into = Some(target.id);
    Ok(())
}

fn rate(
    file: &case_file::Model,
    actor: &Actor,
    command: &Command,
    decision: &mut Decision,
) -> Result<(), Refusal> {
    if file.unit_score.is_some() {
        return Err(Refusal::Once);
    }
    // Who has a phone of their own says it themselves.
    let own = file.author.is_some_and(|author| actor.who != format!("follower:{author}"));
    if actor.part == Part::Proxy && own {
        return Err(Refusal::OwnRating);
    }
    decision.change.scores = command.scores;
    let text = command.text.trim();
    if !text.is_empty() {
        decision.texts.push((TextKind::Comment, text.to_string()));
    }
    if command.scores.is_some_and(|scores| scores.iter().all(|score| *score > 2)) {
        decision.then = Some(Act::Close);
    }
    Ok(())
}

/// Only who waits for a call is called, by nobody who answered them, and given up after the third try.
fn call_back(seen: &Seen<'_>, actor: &Actor, command: &Command, change: &mut Change) -> Result<(), Refusal> {
    if seen.file.answered_by.as_deref() == Some(actor.who.as_str()) {
        return Err(Refusal::Forbidden);
    }
    let waits = seen.clocks.iter().any(|clock| clock.running && clock.code == CALL);
    let early = command.call.is_some_and(|call| call.result == Called::GaveUp) && seen.file.call_tries < 2;
    if !waits || early {
        return Err(Refusal::Early);
    }
    change.call = command.call;
    Ok(())
}

/// Nobody closes a case whose answer they gave. A bad rating is looked at by people, not by a clock.
fn close(seen: &Seen<'_>, actor: &Actor, over: bool) -> Result<(), Refusal> {
    let file = seen.file;
    if file.answered_by.as_deref() == Some(actor.who.as_str()) {
        return Err(Refusal::Forbidden);
    }
    let content = file.unit_score.is_some() && !file.rated_badly();
    match actor.part {
        Part::System if file.rated_badly() => Err(Refusal::Early),
        _ if content || over || file.rated_badly() => Ok(()),
        _ => Err(Refusal::Early),
    }
}

fn publish(file: &case_file::Model, command: &Command, decision: &mut Decision) -> Result<(), Refusal> {
    if file.confidential || file.kind() == Kind::Accusation || file.track() == Track::Petition {
        return Err(Refusal::Confidential);
    }
    for (field, text) in [("public_title", &command.public_title), ("public_body", &command.public_body)] {
        if text.trim().is_empty() {
            return Err(Refusal::Missing(field));
        }
    }
    let text = serde_json::json!([command.public_title, command.public_body, command.public_answer]);
    decision.texts.push((TextKind::Public, text.to_string()));
    decision.change.published = Some(true);
    Ok(())
}

/// The ids of clocks that run or rest.
pub fn live(clocks: &[case_clock::Model]) -> impl Iterator<Item = &case_clock::Model> {
    clocks.iter().filter(|clock| clock.running || clock.paused_at.is_some())
}

/// All of `codes` that run or rest, met or stopped.
pub fn settle(clocks: &[case_clock::Model], codes: &[&str], met: bool) -> Vec<Tick> {
    let tick = |id: Uuid| if met { Tick::Meet { id } } else { Tick::Stop { id } };
    live(clocks).filter(|clock| codes.contains(&clock.code.as_str())).map(|clock| tick(clock.id)).collect()
}
