//! Plates of cars, as texts have them.

use super::{Found, Kind, Sign, said_before};
use crate::base::privacy::mask_plate;

const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
/// Last signs of police cars, driving schools, trailers, consulates, cars of Hong Kong and Macao.
const LAST: &str = "警学挂领港澳";
/// First or last letter in the serial of an electric or hybrid car.
const NEW_ENERGY: &str = "ABCDEFGHJK";
/// What stands in front of a plate that is told without its province.
const TOLD: [&str; 3] = ["车牌", "牌照", "号牌"];

pub(super) fn find(signs: &[Sign], found: &mut Found) {
    for at in 0..signs.len() {
        let province = PROVINCES.contains(signs[at].read);
        let letter = if province { after_gap(signs, at + 1) } else { at };
        let whole_word = at == 0 || !signs[at - 1].read.is_ascii_alphanumeric();
        if !(province || whole_word && said_before(signs, at, 8, &TOLD)) {
            continue;
        }
        if let Some(end) = end(signs, letter) {
            let plate: String =
                signs[at..end].iter().map(|sign| sign.read).filter(|sign| sign.is_alphanumeric()).collect();
            let mask =
                if province { mask_plate(&plate) } else { mask_plate(&format!("?{plate}"))[1..].to_owned() };
            found.add(Kind::Plate, at..end, mask);
        }
    }
}

/// Where the plate ends whose issuing letter stands at `letter`.
fn end(signs: &[Sign], letter: usize) -> Option<usize> {
    if !signs.get(letter)?.read.is_ascii_uppercase() {
        return None;
    }
    let (mut serial, mut ends) = (String::new(), Vec::new());
    let mut at = after_gap(signs, letter + 1);
    while let Some(sign) = signs.get(at) {
        let last = serial.len() == 4 && LAST.contains(sign.read);
        if !(sign.read.is_ascii_alphanumeric() || last) || ends.len() == 7 {
            break;
        }
        serial.push(sign.read);
        ends.push(at + 1);
        if last {
            return Some(at + 1);
        }
        at = after_gap(signs, at + 1);
    }
    let new_energy = |serial: &str| {
        serial.len() == 6 && (NEW_ENERGY.contains(&serial[..1]) || NEW_ENERGY.contains(&serial[5..]))
    };
    [6, 5].into_iter().find_map(|length| {
        let end = *ends.get(length - 1)?;
        let closed = !signs.get(end).is_some_and(|sign| sign.read.is_ascii_alphanumeric());
        let digits = serial.chars().take(length).filter(char::is_ascii_digit).count();
        (closed && digits >= 2 && (length == 5 || new_energy(&serial[..length]))).then_some(end)
    })
}

/// `at`, or behind the one separator that stands there.
fn after_gap(signs: &[Sign], at: usize) -> usize {
    let gap = signs.get(at).is_some_and(|sign| "·.-• ".contains(sign.read));
    if gap { at + 1 } else { at }
}
