//! 签到流水: the whole attendance log as a workbook, one row an event, oldest first.

use std::collections::HashMap;

use rust_xlsxwriter::{Format, Workbook, XlsxError};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::content::Content;
use super::revision::Printed;
use super::xlsx::properties;
use crate::base::Base;
use crate::base::clock::{Instant, shanghai};
use crate::meeting::model::{EventKind, Source, attendance_event};
use crate::people::staff;

const HEAD: [&str; 10] = ["序号", "时间", "扫码时间", "事项", "姓名", "单位", "方式", "经办", "位次", "原因"];
const WIDTHS: [f64; 10] = [7.0, 21.0, 21.0, 10.0, 12.0, 28.0, 14.0, 12.0, 7.0, 30.0];

/// The events of `meeting` as rows.
pub async fn read(base: &Base, meeting: Uuid) -> Result<Vec<[String; 10]>, DbErr> {
    let staff: HashMap<String, String> =
        staff::list(base).await?.into_iter().map(|one| (one.username, one.name)).collect();
    let events = attendance_event::Entity::find()
        .filter(attendance_event::Column::MeetingId.eq(meeting))
        .order_by_asc(attendance_event::Column::Version)
        .all(base.db.read())
        .await?;
    Ok(events.into_iter().map(|event| row(event, &staff)).collect())
}

fn row(event: attendance_event::Model, staff: &HashMap<String, String>) -> [String; 10] {
    let kind = EventKind::parse(&event.kind);
    let what = match kind {
        // A second scan of somebody who is there already.
        Some(EventKind::In) if event.position.is_none() => "重复签到",
        Some(kind) => kind.zh(),
        None => "其他",
    };
    let by = match event.actor.as_str() {
        "self" => "本人".to_string(),
        "system" => "系统".to_string(),
        helper if helper.starts_with("helper:") => "同事".to_string(),
        username => staff.get(username).cloned().unwrap_or_else(|| username.to_string()),
    };
    let own = kind == Some(EventKind::In);
    [
        event.version.to_string(),
        second(event.at),
        if own { second(event.scanned_at) } else { String::new() },
        what.to_string(),
        event.name,
        event.unit,
        Source::parse(&event.source).filter(|_| own).map_or("", Source::zh).to_string(),
        by,
        event.position.map(|position| position.to_string()).unwrap_or_default(),
        event.reason.unwrap_or_default(),
    ]
}

/// The workbook.
pub fn write(content: &Content, rows: &[[String; 10]], printed: &Printed) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    book.set_properties(&properties(content, printed.at)?);
    let sheet = book.add_worksheet();
    sheet.set_name("签到流水")?;
    let (bold, quoted) = (Format::new().set_bold(), Format::new().set_quote_prefix());
    sheet.write_string_with_format(0, 0, format!("{}签到流水", content.title), &bold)?;
    let proof = format!("{}　核验编码：{}　制表：{}", printed.revision(), printed.digest(), printed.made());
    sheet.write_string(1, 0, proof)?;
    for (at, (head, width)) in (0..).zip(HEAD.into_iter().zip(WIDTHS)) {
        sheet.write_string_with_format(2, at, head, &bold)?;
        sheet.set_column_width(at, width)?;
    }
    for (line, row) in (3..).zip(rows) {
        for (at, text) in (0..).zip(row) {
            match text.starts_with(['=', '+', '-', '@']) {
                true => sheet.write_string_with_format(line, at, text, &quoted)?,
                false => sheet.write_string(line, at, text)?,
            };
        }
    }
    sheet.set_freeze_panes(3, 0)?;
    const A4: u8 = 9;
    sheet.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0).set_repeat_rows(2, 2)?;
    sheet.set_footer("&R第 &P 页，共 &N 页");
    book.save_to_buffer()
}

fn second(at: Instant) -> String {
    shanghai(at).format("%Y-%m-%d %H:%M:%S").to_string()
}
