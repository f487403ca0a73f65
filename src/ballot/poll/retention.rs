//! Whom polls still need: see [`crate::people::retention`].

use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait};

use super::model::{poll, poll_answer, poll_question, poll_receipt, poll_upvote};
use crate::base::clock::Instant;
use crate::people::retention::Use;

/// Where polls and questions name persons: a phone stays while one of them is younger than the operator's time.
pub const PERSONS: [Use; 4] = [
    Use {
        table: "poll_receipt",
        column: "person_id",
        since: |before| {
            of_polls(
                before,
                poll_receipt::Entity,
                poll_receipt::Column::PersonId,
                poll_receipt::Column::PollId,
            )
        },
    },
    Use {
        table: "poll_answer",
        column: "person_id",
        since: |before| {
            of_polls(before, poll_answer::Entity, poll_answer::Column::PersonId, poll_answer::Column::PollId)
        },
    },
    Use { table: "poll_question", column: "person_id", since: askers },
    Use { table: "poll_upvote", column: "person_id", since: joiners },
];

fn askers(before: Instant) -> SelectStatement {
    Query::select()
        .column(poll_question::Column::PersonId)
        .from(poll_question::Entity)
        .and_where(poll_question::Column::AskedAt.gte(before))
        .to_owned()
}

fn joiners(before: Instant) -> SelectStatement {
    let recent = Query::select()
        .column(poll_question::Column::Id)
        .from(poll_question::Entity)
        .and_where(poll_question::Column::AskedAt.gte(before))
        .to_owned();
    Query::select()
        .column(poll_upvote::Column::PersonId)
        .from(poll_upvote::Entity)
        .and_where(poll_upvote::Column::QuestionId.in_subquery(recent))
        .to_owned()
}

/// The ids in `who` of rows whose poll was made at `before` or later.
fn of_polls<C: ColumnTrait>(before: Instant, table: impl EntityTrait, who: C, of: C) -> SelectStatement {
    let recent = Query::select()
        .column(poll::Column::Id)
        .from(poll::Entity)
        .and_where(poll::Column::MadeAt.gte(before))
        .to_owned();
    Query::select().column(who).from(table).and_where(of.in_subquery(recent)).to_owned()
}
