//! Shares of a body, in whole numbers only: 过半数 is `2 × 113 > 210`, never 53.8 %.

use serde::{Deserialize, Serialize};

use crate::base::words::words;

words! {
    /// How a count is held against its share.
    Op {
        /// More than: 过半数 does not include the half.
        Over = ">", "超过";
        /// At least: 三分之二以上 includes the two thirds (民法典: 以上 includes the number).
        AtLeast = ">=", "以上";
    }
}

/// `op num/den` of a base: `> 1/2`, `>= 2/3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    pub op: Op,
    pub num: i64,
    pub den: i64,
}

/// The largest denominator that is taken: no body decides by hundred-and-firsts.
const DENOMINATOR: i64 = 100;

impl Share {
    /// What makes this share impossible, in Chinese.
    pub fn problem(self) -> Option<&'static str> {
        let Share { op, num, den } = self;
        match () {
            () if !(1..=DENOMINATOR).contains(&den) => Some("分母应在 1 到 100 之间"),
            () if num < 1 => Some("分子至少是 1"),
            () if num > den => Some("比例不能超过全部"),
            () if num == den && op == Op::Over => Some("不可能超过全部，请改用「以上」"),
            () => None,
        }
    }

    /// Whether `count` of `base` is this share.
    pub fn holds(self, count: i64, base: i64) -> bool {
        let (left, right) = (self.den * count, self.num * base);
        match self.op {
            Op::Over => left > right,
            Op::AtLeast => left >= right,
        }
    }

    /// The smallest count that is this share of `base`.
    pub fn least(self, base: i64) -> i64 {
        let right = self.num * base;
        match self.op {
            Op::Over => right / self.den + 1,
            Op::AtLeast => (right + self.den - 1) / self.den,
        }
    }

    /// The comparison with its numbers, true as printed: `2 × 113 > 210`, or `2 × 105 ≤ 210` where it fails.
    pub fn inequality(self, count: i64, base: i64) -> String {
        let times = |factor: i64, number: i64| match factor {
            1 => number.to_string(),
            _ => format!("{factor} × {number}"),
        };
        let sign = match (self.op, self.holds(count, base)) {
            (Op::Over, true) => ">",
            (Op::Over, false) => "≤",
            (Op::AtLeast, true) => "≥",
            (Op::AtLeast, false) => "<",
        };
        format!("{} {sign} {}", times(self.den, count), times(self.num, base))
    }

    /// 过半数, 三分之二以上, 超过四分之三.
    pub fn zh(self) -> String {
        match (self.op, self.num, self.den) {
            (Op::Over, 1, 2) => "过半数".to_string(),
            (Op::AtLeast, 1, 1) => "全部".to_string(),
            (Op::AtLeast, num, den) => format!("{}分之{}以上", digit(den), digit(num)),
            (Op::Over, num, den) => format!("超过{}分之{}", digit(den), digit(num)),
        }
    }
}

fn digit(number: i64) -> String {
    let names = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];
    let name = usize::try_from(number).ok().and_then(|at| names.get(at));
    name.map_or_else(|| number.to_string(), |name| (*name).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAJORITY: Share = Share { op: Op::Over, num: 1, den: 2 };
    const TWO_THIRDS: Share = Share { op: Op::AtLeast, num: 2, den: 3 };

    #[test]
    fn more_than_half_of_210_is_106_and_the_half_itself_is_not() {
        assert!(MAJORITY.holds(113, 210) && MAJORITY.holds(106, 210) && !MAJORITY.holds(105, 210));
        assert_eq!(MAJORITY.least(210), 106);
        assert_eq!(MAJORITY.inequality(113, 210), "2 × 113 > 210");
        assert_eq!(MAJORITY.inequality(105, 210), "2 × 105 ≤ 210");
        assert_eq!(MAJORITY.least(209), 105);
    }

    #[test]
    fn two_thirds_or_more_includes_the_two_thirds() {
        assert!(TWO_THIRDS.holds(140, 210) && !TWO_THIRDS.holds(139, 210));
        assert_eq!(TWO_THIRDS.inequality(140, 210), "3 × 140 ≥ 2 × 210");
        assert_eq!(TWO_THIRDS.inequality(139, 210), "3 × 139 < 2 × 210");
        assert_eq!(TWO_THIRDS.least(211), 141);
    }

    #[test]
    fn the_least_count_is_where_the_share_begins() {
        for share in [MAJORITY, TWO_THIRDS, Share { op: Op::AtLeast, num: 1, den: 1 }] {
            for base in 1..500 {
                let least = share.least(base);
                assert!(share.holds(least, base) && !share.holds(least - 1, base), "{share:?} of {base}");
            }
        }
    }

    #[test]
    fn shares_read_as_people_say_them() {
        assert_eq!(MAJORITY.zh(), "过半数");
        assert_eq!(TWO_THIRDS.zh(), "三分之二以上");
        assert_eq!(Share { op: Op::Over, num: 3, den: 4 }.zh(), "超过四分之三");
    }

    #[test]
    fn impossible_fractions_are_named() {
        let of = |op, num, den| Share { op, num, den }.problem();
        assert!(of(Op::Over, 1, 1).is_some());
        assert!(of(Op::AtLeast, 4, 3).is_some());
        assert!(of(Op::AtLeast, 1, 0).is_some() && of(Op::Over, 0, 2).is_some());
        assert!(of(Op::Over, -1, 2).is_some() && of(Op::AtLeast, 1, 101).is_some());
        assert!(of(Op::AtLeast, 1, 1).is_none() && of(Op::Over, 1, 2).is_none());
    }
}
