//! The State Council's yearly notice, as it is pasted from a page or a paper, into a year.
//!
//! Nothing is guessed: a sentence about days that is not understood is named with its line, weekdays and numbers of
//! days that the notice gives are checked, and each festival of its first paragraph must have an item.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::words::{Day, zh_date};
use super::{Calendar, Holiday, Status, Year};

/// The longest text that is read, in characters; the notices have about 700.
pub const MAX_CHARS: usize = 20_000;

const NUMERALS: &str = "一二三四五六七八九十";
/// How the paragraphs behind the items begin.
const CLOSING: [&str; 2] = ["节假日期间", "国务院办公厅"];
const FESTIVALS: [&str; 7] = ["元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节"];

/// Something that was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// From 1, as pasted; `None`: of the whole text.
    pub line: Option<usize>,
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "第 {line} 行：{}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// Reads the notice; what is wrong is said all at once.
pub fn parse(text: &str) -> Result<Year, Vec<Problem>> {
    let whole = |what: String| vec![Problem { line: None, what }];
    if text.chars().count() > MAX_CHARS {
        return Err(whole(format!("文字超过 {MAX_CHARS} 字，请只粘贴通知正文。")));
    }
    let lines: Vec<String> = text.lines().map(plain).collect();
    let joined = lines.concat();
    let Some(year) = year_of(&joined) else {
        return Err(whole("没有找到“关于××××年部分节假日安排的通知”，不知道是哪一年。".to_string()));
    };
    let mut wrong = Vec::new();
    let mut holidays = Vec::new();
    for (line, item) in items(&lines) {
        match holiday(year, &item) {
            Ok(holiday) => holidays.push(holiday),
            Err(what) => wrong.push(Problem { line: Some(line), what }),
        }
    }
    // The last line: without it the end of the items may be missing too, and with it make-up days.
    if wrong.is_empty() && signed(&joined).is_none() {
        wrong.extend(whole("没有找到末尾的“国务院办公厅”和日期，请粘贴完整的通知。".to_string()));
    }
    for festival in FESTIVALS {
        if !holidays.iter().any(|holiday| holiday.name.contains(festival)) && wrong.is_empty() {
            wrong.extend(whole(format!("没有找到{festival}的安排。")));
        }
    }
    let year = Year { year, status: Status::Published, source: source(year, &joined), holidays };
    if wrong.is_empty() {
        wrong.extend(year.problems().into_iter().map(|what| Problem { line: None, what }));
    }
    if wrong.is_empty() { Ok(year) } else { Err(wrong) }
}

/// One form for all pastes: no spaces, half-width signs and digits, 周 for 星期.
fn plain(line: &str) -> String {
    let line: String = line
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '\u{200b}' | '\u{feff}'))
        .map(|c| match c {
            '，' => ',',
            '：' | '∶' => ':',
            '；' => ';',
            '（' | '﹝' => '(',
            '）' | '﹞' => ')',
            '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32).unwrap_or(c),
            '—' | '–' | '－' | '~' | '～' | '-' => '至',
            c => c,
        })
        .collect();
    line.replace("至至", "至").replace("星期", "周").replace("周天", "周日")
}

fn year_of(text: &str) -> Option<i32> {
    let at = text.find("年部分节假日安排").or_else(|| text.find("年元旦、"))?;
    let digits: Vec<char> = text[..at].chars().rev().take_while(char::is_ascii_digit).collect();
    (digits.len() == 4).then(|| digits.into_iter().rev().collect::<String>().parse().ok())?
}

/// The name of the notice, with number and date where the text has them.
fn source(year: i32, text: &str) -> String {
    let number = text.find("国办发明电").and_then(|at| {
        let rest = &text[at..];
        Some(rest[..rest.find('号')? + '号'.len_utf8()].replace('[', "〔").replace(']', "〕"))
    });
    let number = number.filter(|number| number.chars().count() < 20);
    let signed = signed(text);
    let details: Vec<String> = number.into_iter().chain(signed).collect();
    let name = format!("国务院办公厅关于{year}年部分节假日安排的通知");
    if details.is_empty() { name } else { format!("{name}（{}）", details.join("，")) }
}

/// The date under the notice.
fn signed(text: &str) -> Option<String> {
    let rest = &text[text.rfind("国务院办公厅")? + "国务院办公厅".len()..];
    let end = rest.find('日')? + '日'.len_utf8();
    let mut cursor = Cursor(&rest[..end]);
    let (year, month, day) = cursor.numbers()?;
    NaiveDate::from_ymd_opt(year?, month?, day)?;
    Some(rest[..end].to_string())
}

