//! Faces in a picture are made unrecognisable whenever somebody is about to see it; the file itself is never shown. The
//! detector finds who looks towards the camera; somebody from the side, or far away, may be left: `/help` says so.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageError, ImageFormat, ImageReader, RgbImage};
use rustface::ImageData;

/// What the detector knows. It comes inside its package; `build.rs` takes it from there.
const MODEL: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/faces.bin"));
/// The longer side of the picture in which faces are looked for, in pixels: seconds become tenths of one.
const SIDE: u32 = 960;
/// Pixels of the smallest face there; the detector knows none that are smaller.
const FACE: u32 = 20;
/// As the detector's authors propose: fewer leave faces, more take trees for them.
const SURE: f64 = 2.0;
/// Blocks across a face that are left of it.
const BLOCKS: u32 = 5;

#[derive(Debug, thiserror::Error)]
pub enum FacesError {
    #[error("a picture that cannot be read")]
    Picture(#[from] ImageError),
    #[error("the detector's model cannot be read")]
    Model(#[from] std::io::Error),
}

/// `jpeg` as it may be seen. What cannot be looked through is an error, and is not seen. Blocking: about a second.
pub fn hidden(jpeg: &[u8]) -> Result<Vec<u8>, FacesError> {
    let mut picture = ImageReader::with_format(Cursor::new(jpeg), ImageFormat::Jpeg).decode()?.to_rgb8();
    hide(&mut picture)?;
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, super::photo::QUALITY).encode_image(&picture)?;
    Ok(bytes)
}

/// Makes the faces in `picture` unrecognisable; how many there were.
fn hide(picture: &mut RgbImage) -> std::io::Result<usize> {
    let (width, height) = picture.dimensions();
    let scale = f64::from(width.max(height)).max(1.0) / f64::from(SIDE);
    let scale = scale.max(1.0);
    let grey = DynamicImage::ImageRgb8(picture.clone()).to_luma8();
    let shrunk = |side: u32| ((f64::from(side) / scale).round() as u32).max(1);
    let small = imageops::resize(&grey, shrunk(width), shrunk(height), FilterType::Triangle);
    if small.width().min(small.height()) < FACE {
        return Ok(0);
    }
    let mut detector = rustface::create_detector_with_model(rustface::read_model(Cursor::new(MODEL))?);
    detector.set_min_face_size(FACE);
    detector.set_score_thresh(SURE);
    detector.set_pyramid_scale_factor(0.8);
    detector.set_slide_window_step(4, 4);
    let faces = detector.detect(&ImageData::new(small.as_raw(), small.width(), small.height()));
    for face in &faces {
        let face = face.bbox();
        let (across, down) = (f64::from(face.width()) * scale, f64::from(face.height()) * scale);
        // Hair and chin, too.
        let left = (f64::from(face.x()) * scale - across * 0.2).max(0.0) as u32;
        let top = (f64::from(face.y()) * scale - down * 0.3).max(0.0) as u32;
        let right = left.saturating_add((across * 1.4) as u32).min(width);
        let bottom = top.saturating_add((down * 1.6) as u32).min(height);
        coarsen(picture, left, top, right, bottom);
    }
    Ok(faces.len())
}

/// Each block of the rectangle becomes its mean colour.
fn coarsen(picture: &mut RgbImage, left: u32, top: u32, right: u32, bottom: u32) {
    if left >= right || top >= bottom {
        return;
    }
    let part = imageops::crop_imm(picture, left, top, right - left, bottom - top).to_image();
    let rows = (BLOCKS * part.height() / part.width()).max(1);
    let coarse = imageops::resize(&part, BLOCKS, rows, FilterType::Triangle);
    let flat = imageops::resize(&coarse, part.width(), part.height(), FilterType::Nearest);
    imageops::replace(picture, &flat, i64::from(left), i64::from(top));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twenty-nine people in three rows, of the detector's own package.
    fn conference() -> RgbImage {
        image::load_from_memory(include_bytes!(concat!(env!("OUT_DIR"), "/faces.png"))).unwrap().to_rgb8()
    }

    #[test]
    fn faces_are_found_and_then_there_are_none() {
        let mut picture = conference();
        let before = picture.clone();
        let found = hide(&mut picture).unwrap();
        assert!(found >= 20, "{found}");
        let left = hide(&mut picture).unwrap();
        assert!(left * 5 < found, "{left} of {found}");
        // The wall and the text under the picture are as they were.
        assert_eq!(picture.get_pixel(1600, 1100), before.get_pixel(1600, 1100));
    }

    #[test]
    fn a_picture_without_faces_or_too_small_for_any_is_left_alone() {
        let mut street = RgbImage::from_fn(640, 480, |x, y| image::Rgb([(x / 3) as u8, (y / 2) as u8, 90]));
        let before = street.clone();
        assert_eq!((hide(&mut street).unwrap(), street == before), (0, true));
        assert_eq!(hide(&mut RgbImage::new(16, 4)).unwrap(), 0);
    }

    #[test]
    fn what_cannot_be_looked_through_is_not_seen() {
        assert!(hidden(b"\xFF\xD8\xFF").is_err());
    }
}
