//! 记者追踪：a journalist writes down what became of a public case; the unit that answered it may say its own within a set
//! time; then somebody else makes both public together, or does not. Nothing of it is public before, and nobody makes
//! their own note public.

pub mod list;
pub mod model;

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use self::model::{FollowUpState, case_follow_up};
use super::Cases;
use super::access::Officer;
use super::deadline::Unit;
use super::decide::{Refusal, TEXT};
use super::model::{Part, case_file};
use super::write::WriteError;
use super::{list as cases_list, text};
use crate::base::db::whole;
use crate::people::audit;

/// What seals notes.
pub const NOTE: &str = "case_follow_up.note_sealed";
/// What seals the replies of units.
pub const REPLY: &str = "case_follow_up.reply_sealed";

/// What somebody does with a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Other words, before it goes out.
    Edit(String),
    /// To the unit, whose time begins.
    Send,
    /// What the unit says.
    Reply(String),
    /// Both texts, as everybody will read them.
    Publish { note: String, reply: String },
    /// It stays unpublished; why.
    Decline(String),
    /// By its author, before it is public.
    Withdraw,
    /// Not public any more; why.
    Unpublish(String),
}

/// A new note of `officer` on the public case of this number. The same again is no second one; another one waits until
/// the first is over.
pub async fn draft(cases: &Cases, officer: &Officer, public_no: i64, note: &str) -> Result<Uuid, WriteError> {
    if !officer.has(Part::Journalist) {
        return Err(Refusal::Forbidden.into());
    }
    let note = checked(note)?;
    let file = cases_list::published(cases, public_no).await?.ok_or(Refusal::NotFound)?;
    unconcerned(cases, officer, &file).await?;
    let keys = &cases.store.keys;
    let seal = |text: &str| keys.seal(NOTE, text).map_err(text::TextError::from);
    let row = case_follow_up::Model {
        id: Uuid::now_v7(),
        case_id: file.id,
        unit: String::new(),
        state: FollowUpState::Draft.word().to_string(),
        version: 1,
        note_sealed: seal(note)?,
        reply_sealed: None,
        public_note: String::new(),
        public_reply: String::new(),
        written_by: officer.username.clone(),
        replied_by: String::new(),
        decided_by: String::new(),
        reason: String::new(),
        written_at: cases.store.clock.now(),
        sent_at: None,
        due_at: None,
        replied_at: None,
        decided_at: None,
    };
    let id = row.id;
    let tx = cases.store.db.write().await?;
    let once = OnConflict::new().do_nothing().to_owned();
    let insert = case_follow_up::Entity::insert(whole::<case_follow_up::ActiveModel>(row)).on_conflict(once);
    if insert.exec_without_returning(&tx).await? == 0 {
        let open = case_follow_up::Entity::find()
            .filter(case_follow_up::Column::CaseId.eq(file.id))
            .filter(case_follow_up::Column::WrittenBy.eq(&officer.username))
            .filter(case_follow_up::Column::State.eq(FollowUpState::Draft.word()))
            .one(&tx)
            .await?;
        return match open {
            Some(open) if keys.open(NOTE, &open.note_sealed).map_err(text::TextError::from)? == note => {
                Ok(open.id)
            }
            _ => Err(Refusal::Once.into()),
        };
    }
    tx.commit().await?;
    told(cases, officer, public_no, FollowUpState::Draft).await?;
    Ok(id)
}

/// Does `step` with note `id`, as it was at version `seen`. A repeat by the same person changes nothing.
pub async fn act(
    cases: &Cases,
    officer: &Officer,
    (id, seen): (Uuid, i64),
    step: Step,
) -> Result<(), WriteError> {
    let Some((old, file)) = list::find(cases, officer, id).await? else {
        return Err(Refusal::NotFound.into());
    };
    let to = target(&step);
    allowed(officer, &old, &file, &step)?;
    let by = [&old.written_by, &old.replied_by, &old.decided_by].contains(&&officer.username);
    if old.version == seen + 1 && old.state() == to && by && !matches!(step, Step::Edit(_)) {
        return Ok(());
    }
    if old.version != seen || !from(&step).contains(&old.state()) {
        return Err(Refusal::Stale.into());
    }
    unconcerned(cases, officer, &file).await?;
    let row = changed(cases, officer, &old, &file, step)?;
    let tx = cases.store.db.write().await?;
    let updated = case_follow_up::Entity::update_many()
        .set(whole::<case_follow_up::ActiveModel>(row))
        .filter(case_follow_up::Column::Id.eq(id))
        .filter(case_follow_up::Column::Version.eq(seen))
        .exec(&tx)
        .await?;
    if updated.rows_affected == 0 {
        return Err(Refusal::Stale.into());
    }
    tx.commit().await?;
    told(cases, officer, file.public_no, to).await
}

