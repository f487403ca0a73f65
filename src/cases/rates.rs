//! The arithmetic of statistics: rates, medians, trends, and cells too small to show. Pure; whole numbers throughout,
//! so that a figure is the same wherever it is computed again.

/// Cells that count fewer people than this are not shown by area or unit: they could be recognised.
pub const SMALL: u64 = 5;

/// A share in hundredths of a percent, rounded half up: 9919 is 99.19 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u64);

impl Rate {
    /// `part` of `whole`; `None` of nothing. A part larger than its whole is a fault of the counting, and stays visible
    /// as more than 100 %.
    pub fn of(part: u64, whole: u64) -> Option<Rate> {
        let whole = u128::from(whole);
        let doubled = (u128::from(part) * 20_000 + whole).checked_div(whole * 2)?;
        u64::try_from(doubled).ok().map(Rate)
    }

    /// For charts and programs: 99.19.
    pub fn percent(self) -> f64 {
        self.0 as f64 / 100.0
    }

    /// How far it is from an earlier rate, in percentage points; with its sign, in hundredths.
    pub fn points_since(self, earlier: Rate) -> i64 {
        self.0 as i64 - earlier.0 as i64
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{:02}%", self.0 / 100, self.0 % 100)
    }
}

/// A rate as pages show it: `99.19%`, and where nothing was counted `—`, which is not 0 %.
pub fn shown(rate: Option<Rate>) -> String {
    rate.map_or_else(|| "—".to_owned(), |rate| rate.to_string())
}

/// What was counted of a unit, a month, a category, or everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// All that came in, rejected ones included.
    pub received: u64,
    /// Passed on to a unit: what replies are measured by.
    pub forwarded: u64,
    /// Of those, answered.
    pub replied: u64,
    /// Of the answered, within their time.
    pub on_time: u64,
    /// Of the unanswered, beyond their time.
    pub overdue: u64,
    /// Of the answered, solved as the citizen says.
    pub resolved: u64,
    /// Rated by the citizen: the unit, and the moderation.
    pub rated_unit: u64,
    pub satisfied_unit: u64,
    pub rated_moderation: u64,
    pub satisfied_moderation: u64,
    /// Of the received, by somebody who came with the same matter before.
    pub repeats: u64,
}

impl Counts {
    /// Forwarded and not answered; 0 where the counting is at fault, as [`Counts::sound`] tells.
    pub fn unanswered(&self) -> u64 {
        self.forwarded.saturating_sub(self.replied)
    }

    /// Of the forwarded, not of the received: what was rejected or merged could not be answered by a unit.
    pub fn reply_rate(&self) -> Option<Rate> {
        Rate::of(self.replied, self.forwarded)
    }

    /// Of all whose time is over or who were answered; what still runs is neither on time nor late.
    pub fn on_time_rate(&self) -> Option<Rate> {
        Rate::of(self.on_time, self.replied + self.overdue)
    }

    /// Of the answered.
    pub fn resolved_rate(&self) -> Option<Rate> {
        Rate::of(self.resolved, self.replied)
    }

    /// 双满意, the unit: of those who rated it.
    pub fn unit_satisfaction(&self) -> Option<Rate> {
        Rate::of(self.satisfied_unit, self.rated_unit)
    }

    /// 双满意, the moderation: of those who rated it.
    pub fn moderation_satisfaction(&self) -> Option<Rate> {
        Rate::of(self.satisfied_moderation, self.rated_moderation)
    }

    /// Of the received.
    pub fn repeat_rate(&self) -> Option<Rate> {
        Rate::of(self.repeats, self.received)
    }

    /// Whether every part fits in its whole. Counts that do not are shown to nobody before somebody looked.
    pub fn sound(&self) -> bool {
        [
            (self.forwarded, self.received),
            (self.replied, self.forwarded),
            (self.on_time, self.replied),
            (self.overdue, self.unanswered()),
            (self.resolved, self.replied),
            (self.satisfied_unit, self.rated_unit),
            (self.satisfied_moderation, self.rated_moderation),
            (self.repeats, self.received),
        ]
        .into_iter()
        .all(|(part, whole)| part <= whole)
    }

