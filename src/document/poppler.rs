//! Poppler's tools, each in the sandbox: what a PDF holds, its text, its fonts, its pages as JPEG.

use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;

use super::pages::Dpi;
use super::sandbox::{Limits, MEMORY_BYTES, Sandbox, Stopped};

/// The PDF inside the room, as the tools see it.
pub(super) const PDF: &str = "/job/document.pdf";
/// The same from outside.
pub(super) const PDF_NAME: &str = "document.pdf";

/// JPEG quality, out of 100: text stays sharp at a third of the size of 95.
const QUALITY: u8 = 80;
/// The longest side of a picture, in pixels: a wall poster becomes a page that phones can hold.
const LONGEST_SIDE: f64 = 5000.0;
const POINTS_AN_INCH: f64 = 72.0;
const INSPECT: Limits = Limits { memory: MEMORY_BYTES, wall: Duration::from_secs(30) };
/// For whoever waits for an answer to their upload.
const GLANCE: Limits = Limits { memory: MEMORY_BYTES, wall: Duration::from_secs(5) };
const DRAW: Limits = Limits { memory: MEMORY_BYTES, wall: Duration::from_secs(60) };

/// What `pdfinfo` tells.
#[derive(Debug, PartialEq)]
pub(super) struct Info {
    pub pages: u32,
    /// The longest side of each page, in points.
    pub sides: Vec<f64>,
}

/// Why a PDF has no pages for us.
#[derive(Debug, thiserror::Error)]
pub(super) enum PdfError {
    #[error("needs a password")]
    Encrypted,
    #[error("{0} pages")]
    TooMany(u32),
    #[error("no PDF: {0}")]
    Damaged(String),
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// A PDF in a room of its own.
pub(super) struct Pdf<'a> {
    pub sandbox: &'a Sandbox,
    pub room: &'a Path,
    /// Somebody looks at an empty screen: do not queue behind conversions.
    pub urgent: bool,
}

impl Pdf<'_> {
    async fn run(&self, words: &[String], limits: Limits) -> Result<Vec<u8>, Stopped> {
        let command: Vec<OsString> = words.iter().map(OsString::from).collect();
        match self.urgent {
            true => self.sandbox.run_now(self.room, &command, limits).await,
            false => self.sandbox.run(self.room, &command, limits).await,
        }
    }

    /// Counts pages, and measures them where there are at most `most`.
    pub async fn info(&self, most: u32) -> Result<Info, PdfError> {
        self.look(most, INSPECT).await
    }

    /// The same, given up after a few seconds.
    pub async fn glance(&self, most: u32) -> Result<Info, PdfError> {
        self.look(most, GLANCE).await
    }

    async fn look(&self, most: u32, limits: Limits) -> Result<Info, PdfError> {
        let last = most.to_string();
        let all = words(&["pdfinfo", "-f", "1", "-l", &last, PDF]);
        let told = self.run(&all, limits).await.map_err(refused)?;
        let pages = number(&told, "Pages:").ok_or_else(|| PdfError::Damaged("no page count".to_string()))?;
        if pages == 0 {
            return Err(PdfError::Damaged("no pages".to_string()));
        }
        if pages > most {
            return Err(PdfError::TooMany(pages));
        }
        Ok(Info { pages, sides: sides(&told) })
    }

    /// The text of each page, in order.
    pub async fn text(&self) -> Result<Vec<String>, Stopped> {
        let told = self.run(&words(&["pdftotext", "-enc", "UTF-8", PDF, "-"]), INSPECT).await?;
        let text = String::from_utf8_lossy(&told);
        // A page ends with a form feed, the last one too.
        Ok(text.split('\x0C').map(joined).collect())
    }

    /// Fonts that the PDF names and does not carry.
    pub async fn fonts_not_embedded(&self) -> Result<Vec<String>, Stopped> {
        let told = self.run(&words(&["pdffonts", PDF]), INSPECT).await?;
        Ok(not_embedded(&String::from_utf8_lossy(&told)))
    }

    /// Draws `pages` (from 1) into the folder `into` of the room, and gives them in order.
    pub async fn draw(
        &self,
        pages: RangeInclusive<u32>,
        dpi: Dpi,
        longest_side: f64,
        into: &str,
    ) -> Result<Vec<(u32, Bytes)>, PdfError> {
        tokio::fs::create_dir_all(self.room.join(into)).await.map_err(Stopped::Start)?;
        let fine = longest_side * f64::from(dpi.dots()) / POINTS_AN_INCH;
        let size = match fine > LONGEST_SIDE {
            true => ["-scale-to".to_string(), format!("{LONGEST_SIDE}")],
            false => ["-r".to_string(), dpi.dots().to_string()],
        };
        let mut command = words(&["pdftoppm", "-jpeg", "-jpegopt", &format!("quality={QUALITY}")]);
        command.extend(size);
        command.extend(words(&["-f", &pages.start().to_string(), "-l", &pages.end().to_string()]));
        command.extend(words(&[PDF, &format!("/job/{into}/p")]));
        self.run(&command, DRAW).await?;
        collect(&self.room.join(into)).await
    }
}

