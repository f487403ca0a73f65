//! What may stand in a notice's field, by the prefix of its key.

/// Whether `value` is allowed under `key`: `thing1`, `time2`, `car_number3` … An unknown prefix allows all.
pub fn fits(key: &str, value: &str) -> bool {
    let kind = key.trim_end_matches(|c: char| c.is_ascii_digit());
    let length = value.chars().count();
    let all = |allowed: fn(char) -> bool| value.chars().all(allowed);
    match kind {
        "thing" => length <= 20,
        "number" => length <= 32 && all(|c| c.is_ascii_digit() || c == '.'),
        "letter" => length <= 32 && all(|c| c.is_ascii_alphabetic()),
        "symbol" => length <= 5 && all(|c| !c.is_alphanumeric()),
        "character_string" => length <= 32 && all(|c| c.is_ascii_graphic() || c == ' '),
        "time" | "date" => length <= 50 && value.chars().any(|c| c.is_ascii_digit()),
        "amount" => is_amount(value),
        "phone_number" => length <= 17 && all(|c| c.is_ascii_digit() || "+-() ".contains(c)),
        "car_number" => length <= 8,
        "name" => length <= if value.is_ascii() { 20 } else { 10 },
        "phrase" => length <= 5 && all(|c| !c.is_ascii()),
        _ => true,
    }
}

/// A currency sign or none, up to ten digits with a decimal point, and 元 or not.
fn is_amount(value: &str) -> bool {
    let digits = value.strip_suffix('元').unwrap_or(value);
    let digits = digits.strip_prefix(|c: char| !c.is_ascii_digit()).unwrap_or(digits);
    let count = digits.chars().filter(char::is_ascii_digit).count();
    (1..=10).contains(&count)
        && digits.matches('.').count() <= 1
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_take_what_their_key_says() {
        let good = [
            ("thing1", "二十个字的会议名称正好可以放进这一格里面"),
            ("time2", "2026年9月19日 09:00~11:30"),
            ("car_number1", "浙C12345"),
            ("phrase3", "办理中"),
            ("character_string1", "20260919-0001"),
            ("amount1", "￥12.50元"),
            ("name1", "阿依古丽买买提"),
            ("phone_number1", "0577-12345678"),
            ("first", "不认识的键不检查，多长都可以，多长都可以，多长都可以，多长都可以"),
        ];
        for (key, value) in good {
            assert!(fits(key, value), "{key} {value}");
        }
    }

    #[test]
    fn what_is_too_long_or_of_another_kind_does_not_fit() {
        let bad = [
            ("thing1", "二十一个字的会议名称已经放不进这一格里面了吧"),
            ("time2", "明天上午"),
            ("car_number1", "浙C1234567"),
            ("phrase3", "正在办理之中"),
            ("phrase3", "done"),
            ("character_string1", "编号一"),
            ("number1", "12a"),
            ("letter1", "a1"),
            ("amount1", "一百元"),
            ("name1", "这是一个十一个字的姓名"),
        ];
        for (key, value) in bad {
            assert!(!fits(key, value), "{key} {value}");
        }
    }
}
