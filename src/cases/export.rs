//! All cases as a table, for the files and for another system: written as it is read, so its length does not matter.

use std::io::Write;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::Cases;
use super::act::Act;
use super::model::{TextKind, case_event, case_file};
use super::table::Line;
use super::text::{self, Read};
use crate::base::clock::{Instant, shanghai};

/// Cases read in one go.
const BATCH: u64 = 200;

/// Writes every case that was filed to `out`, the lowest number first; how many. With names and phones: the file is as
/// secret as the database.
pub async fn export(cases: &Cases, out: impl Write, mut tell: impl FnMut(usize)) -> anyhow::Result<usize> {
    let mut writer = csv::Writer::from_writer(out);
    let (mut after, mut count) = (0, 0);
    loop {
        let files = case_file::Entity::find()
            .filter(case_file::Column::PublicNo.gt(after))
            .order_by_asc(case_file::Column::PublicNo)
            .limit(BATCH)
            .all(cases.store.db.read())
            .await?;
        let Some(last) = files.last() else { break };
        after = last.public_no;
        for file in &files {
            writer.serialize(line(cases, file).await?)?;
        }
        count += files.len();
        tell(count);
    }
    writer.flush()?;
    Ok(count)
}

fn moment(at: Option<Instant>) -> String {
    at.map(|at| shanghai(at).format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

async fn line(cases: &Cases, file: &case_file::Model) -> anyhow::Result<Line> {
    let db = cases.store.db.read();
    let texts = text::all(db, &cases.store.keys, file.id).await?;
    let events = case_event::Entity::find()
        .filter(case_event::Column::CaseId.eq(file.id))
        .order_by_asc(case_event::Column::Version)
        .all(db)
        .await?;
    let of = |act: Act| events.iter().rev().find(|event| event.kind == act.word());
    let last = |kind: TextKind| texts.iter().rev().find(|text| text.kind == kind);
    let said = |text: Option<&Read>| text.map(|text| text.text.clone()).unwrap_or_default();
    let original = texts.iter().find(|text| text.id == file.original_text);
    let (title, body) = original.map_or(("", ""), |original| text::split(&original.text));
    let contact = texts.iter().find(|text| Some(text.id) == file.contact_text);
    let signed = of(Act::Answer).and_then(|event| {
        let change: serde_json::Value = serde_json::from_str(&event.change).ok()?;
        change["detail"].as_str().map(str::to_string)
    });
    let score = |score: Option<i32>| score.map(|score| score.to_string()).unwrap_or_default();
    Ok(Line {
        number: file.public_no.to_string(),
        created: moment(Some(file.created_at)),
        kind: file.kind().zh().to_string(),
        category: file.category.clone(),
        title: title.to_string(),
        body: body.to_string(),
        place: file.place.clone(),
        contact: said(contact),
        unit: file.lead_unit.clone().unwrap_or_default(),
        forwarded: moment(of(Act::Forward).map(|event| event.at)),
        replied: moment(of(Act::FirstReply).map(|event| event.at)),
        reply: said(last(TextKind::FirstReply)),
        answered: moment(of(Act::Answer).map(|event| event.at)),
        answer: said(last(TextKind::Answer)),
        signed_by: signed.unwrap_or_default(),
        rated: moment(of(Act::Rate).map(|event| event.at)),
        office_score: score(file.office_score),
        unit_score: score(file.unit_score),
        public: if file.published_at.is_some() { "是" } else { "" }.to_string(),
        state: file.state().zh().to_string(),
    })
}
