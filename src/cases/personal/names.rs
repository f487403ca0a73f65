//! Names of people: signs behind 联系人 and the like, or beside a phone or identity number. By surname, without a list of
//! given names.

use std::ops::Range;

use super::{Found, Kind, Sign};
use crate::base::privacy::{DOUBLE_SURNAMES, mask_surname};
use crate::base::search::is_han;

/// The surnames of about 97 in a hundred people.
const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤池缪虞施鲍葛项季章倪柯翁温庄柳伍戚蒙牛岳洪乔欧阳尤木娄麻卓金包胥应华游祝詹管左齐康安常乐费贝喻穆符解裴翟甘殷俞阮游";
/// What a name stands behind. Of several that fit, the longest.
const LEADS: [&str; 31] = [
    "联系人",
    "姓名",
    "名字",
    "我叫",
    "名叫",
    "本人",
    "我是",
    "户主",
    "业主",
    "车主",
    "房东",
    "经办人",
    "申请人",
    "投诉人",
    "反映人",
    "举报人",
    "当事人",
    "负责人",
    "被举报人",
    "法人",
    "老板",
    "请联系",
    "请找",
    "联系",
    "儿子",
    "女儿",
    "丈夫",
    "妻子",
    "父亲",
    "母亲",
    "邻居",
];
/// What may stand between a name and its number.
const LABELS: [&str; 14] = [
    "联系电话",
    "电话号码",
    "手机号码",
    "手机号",
    "身份证号码",
    "身份证号",
    "身份证",
    "电话",
    "手机",
    "号码",
    "联系方式",
    "TEL",
    "座机",
    "的",
];
/// Behind a name, besides punctuation.
const BEHIND: [&str; 12] =
    ["电话", "手机", "身份证", "联系", "住", "的电话", "的手机", "的身份证", "家住", "先生", "女士", "号码"];
/// Ends of runs that begin with a surname and are none: places, offices, titles, and words of every day.
const NO_NAME_END: &str = "路街道巷镇乡村庄局所桥号楼院校厂店站区市县省组队部处科委会司社馆场园心期天年月日时分点前后上下里内外边们生士傅任长记师员民主人";
const NO_NAME: [&str; 22] = [
    "谢谢", "方便", "高兴", "向你", "于是", "于今", "于昨", "何时", "任何", "万分", "白天", "应该", "常常",
    "安全", "安排", "管理", "解决", "左右", "包括", "方向", "石头", "金额",
];

pub(super) fn find(signs: &[Sign], found: &mut Found) {
    let numbers: Vec<Range<usize>> = found
        .0
        .iter()
        .filter(|(kind, ..)| !matches!(kind, Kind::Plate | Kind::Email))
        .map(|(_, at, _)| at.clone())
        .collect();
    for number in &numbers {
        if let Some(name) = in_front(signs, number.start).or_else(|| behind(signs, number.end)) {
            add(signs, name, found);
        }
    }
    for at in 1..signs.len() {
        if let Some(name) = led(signs, at) {
            add(signs, name, found);
        }
    }
}

fn add(signs: &[Sign], at: Range<usize>, found: &mut Found) {
    let name = text(signs, &at);
    found.add(Kind::Name, at, mask_surname(&name));
}

fn text(signs: &[Sign], at: &Range<usize>) -> String {
    signs[at.clone()].iter().map(|sign| sign.read).collect()
}

/// `联系人：王小明，` with the lead ending at `at`; what follows must end like a name.
fn led(signs: &[Sign], at: usize) -> Option<Range<usize>> {
    let before = text(signs, &(at.saturating_sub(4)..at));
    let lead = LEADS.iter().any(|lead| before.ends_with(lead));
    if !lead {
        return None;
    }
    let gap = |sign: char| " :是为叫\t".contains(sign);
    let from = at + signs[at..].iter().take_while(|sign| gap(sign.read)).count();
    (2..=4)
        .rev()
        .map(|length| from..from + length)
        .find(|name| is_name(signs, name) && closed(signs, name.end))
}

/// `王小明 138…`, `请联系王小明，电话138…`.
fn in_front(signs: &[Sign], number: usize) -> Option<Range<usize>> {
    let mut end = skip_back(signs, number);
    while let Some(label) = LABELS.iter().find(|label| text(signs, &(0..end)).ends_with(**label)) {
        end = skip_back(signs, end - label.chars().count());
    }
    let run = end - signs[..end].iter().rev().take_while(|sign| is_han(sign.read)).count();
    let start = LEADS.iter().filter_map(|lead| {
        let at = text(signs, &(run..end)).rfind(lead)?;
        Some(run + text(signs, &(run..end))[..at].chars().count() + lead.chars().count())
    });
    let start = start.max().unwrap_or(run);
    let start = start + signs[start..end].iter().take_while(|sign| "是为叫".contains(sign.read)).count();
    Some(start..end).filter(|name| is_name(signs, name))
}

/// `138…王小明`, `138…（王小明）`.
fn behind(signs: &[Sign], number: usize) -> Option<Range<usize>> {
    let from = number + signs[number..].iter().take_while(|sign| " (".contains(sign.read)).count();
    let end = from + signs[from..].iter().take_while(|sign| is_han(sign.read)).count();
    Some(from..end).filter(|name| is_name(signs, name))
}

fn skip_back(signs: &[Sign], at: usize) -> usize {
    at - signs[..at].iter().rev().take_while(|sign| " ,:、(+\t".contains(sign.read)).count()
}

fn closed(signs: &[Sign], at: usize) -> bool {
    let rest = text(signs, &(at..signs.len().min(at + 5)));
    !signs.get(at).is_some_and(|sign| is_han(sign.read)) || BEHIND.iter().any(|word| rest.starts_with(word))
}

/// A surname and one or two signs; three with a surname of two.
fn is_name(signs: &[Sign], at: &Range<usize>) -> bool {
    if at.end > signs.len() || at.start >= at.end {
        return false;
    }
    let name: Vec<char> = signs[at.clone()].iter().map(|sign| sign.read).collect();
    let whole: String = name.iter().collect();
    let double = DOUBLE_SURNAMES.iter().any(|surname| whole.starts_with(surname));
    let lengths = if double { 3..=4 } else { 2..=3 };
    lengths.contains(&name.len())
        && name.iter().all(|sign| is_han(*sign))
        && (double || SURNAMES.contains(name[0]))
        && !name.last().is_some_and(|last| NO_NAME_END.contains(*last))
        && !NO_NAME.iter().any(|word| whole.contains(word))
}
