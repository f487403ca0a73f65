//! Which fonts a document asks for and this machine lacks. Others stand in for them, and lines may break elsewhere;
//! the uploader hears of it. Faces of government style (方正小标宋, 仿宋_GB2312) need a licence: an operator who has
//! one puts the files under `/usr/local/share/fonts`.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::kind::Kind;
use super::sandbox::{Limits, MEMORY_BYTES, Sandbox};

/// Bytes of one part that is looked through at most.
const PART_BYTES: u64 = 32 << 20;
/// Fonts reported at most: more help nobody.
const REPORTED: usize = 20;

/// The families installed on this machine, as the converter sees them, in lower case.
pub(super) async fn installed(sandbox: &Sandbox) -> HashSet<String> {
    let room = match tempfile::tempdir() {
        Ok(room) => room,
        Err(error) => {
            tracing::warn!(%error, "fonts cannot be listed");
            return HashSet::new();
        }
    };
    let limits = Limits { memory: MEMORY_BYTES, wall: Duration::from_secs(30) };
    let command = ["fc-list", ":", "family"].map(OsString::from);
    match sandbox.run_now(room.path(), &command, limits).await {
        Ok(list) => families(&String::from_utf8_lossy(&list)),
        Err(error) => {
            tracing::warn!(%error, "fonts cannot be listed");
            HashSet::new()
        }
    }
}

/// Lines of names that one face goes by, with commas between: `思源黑体,Source Han Sans SC`.
fn families(list: &str) -> HashSet<String> {
    list.lines()
        .flat_map(|line| line.split(','))
        .map(|name| name.trim().replace("\\-", "-").to_lowercase())
        .collect()
}

/// The named fonts that are not installed, in order, few.
pub(super) fn missing(named: BTreeSet<String>, installed: &HashSet<String>) -> Vec<String> {
    if installed.is_empty() {
        return Vec::new(); // unknown is not missing
    }
    named.into_iter().filter(|name| !installed.contains(&name.to_lowercase())).take(REPORTED).collect()
}

/// The fonts that a modern office file sets its text in. The old binary forms are not looked into.
pub(super) fn named(path: &Path, kind: Kind) -> BTreeSet<String> {
    let mut fonts = BTreeSet::new();
    let Ok(file) = File::open(path) else { return fonts };
    let Ok(mut archive) = ZipArchive::new(file) else { return fonts };
    let parts: Vec<String> = archive
        .file_names()
        .filter_map(|name| name.ok().map(|name| name.into_owned()))
        .filter(|name| holds_text(kind, name))
        .collect();
    for part in parts {
        let Ok(entry) = archive.by_name(&part) else { continue };
        let mut xml = String::new();
        if entry.take(PART_BYTES).read_to_string(&mut xml).is_ok() {
            collect(&xml, &mut fonts);
        }
    }
    fonts
}

/// Parts with runs of text; lists of styles name many fonts that nothing uses.
fn holds_text(kind: Kind, part: &str) -> bool {
    let any = |starts: &[&str]| part.ends_with(".xml") && starts.iter().any(|start| part.starts_with(start));
    match kind {
        Kind::Docx => any(&["word/document", "word/header", "word/footer", "word/footnotes"]),
        Kind::Pptx => any(&["ppt/slides/slide"]),
        Kind::Xlsx => part == "xl/styles.xml",
        _ => false,
    }
}

fn collect(xml: &str, fonts: &mut BTreeSet<String>) {
    let mut reader = Reader::from_str(xml);
    let mut in_fonts = false;
    loop {
        let (element, opens) = match reader.read_event() {
            Ok(Event::Start(element)) => (element, true),
            Ok(Event::Empty(element)) => (element, false),
            Ok(Event::End(element)) => {
                in_fonts &= element.local_name().as_ref() != "fonts";
                continue;
            }
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => continue,
        };
        match element.local_name().as_ref() {
            "fonts" => in_fonts = opens,
            "rFonts" => values(&element, &["ascii", "eastAsia", "hAnsi"], fonts),
            "latin" | "ea" => values(&element, &["typeface"], fonts),
            "name" if in_fonts => values(&element, &["val"], fonts),
            _ => {}
        }
    }
}

fn values(element: &BytesStart<'_>, names: &[&str], fonts: &mut BTreeSet<String>) {
    for attribute in element.attributes().flatten() {
        let named = names.iter().any(|name| attribute.key.local_name().as_ref() == *name);
        let value = attribute.value.as_ref();
        // `+mn-ea` stands for the theme's font.
        if named && !value.is_empty() && !value.starts_with(['+', '&']) {
            fonts.insert(value.chars().take(60).collect());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fonts(xml: &str) -> Vec<String> {
        let mut found = BTreeSet::new();
        collect(xml, &mut found);
        found.into_iter().collect()
    }

    #[test]
    fn fonts_are_found_where_each_form_keeps_them() {
        let word = "<w:r><w:rPr><w:rFonts w:ascii=\"Arial\" w:eastAsia=\"仿宋_GB2312\" w:hint=\"eastAsia\"/></w:rPr></w:r>";
        assert_eq!(fonts(word), ["Arial", "仿宋_GB2312"]);
        let slide = "<a:rPr><a:latin typeface=\"+mn-lt\"/><a:ea typeface=\"方正小标宋简体\"/></a:rPr>";
        assert_eq!(fonts(slide), ["方正小标宋简体"]);
        let book = "<styleSheet><fonts><font><name val=\"等线\"/></font></fonts><cellStyle><name val=\"x\"/></cellStyle></styleSheet>";
        assert_eq!(fonts(book), ["等线"]);
    }

    #[test]
    fn a_font_is_missing_when_no_face_goes_by_its_name() {
        let installed = families("Noto Sans CJK SC,思源黑体\nArial\n");
        let named = ["arial", "思源黑体", "仿宋_GB2312"].map(String::from).into();
        assert_eq!(missing(named, &installed), ["仿宋_GB2312"]);
        assert!(
            missing(["x".to_string()].into(), &HashSet::new()).is_empty(),
            "nothing known, nothing claimed"
        );
    }
}
