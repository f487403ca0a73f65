//! **The one way to change a case**: under the case's lock, decided, written to its log and folded into its row, all in
//! one transaction.

use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::act::Act;
use super::decide::{Actor, Command, Decision, Refusal, Seen, decide};
use super::fold::{Change, Folded};
use super::model::{State, TextKind, case_clock, case_event, case_file};
use super::notice;
use super::search;
use super::text::{self, TextError};
use super::{Cases, origin, paper};
use crate::base::clock::Instant;
use crate::base::db::whole;
use crate::base::error::Coded;

/// One act as it arrives.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// The version that the actor looked at; absent: whatever it is now.
    pub seen: Option<i64>,
    /// Names this act; the same again is the same act.
    pub op: Option<String>,
    pub request_id: String,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub case: Uuid,
    pub version: i64,
    pub state: State,
}

#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The name of an act was used for another one.
    #[error("another act has this name")]
    OtherAct,
    #[error(transparent)]
    Text(#[from] TextError),
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error("{0}")]
    Inner(String),
}

impl Coded for WriteError {
    fn code(&self) -> &'static str {
        match self {
            WriteError::Refused(refusal) => refusal.code(),
            WriteError::OtherAct => "case_other_act",
            WriteError::Text(TextError::Database(_)) | WriteError::Database(_) => "unavailable",
            WriteError::Text(TextError::Key(_)) | WriteError::Inner(_) => "internal",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            WriteError::Refused(refusal) => refusal.field(),
            _ => None,
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            WriteError::Refused(refusal) => refusal.details(),
            _ => Vec::new(),
        }
    }
}

/// Does `act` with `case`. A repeat of the same `op` changes nothing and answers the same.
pub async fn act(
    cases: &Cases,
    actor: &Actor,
    case: Uuid,
    act: Act,
    command: &Command,
    call: &Call,
) -> Result<Done, WriteError> {
    let tx = cases.store.db.write().await?;
    if let Some(done) = repeated(&tx, case, act, call).await? {
        return Ok(done);
    }
    let target = match command.target {
        Some(number) => {
            case_file::Entity::find().filter(case_file::Column::PublicNo.eq(number)).one(&tx).await?
        }
        None => None,
    };
    // In the order of their ids, so that two cases that go into each other wait instead of blocking each other.
    let mut locked = lock(&tx, [Some(case), target.map(|target| target.id)].into_iter().flatten()).await?;
    let at = locked.iter().position(|file| file.id == case).ok_or(Refusal::NotFound)?;
    let file = locked.swap_remove(at);
    let target = locked.pop();
    let mut folded = Folded { clocks: clocks(&tx, case).await?, file };
    if call.seen.is_some_and(|seen| seen != folded.file.version) {
        // Somebody who may not know the case learns nothing from its version either.
        decided(cases, &tx, &folded, target.as_ref(), actor, (act, command)).await.err().map_or(
            Err(WriteError::from(Refusal::Stale)),
            |error| match error {
                WriteError::Refused(Refusal::NotFound | Refusal::Forbidden) => Err(error),
                _ => Err(Refusal::Stale.into()),
            },
        )?;
    }
    let mut decision = decided(cases, &tx, &folded, target.as_ref(), actor, (act, command)).await?;
    if act == Act::Convert {
        // The old number stays beside it.
        decision.change.petition_no = Some(cases.petition_number(&tx).await?);
    }
    if act == Act::Recount {
        let events = case_event::Entity::find()
            .filter(case_event::Column::CaseId.eq(case))
            .order_by_asc(case_event::Column::Version)
            .all(&tx)
            .await?;
        let (ticks, told) = origin::recount(&cases.ends(), &events, &folded.clocks);
        if ticks.is_empty() {
            return Err(Refusal::Early.into());
        }
        decision.change.detail = told.join(",");
        decision.change.clocks = ticks;
    }
    paper::issue::apply(cases, &tx, &folded, actor, (act, command), &mut decision).await?;
    let then = decision.then;
    record(cases, &tx, &mut folded, actor, (act, command), decision, call).await?;
    if let (Act::Merge, Some(target)) = (act, &target) {
        flatten(cases, &tx, case, target.id, actor, call).await?;
    }
    if let Some(next) = then {
        let system = Actor::system();
        let nothing = Command::default();
        let decision = decided(cases, &tx, &folded, None, &system, (next, &nothing)).await?;
        let follow = Call { op: None, ..call.clone() };
        record(cases, &tx, &mut folded, &system, (next, &nothing), decision, &follow).await?;
    }
    tx.commit().await?;
    cases.announce(case).await;
    Ok(Done { case, version: folded.file.version, state: folded.file.state() })
}

