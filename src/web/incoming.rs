//! A form with one file that is too large to hold in memory: its content goes on as it arrives.

use std::collections::HashMap;

use actix_multipart::{Field, Multipart};
use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, ContentDisposition};
use actix_web::{FromRequest, HttpRequest};
use bytes::Bytes;
use futures_util::future::{Ready, ready};
use futures_util::{Stream, StreamExt, TryStreamExt};

use super::{Error, form};

/// A `multipart/form-data` body. Nothing is read before [`Incoming::file`] is called.
pub struct Incoming {
    /// The text fields read so far. Browsers send them in the order of the form: those that decide stand before the file.
    pub fields: HashMap<String, String>,
    parts: Multipart,
    request: HttpRequest,
}

/// A file as it arrives.
pub struct Arriving {
    /// What its user calls it; for showing only.
    pub name: String,
    part: Field,
}

/// Bytes of a text field at most.
const TEXT: usize = 8 << 10;
/// Fields at most.
const FIELDS: usize = 30;
/// A refused body up to this size is read to its end, so that the client hears why; of a larger one it only sees the
/// connection close.
const HEARD_OUT: u64 = 256 << 20;

impl FromRequest for Incoming {
    type Error = Error;
    type Future = Ready<Result<Incoming, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let parts = Multipart::from_request(request, payload).into_inner().map_err(unreadable);
        let request = request.clone();
        ready(parts.map(|parts| Incoming { fields: HashMap::new(), parts, request }))
    }
}

impl Incoming {
    /// The file, with the session's token checked before its first byte; `None` when none was chosen.
    pub async fn file(&mut self) -> Result<Option<Arriving>, Error> {
        let found = self.until_file().await?;
        form::check(&self.request, self.fields.get("csrf").map(String::as_str)).await?;
        // A browser sends an unchosen file as an empty one without a name.
        Ok(found.filter(|file| !file.name.is_empty()))
    }

    async fn until_file(&mut self) -> Result<Option<Arriving>, Error> {
        while let Some(part) = self.parts.try_next().await.map_err(unreadable)? {
            if let Some(name) = part.content_disposition().and_then(file_name) {
                return Ok(Some(Arriving { name, part }));
            }
            if self.fields.len() >= FIELDS {
                return Err(Error::new("bad_request").because_of("too many fields"));
            }
            let name = part.name().unwrap_or_default().to_string();
            let text = text(part).await?;
            self.fields.insert(name, text);
        }
        Ok(None)
    }

    /// The fields behind the file; another file is refused.
    pub async fn rest(&mut self) -> Result<(), Error> {
        match self.until_file().await? {
            Some(_) => Err(Error::new("bad_request").because_of("one file a request")),
            None => Ok(()),
        }
    }

    /// Reads what is left of a refused body, so that its sender hears the refusal.
    pub async fn hear_out(&mut self) {
        let length = self.request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        let length: Option<u64> = length.and_then(|length| length.parse().ok());
        if length.is_none_or(|length| length > HEARD_OUT) {
            return;
        }
        while let Some(Ok(mut part)) = self.parts.next().await {
            while let Some(Ok(_)) = part.next().await {}
        }
    }
}

impl Arriving {
    pub fn content(self) -> impl Stream<Item = Result<Bytes, String>> {
        self.part.map_err(|error| error.to_string())
    }
}

/// As browsers write it, or as programs do that encode it (`filename*`).
fn file_name(disposition: &ContentDisposition) -> Option<String> {
    let encoded = disposition.get_filename_ext().and_then(|name| String::from_utf8(name.value.clone()).ok());
    encoded.or_else(|| disposition.get_filename().map(ToString::to_string))
}

async fn text(mut part: Field) -> Result<String, Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(unreadable)?;
        if bytes.len() + chunk.len() > TEXT {
            return Err(Error::too_large(TEXT));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|error| Error::new("bad_request").because(error))
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::new("bad_request").because_of(error.to_string())
}
