//! 考核: what signed papers add up to, for each unit and month. Nothing else makes a row; a revoked paper stays on the
//! list and counts for nothing.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use super::list::{Shown, shown, visible};
use super::model::{PaperState, case_paper};
use super::{SUPERVISION, name};
use crate::base::clock::shanghai;
use crate::base::sheet;
use crate::cases::Cases;
use crate::cases::access::Officer;
use crate::cases::write::WriteError;

/// One unit in one month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub notices: i64,
    pub supervisions: i64,
    pub points: i64,
    pub revoked: i64,
}

/// Signed and revoked papers of a month (`2026-09`) or a year (`2026`), of one unit or of all; the oldest first.
pub async fn rows(
    cases: &Cases,
    officer: &Officer,
    period: &str,
    unit: &str,
) -> Result<Vec<Shown>, WriteError> {
    let mut query = visible(cases, officer)
        .filter(case_paper::Column::Month.is_not_null())
        .order_by_asc(case_paper::Column::DecidedAt)
        .order_by_asc(case_paper::Column::Id);
    query = match period.len() {
        7 => query.filter(case_paper::Column::Month.eq(period)),
        _ => query.filter(case_paper::Column::Month.starts_with(format!("{period}-"))),
    };
    if !unit.is_empty() {
        query = query.filter(case_paper::Column::Unit.eq(unit));
    }
    let papers = query.all(cases.store.db.read()).await?;
    shown(cases, papers).await
}

/// What `rows` add up to, by month and unit.
pub fn sums(rows: &[Shown]) -> BTreeMap<(String, String), Sum> {
    let mut sums: BTreeMap<(String, String), Sum> = BTreeMap::new();
    for row in rows {
        let paper = &row.paper;
        let key = (paper.month.clone().unwrap_or_default(), paper.unit.clone());
        let sum = sums.entry(key).or_default();
        if paper.state() == PaperState::Revoked {
            sum.revoked += 1;
            continue;
        }
        match paper.level {
            SUPERVISION.. => sum.supervisions += 1,
            _ => sum.notices += 1,
        }
        sum.points += i64::from(paper.points);
    }
    sums
}

/// The rows as a table for Excel.
pub fn csv(cases: &Cases, rows: &[Shown]) -> Result<Vec<u8>, WriteError> {
    let head =
        ["月份", "单位", "文书", "编号", "诉求编号", "签发日期", "计分", "是否答复", "状态", "撤销原因"];
    let mut table = vec![head.map(str::to_string).to_vec()];
    for row in rows {
        let paper = &row.paper;
        let revoked = paper.state() == PaperState::Revoked;
        let signed = paper.decided_at.map(|at| shanghai(at).format("%Y-%m-%d").to_string());
        table.push(vec![
            paper.month.clone().unwrap_or_default(),
            cases.units.name(&paper.unit).to_string(),
            name(paper.level).to_string(),
            paper.number.clone().unwrap_or_default(),
            row.file.number(),
            signed.unwrap_or_default(),
            if revoked { 0 } else { paper.points }.to_string(),
            if paper.replied_at.is_some() { "已答复" } else { "未答复" }.to_string(),
            paper.state().zh().to_string(),
            paper.revoke_reason.clone(),
        ]);
    }
    sheet::write_csv(&table).map_err(|error| WriteError::Inner(error.to_string()))
}
