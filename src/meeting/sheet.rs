//! 签到表: who came and who did not, as a workbook for an office's files.

use sea_orm::DbErr;

use super::model::{Place, Source, attendance, meeting};
use super::people_list::{self, Row, Standing};
use crate::base::Base;
use crate::base::clock::{Instant, shanghai};
use crate::base::error::Coded;
use crate::base::sheet::write_xlsx;

/// What browsers are told that the workbook is.
pub const CONTENT_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

const HEAD: [&str; 11] =
    ["位次", "姓名", "单位", "角色", "座位", "手机号", "状态", "方式", "签到时间", "扫码时间", "位置"];

#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error("the workbook cannot be written: {0}")]
    Workbook(String),
}

impl Coded for SheetError {
    fn code(&self) -> &'static str {
        match self {
            SheetError::Database(_) => "unavailable",
            SheetError::Workbook(_) => "internal",
        }
    }
}

/// The sheet of `meeting` as it is now: who is there in the order of arrival, then the others in the roster's.
/// Phones are masked.
pub async fn workbook(base: &Base, meeting: &meeting::Model) -> Result<Vec<u8>, SheetError> {
    let people = people_list::everybody(base, meeting.id).await?;
    let mut rows = vec![HEAD.map(str::to_string).to_vec()];
    rows.extend(people.iter().map(|row| line(meeting, row)));
    // A large workbook takes its time; other requests go on.
    tokio::task::spawn_blocking(move || write_xlsx("签到表", &rows))
        .await
        .map_err(|error| SheetError::Workbook(error.to_string()))?
        .map_err(|error| SheetError::Workbook(error.to_string()))
}

/// The name under which the sheet of `meeting` is saved.
pub fn file_name(meeting: &meeting::Model) -> String {
    format!("签到表-{}.xlsx", meeting.title)
}

fn line(meeting: &meeting::Model, row: &Row) -> Vec<String> {
    let there = row.attendance.as_ref().filter(|there| there.is_in());
    let seat = row.planned().and_then(|entry| entry.seat.clone());
    vec![
        there.map(|there| there.position.to_string()).unwrap_or_default(),
        row.name.clone(),
        row.unit.clone(),
        row.part().to_string(),
        seat.unwrap_or_default(),
        row.phone.clone(),
        Standing::of(meeting, row).zh().to_string(),
        there.and_then(|there| Source::parse(&there.source)).map_or("", Source::zh).to_string(),
        there.map(|there| second(there.at)).unwrap_or_default(),
        // Decides who is late: the form may have been finished after the start.
        there.filter(|there| there.is_own()).map(|there| second(there.came_at())).unwrap_or_default(),
        there.and_then(attendance::Model::place).map_or("", Place::zh).to_string(),
    ]
}

fn second(at: Instant) -> String {
    shanghai(at).format("%Y-%m-%d %H:%M:%S").to_string()
}