/// What a case is at now.
pub async fn version(cases: &Cases, case: Uuid) -> Result<Option<i64>, DbErr> {
    let file = case_file::Entity::find_by_id(case).one(cases.store.db.read()).await?;
    Ok(file.map(|file| file.version))
}

async fn repeated(
    tx: &DatabaseTransaction,
    case: Uuid,
    act: Act,
    call: &Call,
) -> Result<Option<Done>, WriteError> {
    let Some(op) = &call.op else { return Ok(None) };
    let before = case_event::Entity::find().filter(case_event::Column::Op.eq(op)).one(tx).await?;
    match before {
        Some(event) if event.case_id == case && event.kind == act.word() => Ok(Some(Done {
            case,
            version: event.version,
            state: State::parse(&event.to_state).unwrap_or(State::Final),
        })),
        Some(_) => Err(WriteError::OtherAct),
        None => Ok(None),
    }
}

/// The rows of `ids`, locked until the transaction ends.
async fn lock(
    tx: &DatabaseTransaction,
    ids: impl Iterator<Item = Uuid>,
) -> Result<Vec<case_file::Model>, DbErr> {
    case_file::Entity::find()
        .filter(case_file::Column::Id.is_in(ids))
        .order_by_asc(case_file::Column::Id)
        .lock(LockType::Update)
        .all(tx)
        .await
}

/// The clocks of one case.
pub async fn clocks(db: &impl sea_orm::ConnectionTrait, case: Uuid) -> Result<Vec<case_clock::Model>, DbErr> {
    case_clock::Entity::find()
        .filter(case_clock::Column::CaseId.eq(case))
        .order_by_asc(case_clock::Column::StartedAt)
        .order_by_asc(case_clock::Column::Id)
        .all(db)
        .await
}

async fn decided(
    cases: &Cases,
    tx: &DatabaseTransaction,
    folded: &Folded,
    target: Option<&case_file::Model>,
    actor: &Actor,
    (act, command): (Act, &Command),
) -> Result<Decision, WriteError> {
    let ends = cases.ends();
    let seen = Seen {
        file: &folded.file,
        clocks: &folded.clocks,
        target,
        concerned: concerned(cases, tx, &folded.file, actor).await?,
        units: &cases.units,
        ends: &ends,
        now: cases.now_after(folded.file.updated_at),
    };
    Ok(decide(&seen, actor, act, command)?)
}

/// An officer whose name stands in the case may not act on it.
pub(super) async fn concerned(
    cases: &Cases,
    tx: &DatabaseTransaction,
    file: &case_file::Model,
    actor: &Actor,
) -> Result<bool, WriteError> {
    if actor.name.chars().count() < 2 {
        return Ok(false);
    }
    let original = text::read(tx, &cases.store.keys, file.original_text).await?;
    Ok(original.is_some_and(|original| original.text.contains(&actor.name)))
}

