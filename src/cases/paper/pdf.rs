//! The same paper as a PDF, with the measures of GB/T 9704-2012.

use super::content::Content;
use crate::base::pdf::{A4, Face, Pdf};

/// Points left free at the left and at the right, and where text begins.
const LEFT: f32 = 79.4;
const RIGHT: f32 = A4.0 - 73.7;
const WIDTH: f32 = RIGHT - LEFT;
const TOP: f32 = 104.9;
const BOTTOM: f32 = A4.1 - 99.2;
/// 三号.
const TEXT: f32 = 16.0;
const LINE: f32 = 28.0;
const RED: (f32, f32, f32) = (0.86, 0.0, 0.0);
const BLACK: (f32, f32, f32) = (0.0, 0.0, 0.0);
const GREY: (f32, f32, f32) = (0.5, 0.5, 0.5);

/// The file.
pub fn write(content: &Content, label: Option<&str>, digest: &str, face: &Face) -> Vec<u8> {
    let mut paper = Paper { pdf: Pdf::new(face, content.name()), face, y: TOP };
    paper.pdf.page();
    if let Some(label) = label {
        paper.pdf.ink(GREY);
        paper.right(&format!("【{label}】"), 12.0);
    }
    paper.y += 46.0;
    paper.pdf.ink(RED);
    paper.centre(content.name(), 40.0);
    paper.y += 44.0;
    paper.pdf.ink(BLACK);
    paper.centre(content.numbered(), TEXT);
    paper.y += 14.0;
    paper.pdf.ink(RED);
    for offset in [0.0, 0.6, 1.2] {
        paper.pdf.rule((LEFT, paper.y + offset), (RIGHT, paper.y + offset));
    }
    paper.pdf.ink(BLACK);
    paper.y += 20.0;
    paper.text(&format!("{}：", content.to), 0.0);
    for said in content.paragraphs() {
        paper.text(&said, 2.0 * TEXT);
    }
    paper.need(6.0 * LINE);
    paper.y += LINE * 1.5;
    let day = if content.signed.is_empty() { "（签发日期）" } else { &content.signed };
    for said in [content.issuer.as_str(), day] {
        paper.y += LINE;
        paper.right(&format!("{said}　　"), TEXT);
    }
    paper.y += LINE * 1.5;
    let signer = if content.signer.is_empty() { "　　　" } else { &content.signer };
    for said in [format!("签发人：{signer}"), format!("抄送：{}", content.copy)] {
        paper.pdf.rule((LEFT, paper.y), (RIGHT, paper.y));
        paper.pdf.text(LEFT + 14.0, paper.y + 19.0, 14.0, &said);
        paper.y += 27.0;
    }
    paper.pdf.rule((LEFT, paper.y), (RIGHT, paper.y));
    if !digest.is_empty() {
        paper.pdf.ink(GREY);
        paper.pdf.text(LEFT, paper.y + 15.0, 8.0, &format!("内容摘要（SHA-256）：{digest}"));
    }
    paper.pdf.finish()
}

struct Paper<'a> {
    pdf: Pdf<'a>,
    face: &'a Face,
    y: f32,
}

impl Paper<'_> {
    /// Begins a page where less than `height` is left of this one.
    fn need(&mut self, height: f32) {
        if self.y + height > BOTTOM {
            self.pdf.page();
            self.y = TOP;
        }
    }

    fn centre(&mut self, said: &str, size: f32) {
        let x = LEFT + (WIDTH - self.face.width(said, size)) / 2.0;
        self.pdf.text(x, self.y, size, said);
    }

    fn right(&mut self, said: &str, size: f32) {
        self.pdf.text(RIGHT - self.face.width(said, size), self.y, size, said);
    }

    /// A paragraph whose first line is set in by `indent`.
    fn text(&mut self, said: &str, indent: f32) {
        let blank = "　".repeat((indent / TEXT) as usize);
        for line in self.lines(&format!("{blank}{said}")) {
            self.need(LINE);
            self.y += LINE;
            self.pdf.text(LEFT, self.y, TEXT, &line);
        }
    }

    /// `said` in lines: no number is torn apart, and no line begins with a sign that ends something.
    fn lines(&self, said: &str) -> Vec<String> {
        let mut pieces: Vec<String> = Vec::new();
        for letter in said.chars() {
            let joins = pieces.last().and_then(|piece| piece.chars().last()).is_some_and(|before| {
                let whole = |one: char| one.is_ascii_alphanumeric() || one == '-';
                whole(before) && whole(letter)
                    || "，。、；：）》”".contains(letter)
                    || "（《“".contains(before)
            });
            match pieces.last_mut().filter(|_| joins) {
                Some(piece) => piece.push(letter),
                None => pieces.push(letter.to_string()),
            }
        }
        let mut lines = vec![String::new()];
        for piece in pieces {
            let full = lines.last().is_some_and(|line| {
                !line.is_empty() && self.face.width(&format!("{line}{piece}"), TEXT) > WIDTH
            });
            match lines.last_mut().filter(|_| !full) {
                Some(line) => line.push_str(&piece),
                None => lines.push(piece),
            }
        }
        lines
    }
}
