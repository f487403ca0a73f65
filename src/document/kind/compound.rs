//! The old binary forms (doc, ppt, xls): a small file system inside the file (MS-CFB).

use std::fs::File;
use std::io::{Read, Seek};

use cfb::CompoundFile;

use super::{Kind, Refusal, damaged};

/// Bit `fEncrypted` of a Word file's information block (MS-DOC 2.5.2), in the flags at offset 10.
const WORD_ENCRYPTED: u16 = 0x0100;
/// `headerToken` of an encrypted presentation's current user (MS-PPT 2.3.2).
const SLIDES_ENCRYPTED: u32 = 0xF3D1_C4DF;
/// Record `FilePass` of a workbook (MS-XLS 2.4.117): what follows needs a password.
const FILE_PASS: u16 = 0x002F;
/// Records at a workbook's start among which `FilePass` stands, if at all.
const FIRST_RECORDS: usize = 16;

pub(super) fn look(file: &mut File) -> Result<Kind, Refusal> {
    let mut inside = CompoundFile::open(file).map_err(damaged)?;
    if inside.is_stream("/EncryptedPackage") {
        return Err(Refusal::Encrypted);
    }
    if inside.is_stream("/WordDocument") {
        let flags = number::<2>(&mut inside, "/WordDocument", 10).map(u16::from_le_bytes)?;
        return unless(flags & WORD_ENCRYPTED != 0, Kind::Doc);
    }
    if inside.is_stream("/PowerPoint Document") {
        let token = number::<4>(&mut inside, "/Current User", 12).map(u32::from_le_bytes)?;
        return unless(token == SLIDES_ENCRYPTED, Kind::Ppt);
    }
    if let Some(book) = ["/Workbook", "/Book"].into_iter().find(|name| inside.is_stream(name)) {
        let locked = has_file_pass(&mut inside, book)?;
        return unless(locked, Kind::Xls);
    }
    Err(Refusal::Mismatch { found: "无法识别的内容" })
}

fn unless(encrypted: bool, kind: Kind) -> Result<Kind, Refusal> {
    if encrypted { Err(Refusal::Encrypted) } else { Ok(kind) }
}

fn number<const N: usize>(
    inside: &mut CompoundFile<&mut File>,
    stream: &str,
    at: u64,
) -> Result<[u8; N], Refusal> {
    let mut stream = inside.open_stream(stream).map_err(damaged)?;
    let mut bytes = [0; N];
    stream.seek(std::io::SeekFrom::Start(at)).map_err(damaged)?;
    stream.read_exact(&mut bytes).map_err(damaged)?;
    Ok(bytes)
}

fn has_file_pass(inside: &mut CompoundFile<&mut File>, book: &str) -> Result<bool, Refusal> {
    let mut stream = inside.open_stream(book).map_err(damaged)?;
    for _ in 0..FIRST_RECORDS {
        let mut head = [0; 4];
        if stream.read_exact(&mut head).is_err() {
            return Ok(false);
        }
        let [kind_low, kind_high, length_low, length_high] = head;
        if u16::from_le_bytes([kind_low, kind_high]) == FILE_PASS {
            return Ok(true);
        }
        let length = i64::from(u16::from_le_bytes([length_low, length_high]));
        stream.seek(std::io::SeekFrom::Current(length)).map_err(damaged)?;
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use super::*;
    use crate::document::kind::tests::inspect_bytes;

    fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
        let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        for (name, bytes) in streams {
            file.create_stream(name).unwrap().write_all(bytes).unwrap();
        }
        file.flush().unwrap();
        file.into_inner().into_inner()
    }

    fn word(flags: u16) -> Vec<u8> {
        let mut block = vec![0; 1472];
        block[10..12].copy_from_slice(&flags.to_le_bytes());
        compound(&[("/WordDocument", &block)])
    }

    fn slides(token: u32) -> Vec<u8> {
        let user = [&[0; 12][..], &token.to_le_bytes(), &[0; 8]].concat();
        compound(&[("/PowerPoint Document", &[0; 64]), ("/Current User", &user)])
    }

    /// A workbook that begins with a `BOF` record and then `second`.
    fn book(second: u16) -> Vec<u8> {
        let begin = [&[0x09, 0x08, 16, 0][..], &[0; 16]].concat();
        let next = [&second.to_le_bytes()[..], &[2, 0, 0, 0]].concat();
        compound(&[("/Workbook", &[begin, next].concat())])
    }

    #[test]
    fn the_old_forms_are_told_by_their_streams_also_under_the_names_of_wps() {
        for (name, bytes, kind) in [
            ("a.doc", word(0), Kind::Doc),
            ("a.wps", word(0), Kind::Doc),
            ("a.ppt", slides(0xE391_C05F), Kind::Ppt),
            ("a.dps", slides(0xE391_C05F), Kind::Ppt),
            ("a.xls", book(0x0042), Kind::Xls),
            ("a.et", book(0x0042), Kind::Xls),
        ] {
            assert_eq!(inspect_bytes(name, &bytes), Ok(kind), "{name}");
        }
        assert_eq!(inspect_bytes("a.doc", &book(0x0042)), Err(Refusal::Mismatch { found: "表格" }));
    }

    #[test]
    fn files_with_a_password_are_told_apart_before_any_conversion() {
        for (name, bytes) in [
            ("a.doc", word(WORD_ENCRYPTED)),
            ("a.ppt", slides(SLIDES_ENCRYPTED)),
            ("a.xls", book(FILE_PASS)),
            // A modern file with a password is wrapped in the old form.
            ("a.docx", compound(&[("/EncryptedPackage", &[0; 100]), ("/EncryptionInfo", &[0; 100])])),
        ] {
            assert_eq!(inspect_bytes(name, &bytes), Err(Refusal::Encrypted), "{name}");
        }
    }

    #[test]
    fn a_cut_off_or_empty_one_is_damaged_or_nothing_known() {
        let whole = word(0);
        for length in [8, 100, 512, 1000, whole.len() / 2] {
            let refusal = inspect_bytes("a.doc", &whole[..length]).unwrap_err();
            assert!(matches!(refusal, Refusal::Damaged(_)), "{length}: {refusal}");
        }
        assert!(inspect_bytes("a.doc", &compound(&[("/Other", b"x")])).is_err());
    }
}