fn target(step: &Step) -> FollowUpState {
    match step {
        Step::Edit(_) => FollowUpState::Draft,
        Step::Send => FollowUpState::Sent,
        Step::Reply(_) => FollowUpState::Replied,
        Step::Publish { .. } => FollowUpState::Published,
        Step::Decline(_) => FollowUpState::Declined,
        Step::Withdraw | Step::Unpublish(_) => FollowUpState::Withdrawn,
    }
}

fn from(step: &Step) -> &'static [FollowUpState] {
    use FollowUpState::{Draft, Published, Replied, Sent};
    match step {
        Step::Edit(_) | Step::Send => &[Draft],
        Step::Reply(_) => &[Sent],
        Step::Publish { .. } | Step::Decline(_) => &[Sent, Replied],
        Step::Withdraw => &[Draft, Sent, Replied],
        Step::Unpublish(_) => &[Published],
    }
}

/// Whether it is for `officer` to do. They know of the note already.
fn allowed(
    officer: &Officer,
    row: &case_follow_up::Model,
    file: &case_file::Model,
    step: &Step,
) -> Result<(), Refusal> {
    let wrote = row.written_by == officer.username && officer.has(Part::Journalist);
    let office = officer.has(Part::Moderator) || officer.has(Part::Propaganda);
    let answers = officer.seats.iter().any(|seat| seat.part.of_unit() && seat.unit == row.unit);
    let may = match step {
        Step::Edit(_) | Step::Send | Step::Withdraw => wrote,
        Step::Reply(_) => answers && row.written_by != officer.username,
        Step::Publish { .. } | Step::Decline(_) => office && row.written_by != officer.username,
        Step::Unpublish(_) => office,
    };
    if !may {
        return Err(Refusal::Forbidden);
    }
    // What was taken back from the public is followed up no further.
    let onward = matches!(step, Step::Send | Step::Publish { .. });
    if onward && file.published_at.is_none() { Err(Refusal::Confidential) } else { Ok(()) }
}

fn changed(
    cases: &Cases,
    officer: &Officer,
    old: &case_follow_up::Model,
    file: &case_file::Model,
    step: Step,
) -> Result<case_follow_up::Model, WriteError> {
    let now = cases.now_after(old.written_at);
    let seal = |place: &str, text: &str| cases.store.keys.seal(place, text).map_err(text::TextError::from);
    let mut row = old.clone();
    row.version += 1;
    row.state = target(&step).word().to_string();
    match step {
        Step::Edit(note) => row.note_sealed = seal(NOTE, checked(&note)?)?,
        Step::Send => {
            let days = i32::from(cases.settings.follow_ups.reply_days);
            row.unit = file.lead_unit.clone().ok_or(Refusal::Missing("unit"))?;
            (row.sent_at, row.due_at) = (Some(now), Some(cases.ends().due(now, days, Unit::WorkDays).at));
        }
        Step::Reply(reply) => {
            row.reply_sealed = Some(seal(REPLY, checked(&reply)?)?);
            row.replied_by = officer.username.clone();
            row.replied_at = Some(now);
        }
        Step::Publish { note, reply } => {
            let replied = row.reply_sealed.is_some();
            if !replied && row.due_at.is_none_or(|due| now < due) {
                return Err(Refusal::Early.into());
            }
            row.public_note = checked(&note)?.to_string();
            // Both or none: a reply that was given is not left out, and none is invented.
            row.public_reply = if replied { checked(&reply)?.to_string() } else { String::new() };
            (row.decided_by, row.decided_at) = (officer.username.clone(), Some(now));
        }
        Step::Decline(reason) => {
            row.reason = checked(&reason)?.to_string();
            (row.decided_by, row.decided_at) = (officer.username.clone(), Some(now));
        }
        Step::Unpublish(reason) => {
            row.reason = checked(&reason)?.to_string();
            (row.public_note, row.public_reply) = Default::default();
            (row.decided_by, row.decided_at) = (officer.username.clone(), Some(now));
        }
        Step::Withdraw => {}
    }
    Ok(row)
}

fn checked(text: &str) -> Result<&str, Refusal> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(Refusal::Missing("text")),
        1..=TEXT => Ok(text),
        _ => Err(Refusal::TooLong),
    }
}

/// Whoever is named in a case keeps away from it.
async fn unconcerned(cases: &Cases, officer: &Officer, file: &case_file::Model) -> Result<(), WriteError> {
    if officer.name.chars().count() < 2 {
        return Ok(());
    }
    let original = text::read(cases.store.db.read(), &cases.store.keys, file.original_text).await?;
    match original.is_some_and(|original| original.text.contains(&officer.name)) {
        true => Err(Refusal::Concerned.into()),
        false => Ok(()),
    }
}

async fn told(
    cases: &Cases,
    officer: &Officer,
    public_no: i64,
    state: FollowUpState,
) -> Result<(), WriteError> {
    let number = public_no.to_string();
    Ok(audit::note(&cases.base, &officer.username, "case.follow_up", &number, state.word()).await?)
}
