//! 移车统计: the figures of a month, on a page and as a workbook.

use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;

use crate::base::clock::shanghai;
use crate::base::sheet;
use crate::movecar::Movecar;
use crate::movecar::statistics::{self, Figures, Month, SMALL, Spot, Times, enough};
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
    /// `2026年9月`.
    said: String,
    nobody: bool,
    /// Name, figure, what it means.
    tiles: Vec<(&'static str, String, String)>,
    steps: Vec<(&'static str, String)>,
    /// Name, cases, cars that are gone; only where the operator named parts of the city.
    areas: Vec<(String, String, String)>,
    /// Hour, cases as they are said, and their share of the busiest hour in percent.
    hours: Vec<(usize, String, usize)>,
    spots: Vec<Spot>,
    small: usize,
}

async fn read(car: &Movecar, asked: &Asked) -> Result<(Month, Figures), Error> {
    let base = &car.base;
    let month = statistics::month(base, Some(&asked.month)).or_else(|| statistics::month(base, None));
    let month = month.ok_or_else(|| Error::new("internal"))?;
    let figures = statistics::of(base, &car.settings.city, month.from, month.to).await?;
    Ok((month, figures))
}

pub async fn show(
    car: Data<Movecar>,
    _user: StaffUser,
    asked: Query<Asked>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let (month, figures) = read(&car, &asked).await?;
    let busiest = figures.hours.iter().flatten().copied().max().unwrap_or(0).max(1);
    let hour = |(hour, count): (usize, &Option<usize>)| match count {
        Some(count) => (hour, count.to_string(), count * 100 / busiest),
        None => (hour, HIDDEN.to_string(), 0),
    };
    Ok(Page::of(FiguresPage {
        page: page.at("car-figures"),
        said: shanghai(month.from).format("%Y年%-m月").to_string(),
        nobody: figures.cases == 0,
        tiles: tiles(&figures),
        steps: vec![
            ("联系上车主", said(enough(figures.reached))),
            ("车主回复", said(enough(figures.answered))),
            ("已移走", said(enough(figures.moved))),
            ("值班人员办结", said(enough(figures.by_desk))),
            ("求助人取消", said(enough(figures.cancelled))),
        ],
        areas: match figures.areas.len() {
            0 | 1 => Vec::new(),
            _ => figures
                .areas
                .iter()
                .map(|area| (area.name.clone(), said(area.cases), said(area.moved)))
                .collect(),
        },
        hours: figures.hours.iter().enumerate().map(hour).collect(),
        spots: figures.spots,
        small: SMALL,
        month: month.name,
    }))
}

/// What stands where a number is too small to show.
const HIDDEN: &str = "—";

fn said(count: Option<usize>) -> String {
    count.map_or_else(|| HIDDEN.to_string(), |count| count.to_string())
}

fn tiles(figures: &Figures) -> Vec<(&'static str, String, String)> {
    let time = |name, times: Option<Times>| match times {
        Some(Times { median, p95 }) => {
            (name, format!("{median} 分钟"), format!("中位数；95% 在 {p95} 分钟内"))
        }
        None => (name, HIDDEN.to_string(), format!("满 {SMALL} 件后显示")),
    };
    let success = figures.success().map_or_else(|| HIDDEN.to_string(), |share| format!("{share}%"));
    let pieces = |count: usize| {
        enough(count).map_or_else(|| format!("少于 {SMALL} 件"), |count| format!("{count} 件"))
    };
    vec![
        ("请求", pieces(figures.cases), format!("其中取消 {}", pieces(figures.cancelled))),
        ("成功率", success, format!("已移走 {}", pieces(figures.moved))),
        time("车主回复用时", figures.reply),
        time("移走用时", figures.gone),
        ("节省出警", format!("{} 小时", figures.hours_saved), "估算".to_string()),
    ]
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
            .insert_header((
                "Content-Disposition",
                format!("attachment; filename=\"movecar-{}.csv\"", month.name),
            ))
            .body(text));
    }
    let book = sheet::write_xlsx("移车统计", &statistics::sheet(&figures))
        .map_err(|error| Error::new("internal").because(error))?;
    let name = format!("attachment; filename=\"movecar-{}.xlsx\"", month.name);
    Ok(HttpResponse::Ok()
        .content_type("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        .insert_header(("Content-Disposition", name))
        .body(book))
}
