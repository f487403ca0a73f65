//! Whom votes still need: see [`crate::people::retention`]. Names stay where the electorate was frozen.

use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait};

use super::model::{
    ballot_elector, ballot_receipt, ballot_recusal, ballot_round, ballot_scrutineer, ballot_vote,
};
use crate::base::clock::Instant;
use crate::people::retention::Use;

/// Where votes name persons: a phone stays while one of the rounds is younger than the operator's time.
pub const PERSONS: [Use; 5] = [
    Use {
        table: "ballot_vote",
        column: "person_id",
        since: |before| {
            of_rounds(
                before,
                ballot_vote::Entity,
                ballot_vote::Column::PersonId,
                ballot_vote::Column::RoundId,
            )
        },
    },
    Use {
        table: "ballot_receipt",
        column: "person_id",
        since: |before| {
            of_rounds(
                before,
                ballot_receipt::Entity,
                ballot_receipt::Column::PersonId,
                ballot_receipt::Column::RoundId,
            )
        },
    },
    Use {
        table: "ballot_elector",
        column: "person_id",
        since: |before| {
            of_rounds(
                before,
                ballot_elector::Entity,
                ballot_elector::Column::PersonId,
                ballot_elector::Column::RoundId,
            )
        },
    },
    Use {
        table: "ballot_recusal",
        column: "person_id",
        since: |before| {
            of_rounds(
                before,
                ballot_recusal::Entity,
                ballot_recusal::Column::PersonId,
                ballot_recusal::Column::RoundId,
            )
        },
    },
    Use {
        table: "ballot_scrutineer",
        column: "person_id",
        since: |before| {
            of_rounds(
                before,
                ballot_scrutineer::Entity,
                ballot_scrutineer::Column::PersonId,
                ballot_scrutineer::Column::RoundId,
            )
        },
    },
];

/// The ids in `who` of rows whose round was made at `before` or later.
fn of_rounds<C: ColumnTrait>(before: Instant, table: impl EntityTrait, who: C, round: C) -> SelectStatement {
    let recent = Query::select()
        .column(ballot_round::Column::Id)
        .from(ballot_round::Entity)
        .and_where(ballot_round::Column::MadeAt.gte(before))
        .to_owned();
    Query::select().column(who).from(table).and_where(round.in_subquery(recent)).to_owned()
}
