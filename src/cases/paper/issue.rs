//! Signing, answering and revoking a paper: what `write.rs` does with it in the transaction of the act, under the lock of
//! its case. And discarding a draft, of which the case's log knows nothing.

use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::model::{PaperState, case_paper};
use super::{NOTICE, PLACE, SUPERVISION, content, draft};
use crate::base::calendar::local;
use crate::base::clock::{Instant, shanghai};
use crate::base::db::whole;
use crate::cases::access::Officer;
use crate::cases::act::Act;
use crate::cases::decide::{Actor, Command, Decision, Refusal};
use crate::cases::ends::PAPER;
use crate::cases::fold::{Folded, Tick};
use crate::cases::model::case_file;
use crate::cases::number::{PaperKind, PaperNumber};
use crate::cases::write::{self, WriteError};
use crate::cases::{Cases, counter};
use crate::people::audit;

/// What `act` does to the paper of `command`; the decision learns its number and level. Other acts know no papers.
pub(in crate::cases) async fn apply(
    cases: &Cases,
    tx: &DatabaseTransaction,
    folded: &Folded,
    actor: &Actor,
    (act, command): (Act, &Command),
    decision: &mut Decision,
) -> Result<(), WriteError> {
    if !matches!(act, Act::IssueNotice | Act::Supervise | Act::ReplyPaper | Act::RevokePaper) {
        return Ok(());
    }
    let file = &folded.file;
    let all = case_paper::Entity::find()
        .filter(case_paper::Column::CaseId.eq(file.id))
        .order_by_asc(case_paper::Column::Level)
        .order_by_asc(case_paper::Column::Id)
        .lock(LockType::Update)
        .all(tx)
        .await?;
    let newest = all.iter().rfind(|paper| paper.state() == PaperState::Signed).map(|paper| paper.id);
    // A paper of another case is not there.
    let paper = all.into_iter().find(|paper| Some(paper.id) == command.paper).ok_or(Refusal::NotFound)?;
    let now = cases.now_after(file.updated_at);
    let changed = match act {
        Act::IssueNotice | Act::Supervise => {
            sign(cases, tx, folded, paper, actor, act, decision, now).await?
        }
        Act::ReplyPaper => {
            if paper.unit != actor.unit || newest != Some(paper.id) || paper.replied_at.is_some() {
                return Err(Refusal::Paper.into());
            }
            case_paper::Model { replied_at: Some(now), ..paper }
        }
        _ => {
            if newest != Some(paper.id) {
                return Err(Refusal::Paper.into());
            }
            let own = if paper.level >= SUPERVISION { Act::Supervise } else { Act::IssueNotice };
            if !own.row().parts.contains(&actor.part) {
                return Err(Refusal::Forbidden.into());
            }
            decision.change.overdue_level = Some(file.overdue_level.min(paper.level - 1));
            case_paper::Model {
                state: PaperState::Revoked.word().to_string(),
                revoked_at: Some(now),
                revoked_by: actor.who.clone(),
                revoke_reason: command.text.trim().to_string(),
                ..paper
            }
        }
    };
    decision.change.detail = changed.number.clone().unwrap_or_default();
    let row: case_paper::ActiveModel = whole(changed);
    case_paper::Entity::update(row).exec(tx).await?;
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "one act with all that it knows")]
async fn sign(
    cases: &Cases,
    tx: &DatabaseTransaction,
    folded: &Folded,
    paper: case_paper::Model,
    actor: &Actor,
    act: Act,
    decision: &mut Decision,
    now: Instant,
) -> Result<case_paper::Model, WriteError> {
    if paper.state() != PaperState::Draft || super::signing(paper.level) != act {
        return Err(Refusal::Paper.into());
    }
    // The calendar may have changed since it was drafted.
    let clock = folded.clocks.iter().find(|clock| clock.id == paper.clock_id);
    if !clock.is_some_and(|clock| draft::missed(clock, now)) {
        return Err(Refusal::Paper.into());
    }
    let kind = if act == Act::Supervise { PaperKind::Supervision } else { PaperKind::Notice };
    let year = chrono::Datelike::year(&shanghai(now));
    let counter = format!("{}{year}", kind.letters());
    let serial = counter::take_in(tx, &counter, 1).await?;
    let started = decision.change.clocks.iter().find_map(|tick| match tick {
        Tick::Start { id, code, due, .. } if code == PAPER => Some((*id, due.on)),
        _ => None,
    });
    let mut content = draft::open(cases, &paper)?;
    content.number = PaperNumber { kind, year, serial }.to_string();
    content.signer = if actor.name.is_empty() {
        actor.who.trim_start_matches("staff:").to_string()
    } else {
        actor.name.clone()
    };
    content.signed = content::day(local(now));
    content.reply_by = started.map(|(_, on)| content::day(on)).unwrap_or_default();
    let json = content.json().map_err(|error| WriteError::Inner(error.to_string()))?;
    let sealed = cases.store.keys.seal(PLACE, &json);
    decision.change.overdue_level = Some(folded.file.overdue_level.max(paper.level.max(NOTICE)));
    Ok(case_paper::Model {
        state: PaperState::Signed.word().to_string(),
        number: Some(content.number),
        content_sealed: sealed.map_err(|error| WriteError::Inner(error.to_string()))?,
        digest: Some(hex::encode(Sha256::digest(json.as_bytes()))),
        decided_at: Some(now),
        decided_by: actor.who.clone(),
        answer_clock: started.map(|(id, _)| id),
        month: Some(shanghai(now).format("%Y-%m").to_string()),
        ..paper
    })
}

