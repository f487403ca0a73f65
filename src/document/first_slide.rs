//! A copy of a deck that shows its first slide only, so that somebody can read before all slides are drawn.
//! LibreOffice spends its time on slides that the deck lists; those that it does not list cost nothing.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// The part of a deck that lists its slides.
const LIST: &str = "ppt/presentation.xml";
/// Bytes of that part at most.
const LIST_BYTES: u64 = 4 << 20;

/// How many slides the deck at `path` lists; `None` when it cannot be read the simple way.
pub(super) fn count(path: &Path) -> Option<u32> {
    let list = read(&mut ZipArchive::new(File::open(path).ok()?).ok()?)?;
    u32::try_from(entries(&list)?.len()).ok()
}

/// Writes the deck `from` to `to` with its first slide only; `None` when it cannot be done the simple way.
pub(super) fn copy(from: &Path, to: &Path) -> Option<()> {
    let mut deck = ZipArchive::new(File::open(from).ok()?).ok()?;
    let list = read(&mut deck)?;
    let shown = first_only(&list)?;
    let mut copy = ZipWriter::new(File::create(to).ok()?);
    for index in 0..deck.len() {
        let entry = deck.by_index_raw(index).ok()?;
        if entry.name().ok()? == LIST {
            drop(entry);
            copy.start_file(LIST, SimpleFileOptions::default()).ok()?;
            copy.write_all(shown.as_bytes()).ok()?;
        } else {
            copy.raw_copy_file(entry).ok()?;
        }
    }
    copy.finish().ok().map(|_| ())
}

fn read(deck: &mut ZipArchive<File>) -> Option<String> {
    let mut text = String::new();
    deck.by_name(LIST).ok()?.take(LIST_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}

/// Where each `<p:sldId …/>` begins and ends, whatever prefix the deck uses.
fn entries(list: &str) -> Option<Vec<(usize, usize)>> {
    let open = list.find("sldIdLst")?;
    let close = open + list[open..].find("</")?;
    let mut found = Vec::new();
    let mut from = open;
    while let Some(at) = list[from..close].find("sldId ") {
        let begin = list[..from + at].rfind('<')?;
        let end = from + at + list[from + at..close].find("/>")? + 2;
        found.push((begin, end));
        from = end;
    }
    Some(found)
}

fn first_only(list: &str) -> Option<String> {
    let entries = entries(list)?;
    let ((_, first), (_, last)) = (entries.first()?, entries.last()?);
    Some(format!("{}{}", &list[..*first], &list[*last..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "<p:presentation><p:sldMasterIdLst><p:sldMasterId id=\"1\"/></p:sldMasterIdLst>\
        <p:sldIdLst><p:sldId id=\"256\" r:id=\"rId2\"/><p:sldId id=\"257\" r:id=\"rId3\"/>\
        <p:sldId r:id=\"rId4\" id=\"258\"/></p:sldIdLst><p:sldSz cx=\"1\"/></p:presentation>";

    #[test]
    fn the_list_keeps_its_first_slide_and_all_around_it() {
        let shown = first_only(LIST).unwrap();
        assert!(shown.contains("rId2") && !shown.contains("rId3") && !shown.contains("rId4"), "{shown}");
        assert!(shown.ends_with("</p:sldIdLst><p:sldSz cx=\"1\"/></p:presentation>"), "{shown}");
        assert!(shown.contains("<p:sldMasterId id=\"1\"/>"), "{shown}");
        assert_eq!(entries(LIST).unwrap().len(), 3);
    }

    #[test]
    fn what_does_not_look_like_a_list_is_left_alone() {
        for list in ["", "<p:presentation/>", "<p:sldIdLst></p:sldIdLst>", "<p:sldIdLst><p:sldId id=\"1\">"] {
            assert_eq!(first_only(list), None, "{list}");
        }
    }
}
