//! Temporary media: three days on the platform's side. Copy what users send at once.

use super::Api;
use super::call::{ApiError, Request};
use bytes::Bytes;
use serde::Deserialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// png, jpg or gif up to 10 MB.
    Image,
    /// amr or mp3 up to 2 MB and 60 s.
    Voice,
    /// mp4 up to 10 MB.
    Video,
    /// jpg up to 64 KB.
    Thumb,
}

impl MediaKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::Thumb => "thumb",
        }
    }
}

/// A file to upload.
#[derive(Debug, Clone)]
pub struct Upload<'a> {
    pub kind: MediaKind,
    pub name: &'a str,
    pub content_type: &'a str,
    pub bytes: Bytes,
}

/// Where an upload lies now.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Media {
    /// Thumbnails have their own field on the wire.
    #[serde(alias = "thumb_media_id")]
    pub media_id: String,
    /// Seconds since 1970.
    pub created_at: i64,
}

/// A file that the platform holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Download {
    File {
        content_type: String,
        bytes: Bytes,
    },
    /// Videos are only pointed to.
    Video {
        url: String,
    },
}

#[derive(Deserialize)]
struct VideoAnswer {
    video_url: String,
}

impl Api {
    pub async fn upload_media(&self, file: Upload<'_>) -> Result<Media, ApiError> {
        let request = Request::upload("/cgi-bin/media/upload", file.name, file.content_type, file.bytes);
        self.call(request.query("type", file.kind.as_str())).await
    }

    /// Fetches what a user or we uploaded in the last three days.
    pub async fn media(&self, media_id: &str) -> Result<Download, ApiError> {
        let answer = self.send(&Request::get("/cgi-bin/media/get").query("media_id", media_id)).await?;
        let is_json =
            ["application/json", "text/plain"].iter().any(|kind| answer.content_type.starts_with(kind));
        if is_json {
            return Ok(Download::Video { url: answer.json::<VideoAnswer>()?.video_url });
        }
        Ok(Download::File { content_type: answer.content_type, bytes: answer.body })
    }

    /// Fetches a recording made by the JS-SDK in the better quality (speex, 16 kHz).
    pub async fn voice_of_page(&self, media_id: &str) -> Result<Bytes, ApiError> {
        Ok(self.send(&Request::get("/cgi-bin/media/get/jssdk").query("media_id", media_id)).await?.body)
    }

    /// Uploads a picture (jpg or png below 1 MB) that an article may show for ever; gives its address.
    pub async fn upload_article_picture(
        &self,
        name: &str,
        content_type: &str,
        bytes: Bytes,
    ) -> Result<String, ApiError> {
        #[derive(Deserialize)]
        struct Answer {
            url: String,
        }
        let request = Request::upload("/cgi-bin/media/uploadimg", name, content_type, bytes);
        Ok(self.call::<Answer>(request).await?.url)
    }
}
