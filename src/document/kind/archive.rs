//! The modern forms (docx, pptx, xlsx, ofd) are ZIP archives. Everything that an archive can be made to do to a
//! reader is looked for here, with limits, before any converter opens it.

use std::fs::File;
use std::io::{Cursor, Read, Seek};

use zip::ZipArchive;
use zip::read::ZipFile;

use super::{Kind, Refusal, damaged};

/// Entries of an archive at most, embedded archives counted in: a deck of 300 slides has some three thousand.
const ENTRIES: usize = 20_000;
/// Bytes that all entries unpack to at most: ten times the largest upload.
const UNPACKED_BYTES: u64 = 512 << 20;
/// What a file may grow by when unpacked, once it is past [`RATIO_FROM_BYTES`]. The XML of real workbooks reaches
/// thirty; a bomb a thousand.
const RATIO: u64 = 150;
const RATIO_FROM_BYTES: u64 = 32 << 20;
/// Archives in archives: a workbook behind a chart, and one more.
const DEPTH: usize = 3;
/// Bytes of an embedded archive that is looked into at most.
const EMBEDDED_BYTES: u64 = 64 << 20;
/// Bytes before an XML part's first element at most: a declaration and comments.
const PROLOG_BYTES: usize = 16 << 10;
/// Bytes of the list of parts at most.
const TYPES_BYTES: u64 = 8 << 20;

const ARCHIVES: [&str; 11] =
    [".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".jar", ".cab", ".iso"];

/// What one upload has used of what it may.
struct Budget {
    entries: usize,
    unpacked: u64,
    packed: u64,
}

pub(super) fn look(file: &mut File) -> Result<Kind, Refusal> {
    let packed = file.metadata().map_err(damaged)?.len();
    let mut budget = Budget { entries: 0, unpacked: 0, packed };
    let mut archive = ZipArchive::new(&mut *file).map_err(damaged)?;
    // Which form it is decides first: who names an archive `.docx` hears that, and not of its entries.
    let kind = form(&mut archive)?;
    examine(&mut archive, &mut budget, DEPTH)?;
    Ok(kind)
}

fn form(archive: &mut ZipArchive<impl Read + Seek>) -> Result<Kind, Refusal> {
    if archive.index_for_name("OFD.xml").is_some() {
        return Ok(Kind::Ofd);
    }
    if archive.index_for_name("[Content_Types].xml").is_none() {
        return Err(Refusal::Mismatch { found: "压缩包" });
    }
    let entry = archive.by_name("[Content_Types].xml").map_err(locked)?;
    let mut types = String::new();
    entry.take(TYPES_BYTES).read_to_string(&mut types).map_err(damaged)?;
    if types.contains("macroEnabled.main+xml") || types.contains("macroEnabledTemplate.main+xml") {
        return Err(Refusal::Macros);
    }
    let main = |name: &str| types.contains(&format!("{name}.main+xml"));
    match () {
        () if main("wordprocessingml.document") => Ok(Kind::Docx),
        () if main("presentationml.presentation") || main("presentationml.slideshow") => Ok(Kind::Pptx),
        () if main("spreadsheetml.sheet") => Ok(Kind::Xlsx),
        () => Err(Refusal::Mismatch { found: "压缩包" }),
    }
}

fn examine(
    archive: &mut ZipArchive<impl Read + Seek>,
    budget: &mut Budget,
    depth: usize,
) -> Result<(), Refusal> {
    budget.entries += archive.len();
    if budget.entries > ENTRIES {
        return Err(Refusal::Unsafe(format!("{} entries", budget.entries)));
    }
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(locked)?;
        path(&entry)?;
        if entry.is_dir() {
            continue;
        }
        // What an archive says of its own sizes may be a lie: only what comes out is counted.
        let name = entry.name().map_err(damaged)?.to_ascii_lowercase();
        let mut first = [0; 4];
        let read = fill(&mut entry, &mut first)?;
        let rest = Cursor::new(first[..read].to_vec()).chain(&mut entry);
        if first.starts_with(b"PK\x03\x04") {
            embedded(rest, budget, depth)?;
        } else if [".xml", ".rels", ".vml"].iter().any(|ending| name.ends_with(ending)) {
            xml(rest, budget)?;
        } else {
            count(rest, budget)?;
        }
    }
    Ok(())
}

/// No way out of the folder that somebody might unpack into, no links, and no archives under their own name.
fn path(entry: &ZipFile<impl Read>) -> Result<(), Refusal> {
    let name = entry.name().map_err(damaged)?;
    let tricky = entry.enclosed_name().is_none()
        || name.starts_with('/')
        || name.contains(['\\', '\0'])
        || name.split('/').any(|part| part == "..")
        || entry.is_symlink();
    let lower = name.to_ascii_lowercase();
    if tricky || ARCHIVES.iter().any(|ending| lower.ends_with(ending)) {
        return Err(Refusal::Unsafe(format!("entry {:?}", name.chars().take(100).collect::<String>())));
    }
    Ok(())
}

