//! Figures of a period: how many, how well, how fast, when and where. Small cells are not shown: a place with two
//! requests is somebody's own. Where one alone would be hidden, the next is hidden with it: else it is what is left.

use std::collections::BTreeMap;

use chrono::{Datelike, Months, NaiveDate, NaiveTime, Timelike};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::model::{DeskResult, State, car_case};
use super::settings::{self, City};
use crate::base::Base;
use crate::base::clock::{Instant, from_shanghai, shanghai};
use crate::base::geo;

/// What has fewer is not shown.
pub const SMALL: usize = 5;
const HIDDEN: &str = "数量太少，不显示";
/// What a car that is moved by itself saves over a patrol that comes, in minutes: the desk's own estimate.
const SAVED: i64 = 30;

/// Half of all are at most the first, nineteen of twenty at most the second; in minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub median: i64,
    pub p95: i64,
}

/// One spot of some 150 metres where cars block again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The place as it was named last there, and its middle in degrees.
    pub place: String,
    pub at: String,
    pub count: usize,
}

/// One part of the city.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    pub name: String,
    /// Cases, and of those the cars that are gone; `None`: too few to show.
    pub cases: Option<usize>,
    pub moved: Option<usize>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub cases: usize,
    /// Owners who were reached, who answered, and cars that are gone.
    pub reached: usize,
    pub answered: usize,
    pub moved: usize,
    pub by_desk: usize,
    pub cancelled: usize,
    /// From asking to the owner's answer, and to the car being gone.
    pub reply: Option<Times>,
    pub gone: Option<Times>,
    /// Cases of each hour of the day; `None`: too few to show.
    pub hours: Vec<Option<usize>>,
    pub areas: Vec<Area>,
    pub spots: Vec<Spot>,
    pub hours_saved: i64,
}

impl Figures {
    /// In whole percent, of those that were not cancelled; `None` where there are too few.
    pub fn success(&self) -> Option<usize> {
        let counted = self.cases - self.cancelled;
        (counted >= SMALL).then(|| (self.moved * 100 + counted / 2) / counted)
    }
}

/// One month on the city's calendar.
pub struct Month {
    /// `2026-09`.
    pub name: String,
    pub from: Instant,
    pub to: Instant,
}

/// The month that is `asked` for, as `2026-09`; without, the present one. `None`: it is no month.
pub fn month(base: &Base, asked: Option<&str>) -> Option<Month> {
    let first = match asked {
        Some(text) => NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok()?,
        None => shanghai(base.clock.now()).date_naive().with_day(1)?,
    };
    let midnight = |day: NaiveDate| from_shanghai(day.and_time(NaiveTime::MIN));
    let next = first.checked_add_months(Months::new(1))?;
    Some(Month { name: first.format("%Y-%m").to_string(), from: midnight(first), to: midnight(next) })
}

/// The figures of cases that began in `from..to`.
pub async fn of(base: &Base, city: &City, from: Instant, to: Instant) -> Result<Figures, DbErr> {
    let cases = car_case::Entity::find()
        .filter(car_case::Column::CreatedAt.gte(from))
        .filter(car_case::Column::CreatedAt.lt(to))
        .all(base.db.read())
        .await?;
    Ok(figures(&cases, city))
}

fn gone(case: &&car_case::Model) -> bool {
    case.moved_at.is_some() || case.result.as_deref() == Some(DeskResult::MovedAway.word())
}

/// Pure.
pub fn figures(cases: &[car_case::Model], city: &City) -> Figures {
    let minutes = |from: Instant, to: Instant| ((to - from).num_seconds() + 59) / 60;
    let moved: Vec<&car_case::Model> = cases.iter().filter(gone).collect();
    let by_itself = moved.iter().filter(|case| case.taken_by.is_none()).count();
    let mut hours = [0usize; 24];
    for case in cases {
        hours[shanghai(case.created_at).hour() as usize % 24] += 1;
    }
    Figures {
        cases: cases.len(),
        reached: cases.iter().filter(|case| case.notified_at.is_some()).count(),
        answered: cases.iter().filter(|case| case.replied_at.is_some()).count(),
        moved: moved.len(),
        by_desk: cases.iter().filter(|case| case.state() == State::ClosedByDesk).count(),
        cancelled: cases.iter().filter(|case| case.state() == State::Cancelled).count(),
        reply: times(cases.iter().filter_map(|case| Some(minutes(case.created_at, case.replied_at?)))),
        gone: times(cases.iter().filter_map(|case| Some(minutes(case.created_at, case.moved_at?)))),
        hours: shown(&hours),
        areas: areas(cases, city),
        spots: spots(cases),
        hours_saved: i64::try_from(by_itself).unwrap_or(0) * SAVED / 60,
    }
}

