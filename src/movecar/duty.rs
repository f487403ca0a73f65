//! What the duty desk does with cases: look at doubtful ones, take them, close them with a result; and its tickets.

use chrono::TimeDelta;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::model::{
    DeskResult, State, car_block, car_case, car_message, car_request, car_suppression, car_ticket,
};
use super::plate::Plate;
use super::state::{self, OPEN, Step};
use super::submit::PLATE_PLACE;
use super::{Movecar, dispatch, faces, register};
use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::error::Coded;
use crate::base::files::FilesError;
use crate::base::privacy::KeyError;
use crate::jobs;
use crate::people::audit;

/// Cases that a queue shows.
const MOST: u64 = 300;

#[derive(Debug, thiserror::Error)]
pub enum DutyError {
    #[error("no such case")]
    NotFound,
    /// Somebody else did it, or it is over.
    #[error("too late")]
    Late,
    #[error("the picture is gone")]
    NoPicture,
    #[error("faces cannot be looked for: {0}")]
    Faces(String),
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for DutyError {
    fn code(&self) -> &'static str {
        match self {
            DutyError::NotFound => "car_not_found",
            DutyError::Late => "car_late",
            DutyError::NoPicture => "file_missing",
            DutyError::Key(_) | DutyError::Faces(_) => "internal",
            DutyError::Files(_) | DutyError::Database(_) => "unavailable",
        }
    }
}

/// A case in the queue, with what was tried.
pub struct Row {
    pub case: car_case::Model,
    pub numbers: Vec<String>,
    pub messages: Vec<car_message::Model>,
    pub has_photo: bool,
}

/// Whatever somebody should look at comes first: doubts and what the machines gave up on; then by age.
pub async fn queue(base: &Base) -> Result<Vec<Row>, DbErr> {
    let db = base.db.read();
    let mut cases = car_case::Entity::find()
        .filter(car_case::Column::State.is_in(OPEN.iter().map(|state| state.word())))
        .order_by_asc(car_case::Column::CreatedAt)
        .limit(MOST)
        .all(db)
        .await?;
    cases.sort_by_key(|case| !for_people(case));
    rows(base, cases).await
}

/// Each case with its requests and messages.
pub(super) async fn rows(base: &Base, cases: Vec<car_case::Model>) -> Result<Vec<Row>, DbErr> {
    let db = base.db.read();
    let ids: Vec<Uuid> = cases.iter().map(|case| case.id).collect();
    let requests = car_request::Entity::find()
        .filter(car_request::Column::CaseId.is_in(ids.iter().copied()))
        .order_by_asc(car_request::Column::Number)
        .all(db)
        .await?;
    let messages = car_message::Entity::find()
        .filter(car_message::Column::CaseId.is_in(ids))
        .order_by_asc(car_message::Column::Id)
        .all(db)
        .await?;
    let row = |case: car_case::Model| Row {
        numbers: requests.iter().filter(|one| one.case_id == case.id).map(|one| one.number.clone()).collect(),
        messages: messages.iter().filter(|one| one.case_id == case.id).cloned().collect(),
        has_photo: requests.iter().any(|one| one.case_id == case.id && one.photo.is_some()),
        case,
    };
    Ok(cases.into_iter().map(row).collect())
}

/// The machines have done what they can, or want to be told that they may.
pub fn for_people(case: &car_case::Model) -> bool {
    case.held.is_some() || matches!(case.state(), State::Desk | State::Undeliverable | State::DeskOffer)
}

async fn find(base: &Base, id: Uuid) -> Result<car_case::Model, DutyError> {
    car_case::Entity::find_by_id(id).one(base.db.read()).await?.ok_or(DutyError::NotFound)
}

async fn done(
    base: &Base,
    tx: DatabaseTransaction,
    id: Uuid,
    staff: &str,
    action: &str,
    detail: &str,
) -> Result<(), DutyError> {
    audit::write(base, &tx, staff, action, &id.to_string(), detail).await?;
    tx.commit().await?;
    jobs::wake(base).await;
    state::announce(base, id).await;
    Ok(())
}

