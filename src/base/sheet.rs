//! Tables from and for office programs: XLSX and CSV in, CSV and XLSX out.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use encoding_rs::{GB18030, UTF_8};

/// A table as text, cells trimmed. Row `i` is row `i + 1` of the spreadsheet as people see it: empty rows are kept,
/// but for those at the end.
pub type Rows = Vec<Vec<String>>;

#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    #[error("neither XLSX nor text: {0}")]
    Unreadable(String),
    #[error("more than {0} rows")]
    TooManyRows(usize),
}

/// The widest table read; more columns are ignored.
const COLUMNS: usize = 50;
/// The longest cell kept, in characters.
const CELL: usize = 500;
/// What an XLSX may unpack to: a small file may hold gigabytes of nothing.
const UNPACKED: u64 = 200 * 1024 * 1024;

/// Reads the first sheet of an XLSX, or a CSV in UTF-8 or GB18030 (as Chinese Excel saves it). The type is told by
/// the content, not by the name.
pub fn read(bytes: &[u8], most_rows: usize) -> Result<Rows, SheetError> {
    let mut rows =
        if bytes.starts_with(b"PK") { read_xlsx(bytes, most_rows)? } else { read_csv(bytes, most_rows)? };
    while rows.last().is_some_and(|row| row.iter().all(String::is_empty)) {
        rows.pop();
    }
    Ok(rows)
}

fn read_xlsx(bytes: &[u8], most_rows: usize) -> Result<Rows, SheetError> {
    let unreadable = |error: calamine::XlsxError| SheetError::Unreadable(error.to_string());
    if unpacked_size(bytes).is_none_or(|size| size > UNPACKED) {
        return Err(SheetError::Unreadable("the archive is damaged or unpacks to too much".to_string()));
    }
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
    let Some(sheet) = book.worksheet_range_at(0) else { return Ok(Rows::new()) };
    let sheet = sheet.map_err(unreadable)?;
    // The range begins at the first row that is not empty.
    let above = sheet.start().map_or(0, |(row, _)| row as usize);
    if above + sheet.height() > most_rows {
        return Err(SheetError::TooManyRows(most_rows));
    }
    let mut rows = vec![Vec::new(); above];
    rows.extend(sheet.rows().map(|row| row.iter().take(COLUMNS).map(cell).collect()));
    Ok(rows)
}

/// A number cell holding a phone must not read as 1.38e10.
fn cell(data: &Data) -> String {
    match data {
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        other => tidy(&other.to_string()),
    }
}

fn read_csv(bytes: &[u8], most_rows: usize) -> Result<Rows, SheetError> {
    let text = decode(bytes)?.replace("\r\n", "\n").replace('\r', "\n");
    // A title above the table holds none of them.
    let delimiter = [b';', b'\t', b',']
        .into_iter()
        .max_by_key(|mark| text.lines().take(10).flat_map(str::bytes).filter(|byte| byte == mark).count());
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter.unwrap_or(b','))
        .from_reader(text.as_bytes());
    let mut rows = Rows::new();
    for record in reader.records() {
        let record = record.map_err(|error| SheetError::Unreadable(error.to_string()))?;
        // The reader skips empty lines; a spreadsheet shows them.
        let from = record.position().and_then(|at| usize::try_from(at.byte()).ok()).unwrap_or_default();
        let skipped = text.as_bytes()[from..].iter().take_while(|byte| **byte == b'\n').count();
        if rows.len() + skipped >= most_rows {
            return Err(SheetError::TooManyRows(most_rows));
        }
        rows.resize(rows.len() + skipped, Vec::new());
        rows.push(record.iter().take(COLUMNS).map(tidy).collect());
    }
    Ok(rows)
}

/// A byte order mark decides; else UTF-8 where it fits, else GB18030.
fn decode(bytes: &[u8]) -> Result<String, SheetError> {
    if bytes.contains(&0) && !bytes.starts_with(&[0xFF, 0xFE]) && !bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(SheetError::Unreadable("binary".to_string()));
    }
    for encoding in [UTF_8, GB18030] {
        let (text, _, damaged) = encoding.decode(bytes);
        if !damaged {
            return Ok(text.into_owned());
        }
    }
    Err(SheetError::Unreadable("neither UTF-8 nor GB18030".to_string()))
}

fn tidy(text: &str) -> String {
    text.trim_matches(|letter: char| letter.is_whitespace() || letter == '\u{FEFF}')
        .chars()
        .take(CELL)
        .collect()
}