/// The numbered items with the line where each begins; an item may go over lines, or share one with others.
fn items(lines: &[String]) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let heads: Vec<usize> =
            line.char_indices().filter(|(at, _)| begins(line, *at)).map(|(at, _)| at).collect();
        // What stands before the first head goes on with the item above, while that still speaks of its days.
        let end = heads.first().copied().unwrap_or(line.len());
        let open = found.last().is_some_and(|(_, item)| !item.ends_with('。'));
        if let Some((_, item)) = found.last_mut().filter(|_| open || line[..end].contains("上班")) {
            item.push_str(&line[..end]);
        }
        for (index, head) in heads.iter().enumerate() {
            let end = heads.get(index + 1).copied().unwrap_or(line.len());
            found.push((number + 1, line[*head..end].to_string()));
        }
    }
    found
}

/// Whether an item begins at `at`: `一、元旦:`, or `元旦:` at the beginning of a line.
fn begins(line: &str, at: usize) -> bool {
    let rest = line[at..].trim_start_matches(|c| NUMERALS.contains(c));
    let numbered = rest.len() < line.len() - at && !line[..at].ends_with(|c| NUMERALS.contains(c));
    let rest = match rest.strip_prefix('、').filter(|_| numbered) {
        Some(rest) => rest,
        None if at == 0 && !numbered => rest,
        None => return false,
    };
    let name = rest.split(':').next().unwrap_or_default();
    name.len() < rest.len() && name.split(['、', '和']).all(|part| FESTIVALS.contains(&part))
}

/// One item: `一、元旦:1月1日(周四)至3日(周六)放假调休,共3天。1月4日(周日)上班。`
fn holiday(year: i32, item: &str) -> Result<Holiday, String> {
    let (name, text) = item.split_once(':').unwrap_or_default();
    let name = name.trim_start_matches(|c| NUMERALS.contains(c)).trim_start_matches('、').replace('和', "、");
    let mut off = None;
    let mut work = Vec::new();
    for sentence in text.split(['。', ';']).filter(|sentence| !sentence.is_empty()) {
        let unknown = |why: &str| format!("{name}：看不懂“{sentence}”{why}。");
        if sentence.starts_with("鼓励") {
            // A wish (2024: 安排职工在除夕休息) gives nobody a day off.
            continue;
        } else if CLOSING.iter().any(|start| sentence.starts_with(start)) {
            // A paste without line ends: the items are over.
            break;
        } else if let Some(days) = sentence.strip_suffix("上班") {
            for part in days.split('、').flat_map(|part| part.split(',')) {
                let mut cursor = Cursor(part);
                let day = cursor.day(year, work.last().copied())?.filter(|_| cursor.0.is_empty());
                work.push(day.ok_or_else(|| unknown("里的日期"))?);
            }
        } else if sentence.contains("放假") && off.is_none() {
            off = Some(days_off(year, sentence)?.ok_or_else(|| unknown(""))?);
        } else {
            return Err(unknown(""));
        }
    }
    let (from, to) = off.ok_or_else(|| format!("{name}：没有写哪天放假。"))?;
    Ok(Holiday { name, from, to, work })
}

/// `1月28日(农历除夕、周二)至2月4日(周二)放假调休,共8天`; `None`: not understood.
fn days_off(year: i32, sentence: &str) -> Result<Option<(NaiveDate, NaiveDate)>, String> {
    let mut cursor = Cursor(sentence);
    let Some(mut from) = cursor.day(year, None)? else { return Ok(None) };
    let mut to = from;
    if let Some(rest) = cursor.0.strip_prefix('至') {
        cursor.0 = rest;
        let Some(end) = cursor.day(year, Some(from))? else { return Ok(None) };
        to = end;
    }
    if from > to && from.month() == 12 {
        // 12月30日至1月1日 without years: it began in the year before.
        from = from.with_year(year - 1).unwrap_or(from);
    }
    let Some(rest) = cursor.0.strip_prefix("放假") else { return Ok(None) };
    let rest = rest.strip_prefix("调休").unwrap_or(rest);
    for word in rest.split(',').filter(|word| !word.is_empty()) {
        let count = word.strip_prefix('共').unwrap_or(word).strip_suffix('天');
        match (word, count.and_then(|count| count.parse::<i64>().ok())) {
            ("与周末连休" | "与周六连休" | "与周日连休" | "不调休" | "连休", _) => {}
            (_, Some(count)) => {
                let real = (to - from).num_days() + 1;
                // 与周末连休,共3天 counts the weekend, which the dates do not name.
                if count != real && !rest.contains("连休") {
                    return Err(format!("“{sentence}”写的是{count}天，按日期是{real}天。"));
                }
            }
            _ => return Ok(None),
        }
    }
    Ok(Some((from, to)))
}

