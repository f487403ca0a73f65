//! Counts every poll and question again from its rows, and compares.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use serde::Serialize;
use uuid::Uuid;

use super::lookup::counts;
use super::model::{State, poll, poll_answer, poll_question, poll_receipt, poll_upvote, read};
use super::refusal::PollRefusal;
use crate::base::Base;

/// What was compared, and every difference found.
#[derive(Debug, Default, Serialize, PartialEq, Eq)]
pub struct Verdict {
    pub polls: usize,
    pub answers: usize,
    pub questions: usize,
    /// One sentence each; empty when all is well.
    pub differences: Vec<String>,
}

/// Compares everything.
pub async fn verify(base: &Base) -> Result<Verdict, PollRefusal> {
    verify_these(base, poll::Entity::find(), poll_question::Entity::find()).await
}

/// The same for polls that are open, or were made within a day; run every hour.
pub async fn verify_recent(base: &Base) -> Result<Verdict, PollRefusal> {
    let recent = poll::Column::MadeAt.gte(base.clock.now() - TimeDelta::days(1));
    let open = poll::Column::State.eq(State::Open.word());
    let asked = poll_question::Column::AskedAt.gte(base.clock.now() - TimeDelta::days(1));
    let polls = poll::Entity::find().filter(recent.or(open));
    verify_these(base, polls, poll_question::Entity::find().filter(asked)).await
}

async fn verify_these(
    base: &Base,
    polls: Select<poll::Entity>,
    questions: Select<poll_question::Entity>,
) -> Result<Verdict, PollRefusal> {
    let ids: Vec<Uuid> = polls
        .select_only()
        .column(poll::Column::Id)
        .order_by_asc(poll::Column::Id)
        .into_tuple()
        .all(base.db.read())
        .await?;
    let mut verdict = Verdict::default();
    for id in ids {
        // Under the poll's lock, so that an answer in between is no difference.
        let tx = base.db.write().await?;
        let Some(row) = poll::Entity::find_by_id(id).lock_exclusive().one(&tx).await? else { continue };
        verdict.polls += 1;
        verdict.answers += usize::try_from(row.answered).unwrap_or_default();
        let found = compare(&tx, &row).await?;
        let named = |what| format!("小调查「{}」：{what}", row.question);
        verdict.differences.extend(found.into_iter().map(named));
    }
    let ids: Vec<Uuid> = questions
        .select_only()
        .column(poll_question::Column::Id)
        .order_by_asc(poll_question::Column::Id)
        .into_tuple()
        .all(base.db.read())
        .await?;
    for id in ids {
        let tx = base.db.write().await?;
        let row = poll_question::Entity::find_by_id(id).lock_exclusive().one(&tx).await?;
        let Some(row) = row else { continue };
        verdict.questions += 1;
        let joined =
            poll_upvote::Entity::find().filter(poll_upvote::Column::QuestionId.eq(id)).count(&tx).await?;
        if row.upvotes != joined as i64 {
            verdict.differences.push(format!("提问 {id}：想问的人数与记录不符"));
        }
    }
    Ok(verdict)
}

async fn compare(conn: &impl ConnectionTrait, row: &poll::Model) -> Result<Vec<&'static str>, PollRefusal> {
    let receipts =
        poll_receipt::Entity::find().filter(poll_receipt::Column::PollId.eq(row.id)).count(conn).await?
            as i64;
    let counts = counts(conn, std::slice::from_ref(row)).await?.remove(&row.id).unwrap_or_default();
    let answers =
        poll_answer::Entity::find().filter(poll_answer::Column::PollId.eq(row.id)).all(conn).await?;
    let sum: i64 = counts.iter().sum();
    let mut found = Vec::new();
    if receipts != row.answered {
        found.push("答过的人数与记录不符");
    }
    let fits = match row.multiple {
        true => sum >= receipts && counts.iter().all(|count| (0..=receipts).contains(count)),
        false => sum == receipts,
    };
    if !fits {
        found.push("各选项的人数与答过的人数不符");
    }
    if !row.named {
        if !answers.is_empty() {
            found.push("匿名小调查里有实名的记录");
        }
        return Ok(found);
    }
    let mut again = vec![0; counts.len()];
    for answer in &answers {
        for option in read::<BTreeSet<usize>>(&answer.chosen)? {
            if let Some(count) = again.get_mut(option) {
                *count += 1;
            }
        }
    }
    if again != counts || answers.len() as i64 != receipts {
        found.push("逐人的选择与各选项的人数不符");
    }
    Ok(found)
}
