//! Figures of a period: how many, how well, how fast, when and where. Small cells are not shown: a place with two
//! requests is somebody's own.

use std::collections::BTreeMap;

use chrono::Timelike;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::model::{DeskResult, State, car_case};
use crate::base::Base;
use crate::base::clock::{Instant, shanghai};

/// What has fewer is not shown.
pub const SMALL: usize = 5;
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
    pub spots: Vec<Spot>,
    pub hours_saved: i64,
}

impl Figures {
    /// In whole percent, of those that were not cancelled.
    pub fn success(&self) -> Option<usize> {
        let counted = self.cases - self.cancelled;
        (counted > 0).then(|| (self.moved * 100 + counted / 2) / counted)
    }
}

/// The figures of cases that began in `from..to`.
pub async fn of(base: &Base, from: Instant, to: Instant) -> Result<Figures, DbErr> {
    let cases = car_case::Entity::find()
        .filter(car_case::Column::CreatedAt.gte(from))
        .filter(car_case::Column::CreatedAt.lt(to))
        .all(base.db.read())
        .await?;
    Ok(figures(&cases))
}

/// Pure.
pub fn figures(cases: &[car_case::Model]) -> Figures {
    let gone = |case: &&car_case::Model| {
        case.moved_at.is_some() || case.result.as_deref() == Some(DeskResult::MovedAway.word())
    };
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
        hours: hours.iter().map(|count| (*count >= SMALL || *count == 0).then_some(*count)).collect(),
        spots: spots(cases),
        hours_saved: i64::try_from(by_itself).unwrap_or(0) * SAVED / 60,
    }
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

/// As a table for the office.
pub fn sheet(figures: &Figures) -> Vec<Vec<String>> {
    let row = |name: &str, value: String| vec![name.to_string(), value];
    let time = |times: Option<Times>, share: fn(Times) -> i64| {
        times.map_or_else(|| "数量太少，不显示".to_string(), |times| format!("{} 分钟", share(times)))
    };
    let mut rows = vec![
        row("项目", "数值".to_string()),
        row("请求（件）", figures.cases.to_string()),
        row("联系上车主（件）", figures.reached.to_string()),
        row("车主回复（件）", figures.answered.to_string()),
        row("已移走（件）", figures.moved.to_string()),
        row("值班人员办结（件）", figures.by_desk.to_string()),
        row("取消（件）", figures.cancelled.to_string()),
        row("成功率", figures.success().map_or_else(String::new, |share| format!("{share}%"))),
        row("回复用时中位数", time(figures.reply, |times| times.median)),
        row("回复用时 95 分位", time(figures.reply, |times| times.p95)),
        row("移走用时中位数", time(figures.gone, |times| times.median)),
        row("移走用时 95 分位", time(figures.gone, |times| times.p95)),
        row("节省出警（小时）", figures.hours_saved.to_string()),
    ];
    for (hour, count) in figures.hours.iter().enumerate() {
        let shown = count.map_or_else(|| format!("少于 {SMALL}"), |count| count.to_string());
        rows.push(row(&format!("{hour} 时"), shown));
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

    #[test]
    fn figures_count_rows_and_hide_small_cells() {
        let mut cases: Vec<_> = (1..=20).map(|n| case(n, Some(n), Some(n + 5))).collect();
        cases.push(case(70, None, None));
        let all = figures(&cases);
        assert_eq!((all.cases, all.moved, all.cancelled, all.success()), (21, 20, 1, Some(100)));
        assert_eq!(all.reply, Some(Times { median: 10, p95: 19 }));
        assert_eq!(all.gone, Some(Times { median: 15, p95: 24 }));
        // One request between ten and eleven is not shown; none is.
        assert_eq!((all.hours[9], all.hours[10], all.hours[11]), (Some(20), None, Some(0)));
        assert_eq!((all.spots.len(), all.spots[0].count, all.hours_saved), (1, 21, 10));
        let few = figures(&cases[..3]);
        assert_eq!((few.reply, few.spots.len()), (None, 0));
        assert!(sheet(&few).iter().any(|row| row[1].contains("太少")));
    }
}
