//! Plates of cars as people type them: what is one, what it becomes, what must be asked back. Pure.
//! After GA 36 and its local additions; the rows of the tests were tried against it one by one.

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use crate::base::privacy::{KeyError, Keys, mask_plate};
use crate::base::words::words;

/// What keyed hashes of plates are made with.
pub const HASH_KIND: &str = "plate";
const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
/// As older keyboards and people from Hong Kong, Macao and Taiwan write them.
const TRADITIONAL: [(char, char); 20] = [
    ('滬', '沪'),
    ('雲', '云'),
    ('遼', '辽'),
    ('魯', '鲁'),
    ('蘇', '苏'),
    ('贛', '赣'),
    ('晉', '晋'),
    ('陝', '陕'),
    ('閩', '闽'),
    ('貴', '贵'),
    ('粵', '粤'),
    ('寧', '宁'),
    ('瓊', '琼'),
    ('學', '学'),
    ('掛', '挂'),
    ('領', '领'),
    ('應', '应'),
    ('臨', '临'),
    ('溫', '温'),
    ('軍', '军'),
];
/// Offered, never assumed, where the province is missing: our own, with the letters that it issues.
const OWN: (char, &str) = ('浙', "ABCDEFGHJKL");
/// What stands first or last in the serial of an electric or hybrid car.
const NEW_ENERGY: &str = "ABCDEFGHJK";

words! {
    /// Which kind of plate.
    Class {
        Ordinary = "ordinary", "普通";
        SmallNewEnergy = "small new-energy", "小型新能源";
        LargeNewEnergy = "large new-energy", "大型新能源";
        Police = "police", "警用";
        School = "driving school", "教练";
        Trailer = "trailer", "挂车";
        HongKong = "Hong Kong", "港澳入出境";
        Macao = "Macao", "港澳入出境";
        Embassy = "embassy", "使馆";
        Consulate = "consulate", "领馆";
        Emergency = "emergency", "应急救援";
    }
}

impl Class {
    /// Nobody sends messages to their drivers: the duty desk calls whom it has to.
    pub fn desk_only(self) -> bool {
        matches!(self, Class::Police | Class::Embassy | Class::Consulate | Class::Emergency)
    }
}

words! {
    /// What a text came to.
    Verdict {
        Valid = "valid", "有效";
        /// It may be this plate: the person must see it large and agree.
        Confirm = "confirm", "请核对";
        /// A plate, but of nobody whom we can reach.
        Unsupported = "unsupported", "不支持";
        Invalid = "invalid", "无效";
    }
}

words! {
    /// Why it is not simply valid.
    Why {
        DeskOnly = "desk only", "这类车由值班人员联系，请继续提交。";
        Corrected = "corrected", "字母 O、I 已改为数字 0、1，请核对。";
        ProvinceMissing = "province missing", "没有写省份，请核对是不是这个号牌。";
        ProvinceOrMilitary = "province missing or military", "没有写省份，请核对是不是这个号牌。";
        Military = "military", "军用号牌不在服务范围，请拨打 122。";
        ArmedPolice = "armed police", "武警号牌不在服务范围，请拨打 122。";
        Airport = "airport", "机场内部号牌不在服务范围，请联系机场。";
        Temporary = "temporary", "临时号牌查不到车主，请拨打 122。";
        Empty = "empty", "请填写挡路车的车牌号。";
        TooShort = "too short", "车牌号少了几位，请核对。";
        TooLong = "too long", "车牌号多了几位，请核对。";
        Sign = "not a sign of plates", "车牌号里有不能用的符号，请核对。";
        ForeignLetter = "foreign letter", "车牌号里有外文字母，请切换英文键盘重新输入。";
        Province = "no such province", "第一位应是省份简称，例如「浙」。";
        TwoProvinces = "two provinces", "车牌号里有两个省份简称，请核对。";
        Issuer = "issuing letter", "第二位应是字母（没有 I 和 O），请核对。";
        NewEnergy = "not a new-energy serial", "八位号牌的格式不对，请核对位数和字母。";
        Special = "not such a special plate", "这种专用号牌的位数不对，请核对。";
        NotMotor = "not a motor vehicle", "这是电动自行车号牌，请拨打 12345 反映。";
    }
}

/// A plate in its normal form, e.g. `浙C12345`.
#[derive(Clone, PartialEq, Eq)]
pub struct Plate {
    normal: String,
    pub class: Class,
}

impl std::fmt::Debug for Plate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.masked())
    }
}

impl Plate {
    /// Whole: for the person who typed it, for the desk and for looking its owner up; never for logs or messages.
    pub fn reveal(&self) -> &str {
        &self.normal
    }

    /// As messages and logs have it: `浙C1**45`.
    pub fn masked(&self) -> String {
        mask_plate(&self.normal)
    }