/// The pictures `p-01.jpg`, `p-02.jpg` … in `folder`, which is emptied.
pub(super) async fn collect(folder: &Path) -> Result<Vec<(u32, Bytes)>, PdfError> {
    let mut drawn = Vec::new();
    let mut entries = tokio::fs::read_dir(folder).await.map_err(Stopped::Start)?;
    while let Some(entry) = entries.next_entry().await.map_err(Stopped::Start)? {
        let name = entry.file_name().to_string_lossy().into_owned();
        let number = name.strip_prefix("p-").and_then(|name| name.strip_suffix(".jpg")?.parse().ok());
        if let Some(number) = number {
            let bytes = tokio::fs::read(entry.path()).await.map_err(Stopped::Start)?;
            if !bytes.starts_with(&[0xFF, 0xD8]) {
                return Err(PdfError::Damaged(format!("page {number} was not drawn")));
            }
            drawn.push((number, Bytes::from(bytes)));
        }
    }
    tokio::fs::remove_dir_all(folder).await.map_err(Stopped::Start)?;
    drawn.sort_by_key(|(number, _)| *number);
    Ok(drawn)
}

/// Typesetters put space between Chinese and other letters, and the tool takes it for a space: nobody who searches
/// types it.
pub(super) fn joined(page: &str) -> String {
    let chinese =
        |letter: Option<char>| letter.is_some_and(|letter| ('\u{2E80}'..='\u{FFEF}').contains(&letter));
    let mut text = String::with_capacity(page.len());
    let mut letters = page.trim().chars().filter(|letter| *letter != '\0').peekable();
    while let Some(letter) = letters.next() {
        let between =
            letter == ' ' && (chinese(text.chars().next_back()) || chinese(letters.peek().copied()));
        if !between {
            text.push(letter);
        }
    }
    text
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

/// Poppler's exit code 1 is a file that it cannot open; its words tell a password from damage.
fn refused(stopped: Stopped) -> PdfError {
    match stopped {
        Stopped::Code { said, .. } if said.contains("Incorrect password") => PdfError::Encrypted,
        Stopped::Code { said, .. } => PdfError::Damaged(said),
        stopped => PdfError::Stopped(stopped),
    }
}

fn number(told: &[u8], key: &str) -> Option<u32> {
    let told = String::from_utf8_lossy(told);
    told.lines().find_map(|line| line.strip_prefix(key)?.trim().parse().ok())
}

/// `Page    1 size: 960 x 540 pts` of every page: the longer side.
fn sides(told: &[u8]) -> Vec<f64> {
    let told = String::from_utf8_lossy(told);
    let side = |line: &str| {
        let size = line.strip_prefix("Page ")?.split_once(" size:")?.1;
        let mut numbers = size.split_whitespace().filter_map(|word| word.parse::<f64>().ok());
        Some(numbers.next()?.max(numbers.next()?))
    };
    told.lines().filter_map(side).collect()
}

/// The columns from the right are: embedded, subset, unicode, object number and generation.
fn not_embedded(table: &str) -> Vec<String> {
    let mut fonts: Vec<String> = table
        .lines()
        .skip(2)
        .filter_map(|line| {
            let columns: Vec<&str> = line.split_whitespace().collect();
            let embedded = columns.iter().rev().nth(4)?;
            let name = columns.first()?;
            (*embedded == "no" && *name != "[none]").then(|| (*name).to_string())
        })
        .collect();
    fonts.sort();
    fonts.dedup();
    fonts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pdfinfo_says_is_read() {
        let told = b"Pages:          2\nEncrypted:      no\nPage    1 size: 960.12 x 540 pts\nPage    2 size: 595 x 842 pts (A4)\n";
        assert_eq!(number(told, "Pages:"), Some(2));
        assert_eq!(sides(told), [960.12, 842.0]);
    }

    #[test]
    fn the_space_that_typesetters_put_around_chinese_is_no_space() {
        assert_eq!(joined("第 1 页 Annual \0report 共 12 页\n"), "第1页Annual report共12页");
    }

    #[test]
    fn fonts_that_a_pdf_does_not_carry_are_listed_once() {
        let table = "name                                 type              encoding         emb sub uni object ID\n\
            ------------------------------------ ----------------- ---------------- --- --- --- ---------\n\
            BAAAAA+NotoSansCJKsc-Regular         CID Type 0C (OT)  Identity-H       yes yes yes      9  0\n\
            FZXBSJW--GB1-0                       TrueType          GBK-EUC-H        no  no  no      12  0\n\
            FZXBSJW--GB1-0                       TrueType          GBK-EUC-H        no  no  no      14  0\n";
        assert_eq!(not_embedded(table), ["FZXBSJW--GB1-0"]);
    }

    #[test]
    fn a_password_is_told_from_damage() {
        let said = |said: &str| refused(Stopped::Code { code: Some(1), said: said.to_string() });
        assert!(matches!(said("Command Line Error: Incorrect password"), PdfError::Encrypted));
        assert!(matches!(said("Syntax Error: Couldn't find trailer dictionary"), PdfError::Damaged(_)));
    }
}