    /// Together with another unit's or month's.
    pub fn plus(&self, other: &Counts) -> Counts {
        Counts {
            received: self.received + other.received,
            forwarded: self.forwarded + other.forwarded,
            replied: self.replied + other.replied,
            on_time: self.on_time + other.on_time,
            overdue: self.overdue + other.overdue,
            resolved: self.resolved + other.resolved,
            rated_unit: self.rated_unit + other.rated_unit,
            satisfied_unit: self.satisfied_unit + other.satisfied_unit,
            rated_moderation: self.rated_moderation + other.rated_moderation,
            satisfied_moderation: self.satisfied_moderation + other.satisfied_moderation,
            repeats: self.repeats + other.repeats,
        }
    }
}

/// The figures that a newspaper printed of one city's first three years; statistics must come to the same.
pub fn fixture() -> Counts {
    Counts { received: 14_301, forwarded: 9562, replied: 9485, overdue: 46, ..Counts::default() }
}

/// The middle of `durations` in seconds, as tenths of an hour, rounded half up; of an even number, the mean of the two
/// in the middle. `None` of nothing.
pub fn median_hours(durations: &mut [i64]) -> Option<f64> {
    if durations.is_empty() {
        return None;
    }
    durations.sort_unstable();
    let middle = durations.len() / 2;
    let upper = *durations.get(middle)?;
    let lower = if durations.len().is_multiple_of(2) { *durations.get(middle - 1)? } else { upper };
    // Twice the median in seconds; a tenth of an hour is 360 of them.
    let twice = i128::from(upper) + i128::from(lower);
    let tenths = (twice + 360).div_euclid(720);
    Some(tenths as f64 / 10.0)
}

/// What a public table shows of one count: `None` where it is small, but not zero.
pub fn public(count: u64) -> Option<u64> {
    (count == 0 || count >= SMALL).then_some(count)
}

/// A public row of cells beside their shown sum. One hidden cell alone could be computed from the sum, so the smallest
/// of the others is hidden with it.
pub fn public_row(cells: &[u64]) -> Vec<Option<u64>> {
    let mut shown: Vec<Option<u64>> = cells.iter().map(|cell| public(*cell)).collect();
    let hidden = shown.iter().filter(|cell| cell.is_none()).count();
    if hidden == 1 {
        let others = cells.iter().enumerate().filter(|(at, cell)| **cell > 0 && shown[*at].is_some());
        if let Some(at) = others.min_by_key(|(_, cell)| **cell).map(|(at, _)| at) {
            shown[at] = None;
        }
    }
    shown
}

/// How a number of cases moved against the same time before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// Nothing to compare with, or too little to speak of a trend.
    Unknown,
    Same,
    Up(Rate),
    Down(Rate),
}

impl Trend {
    /// Below `least` in either period, single cases look like trends.
    pub fn of(now: u64, before: u64, least: u64) -> Trend {
        if now.max(before) < least {
            return Trend::Unknown;
        }
        match (Rate::of(now.abs_diff(before), before), now.cmp(&before)) {
            (None, _) => Trend::Unknown,
            (_, std::cmp::Ordering::Equal) => Trend::Same,
            (Some(by), std::cmp::Ordering::Greater) => Trend::Up(by),
            (Some(by), std::cmp::Ordering::Less) => Trend::Down(by),
        }
    }

