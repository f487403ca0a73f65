//! Pictures of cases: made small, turned upright, and freed of place and camera before they are kept.

use std::io::Cursor;

use bytes::Bytes;
use image::ImageReader;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::Cases;
use super::model::case_photo;
use crate::base::error::Coded;
use crate::base::files::FilesError;
use crate::base::privacy::digest;

/// Pixels of the longer side.
const SIDE: u32 = 1600;
/// Pixels that are opened at all: more is a bomb, or no photo of a street.
const MOST: u64 = 60_000_000;

#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    #[error("not a picture: {0}")]
    NoPicture(String),
    #[error("no such picture")]
    NotFound,
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Coded for PhotoError {
    fn code(&self) -> &'static str {
        match self {
            PhotoError::NoPicture(_) => "case_photo",
            PhotoError::NotFound => "case_not_found",
            PhotoError::Files(_) | PhotoError::Database(_) => "unavailable",
        }
    }

    fn field(&self) -> Option<&'static str> {
        matches!(self, PhotoError::NoPicture(_)).then_some("photo")
    }
}

/// Keeps a picture as it may be seen; answers the key of its file and the digest of what was sent.
pub async fn keep(cases: &Cases, bytes: Vec<u8>) -> Result<(String, String), PhotoError> {
    let hash = digest(&bytes);
    let small = tokio::task::spawn_blocking(move || shrink(&bytes))
        .await
        .map_err(|error| PhotoError::NoPicture(error.to_string()))??;
    let key = format!("case/{}.jpg", Uuid::now_v7());
    cases.base.files.put(&key, small.into()).await?;
    Ok((key, hash))
}

/// Upright, no larger than [`SIDE`], written anew: nothing of what the camera added is left.
fn shrink(bytes: &[u8]) -> Result<Vec<u8>, PhotoError> {
    use image::ImageDecoder;
    let wrong = |error: String| PhotoError::NoPicture(error);
    let reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| wrong(e.to_string()))?;
    let mut decoder = reader.into_decoder().map_err(|error| wrong(error.to_string()))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST {
        return Err(wrong(format!("{width} x {height} pixels")));
    }
    let turn = decoder.orientation().map_err(|error| wrong(error.to_string()))?;
    let mut picture = image::DynamicImage::from_decoder(decoder).map_err(|error| wrong(error.to_string()))?;
    picture.apply_orientation(turn);
    if picture.width().max(picture.height()) > SIDE {
        picture = picture.resize(SIDE, SIDE, image::imageops::FilterType::Triangle);
    }
    let mut out = Cursor::new(Vec::new());
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 82);
    encoder.encode_image(&picture.to_rgb8()).map_err(|error| wrong(error.to_string()))?;
    Ok(out.into_inner())
}

/// The bytes of a picture of `case`; with `public`, only of one that everybody may see.
pub async fn of(cases: &Cases, case: Uuid, id: Uuid, public: bool) -> Result<Bytes, PhotoError> {
    let row = case_photo::Entity::find_by_id(id)
        .filter(case_photo::Column::CaseId.eq(case))
        .one(cases.store.db.read())
        .await?;
    let row = row.filter(|row| row.published || !public).ok_or(PhotoError::NotFound)?;
    Ok(cases.base.files.get(&row.file).await?)
}
