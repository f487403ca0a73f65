//! The same 签到表 as a PDF for printing and filing.

use super::columns::{Column, pages};
use super::content::{Content, Line};
use super::revision::Printed;
use crate::base::pdf::{A4, Face, Pdf};

/// Points left free at the sides.
const SIDE: f32 = 40.0;
const TOP: f32 = 42.0;
const LINE: f32 = 24.0;
/// Points that the code measures.
const CODE: f32 = 74.0;
const TEXT: f32 = 10.0;
/// Smaller is not read on paper.
const SMALLEST: f32 = 6.5;
const FOOT: f32 = A4.1 - 34.0;

struct Table<'a> {
    face: &'a Face,
    columns: &'a [Column],
    /// Left edges, and the right one of the last.
    edges: Vec<f32>,
}

/// The file.
pub fn write(content: &Content, columns: &[Column], printed: &Printed, face: &Face) -> Vec<u8> {
    let mut pdf = Pdf::new(face, &format!("{}签到表", content.title));
    let table = Table::new(face, columns);
    let all = pages(content);
    for (index, (first, lines)) in all.iter().enumerate() {
        pdf.page();
        let mut y = if index == 0 {
            title_block(&mut pdf, face, content, printed)
        } else {
            let again = fit(face, &format!("{}签到表（续）", content.title), TEXT, A4.0 - 2.0 * SIDE);
            put(&mut pdf, SIDE, TOP + 6.0, &again);
            TOP + 16.0
        };
        let top = y;
        table.head(&mut pdf, y);
        y += LINE;
        for (n, line) in (*first..).zip(lines.iter()) {
            table.line(&mut pdf, y, n, line);
            y += LINE;
        }
        table.rules(&mut pdf, top, y, lines.len() + 1);
        let sum = format!("本页 {} 人，共 {} 人", lines.len(), content.lines.len());
        right(&mut pdf, face, A4.0 - SIDE, y + 16.0, TEXT, &sum);
        foot(&mut pdf, face, printed, index + 1, all.len());
    }
    pdf.finish()
}

/// Returns where the table begins.
fn title_block(pdf: &mut Pdf<'_>, face: &Face, content: &Content, printed: &Printed) -> f32 {
    let wide = A4.0 - 2.0 * SIDE - CODE - 14.0;
    let mut y = TOP + 12.0;
    let title = fit(face, &format!("{}签到表", content.title), 18.0, wide);
    for line in &title.lines {
        pdf.text(SIDE, y, title.size, line);
        y += title.size * 1.3;
    }
    y += 4.0;
    let proof = format!("{}　制表：{}", printed.revision(), printed.made());
    let code = format!("核验编码：{}", printed.digest());
    for text in [
        format!("时间：{}", content.when),
        format!("地点：{}", content.place),
        content.counts.clone(),
        proof,
        code,
    ] {
        for line in face.wrap(&text, 9.5, wide) {
            pdf.text(SIDE, y, 9.5, &line);
            y += 14.0;
        }
    }
    pdf.code(A4.0 - SIDE - CODE, TOP, CODE, &printed.link);
    let under = "扫码核验";
    let x = A4.0 - SIDE - CODE / 2.0 - face.width(under, 8.0) / 2.0;
    pdf.text(x, TOP + CODE + 9.0, 8.0, under);
    y.max(TOP + CODE + 16.0)
}

fn foot(pdf: &mut Pdf<'_>, face: &Face, printed: &Printed, page: usize, pages: usize) {
    pdf.text(SIDE, FOOT, 8.0, &format!("{}　{}", printed.revision(), printed.digest()));
    right(pdf, face, A4.0 - SIDE, FOOT, 8.0, &format!("第 {page} 页，共 {pages} 页"));
}

fn right(pdf: &mut Pdf<'_>, face: &Face, x: f32, y: f32, size: f32, text: &str) {
    pdf.text(x - face.width(text, size), y, size, text);
}

