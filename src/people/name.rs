//! Names of people: kept as written, matched by a key.

use unicode_normalization::UnicodeNormalization;

/// The longest name taken, in characters; names of minorities run to fifteen and more.
pub const LONGEST: usize = 30;
/// The longest name of a unit taken, in characters.
pub const LONGEST_UNIT: usize = 60;

/// What two spellings of one name have in common: full-width letters and compatibility ideographs folded, spaces
/// gone, one kind of middle dot, capitals.
pub fn key(name: &str) -> String {
    name.nfkc()
        .filter(|letter| !letter.is_whitespace() && !letter.is_control() && !is_invisible(*letter))
        .map(|letter| if is_dot(letter) { '·' } else { letter })
        .flat_map(char::to_uppercase)
        .collect()
}

/// A name as it may be stored: trimmed, inner spaces single, nothing invisible. `None` when nothing is left or it
/// is longer than [`LONGEST`].
pub fn clean(name: &str) -> Option<String> {
    let name = one_line(name);
    (!key(&name).is_empty() && name.chars().count() <= LONGEST).then_some(name)
}

/// A text for one line of a page: nothing invisible, no control characters, single spaces.
pub fn one_line(text: &str) -> String {
    let visible: String = text.chars().filter(|letter| !is_invisible(*letter)).collect();
    let words: Vec<&str> = visible
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

fn is_dot(letter: char) -> bool {
    matches!(letter, '·' | '•' | '・' | '‧' | '∙' | '⋅' | '●' | '.' | '。' | '᛫')
}

/// Zero-width characters, marks that turn the direction of writing, and the byte order mark.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_have_one_key() {
        assert_eq!(key(" 江 一帆"), key("江一帆"));
        assert_eq!(key("Ｌｉ Ｍｉｎｇ"), key("li ming"));
        assert_eq!(key("阿依古丽•买买提"), key("阿依古丽·买买提"));
        assert_eq!(key("阿依古丽．买买提"), key("阿依古丽·买买提"));
        assert_eq!(key("李\u{F9D1}"), key("李六"));
        assert_ne!(key("江一帆"), key("江一凡"));
    }

    #[test]
    fn a_stored_name_is_tidy_and_never_empty() {
        assert_eq!(clean("  Li   Ming\n").as_deref(), Some("Li Ming"));
        assert_eq!(clean("\u{200B} \u{202E}"), None);
        assert_eq!(clean(&"长".repeat(31)), None);
    }
}
