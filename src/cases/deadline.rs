//! Limits of the law and of the city, by their codes. The lengths are `[deadlines]` of `wechat-config/cases.toml`; what
//! each is for and what it rests on stands here.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::base::words::words;

words! {
    /// How a limit is counted.
    Unit {
        Hours = "hours", "小时";
        WorkDays = "work_days", "个工作日";
        Days = "days", "天";
    }
}

/// Code, name, and what it rests on. Articles of the regulation of 2022 other than 34 and 35 are not confirmed, so no
/// page names them.
const RULES: [(&str, &str, &str); 15] = [
    ("M1", "审核转办", "日清日结的承诺，昼夜和节假日都算"),
    ("R1", "首次回复", "网络问政的承诺：1 个工作日"),
    ("F1", "答复结果", "网络问政的承诺：5 个工作日"),
    ("D1", "申请改派", "承办单位认为不属于自己职责的，应当及时提出"),
    ("P0", "转送", "信访工作条例"),
    ("P1", "受理告知", "信访工作条例"),
    ("P2", "处理意见", "信访工作条例第三十四条"),
    ("P3", "延期", "信访工作条例第三十四条"),
    ("P4", "申请复查", "信访工作条例第三十五条"),
    ("P5", "复查意见", "信访工作条例第三十五条"),
    ("P6", "申请复核", "信访工作条例"),
    ("P7", "复核意见", "信访工作条例"),
    ("U1", "答复抄告、督办", "本市规定"),
    ("S1", "评价", "本市规定"),
    ("C1", "回访", "本市规定"),
];

/// One limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub code: &'static str,
    pub name: &'static str,
    pub basis: &'static str,
    pub length: i32,
    pub unit: Unit,
}

/// All limits of a city.
#[derive(Clone, Debug)]
pub struct Deadlines {
    rules: Vec<Rule>,
    move_on: bool,
}

/// As the file has it: `{ work_days = 5 }`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Length {
    Hours(u16),
    WorkDays(u16),
    Days(u16),
}

#[derive(Clone, Debug, Deserialize)]
pub struct Written {
    move_on: bool,
    #[serde(flatten)]
    lengths: BTreeMap<String, Length>,
}

/// The longest that a file may order: ten years would be a mistake.
const LONGEST: u16 = 400;

impl Deadlines {
    /// What the operator wrote, or what is wrong with it.
    pub fn of(written: &Written) -> Result<Deadlines, Vec<String>> {
        let mut wrong = Vec::new();
        for code in written.lengths.keys().filter(|code| !RULES.iter().any(|rule| rule.0 == code.as_str())) {
            wrong.push(format!("deadlines.{code} 不是期限的代码。"));
        }
        let mut rules = Vec::new();
        for (code, name, basis) in RULES {
            let (length, unit) = match written.lengths.get(code) {
                Some(Length::Hours(hours)) => (*hours, Unit::Hours),
                Some(Length::WorkDays(days)) => (*days, Unit::WorkDays),
                Some(Length::Days(days)) => (*days, Unit::Days),
                None => {
                    wrong.push(format!("deadlines 里缺少 {code}（{name}）。"));
                    continue;
                }
            };
            if length == 0 || length > LONGEST {
                wrong.push(format!("deadlines.{code}（{name}）应在 1 到 {LONGEST} 之间。"));
            }
            rules.push(Rule { code, name, basis, length: length.into(), unit });
        }
        if wrong.is_empty() { Ok(Deadlines { rules, move_on: written.move_on }) } else { Err(wrong) }
    }

    pub fn get(&self, code: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.code == code)
    }

    pub fn all(&self) -> &[Rule] {
        &self.rules
    }

    /// Whether an end in calendar days that is no working day moves to the next one.
    pub fn move_to_work_day(&self) -> bool {
        self.move_on
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Deadlines, Vec<String>> {
        Deadlines::of(&toml::from_str(text).unwrap())
    }

    #[test]
    fn the_file_of_the_city_has_every_limit_with_the_published_length() {
        let whole: toml::Table = toml::from_str(include_str!("../../wechat-config/cases.toml")).unwrap();
        let deadlines = read(&toml::to_string(&whole["deadlines"]).unwrap()).unwrap();
        let length = |code: &str| deadlines.get(code).map(|rule| (rule.length, rule.unit)).unwrap();
        assert_eq!(length("M1"), (24, Unit::Hours));
        assert_eq!([length("R1"), length("F1")], [(1, Unit::WorkDays), (5, Unit::WorkDays)]);
        assert_eq!(
            [length("P1"), length("P2"), length("P3")],
            [(15, Unit::Days), (60, Unit::Days), (30, Unit::Days)]
        );
        assert_eq!(["P4", "P5", "P6", "P7"].map(length), [(30, Unit::Days); 4]);
        assert!(deadlines.move_to_work_day());
    }

    #[test]
    fn a_missing_an_unknown_and_an_absurd_limit_are_each_named() {
        let wrong = read("move_on = true\nM1 = { hours = 0 }\nX9 = { days = 3 }").unwrap_err();
        assert!(wrong.iter().any(|line| line.contains("X9")));
        assert!(wrong.iter().any(|line| line.contains("M1（审核转办）应在")));
        assert!(wrong.iter().any(|line| line.contains("缺少 R1（首次回复）")));
    }
}
