//! How a limit was counted, for operators and tests: `yishiting explain workday` and `explain due`.

use chrono::{NaiveDate, NaiveDateTime};
use serde::Serialize;
use serde_json::{Value, json};

use super::deadline::{Deadlines, Unit};
use crate::base::calendar::{Calendar, Reached, Step};
use crate::base::clock::{Instant, from_shanghai, shanghai};

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ExplainError {
    #[error("「{0}」不是日期。请写成 2026-09-28 或 2026-09-28T17:30。")]
    Date(String),
    #[error("「{0}」不是天数。请写成 +5 这样，最多 400。")]
    Count(String),
    #[error("「{0}」不是期限的代码。可用：{1}。")]
    Rule(String, String),
}

#[derive(Serialize)]
struct Explained<'a> {
    #[serde(flatten)]
    more: Value,
    date: NaiveDate,
    provisional: bool,
    steps: &'a [Step],
}

/// `count` working days (`+5`) after `date`, as one JSON object.
pub fn workday(calendar: &Calendar, date: &str, count: &str) -> Result<Value, ExplainError> {
    let wrong = || ExplainError::Count(count.to_string());
    let days: u16 = count.strip_prefix('+').unwrap_or(count).parse().map_err(|_| wrong())?;
    if days > 400 {
        return Err(wrong());
    }
    let (_, day) = moment(date)?;
    Ok(said(&calendar.due_work_days(day, days), json!({})))
}

/// The end of the limit `code` that starts at `date`.
pub fn due(
    calendar: &Calendar,
    deadlines: &Deadlines,
    date: &str,
    code: &str,
) -> Result<Value, ExplainError> {
    let Some(rule) = deadlines.get(&code.to_uppercase()) else {
        let all: Vec<&str> = deadlines.all().iter().map(|rule| rule.code).collect();
        return Err(ExplainError::Rule(code.to_string(), all.join("、")));
    };
    let (at, day) = moment(date)?;
    let length = u16::try_from(rule.length).unwrap_or(0);
    let reached = match rule.unit {
        Unit::Hours => calendar.due_hours(at, length),
        Unit::WorkDays => calendar.due_work_days(day, length),
        Unit::Days => calendar.due_days(day, length, deadlines.move_to_work_day()),
    };
    let more = json!({
        "rule": rule.code,
        "name": rule.name,
        "basis": rule.basis,
        "length": format!("{} {}", rule.length, rule.unit.zh()),
        "due_at": shanghai(reached.due_at).to_rfc3339(),
    });
    Ok(said(&reached, more))
}

fn said(reached: &Reached, more: Value) -> Value {
    let explained =
        Explained { more, date: reached.date, provisional: reached.provisional, steps: &reached.steps };
    serde_json::to_value(explained).unwrap_or_default()
}

fn moment(text: &str) -> Result<(Instant, NaiveDate), ExplainError> {
    let midnight = || text.parse::<NaiveDate>().ok().map(NaiveDateTime::from);
    let wall = midnight().or_else(|| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").ok());
    let wall = wall.ok_or_else(|| ExplainError::Date(text.to_string()))?;
    Ok((from_shanghai(wall), wall.date()))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn a_working_day_is_explained_day_by_day() {
        let said = workday(&Calendar::own(), "2026-09-30", "+1").unwrap();
        assert_eq!(said["date"], "2026-10-08");
        assert_eq!(said["provisional"], false);
        let steps = said["steps"].as_array().unwrap();
        assert_eq!(
            (steps[1]["verdict"].as_str(), steps[1]["holiday"].as_str()),
            (Some("skipped"), Some("国庆节"))
        );
        assert_eq!(steps.last().unwrap()["number"], 1);
    }

    #[test]
    fn what_is_no_date_or_no_number_is_said() {
        let calendar = Calendar::own();
        assert_eq!(workday(&calendar, "yesterday", "+1"), Err(ExplainError::Date("yesterday".to_string())));
        assert_eq!(workday(&calendar, "2026-09-30", "+x"), Err(ExplainError::Count("+x".to_string())));
        assert_eq!(workday(&calendar, "2026-09-30", "9999"), Err(ExplainError::Count("9999".to_string())));
    }
}
