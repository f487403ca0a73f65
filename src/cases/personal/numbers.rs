//! Phones, identity numbers, bank cards: digits, in one piece or in groups.

use std::ops::Range;

use super::{Found, Kind, Sign, said_before};
use crate::base::privacy::{mask_card, mask_id, mask_phone};

/// Between the groups of one number; signs at most.
const GAP: usize = 2;
/// First two digits of identity numbers: the provinces (GB/T 2260).
const PROVINCES: &str = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83";
const CALL: [&str; 9] = ["电话", "手机", "座机", "致电", "联系", "拨打", "号码", "TEL", "传真"];
const CARD: [&str; 6] = ["卡号", "账号", "帐号", "银行", "账户", "储蓄卡"];
const IDENTITY: [&str; 3] = ["身份证", "证件号", "公民身份"];

pub(super) fn find(signs: &[Sign], found: &mut Found) {
    search(signs, |sign| sign.is_ascii_digit().then_some(sign), &Kind::all(), found);
    // 一三八〇〇一三八〇〇〇, also mixed with digits: mobiles only, other numbers are not written so.
    search(signs, numeral, &[Kind::Mobile], found);
}

impl Kind {
    fn all() -> [Kind; 4] {
        [Kind::Identity, Kind::Mobile, Kind::Card, Kind::Landline]
    }
}

fn numeral(sign: char) -> Option<char> {
    let of = |digits: &str| digits.chars().position(|digit| digit == sign);
    let place = of("零一二三四五六七八九").or_else(|| of("〇幺贰叁肆伍陆柒捌玖")).or_else(|| of("〇壹"));
    place.and_then(|place| char::from_digit(place as u32, 10)).or(sign.is_ascii_digit().then_some(sign))
}

/// Digits that may belong together, and where groups of them begin.
#[derive(Default)]
struct Run {
    digits: Vec<(char, usize)>,
    starts: Vec<usize>,
}

impl Run {
    fn is_edge(&self, at: usize) -> bool {
        at == self.digits.len() || self.starts.contains(&at)
    }

    fn groups(&self, at: &Range<usize>) -> usize {
        self.starts.iter().filter(|start| at.contains(*start)).count()
    }

    fn text(&self, at: &Range<usize>) -> String {
        self.digits[at.clone()].iter().map(|(digit, _)| *digit).collect()
    }
}

fn runs(signs: &[Sign], digit: impl Fn(char) -> Option<char>) -> Vec<Run> {
    let (mut all, mut run, mut gap) = (Vec::new(), Run::default(), usize::MAX);
    for (at, sign) in signs.iter().enumerate() {
        if let Some(digit) = digit(sign.read) {
            if gap > 0 {
                if gap > GAP && !run.digits.is_empty() {
                    all.push(std::mem::take(&mut run));
                }
                run.starts.push(run.digits.len());
            }
            run.digits.push((digit, at));
            gap = 0;
        } else if sign.read == 'X'
            && gap == 0
            && run.starts.iter().any(|start| run.digits.len() - start == 17)
        {
            run.digits.push(('X', at));
        } else if " -‐‑‒–—.·()\t".contains(sign.read) {
            gap = gap.saturating_add(1);
        } else {
            gap = usize::MAX;
        }
    }
    if !run.digits.is_empty() {
        all.push(run);
    }
    all
}

fn search(signs: &[Sign], digit: impl Fn(char) -> Option<char>, kinds: &[Kind], found: &mut Found) {
    for run in runs(signs, digit) {
        let mut next = 0;
        for start in run.starts.clone() {
            if start < next {
                continue;
            }
            for (kind, at) in
                kinds.iter().filter_map(|kind| read(*kind, &run, start, signs)).next().into_iter().flatten()
            {
                next = at.end;
                let mask = mask(kind, &run.text(&at));
                found.add(kind, run.digits[at.start].1..run.digits[at.end - 1].1 + 1, mask);
            }
        }
    }
}

/// The number, or numbers, of this kind that begin with the group at `start`.
fn read(kind: Kind, run: &Run, start: usize, signs: &[Sign]) -> Option<Vec<(Kind, Range<usize>)>> {
    let ending = |lengths: &[usize], fits: &dyn Fn(&str) -> bool| {
        lengths
            .iter()
            .map(|length| start..start + length)
            .find(|at| at.end <= run.digits.len() && run.is_edge(at.end) && fits(&run.text(at)))
    };
    let said = |words: &[&str]| said_before(signs, run.digits[start].1, 12, words);
    let found = match kind {
        Kind::Identity => {
            let told = said(&IDENTITY);
            ending(&[18, 15], &|text| is_identity(text, told))?
        }
        Kind::Card => {
            let told = said(&CARD);
            ending(&[19, 18, 17, 16], &|text| is_card(text, told))?
        }
        Kind::Landline => match ending(&[12, 11, 10], &is_landline) {
            Some(at) => at,
            None if said(&CALL) => ending(&[8, 7], &|text| ('2'..='8').contains(&first(text)))?,
            None => return None,
        },
        _ => return mobiles(run, start, signs),
    };
    Some(vec![(kind, found)])
}