    /// As a call says it: the issuing letter and the last two, `C` and `45`.
    pub fn spoken(&self) -> (String, String) {
        let signs: Vec<char> = self.normal.chars().collect();
        let letter = signs.get(1).map(char::to_string).unwrap_or_default();
        (letter, signs[signs.len().saturating_sub(2)..].iter().collect())
    }

    /// Of another province than ours: registered where we cannot look.
    pub fn is_from_elsewhere(&self) -> bool {
        is_from_elsewhere(&self.normal)
    }

    /// Seven and eight signs of it would both be plates, `浙CD1234` and `浙CD01234`: one sign too few or too many is
    /// another car, so its colour is asked for.
    pub fn asks_colour(&self) -> bool {
        let serial: Vec<char> = self.normal.chars().skip(2).collect();
        let letter = serial.first().is_some_and(|sign| NEW_ENERGY.contains(*sign));
        let digits = serial.iter().skip(1).all(char::is_ascii_digit);
        letter && digits && matches!(self.class, Class::Ordinary | Class::SmallNewEnergy)
    }

    /// New energy: eight signs on green.
    pub fn is_green(&self) -> bool {
        matches!(self.class, Class::SmallNewEnergy | Class::LargeNewEnergy)
    }

    /// What it is found by, for writing; who looks up takes [`Plate::hashes`].
    pub fn hash(&self, keys: &Keys) -> String {
        keys.blind(HASH_KIND, &self.normal)
    }

    pub fn hashes(&self, keys: &Keys) -> Vec<String> {
        keys.blinds(HASH_KIND, &self.normal)
    }

    pub fn seal(&self, keys: &Keys, place: &str) -> Result<String, KeyError> {
        keys.seal(place, &self.normal)
    }

    /// A plate that was sealed in `place`; `None` where it no longer reads as one.
    pub fn open(keys: &Keys, place: &str, sealed: &str) -> Result<Option<Plate>, KeyError> {
        Ok(read(&keys.open(place, sealed)?).plate)
    }
}

/// As [`Plate::is_from_elsewhere`], by the signs that a masked plate shows, too.
pub fn is_from_elsewhere(plate: &str) -> bool {
    plate.chars().next().is_some_and(|sign| sign != OWN.0 && PROVINCES.contains(sign))
}

/// For somebody who saw the other colour.
pub fn other_colour(plate: &Plate) -> &'static str {
    match plate.is_green() {
        true => "蓝牌、黄牌是 7 位，您填的是 8 位。请照着车牌重新填写。",
        false => "绿牌是 8 位，您填的是 7 位。请照着车牌重新填写。",
    }
}

/// What a text came to, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub verdict: Verdict,
    /// Where there is one, or one to be agreed to.
    pub plate: Option<Plate>,
    pub why: Option<Why>,
}

/// A reading as operators and programs see it.
#[derive(Serialize)]
pub struct Explained {
    pub result: Verdict,
    pub class: Option<Class>,
    pub normal: Option<String>,
    pub reason: Option<Why>,
}

/// How a text is read, for `yishiting explain plate`.
pub fn explain(text: &str) -> Explained {
    let read = read(text);
    Explained {
        result: read.verdict,
        class: read.plate.as_ref().map(|plate| plate.class),
        normal: read.plate.map(|plate| plate.normal),
        reason: read.why,
    }
}

/// Reads what somebody typed, said or scanned.
pub fn read(text: &str) -> Reading {
    let signs: Vec<char> = text.nfkc().filter_map(tidy).collect();
    match decide(&signs) {
        Ok((plate, true)) => {
            Reading { verdict: Verdict::Confirm, plate: Some(plate), why: Some(Why::Corrected) }
        }
        Ok((plate, false)) => {
            let why = plate.class.desk_only().then_some(Why::DeskOnly);
            Reading { verdict: Verdict::Valid, plate: Some(plate), why }
        }
        Err(why) => offer(&signs, why),
    }
}

/// One sign as plates have it; `None` for what only separates.
fn tidy(sign: char) -> Option<char> {
    let unseen = sign.is_whitespace() || matches!(sign, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}');
    if unseen || "·•‧・∙.-_–—".contains(sign) {
        return None;
    }
    let known = TRADITIONAL.iter().find(|(old, _)| *old == sign).map(|(_, new)| *new);
    Some(known.unwrap_or_else(|| sign.to_ascii_uppercase()))
}

