//! A PDF made of pictures, written as it goes: one JPEG a page. Nothing of the document can be selected or taken off;
//! the words that each page carries unseen say whose copy it is, to whoever searches or copies.

use bytes::Bytes;

/// Points an inch, by definition of the format.
const POINTS: f32 = 72.0;

/// A PDF of `pages` pictures under way. Hand on what each call returns, in order.
pub(super) struct Pictures {
    pages: u32,
    /// What draws the unseen words.
    words: String,
    dots: u32,
    /// Bytes handed on.
    written: usize,
    /// Where each object begins, in the order of their numbers from 1.
    begins: Vec<usize>,
}

impl Pictures {
    /// `dots`: how many pixels of the pictures make an inch; `lines`: whose copy it is.
    pub fn begin(pages: u32, dots: u32, lines: &[String]) -> (Pictures, Bytes) {
        let kids: Vec<String> = (0..pages).map(|page| format!("{} 0 R", 4 + page * 3)).collect();
        let mut begins = Vec::new();
        let mut text = String::from("%PDF-1.4\n%\u{00E9}\u{00E9}\n");
        begins.push(text.len());
        text.push_str("1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n");
        begins.push(text.len());
        text.push_str(&format!(
            "2 0 obj\n<< /Type /Pages /Count {pages} /Kids [{}] >>\nendobj\n",
            kids.join(" ")
        ));
        begins.push(text.len());
        text.push_str("3 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>\nendobj\n");
        (Pictures { pages, words: unseen(lines), dots, written: text.len(), begins }, text.into())
    }

    /// The next page: a JPEG of `width` x `height` pixels.
    pub fn page(&mut self, jpeg: &Bytes, width: u32, height: u32) -> Bytes {
        let first = u32::try_from(self.begins.len()).unwrap_or(u32::MAX) + 1;
        let size = |pixels: u32| pixels as f32 * POINTS / self.dots as f32;
        let (wide, high) = (size(width), size(height));
        let drawing = format!("q {wide:.2} 0 0 {high:.2} 0 0 cm /P Do Q{}", self.words);
        let mut bytes = Vec::with_capacity(jpeg.len() + drawing.len() + 800);
        self.begins.push(self.written);
        bytes.extend(
            format!(
                "{first} 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {wide:.2} {high:.2}] \
                 /Resources << /XObject << /P {} 0 R >> /Font << /F 3 0 R >> >> /Contents {} 0 R >>\nendobj\n",
                first + 1,
                first + 2
            )
            .bytes(),
        );
        self.begins.push(self.written + bytes.len());
        bytes.extend(
            format!(
                "{} 0 obj\n<< /Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceRGB \
                 /BitsPerComponent 8 /Filter /DCTDecode /Length {} >>\nstream\n",
                first + 1,
                jpeg.len()
            )
            .bytes(),
        );
        bytes.extend_from_slice(jpeg);
        bytes.extend(b"\nendstream\nendobj\n");
        self.begins.push(self.written + bytes.len());
        let length = drawing.len();
        bytes.extend(
            format!("{} 0 obj\n<< /Length {length} >>\nstream\n{drawing}\nendstream\nendobj\n", first + 2)
                .bytes(),
        );
        self.written += bytes.len();
        bytes.into()
    }

    /// What must follow the last page.
    pub fn end(self) -> Bytes {
        debug_assert_eq!(self.begins.len(), 3 + 3 * self.pages as usize);
        let objects = self.begins.len() + 1;
        let mut text = format!("xref\n0 {objects}\n0000000000 65535 f \n");
        for begin in &self.begins {
            text.push_str(&format!("{begin:010} 00000 n \n"));
        }
        text.push_str(&format!(
            "trailer\n<< /Size {objects} /Root 1 0 R >>\nstartxref\n{}\n%%EOF\n",
            self.written
        ));
        text.into()
    }
}

/// Draws nothing that is seen, and reads as `lines`: the letters of any language stand beside a glyph that every viewer
/// has (`ActualText`).
fn unseen(lines: &[String]) -> String {
    lines.iter().enumerate().fold(String::new(), |all, (row, line)| {
        let letters: String = line.encode_utf16().map(|unit| format!("{unit:04X}")).collect();
        let y = 40 - row as i32 * 12;
        format!("{all} /Span << /ActualText <FEFF{letters}> >> BDC BT /F 8 Tf 3 Tr 20 {y} Td (x) Tj ET EMC")
    })
}
