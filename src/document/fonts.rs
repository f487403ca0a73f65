//! Which fonts a document asks for and this machine lacks. Others stand in for them, and lines may break elsewhere;
//! the uploader hears of it. Faces of government style (方正小标宋, 仿宋_GB2312) need a licence: an operator who has
//! one puts the files under `/usr/local/share/fonts`.

mod inherited;

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
    named.into_iter().filter(|name| !is_there(name, installed)).take(REPORTED).collect()
}

/// Families of the same width, letter by letter: what stands in changes no line. The first is what documents name.
const SAME_WIDTH: [(&str, &[&str]); 5] = [
    ("arial", &["liberation sans", "arimo"]),
    ("times new roman", &["liberation serif", "tinos"]),
    ("courier new", &["liberation mono", "cousine"]),
    ("calibri", &["carlito"]),
    ("cambria", &["caladea"]),
];

fn is_there(name: &str, installed: &HashSet<String>) -> bool {
    let name = name.to_lowercase();
    let equal = SAME_WIDTH.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, equal)| *equal);
    installed.contains(&name) || equal.iter().any(|other| installed.contains(*other))
}

/// The fonts that a modern office file sets its text in, by itself or by its styles and its theme. The old binary
/// forms are not looked into.
pub(super) fn named(path: &Path, kind: Kind) -> BTreeSet<String> {
    let Ok(file) = File::open(path) else { return BTreeSet::new() };
    let Ok(mut archive) = ZipArchive::new(file) else { return BTreeSet::new() };
    let mut told = Told::default();
    for part in parts(&archive, |part| holds_text(kind, part)) {
        told.read(&text_of(&mut archive, &part));
    }
    match kind {
        Kind::Docx => inherited::by_styles(&mut told, &text_of(&mut archive, "word/styles.xml")),
        Kind::Pptx => {
            let relations = |part: &str| part.starts_with("ppt/slides/_rels/");
            let layouts: String =
                parts(&archive, relations).iter().map(|part| text_of(&mut archive, part)).collect();
            let above = |part: &str| {
                part.starts_with("ppt/slideMasters/slideMaster")
                    || part.rsplit_once('/').is_some_and(|(folder, file)| {
                        folder == "ppt/slideLayouts" && layouts.contains(&format!("/{file}\""))
                    })
            };
            for part in parts(&archive, above) {
                inherited::by_master(&mut told, &text_of(&mut archive, &part));
            }
        }
        _ => {}
    }
    let theme =
        ["word/theme/theme1.xml", "ppt/theme/theme1.xml"].map(|part| text_of(&mut archive, part)).concat();
    inherited::by_theme(&mut told, &theme);
    told.fonts
}

fn parts(archive: &ZipArchive<File>, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let names = archive.file_names().filter_map(|name| name.ok().map(|name| name.into_owned()));
    names.filter(|name| wanted(name)).collect()
}

/// What stands in `part`; nothing where it is missing or no text.
fn text_of(archive: &mut ZipArchive<File>, part: &str) -> String {
    let mut xml = String::new();
    let read = archive.by_name(part).map(|entry| entry.take(PART_BYTES).read_to_string(&mut xml));
    if matches!(read, Ok(Ok(_))) { xml } else { String::new() }
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

/// Which letters a font is for: Chinese ones, and the others. Office files name one for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Scripts {
    chinese: bool,
    latin: bool,
}

/// What the text of a document says about its fonts.
#[derive(Debug, Default)]
struct Told {
    fonts: BTreeSet<String>,
    /// Styles that something uses, by their ids.
    styles: HashSet<String>,
    /// Fonts of the theme that something asks for, by the words that stand for them: `minorEastAsia`, `mj-lt`.
    theme: BTreeSet<String>,
    /// Letters in runs that name no font of their own.
    open: Scripts,
}

impl Told {
    fn read(&mut self, xml: &str) {
        let mut reader = Reader::from_str(xml);
        let (mut in_fonts, mut in_text, mut own) = (false, false, Scripts::default());
        loop {
            let (element, opens) = match reader.read_event() {
                Ok(Event::Start(element)) => (element, true),
                Ok(Event::Empty(element)) => (element, false),
                Ok(Event::Text(text)) if in_text => {
                    let text = text.into_inner();
                    self.open.chinese |= !own.chinese && text.chars().any(is_chinese);
                    self.open.latin |=
                        !own.latin && text.chars().any(|letter| letter.is_ascii_alphanumeric());
                    continue;
                }
                Ok(Event::End(element)) => {
                    match element.local_name().as_ref() {
                        "fonts" => in_fonts = false,
                        "t" => in_text = false,
                        _ => {}
                    }
                    continue;
                }
                Ok(Event::Eof) | Err(_) => return,
                Ok(_) => continue,
            };
            match element.local_name().as_ref() {
                "fonts" => in_fonts = opens,
                "t" => in_text = opens,
                "r" => own = Scripts::default(),
                "pStyle" | "rStyle" | "tblStyle" => self.styles.extend(attribute(&element, "val")),
                "rFonts" => own = self.run_fonts(&element, Scripts { chinese: true, latin: true }),
                "latin" => own.latin |= self.take(attribute(&element, "typeface")),
                "ea" => own.chinese |= self.take(attribute(&element, "typeface")),
                "name" if in_fonts => {
                    self.take(attribute(&element, "val"));
                }
                _ => {}
            }
        }
    }

    /// Fonts of a `w:rFonts`, as far as `wanted`; for which letters it names one.
    fn run_fonts(&mut self, element: &BytesStart<'_>, wanted: Scripts) -> Scripts {
        let mut named = Scripts::default();
        for (name, chinese) in [("ascii", false), ("hAnsi", false), ("eastAsia", true)] {
            if !(if chinese { wanted.chinese } else { wanted.latin }) {
                continue;
            }
            // The theme's font wins over one that is named beside it.
            let told = match attribute(element, &format!("{name}Theme")) {
                Some(word) => self.take(Some(format!("+{word}"))),
                None => self.take(attribute(element, name)),
            };
            match chinese {
                true => named.chinese |= told,
                false => named.latin |= told,
            }
        }
        named
    }

    /// Notes a font, or the word for one of the theme's; whether there was one.
    fn take(&mut self, value: Option<String>) -> bool {
        let Some(word) = value.filter(|value| !value.is_empty() && !value.starts_with('&')) else {
            return false;
        };
        match word.strip_prefix('+') {
            Some(word) => self.theme.insert(word.to_string()),
            None => self.fonts.insert(word),
        };
        true
    }
}

fn is_chinese(letter: char) -> bool {
    ('\u{2E80}'..='\u{FFEF}').contains(&letter)
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found =
        element.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    Some(found.value.as_ref().chars().take(60).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fonts(xml: &str) -> Vec<String> {
        let mut told = Told::default();
        told.read(xml);
        told.fonts.into_iter().collect()
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
        let liberation = families("Liberation Sans\nCarlito\n");
        let named = ["Arial", "Calibri", "Times New Roman"].map(String::from).into();
        assert_eq!(missing(named, &liberation), ["Times New Roman"], "the others are as wide");
        assert!(
            missing(["x".to_string()].into(), &HashSet::new()).is_empty(),
            "nothing known, nothing claimed"
        );
    }
}
