//! Rules about what the files say and how long they are.

use super::none;
use super::source::{File, files};

/// A file that passes this asks to be two; `design`'s "about 400", with room to finish a thought.
const LINES_OF_CODE_FILE: usize = 450;
const LINES_OF_DOCUMENT: usize = 300;

fn too_long(files: Vec<File>, most: usize) -> Vec<String> {
    let lines = |f: &File| f.text.lines().count();
    files
        .iter()
        .filter(|f| lines(f) > most)
        .map(|f| format!("{}:{}: more than {most} lines: it asks to be two files", f.path, lines(f)))
        .collect()
}

#[test]
fn source_files_stay_short_enough_to_read_at_one_sitting() {
    let source = ["src", "migrations", "tests"].iter().flat_map(|folder| files(folder, &[".rs"])).collect();
    none(too_long(source, LINES_OF_CODE_FILE));
}

#[test]
fn documents_stay_short_enough_to_be_read_whole() {
    none(too_long(files("docs", &[".md"]), LINES_OF_DOCUMENT));
}

#[test]
fn nothing_is_left_for_later_in_a_comment() {
    let marks =
        [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("todo", "!("), concat!("unimpl", "emented!(")];
    let places = files("", &[]).iter().flat_map(|f| marks.map(|m| f.places(m)).concat()).collect::<Vec<_>>();
    none(places.iter().map(|p| format!("{p}: do it, or write an issue")).collect());
}

#[test]
fn no_file_names_a_place_on_somebodys_machine() {
    let homes = [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/wo", "rk/")];
    let mut offences = Vec::new();
    for file in files("", &[]) {
        for home in homes {
            // `example.org/home/page` is an address, not a place on a disk.
            let on_disk = |(offset, _): &(usize, &str)| {
                !file.text[..*offset].ends_with(|c: char| c.is_alphanumeric() || "_.-}".contains(c))
            };
            let places = file.text.match_indices(home).filter(on_disk).map(|(offset, _)| file.at(offset));
            offences.extend(places.map(|p| format!("{p}: {home} exists on one machine only")));
        }
    }
    none(offences);
}

/// The text of all tests: the folder `tests/`, and the unit tests at the end of source files.
fn tests() -> Vec<File> {
    let mut all: Vec<File> = files("tests", &[".rs"]).iter().map(File::code).collect();
    for file in files("src", &[".rs"]).iter().map(File::code) {
        let begin = file.tests_begin();
        let blank = file.text[..begin].chars().filter(|c| *c == '\n').collect::<String>();
        all.push(File { text: blank + &file.text[begin..], path: file.path });
    }
    all.extend(files("tests", &[".js", ".mjs"]));
    all
}

#[test]
fn no_test_is_skipped() {
    let marks = ["#[ignore", "test.skip(", "test.todo(", "describe.skip(", "skip:", "it.skip("];
    let places = tests().iter().flat_map(|f| marks.map(|m| f.places(m)).concat()).collect::<Vec<_>>();
    none(
        places
            .iter()
            .map(|p| format!("{p}: a test that does not run tells nothing; mend it or delete it"))
            .collect(),
    );
}

#[test]
fn no_test_sleeps_to_wait_for_something() {
    let marks = ["sleep(", "waitForTimeout(", "setTimeout("];
    let mut offences = Vec::new();
    for file in tests().iter().filter(|f| !f.path.starts_with("tests/load/")) {
        let places = marks.iter().flat_map(|m| file.places(m));
        offences.extend(places.map(|p| format!("{p}: wait for the event itself; tests own the clock")));
    }
    none(offences);
}

#[test]
fn templates_hold_no_inline_style_or_script() {
    let mut offences = Vec::new();
    for file in files("assets/templates", &[]) {
        let lower = File { text: file.text.to_ascii_lowercase(), path: file.path.clone() };
        let mut complain = |offset: usize, what: &str| {
            offences.push(format!("{}: {what}: the content security policy blocks it", lower.at(offset)));
        };
        for (offset, tag) in tags(&lower.text) {
            let sourced =
                tag.contains(" src=") || tag.contains(" nonce=") || tag.contains("application/json");
            if tag.starts_with("<script") && !sourced {
                complain(offset, "a script without `src` or `nonce`");
            }
            if tag.starts_with("<style") && !tag.contains(" nonce=") {
                complain(offset, "a style element without `nonce`");
            }
            for attribute in tag.split_ascii_whitespace().skip(1) {
                let name = attribute.split('=').next().unwrap_or_default();
                let handler = name.starts_with("on")
                    && name[2..].chars().all(|c| c.is_ascii_lowercase())
                    && name.len() > 4;
                if attribute.contains('=') && (name == "style" || handler) {
                    complain(offset, "an inline `style` or handler");
                }
            }
        }
    }
    none(offences);
}

/// Every opening tag of a page with its offset.
fn tags(html: &str) -> Vec<(usize, &str)> {
    html.match_indices('<')
        .filter(|(at, _)| html[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic()))
        .map(|(at, _)| (at, &html[at..html[at..].find('>').map_or(html.len(), |end| at + end + 1)]))
        .collect()
}
