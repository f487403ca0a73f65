//! Looks for telephone numbers and plates in whatever people and machines were shown, however it is written there.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Whether `text` says `word`: plainly, with spaces or dashes between, or packed for addresses, JSON, HTML or base64.
pub fn says(text: &str, word: &str) -> bool {
    ways(word).iter().any(|way| text.contains(way.as_str()))
}

/// Numbers of mobile telephones that stand alone in `text`, whoever they belong to.
pub fn numbers(text: &str) -> Vec<String> {
    let tokens = text.split(|c: char| !c.is_ascii_alphanumeric());
    let local = tokens.map(|token| match token.len() {
        13 => token.strip_prefix("86").unwrap_or(token),
        _ => token,
    });
    let mobile = |token: &&str| {
        let bytes = token.as_bytes();
        bytes.len() == 11 && bytes.iter().all(u8::is_ascii_digit) && bytes[0] == b'1' && bytes[1] >= b'3'
    };
    local.filter(mobile).map(str::to_string).collect()
}

fn ways(word: &str) -> Vec<String> {
    let each = |write: fn(char) -> String| word.chars().map(write).collect::<String>();
    let mut ways = vec![
        word.to_string(),
        url::form_urlencoded::byte_serialize(word.as_bytes()).collect(),
        word.bytes().map(|byte| format!("%{byte:02x}")).collect(),
        each(|sign| format!("\\u{:04x}", u32::from(sign))),
        each(|sign| format!("\\u{:04X}", u32::from(sign))),
        each(|sign| if sign.is_ascii() { sign.to_string() } else { format!("\\u{:04x}", u32::from(sign)) }),
        each(|sign| format!("&#{};", u32::from(sign))),
        each(|sign| format!("&#x{:x};", u32::from(sign))),
    ];
    if word.len() == 11 && word.bytes().all(|byte| byte.is_ascii_digit()) {
        for between in [" ", "-"] {
            ways.push([&word[..3], &word[3..7], &word[7..]].join(between));
        }
    }
    // Base64 of something with the word inside: what does not depend on the neighbours, at each of three places.
    for lead in 0..3 {
        let bytes = [vec![0; lead], word.as_bytes().to_vec()].concat();
        let (first, last) = ((lead * 8).div_ceil(6), bytes.len() * 8 / 6);
        for packed in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            ways.push(packed[first..last].to_string());
        }
    }
    ways
}

#[test]
fn a_word_is_found_however_it_is_packed() {
    let (phone, plate) = ("13957790315", "浙C70315");
    let packed = |text: &str| STANDARD_NO_PAD.encode(text);
    let texts = [
        format!("to={phone}"),
        "tel: +86 139 5779 0315".to_string(),
        packed(&format!("a{phone}b")),
        packed(&format!("ab{phone}")),
        packed(phone),
        r#"{"n":"\u0031\u0033\u0039\u0035\u0037\u0037\u0039\u0030\u0033\u0031\u0035"}"#.to_string(),
    ];
    for text in texts {
        assert!(says(&text, phone), "{text}");
        assert!(!says(&text, "13957790415"), "{text}");
    }
    for text in
        ["plate=%E6%B5%99C70315", r#"{"plate":"\u6d59C70315"}"#, "&#27993;&#67;&#55;&#48;&#51;&#49;&#53;"]
    {
        assert!(says(text, plate), "{text}");
    }
    assert!(!says("浙C7**15", plate));
}

#[test]
fn numbers_are_found_where_they_stand_alone() {
    assert_eq!(
        numbers("a=13957790315&b=8613957790316 1789971234567 x13957790317"),
        ["13957790315", "13957790316"]
    );
    assert!(numbers("139****0315, 12345, YC2026092100001").is_empty());
}
