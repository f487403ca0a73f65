//! What a user calls a file: shown, sent back as a download's name, and never used as a path.

/// Bytes of a name at most: what file systems take.
const NAME_BYTES: usize = 255;
/// Bytes of an extension that is kept when a name is cut.
const EXTENSION_BYTES: usize = 12;

/// The last part of `given` without anything that could act: no folders, no control or direction-changing
/// characters, at most 255 bytes with the extension kept. Never empty.
pub fn clean(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let harmless: String = last.chars().filter(|letter| !acts(*letter)).collect();
    let harmless = harmless.trim().trim_start_matches('.').trim_start();
    if harmless.is_empty() {
        return "未命名".to_string();
    }
    let (stem, extension) = match harmless.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && extension.len() <= EXTENSION_BYTES => {
            (stem, Some(extension))
        }
        _ => (harmless, None),
    };
    match extension {
        Some(extension) => format!("{}.{extension}", cut(stem, NAME_BYTES - 1 - extension.len())),
        None => cut(stem, NAME_BYTES).to_string(),
    }
}

/// Control characters break headers and lines; direction marks make `fdp.exe` of `exe.pdf`.
fn acts(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The value of `Content-Disposition` for downloading a file under `name` (RFC 6266, with the plain ASCII name for
/// old clients). Cannot break out of the header.
pub fn attachment(name: &str) -> String {
    let name = clean(name);
    let plain: String = name
        .chars()
        .map(
            |letter| {
                if letter.is_ascii() && !matches!(letter, '"' | '\\' | '%' | ';') { letter } else { '_' }
            },
        )
        .collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte))
            }
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_loses_folders_and_characters_that_act_and_keeps_the_rest() {
        for (given, kept) in [
            ("关于开展“工作”的通知.docx", "关于开展“工作”的通知.docx"),
            ("😀 汇报.pptx", "😀 汇报.pptx"),
            ("../../etc/passwd", "passwd"),
            ("C:\\文件\\报告.doc", "报告.doc"),
            ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie: x=1.pdf"),
            ("报告\u{202E}fdp.exe", "报告fdp.exe"),
            (" .. ", "未命名"),
            ("", "未命名"),
            ("..pdf", "pdf"),
        ] {
            assert_eq!(clean(given), kept, "{given:?}");
        }
    }

    #[test]
    fn a_name_of_more_than_255_bytes_is_cut_between_letters_and_keeps_its_extension() {
        let cut = clean(&format!("{}.docx", "长".repeat(100)));
        assert!(cut.len() <= 255 && cut.ends_with("长.docx"), "{cut}");
        assert_eq!(clean(&"长".repeat(100)).len(), 255);
    }

    #[test]
    fn a_download_header_cannot_be_broken_out_of() {
        let header = attachment("汇报\"; filename=\"x.exe\r\nX: y.pptx");
        assert!(header.bytes().all(|byte| (0x20..0x7F).contains(&byte)), "{header}");
        assert_eq!(header.matches('"').count(), 2, "{header}");
        assert!(header.ends_with(".pptx"), "{header}");
        assert!(attachment("报告.pdf").ends_with("filename*=UTF-8''%E6%8A%A5%E5%91%8A.pdf"));
    }
}
