//! The source tree as the rules read it: files, and Rust text with comments and literals blanked.

use std::path::{Path, PathBuf};

/// Folders that are built, downloaded or run, not written.
const NOT_SOURCE: [&str; 6] = [".git", "target", "dist", "data", "node_modules", "__pycache__"];

/// A text file of the repository.
pub struct File {
    /// Relative to the root, with `/`.
    pub path: String,
    pub text: String,
}

impl File {
    /// `path:line` of a byte offset in `text`.
    pub fn at(&self, offset: usize) -> String {
        let line = self.text[..offset].matches('\n').count() + 1;
        format!("{}:{line}", self.path)
    }

    /// `path:line` of every place where `needle` stands.
    pub fn places(&self, needle: &str) -> Vec<String> {
        self.text.match_indices(needle).map(|(offset, _)| self.at(offset)).collect()
    }

    /// The same file without what people read: comments and the insides of literals become blanks,
    /// offsets and lines stay.
    pub fn code(&self) -> File {
        File { path: self.path.clone(), text: blanked(&self.text) }
    }

    /// The offset where the unit tests of a file begin, or its length.
    pub fn tests_begin(&self) -> usize {
        self.text.find("#[cfg(test)]").unwrap_or(self.text.len())
    }
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn read(path: &str) -> File {
    let text = std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    File { path: path.to_owned(), text }
}

/// All text files below a folder of the repository (`""` is the root) with one of the endings, sorted.
/// An empty list of endings means all.
pub fn files(folder: &str, endings: &[&str]) -> Vec<File> {
    let mut paths = Vec::new();
    walk(&root().join(folder), &mut paths);
    paths.sort();
    paths
        .into_iter()
        .filter_map(|path| {
            let name = path.strip_prefix(root()).ok()?.to_str()?.replace('\\', "/");
            let wanted = endings.is_empty() || endings.iter().any(|e| name.ends_with(e));
            // What is not UTF-8 is a picture or a test's own bytes.
            let text = if wanted { std::fs::read_to_string(&path).ok()? } else { return None };
            Some(File { path: name, text })
        })
        .collect()
}

fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let kind = entry.file_type().expect("a file has a type");
        if NOT_SOURCE.iter().any(|skip| name == *skip) {
            continue;
        }
        if kind.is_dir() {
            walk(&path, into);
        } else if kind.is_file() {
            into.push(path);
        }
    }
}

/// Rust text with comments and the insides of string and character literals replaced by blanks.
fn blanked(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let (from, to) = match literal_or_comment(bytes, at) {
            Some(range) => range,
            None => {
                at += 1;
                continue;
            }
        };
        for byte in &mut out[from..to] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = to;
    }
    String::from_utf8(out).expect("whole literals and comments were replaced")
}

/// The range to blank when a comment or literal begins at `at`.
fn literal_or_comment(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let rest = &bytes[at..];
    let inside_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    let end_of = |needle: &[u8], from: usize| {
        bytes[from..]
            .windows(needle.len())
            .position(|w| w == needle)
            .map_or(bytes.len(), |p| from + p + needle.len())
    };
    if rest.starts_with(b"//") {
        let end = bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |p| at + p);
        return Some((at, end));
    }
    if rest.starts_with(b"/*") {
        return Some((at, end_of(b"*/", at + 2)));
    }
    if !inside_word && (rest.starts_with(b"r\"") || rest.starts_with(b"r#") || rest.starts_with(b"br")) {
        let hashes_from = at + if rest[0] == b'b' { 2 } else { 1 };
        let hashes = bytes[hashes_from..].iter().take_while(|b| **b == b'#').count();
        if bytes.get(hashes_from + hashes) == Some(&b'"') {
            let close = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
            return Some((at, end_of(&close, hashes_from + hashes + 1)));
        }
        return None;
    }
    if rest[0] == b'"' {
        let mut end = at + 1;
        while end < bytes.len() && bytes[end] != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        return Some((at, (end + 1).min(bytes.len())));
    }
    // A character literal ends soon; a lifetime has no closing quote.
    if rest[0] == b'\'' {
        let escaped = rest.get(1) == Some(&b'\\');
        let close = (2..rest.len().min(12)).find(|i| rest[*i] == b'\'' && (!escaped || *i > 2));
        let text = close.and_then(|i| std::str::from_utf8(&rest[1..i]).ok());
        if let (Some(close), Some(text)) = (close, text)
            && (escaped || text.chars().count() == 1)
        {
            return Some((at, at + close + 1));
        }
    }
    None
}

#[test]
fn comments_and_literals_are_blanked_and_lines_stay() {
    let text = "let a = \"crate::x\"; // crate::y\nlet b: &'a str = r#\"crate::\"z\"#; /* crate::w */ '\\'' '签' crate::v";
    let code = blanked(text);
    assert_eq!(code.matches("crate::").count(), 1);
    assert_eq!(code.len(), text.len());
    assert!(code.contains("&'a str") && code.ends_with("crate::v") && code.contains('\n'));
}
