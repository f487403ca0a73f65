//! The picture of the blocked car: made small and upright, everything but its pixels dropped; where and when it was
//! taken is used for one check before that, and what it looks like is kept to know it again.

use std::io::Cursor;

use chrono::NaiveDateTime;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use crate::base::clock::{Instant, from_shanghai};

/// Bytes of a picture as a phone sends it.
pub const MOST: usize = 8 << 20;
/// The longer side as it is kept, in pixels: enough to read a plate.
const SIDE: u32 = 1280;
pub(super) const QUALITY: u8 = 80;
/// Bytes that decoding may take: forty million pixels.
const DECODED: u64 = 160 << 20;
/// Bits in which two pictures of the same scene may differ.
const ALIKE: u32 = 6;

/// A picture as it is kept, and what was read from it.
pub struct Photo {
    pub jpeg: Vec<u8>,
    /// See [`alike`].
    pub looks: i64,
    /// Where it was taken, WGS-84, if the camera wrote it down; never stored.
    pub taken_at: Option<(f64, f64)>,
    /// When it was taken, if the camera wrote it down; never stored.
    pub shot_at: Option<Instant>,
}

#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    #[error("too large")]
    TooLarge,
    #[error("neither JPEG nor PNG")]
    Kind,
    #[error("damaged: {0}")]
    Damaged(#[from] ImageError),
}

/// Reads what a phone sent. Blocking: some hundred milliseconds.
pub fn read(bytes: &[u8]) -> Result<Photo, PhotoError> {
    if bytes.len() > MOST {
        return Err(PhotoError::TooLarge);
    }
    let format = match bytes {
        [0xFF, 0xD8, 0xFF, ..] => ImageFormat::Jpeg,
        [0x89, b'P', b'N', b'G', ..] => ImageFormat::Png,
        _ => return Err(PhotoError::Kind),
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODED);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let exif = decoder.exif_metadata()?;
    let taken_at = exif.as_deref().and_then(place);
    let shot_at = exif.as_deref().and_then(time);
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    let small = match picture.width().max(picture.height()) > SIDE {
        true => picture.resize(SIDE, SIDE, FilterType::Triangle),
        false => picture,
    };
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&small.to_rgb8())?;
    Ok(Photo { jpeg, looks: looks(&small), taken_at, shot_at })
}

/// 64 bits: whether each spot of a small grey picture is darker than its right neighbour. Survives scaling and
/// compressing.
fn looks(picture: &DynamicImage) -> i64 {
    let small = picture.resize_exact(9, 8, FilterType::Triangle).to_luma8();
    let mut bits = 0u64;
    for y in 0..8 {
        for x in 0..8 {
            bits = bits << 1 | u64::from(small.get_pixel(x, y).0[0] < small.get_pixel(x + 1, y).0[0]);
        }
    }
    i64::from_ne_bytes(bits.to_ne_bytes())
}

/// Two pictures look the same. A picture of nothing (one colour) is like no other.
pub fn alike(one: i64, other: i64) -> bool {
    one != 0 && (one ^ other).count_ones() <= ALIKE
}

/// DateTimeOriginal of an EXIF block (CIPA DC-008): a wall clock without a zone, and the city's phones are on Beijing's.
fn time(exif: &[u8]) -> Option<Instant> {
    const CAMERA: u16 = 0x8769;
    const ORIGINAL: u16 = 0x9003;
    /// `2026:09:21 09:58:12`.
    const LONG: usize = 19;
    let tiff = Tiff::open(exif)?;
    let camera = tiff.entry(tiff.long(4)?, CAMERA).and_then(|at| tiff.long(at + 8))?;
    let at = usize::try_from(tiff.long(tiff.entry(camera, ORIGINAL)? + 8)?).ok()?;
    let text = std::str::from_utf8(tiff.bytes.get(at..at.checked_add(LONG)?)?).ok()?;
    NaiveDateTime::parse_from_str(text, "%Y:%m:%d %H:%M:%S").ok().map(from_shanghai)
}

/// Latitude and longitude of an EXIF block, by the TIFF structure of the standard (CIPA DC-008).
fn place(exif: &[u8]) -> Option<(f64, f64)> {
    let tiff = Tiff::open(exif)?;
    const GPS: u16 = 0x8825;
    let gps = tiff.entry(tiff.long(4)?, GPS).and_then(|at| tiff.long(at + 8))?;
    let degrees = |sign: u16, value: u16, negative: u8| {
        let sign = *tiff.bytes.get(tiff.entry(gps, sign)? + 8)?;
        let at = usize::try_from(tiff.long(tiff.entry(gps, value)? + 8)?).ok()?;
        let part = |n: usize| {
            let (over, under) = (tiff.long(at + n * 8)?, tiff.long(at + n * 8 + 4)?);
            (under != 0).then(|| f64::from(over) / f64::from(under))
        };
        let all = part(0)? + part(1)? / 60.0 + part(2)? / 3600.0;
        Some(if sign == negative { -all } else { all })
    };
    let found = (degrees(1, 2, b'S')?, degrees(3, 4, b'W')?);
    (found.0.abs() <= 90.0 && found.1.abs() <= 180.0).then_some(found)
}

struct Tiff<'a> {
    bytes: &'a [u8],
    little: bool,
}

