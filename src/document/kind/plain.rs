//! Plain text, and what only pretends to be.

use std::fs::File;
use std::io::Read;

use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use super::{Kind, Refusal, damaged};

/// Text is told by this much of it, in bytes.
const SAMPLE_BYTES: u64 = 64 << 10;

pub(super) fn look(file: &mut File) -> Result<Kind, Refusal> {
    let mut sample = Vec::new();
    file.take(SAMPLE_BYTES).read_to_end(&mut sample).map_err(damaged)?;
    let Some(text) = decode_start(&sample) else {
        return Err(Refusal::Mismatch { found: "无法识别的内容" });
    };
    let start: String = text.trim_start().chars().take(200).collect::<String>().to_ascii_lowercase();
    let markup = ["<!doctype", "<html", "<svg", "<?xml", "<script", "<head", "<body", "mime-version:"];
    if markup.iter().any(|mark| start.starts_with(mark)) {
        return Err(Refusal::Mismatch { found: "网页" });
    }
    Ok(Kind::Txt)
}

/// The text of a whole `.txt`, whichever way Chinese Windows or anybody else wrote it.
pub(in crate::document) fn decode(bytes: &[u8]) -> String {
    match encoding(bytes) {
        Some(encoding) => encoding.decode(bytes).0.into_owned(),
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn decode_start(sample: &[u8]) -> Option<String> {
    Some(encoding(sample)?.decode(sample).0.into_owned())
}

/// A byte order mark decides; else UTF-8 where it fits, else GB18030. Control characters are no text.
fn encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [0xFF, 0xFE, ..] => return Some(UTF_16LE),
        [0xFE, 0xFF, ..] => return Some(UTF_16BE),
        _ => {}
    }
    if bytes.iter().any(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31)) {
        return None;
    }
    [UTF_8, GB18030].into_iter().find(|encoding| {
        // The sample may end inside a letter: the decoder is not told that it ends.
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let Some(most) = decoder.max_utf8_buffer_length(bytes.len()) else { return false };
        let (_, _, _, damaged) = decoder.decode_to_utf8(bytes, &mut vec![0; most], false);
        !damaged
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::kind::tests::inspect_bytes;

    #[test]
    fn text_is_text_in_every_encoding_of_a_chinese_office() {
        let text = "会议议程\r\n一、传达文件精神";
        let utf16: Vec<u8> =
            [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let gb = GB18030.encode(text).0.into_owned();
        for bytes in [text.as_bytes().to_vec(), format!("\u{FEFF}{text}").into_bytes(), utf16, gb] {
            assert_eq!(inspect_bytes("a.txt", &bytes), Ok(Kind::Txt));
            assert_eq!(decode(&bytes), text);
        }
    }

    #[test]
    fn a_long_text_is_text_wherever_the_sample_is_cut() {
        for pad in 0..4 {
            let text = format!("{}{}", "a".repeat(pad), "字".repeat(40_000));
            assert_eq!(inspect_bytes("a.txt", text.as_bytes()), Ok(Kind::Txt));
            assert_eq!(inspect_bytes("a.txt", &GB18030.encode(&text).0), Ok(Kind::Txt));
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let found = "无法识别的内容";
        assert_eq!(inspect_bytes("a.txt", b"\x00\x01\x02\x03"), Err(Refusal::Mismatch { found }));
        assert_eq!(inspect_bytes("a.txt", b"abc\xFF\xFF\xFF"), Err(Refusal::Mismatch { found }));
    }
}