/// The sum of unpacked sizes that the archive's own directory states; `None` when it has none.
fn unpacked_size(bytes: &[u8]) -> Option<u64> {
    const ENTRY: &[u8] = b"PK\x01\x02";
    let mut total = 0u64;
    let mut entries = 0;
    let mut from = 0;
    while let Some(at) = find(&bytes[from..], ENTRY) {
        let start = from + at;
        let size = bytes.get(start + 24..start + 28)?;
        total += u64::from(u32::from_le_bytes(size.try_into().ok()?));
        entries += 1;
        from = start + 4;
    }
    (entries > 0).then_some(total)
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// A CSV that Excel opens rightly: UTF-8 with a mark, CRLF, cells that Excel would run as formulas made harmless.
pub fn write_csv(rows: &[Vec<String>]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .flexible(true)
        .from_writer("\u{FEFF}".as_bytes().to_vec());
    for row in rows {
        writer.write_record(row.iter().map(|cell| harmless(cell)))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// An XLSX of one sheet, every cell text: phones keep their zeros and nothing is a formula. The first row is bold.
pub fn write_xlsx(name: &str, rows: &[Vec<String>]) -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name(name)?;
    let bold = rust_xlsxwriter::Format::new().set_bold();
    for (r, row) in rows.iter().enumerate() {
        for (c, cell) in row.iter().enumerate() {
            let (r, c) = (r as u32, c as u16);
            if r == 0 {
                sheet.write_string_with_format(r, c, cell, &bold)?;
            } else {
                sheet.write_string(r, c, cell)?;
            }
        }
    }
    sheet.autofit();
    book.save_to_buffer()
}

/// A cell that starts like a formula gets an apostrophe, as offices know it.
pub fn harmless(cell: &str) -> String {
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{cell}"),
        _ => cell.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(cells: &[&[&str]]) -> Rows {
        cells.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect()
    }

    #[test]
    fn utf8_and_gb18030_files_read_the_same() {
        let text = "姓名,单位,手机号\r\n江一帆,市金融办,13812346021\r\n";
        let expected = rows(&[&["姓名", "单位", "手机号"], &["江一帆", "市金融办", "13812346021"]]);
        let (gb, _, _) = GB18030.encode(text);
        assert_eq!(read(text.as_bytes(), 10).unwrap(), expected);
        assert_eq!(read(format!("\u{FEFF}{text}").as_bytes(), 10).unwrap(), expected);
        assert_eq!(read(&gb, 10).unwrap(), expected);
        assert_eq!(read(text.replace(',', "\t").as_bytes(), 10).unwrap(), expected);
    }

    #[test]
    fn rows_stand_where_the_spreadsheet_shows_them() {
        for text in
            ["\n\n标题\n\n\"两\n行\",x\n\n\n尾\n\n", "\r\n\r\n标题\r\n\r\n\"两\n行\",x\r\n\r\n\r\n尾\r\n"]
        {
            let expected = rows(&[&[], &[], &["标题"], &[], &["两\n行", "x"], &[], &[], &["尾"]]);
            assert_eq!(read(text.as_bytes(), 10).unwrap(), expected, "{text:?}");
            assert!(matches!(read(text.as_bytes(), 7), Err(SheetError::TooManyRows(7))));
        }
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write_string(2, 0, "标题").unwrap().write_string(4, 0, "尾").unwrap();
        let book = book.save_to_buffer().unwrap();
        let read = read(&book, 10).unwrap();
        assert_eq!((read.len(), read[2][0].as_str(), read[4][0].as_str()), (5, "标题", "尾"));
    }

    #[test]
    fn a_written_workbook_reads_back_with_phones_as_text() {
        let table = rows(&[&["姓名", "手机号"], &["=1+1", "013812346021"]]);
        let book = write_xlsx("名单", &table).unwrap();
        assert_eq!(read(&book, 10).unwrap(), table);
    }

    #[test]
    fn a_number_cell_reads_as_its_digits() {
        let mut book = rust_xlsxwriter::Workbook::new();
        book.add_worksheet().write_number(0, 0, 13812346021.0).unwrap();
        assert_eq!(read(&book.save_to_buffer().unwrap(), 10).unwrap(), rows(&[&["13812346021"]]));
    }

    #[test]
    fn formulas_are_harmless_in_a_written_csv() {
        let csv =
            String::from_utf8(write_csv(&rows(&[&["=HYPERLINK(1)", "+86", "-1", "@a", "江"]])).unwrap())
                .unwrap();
        assert_eq!(csv, "\u{FEFF}'=HYPERLINK(1),'+86,'-1,'@a,江\r\n");
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for bytes in [&b"PK\x03\x04rubbish"[..], b"\x00\x01\x02\x03", b"\xFF\xFE\x00"] {
            assert!(
                read(bytes, 10).is_err() || read(bytes, 10).unwrap().iter().flatten().all(String::is_empty),
                "{bytes:?}"
            );
        }
        assert!(matches!(read("a\n".repeat(11).as_bytes(), 10), Err(SheetError::TooManyRows(10))));
        assert!(read(b"", 10).unwrap().is_empty());
    }
}
