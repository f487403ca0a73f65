//! The table of states, and the one way from one to another: `UPDATE … WHERE state IN (from)`. Whoever comes too late
//! changes nothing and is told so.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::model::{Stand, State, car_case, car_line, car_request};
use crate::base::Base;
use crate::base::db::whole;

/// What happens to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing speaks against it.
    Check,
    /// The owner is known, and a channel is free.
    Send,
    /// Nobody to ask.
    NoOwner,
    /// A message is on the owner's phone, or they took a call.
    Arrive,
    /// All channels failed.
    Fail,
    /// The owner comes.
    Reply,
    /// The owner cannot or need not come.
    Refuse,
    /// Ten minutes without an answer, or five after the owner should have been there.
    Silence,
    Remind,
    ToDesk,
    Move,
    Close,
    DeskClose,
    Expire,
    Cancel,
    Reject,
}

use State::{
    Cancelled, Checked, Closed, ClosedByDesk, Created, Desk, DeskOffer, Expired, Moved, Notified, Notifying,
    Refused, Rejected, Reminded, Replied, Silent, Undeliverable,
};

/// From where each step leads, and where to. What is not here cannot happen: the database refuses it.
pub const TABLE: [(Step, &[State], State); 16] = [
    (Step::Check, &[Created], Checked),
    (Step::Send, &[Checked], Notifying),
    (Step::NoOwner, &[Created, Checked], DeskOffer),
    // An owner whom nobody expected to reach any more was reached after all.
    (Step::Arrive, &[Notifying, Undeliverable], Notified),
    (Step::Fail, &[Notifying], Undeliverable),
    (Step::Reply, &REACHABLE, Replied),
    (Step::Refuse, &REACHABLE, Refused),
    (Step::Silence, &[Notified, Replied, Reminded], Silent),
    (Step::Remind, &[Silent], Reminded),
    (Step::ToDesk, &TAKEABLE, Desk),
    (Step::Move, &OPEN, Moved),
    (Step::Close, &[Moved], Closed),
    (Step::DeskClose, &OPEN, ClosedByDesk),
    (Step::Expire, &UNATTENDED, Expired),
    (Step::Cancel, &OPEN, Cancelled),
    (Step::Reject, &[Created], Rejected),
];

/// Somebody waits for something. An expired case asks its one question still.
pub const OPEN: [State; 12] = [
    Created,
    Checked,
    Notifying,
    Notified,
    Replied,
    Refused,
    Silent,
    Reminded,
    Undeliverable,
    DeskOffer,
    Desk,
    Expired,
];

/// The owner's answer counts. A desk that took over wants to hear it, too.
const REACHABLE: [State; 8] = [Notifying, Notified, Replied, Refused, Silent, Reminded, Undeliverable, Desk];

/// Nobody at the desk deals with it.
const UNATTENDED: [State; 10] =
    [Created, Checked, Notifying, Notified, Replied, Refused, Silent, Reminded, Undeliverable, DeskOffer];

/// Somebody at the desk may take it whenever they want.
const TAKEABLE: [State; 11] = [
    Created,
    Checked,
    Notifying,
    Notified,
    Replied,
    Refused,
    Silent,
    Reminded,
    Undeliverable,
    DeskOffer,
    Expired,
];

impl Step {
    pub fn row(self) -> (&'static [State], State) {
        let row = TABLE.iter().find(|(step, ..)| *step == self);
        row.map_or((&[], Created), |(_, from, to)| (from, *to))
    }
}

impl State {
    pub fn is_open(self) -> bool {
        OPEN.contains(&self)
    }
}

/// Takes the case's row until the transaction ends. Whoever changes anything of a case (its requests, its messages,
/// those that carry them) has its row first; the row of its plate comes before it, where both are needed.
pub async fn hold(tx: &DatabaseTransaction, case: Uuid) -> Result<Option<car_case::Model>, DbErr> {
    car_case::Entity::find_by_id(case).lock_exclusive().one(tx).await
}

/// Columns that change along with the state.
pub type Changes = Vec<(car_case::Column, Expr)>;

