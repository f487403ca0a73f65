//! What an uploaded file is: told by its content, and refused unless its name says the same. Decides before any
//! converter sees it, and reads no more of it than it needs. Blocking: call it where waiting for a disk is allowed.

mod archive;
mod compound;
mod plain;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use image::{ImageFormat, ImageReader};

use crate::base::error::Coded;

pub(super) use plain::decode;

/// What the content is. A name ending in `.wps`, `.dps` or `.et` holds one of the Microsoft forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Doc,
    Docx,
    Ppt,
    Pptx,
    Xls,
    Xlsx,
    Pdf,
    Ofd,
    Jpg,
    Png,
    Txt,
}

impl Kind {
    pub const ALL: [Kind; 11] = [
        Kind::Doc,
        Kind::Docx,
        Kind::Ppt,
        Kind::Pptx,
        Kind::Xls,
        Kind::Xlsx,
        Kind::Pdf,
        Kind::Ofd,
        Kind::Jpg,
        Kind::Png,
        Kind::Txt,
    ];

    /// Stable: it stands in the database, and is the extension that converters know it by.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Doc => "doc",
            Kind::Docx => "docx",
            Kind::Ppt => "ppt",
            Kind::Pptx => "pptx",
            Kind::Xls => "xls",
            Kind::Xlsx => "xlsx",
            Kind::Pdf => "pdf",
            Kind::Ofd => "ofd",
            Kind::Jpg => "jpg",
            Kind::Png => "png",
            Kind::Txt => "txt",
        }
    }

    pub fn of(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// In the words of an office.
    pub fn label(self) -> &'static str {
        match self {
            Kind::Doc | Kind::Docx => "Word 文档",
            Kind::Ppt | Kind::Pptx => "演示文稿",
            Kind::Xls | Kind::Xlsx => "表格",
            Kind::Pdf => "PDF 文件",
            Kind::Ofd => "OFD 文件",
            Kind::Jpg | Kind::Png => "图片",
            Kind::Txt => "文本文件",
        }
    }
}

/// The endings of names that are taken, for `accept` of a file field.
pub const EXTENSIONS: [&str; 15] = [
    "doc", "docx", "ppt", "pptx", "xls", "xlsx", "wps", "dps", "et", "pdf", "ofd", "jpg", "jpeg", "png",
    "txt",
];

/// The kinds that a name with this ending may hold; empty: not taken at all.
fn promised(extension: &str) -> &'static [Kind] {
    match extension {
        "doc" => &[Kind::Doc],
        "docx" => &[Kind::Docx],
        "ppt" => &[Kind::Ppt],
        "pptx" => &[Kind::Pptx],
        "xls" => &[Kind::Xls],
        "xlsx" => &[Kind::Xlsx],
        "wps" => &[Kind::Doc, Kind::Docx],
        "dps" => &[Kind::Ppt, Kind::Pptx],
        "et" => &[Kind::Xls, Kind::Xlsx],
        "pdf" => &[Kind::Pdf],
        "ofd" => &[Kind::Ofd],
        "jpg" | "jpeg" => &[Kind::Jpg],
        "png" => &[Kind::Png],
        "txt" => &[Kind::Txt],
        _ => &[],
    }
}

/// Why a file is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("no bytes")]
    Empty,
    #[error("files named like this are not taken")]
    Unsupported,
    #[error("the content is {found}, not what the name says")]
    Mismatch { found: &'static str },
    #[error("damaged: {0}")]
    Damaged(String),
    #[error("needs a password")]
    Encrypted,
    #[error("made to run macros")]
    Macros,
    #[error("made to harm: {0}")]
    Unsafe(String),
}

impl Coded for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::Empty => "document_empty",
            Refusal::Unsupported => "document_kind",
            Refusal::Mismatch { .. } => "document_mismatch",
            Refusal::Damaged(_) => "document_damaged",
            Refusal::Encrypted => "document_encrypted",
            Refusal::Macros => "document_macros",
            Refusal::Unsafe(_) => "document_unsafe",
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Refusal::Mismatch { found } => vec![("found", (*found).to_string())],
            _ => Vec::new(),
        }
    }
}

/// Whether a file of this name could be taken at all: asked before its bytes arrive.
pub fn named(name: &str) -> Result<(), Refusal> {
    match promised(&extension(name)) {
        [] => Err(Refusal::Unsupported),
        _ => Ok(()),
    }
}

/// What the file at `path`, which its user calls `name`, is.
pub fn inspect(path: &Path, name: &str) -> Result<Kind, Refusal> {
    let promised = promised(&extension(name));
    if promised.is_empty() {
        return Err(Refusal::Unsupported);
    }
    let mut file = File::open(path).map_err(damaged)?;
    let kind = look(&mut file)?;
    match promised.contains(&kind) {
        true => Ok(kind),
        false => Err(Refusal::Mismatch { found: kind.label() }),
    }
}

fn extension(name: &str) -> String {
    name.rsplit_once('.').map(|(_, extension)| extension.trim().to_ascii_lowercase()).unwrap_or_default()
}

/// Bytes from the start that tell most kinds apart.
const HEAD_BYTES: u64 = 1024;