/// A workbook behind a chart is an archive too; it gets the same look, from the same budget.
fn embedded(bytes: impl Read, budget: &mut Budget, depth: usize) -> Result<(), Refusal> {
    if depth == 0 {
        return Err(Refusal::Unsafe("archives in archives".to_string()));
    }
    let mut whole = Vec::new();
    bytes.take(EMBEDDED_BYTES + 1).read_to_end(&mut whole).map_err(damaged)?;
    if whole.len() as u64 > EMBEDDED_BYTES {
        return Err(Refusal::Unsafe("a large archive inside".to_string()));
    }
    budget.spend(whole.len())?;
    // What only begins like an archive is data to its document.
    match ZipArchive::new(Cursor::new(whole)) {
        Ok(mut archive) => examine(&mut archive, budget, depth - 1),
        Err(_) => Ok(()),
    }
}

/// No office program writes a document type; whoever does wants entities that expand, or files of this machine.
fn xml(mut bytes: impl Read, budget: &mut Budget) -> Result<(), Refusal> {
    let mut prolog = vec![0; PROLOG_BYTES];
    let read = fill(&mut bytes, &mut prolog)?;
    prolog.truncate(read);
    // UTF-16 reads as ASCII with zeros between.
    let plain: Vec<u8> = prolog.iter().copied().filter(|byte| *byte != 0).collect();
    let end =
        plain.windows(2).position(|two| two[0] == b'<' && (two[1].is_ascii_alphabetic() || two[1] == b'_'));
    let before = &plain[..end.unwrap_or(plain.len())];
    if before.windows(9).any(|nine| nine.eq_ignore_ascii_case(b"<!DOCTYPE")) {
        return Err(Refusal::Unsafe("a document type with entities".to_string()));
    }
    if end.is_none() && read == PROLOG_BYTES {
        return Err(Refusal::Unsafe("XML that does not begin".to_string()));
    }
    budget.spend(read)?;
    count(bytes, budget)
}

fn count(mut bytes: impl Read, budget: &mut Budget) -> Result<(), Refusal> {
    let mut piece = vec![0; 64 << 10];
    loop {
        match bytes.read(&mut piece).map_err(damaged)? {
            0 => return Ok(()),
            read => budget.spend(read)?,
        }
    }
}