/// Each count, or `None` where it is too small to show, or would be what is left of the sum.
fn shown(counts: &[usize]) -> Vec<Option<usize>> {
    let small = |count: &usize| (1..SMALL).contains(count);
    let alone = counts.iter().filter(|count| small(count)).count() == 1;
    let next =
        counts.iter().enumerate().filter(|(_, count)| **count >= SMALL).min_by_key(|(_, count)| **count);
    let next = next.map(|(at, _)| at).filter(|_| alone);
    let each = counts.iter().enumerate();
    each.map(|(at, count)| (!small(count) && Some(at) != next).then_some(*count)).collect()
}

/// By the operator's areas; a place in none of them is in the last row, and so is one that nobody knows.
fn areas(cases: &[car_case::Model], city: &City) -> Vec<Area> {
    let mut rows = vec![(0, 0); city.areas.len() + 1];
    for case in cases {
        let within = |spot: (f64, f64)| {
            let off = |area: &settings::Area| geo::metres((area.latitude, area.longitude), spot);
            city.areas.iter().position(|area| off(area) <= area.radius_km * 1000.0)
        };
        let row = &mut rows[case.spot().and_then(within).unwrap_or(city.areas.len())];
        row.0 += 1;
        row.1 += usize::from(gone(&case));
    }
    let names = city.areas.iter().map(|area| area.name.as_str()).chain(["其他地点"]);
    let all = shown(&rows.iter().map(|row| row.0).collect::<Vec<_>>());
    let moved = shown(&rows.iter().map(|row| row.1).collect::<Vec<_>>());
    names
        .zip(all.into_iter().zip(moved))
        .map(|(name, (cases, moved))| Area {
            name: name.to_string(),
            moved: moved.filter(|_| cases.is_some()),
            cases,
        })
        .collect()
}

/// `None` where there are too few to say.
fn times(minutes: impl Iterator<Item = i64>) -> Option<Times> {
    let mut all: Vec<i64> = minutes.collect();
    if all.len() < SMALL {
        return None;
    }
    all.sort_unstable();
    let at = |share: usize| all[(all.len() * share).div_ceil(100).saturating_sub(1)];
    Some(Times { median: at(50), p95: at(95) })
}

fn spots(cases: &[car_case::Model]) -> Vec<Spot> {
    const STEP: i32 = 1500;
    let mut cells: BTreeMap<(i32, i32), (usize, String)> = BTreeMap::new();
    for case in cases {
        if let (Some(latitude), Some(longitude)) = (case.latitude, case.longitude) {
            let cell = cells.entry((latitude.div_euclid(STEP), longitude.div_euclid(STEP))).or_default();
            cell.0 += 1;
            if !case.place.is_empty() {
                cell.1.clone_from(&case.place);
            }
        }
    }
    let degrees = |cell: i32| f64::from(cell * STEP + STEP / 2) / 1e6;
    let mut spots: Vec<Spot> = cells
        .into_iter()
        .filter(|(_, (count, _))| *count >= SMALL)
        .map(|((latitude, longitude), (count, place))| Spot {
            place,
            at: format!("{:.4}, {:.4}", degrees(latitude), degrees(longitude)),
            count,
        })
        .collect();
    spots.sort_by_key(|spot| std::cmp::Reverse(spot.count));
    spots.truncate(20);
    spots
}

/// A total, where it is large enough to show; nothing at all may be said, too.
pub fn enough(count: usize) -> Option<usize> {
    (count == 0 || count >= SMALL).then_some(count)
}

