//! Reports to save, and the scan of papers that were counted by hand.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use bytes::Bytes;
use uuid::Uuid;

use super::page_of;
use crate::ballot::report::{self, File, Form};
use crate::ballot::{Ballots, round, scan};
use crate::meeting::desk::download;
use crate::web::{Error, Organiser, StaffUser, Upload, see_other};

pub async fn docx(
    ballots: Data<Ballots>,
    user: StaffUser,
    path: Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, Error> {
    let file = report::export(&ballots.base, path.0, path.1, Form::Docx, &user.username).await?;
    Ok(saved(file))
}

pub async fn pdf(
    ballots: Data<Ballots>,
    user: StaffUser,
    path: Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, Error> {
    let file = report::export(&ballots.base, path.0, path.1, Form::Pdf, &user.username).await?;
    Ok(saved(file))
}

/// A file that was made before, as it was.
pub async fn kept(
    ballots: Data<Ballots>,
    _user: StaffUser,
    path: Path<(Uuid, Uuid, String)>,
) -> Result<HttpResponse, Error> {
    let (meeting, round, hash) = path.into_inner();
    Ok(saved(report::kept(&ballots.base, meeting, round, &hash).await?))
}

fn saved(file: File) -> HttpResponse {
    download(file.content_type, &file.name, file.bytes.to_vec())
}

/// Keeps a scan for the manual count that is entered next.
pub async fn keep_scan(
    ballots: Data<Ballots>,
    _user: Organiser,
    path: Path<(Uuid, Uuid)>,
    upload: Upload,
) -> Result<HttpResponse, Error> {
    let round = round::in_meeting(&ballots.base, path.0, path.1).await?;
    let file =
        upload.file.ok_or_else(|| Error::invalid("file", "扫描件", "请选择 PDF、JPG 或 PNG 文件。"))?;
    let hash = scan::keep(&ballots.base, Bytes::from(file.bytes)).await?;
    Ok(see_other(&format!("{}/manual?scan={hash}", page_of(path.0, round.id))))
}

/// The scan that belongs to the manual count.
pub async fn get_scan(
    ballots: Data<Ballots>,
    _user: StaffUser,
    path: Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, Error> {
    let round = round::in_meeting(&ballots.base, path.0, path.1).await?;
    let (kind, ending, bytes) = scan::of_round(&ballots.base, &round).await?;
    Ok(download(kind, &format!("计票扫描件-第{}项.{ending}", round.number), bytes.to_vec()))
}
