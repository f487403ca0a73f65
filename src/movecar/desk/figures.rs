//! 移车统计: the figures of a month, on a page and as a workbook.

use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, Responder};
use askama::Template;
use chrono::{Datelike, Months, NaiveDate, NaiveTime};
use serde::Deserialize;

use crate::base::clock::{from_shanghai, shanghai};
use crate::base::sheet;
use crate::movecar::Movecar;
use crate::movecar::statistics::{self, Figures};
use crate::web::{Error, Layout, Page, StaffUser};

/// `2026-09`; the present month without.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    month: String,
    /// Of an export: `csv`, or a workbook.
    form: String,
}

#[derive(Template)]
#[template(path = "movecar/desk_figures.html")]
struct FiguresPage {
    page: Layout,
    month: String,
    rows: Vec<Vec<String>>,
    empty: bool,
}

async fn read(car: &Movecar, asked: &Asked) -> Result<(String, Figures), Error> {
    let today = shanghai(car.base.clock.now()).date_naive();
    let first = NaiveDate::parse_from_str(&format!("{}-01", asked.month), "%Y-%m-%d")
        .unwrap_or_else(|_| today.with_day(1).unwrap_or(today));
    let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
    let midnight = |day: NaiveDate| from_shanghai(day.and_time(NaiveTime::MIN));
    let figures = statistics::of(&car.base, &car.settings.city, midnight(first), midnight(next)).await?;
    Ok((first.format("%Y-%m").to_string(), figures))
}

pub async fn show(
    car: Data<Movecar>,
    _user: StaffUser,
    asked: Query<Asked>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let (month, figures) = read(&car, &asked).await?;
    Ok(Page::of(FiguresPage {
        page: page.at("car-figures"),
        rows: statistics::sheet(&figures).split_off(1),
        empty: figures.cases == 0,
        month,
    }))
}

pub async fn export(
    car: Data<Movecar>,
    _user: StaffUser,
    asked: Query<Asked>,
) -> Result<HttpResponse, Error> {
    let (month, figures) = read(&car, &asked).await?;
    if asked.form == "csv" {
        let text = sheet::write_csv(&statistics::sheet(&figures))
            .map_err(|error| Error::new("internal").because(error))?;
        return Ok(HttpResponse::Ok()
            .content_type("text/csv; charset=utf-8")
            .insert_header(("Content-Disposition", format!("attachment; filename=\"movecar-{month}.csv\"")))
            .body(text));
    }
    let book = sheet::write_xlsx("移车统计", &statistics::sheet(&figures))
        .map_err(|error| Error::new("internal").because(error))?;
    Ok(HttpResponse::Ok()
        .content_type("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        .insert_header(("Content-Disposition", format!("attachment; filename=\"movecar-{month}.xlsx\"")))
        .body(book))
}
