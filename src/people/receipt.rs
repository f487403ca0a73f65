//! Receipts of programs' writes. A key is claimed before the work and answered after it; the work itself is safe to
//! begin again under the same operation id, so a crash in between loses nothing and doubles nothing.

use chrono::TimeDelta;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::model::idempotency::{ActiveModel, Column, Entity, Model};
use crate::base::Base;
use crate::base::db::whole;
use crate::base::privacy::KeyError;

/// Where answers are sealed: they may repeat what the call said about people.
pub(super) const PLACE: &str = "idempotency.answer";
/// How long a key is remembered.
pub const LIFE: TimeDelta = TimeDelta::days(7);

/// What a key stands for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The work is to be done (again, if a first try was cut off) under this operation id.
    Open(Uuid),
    /// It was done; this is what was answered.
    Done(Answer),
    /// The key was used for another call.
    Taken,
}

/// An answer as it is kept: an HTTP status and a JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Claims `key` of `staff` for the call that `call_hash` stands for.
pub async fn claim(base: &Base, staff: Uuid, key: &str, call_hash: &str) -> Result<Claim, ReceiptError> {
    let row = Model {
        staff_id: staff,
        key: key.to_string(),
        call_hash: call_hash.to_string(),
        op_id: Uuid::now_v7(),
        status: None,
        answer_sealed: None,
        created_at: base.clock.now(),
    };
    let op = row.op_id;
    let unless_known = OnConflict::columns([Column::StaffId, Column::Key]).do_nothing().to_owned();
    let tx = base.db.write().await?;
    if Entity::insert(whole(row)).on_conflict(unless_known).exec_without_returning(&tx).await? > 0 {
        tx.commit().await?;
        return Ok(Claim::Open(op));
    }
    let known = find(&tx, staff, key).await?;
    read(base, known, call_hash)
}

/// Keeps the answer to a claimed call. Where another try was faster, its answer is the answer.
pub async fn settle(
    base: &Base,
    staff: Uuid,
    key: &str,
    call_hash: &str,
    answer: Answer,
) -> Result<Answer, ReceiptError> {
    let row = ActiveModel {
        status: Set(Some(i32::from(answer.status))),
        answer_sealed: Set(Some(base.keys.seal(PLACE, &answer.body)?)),
        ..Default::default()
    };
    let tx = base.db.write().await?;
    let written = Entity::update_many()
        .set(row)
        .filter(Column::StaffId.eq(staff))
        .filter(Column::Key.eq(key))
        .filter(Column::Status.is_null())
        .exec(&tx)
        .await?;
    if written.rows_affected > 0 {
        tx.commit().await?;
        return Ok(answer);
    }
    let known = find(&tx, staff, key).await?;
    match read(base, known, call_hash)? {
        Claim::Done(first) => Ok(first),
        Claim::Open(_) | Claim::Taken => Ok(answer),
    }
}

/// Forgets keys older than [`LIFE`]; run by the daily clean-up.
pub async fn sweep(base: &Base) -> Result<u64, DbErr> {
    let tx = base.db.write().await?;
    let old = base.clock.now() - LIFE;
    let gone = Entity::delete_many().filter(Column::CreatedAt.lt(old)).exec(&tx).await?;
    tx.commit().await?;
    Ok(gone.rows_affected)
}

async fn find(db: &impl sea_orm::ConnectionTrait, staff: Uuid, key: &str) -> Result<Model, DbErr> {
    Entity::find_by_id((staff, key.to_string()))
        .one(db)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("a claimed key".to_string()))
}

fn read(base: &Base, known: Model, call_hash: &str) -> Result<Claim, ReceiptError> {
    if known.call_hash != call_hash {
        return Ok(Claim::Taken);
    }
    match (known.status, known.answer_sealed) {
        (Some(status), Some(sealed)) => {
            let status = u16::try_from(status).unwrap_or(200);
            Ok(Claim::Done(Answer { status, body: base.keys.open(PLACE, &sealed)? }))
        }
        _ => Ok(Claim::Open(known.op_id)),
    }
}