/// A plate without its province is offered with ours; what is left has no driver that we could reach.
fn offer(signs: &[char], why: Why) -> Reading {
    let refused = |verdict, why| Reading { verdict, plate: None, why: Some(why) };
    if matches!(why, Why::Military | Why::ArmedPolice | Why::Airport | Why::Temporary) {
        return refused(Verdict::Unsupported, why);
    }
    let Some(first) = signs.first().filter(|sign| sign.is_ascii_uppercase()) else {
        return refused(Verdict::Invalid, why);
    };
    let army =
        signs.len() == 7 && signs[1].is_ascii_uppercase() && signs[2..].iter().all(char::is_ascii_digit);
    let whole: Vec<char> = std::iter::once(OWN.0).chain(signs.iter().copied()).collect();
    match decide(&whole) {
        Ok((plate, _)) if OWN.1.contains(*first) => {
            let why = if army { Why::ProvinceOrMilitary } else { Why::ProvinceMissing };
            Reading { verdict: Verdict::Confirm, plate: Some(plate), why: Some(why) }
        }
        _ if army => refused(Verdict::Unsupported, Why::Military),
        _ => refused(Verdict::Invalid, why),
    }
}

/// The plate, and whether letters were taken for digits.
fn decide(signs: &[char]) -> Result<(Plate, bool), Why> {
    let text: String = signs.iter().collect();
    let Some(province) = signs.first().copied() else { return Err(Why::Empty) };
    let digits = |part: &[char]| part.iter().all(char::is_ascii_digit);
    let whole = |class| Ok((Plate { normal: text.clone(), class }, false));
    if text.starts_with("WJ") {
        return Err(Why::ArmedPolice);
    }
    if text.starts_with("民航") {
        return Err(Why::Airport);
    }
    if text.starts_with("温州") {
        return Err(Why::NotMotor);
    }
    if signs.iter().any(|sign| sign.is_alphabetic() && !sign.is_ascii() && !is_han(*sign)) {
        return Err(Why::ForeignLetter);
    }
    if signs.len() == 7 {
        let embassy = signs[6] == '使' && digits(&signs[..6]) || province == '使' && digits(&signs[1..]);
        if embassy {
            return whole(Class::Embassy);
        }
    }
    if !PROVINCES.contains(province) {
        let short = digits(signs) && signs.len() < 7;
        return Err(if short { Why::TooShort } else { Why::Province });
    }
    let Some(issuer) = signs.get(1).copied() else { return Err(Why::TooShort) };
    if PROVINCES.contains(issuer) {
        return Err(Why::TwoProvinces);
    }
    if signs.len() == 7 && signs[6] == '领' && digits(&signs[1..6]) {
        return whole(Class::Consulate);
    }
    if !issuer.is_ascii_uppercase() || matches!(issuer, 'I' | 'O') {
        return Err(Why::Issuer);
    }
    let serial: Vec<char> = signs[2..]
        .iter()
        .map(|sign| match sign {
            'O' => '0',
            'I' => '1',
            other => *other,
        })
        .collect();
    let corrected = serial != signs[2..];
    let class = of_serial(province, issuer, &serial)?;
    let normal = [province, issuer].iter().chain(&serial).collect();
    Ok((Plate { normal, class }, corrected))
}

/// The class by what follows province and issuing letter.
fn of_serial(province: char, issuer: char, serial: &[char]) -> Result<Class, Why> {
    let plain = |part: &[char]| part.iter().all(char::is_ascii_alphanumeric);
    let digits = |part: &[char]| part.iter().all(char::is_ascii_digit);
    if let [front @ .., '应', '急'] = serial {
        let right = matches!(issuer, 'S' | 'X') && front.len() == 4 && digits(front);
        return if right { Ok(Class::Emergency) } else { Err(Why::Special) };
    }
    if let [front @ .., last] = serial
        && is_han(*last)
    {
        let class = match last {
            '临' => return Err(Why::Temporary),
            '警' => Class::Police,
            '学' => Class::School,
            '挂' => Class::Trailer,
            '港' | '澳' if province == '粤' && issuer == 'Z' => {
                if *last == '港' {
                    Class::HongKong
                } else {
                    Class::Macao
                }
            }
            '港' | '澳' | '领' | '使' => return Err(Why::Special),
            _ => return Err(Why::Sign),
        };
        return if front.len() == 4 && plain(front) { Ok(class) } else { Err(Why::Special) };
    }
    if serial.iter().any(|sign| PROVINCES.contains(*sign)) {
        return Err(Why::TwoProvinces);
    }
    if !plain(serial) {
        return Err(Why::Sign);
    }
    let green = |sign: char| NEW_ENERGY.contains(sign);
    match serial.len() {
        0..5 => Err(Why::TooShort),
        5 => Ok(Class::Ordinary),
        6 if green(serial[0]) && digits(&serial[2..]) => Ok(Class::SmallNewEnergy),
        6 if green(serial[5]) && digits(&serial[..5]) => Ok(Class::LargeNewEnergy),
        6 => Err(Why::NewEnergy),
        _ => Err(Why::TooLong),
    }
}

fn is_han(sign: char) -> bool {
    ('\u{4E00}'..='\u{9FFF}').contains(&sign)
}

#[cfg(test)]
mod tests;