/// Mobiles from `start`: after 86, or several without anything between them.
fn mobiles(run: &Run, start: usize, signs: &[Sign]) -> Option<Vec<(Kind, Range<usize>)>> {
    const LENGTH: usize = 11;
    for prefix in ["", "86", "0086"] {
        let from = start + prefix.len();
        if from > run.digits.len() || run.text(&(start..from)) != prefix {
            continue;
        }
        for count in 1..=4 {
            let whole = from..from + count * LENGTH;
            if whole.end > run.digits.len() {
                break;
            }
            let groups = run.groups(&whole);
            // 138 0013 8000, or every digit alone: dates and counts that stand together have other groups.
            let plausible = groups <= 4 || groups == whole.len();
            let each: Vec<_> = (0..count).map(|n| from + n * LENGTH..from + (n + 1) * LENGTH).collect();
            // 一三八…零零零一直没人接: the next word may begin with a numeral.
            let word_follows =
                run.digits.get(whole.end).is_some_and(|(_, at)| !signs[*at].read.is_ascii_digit());
            if (run.is_edge(whole.end) || word_follows)
                && plausible
                && each.iter().all(|at| is_mobile(&run.text(at)))
                && (count == 1 || groups <= 1)
            {
                return Some(each.into_iter().map(|at| (Kind::Mobile, at)).collect());
            }
        }
    }
    None
}

fn first(text: &str) -> char {
    text.chars().next().unwrap_or_default()
}

fn is_mobile(text: &str) -> bool {
    let mut digits = text.chars();
    text.len() == 11
        && digits.next() == Some('1')
        && digits.next().is_some_and(|second| second >= '3')
        && !text.contains('X')
}

/// 010 and 02x with eight digits, other areas (four digits) with seven or eight.
fn is_landline(text: &str) -> bool {
    let area = if text.starts_with("010") || text.starts_with("02") { 3 } else { 4 };
    let local = text.len().saturating_sub(area);
    text.starts_with('0')
        && !text.starts_with("00")
        && (local == 8 || local == 7 && area == 4)
        && text.chars().nth(area).is_some_and(|digit| ('2'..='8').contains(&digit))
}

/// By GB 11643: province, date of birth, check sign; fifteen digits before 1999. Where the text says that it is one,
/// a wrong check sign is a slip of the pen, and the number still tells whose it is.
fn is_identity(text: &str, told: bool) -> bool {
    let Some(province) = text.get(..2) else { return false };
    let (year, rest) = match text.len() {
        18 => (text.get(6..10).and_then(|year| year.parse().ok()), text.get(10..14)),
        _ => (
            text.get(6..8).and_then(|year| year.parse::<i32>().ok()).map(|year| 1900 + year),
            text.get(8..12),
        ),
    };
    let month = rest.and_then(|rest| rest.get(..2)).and_then(|month| month.parse().ok());
    let day = rest.and_then(|rest| rest.get(2..)).and_then(|day| day.parse().ok());
    let born = match (year, month, day) {
        (Some(year @ 1900..=2100), Some(month), Some(day)) => {
            chrono::NaiveDate::from_ymd_opt(year, month, day)
        }
        _ => None,
    };
    let sound = PROVINCES.split(' ').any(|known| known == province) && born.is_some();
    sound && (told || text.len() == 15 && !text.contains('X') || checks(text))
}

/// ISO 7064, MOD 11-2.
fn checks(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 =
        text.chars().zip(WEIGHTS).filter_map(|(digit, weight)| Some(digit.to_digit(10)? * weight)).sum();
    text.len() == 18 && text.chars().last() == "10X98765432".chars().nth((sum % 11) as usize)
}

/// UnionPay and the international ones, with their check digit; whatever is called an account number.
fn is_card(text: &str, told: bool) -> bool {
    if text.contains('X') {
        return false;
    }
    let digits: Vec<u32> = text.chars().filter_map(|digit| digit.to_digit(10)).collect();
    let luhn: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match place % 2 {
            0 => *digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    let known = text.starts_with("62") || text.len() == 16 && ['4', '5'].contains(&first(text));
    told || known && luhn.is_multiple_of(10)
}

fn mask(kind: Kind, digits: &str) -> String {
    match kind {
        Kind::Identity => mask_id(digits),
        Kind::Card => mask_card(digits),
        // The area is no secret, the last two let the writer know their own.
        Kind::Landline => {
            let area = match (digits.starts_with('0'), digits.starts_with("010") || digits.starts_with("02"))
            {
                (true, true) => 3,
                (true, false) => 4,
                _ => 0,
            };
            format!("{}****{}", &digits[..area], &digits[digits.len() - 2..])
        }
        _ => mask_phone(digits),
    }
}
