//! Codes as pictures: what the camera of a phone reads from a screen or a sheet of paper.

use std::io::Cursor;

use image::{ImageFormat, Luma};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use super::model::{CodeKind, meeting};
use super::venue_code;
use crate::base::Base;
use crate::base::clock::Instant;
use crate::base::error::Coded;

#[derive(Debug, thiserror::Error)]
pub enum QrError {
    #[error("the text does not fit into a code: {0}")]
    Text(#[from] qrcode::types::QrError),
    #[error("the picture cannot be written: {0}")]
    Picture(#[from] image::ImageError),
}

impl Coded for QrError {
    fn code(&self) -> &'static str {
        "internal"
    }
}

/// The widest picture made, in pixels: enough for a poster, too little to fill the memory.
const WIDEST: u32 = 2000;

/// What the code of `meeting` says now: WeChat's own scene code where the platform made one, else our link.
/// A code that rotates is always our link.
pub fn content(base: &Base, meeting: &meeting::Model, now: Instant) -> String {
    let scene = meeting
        .scene_url
        .as_ref()
        .filter(|_| meeting.code_kind() == CodeKind::Static)
        .filter(|_| meeting.scene_expires_at.is_none_or(|end| end > now));
    match scene {
        Some(url) => url.clone(),
        None => base.config.link(&venue_code::path(&base.keys, meeting, now)),
    }
}

/// A picture that scales without limit.
pub fn svg(text: &str) -> Result<String, QrError> {
    Ok(code(text)?.render::<svg::Color>().min_dimensions(256, 256).build())
}

/// A picture at least `px` pixels wide; every module is the same number of pixels.
pub fn png(text: &str, px: u32) -> Result<Vec<u8>, QrError> {
    let px = px.min(WIDEST);
    let picture = code(text)?.render::<Luma<u8>>().min_dimensions(px, px).build();
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

/// Level M: a corner may be dirty or in the light of a lamp, and the modules stay large enough for back rows.
fn code(text: &str) -> Result<QrCode, QrError> {
    Ok(QrCode::with_error_correction_level(text, EcLevel::M)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_square_with_a_quiet_zone_in_both_forms() {
        let svg = svg("https://city.test/m/k7q2hx9d").unwrap();
        assert!(svg.contains("<svg") && svg.contains("viewBox"), "{svg}");
        let png = png("https://city.test/m/k7q2hx9d", 600).unwrap();
        let picture = image::load_from_memory(&png).unwrap().into_luma8();
        assert!(picture.width() >= 600 && picture.width() == picture.height());
        assert_eq!(picture.get_pixel(0, 0).0, [255]);
    }

    #[test]
    fn a_picture_is_never_wider_than_a_poster_needs() {
        let png = png("x", u32::MAX).unwrap();
        assert!(image::load_from_memory(&png).unwrap().width() < WIDEST + 100);
    }

    #[test]
    fn a_text_that_fits_no_code_is_an_error() {
        assert!(svg(&"长".repeat(2000)).is_err());
    }
}