/// Writes what was decided: texts, the event, and what it makes of the row and its clocks.
async fn record(
    cases: &Cases,
    tx: &DatabaseTransaction,
    folded: &mut Folded,
    actor: &Actor,
    (act, command): (Act, &Command),
    mut decision: Decision,
    call: &Call,
) -> Result<(), WriteError> {
    let (case, at) = (folded.file.id, cases.now_after(folded.file.updated_at));
    if decision.change.published.is_some() {
        text::remove_public(tx, case).await?;
    }
    for (kind, words) in &decision.texts {
        let id = text::keep(tx, &cases.store.keys, case, *kind, words, at).await?;
        decision.change.texts.push(id);
        if let (Act::ReplyPaper, Some(paper)) = (act, command.paper) {
            paper::issue::replied(tx, paper, id).await?;
        }
        if *kind == TextKind::Public {
            decision.change.public_text = Some(id);
        }
    }
    let before = folded.clocks.clone();
    let event = event(&folded.file, actor, act, &decision, call, at)?;
    folded.apply(&event, &decision.change);
    match decision.change.published {
        Some(true) => {
            let file = &mut folded.file;
            file.public_title = command.public_title.trim().to_string();
            file.public_body = command.public_body.trim().to_string();
            file.public_answer = command.public_answer.trim().to_string();
        }
        Some(false) => {
            let file = &mut folded.file;
            file.public_text = None;
            (file.public_title, file.public_body, file.public_answer) = Default::default();
        }
        None => {}
    }
    notice::place(cases, tx, &folded.file, &event).await?;
    case_event::Entity::insert(whole::<case_event::ActiveModel>(event)).exec_without_returning(tx).await?;
    if decision.change.published.is_some() {
        search::index(tx, &folded.file).await?;
    }
    store(tx, folded, &before).await
}

/// Brings the rows to what the fold says.
pub async fn store(
    tx: &DatabaseTransaction,
    folded: &Folded,
    before: &[case_clock::Model],
) -> Result<(), WriteError> {
    let row: case_file::ActiveModel = whole(folded.file.clone());
    case_file::Entity::update(row).exec(tx).await?;
    for clock in &folded.clocks {
        let row: case_clock::ActiveModel = whole(clock.clone());
        match before.iter().find(|old| old.id == clock.id) {
            Some(old) if old == clock => {}
            Some(_) => {
                case_clock::Entity::update(row).exec(tx).await?;
            }
            None => {
                case_clock::Entity::insert(row).exec_without_returning(tx).await?;
            }
        }
    }
    Ok(())
}

/// The row of the log for `decision`.
pub fn event(
    file: &case_file::Model,
    actor: &Actor,
    act: Act,
    decision: &Decision,
    call: &Call,
    at: Instant,
) -> Result<case_event::Model, WriteError> {
    let change =
        serde_json::to_string(&decision.change).map_err(|error| WriteError::Inner(error.to_string()))?;
    Ok(case_event::Model {
        id: Uuid::now_v7(),
        seq: None,
        case_id: file.id,
        version: file.version + 1,
        kind: act.word().to_string(),
        actor: actor.who.clone(),
        part: actor.part.word().to_string(),
        unit: actor.unit.clone(),
        from_state: file.state.clone(),
        to_state: decision.to.word().to_string(),
        reason: decision.reason.clone(),
        change,
        op: call.op.clone(),
        request_id: call.request_id.clone(),
        at,
    })
}

/// What had gone into `case` goes into `target` along with it: nothing ever follows a case that follows another.
async fn flatten(
    cases: &Cases,
    tx: &DatabaseTransaction,
    case: Uuid,
    target: Uuid,
    actor: &Actor,
    call: &Call,
) -> Result<(), WriteError> {
    let children = case_file::Entity::find()
        .filter(case_file::Column::MergedInto.eq(case))
        .order_by_asc(case_file::Column::Id)
        .lock(LockType::Update)
        .all(tx)
        .await?;
    for file in children {
        let mut child = Folded { clocks: clocks(tx, file.id).await?, file };
        let decision = Decision {
            to: State::Merged,
            reason: String::new(),
            change: Change { merged_into: Some(target), ..Change::default() },
            texts: Vec::new(),
            then: None,
        };
        let follow = Call { op: None, seen: None, request_id: call.request_id.clone() };
        record(cases, tx, &mut child, actor, (Act::Merge, &Command::default()), decision, &follow).await?;
    }
    Ok(())
}