impl<'a> Tiff<'a> {
    fn open(exif: &'a [u8]) -> Option<Tiff<'a>> {
        let bytes = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
        let little = match bytes.get(..2)? {
            b"II" => true,
            b"MM" => false,
            _ => return None,
        };
        Some(Tiff { bytes, little })
    }

    fn short(&self, at: usize) -> Option<u16> {
        let two = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.little { u16::from_le_bytes(two) } else { u16::from_be_bytes(two) })
    }

    fn long(&self, at: usize) -> Option<u32> {
        let four = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) })
    }

    /// Where the entry `tag` of the directory at `directory` begins.
    fn entry(&self, directory: u32, tag: u16) -> Option<usize> {
        let start = usize::try_from(directory).ok()?;
        let count = usize::from(self.short(start)?);
        (0..count).map(|n| start + 2 + n * 12).find(|at| self.short(*at) == Some(tag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage};

    fn scene(width: u32, height: u32) -> DynamicImage {
        DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| {
            let (x, y) = (x * 97 / width, y * 61 / height);
            Rgb([(x * 7 % 256) as u8, (y * 11 % 256) as u8, ((x + y) * 5 % 256) as u8])
        }))
    }

    fn jpeg(picture: &DynamicImage) -> Vec<u8> {
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 70).encode_image(&picture.to_rgb8()).unwrap();
        bytes
    }

    /// An EXIF block of 27°46'41.88"N 120°39'18.36"E, at 09:58:12, turned by 90 degrees.
    pub fn with_exif(jpeg: &[u8]) -> Vec<u8> {
        let mut tiff = b"MM\0*\0\0\0\x08".to_vec();
        let entry = |tiff: &mut Vec<u8>, tag: u16, kind: u16, count: u32, value: u32| {
            tiff.extend(tag.to_be_bytes());
            tiff.extend(kind.to_be_bytes());
            tiff.extend(count.to_be_bytes());
            tiff.extend(value.to_be_bytes());
        };
        tiff.extend(3u16.to_be_bytes());
        entry(&mut tiff, 0x0112, 3, 1, 6 << 16);
        entry(&mut tiff, 0x8769, 4, 1, 152);
        entry(&mut tiff, 0x8825, 4, 1, 50);
        tiff.extend(0u32.to_be_bytes());
        tiff.extend(4u16.to_be_bytes());
        entry(&mut tiff, 1, 2, 2, u32::from(b'N') << 24);
        entry(&mut tiff, 2, 5, 3, 104);
        entry(&mut tiff, 3, 2, 2, u32::from(b'E') << 24);
        entry(&mut tiff, 4, 5, 3, 128);
        tiff.extend(0u32.to_be_bytes());
        for (over, under) in [(27, 1), (46, 1), (4188, 100), (120, 1), (39, 1), (1836, 100u32)] {
            tiff.extend((over as u32).to_be_bytes());
            tiff.extend(under.to_be_bytes());
        }
        tiff.extend(1u16.to_be_bytes());
        entry(&mut tiff, 0x9003, 2, 20, 170);
        tiff.extend(0u32.to_be_bytes());
        tiff.extend(b"2026:09:21 09:58:12\0");
        let exif = [b"Exif\0\0".as_slice(), &tiff].concat();
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xFF, 0xE1], &length, &exif, &jpeg[2..]].concat()
    }

    #[test]
    fn a_picture_is_made_small_and_upright_and_its_place_and_time_are_read_and_dropped() {
        let photo = read(&with_exif(&jpeg(&scene(1600, 800)))).unwrap();
        let (latitude, longitude) = photo.taken_at.unwrap();
        let shot = crate::base::clock::shanghai(photo.shot_at.unwrap());
        assert_eq!(shot.format("%F %T").to_string(), "2026-09-21 09:58:12");
        assert!((latitude - 27.77830).abs() < 1e-4 && (longitude - 120.65510).abs() < 1e-4);
        let kept = ImageReader::with_format(Cursor::new(&photo.jpeg), ImageFormat::Jpeg);
        assert_eq!(kept.into_dimensions().unwrap(), (640, 1280));
        assert!(!photo.jpeg.windows(4).any(|four| four == b"Exif"));
    }

    #[test]
    fn the_same_scene_is_known_again_in_another_size_and_another_scene_is_not() {
        let one = read(&jpeg(&scene(1200, 900))).unwrap().looks;
        let again = read(&jpeg(&scene(800, 600))).unwrap().looks;
        let other = read(&jpeg(&scene(1200, 900).fliph())).unwrap().looks;
        assert_eq!(read(&jpeg(&scene(80, 60))).unwrap().shot_at, None);
        assert!(alike(one, again) && !alike(one, other), "{one:x} {again:x} {other:x}");
        let blank = read(&jpeg(&DynamicImage::ImageRgb8(RgbImage::new(60, 40)))).unwrap().looks;
        assert!(!alike(blank, blank));
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        assert!(matches!(read(b"GIF89a"), Err(PhotoError::Kind)));
        assert!(matches!(read(b"\xFF\xD8\xFF\xE0rubbish"), Err(PhotoError::Damaged(_))));
        assert!(matches!(read(&vec![0; MOST + 1]), Err(PhotoError::TooLarge)));
    }
}