/// Reads until `into` is full or nothing is left; how much it read.
fn fill(from: &mut impl Read, into: &mut [u8]) -> Result<usize, Refusal> {
    let mut filled = 0;
    while filled < into.len() {
        match from.read(&mut into[filled..]).map_err(damaged)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

impl Budget {
    fn spend(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.unpacked += bytes as u64;
        let bomb = self.unpacked > RATIO_FROM_BYTES && self.unpacked / self.packed.max(1) > RATIO;
        if self.unpacked > UNPACKED_BYTES || bomb {
            return Err(Refusal::Unsafe(format!(
                "{} bytes unpack to {} and more",
                self.packed, self.unpacked
            )));
        }
        Ok(())
    }
}

/// An entry that cannot be opened: with a password, or broken.
fn locked(error: zip::result::ZipError) -> Refusal {
    match error {
        zip::result::ZipError::UnsupportedArchive(why) if why == zip::result::ZipError::PASSWORD_REQUIRED => {
            Refusal::Encrypted
        }
        error => damaged(error),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;
    use crate::document::kind::tests::inspect_bytes;

    const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";

    fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            archive.start_file(*name, SimpleFileOptions::default()).unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    fn types(main: &str) -> Vec<u8> {
        format!("<?xml version=\"1.0\"?><Types><Override ContentType=\"{main}\"/></Types>").into_bytes()
    }

    /// A document with one more entry.
    fn with(name: &str, bytes: &[u8]) -> Vec<u8> {
        zip(&[("[Content_Types].xml", &types(DOCX)), ("word/document.xml", b"<w:document/>"), (name, bytes)])
    }

    fn refused(bytes: &[u8]) -> String {
        match inspect_bytes("a.docx", bytes) {
            Err(Refusal::Unsafe(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_modern_forms_are_told_by_their_list_of_parts() {
        let base = "application/vnd.openxmlformats-officedocument.";
        for (name, main, kind) in [
            ("a.docx", "wordprocessingml.document.main+xml", Kind::Docx),
            ("a.wps", "wordprocessingml.document.main+xml", Kind::Docx),
            ("a.pptx", "presentationml.presentation.main+xml", Kind::Pptx),
            ("a.xlsx", "spreadsheetml.sheet.main+xml", Kind::Xlsx),
        ] {
            let bytes = zip(&[("[Content_Types].xml", &types(&format!("{base}{main}")))]);
            assert_eq!(inspect_bytes(name, &bytes), Ok(kind), "{name}");
        }
        assert_eq!(inspect_bytes("a.ofd", &zip(&[("OFD.xml", b"<ofd:OFD/>")])), Ok(Kind::Ofd));
    }

    #[test]
    fn an_archive_under_an_office_name_is_an_archive() {
        let found = "压缩包";
        assert_eq!(inspect_bytes("a.docx", &zip(&[("a.txt", b"x")])), Err(Refusal::Mismatch { found }));
    }

    #[test]
    fn a_form_with_macros_is_refused_and_macros_left_in_a_plain_form_do_not_matter() {
        let macros = types("application/vnd.ms-word.document.macroEnabled.main+xml");
        assert_eq!(inspect_bytes("a.docx", &zip(&[("[Content_Types].xml", &macros)])), Err(Refusal::Macros));
        assert_eq!(inspect_bytes("a.docx", &with("word/vbaProject.bin", b"x")), Ok(Kind::Docx));
    }

    #[test]
    fn entries_that_lead_out_of_the_archive_are_refused() {
        for name in ["../evil.xml", "word/../../evil", "/etc/passwd", "..\\evil", "word\\x.xml"] {
            assert!(refused(&with(name, b"<x/>")).starts_with("entry"), "{name}");
        }
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file("[Content_Types].xml", SimpleFileOptions::default()).unwrap();
        archive.write_all(&types(DOCX)).unwrap();
        archive.add_symlink("word/link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        assert!(refused(&archive.finish().unwrap().into_inner()).starts_with("entry"));
    }

    #[test]
    fn archives_inside_are_refused_and_a_workbook_behind_a_chart_is_not() {
        assert!(refused(&with("word/media/more.zip", b"x")).starts_with("entry"));
        let book = zip(&[("xl/workbook.xml", b"<workbook/>")]);
        assert_eq!(inspect_bytes("a.docx", &with("word/embeddings/book.xlsx", &book)), Ok(Kind::Docx));
        let deep = (0..6).fold(book, |inner, _| zip(&[("book.xlsx", &inner)]));
        assert_eq!(refused(&with("word/embeddings/book.xlsx", &deep)), "archives in archives");
    }

    #[test]
    fn a_bomb_is_refused_however_it_is_packed() {
        let zeros = vec![0; 40 << 20];
        assert!(refused(&with("word/media/a.bin", &zeros)).contains("unpack"));
        let xml = [b"<x>".to_vec(), vec![b' '; 40 << 20]].concat();
        assert!(refused(&with("word/a.xml", &xml)).contains("unpack"));
        let inner = zip(&[("a.bin", &zeros)]);
        assert!(refused(&with("word/embeddings/a.xlsx", &inner)).contains("unpack"));
    }

    #[test]
    fn too_many_entries_are_refused_without_unpacking_one() {
        let names: Vec<String> = (0..=ENTRIES).map(|n| format!("x/{n}")).collect();
        let mut entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
        let types = types(DOCX);
        entries.push(("[Content_Types].xml", &types));
        assert!(refused(&zip(&entries)).contains("entries"));
    }

    #[test]
    fn parts_with_a_document_type_are_refused_in_every_spelling() {
        let bomb = "<?xml version=\"1.0\"?><!-- x --><!DOCTYPE a [<!ENTITY b \"&c;&c;\">]><a>&b;</a>";
        let utf16: Vec<u8> =
            [0xFF, 0xFE].into_iter().chain(bomb.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        for bytes in [bomb.as_bytes(), bomb.to_lowercase().as_bytes(), &utf16] {
            assert!(refused(&with("word/styles.xml", bytes)).contains("entities"));
        }
        let late = [b"<!--".to_vec(), vec![b' '; PROLOG_BYTES], b"--><!DOCTYPE a>".to_vec()].concat();
        assert!(refused(&with("word/styles.xml", &late)).contains("does not begin"));
        assert_eq!(inspect_bytes("a.docx", &with("word/a.xml", b"<a>&lt;!DOCTYPE</a>")), Ok(Kind::Docx));
    }

    #[test]
    fn a_cut_off_archive_is_damaged() {
        let whole = with("word/media/a.bin", &[7; 5000]);
        for length in [4, 100, whole.len() / 2, whole.len() - 5] {
            assert!(
                matches!(inspect_bytes("a.docx", &whole[..length]), Err(Refusal::Damaged(_))),
                "{length}"
            );
        }
    }
}
