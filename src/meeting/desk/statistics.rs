//! 统计: the figures of one meeting; each leads to the people whom it counts.

use actix_web::Responder;
use actix_web::web::{Data, Path};
use askama::Template;
use serde::Serialize;
use uuid::Uuid;

use super::{After, Head, encoded, head, page_of};
use crate::base::clock::{Instant, zh_minute};
use crate::meeting::Meetings;
use crate::meeting::model::{Role, Source};
use crate::meeting::phase::Phase;
use crate::meeting::statistics::{self, Statistics, UnitCount, percent};
use crate::web::{Error, Layout, Page, StaffUser};

#[derive(Template)]
#[template(path = "meeting/desk_statistics.html")]
struct StatisticsPage {
    page: Layout,
    head: Head,
    has_roster: bool,
    /// 缺席; until the end 未到.
    absent: &'static str,
    nobody: bool,
    /// The large ones.
    figures: Vec<Figure>,
    small: Vec<Figure>,
    /// Label and value.
    times: Vec<(&'static str, String)>,
    /// For the curve, as JSON.
    points: String,
    /// Where a point leads, before its minute.
    minute: String,
    minutes: Vec<Figure>,
    units: Vec<UnitRow>,
    roles: Vec<RoleRow>,
    sources: Vec<Figure>,
    bands: Vec<Figure>,
}

/// A number, what it is, and where its list is.
struct Figure {
    label: String,
    number: i64,
    href: String,
    note: String,
}

struct UnitRow {
    unit: String,
    cells: Vec<Figure>,
    rate: String,
}

struct RoleRow {
    role: &'static str,
    planned: Figure,
    present: Figure,
}

#[derive(Serialize)]
struct Point {
    minute: Instant,
    count: i64,
    /// The same as the list's address has it.
    number: i64,
}

pub async fn show(
    meetings: Data<Meetings>,
    user: StaffUser,
    id: Path<Uuid>,
    page: Layout,
) -> Result<impl Responder, Error> {
    let (meeting, head) = head(&meetings, *id, &user, "statistics", &After::default()).await?;
    let told = statistics::of_meeting(&meetings.base, &meeting).await?;
    let over = matches!(Phase::of(&meeting, meetings.base.clock.now()), Phase::Over | Phase::Cancelled);
    let absent = if over { "缺席" } else { "未到" };
    let people = People { path: format!("{}/people", page_of(*id)), absent };
    let points: Vec<Point> = told
        .arrivals
        .iter()
        .map(|one| Point { minute: one.minute, count: one.count, number: one.minute.timestamp() / 60 })
        .collect();
    let points = serde_json::to_string(&points).map_err(|error| Error::new("internal").because(error))?;
    Ok(Page::of(StatisticsPage {
        page: page.at("meetings"),
        head,
        has_roster: told.has_roster,
        absent,
        nobody: told.by_source.is_empty() && told.expected == 0,
        figures: people.figures(&told),
        small: people.small(&told),
        times: times(&told),
        points,
        minute: people.to("present", "minute="),
        minutes: people.minutes(&told),
        units: told.by_unit.iter().map(|unit| people.unit(&told, unit)).collect(),
        roles: people.roles(&told),
        sources: people.sources(&told),
        bands: told
            .late_bands
            .iter()
            .map(|band| people.of(band.band.zh(), band.count, "late", &format!("band={}", band.band.word())))
            .collect(),
    }))
}

/// The list of people, with what it is asked for.
struct People {
    path: String,
    absent: &'static str,
}

impl People {
    fn to(&self, show: &str, more: &str) -> String {
        format!("{}?show={show}&{more}", self.path)
    }

    fn of(&self, label: &str, number: i64, show: &str, more: &str) -> Figure {
        Figure { label: label.to_string(), number, href: self.to(show, more), note: String::new() }
    }