/// As a table for the office.
pub fn sheet(figures: &Figures) -> Vec<Vec<String>> {
    let row = |name: &str, value: String| vec![name.to_string(), value];
    let cell = |count: Option<usize>| count.map_or_else(|| HIDDEN.to_string(), |count| count.to_string());
    let total = |count: usize| cell(enough(count));
    let time = |times: Option<Times>, share: fn(Times) -> i64| {
        times.map_or_else(|| HIDDEN.to_string(), |times| format!("{} 分钟", share(times)))
    };
    let mut rows = vec![
        row("项目", "数值".to_string()),
        row("请求（件）", total(figures.cases)),
        row("联系上车主（件）", total(figures.reached)),
        row("车主回复（件）", total(figures.answered)),
        row("已移走（件）", total(figures.moved)),
        row("值班人员办结（件）", total(figures.by_desk)),
        row("取消（件）", total(figures.cancelled)),
        row("成功率", figures.success().map_or_else(|| HIDDEN.to_string(), |share| format!("{share}%"))),
        row("回复用时中位数", time(figures.reply, |times| times.median)),
        row("回复用时 95 分位", time(figures.reply, |times| times.p95)),
        row("移走用时中位数", time(figures.gone, |times| times.median)),
        row("移走用时 95 分位", time(figures.gone, |times| times.p95)),
        row("节省出警（小时）", figures.hours_saved.to_string()),
    ];
    for (hour, count) in figures.hours.iter().enumerate() {
        rows.push(row(&format!("{hour} 时"), cell(*count)));
    }
    for area in &figures.areas {
        rows.push(row(&format!("{}（件）", area.name), cell(area.cases)));
        rows.push(row(&format!("{}已移走（件）", area.name), cell(area.moved)));
    }
    for spot in &figures.spots {
        rows.push(row(&format!("多发地点：{}（{}）", spot.place, spot.at), spot.count.to_string()));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::from_shanghai;
    use chrono::{NaiveDate, TimeDelta};

    fn case(minute: i64, reply: Option<i64>, moved: Option<i64>) -> car_case::Model {
        let start = NaiveDate::from_ymd_opt(2026, 9, 21).and_then(|day| day.and_hms_opt(9, 0, 0));
        let at = from_shanghai(start.unwrap()) + TimeDelta::minutes(minute);
        car_case::Model {
            id: uuid::Uuid::now_v7(),
            plate_sealed: String::new(),
            plate_hash: String::new(),
            plate_masked: "浙C1**45".to_string(),
            class: "ordinary".to_string(),
            reason: "blocking".to_string(),
            place: "体育馆西门".to_string(),
            latitude: Some(27_778_300),
            longitude: Some(120_655_100),
            active_key: None,
            state: if moved.is_some() { "closed" } else { "cancelled" }.to_string(),
            held: None,
            urgent: false,
            callable: true,
            owner_hash: None,
            answered: false,
            reply: None,
            replied_at: reply.map(|minutes| at + TimeDelta::minutes(minutes)),
            eta_at: None,
            notified_at: reply.map(|_| at),
            asked_at: None,
            reminders: 0,
            clone: false,
            taken_by: None,
            result: None,
            version: 1,
            created_at: at,
            moved_at: moved.map(|minutes| at + TimeDelta::minutes(minutes)),
            closed_at: None,
        }
    }

    fn city() -> City {
        let area = |name: &str, latitude| settings::Area {
            name: name.to_string(),
            latitude,
            longitude: 120.6551,
            radius_km: 2.0,
        };
        let areas = vec![area("安阳", 27.7783), area("塘下", 27.90)];
        City { latitude: 27.7783, longitude: 120.6551, radius_km: 60.0, areas }
    }

    #[test]
    fn a_small_cell_is_hidden_with_the_next_if_it_would_be_what_is_left() {
        assert_eq!(shown(&[0, 20, 6, 3]), [Some(0), Some(20), None, None]);
        assert_eq!(shown(&[2, 20, 6, 3]), [None, Some(20), Some(6), None]);
        assert_eq!(shown(&[0, 7]), [Some(0), Some(7)]);
        assert_eq!(shown(&[4]), [None]);
    }

    #[test]
    fn areas_are_the_operators_and_the_rest() {
        let mut cases: Vec<_> = (1..=12).map(|n| case(n, Some(n), (n > 5).then_some(n + 5))).collect();
        cases.extend((1..=6).map(|n| car_case::Model { latitude: None, ..case(n, None, None) }));
        let areas = figures(&cases, &city()).areas;
        let of = |n: usize| (areas[n].name.as_str(), areas[n].cases, areas[n].moved);
        assert_eq!(of(0), ("安阳", Some(12), Some(7)));
        assert_eq!((of(1), of(2)), (("塘下", Some(0), Some(0)), ("其他地点", Some(6), Some(0))));
    }

    #[test]
    fn figures_count_rows_and_hide_small_cells() {
        let mut cases: Vec<_> = (1..=20).map(|n| case(n, Some(n), Some(n + 5))).collect();
        cases.push(case(70, None, None));
        let all = figures(&cases, &city());
        assert_eq!((all.cases, all.moved, all.cancelled, all.success()), (21, 20, 1, Some(100)));
        assert_eq!(all.reply, Some(Times { median: 10, p95: 19 }));
        assert_eq!(all.gone, Some(Times { median: 15, p95: 24 }));
        // One request between ten and eleven is not shown; none is.
        // The other hour would be what is left.
        assert_eq!((all.hours[9], all.hours[10], all.hours[11]), (None, None, Some(0)));
        cases.extend((1..=6).map(|n| case(120 + n, None, None)));
        let more = figures(&cases, &city());
        assert_eq!((more.hours[9], more.hours[10], more.hours[11]), (Some(20), None, None));
        assert_eq!((all.spots.len(), all.spots[0].count, all.hours_saved), (1, 21, 10));
        let few = figures(&cases[..3], &city());
        assert_eq!((few.reply, few.spots.len(), few.success()), (None, 0, None));
        assert!(sheet(&few).iter().any(|row| row[1].contains("太少")));
    }
}
