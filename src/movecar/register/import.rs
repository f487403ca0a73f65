//! The register of owners as an office sends it: a table of plates and phones.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{PHONE_PLACE, PLATE_PLACE};
use crate::base::Base;
use crate::base::db::whole;
use crate::base::privacy::KeyError;
use crate::base::sheet::{self, SheetError};
use crate::movecar::model::car_owner;
use crate::movecar::plate::{self, Plate, Verdict};
use crate::people::audit;
use crate::people::phone::Phone;

/// Rows of one file.
pub const MOST: usize = 200_000;
/// Rows in one transaction.
const BATCH: usize = 500;
const HEADERS: [&[&str]; 3] = [
    &["车牌", "车牌号", "车牌号码", "号牌", "号牌号码", "plate"],
    &["手机号", "手机", "手机号码", "联系电话", "电话", "phone"],
    &["不接电话", "免电话", "no_calls"],
];

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("文件无法读取。请用 Excel（.xlsx）或 CSV 保存后再导入：{0}")]
    Sheet(#[from] SheetError),
    #[error("文件里没有可用的行。请写车牌号、手机号各一列，第一行是列名。")]
    Empty,
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub stored: usize,
    /// Row as the spreadsheet numbers it, and why; without the plate, for reports lie around.
    pub bad: Vec<(usize, String)>,
}

/// Reads `bytes` into the register. A plate that is known gets its new number; repeating changes nothing.
pub async fn import(base: &Base, bytes: &[u8], source: &str, actor: &str) -> Result<Report, ImportError> {
    let rows = sheet::read(bytes, MOST + 10)?;
    let mut filled = (1..).zip(&rows).filter(|(_, row)| row.iter().any(|cell| !cell.is_empty()));
    let header = filled.clone().take(5).find(|(_, row)| columns(row)[0].is_some());
    let columns = match header {
        Some((at, header)) => {
            filled.find(|(row, _)| *row == at);
            columns(header)
        }
        None => [Some(0), Some(1), Some(2)],
    };
    let mut report = Report::default();
    let mut good = Vec::new();
    for (row, cells) in filled {
        let cell = |n: usize| columns[n].and_then(|at| cells.get(at)).map_or("", String::as_str);
        match (plate_of(cell(0)), Phone::parse(cell(1))) {
            (Err(why), _) => report.bad.push((row, why)),
            (_, None) => report.bad.push((row, "手机号不对，应是 11 位手机号。".to_string())),
            (Ok(plate), Some(phone)) => good.push((plate, phone, is_yes(cell(2)))),
        }
    }
    if good.is_empty() && report.bad.is_empty() {
        return Err(ImportError::Empty);
    }
    for batch in good.chunks(BATCH) {
        store(base, batch, source).await?;
    }
    report.stored = good.len();
    audit::note(base, actor, "car.owners", source, &report.stored.to_string()).await?;
    Ok(report)
}

fn columns(row: &[String]) -> [Option<usize>; 3] {
    HEADERS.map(|names| row.iter().position(|cell| names.contains(&cell.trim().to_lowercase().as_str())))
}

/// A register says exactly what it means: nothing is corrected or offered here.
fn plate_of(text: &str) -> Result<Plate, String> {
    let read = plate::read(text);
    match (read.verdict, read.plate) {
        (Verdict::Valid, Some(plate)) => Ok(plate),
        _ => Err(format!("车牌号不对：{}", read.why.map_or("", |why| why.zh()))),
    }
}

fn is_yes(text: &str) -> bool {
    matches!(text, "是" | "1" | "true" | "y" | "Y" | "√")
}

async fn store(base: &Base, batch: &[(Plate, Phone, bool)], source: &str) -> Result<(), ImportError> {
    let tx = base.db.write().await?;
    for (plate, phone, no_calls) in batch {
        car_owner::Entity::delete_many()
            .filter(car_owner::Column::PlateHash.is_in(plate.hashes(&base.keys)))
            .exec(&tx)
            .await?;
        let row = car_owner::Model {
            id: Uuid::now_v7(),
            plate_hash: plate.hash(&base.keys),
            plate_sealed: plate.seal(&base.keys, PLATE_PLACE)?,
            phone_hash: phone.hash(&base.keys),
            phone_sealed: phone.seal(&base.keys, PHONE_PLACE)?,
            no_calls: *no_calls,
            source: source.to_string(),
            updated_at: base.clock.now(),
        };
        car_owner::Entity::insert(whole::<car_owner::ActiveModel>(row)).exec_without_returning(&tx).await?;
    }
    tx.commit().await?;
    Ok(())
}
