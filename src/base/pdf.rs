//! A PDF of text, rules and filled squares in the system's Chinese face. Letters are drawn as the face draws them and
//! stand in the file itself, so it looks the same everywhere; their meaning stands beside them, so that it can be
//! searched and copied. The same input gives the same bytes.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use ab_glyph::{Font, FontVec, OutlineCurve, Point};
use qrcode::{EcLevel, QrCode, types::Color};

/// A4 upright, in points.
pub const A4: (f32, f32) = (595.28, 841.89);

/// Letters of one font of the file: a font of this kind knows 255.
const LETTERS: usize = 255;

/// A face that has Chinese letters.
pub struct Face(FontVec);

/// Where the face was found: asking takes longer than reading.
static FOUND: Mutex<Option<(PathBuf, u32)>> = Mutex::new(None);

impl Face {
    /// The system's Chinese face, as fontconfig names it; `None` when there is none. Reads files: not for async code.
    pub fn find() -> Option<Face> {
        let (file, index) = place()?;
        let face = FontVec::try_from_vec_and_index(std::fs::read(file).ok()?, index).ok()?;
        // Fontconfig always answers with something.
        ['议', '厅', '〇'].iter().all(|letter| face.glyph_id(*letter).0 != 0).then_some(Face(face))
    }

    /// Points that `text` is wide at `size`.
    pub fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().filter(|letter| shows(*letter)).map(|letter| self.advance(letter)).sum::<f32>() * size
            / self.em()
    }

    /// `text` in lines of at most `wide` points. Breaks between any two letters, as Chinese is set.
    pub fn wrap(&self, text: &str, size: f32, wide: f32) -> Vec<String> {
        let mut lines = vec![String::new()];
        let mut used = 0.0;
        let mut buffer = [0; 4];
        for letter in text.chars() {
            let width = self.width(letter.encode_utf8(&mut buffer), size);
            if used + width > wide && used > 0.0 {
                lines.push(String::new());
                used = 0.0;
            }
            used += width;
            if let Some(line) = lines.last_mut() {
                line.push(letter);
            }
        }
        lines
    }

    fn advance(&self, letter: char) -> f32 {
        self.0.h_advance_unscaled(self.0.glyph_id(letter))
    }

    fn em(&self) -> f32 {
        self.0.units_per_em().unwrap_or(1000.0)
    }
}

fn place() -> Option<(PathBuf, u32)> {
    let mut found = FOUND.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if found.is_none() {
        let program = ["/usr/local/bin", "/usr/bin", "/bin"]
            .iter()
            .map(|folder| Path::new(folder).join("fc-match"))
            .find(|path| path.is_file())?;
        let asked = Command::new(program)
            .args(["-f", "%{file}|%{index}", ":lang=zh-cn"])
            .stdin(Stdio::null())
            .output()
            .ok()?;
        let told = String::from_utf8(asked.stdout).ok()?;
        let (file, index) = told.split_once('|')?;
        // The upper half of fontconfig's index names an instance of a variable font.
        *found = Some((file.into(), index.trim().parse::<u32>().ok()? & 0xFFFF));
    }
    found.clone()
}

