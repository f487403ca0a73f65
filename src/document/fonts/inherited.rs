//! Fonts that text has without naming them: from the styles of a Word file, the masters of a deck, and the theme of
//! either. Only what reaches some text counts.

use std::collections::{HashMap, HashSet};

use quick_xml::Reader;
use quick_xml::events::Event;

use super::{Told, attribute};

/// The script whose font a theme names for China, where it leaves the general one open.
const CHINA: &str = "Hans";

/// A style of a Word file, as far as fonts go.
#[derive(Default)]
struct Style {
    fonts: Told,
    above: Option<String>,
}

/// Adds the fonts of the styles that are used, of those above them, and of the file's defaults.
pub(super) fn by_styles(told: &mut Told, xml: &str) {
    let open = told.open;
    let mut styles: HashMap<String, Style> = HashMap::new();
    // Of the whole file first, then of one style after another.
    let (mut id, mut used) = (String::new(), told.styles.clone());
    used.insert(String::new());
    let mut reader = Reader::from_str(xml);
    loop {
        let element = match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element)) => element,
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => continue,
        };
        match element.local_name().as_ref() {
            "style" => {
                id = attribute(&element, "styleId").unwrap_or_default();
                let by_default =
                    attribute(&element, "default").is_some_and(|word| word == "1" || word == "true");
                if by_default && attribute(&element, "type").as_deref() == Some("paragraph") {
                    used.insert(id.clone());
                }
            }
            "basedOn" => styles.entry(id.clone()).or_default().above = attribute(&element, "val"),
            "rFonts" => {
                styles.entry(id.clone()).or_default().fonts.run_fonts(&element, open);
            }
            _ => {}
        }
    }
    let mut seen = HashSet::new();
    let mut next: Vec<String> = used.into_iter().collect();
    while let Some(id) = next.pop() {
        let Some(style) = styles.get(&id).filter(|_| seen.insert(id.clone())) else { continue };
        told.fonts.extend(style.fonts.fonts.iter().cloned());
        told.theme.extend(style.fonts.theme.iter().cloned());
        next.extend(style.above.clone());
    }
}

/// Adds the fonts of a master or a layout, for letters that wait for one; where it names none, the theme's.
pub(super) fn by_master(told: &mut Told, xml: &str) {
    let mut master = Told::default();
    master.each_face(xml, told.open.chinese, told.open.latin);
    told.fonts.extend(master.fonts);
    told.theme.extend(master.theme);
    if told.open.chinese {
        told.theme.extend(["mj-ea", "mn-ea"].map(String::from));
    }
    if told.open.latin {
        told.theme.extend(["mj-lt", "mn-lt"].map(String::from));
    }
}

impl Told {
    /// Every face of a drawing, whatever text it is for.
    fn each_face(&mut self, xml: &str, chinese: bool, latin: bool) {
        let mut reader = Reader::from_str(xml);
        loop {
            let element = match reader.read_event() {
                Ok(Event::Start(element) | Event::Empty(element)) => element,
                Ok(Event::Eof) | Err(_) => return,
                Ok(_) => continue,
            };
            match element.local_name().as_ref() {
                "ea" if chinese => self.take(attribute(&element, "typeface")),
                "latin" if latin => self.take(attribute(&element, "typeface")),
                _ => false,
            };
        }
    }
}

