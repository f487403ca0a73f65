//! What a press and a phone read of a round, answered key by key: while a round runs PostgreSQL has no statistics of
//! its rows, and a statement that it may answer otherwise reads all who have voted, for each batch anew.

use sea_orm::sea_query::{ExprTrait, Query, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::model::{ballot_receipt, ballot_recusal};
use crate::people::model::person;

/// What a round knows of a person already.
#[derive(FromQueryResult)]
pub(super) struct Marked {
    pub id: Uuid,
    /// The round's id, where they voted.
    pub receipt: Option<Uuid>,
    /// The round's id, where they recused.
    pub recusal: Option<Uuid>,
}

/// Those of `people` whom the city knows, each with what the round knows of them.
pub(super) async fn marked(
    conn: &impl ConnectionTrait,
    round: Uuid,
    people: &[Uuid],
) -> Result<Vec<Marked>, DbErr> {
    let own = |column: SimpleExpr| column.equals(person::Column::Id.as_column_ref());
    let receipt = Query::select()
        .column(ballot_receipt::Column::RoundId)
        .from(ballot_receipt::Entity)
        .and_where(ballot_receipt::Column::RoundId.eq(round))
        .and_where(own(ballot_receipt::Column::PersonId.into_expr()))
        .take();
    let recusal = Query::select()
        .column(ballot_recusal::Column::RoundId)
        .from(ballot_recusal::Entity)
        .and_where(ballot_recusal::Column::RoundId.eq(round))
        .and_where(own(ballot_recusal::Column::PersonId.into_expr()))
        .take();
    person::Entity::find()
        .select_only()
        .column(person::Column::Id)
        .expr_as(receipt, "receipt")
        .expr_as(recusal, "recusal")
        .filter(person::Column::Id.is_in(people.iter().copied()))
        .into_model::<Marked>()
        .all(conn)
        .await
}