/// Joiners and selectors have no picture of their own.
fn shows(letter: char) -> bool {
    !letter.is_control()
        && !matches!(letter, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

/// A file under way. Places are points from the upper left corner of an A4 page.
pub struct Pdf<'a> {
    face: &'a Face,
    title: String,
    letters: HashMap<char, usize>,
    order: Vec<char>,
    pages: Vec<String>,
}

impl<'a> Pdf<'a> {
    /// `title`: what readers show in their window.
    pub fn new(face: &'a Face, title: &str) -> Pdf<'a> {
        let (letters, order) = (HashMap::new(), Vec::new());
        Pdf { face, title: title.to_string(), letters, order, pages: Vec::new() }
    }

    /// Begins the next page; the rest is drawn on it.
    pub fn page(&mut self) {
        self.pages.push(String::new());
    }

    fn draw(&mut self, what: std::fmt::Arguments<'_>) {
        if self.pages.is_empty() {
            self.page();
        }
        if let Some(page) = self.pages.last_mut()
            && page.write_fmt(what).is_err()
        {
            tracing::error!("a page cannot be written to memory");
        }
    }

    /// One line of text whose letters stand on `y`.
    pub fn text(&mut self, x: f32, y: f32, size: f32, text: &str) {
        let mut font = usize::MAX;
        let mut line = String::new();
        for letter in text.chars().filter(|letter| shows(*letter)) {
            let index = *self.letters.entry(letter).or_insert_with(|| {
                self.order.push(letter);
                self.order.len() - 1
            });
            if index / LETTERS != font {
                if font != usize::MAX {
                    line.push_str("> Tj ");
                }
                font = index / LETTERS;
                line.push_str(&format!("/F{font} {size:.2} Tf <"));
            }
            line.push_str(&format!("{:02X}", index % LETTERS + 1));
        }
        if font != usize::MAX {
            let y = A4.1 - y;
            self.draw(format_args!("BT {x:.2} {y:.2} Td {line}> Tj ET\n"));
        }
    }

    /// The colour of letters and rules from here on: red, green and blue from 0 to 1.
    pub fn ink(&mut self, (red, green, blue): (f32, f32, f32)) {
        self.draw(format_args!("{red:.2} {green:.2} {blue:.2} rg {red:.2} {green:.2} {blue:.2} RG\n"));
    }

    /// A thin straight rule.
    pub fn rule(&mut self, from: (f32, f32), to: (f32, f32)) {
        let (y1, y2) = (A4.1 - from.1, A4.1 - to.1);
        self.draw(format_args!("0.5 w {:.2} {y1:.2} m {:.2} {y2:.2} l S\n", from.0, to.0));
    }

    /// A rectangle filled with `grey`: 0 is black, 1 is white.
    pub fn fill(&mut self, x: f32, y: f32, width: f32, height: f32, grey: f32) {
        let bottom = A4.1 - y - height;
        self.draw(format_args!("{grey:.2} g {x:.2} {bottom:.2} {width:.2} {height:.2} re f 0 g\n"));
    }

    /// The QR code of `link`, as large as `size`. A link too long for one leaves the place empty.
    pub fn code(&mut self, x: f32, y: f32, size: f32, link: &str) {
        let code = match QrCode::with_error_correction_level(link, EcLevel::M) {
            Ok(code) => code,
            Err(error) => {
                tracing::warn!(%error, "a page goes without its code");
                return;
            }
        };
        let step = size / code.width() as f32;
        for (at, colour) in code.to_colors().iter().enumerate() {
            if *colour == Color::Dark {
                let (column, row) = (at % code.width(), at / code.width());
                // A hair wider, so that no reader draws a gap between neighbours.
                self.fill(x + column as f32 * step, y + row as f32 * step, step + 0.05, step + 0.05, 0.0);
            }
        }
    }

    /// The file.
    pub fn finish(self) -> Vec<u8> {
        let fonts = self.order.len().div_ceil(LETTERS);
        let mut file = File::default();
        // 1 the catalogue, 2 the list of pages, 3 about the file; then pages, then fonts.
        let (first_page, first_font) = (4, 4 + self.pages.len() * 2);
        let kids: String = (0..self.pages.len()).map(|n| format!("{} 0 R ", first_page + n * 2)).collect();
        let title: String = self.title.encode_utf16().map(|unit| format!("{unit:04X}")).collect();
        // Objects of a font: itself, its meanings, and one for each letter.
        let mut font_numbers = Vec::new();
        let mut next = first_font;
        for letters in self.order.chunks(LETTERS) {
            font_numbers.push(next);
            next += 2 + letters.len();
        }
        let named: String =
            font_numbers.iter().enumerate().map(|(n, number)| format!("/F{n} {number} 0 R ")).collect();
        file.object("<< /Type /Catalog /Pages 2 0 R >>");
        file.object(&format!("<< /Type /Pages /Count {} /Kids [{kids}] >>", self.pages.len()));
        file.object(&format!("<< /Title <FEFF{title}> >>"));
        for (n, page) in self.pages.iter().enumerate() {
            file.object(&format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {} {}] /Resources << /Font << {named}>> >> /Contents {} 0 R >>",
                A4.0,
                A4.1,
                first_page + n * 2 + 1
            ));
            file.stream(page);
        }
        for (letters, number) in self.order.chunks(LETTERS).zip(&font_numbers) {
            self.font(&mut file, letters, *number);
        }
        debug_assert_eq!(fonts, font_numbers.len());
        file.finish()
    }

    fn font(&self, file: &mut File, letters: &[char], number: usize) {
        let scale = 1.0 / self.face.em();
        let each = || letters.iter().enumerate();
        let procs: String = each().map(|(n, _)| format!("/g{n} {} 0 R ", number + 2 + n)).collect();
        let names: String = each().map(|(n, _)| format!("/g{n} ")).collect();
        let widths: String =
            letters.iter().map(|letter| format!("{:.0} ", self.face.advance(*letter))).collect();
        file.object(&format!(
            "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 0 0] /FontMatrix [{scale} 0 0 {scale} 0 0] \
             /CharProcs << {procs}>> /Encoding << /Type /Encoding /Differences [1 {names}] >> \
             /FirstChar 1 /LastChar {} /Widths [{widths}] /Resources << >> /ToUnicode {} 0 R >>",
            letters.len(),
            number + 1
        ));
        file.stream(&meanings(letters));
        for letter in letters {
            file.stream(&self.outline(*letter));
        }
    }

    fn outline(&self, letter: char) -> String {
        let (advance, em) = (self.face.advance(letter), self.face.em());
        let id = self.face.0.glyph_id(letter);
        let mut path = format!("{advance:.0} 0 0 {:.0} {advance:.0} {em:.0} d1\n", -em / 2.0);
        if id.0 == 0 {
            // The face lacks it: an empty box, as everywhere.
            path.push_str(&format!(
                "40 w {:.0} 0 {:.0} {:.0} re S\n",
                advance * 0.1,
                advance * 0.8,
                em * 0.7
            ));
            return path;
        }
        let mut at: Option<Point> = None;
        for curve in self.face.0.outline(id).map(|outline| outline.curves).unwrap_or_default() {
            let (from, steps, to) = match curve {
                OutlineCurve::Line(from, to) => (from, None, to),
                OutlineCurve::Cubic(from, one, two, to) => (from, Some((one, two)), to),
                OutlineCurve::Quad(from, middle, to) => {
                    let towards = |end: Point| Point {
                        x: end.x + (middle.x - end.x) * 2.0 / 3.0,
                        y: end.y + (middle.y - end.y) * 2.0 / 3.0,
                    };
                    (from, Some((towards(from), towards(to))), to)
                }
            };
            if at != Some(from) {
                path.push_str(&format!("{:.0} {:.0} m ", from.x, from.y));
            }
            match steps {
                None => path.push_str(&format!("{:.0} {:.0} l ", to.x, to.y)),
                Some((one, two)) => path.push_str(&format!(
                    "{:.0} {:.0} {:.0} {:.0} {:.0} {:.0} c ",
                    one.x, one.y, two.x, two.y, to.x, to.y
                )),
            }
            at = Some(to);
        }
        path.push_str("f\n");
        path
    }
}

