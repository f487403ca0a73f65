//! 工作日历: which years are known, and the notice of the next one: pasted, compared day by day, published.

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse, Responder};
use askama::Template;
use serde::Deserialize;

use super::missing_year;
use crate::base::calendar::notice::Problem;
use crate::base::calendar::{Status, Year};
use crate::base::clock::zh_moment;
use crate::cases::Cases;
use crate::cases::year::{self, YearError};
use crate::web::{Administrator, Error, Layout, Page, Posted, see_other};

#[derive(Template)]
#[template(path = "cases/desk_years.html")]
struct YearsPage {
    page: Layout,
    banner: Option<(&'static str, String)>,
    done: Option<String>,
    years: Vec<YearRow>,
    text: String,
    problems: Vec<String>,
    preview: Option<Preview>,
}

struct YearRow {
    year: i32,
    published: bool,
    source: String,
    off: usize,
    make_up: usize,
    /// Who published it while the program ran, and when.
    by: String,
    /// How far the open limits were counted anew.
    progress: String,
}

struct Preview {
    year: i32,
    source: String,
    changes: Vec<String>,
    again: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct After {
    done: Option<i32>,
}

pub async fn show(
    cases: Data<Cases>,
    _user: Administrator,
    after: Query<After>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let done = after.done.map(|year| format!("已公布 {year} 年放假安排，正在重新计算办理期限。"));
    draw(&cases, page, done, String::new(), Vec::new(), None).await
}

async fn draw(
    cases: &Cases,
    page: Layout,
    done: Option<String>,
    text: String,
    problems: Vec<String>,
    preview: Option<Preview>,
) -> Result<Page<YearsPage>, Error> {
    let (calendar, now) = (cases.calendar(), cases.store.clock.now());
    let published = year::published(cases).await?;
    let row = |one: &Year| {
        let ours = published.iter().find(|row| row.year == one.year);
        YearRow {
            year: one.year,
            published: one.status == Status::Published,
            source: one.source.clone(),
            off: one.weekdays_off().len(),
            make_up: one.make_up_days().len(),
            by: ours
                .map(|row| format!("{} 于{}公布", row.published_by, zh_moment(row.published_at, now)))
                .unwrap_or_default(),
            progress: ours
                .map(|row| match row.finished_at {
                    Some(_) => format!("已重新计算 {} 件，{} 件的期限有变化", row.done, row.moved),
                    None => format!("正在重新计算：{} / {} 件", row.done, row.total),
                })
                .unwrap_or_default(),
        }
    };
    let mut years: Vec<YearRow> = calendar.years().map(row).collect();
    years.reverse();
    Ok(Page::of(YearsPage {
        page: page.at("case-years"),
        banner: missing_year(cases).await,
        done,
        years,
        text,
        problems,
        preview,
    }))
}

#[derive(Deserialize)]
pub struct Said {
    text: String,
    act: String,
}

pub async fn change(
    request: HttpRequest,
    cases: Data<Cases>,
    user: Administrator,
    form: Posted<Said>,
    page: Layout,
) -> Result<HttpResponse, Error> {
    let Said { text, act } = form.0;
    if act == "publish" {
        let year = year::publish(&cases, &text, &user.0.username).await?;
        return Ok(see_other(&format!("/desk/cases/years?done={}", year.year)));
    }
    let (problems, preview) = match year::preview(&cases, &text) {
        Ok((year, changes)) => {
            let again = cases.calendar().is_published(year.year);
            let changes = changes.iter().map(|change| change.zh()).collect();
            (Vec::new(), Some(Preview { year: year.year, source: year.source, changes, again }))
        }
        Err(YearError::Unread(problems)) => (problems.iter().map(Problem::to_string).collect(), None),
        Err(error) => return Err(error.into()),
    };
    let drawn = draw(&cases, page, None, text, problems, preview).await?;
    Ok(drawn.respond_to(&request))
}
