//! Temporary media and pictures of articles.

use std::collections::{HashMap, VecDeque};

use actix_multipart::Multipart;
use actix_web::http::header::HeaderMap;
use actix_web::web::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::json;

use super::api::{Answer, Call, Endpoint, bare, get, post};
use super::errcode::{Refusal, refuse};
use super::ids;

pub const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/media/upload", Some(100_000), upload),
    get("/cgi-bin/media/get", Some(200_000), download),
    post("/cgi-bin/media/uploadimg", Some(100_000), upload_picture),
];

/// Temporary media are gone after three days.
const LIFE: i64 = 3 * 24 * 3600;
/// All files together; the oldest make room.
const MAX_TOTAL: usize = 256 * 1024 * 1024;
const KB: usize = 1024;
const MB: usize = 1024 * KB;

/// A file from a multipart request.
#[derive(Debug, Clone)]
pub struct Upload {
    pub name: String,
    pub bytes: Bytes,
}

/// A kept file.
pub struct File {
    pub kind: String,
    pub name: String,
    pub content_type: &'static str,
    pub bytes: Bytes,
    expires_at: i64,
}

/// Files by media id.
#[derive(Default)]
pub struct Library {
    files: HashMap<String, File>,
    order: VecDeque<String>,
    total: usize,
}

impl Library {
    /// Keeps a file for three days (`forever` for pictures of articles) and names it.
    pub fn keep(&mut self, kind: &str, upload: Upload, now: i64, forever: bool) -> String {
        let id = ids::random(64);
        self.total += upload.bytes.len();
        while self.total > MAX_TOTAL {
            let Some(oldest) = self.order.pop_front() else { break };
            self.total -= self.files.remove(&oldest).map_or(0, |file| file.bytes.len());
        }
        let file = File {
            kind: kind.to_string(),
            content_type: content_type(&upload.name),
            name: upload.name,
            bytes: upload.bytes,
            expires_at: if forever { i64::MAX } else { now + LIFE },
        };
        self.files.insert(id.clone(), file);
        self.order.push_back(id.clone());
        id
    }

    /// The file, unless it is unknown or its time is over.
    pub fn file(&self, id: &str, now: i64) -> Option<&File> {
        self.files.get(id).filter(|file| file.expires_at > now)
    }

    /// Where browsers find the file.
    pub fn url(&self, id: &str, now: i64, base: &str) -> Option<String> {
        self.file(id, now).map(|_| format!("{base}/_sim/media/{id}"))
    }

    pub fn len(&self) -> usize {
        self.files.len()
    }
}

/// The first file of a multipart body; `None` for any other body.
pub async fn read_upload(headers: &HeaderMap, body: &Bytes) -> Result<Option<Upload>, Refusal> {
    let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("multipart/form-data") {
        return Ok(None);
    }
    let body = body.clone();
    let mut form = Multipart::new(headers, stream::once(async move { Ok(body) }).boxed_local());
    while let Some(mut field) = form.try_next().await.map_err(|_| refuse(41005))? {
        let file_name = field.content_disposition().and_then(|head| head.get_filename());
        let Some(name) = file_name.map(clean_name) else { continue };
        let mut bytes = Vec::new();
        while let Some(chunk) = field.try_next().await.map_err(|_| refuse(41005))? {
            bytes.extend_from_slice(&chunk);
        }
        return Ok(Some(Upload { name, bytes: bytes.into() }));
    }
    Ok(None)
}

/// The last part of a path, without what would break a header.
fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| !c.is_control() && !matches!(c, '"' | ';')).take(100).collect()
}

fn extension(name: &str) -> String {
    name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default()
}

fn content_type(name: &str) -> &'static str {
    match extension(name).as_str() {
        "png" => "image/png",
        "gif" => "image/gif",
        "jpg" | "jpeg" => "image/jpeg",
        "amr" => "audio/amr",
        "mp3" => "audio/mp3",
        "mp4" => "video/mp4",
        _ => "application/octet-stream",
    }
}

/// Whether the content is a picture of one of these kinds, whatever its name says.
fn is_picture(bytes: &[u8], gif: bool) -> bool {
    use image::ImageFormat::{Jpeg, Png};
    matches!(image::guess_format(bytes), Ok(Jpeg | Png)) || (gif && bytes.starts_with(b"GIF8"))
}

fn upload(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let kind = call.param("type").unwrap_or_default().to_string();
    let (limit, extensions): (usize, &[&str]) = match kind.as_str() {
        "image" => (10 * MB, &["png", "jpg", "jpeg", "gif"]),
        "voice" => (2 * MB, &["amr", "mp3"]),
        "video" => (10 * MB, &["mp4"]),
        "thumb" => (64 * KB, &["jpg", "jpeg"]),
        _ => return Err(refuse(40004)),
    };
    let upload = call.upload.take().ok_or_else(|| refuse(41005))?;
    if upload.bytes.is_empty() {
        return Err(refuse(40006));
    }
    if upload.bytes.len() > limit {
        return Err(refuse(45001));
    }
    if !extensions.contains(&extension(&upload.name).as_str()) {
        return Err(refuse(40005));
    }
    if matches!(kind.as_str(), "image" | "thumb") && !is_picture(&upload.bytes, kind == "image") {
        return Err(refuse(40137));
    }
    let now = call.unix();
    let id = call.world.library.keep(&kind, upload, now, false);
    let id_name = if kind == "thumb" { "thumb_media_id" } else { "media_id" };
    bare(json!({"type": kind, id_name: id, "created_at": now}))
}

fn download(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let id = call.param("media_id").ok_or_else(|| refuse(41006))?;
    let now = call.unix();
    let file = call.world.library.file(id, now).ok_or_else(|| refuse(40007))?;
    if file.kind == "video" {
        return bare(json!({"video_url": call.world.library.url(id, now, call.base)}));
    }
    Ok(Answer::File {
        content_type: file.content_type.to_string(),
        name: file.name.clone(),
        bytes: file.bytes.clone(),
    })
}

fn upload_picture(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let upload = call.upload.take().ok_or_else(|| refuse(41005))?;
    if upload.bytes.len() > MB {
        return Err(refuse(45001));
    }
    if !is_picture(&upload.bytes, false) {
        return Err(refuse(40005));
    }
    let now = call.unix();
    let id = call.world.library.keep("image", upload, now, true);
    bare(json!({"url": call.world.library.url(&id, now, call.base)}))
}
