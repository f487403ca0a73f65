//! The reader's name over a page, again and again, aslant, in the picture itself: a photograph of the screen still
//! tells whose screen it was.

use std::path::PathBuf;
use std::process::Stdio;

use ab_glyph::{Font, FontVec, PxScale, ScaleFont, point};
use bytes::Bytes;
use image::{ImageError, RgbImage};
use tokio::process::Command;

use super::kind::Kind;
use super::picture;
use super::sandbox::find;

/// The tangent of the angle: about 22 degrees, rising.
const SLOPE: (f32, f32) = (0.927, 0.375);
/// Letters are this part of the page's shorter side high, within bounds in pixels.
const LETTER: f32 = 0.022;
const SMALLEST: f32 = 14.0;
const LARGEST: f32 = 44.0;
/// How much of what is underneath the marks take, out of 255: seen on white and on dark, and still read through.
const STRENGTH: i32 = 56;
/// Grey that is told from black and from white.
const GREY: i32 = 128;
/// Between two marks, in letters.
const GAP: f32 = 4.0;
const LINE: f32 = 1.35;
/// Characters of a line at most.
const LINE_LENGTH: usize = 40;

/// A face that has Chinese letters.
pub(super) struct Face(FontVec);

impl Face {
    /// The system's Chinese face, as fontconfig names it; `None` when there is none.
    pub(super) async fn find() -> Option<Face> {
        let asked = Command::new(find("fc-match")?)
            .args(["-f", "%{file}|%{index}", ":lang=zh-cn"])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .ok()?;
        let told = String::from_utf8(asked.stdout).ok()?;
        let (file, index) = told.split_once('|')?;
        // The upper half of fontconfig's index names an instance of a variable font.
        let (file, index) = (PathBuf::from(file), index.trim().parse::<u32>().ok()? & 0xFFFF);
        let bytes = tokio::fs::read(file).await.ok()?;
        let face = FontVec::try_from_vec_and_index(bytes, index).ok()?;
        // Fontconfig always answers with something.
        let chinese = ['议', '厅', '〇'].iter().all(|letter| face.glyph_id(*letter).0 != 0);
        chinese.then_some(Face(face))
    }
}

/// What is drawn once and laid over a page many times.
struct Tile {
    width: usize,
    height: usize,
    /// How much of each pixel is covered, out of 255.
    cover: Vec<u8>,
}

/// The JPEG `page` with `lines` over it. Blocking, for some tens of milliseconds.
pub(super) fn mark(page: &Bytes, lines: &[String], face: &Face) -> Result<Bytes, ImageError> {
    let mut page = picture::read(page, Kind::Jpg)?.to_rgb8();
    let letter = (page.width().min(page.height()) as f32 * LETTER).clamp(SMALLEST, LARGEST);
    lay(&mut page, &tile(lines, &face.0, letter));
    picture::jpeg(&page)
}

fn tile(lines: &[String], face: &FontVec, letter: f32) -> Tile {
    let scaled = face.as_scaled(PxScale::from(letter));
    let lines: Vec<Vec<char>> = lines
        .iter()
        .map(|line| line.chars().filter(|letter| !letter.is_control()).take(LINE_LENGTH).collect())
        .collect();
    let long = |line: &Vec<char>| line.iter().map(|c| scaled.h_advance(scaled.glyph_id(*c))).sum::<f32>();
    let longest = lines.iter().map(long).fold(letter, f32::max);
    let width = (longest + letter * GAP) as usize + 1;
    let height = (letter * (LINE * lines.len() as f32 + GAP)) as usize + 1;
    let mut cover = vec![0u8; width * height];
    for (row, line) in lines.iter().enumerate() {
        let mut x = letter * GAP / 2.0;
        let y = letter * (GAP / 2.0 + LINE * row as f32) + scaled.ascent();
        for character in line {
            let glyph = scaled.glyph_id(*character);
            let placed = glyph.with_scale_and_position(PxScale::from(letter), point(x, y));
            x += scaled.h_advance(glyph);
            let Some(outline) = face.outline_glyph(placed) else { continue };
            let corner = outline.px_bounds().min;
            outline.draw(|dx, dy, part| {
                let (px, py) = (corner.x as i64 + i64::from(dx), corner.y as i64 + i64::from(dy));
                if let (Ok(px), Ok(py)) = (usize::try_from(px), usize::try_from(py))
                    && px < width
                    && py < height
                {
                    let pixel = &mut cover[py * width + px];
                    *pixel = (*pixel).max((part * 255.0) as u8);
                }
            });
        }
    }
    Tile { width, height, cover }
}

/// Turns each pixel of the page into the tile's own frame; every second row of tiles is shifted by half of one.
fn lay(page: &mut RgbImage, tile: &Tile) {
    let (cos, sin) = SLOPE;
    for (x, y, pixel) in page.enumerate_pixels_mut() {
        let (x, y) = (x as f32, y as f32);
        let (along, down) = (x * cos - y * sin, x * sin + y * cos);
        let row = (down / tile.height as f32).floor();
        let shift = if row as i64 % 2 == 0 { 0.0 } else { tile.width as f32 / 2.0 };
        let (u, v) = ((along + shift).rem_euclid(tile.width as f32), down.rem_euclid(tile.height as f32));
        let at = (v as usize).min(tile.height - 1) * tile.width + (u as usize).min(tile.width - 1);
        let part = i32::from(tile.cover[at]) * STRENGTH / 255;
        if part > 0 {
            for colour in &mut pixel.0 {
                let mixed = (i32::from(*colour) * (255 - part) + GREY * part) / 255;
                *colour = u8::try_from(mixed).unwrap_or(*colour);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(colour: u8) -> Bytes {
        picture::jpeg(&RgbImage::from_pixel(600, 800, image::Rgb([colour; 3]))).unwrap()
    }

    fn changed(colour: u8, marked: &Bytes, from: (u32, u32)) -> usize {
        let marked = picture::read(marked, Kind::Jpg).unwrap().to_rgb8();
        let quarter = image::imageops::crop_imm(&marked, from.0, from.1, 300, 400).to_image();
        quarter.pixels().filter(|pixel| pixel.0[0].abs_diff(colour) > 12).count()
    }

    #[tokio::test]
    async fn marks_are_seen_in_every_corner_of_white_and_of_dark_pages() {
        let face = Face::find().await.expect("a Chinese font is installed by scripts/setup");
        let lines = ["江一帆 6021".to_string(), "市金融办 2026-09-19 08:30".to_string()];
        for colour in [255, 0] {
            let marked = mark(&page(colour), &lines, &face).unwrap();
            for corner in [(0, 0), (300, 0), (0, 400), (300, 400)] {
                let pixels = changed(colour, &marked, corner);
                assert!(pixels > 1000, "{pixels} pixels at {corner:?} on {colour}");
            }
        }
    }

    #[tokio::test]
    async fn another_reader_gets_another_picture_and_odd_names_draw_too() {
        let face = Face::find().await.unwrap();
        let mark_for = |name: &str| mark(&page(255), &[name.to_string()], &face).unwrap();
        assert_ne!(mark_for("江一帆"), mark_for("陈晓燕"));
        for name in ["", "😀", "阿卜杜拉·买买提", &"长".repeat(500)] {
            assert!(!mark_for(name).is_empty(), "{name}");
        }
    }
}