    fn figures(&self, told: &Statistics) -> Vec<Figure> {
        let mut present = self.of("实到", told.present, "present", "role=counted");
        let mut figures = Vec::new();
        if told.has_roster {
            figures.push(self.of("应到", told.expected, "all", "role=attendee"));
            if let Some(rate) = percent(told.present, told.expected) {
                present.note = format!("到会率 {rate}（实到 ÷ 应到）");
            }
        }
        figures.push(present);
        if told.has_roster {
            let mut leave = self.of("请假", told.leave, "leave", "role=attendee");
            if let Some(rate) = percent(told.present, told.expected - told.leave) {
                leave.note = format!("不含请假的到会率 {rate}");
            }
            figures.push(leave);
            figures.push(self.of(self.absent, told.absent, "missing", "role=attendee"));
        }
        figures.push(self.of("迟到", told.late, "late", ""));
        figures
    }

    fn small(&self, told: &Statistics) -> Vec<Figure> {
        let outside = told.outside;
        let made_up = format!("role=counted&source={}", Source::MakeUp.word());
        let mut small = vec![
            self.of("暂离", told.away, "away", ""),
            self.of("早退", told.left_early, "left_early", ""),
            self.of("补签", told.made_up, "present", &made_up),
            self.of("撤销或恢复过", told.corrected, "all", "corrected=true"),
        ];
        if told.has_roster {
            small.extend([
                self.of("列席到会", outside.observers, "others", "role=observer"),
                self.of("旁听到会", outside.guests, "others", "role=guest"),
                self.of("工作人员到会", outside.staff, "others", "role=staff"),
                self.of("计划外到会", outside.unplanned, "others", "role=unplanned"),
            ]);
        }
        small
    }

    fn minutes(&self, told: &Statistics) -> Vec<Figure> {
        let each = told.arrivals.iter();
        each.map(|one| {
            let more = format!("minute={}", one.minute.timestamp() / 60);
            self.of(&zh_minute(one.minute), one.count, "present", &more)
        })
        .collect()
    }

    fn unit(&self, told: &Statistics, unit: &UnitCount) -> UnitRow {
        let more = format!("unit={}&role=counted", encoded(&unit.unit));
        let mut cells = Vec::new();
        if told.has_roster {
            cells.push(self.of("应到", unit.expected, "all", &more));
        }
        cells.push(self.of("实到", unit.present, "present", &more));
        if told.has_roster {
            cells.push(self.of("请假", unit.leave, "leave", &more));
            cells.push(self.of(self.absent, unit.absent, "missing", &more));
        }
        cells.push(self.of("迟到", unit.late, "late", &more));
        let rate = percent(unit.present, unit.expected).unwrap_or_else(|| "—".to_string());
        UnitRow { unit: unit.unit.clone(), cells, rate }
    }

    fn roles(&self, told: &Statistics) -> Vec<RoleRow> {
        let each = told.by_role.iter();
        each.map(|count| {
            let more = format!("role={}", count.role);
            RoleRow {
                role: Role::parse(count.role).map_or("其他", Role::zh),
                planned: self.of("名册", count.planned, "all", &more),
                present: self.of("到会", count.present, "present", &more),
            }
        })
        .collect()
    }

    fn sources(&self, told: &Statistics) -> Vec<Figure> {
        let each = told.by_source.iter();
        each.map(|count| {
            let label = Source::parse(count.source).map_or("其他", Source::zh);
            self.of(label, count.count, "present", &format!("source={}", count.source))
        })
        .collect()
    }
}

fn times(told: &Statistics) -> Vec<(&'static str, String)> {
    let minute = |at: Option<Instant>| at.map(zh_minute);
    let seconds = |ms: Option<i64>| ms.map(|ms| format!("{}.{} 秒", ms / 1000, ms % 1000 / 100));
    let peak = told.peak.as_ref().map(|one| format!("{}，{} 人", zh_minute(one.minute), one.count));
    [
        ("一半的人到会", minute(told.median_at)),
        ("95% 的人到会", minute(told.p95_at)),
        ("最多的一分钟", peak),
        ("扫码到签完，一半的人不超过", seconds(told.door_median_ms)),
        ("扫码到签完，95% 的人不超过", seconds(told.door_p95_ms)),
    ]
    .into_iter()
    .filter_map(|(label, value)| Some((label, value?)))
    .collect()
}