fn look(file: &mut File) -> Result<Kind, Refusal> {
    let mut head = Vec::new();
    file.take(HEAD_BYTES).read_to_end(&mut head).map_err(damaged)?;
    file.seek(SeekFrom::Start(0)).map_err(damaged)?;
    if head.is_empty() {
        return Err(Refusal::Empty);
    }
    match head.as_slice() {
        [b'P', b'K', 3, 4, ..] => archive::look(file),
        [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, ..] => compound::look(file),
        [0xFF, 0xD8, 0xFF, ..] => picture(file, ImageFormat::Jpeg, Kind::Jpg),
        [0x89, b'P', b'N', b'G', ..] => picture(file, ImageFormat::Png, Kind::Png),
        head if head.starts_with(b"%PDF-") => Ok(Kind::Pdf),
        head => foreign(head).map_or_else(|| plain::look(file), |found| Err(Refusal::Mismatch { found })),
    }
}

/// Forms that are never taken, by how they begin, so that their users hear what they have.
fn foreign(head: &[u8]) -> Option<&'static str> {
    const BEGINNINGS: [(&[u8], &str); 8] = [
        (b"Rar!", "压缩包"),
        (b"7z\xBC\xAF", "压缩包"),
        (b"\x1F\x8B", "压缩包"),
        (b"PK\x05\x06", "空的压缩包"),
        (b"MZ", "程序"),
        (b"\x7FELF", "程序"),
        (b"{\\rtf", "RTF 文档"),
        (b"GIF8", "GIF 图片"),
    ];
    BEGINNINGS.iter().find(|(start, _)| head.starts_with(start)).map(|(_, found)| *found)
}

/// Pixels of a picture at most: a sheet of A3 at 600 dpi has seventy million.
const PIXELS: u64 = 100_000_000;

fn picture(file: &mut File, format: ImageFormat, kind: Kind) -> Result<Kind, Refusal> {
    let reader = ImageReader::with_format(std::io::BufReader::new(file), format);
    let (width, height) = reader.into_dimensions().map_err(damaged)?;
    match u64::from(width) * u64::from(height) {
        0 => Err(Refusal::Damaged("no pixels".to_string())),
        pixels if pixels > PIXELS => Err(Refusal::Unsafe(format!("{width} x {height} pixels"))),
        _ => Ok(kind),
    }
}

fn damaged(error: impl std::fmt::Display) -> Refusal {
    Refusal::Damaged(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn inspect_bytes(name: &str, bytes: &[u8]) -> Result<Kind, Refusal> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        inspect(file.path(), name)
    }

    fn png() -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::RgbImage::new(3, 2).write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn the_content_tells_the_kind_and_the_name_must_agree() {
        assert_eq!(inspect_bytes("a.png", &png()), Ok(Kind::Png));
        assert_eq!(inspect_bytes("A.PNG", &png()), Ok(Kind::Png));
        assert_eq!(inspect_bytes("a.jpg", &png()), Err(Refusal::Mismatch { found: "图片" }));
        assert_eq!(inspect_bytes("a.pdf", b"%PDF-1.4\n"), Ok(Kind::Pdf));
        assert_eq!(inspect_bytes("a.txt", b"%PDF-1.4\n"), Err(Refusal::Mismatch { found: "PDF 文件" }));
        assert_eq!(inspect_bytes("a.docx", b"hello"), Err(Refusal::Mismatch { found: "文本文件" }));
    }

    #[test]
    fn names_that_promise_nothing_we_take_are_refused_before_the_content() {
        for name in ["a.html", "a.svg", "a.zip", "a.docm", "a.dwg", "a.mp4", "a", "", ".pdf.exe", "pdf"] {
            assert_eq!(named(name), Err(Refusal::Unsupported), "{name}");
            assert_eq!(inspect_bytes(name, b"%PDF-1.4"), Err(Refusal::Unsupported), "{name}");
        }
        for extension in EXTENSIONS {
            assert_eq!(named(&format!("某文件.{extension}")), Ok(()), "{extension}");
        }
    }

    #[test]
    fn an_empty_file_is_refused_whatever_it_is_called() {
        for extension in EXTENSIONS {
            assert_eq!(inspect_bytes(&format!("a.{extension}"), b""), Err(Refusal::Empty), "{extension}");
        }
    }

    #[test]
    fn archives_programs_and_pages_under_an_office_name_are_refused() {
        for (bytes, found) in [
            (&b"Rar!\x1A\x07\x01\x00"[..], "压缩包"),
            (b"7z\xBC\xAF\x27\x1C", "压缩包"),
            (b"MZ\x90\x00", "程序"),
            (b"{\\rtf1 hello}", "RTF 文档"),
            (b"<html><img src=http://example.org/x></html>", "网页"),
            (b"\xEF\xBB\xBF  <!DOCTYPE html>", "网页"),
            (b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>", "网页"),
        ] {
            for name in ["a.docx", "a.txt", "a.doc"] {
                assert_eq!(inspect_bytes(name, bytes), Err(Refusal::Mismatch { found }), "{name} {found}");
            }
        }
    }

    #[test]
    fn a_picture_of_a_billion_pixels_is_refused_from_its_head_alone() {
        let mut bytes = png();
        // Width and height stand right behind `IHDR`; its check sum follows.
        let at = bytes.windows(4).position(|four| four == b"IHDR").unwrap();
        bytes[at + 4..at + 12].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        let refusal = inspect_bytes("a.png", &bytes).unwrap_err();
        assert!(matches!(refusal, Refusal::Unsafe(_) | Refusal::Damaged(_)), "{refusal}");
        assert!(matches!(inspect_bytes("a.png", &bytes[..20]), Err(Refusal::Damaged(_))));
    }
}