/// Takes `step`, with `changes`, if the case stands where the step begins; `false`: it does not. Writes the log, and
/// ends what belongs to the case when it ends.
pub async fn step(
    base: &Base,
    tx: &DatabaseTransaction,
    case: Uuid,
    step: Step,
    changes: Changes,
    actor: &str,
    detail: &str,
) -> Result<bool, DbErr> {
    let (from, to) = step.row();
    let now = base.clock.now();
    let mut update = car_case::Entity::update_many()
        .col_expr(car_case::Column::State, to.word().into())
        .col_expr(car_case::Column::Version, Expr::col(car_case::Column::Version).add(1));
    for (column, value) in changes {
        update = update.col_expr(column, value);
    }
    // What expired lets its person ask again, but keeps its question.
    let over = !to.is_open();
    if over {
        update = update.col_expr(car_case::Column::ClosedAt, now.into());
    }
    if over || to == Expired {
        update = update.col_expr(car_case::Column::ActiveKey, Expr::value(None::<String>));
    }
    let done = update
        .filter(car_case::Column::Id.eq(case))
        .filter(car_case::Column::State.is_in(from.iter().map(|state| state.word())))
        .exec(tx)
        .await?;
    if done.rows_affected == 0 {
        return Ok(false);
    }
    line(base, tx, case, to.word(), detail, actor).await?;
    if over || to == Expired {
        let stand = match to {
            Moved => Stand::Moved,
            Cancelled => Stand::Cancelled,
            _ => Stand::Ended,
        };
        let mut rows = car_request::Entity::update_many()
            .col_expr(car_request::Column::OpenSlot, Expr::value(None::<String>));
        if over {
            rows = rows
                .col_expr(car_request::Column::State, stand.word().into())
                .col_expr(car_request::Column::EndedAt, now.into());
        }
        let open = Condition::all()
            .add(car_request::Column::CaseId.eq(case))
            .add(car_request::Column::State.eq(Stand::Open.word()));
        rows.filter(open).exec(tx).await?;
    }
    Ok(true)
}

/// Notes something that does not move the case to another state.
pub async fn note(
    base: &Base,
    tx: &DatabaseTransaction,
    case: Uuid,
    changes: Changes,
    kind: &str,
    detail: &str,
    actor: &str,
) -> Result<(), DbErr> {
    let mut update = car_case::Entity::update_many()
        .col_expr(car_case::Column::Version, Expr::col(car_case::Column::Version).add(1));
    for (column, value) in changes {
        update = update.col_expr(column, value);
    }
    update.filter(car_case::Column::Id.eq(case)).exec(tx).await?;
    line(base, tx, case, kind, detail, actor).await
}

/// Adds to the log of a case.
pub async fn line(
    base: &Base,
    tx: &DatabaseTransaction,
    case: Uuid,
    kind: &str,
    detail: &str,
    actor: &str,
) -> Result<(), DbErr> {
    let row = car_line::Model {
        id: Uuid::now_v7(),
        case_id: case,
        kind: kind.to_string(),
        detail: detail.to_string(),
        actor: actor.to_string(),
        at: base.clock.now(),
    };
    car_line::Entity::insert(whole(row)).exec_without_returning(tx).await.map(|_| ())
}

/// The channel on which changes of cases are announced; the payload is the case's id.
pub const CHANNEL: &str = "car";

/// Tells every page that shows `case`, after the commit.
pub async fn announce(base: &Base, case: Uuid) {
    base.cache.publish(CHANNEL, &case.to_string()).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_its_row_and_nothing_leads_out_of_what_ended() {
        for (step, from, to) in TABLE {
            assert_eq!(step.row(), (from, to));
            let ended = [Closed, ClosedByDesk, Cancelled, Rejected];
            assert!(from.iter().all(|state| !ended.contains(state)), "{step:?}");
        }
    }

    #[test]
    fn every_open_state_can_be_moved_cancelled_and_ended_by_the_desk() {
        for state in OPEN {
            for step in [Step::Move, Step::Cancel, Step::DeskClose] {
                assert!(step.row().0.contains(&state), "{state:?} {step:?}");
            }
            assert!(state.is_open());
        }
        for over in [Moved, Closed, ClosedByDesk, Cancelled, Rejected] {
            assert!(!over.is_open());
        }
    }
}