/// Replaces the words for the theme's fonts by the fonts that `xml`, the theme, has for them.
pub(super) fn by_theme(told: &mut Told, xml: &str) {
    let mut faces: HashMap<(bool, bool), String> = HashMap::new();
    let mut reader = Reader::from_str(xml);
    let mut major = false;
    loop {
        let element = match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element)) => element,
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => continue,
        };
        let chinese = match element.local_name().as_ref() {
            "majorFont" | "minorFont" => {
                major = element.local_name().as_ref() == "majorFont";
                continue;
            }
            "latin" => false,
            "ea" => true,
            "font" if attribute(&element, "script").as_deref() == Some(CHINA) => true,
            _ => continue,
        };
        let face = attribute(&element, "typeface").filter(|face| !face.is_empty());
        if let Some(face) = face.filter(|face| !face.starts_with('+')) {
            faces.entry((major, chinese)).or_insert(face);
        }
    }
    for word in std::mem::take(&mut told.theme) {
        let major = word.starts_with("major") || word.starts_with("mj");
        let chinese = word.ends_with("EastAsia") || word.ends_with("ea");
        told.fonts.extend(faces.get(&(major, chinese)).cloned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEME: &str = "<a:theme><a:fontScheme><a:majorFont><a:latin typeface=\"Cambria Math\"/><a:ea typeface=\"方正小标宋简体\"/></a:majorFont>\
        <a:minorFont><a:latin typeface=\"Gill Sans\"/><a:ea typeface=\"\"/><a:font script=\"Jpan\" typeface=\"游明朝\"/>\
        <a:font script=\"Hans\" typeface=\"等线\"/></a:minorFont></a:fontScheme></a:theme>";

    fn fonts(read: impl FnOnce(&mut Told)) -> Vec<String> {
        let mut told = Told::default();
        read(&mut told);
        by_theme(&mut told, THEME);
        told.fonts.into_iter().collect()
    }

    #[test]
    fn text_without_a_font_has_that_of_its_style_and_of_the_styles_above() {
        let styles = "<w:styles><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:eastAsiaTheme=\"minorEastAsia\"/></w:rPr></w:rPrDefault></w:docDefaults>\
            <w:style w:type=\"paragraph\" w:styleId=\"Head\"><w:basedOn w:val=\"Above\"/></w:style>\
            <w:style w:type=\"paragraph\" w:styleId=\"Above\"><w:rPr><w:rFonts w:eastAsia=\"楷体_GB2312\" w:ascii=\"Gill Sans\"/></w:rPr></w:style>\
            <w:style w:type=\"paragraph\" w:styleId=\"Unused\"><w:rPr><w:rFonts w:eastAsia=\"华文琥珀\"/></w:rPr></w:style></w:styles>";
        let text = |text: &str| format!("<w:p><w:pPr><w:pStyle w:val=\"Head\"/></w:pPr>{text}</w:p>");
        let of = |text: String| {
            fonts(|told| {
                told.read(&text);
                by_styles(told, styles);
            })
        };
        assert_eq!(of(text("<w:r><w:t>通知</w:t></w:r>")), ["楷体_GB2312", "等线"]);
        let own = "<w:r><w:rPr><w:rFonts w:eastAsia=\"仿宋_GB2312\"/></w:rPr><w:t>通知</w:t></w:r>";
        assert_eq!(of(text(own)), ["仿宋_GB2312"], "named by itself, it asks no style");
        assert_eq!(of(text("<w:r><w:t>2026</w:t></w:r>")), ["Gill Sans"]);
    }

    #[test]
    fn slides_without_a_font_have_that_of_their_master_and_theme() {
        let master = "<p:txStyles><p:titleStyle><a:lvl1pPr><a:defRPr><a:latin typeface=\"+mj-lt\"/><a:ea typeface=\"隶书\"/></a:defRPr></a:lvl1pPr></p:titleStyle></p:txStyles>";
        let of = |run: &str| {
            fonts(|told| {
                told.read(run);
                by_master(told, master);
            })
        };
        assert_eq!(of("<a:r><a:rPr/><a:t>汇报</a:t></a:r>"), ["方正小标宋简体", "等线", "隶书"]);
        assert!(of("<a:r><a:rPr><a:ea typeface=\"宋体\"/></a:rPr><a:t>汇报</a:t></a:r>") == ["宋体"]);
        assert_eq!(of("<a:r><a:rPr><a:ea typeface=\"+mn-ea\"/></a:rPr><a:t>汇报</a:t></a:r>"), ["等线"]);
    }
}