/// What is left to read.
struct Cursor<'a>(&'a str);

impl Cursor<'_> {
    /// `2026年1月4日`, `1月4日` or `4日`: year and month where given.
    fn numbers(&mut self) -> Option<(Option<i32>, Option<u32>, u32)> {
        let (mut year, mut month) = (None, None);
        loop {
            let digits = self.0.find(|c: char| !c.is_ascii_digit())?;
            let number: u32 = self.0[..digits].parse().ok()?;
            let unit = self.0[digits..].chars().next()?;
            self.0 = &self.0[digits + unit.len_utf8()..];
            match unit {
                '年' if year.is_none() && month.is_none() => year = i32::try_from(number).ok(),
                '月' if month.is_none() => month = Some(number),
                '日' => return Some((year, month, number)),
                _ => return None,
            }
        }
    }

    /// A date with its note, `2月15日(农历腊月二十八、周日)`. What it leaves out comes from `before`, or is `year`.
    /// `None`: not a date; an error: a date that is not, or whose weekday is another.
    fn day(&mut self, year: i32, before: Option<NaiveDate>) -> Result<Option<NaiveDate>, String> {
        let start = self.0;
        let Some((own_year, month, day)) = self.numbers() else { return Ok(None) };
        let Some(month) = month.or(before.map(|before| before.month())) else { return Ok(None) };
        let said = &start[..start.len() - self.0.len()];
        let date = NaiveDate::from_ymd_opt(own_year.unwrap_or(year), month, day)
            .ok_or_else(|| format!("没有“{said}”这一天。"))?;
        let Some(rest) = self.0.strip_prefix('(') else { return Ok(Some(date)) };
        let Some((note, rest)) = rest.split_once(')') else { return Ok(None) };
        self.0 = rest;
        let weekday = note.split(['、', ',']).find_map(|part| part.strip_prefix('周'));
        let real = ["一", "二", "三", "四", "五", "六", "日"][date.weekday().num_days_from_monday() as usize];
        match weekday {
            Some(weekday) if weekday != real => {
                // Of a date in the December before, written without its year.
                let earlier = date.with_year(year - 1).filter(|_| month == 12 && own_year.is_none());
                match earlier.filter(|day| zh_date(*day).contains(&format!("周{weekday}"))) {
                    Some(day) => Ok(Some(day)),
                    None => Err(format!("“{said}({note})”与日历不符：{}。", zh_date(date))),
                }
            }
            _ => Ok(Some(date)),
        }
    }
}

/// A day that a notice changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub was: Day,
    pub becomes: Day,
}

impl Change {
    /// `2027年2月8日（周一）：工作日（…暂按预计） → 春节放假`.
    pub fn zh(&self) -> String {
        format!("{}：{} → {}", zh_date(self.was.date), self.was.zh(), self.becomes.zh())
    }
}

/// The days that are worked in one calendar and not in the other, when `year` is put over `calendar`.
pub fn difference(calendar: &Calendar, year: &Year) -> Vec<Change> {
    let next = calendar.with([year.clone()]);
    let mut days: BTreeMap<NaiveDate, ()> = BTreeMap::new();
    if let Some(first) = NaiveDate::from_ymd_opt(year.year, 1, 1) {
        days.extend(first.iter_days().take_while(|day| day.year() == year.year).map(|day| (day, ())));
    }
    for holiday in calendar.year(year.year).iter().flat_map(|old| &old.holidays).chain(&year.holidays) {
        days.extend(holiday.days().chain(holiday.work.iter().copied()).map(|day| (day, ())));
    }
    let changes = days.into_keys().map(|day| Change { was: calendar.day(day), becomes: next.day(day) });
    changes.filter(|change| change.was.work != change.becomes.work).collect()
}

#[cfg(test)]
mod tests;
