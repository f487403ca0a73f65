//! The same report as a PDF for printing and filing.

use super::content::{Block, Report, Table};
use crate::base::pdf::{A4, Face, Pdf};

/// Points left free at the sides, and where text begins and ends.
const SIDE: f32 = 48.0;
const TOP: f32 = 48.0;
const BOTTOM: f32 = A4.1 - 58.0;
const FOOT: f32 = A4.1 - 34.0;
const WIDTH: f32 = A4.0 - 2.0 * SIDE;
const TEXT: f32 = 10.5;
const CELL: f32 = 9.5;
/// Points that the code measures.
const CODE: f32 = 66.0;
/// Free around the text of a cell.
const PAD: f32 = 4.0;

/// The file. Written twice: the first time tells how many pages there are.
pub fn write(report: &Report, face: &Face) -> Vec<u8> {
    let (_, pages) = drawn(report, face, 0);
    drawn(report, face, pages).0
}

fn drawn(report: &Report, face: &Face, pages: usize) -> (Vec<u8>, usize) {
    let pdf = Pdf::new(face, &format!("{}表决结果报告", report.title));
    let mut writer = Writer { pdf, face, report, y: TOP, page: 0, pages };
    writer.next_page();
    writer.head();
    for block in &report.blocks {
        writer.block(block);
    }
    let said = format!("本报告由系统按封存的数据生成。请在 {} 核验编码和文件。", report.link);
    writer.text(&said, 8.5, 0.0);
    (writer.pdf.finish(), writer.page)
}

struct Writer<'a> {
    pdf: Pdf<'a>,
    face: &'a Face,
    report: &'a Report,
    y: f32,
    page: usize,
    pages: usize,
}

impl Writer<'_> {
    fn next_page(&mut self) {
        self.pdf.page();
        self.page += 1;
        self.y = TOP;
        let revision = format!("{}　{}", self.report.revision, self.report.digest);
        self.pdf.text(SIDE, FOOT, 8.0, &revision);
        let number = format!("第 {} 页，共 {} 页", self.page, self.pages);
        self.pdf.text(A4.0 - SIDE - self.face.width(&number, 8.0), FOOT, 8.0, &number);
    }

    /// Begins a page where less than `height` is left of this one.
    fn need(&mut self, height: f32) {
        if self.y + height > BOTTOM && self.y > TOP {
            self.next_page();
        }
    }

    fn head(&mut self) {
        self.pdf.code(A4.0 - SIDE - CODE, TOP - 6.0, CODE, &self.report.link);
        let under = "扫码核验";
        let x = A4.0 - SIDE - CODE / 2.0 - self.face.width(under, 8.0) / 2.0;
        self.pdf.text(x, TOP + CODE + 3.0, 8.0, under);
        self.y = TOP + 18.0;
        self.pdf.text(SIDE, self.y, 20.0, "表决结果报告");
        self.y += 20.0;
        if !self.report.labels.is_empty() {
            let labels = format!("【{}】", self.report.labels.join("】【"));
            self.pdf.text(SIDE, self.y, 11.0, &labels);
            self.y += 16.0;
        }
        let revision = format!("{}　核验编码：{}", self.report.revision, self.report.digest);
        self.pdf.text(SIDE, self.y, 9.0, &revision);
        self.y = TOP + CODE + 14.0;
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Heading(said) => {
                // Not alone at the foot of a page.
                self.need(60.0);
                self.y += 8.0;
                self.text(said, 12.5, 4.0);
            }
            Block::Text(said) => said.lines().for_each(|line| self.text(line, TEXT, 4.0)),
            Block::Verdict(said) => self.text(said, 14.0, 6.0),
            Block::Facts(facts) => {
                let rows: Vec<Vec<String>> =
                    facts.iter().map(|(name, said)| vec![name.clone(), said.clone()]).collect();
                self.table(&[25, 75], None, &rows);
            }
            Block::Table(Table { head, rows }) => {
                let shares: Vec<u16> = head.iter().map(|(_, share)| *share).collect();
                let names: Vec<String> = head.iter().map(|(name, _)| name.clone()).collect();
                self.table(&shares, Some(&names), rows);
            }
            Block::Signatures(lines) => {
                for line in lines {
                    self.need(26.0);
                    self.y += 20.0;
                    let label = format!("{line}（签字）：");
                    self.pdf.text(SIDE, self.y, TEXT, &label);
                    let from = SIDE + self.face.width(&label, TEXT);
                    self.pdf.rule((from, self.y + 2.0), (from + 150.0, self.y + 2.0));
                }
                self.y += 14.0;
            }
        }
    }

    fn text(&mut self, said: &str, size: f32, after: f32) {
        for line in self.face.wrap(said, size, WIDTH) {
            self.need(size * 1.5);
            self.y += size * 1.5;
            self.pdf.text(SIDE, self.y - size * 0.35, size, &line);
        }
        self.y += after;
    }

    fn table(&mut self, shares: &[u16], head: Option<&[String]>, rows: &[Vec<String>]) {
        let all: f32 = shares.iter().map(|share| f32::from(*share)).sum::<f32>().max(1.0);
        let mut edges = vec![SIDE];
        let mut x = SIDE;
        for share in shares {
            x += WIDTH * f32::from(*share) / all;
            edges.push(x);
        }
        if let Some(head) = head {
            self.row(&edges, head, true);
        }
        for row in rows {
            let page = self.page;
            self.need(self.height(&edges, row));
            if let Some(head) = head.filter(|_| self.page != page) {
                self.row(&edges, head, true);
            }
            self.row(&edges, row, false);
        }
        self.y += 8.0;
    }

    fn lines(&self, edges: &[f32], at: usize, said: &str) -> Vec<String> {
        self.face.wrap(said, CELL, edges[at + 1] - edges[at] - 2.0 * PAD)
    }

    fn height(&self, edges: &[f32], row: &[String]) -> f32 {
        let most = row.iter().enumerate().map(|(at, said)| self.lines(edges, at, said).len()).max();
        most.unwrap_or(1).max(1) as f32 * CELL * 1.35 + 2.0 * PAD
    }

    fn row(&mut self, edges: &[f32], row: &[String], head: bool) {
        let height = self.height(edges, row);
        self.need(height);
        let (top, bottom) = (self.y, self.y + height);
        let (left, right) = (SIDE, A4.0 - SIDE);
        if head {
            self.pdf.fill(left, top, right - left, height, 0.93);
        }
        for (at, said) in row.iter().enumerate() {
            for (n, line) in self.lines(edges, at, said).iter().enumerate() {
                let y = top + PAD + CELL * (0.95 + 1.35 * n as f32);
                self.pdf.text(edges[at] + PAD, y, CELL, line);
            }
        }
        self.pdf.rule((left, top), (right, top));
        self.pdf.rule((left, bottom), (right, bottom));
        for edge in edges {
            self.pdf.rule((*edge, top), (*edge, bottom));
        }
        self.y = bottom;
    }
}
