//! Rosters as offices send them: a table with a header in their own words, or none.

use super::{BadRow, List, MOST, RawRow, RosterError};
use crate::base::sheet::{self, SheetError};

/// What a column may be called.
const HEADERS: [(&str, &[&str]); 6] = [
    ("name", &["姓名", "名字", "name"]),
    ("unit", &["单位", "工作单位", "所在单位", "部门", "unit"]),
    ("phone", &["手机号", "手机", "手机号码", "联系电话", "电话", "联系方式", "phone"]),
    ("role", &["角色", "类别", "身份", "role"]),
    ("seat", &["座位", "座位号", "座次", "seat"]),
    ("votes", &["表决权", "有表决权", "是否表决", "votes"]),
];

/// Rows besides those of people: a title, a header, empty ones.
const MORE: usize = 1000;

/// Reads a roster file. Without a header the columns are name, unit, phone, role, seat, vote.
/// Each row keeps the number under which a spreadsheet program shows it: title, header and empty rows count.
pub fn read_file(bytes: &[u8]) -> Result<List, RosterError> {
    let rows = sheet::read(bytes, MOST + MORE).map_err(|error| match error {
        SheetError::TooManyRows(_) => RosterError::TooMany,
        SheetError::Unreadable(why) => RosterError::Unreadable(why),
    })?;
    // Offices put a title above the header: look for the header in the first rows.
    let mut filled = (1..).zip(&rows).filter(|(_, row)| row.iter().any(|cell| !cell.is_empty()));
    let header = filled.clone().take(5).find(|(_, row)| {
        let found = columns(row);
        found[0].is_some() && (found[1].is_some() || found[2].is_some())
    });
    let columns = match header {
        Some((at, header)) => {
            filled.find(|(row, _)| *row == at);
            columns(header)
        }
        None => [Some(0), Some(1), Some(2), Some(3), Some(4), Some(5)],
    };
    let people: List = filled
        .map(|(row, cells)| {
            let cell = |column: usize| columns[column].and_then(|at| cells.get(at)).cloned();
            let raw = RawRow {
                name: cell(0).unwrap_or_default(),
                unit: cell(1).unwrap_or_default(),
                phone: cell(2).unwrap_or_default(),
                role: cell(3),
                seat: cell(4),
                votes: cell(5),
            };
            (row, raw)
        })
        .collect();
    if people.0.is_empty() { Err(RosterError::Empty) } else { Ok(people) }
}

fn columns(row: &[String]) -> [Option<usize>; 6] {
    HEADERS.map(|(_, names)| {
        row.iter().position(|cell| {
            let cell: String =
                cell.chars().filter(|letter| !letter.is_whitespace() && *letter != '*').collect();
            names.contains(&cell.to_lowercase().as_str())
        })
    })
}

/// The bad rows as a CSV to correct and send again.
pub fn bad_rows_csv(bad: &[BadRow]) -> Result<Vec<u8>, csv::Error> {
    let mut rows =
        vec![["姓名", "单位", "手机号", "角色", "座位", "表决权", "行号", "原因"].map(String::from).to_vec()];
    rows.extend(bad.iter().map(|bad| {
        let raw = bad.raw.clone();
        vec![
            raw.name,
            raw.unit,
            raw.phone,
            raw.role.unwrap_or_default(),
            raw.seat.unwrap_or_default(),
            raw.votes.unwrap_or_default(),
            bad.row.to_string(),
            bad.reason.clone(),
        ]
    }));
    sheet::write_csv(&rows)
}

/// An empty roster with one example row.
pub fn template_xlsx() -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
    let rows = [
        ["姓名", "单位", "手机号", "角色", "座位", "表决权"],
        ["张三", "市某某局", "13800000000", "参会", "3 排 12 座", "是"],
    ];
    sheet::write_xlsx("名册", &rows.map(|row| row.map(String::from).to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_their_usual_names_under_a_title() {
        let csv = "\n全市培训会名单,,\n单 位,姓名*,联系电话\n,,\n市金融办,江一帆,138 1234 6021\n,,\n";
        let people = read_file(csv.as_bytes()).unwrap();
        let expected = RawRow {
            name: "江一帆".to_string(),
            unit: "市金融办".to_string(),
            phone: "138 1234 6021".to_string(),
            ..RawRow::default()
        };
        assert_eq!(people.0, [(5, expected)]);
    }

    #[test]
    fn a_table_without_a_header_is_name_unit_phone() {
        let people = read_file("江一帆,市金融办,13812346021,列席,3 排 12 座\n".as_bytes()).unwrap();
        let (row, person) = &people.0[0];
        assert_eq!((*row, person.unit.as_str(), person.seat.as_deref()), (1, "市金融办", Some("3 排 12 座")));
    }

    #[test]
    fn an_empty_table_says_so() {
        for text in ["", "姓名,单位,手机号\n", ",,\n,,\n"] {
            assert!(matches!(read_file(text.as_bytes()), Err(RosterError::Empty)), "{text}");
        }
    }

    #[test]
    fn the_template_can_be_imported_as_it_is() {
        assert_eq!(read_file(&template_xlsx().unwrap()).unwrap().0[0].1.name, "张三");
    }
}