/// Keeps under which id the unit's reply stands.
pub(in crate::cases) async fn replied(
    tx: &DatabaseTransaction,
    paper: Uuid,
    text: Uuid,
) -> Result<(), WriteError> {
    case_paper::Entity::update_many()
        .col_expr(case_paper::Column::ReplyText, Some(text).into())
        .filter(case_paper::Column::Id.eq(paper))
        .exec(tx)
        .await?;
    Ok(())
}

/// A draft that is not signed, and why. It stays on record, and no other comes in its place.
pub async fn discard(cases: &Cases, officer: &Officer, id: Uuid, reason: &str) -> Result<(), WriteError> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Refusal::Missing("text").into());
    }
    if reason.chars().count() > crate::cases::decide::TEXT {
        return Err(Refusal::TooLong.into());
    }
    let tx = cases.store.db.write().await?;
    let paper = case_paper::Entity::find_by_id(id).one(&tx).await?.ok_or(Refusal::NotFound)?;
    let file = case_file::Entity::find_by_id(paper.case_id)
        .filter(officer.scope(&cases.units))
        .one(&tx)
        .await?
        .ok_or(Refusal::NotFound)?;
    let actor = officer.actor(&file, super::signing(paper.level)).ok_or(Refusal::Forbidden)?;
    if write::concerned(cases, &tx, &file, &actor).await? {
        return Err(Refusal::Concerned.into());
    }
    let done = case_paper::Entity::update_many()
        .col_expr(case_paper::Column::State, PaperState::Discarded.word().into())
        .col_expr(case_paper::Column::Reason, reason.into())
        .col_expr(case_paper::Column::DecidedAt, cases.store.clock.now().into())
        .col_expr(case_paper::Column::DecidedBy, actor.who.clone().into())
        .filter(case_paper::Column::Id.eq(id))
        .filter(case_paper::Column::State.eq(PaperState::Draft.word()))
        .exec(&tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Refusal::Paper.into());
    }
    tx.commit().await?;
    audit::note(
        &cases.base,
        &officer.username,
        "case.discard",
        &file.public_no.to_string(),
        super::name(paper.level),
    )
    .await?;
    Ok(())
}