/// What each code of a font means, for searching and copying.
fn meanings(letters: &[char]) -> String {
    let mut map = String::from(
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /M def /CMapType 2 def\n\
         1 begincodespacerange <00> <FF> endcodespacerange\n",
    );
    let lines: Vec<String> = letters
        .iter()
        .enumerate()
        .map(|(n, letter)| {
            let mut units = [0; 2];
            let text: String =
                letter.encode_utf16(&mut units).iter().map(|unit| format!("{unit:04X}")).collect();
            format!("<{:02X}> <{text}>\n", n + 1)
        })
        .collect();
    // A section may hold a hundred.
    for part in lines.chunks(100) {
        map.push_str(&format!("{} beginbfchar\n{}endbfchar\n", part.len(), part.concat()));
    }
    map.push_str("endcmap CMapName currentdict /CMap defineresource pop end end\n");
    map
}

/// Objects in the order of their numbers, from 1.
struct File {
    bytes: Vec<u8>,
    begins: Vec<usize>,
}

impl Default for File {
    fn default() -> File {
        File { bytes: b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n".to_vec(), begins: Vec::new() }
    }
}

impl File {
    fn object(&mut self, text: &str) {
        self.begins.push(self.bytes.len());
        self.bytes.extend(format!("{} 0 obj\n{text}\nendobj\n", self.begins.len()).bytes());
    }

    fn stream(&mut self, text: &str) {
        self.object(&format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()));
    }

    fn finish(mut self) -> Vec<u8> {
        let table = self.bytes.len();
        let count = self.begins.len() + 1;
        let mut end = format!("xref\n0 {count}\n0000000000 65535 f \n");
        for begin in &self.begins {
            end.push_str(&format!("{begin:010} 00000 n \n"));
        }
        end.push_str(&format!(
            "trailer\n<< /Size {count} /Root 1 0 R /Info 3 0 R >>\nstartxref\n{table}\n%%EOF\n"
        ));
        self.bytes.extend(end.bytes());
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Vec<u8> {
        let face = Face::find().expect("set-up installs a Chinese face");
        let mut pdf = Pdf::new(&face, "签到表");
        pdf.page();
        pdf.text(50.0, 50.0, 12.0, text);
        pdf.rule((50.0, 60.0), (500.0, 60.0));
        pdf.fill(50.0, 70.0, 10.0, 10.0, 0.0);
        pdf.finish()
    }

    #[test]
    fn the_same_text_gives_the_same_file_whose_table_of_objects_is_right() {
        let file = written("江一帆 =1+1 🎉");
        assert_eq!(file, written("江一帆 =1+1 🎉"));
        let text = String::from_utf8_lossy(&file);
        let table: usize =
            text.rsplit("startxref\n").next().unwrap().lines().next().unwrap().parse().unwrap();
        assert!(file[table..].starts_with(b"xref\n"));
        let lines = String::from_utf8_lossy(&file[table..]).into_owned();
        for (n, line) in lines.lines().skip(3).take_while(|line| line.ends_with("n ")).enumerate() {
            let at: usize = line[..10].parse().unwrap();
            assert!(file[at..].starts_with(format!("{} 0 obj", n + 1).as_bytes()), "object {}", n + 1);
        }
    }

    #[test]
    fn more_letters_than_a_font_knows_get_another_font() {
        let many: String = ('\u{4E00}'..='\u{4F00}').collect();
        let text = String::from_utf8_lossy(&written(&many)).into_owned();
        assert!(text.contains("/F1 ") && text.contains("<4F00>"));
    }

    #[test]
    fn joiners_have_no_width() {
        let face = Face::find().unwrap();
        assert_eq!(face.width("江\u{200D}\u{FE0F}", 10.0), face.width("江", 10.0));
        assert!((face.width("江一帆", 10.0) - 30.0).abs() < 0.1);
    }
}