/// Deals with the case from now on; owners are not asked any more. Whoever took it first has it.
pub async fn take(base: &Base, id: Uuid, staff: &str) -> Result<(), DutyError> {
    let tx = base.db.write().await?;
    let free = car_case::Entity::update_many()
        .col_expr(car_case::Column::TakenBy, staff.into())
        .filter(car_case::Column::Id.eq(id))
        .filter(car_case::Column::TakenBy.is_null().or(car_case::Column::TakenBy.eq(staff)))
        .filter(car_case::Column::State.is_in(OPEN.iter().map(|state| state.word())))
        .exec(&tx)
        .await?;
    if free.rows_affected == 0 {
        return Err(DutyError::Late);
    }
    if !state::step(base, &tx, id, Step::ToDesk, Vec::new(), staff, "taken").await? {
        state::note(base, &tx, id, Vec::new(), "taken", "", staff).await?;
    }
    done(base, tx, id, staff, "car.take", "").await
}

/// A doubtful request was looked at: the owner is told now, as of any other.
pub async fn release(base: &Base, id: Uuid, staff: &str) -> Result<(), DutyError> {
    let tx = base.db.write().await?;
    let free = car_case::Entity::update_many()
        .col_expr(car_case::Column::Held, Expr::value(None::<String>))
        .filter(car_case::Column::Id.eq(id))
        .filter(car_case::Column::Held.is_not_null())
        .filter(car_case::Column::State.eq(State::Created.word()))
        .exec(&tx)
        .await?;
    if free.rows_affected == 0 {
        return Err(DutyError::Late);
    }
    state::note(base, &tx, id, Vec::new(), "released", "", staff).await?;
    dispatch::enqueue(base, &tx, id).await?;
    done(base, tx, id, staff, "car.release", "").await
}

/// Ends the case. 恶意请求 counts against everybody who asked, and blocks who did it too often.
pub async fn close(car: &Movecar, id: Uuid, result: DeskResult, staff: &str) -> Result<(), DutyError> {
    let base = &car.base;
    let tx = base.db.write().await?;
    let with = vec![
        (car_case::Column::Result, result.word().into()),
        (car_case::Column::Held, Expr::value(None::<String>)),
    ];
    if !state::step(base, &tx, id, Step::DeskClose, with, staff, result.word()).await? {
        return Err(DutyError::Late);
    }
    dispatch::drop_waiting(base, &tx, id).await?;
    if result == DeskResult::Abuse {
        let people: Vec<Uuid> = car_request::Entity::find()
            .select_only()
            .column(car_request::Column::FollowerId)
            .distinct()
            .filter(car_request::Column::CaseId.eq(id))
            .order_by_asc(car_request::Column::FollowerId)
            .into_tuple()
            .all(&tx)
            .await?;
        for person in people {
            strike(car, &tx, person).await?;
        }
    }
    done(base, tx, id, staff, "car.close", result.word()).await
}

async fn strike(car: &Movecar, tx: &DatabaseTransaction, person: Uuid) -> Result<(), DbErr> {
    let now = car.base.clock.now();
    let row = car_block::ActiveModel {
        follower_id: sea_orm::ActiveValue::Set(person),
        strikes: sea_orm::ActiveValue::Set(1),
        updated_at: sea_orm::ActiveValue::Set(now),
        ..Default::default()
    };
    let more = OnConflict::column(car_block::Column::FollowerId)
        .value(car_block::Column::Strikes, Expr::col((car_block::Entity, car_block::Column::Strikes)).add(1))
        .value(car_block::Column::UpdatedAt, Expr::value(now))
        .to_owned();
    car_block::Entity::insert(row).on_conflict(more).exec_without_returning(tx).await?;
    let until = now + TimeDelta::days(car.settings.person.block_days);
    car_block::Entity::update_many()
        .col_expr(car_block::Column::Until, Expr::value(until))
        .filter(car_block::Column::FollowerId.eq(person))
        .filter(car_block::Column::Strikes.gte(car.settings.person.strikes))
        .exec(tx)
        .await
        .map(|_| ())
}

