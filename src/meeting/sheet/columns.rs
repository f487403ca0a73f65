//! Which columns a 签到表 has, and how it falls into pages.

use sea_orm::{ActiveValue::Set, DbErr, EntityTrait, sea_query::OnConflict};
use uuid::Uuid;

use super::content::{Content, Line};
use super::model::sheet_choice;
use crate::base::Base;

/// A column that one may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    No,
    Name,
    Unit,
    Part,
    Seat,
    Phone,
    Position,
    At,
    Class,
    Source,
    Place,
    Sign,
    Remark,
}

impl Column {
    /// In the order in which they stand.
    pub const EACH: [Column; 13] = [
        Column::No,
        Column::Name,
        Column::Unit,
        Column::Part,
        Column::Seat,
        Column::Phone,
        Column::Position,
        Column::At,
        Column::Class,
        Column::Source,
        Column::Place,
        Column::Sign,
        Column::Remark,
    ];
    /// Those of somebody who chose none.
    pub const USUAL: [Column; 7] =
        [Column::No, Column::Name, Column::Unit, Column::Part, Column::At, Column::Class, Column::Remark];

    pub fn word(self) -> &'static str {
        match self {
            Column::No => "no",
            Column::Name => "name",
            Column::Unit => "unit",
            Column::Part => "role",
            Column::Seat => "seat",
            Column::Phone => "phone",
            Column::Position => "position",
            Column::At => "at",
            Column::Class => "class",
            Column::Source => "source",
            Column::Place => "place",
            Column::Sign => "sign",
            Column::Remark => "remark",
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            Column::No => "序号",
            Column::Name => "姓名",
            Column::Unit => "单位",
            Column::Part => "身份",
            Column::Seat => "座位",
            Column::Phone => "手机号",
            Column::Position => "位次",
            Column::At => "签到时间",
            Column::Class => "出席情况",
            Column::Source => "签到方式",
            Column::Place => "签到位置",
            Column::Sign => "签字",
            Column::Remark => "备注",
        }
    }

    /// How wide it is, compared with the others: about the letters of half a Chinese character that it holds.
    pub fn width(self) -> f32 {
        match self {
            Column::No | Column::Position => 5.5,
            Column::Name => 14.0,
            Column::Unit => 22.0,
            Column::Part => 8.0,
            Column::Class => 9.0,
            Column::At => 10.0,
            Column::Seat | Column::Source | Column::Place => 12.0,
            Column::Phone | Column::Sign => 13.0,
            Column::Remark => 16.0,
        }
    }

    /// Short values stand in the middle.
    pub fn centred(self) -> bool {
        !matches!(self, Column::Unit | Column::Remark)
    }

    /// What stands there of the person in line `n`, from 1.
    pub fn text(self, n: usize, line: &Line) -> String {
        match self {
            Column::No => n.to_string(),
            Column::Name => line.name.clone(),
            Column::Unit => line.unit.clone(),
            Column::Part => line.part.to_string(),
            Column::Seat => line.seat.clone(),
            Column::Phone => line.phone.clone(),
            Column::Position => line.position.map(|position| position.to_string()).unwrap_or_default(),
            Column::At => line.at.clone(),
            Column::Class => line.class.to_string(),
            Column::Source => line.source.to_string(),
            Column::Place => line.place.to_string(),
            Column::Sign => String::new(),
            Column::Remark => line.remark.clone(),
        }
    }

    /// Columns by their words, in order and once each; a sheet without names is none, so the name is always there.
    /// Unknown words are passed over; of nothing known, the usual ones.
    pub fn parse<'a>(words: impl Iterator<Item = &'a str>) -> Vec<Column> {
        let words: Vec<&str> = words.map(str::trim).collect();
        let mut chosen: Vec<Column> =
            Column::EACH.into_iter().filter(|column| words.contains(&column.word())).collect();
        if chosen.is_empty() {
            return Column::USUAL.to_vec();
        }
        if !chosen.contains(&Column::Name) {
            let at = usize::from(chosen.first() == Some(&Column::No));
            chosen.insert(at, Column::Name);
        }
        chosen
    }
}

/// What `staff` chose last.
pub async fn chosen(base: &Base, staff: Uuid) -> Result<Vec<Column>, DbErr> {
    let choice = sheet_choice::Entity::find_by_id(staff).one(base.db.read()).await?;
    Ok(Column::parse(choice.iter().flat_map(|choice| choice.columns.split(','))))
}

/// Remembers what `staff` chose.
pub async fn choose(base: &Base, staff: Uuid, columns: &[Column]) -> Result<(), DbErr> {
    let words: Vec<&str> = columns.iter().map(|column| column.word()).collect();
    let row = sheet_choice::ActiveModel { staff_id: Set(staff), columns: Set(words.join(",")) };
    let known = OnConflict::column(sheet_choice::Column::StaffId)
        .update_column(sheet_choice::Column::Columns)
        .to_owned();
    let tx = base.db.write().await?;
    sheet_choice::Entity::insert(row).on_conflict(known).exec_without_returning(&tx).await?;
    tx.commit().await
}

/// Lines on the first page, which has the title, and on each other one.
const FIRST: usize = 22;
const OTHERS: usize = 28;

/// The people of a sheet, page by page, each with the number of its first line. There is always a page.
pub fn pages(content: &Content) -> Vec<(usize, &[Line])> {
    let (first, rest) = content.lines.split_at(content.lines.len().min(FIRST));
    let mut pages = vec![(1, first)];
    for (n, lines) in rest.chunks(OTHERS).enumerate() {
        pages.push((FIRST + n * OTHERS + 1, lines));
    }
    pages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_put_in_order_and_keeps_the_name() {
        let words = |columns: Vec<Column>| columns.into_iter().map(Column::word).collect::<Vec<_>>();
        assert_eq!(words(Column::parse("remark,unit,unit,<b>".split(','))), ["name", "unit", "remark"]);
        assert_eq!(words(Column::parse("no,at".split(','))), ["no", "name", "at"]);
        assert_eq!(Column::parse("".split(',')), Column::USUAL);
    }
}
