//! Masks, the same on pages, in logs and in exports: what a colleague needs to know whom it is about, and no more.

use super::digest;

/// Surnames of two signs; all others are one.
pub const DOUBLE_SURNAMES: [&str; 14] = [
    "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯", "端木",
    "南宫",
];

/// `138****6021`; anything shorter than seven digits is hidden whole.
pub fn mask_phone(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().collect();
    if digits.len() < 7 {
        return "****".to_string();
    }
    let head: String = digits[..3].iter().collect();
    let tail: String = digits[digits.len() - 4..].iter().collect();
    format!("{head}****{tail}")
}

/// `江*`, `江*帆`, `欧**静`: first and last character stay.
pub fn mask_name(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    match letters.as_slice() {
        [] => String::new(),
        [only] => only.to_string(),
        [first, _] => format!("{first}*"),
        [first, middle @ .., last] => format!("{first}{}{last}", "*".repeat(middle.len().min(3))),
    }
}

/// `王**`, `欧阳**`, however long the name is: for texts that everybody reads.
pub fn mask_surname(name: &str) -> String {
    let double = DOUBLE_SURNAMES.iter().any(|surname| name.starts_with(surname));
    let kept: String = name.chars().take(if double { 2 } else { 1 }).collect();
    format!("{kept}**")
}

/// `浙C1**45`, `浙C1**345`.
pub fn mask_plate(plate: &str) -> String {
    let signs: Vec<char> = plate.chars().collect();
    let part = |from: usize, to: usize| signs.iter().skip(from).take(to - from).collect::<String>();
    format!("{}**{}", part(0, 3), part(5, signs.len().max(5)))
}

/// Identity numbers: first three, last two.
pub fn mask_id(number: &str) -> String {
    between(number, 3, 2)
}

/// Bank cards: the last four.
pub fn mask_card(number: &str) -> String {
    between(number, 0, 4)
}

/// `z***@example.com`.
pub fn mask_email(address: &str) -> String {
    let (local, domain) = address.split_once('@').unwrap_or((address, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}***@{domain}")
}

/// An openid as logs may show it: enough to follow one user through a log, not enough to find them.
pub fn mask_openid(openid: &str) -> String {
    format!("o:{}", &digest(openid.as_bytes())[..8])
}

/// Keeps `head` and `tail` signs, and the length; what is not longer than both is hidden whole.
fn between(text: &str, head: usize, tail: usize) -> String {
    let signs: Vec<char> = text.chars().collect();
    let shown = |at: usize| signs.len() > head + tail && (at < head || at >= signs.len() - tail);
    signs.iter().enumerate().map(|(at, sign)| if shown(at) { *sign } else { '*' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_keep_what_a_colleague_needs_and_no_more() {
        assert_eq!(mask_phone("13812346021"), "138****6021");
        assert_eq!(mask_phone("110"), "****");
        assert_eq!(mask_name("江一帆"), "江*帆");
        assert_eq!(mask_name("王海"), "王*");
        assert_eq!(mask_name("阿依古丽·买买提"), "阿***提");
    }

    #[test]
    fn texts_that_everybody_reads_keep_less() {
        assert_eq!(mask_surname("王小明"), "王**");
        assert_eq!(mask_surname("王海"), "王**");
        assert_eq!(mask_surname("欧阳静"), "欧阳**");
        assert_eq!(mask_plate("浙C12345"), "浙C1**45");
        assert_eq!(mask_plate("浙CD12345"), "浙CD**345");
        assert_eq!(mask_id("33038119900101123X"), "330*************3X");
        assert_eq!(mask_id("12"), "**");
        assert_eq!(mask_card("6222021202041234567"), "***************4567");
        assert_eq!(mask_email("zhang.san@example.com"), "z***@example.com");
        assert_eq!(mask_email("nothing"), "n***@");
    }
}
