//! 统计 across meetings: `/desk/statistics`, by unit, and by person within a unit.

use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;

use super::encoded;
use super::roster::download;
use crate::meeting::Meetings;
use crate::meeting::sheet::model::Form;
use crate::meeting::statistics::across::{self, Across, MEETINGS, Tally};
use crate::meeting::statistics::period::{Asked, Period};
use crate::web::{Error, Layout, Page, StaffUser};

#[derive(Template)]
#[template(path = "meeting/desk_across.html")]
struct AcrossPage {
    page: Layout,
    period: String,
    first: String,
    last: String,
    chips: Vec<Chip>,
    export: String,
    meetings: i64,
    counted: i64,
    least: i64,
    total: TallyRow,
    /// The unit whose people are shown.
    unit: String,
    back: String,
    rows: Vec<TallyRow>,
}

struct Chip {
    name: String,
    href: String,
    current: bool,
}

struct TallyRow {
    name: String,
    /// Where its people are.
    href: String,
    people: i64,
    meetings: i64,
    invited: i64,
    attended: i64,
    late: i64,
    leave: i64,
    absent: i64,
    rate: String,
    rate_without_leave: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Unit {
    unit: String,
}

pub async fn show(
    meetings: Data<Meetings>,
    _user: StaffUser,
    asked: Query<Asked>,
    unit: Query<Unit>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let base = &meetings.base;
    let now = base.clock.now();
    let period = Period::of(&asked, now);
    let told = across::across(base, period).await?;
    let query = format!("from={}&to={}", period.first, period.last);
    let unit = unit.into_inner().unit;
    let rows = if unit.is_empty() { units(&told, &query) } else { people(&told, &unit) };
    let usual = Period::usual(now).into_iter();
    Ok(Page::of(AcrossPage {
        page: page.at("statistics"),
        period: period.zh(),
        first: period.first.to_string(),
        last: period.last.to_string(),
        chips: usual
            .map(|(name, one)| Chip {
                name: one.zh(),
                href: format!("/desk/statistics?period={name}"),
                current: one == period,
            })
            .collect(),
        export: format!("/desk/statistics.xlsx?{query}"),
        meetings: told.meetings,
        counted: told.counted,
        least: MEETINGS,
        total: row(String::new(), String::new(), 0, &told.total),
        unit,
        back: format!("/desk/statistics?{query}"),
        rows,
    }))
}

fn units(told: &Across, query: &str) -> Vec<TallyRow> {
    let each = told.units.iter();
    each.map(|one| {
        let href = format!("/desk/statistics?{query}&unit={}", encoded(&one.unit));
        row(one.unit.clone(), href, one.people, &one.tally)
    })
    .collect()
}

fn people(told: &Across, unit: &str) -> Vec<TallyRow> {
    let own = told.people.iter().filter(|one| one.unit == unit);
    own.map(|one| row(one.name.clone(), String::new(), 1, &one.tally)).collect()
}

fn row(name: String, href: String, people: i64, tally: &Tally) -> TallyRow {
    let shown = |rate: Option<String>| rate.unwrap_or_else(|| "—".to_string());
    TallyRow {
        name,
        href,
        people,
        meetings: tally.meetings,
        invited: tally.invited,
        attended: tally.attended,
        late: tally.late,
        leave: tally.leave,
        absent: tally.absent,
        rate: shown(tally.rate()),
        rate_without_leave: shown(tally.rate_without_leave()),
    }
}

pub async fn export(
    meetings: Data<Meetings>,
    _user: StaffUser,
    asked: Query<Asked>,
) -> Result<HttpResponse, Error> {
    let period = Period::of(&asked, meetings.base.clock.now());
    let book = across::file(&meetings.base, period).await?;
    Ok(download(Form::Xlsx.content_type(), &format!("参会统计-{}.xlsx", period.zh()), book))
}
