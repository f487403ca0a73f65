//! A photograph or a scan as one page: turned upright, everything but its pixels dropped (place, time, camera).

use std::io::Cursor;

use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::kind::Kind;

/// The longer side of the picture that a phone shows, in pixels: a sheet of A4 at 110 dpi.
pub(super) const PHONE_SIDE: u32 = 1287;
/// The same for zooming in: 180 dpi.
pub(super) const ZOOM_SIDE: u32 = 2105;
const QUALITY: u8 = 80;
/// Bytes that decoding may take: a hundred million pixels.
const DECODED_BYTES: u64 = 512 << 20;

/// Decodes `bytes` upright. Blocking, for as long as a hundred million pixels take.
pub(super) fn read(bytes: &[u8], kind: Kind) -> Result<DynamicImage, ImageError> {
    let format = if kind == Kind::Png { ImageFormat::Png } else { ImageFormat::Jpeg };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODED_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// The picture as JPEG on white, its longer side at most `side` pixels; and its width and height.
pub(super) fn fitted(picture: &DynamicImage, side: u32) -> Result<(Bytes, u32, u32), ImageError> {
    let small = match picture.width().max(picture.height()) > side {
        true => &picture.resize(side, side, FilterType::Triangle),
        false => picture,
    };
    let flat = on_white(small);
    Ok((jpeg(&flat)?, flat.width(), flat.height()))
}

pub(super) fn jpeg(picture: &image::RgbImage) -> Result<Bytes, ImageError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(picture)?;
    Ok(bytes.into())
}

/// Width and height of a JPEG, from its head.
pub(super) fn size(jpeg: &[u8]) -> Result<(u32, u32), ImageError> {
    ImageReader::with_format(Cursor::new(jpeg), ImageFormat::Jpeg).into_dimensions()
}

/// JPEG knows no transparency: what shines through is paper.
fn on_white(picture: &DynamicImage) -> image::RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let mut flat = image::RgbImage::new(picture.width(), picture.height());
    for (from, to) in picture.to_rgba8().pixels().zip(flat.pixels_mut()) {
        let [.., alpha] = from.0;
        let over = |colour: u8| {
            let mixed = u16::from(colour) * u16::from(alpha) + 255 * (255 - u16::from(alpha));
            u8::try_from(mixed / 255).unwrap_or(255)
        };
        to.0 = [over(from.0[0]), over(from.0[1]), over(from.0[2])];
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A JPEG of 40 x 20 that says in its EXIF block to be turned by 90 degrees, and where it was taken.
    fn turned() -> Vec<u8> {
        let plain = jpeg(&image::RgbImage::from_pixel(40, 20, image::Rgb([200, 10, 10]))).unwrap();
        let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01".to_vec();
        exif.extend_from_slice(&[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]); // Orientation: 6
        exif.extend_from_slice(b"\0\0\0\0GPS of the office");
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        [&plain[..2], &[0xFF, 0xE1], &length, &exif, &plain[2..]].concat()
    }

    #[test]
    fn a_photograph_is_turned_upright_and_keeps_only_its_pixels() {
        let picture = read(&turned(), Kind::Jpg).unwrap();
        assert_eq!((picture.width(), picture.height()), (20, 40));
        let (bytes, width, height) = fitted(&picture, PHONE_SIDE).unwrap();
        assert_eq!((width, height), (20, 40));
        assert!(!bytes.windows(3).any(|three| three == b"GPS"));
    }

    #[test]
    fn a_large_picture_is_made_small_and_a_transparent_one_white() {
        let large = DynamicImage::ImageRgba8(image::RgbaImage::new(3000, 1500));
        let (bytes, width, height) = fitted(&large, PHONE_SIDE).unwrap();
        assert_eq!((width, height), (1287, 644));
        let back = read(&bytes, Kind::Jpg).unwrap().to_rgb8();
        assert!(back.get_pixel(5, 5).0.iter().all(|colour| *colour > 250));
    }

    #[test]
    fn a_damaged_picture_is_an_error() {
        let whole = turned();
        assert!(read(&whole[..60], Kind::Jpg).is_err());
        assert!(read(b"\x89PNG\r\n\x1a\n", Kind::Png).is_err());
    }
}