/// The whole plate, for whoever goes there; written down.
pub async fn reveal(base: &Base, id: Uuid, staff: &str) -> Result<String, DutyError> {
    let case = find(base, id).await?;
    let plate = Plate::open(&base.keys, PLATE_PLACE, &case.plate_sealed)?;
    audit::note(base, staff, "car.plate", &id.to_string(), "").await?;
    Ok(plate.map_or(case.plate_masked, |plate| plate.reveal().to_string()))
}

/// The newest picture of a case, without faces; looking is written down.
pub async fn picture(base: &Base, id: Uuid, staff: &str) -> Result<bytes::Bytes, DutyError> {
    let request = car_request::Entity::find()
        .filter(car_request::Column::CaseId.eq(id))
        .filter(car_request::Column::Photo.is_not_null())
        .order_by_desc(car_request::Column::At)
        .one(base.db.read())
        .await?;
    let key = request.and_then(|request| request.photo).ok_or(DutyError::NoPicture)?;
    audit::note(base, staff, "car.picture", &id.to_string(), "").await?;
    let jpeg = base.files.get(&key).await?;
    let seen = tokio::task::spawn_blocking(move || faces::hidden(&jpeg)).await;
    Ok(seen
        .map_err(|error| DutyError::Faces(error.to_string()))?
        .map_err(|error| DutyError::Faces(error.to_string()))?
        .into())
}

/// Something to look into, with the case that it came from.
pub struct Ticket {
    pub ticket: car_ticket::Model,
    pub plate: String,
    pub at: Instant,
}

/// What is open, the oldest first.
pub async fn tickets(base: &Base) -> Result<Vec<Ticket>, DbErr> {
    let open = car_ticket::Entity::find()
        .filter(car_ticket::Column::DoneAt.is_null())
        .order_by_asc(car_ticket::Column::At)
        .limit(MOST)
        .all(base.db.read())
        .await?;
    let cases = car_case::Entity::find()
        .filter(car_case::Column::Id.is_in(open.iter().map(|ticket| ticket.case_id)))
        .all(base.db.read())
        .await?;
    let plate = |ticket: &car_ticket::Model| {
        cases.iter().find(|case| case.id == ticket.case_id).map_or("", |case| &case.plate_masked).to_string()
    };
    Ok(open.into_iter().map(|ticket| Ticket { plate: plate(&ticket), at: ticket.at, ticket }).collect())
}

/// A ticket is done; where an owner said that the car was sold, the desk `agrees` that the number is asked no more.
pub async fn ticket_done(base: &Base, id: Uuid, agrees: bool, staff: &str) -> Result<(), DutyError> {
    let tx = base.db.write().await?;
    let now = base.clock.now();
    let ended = car_ticket::Entity::update_many()
        .col_expr(car_ticket::Column::DoneAt, Expr::value(now))
        .col_expr(car_ticket::Column::DoneBy, staff.into())
        .filter(car_ticket::Column::Id.eq(id))
        .filter(car_ticket::Column::DoneAt.is_null())
        .exec(&tx)
        .await?;
    if ended.rows_affected == 0 {
        return Err(DutyError::Late);
    }
    let ticket = car_ticket::Entity::find_by_id(id).one(&tx).await?.ok_or(DutyError::NotFound)?;
    let case = car_case::Entity::find_by_id(ticket.case_id).one(&tx).await?.ok_or(DutyError::NotFound)?;
    let pair = register::suppression_of(base, &case)?;
    if agrees {
        car_suppression::Entity::update_many()
            .col_expr(car_suppression::Column::Checked, Expr::value(true))
            .filter(pair)
            .exec(&tx)
            .await?;
    } else {
        car_suppression::Entity::delete_many().filter(pair).exec(&tx).await?;
    }
    done(base, tx, case.id, staff, "car.ticket", &ticket.kind).await
}
