//! The 签到表 as a workbook that prints as it stands: title block, table, page totals, revision and digest.

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Image, Workbook, Worksheet, XlsxError,
};

use super::columns::{Column, pages};
use super::content::Content;
use super::revision::Printed;
use crate::base::clock::{Instant, shanghai};

/// Height of a line, in points; fixed, so that pages end where we say.
const LINE: f64 = 24.0;
/// What fits across an A4 page between its margins, in widths of a column, where the widest of usual fonts stands in
/// for the workbook's own (LibreOffice without Carlito, measured).
const ACROSS: f32 = 69.0;
/// Rows above the table's head.
const ABOVE: u32 = 4;

/// The workbook.
pub fn write(content: &Content, columns: &[Column], printed: &Printed) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    book.set_properties(&properties(content, printed.at)?);
    let sheet = book.add_worksheet();
    sheet.set_name("签到表")?;
    let last = u16::try_from(columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
    set_up(sheet, columns, printed)?;
    title_block(sheet, content, last, printed)?;
    let cell = Format::new().set_border(FormatBorder::Thin).set_align(FormatAlign::VerticalCenter);
    let head = cell.clone().set_bold().set_align(FormatAlign::Center);
    for (at, column) in (0..).zip(columns) {
        sheet.write_string_with_format(ABOVE, at, column.zh(), &head)?;
    }
    sheet.set_row_height(ABOVE, LINE)?;
    let total = Format::new().set_align(FormatAlign::VerticalCenter).set_align(FormatAlign::Right);
    let mut row = ABOVE + 1;
    let mut breaks = Vec::new();
    for (first, lines) in pages(content) {
        if row > ABOVE + 1 {
            breaks.push(row);
        }
        for (n, line) in (first..).zip(lines) {
            for (at, column) in (0..).zip(columns) {
                write_cell(sheet, row, at, *column, &column.text(n, line), &cell)?;
            }
            sheet.set_row_height(row, LINE)?;
            row += 1;
        }
        let sum = format!("本页 {} 人，共 {} 人", lines.len(), content.lines.len());
        across(sheet, row, last, &sum, &total)?;
        sheet.set_row_height(row, LINE)?;
        row += 1;
    }
    sheet.set_page_breaks(&breaks)?;
    sheet.set_print_area(0, 0, row - 1, last)?;
    book.save_to_buffer()
}

/// The same time in the file whenever it is made: the same revision is then the same file.
pub(super) fn properties(content: &Content, at: Instant) -> Result<DocProperties, XlsxError> {
    let made = ExcelDateTime::from_timestamp(at.timestamp())?;
    Ok(DocProperties::new().set_title(&content.title).set_creation_datetime(&made))
}

fn set_up(sheet: &mut Worksheet, columns: &[Column], printed: &Printed) -> Result<(), XlsxError> {
    let wide: f32 = columns.iter().map(|column| column.width()).sum();
    for (at, column) in (0..).zip(columns) {
        sheet.set_column_width(at, f64::from(column.width()))?;
    }
    const A4: u8 = 9;
    sheet.set_paper_size(A4).set_margins(0.5, 0.5, 0.5, 0.7, 0.3, 0.3).set_print_center_horizontally(true);
    // Not "fit to width": Excel then forgets where pages end.
    let scale = (100.0 * ACROSS / wide).clamp(40.0, 100.0) as u16;
    sheet.set_print_scale(scale);
    sheet.set_repeat_rows(ABOVE, ABOVE)?;
    sheet.set_footer(format!("&L{} {}&R第 &P 页，共 &N 页", printed.revision(), printed.digest()));
    sheet.set_freeze_panes(ABOVE + 1, 0)?;
    Ok(())
}

fn title_block(
    sheet: &mut Worksheet,
    content: &Content,
    last: u16,
    printed: &Printed,
) -> Result<(), XlsxError> {
    let middle = Format::new().set_align(FormatAlign::VerticalCenter);
    let title = middle.clone().set_bold().set_font_size(16).set_align(FormatAlign::Center).set_text_wrap();
    let small = middle.clone().set_shrink();
    // The picture of the code stands over the last column, right of these lines.
    let before = last.saturating_sub(1);
    across(sheet, 0, before, &format!("{}签到表", content.title), &title)?;
    across(sheet, 1, before, &format!("时间：{}　地点：{}", content.when, content.place), &small)?;
    across(sheet, 2, before, &content.counts, &middle.clone().set_text_wrap())?;
    let proof = format!("{}　核验编码：{}　制表：{}", printed.revision(), printed.digest(), printed.made());
    across(sheet, 3, before, &proof, &small)?;
    for (row, height) in [(0, 44.0), (1, 22.0), (2, 36.0), (3, 22.0)] {
        sheet.set_row_height(row, height)?;
    }
    let picture = Image::new_from_buffer(&printed.picture)?
        .set_scale_to_size(112, 112, true)
        .set_alt_text("扫码核验这份签到表");
    sheet.insert_image_with_offset(0, last, &picture, 8, 8)?;
    Ok(())
}

/// One text over all columns up to `last`.
fn across(sheet: &mut Worksheet, row: u32, last: u16, text: &str, format: &Format) -> Result<(), XlsxError> {
    if last == 0 {
        sheet.write_string_with_format(row, 0, text, format)?;
    } else {
        sheet.merge_range(row, 0, row, last, text, format)?;
    }
    Ok(())
}

fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    at: u16,
    column: Column,
    text: &str,
    format: &Format,
) -> Result<(), XlsxError> {
    let mut format =
        if long(text, column) { format.clone().set_text_wrap() } else { format.clone().set_shrink() };
    if column.centred() {
        format = format.set_align(FormatAlign::Center);
    }
    if text.starts_with(['=', '+', '-', '@']) {
        // It is text already; this keeps it text when somebody edits the cell.
        format = format.set_quote_prefix();
    }
    match (column, text.parse::<u32>()) {
        (Column::No | Column::Position, Ok(number)) => {
            sheet.write_number_with_format(row, at, number, &format)?;
        }
        _ => {
            sheet.write_string_with_format(row, at, text, &format)?;
        }
    }
    Ok(())
}

/// Too long for one line, but not for two small ones.
fn long(text: &str, column: Column) -> bool {
    let letters: f32 = text.chars().map(|letter| if letter.is_ascii() { 1.0 } else { 2.0 }).sum();
    letters > column.width() && letters <= column.width() * 2.5
}

/// A day and a minute, for whoever reads it later.
pub(super) fn minute(at: Instant) -> String {
    shanghai(at).format("%Y-%m-%d %H:%M").to_string()
}