impl<'a> Table<'a> {
    fn new(face: &'a Face, columns: &'a [Column]) -> Table<'a> {
        let wide: f32 = columns.iter().map(|column| column.width()).sum();
        let mut edges = vec![SIDE];
        let mut x = SIDE;
        for column in columns {
            x += column.width() / wide * (A4.0 - 2.0 * SIDE);
            edges.push(x);
        }
        Table { face, columns, edges }
    }

    fn head(&self, pdf: &mut Pdf<'_>, y: f32) {
        let (left, right) = (SIDE, A4.0 - SIDE);
        pdf.fill(left, y, right - left, LINE, 0.93);
        for (at, column) in self.columns.iter().enumerate() {
            self.cell(pdf, at, y, column.zh(), true);
        }
    }

    fn line(&self, pdf: &mut Pdf<'_>, y: f32, n: usize, line: &Line) {
        for (at, column) in self.columns.iter().enumerate() {
            self.cell(pdf, at, y, &column.text(n, line), column.centred());
        }
    }

    fn cell(&self, pdf: &mut Pdf<'_>, at: usize, y: f32, text: &str, centred: bool) {
        let (left, wide) = (self.edges[at], self.edges[at + 1] - self.edges[at]);
        let fitted = fit(self.face, text, TEXT, wide - 6.0);
        let step = fitted.size * 1.15;
        let mut base = y + LINE / 2.0 + fitted.size * 0.36 - step * (fitted.lines.len() as f32 - 1.0) / 2.0;
        for line in &fitted.lines {
            let free = wide - self.face.width(line, fitted.size);
            pdf.text(if centred { left + free / 2.0 } else { left + 3.0 }, base, fitted.size, line);
            base += step;
        }
    }

    fn rules(&self, pdf: &mut Pdf<'_>, top: f32, bottom: f32, lines: usize) {
        for n in 0..=lines {
            let y = top + n as f32 * LINE;
            pdf.rule((SIDE, y), (A4.0 - SIDE, y));
        }
        for edge in &self.edges {
            pdf.rule((*edge, top), (*edge, bottom));
        }
    }
}

/// A text that fits into a cell.
struct Fitted {
    size: f32,
    lines: Vec<String>,
}

fn put(pdf: &mut Pdf<'_>, x: f32, y: f32, fitted: &Fitted) {
    for (n, line) in fitted.lines.iter().enumerate() {
        pdf.text(x, y + n as f32 * fitted.size * 1.2, fitted.size, line);
    }
}

/// One line, a little smaller; then two; smaller; and what is longer than any name or unit ends with dots.
fn fit(face: &Face, text: &str, size: f32, wide: f32) -> Fitted {
    let alone = face.width(text, size);
    if alone <= wide {
        return Fitted { size, lines: vec![text.to_string()] };
    }
    if alone * 0.85 <= wide {
        return Fitted { size: size * wide / alone, lines: vec![text.to_string()] };
    }
    let mut smaller = size * 0.9;
    loop {
        let mut lines = face.wrap(text, smaller, wide);
        if lines.len() <= 2 {
            return Fitted { size: smaller, lines };
        }
        if smaller <= SMALLEST {
            lines.truncate(2);
            if let Some(last) = lines.last_mut() {
                while face.width(last, smaller) + face.width("…", smaller) > wide && last.pop().is_some() {}
                last.push('…');
            }
            return Fitted { size: smaller, lines };
        }
        smaller = (smaller * 0.94).max(SMALLEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_gets_smaller_then_two_lines_and_dots_only_at_the_very_end() {
        let face = Face::find().expect("set-up installs a Chinese face");
        let unit = "市人民政府驻北京联络处综合协调科室办公室";
        let fitted = fit(&face, unit, TEXT, 120.0);
        assert_eq!(fitted.lines.concat(), unit);
        assert!(fitted.lines.len() == 2 && fitted.size > 8.0);
        let endless = fit(&face, &"长".repeat(500), TEXT, 120.0);
        assert!(endless.lines.len() == 2 && endless.lines[1].ends_with('…'));
        assert!(endless.lines.iter().all(|line| face.width(line, endless.size) <= 120.5));
        assert_eq!(fit(&face, "江一帆", TEXT, 120.0).size, TEXT);
    }
}