    pub fn zh(self) -> String {
        match self {
            Trend::Unknown => "—".to_owned(),
            Trend::Same => "持平".to_owned(),
            Trend::Up(by) => format!("上升 {by}"),
            Trend::Down(by) => format!("下降 {by}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_printed_figures_come_out_to_the_digit() {
        let counts = fixture();
        assert!(counts.sound());
        assert_eq!(counts.unanswered(), 77);
        assert_eq!(counts.overdue, 46);
        assert_eq!(shown(counts.reply_rate()), "99.19%");
        // The wrong denominator, which must never be taken.
        assert_eq!(Rate::of(counts.replied, counts.received).unwrap().to_string(), "66.32%");
    }

    #[test]
    fn rates_are_rounded_half_up_to_two_decimals() {
        for (part, whole, text) in [
            (1, 3, "33.33%"),
            (2, 3, "66.67%"),
            (1, 8, "12.50%"),
            (1, 20_000, "0.01%"),
            (1, 20_001, "0.00%"),
            (0, 7, "0.00%"),
            (7, 7, "100.00%"),
            (8, 7, "114.29%"),
        ] {
            assert_eq!(Rate::of(part, whole).unwrap().to_string(), text, "{part}/{whole}");
        }
        assert_eq!(shown(Rate::of(0, 0)), "—");
        assert_eq!(Rate::of(u64::MAX, u64::MAX), Some(Rate(10_000)));
    }

    #[test]
    fn every_rate_has_its_own_denominator() {
        let counts = Counts {
            received: 100,
            forwarded: 80,
            replied: 60,
            on_time: 45,
            overdue: 15,
            resolved: 30,
            rated_unit: 20,
            satisfied_unit: 15,
            rated_moderation: 10,
            satisfied_moderation: 9,
            repeats: 4,
        };
        assert!(counts.sound());
        let rates = [
            counts.reply_rate(),
            counts.on_time_rate(),
            counts.resolved_rate(),
            counts.unit_satisfaction(),
            counts.moderation_satisfaction(),
            counts.repeat_rate(),
        ];
        assert_eq!(rates.map(shown), ["75.00%", "60.00%", "50.00%", "75.00%", "90.00%", "4.00%"]);
        assert_eq!(Counts::default().plus(&counts), counts);
        assert_eq!(shown(counts.plus(&counts).reply_rate()), "75.00%");
        assert!(!Counts { replied: 81, ..counts }.sound());
        assert!(!Counts { overdue: 21, ..counts }.sound());
    }

    #[test]
    fn medians_are_in_tenths_of_an_hour() {
        const HOUR: i64 = 3600;
        for (durations, hours) in [
            (vec![5 * HOUR], Some(5.0)),
            (vec![HOUR, 100 * HOUR, 2 * HOUR], Some(2.0)),
            (vec![HOUR, 2 * HOUR], Some(1.5)),
            (vec![HOUR, HOUR + 360], Some(1.1)),
            (vec![179], Some(0.0)),
            (vec![180], Some(0.1)),
            (vec![], None),
        ] {
            let mut given = durations.clone();
            assert_eq!(median_hours(&mut given), hours, "{durations:?}");
        }
    }

    #[test]
    fn small_cells_are_hidden_and_cannot_be_computed() {
        assert_eq!([0, 1, 4, 5, 77].map(public), [Some(0), None, None, Some(5), Some(77)]);
        assert_eq!(public_row(&[3, 20, 9]), [None, Some(20), None]);
        assert_eq!(public_row(&[3, 2, 9]), [None, None, Some(9)]);
        assert_eq!(public_row(&[3, 0]), [None, Some(0)], "nothing else is left to hide");
        assert_eq!(public_row(&[5, 6]), [Some(5), Some(6)]);
    }

    #[test]
    fn trends_need_enough_cases() {
        assert_eq!(Trend::of(12, 10, 10).zh(), "上升 20.00%");
        assert_eq!(Trend::of(5, 20, 10).zh(), "下降 75.00%");
        assert_eq!(Trend::of(10, 10, 10).zh(), "持平");
        assert_eq!(Trend::of(2, 1, 10).zh(), "—");
        assert_eq!(Trend::of(20, 0, 10).zh(), "—");
        assert_eq!(Rate(9919).points_since(Rate(9800)), 119);
    }

    proptest! {
        #[test]
        fn a_rate_is_within_half_a_hundredth(part in 0u64..1_000_000, whole in 1u64..1_000_000) {
            let exact = part as f64 / whole as f64 * 100.0;
            prop_assert!((Rate::of(part, whole).unwrap().percent() - exact).abs() <= 0.005 + 1e-6);
        }

        #[test]
        fn one_hidden_cell_never_stands_alone(cells in prop::collection::vec(0u64..12, 2..8)) {
            let hidden = public_row(&cells).iter().filter(|cell| cell.is_none()).count();
            let others = cells.iter().filter(|cell| **cell > 0).count();
            prop_assert!(hidden != 1 || others == 1);
        }
    }
}
