//! A form with one file, read into memory, with the session's token checked.

use std::collections::HashMap;

use actix_multipart::{Field, Multipart};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use futures_util::{StreamExt, TryStreamExt};

use super::{Error, form};

/// A `multipart/form-data` body of text fields and a few files.
#[derive(Debug, Default)]
pub struct Upload {
    pub fields: HashMap<String, String>,
    /// The first; `None` when no file was chosen.
    pub file: Option<File>,
    /// All after the first, for forms that take several; others let them be.
    pub more: Vec<File>,
}

/// What was chosen, as the browser calls it. The name is for showing only; the content tells the type.
#[derive(Debug)]
pub struct File {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Bytes of a file at most: a list of twenty thousand people as a workbook has a tenth of this.
const FILE: usize = 10 << 20;
/// Files after the first at most.
const MORE: usize = 8;
/// Bytes of a text field at most: four thousand Chinese signs, each of which may take four bytes.
const TEXT: usize = 17 << 10;
/// Fields at most.
const FIELDS: usize = 30;

impl FromRequest for Upload {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Upload, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let parts = Multipart::from_request(request, payload).into_inner();
        let request = request.clone();
        Box::pin(async move {
            let mut parts = parts.map_err(unreadable)?;
            let mut upload = Upload::default();
            let mut count = 0;
            while let Some(part) = parts.try_next().await.map_err(unreadable)? {
                count += 1;
                if count > FIELDS {
                    return Err(Error::new("bad_request").because_of("too many fields"));
                }
                upload.take(part).await?;
            }
            form::check(&request, upload.fields.get("csrf").map(String::as_str)).await?;
            Ok(upload)
        })
    }
}

impl Upload {
    async fn take(&mut self, part: Field) -> Result<(), Error> {
        let name = part.name().unwrap_or_default().to_string();
        let chosen = part
            .content_disposition()
            .and_then(|disposition| disposition.get_filename())
            .map(ToString::to_string);
        match chosen {
            Some(file_name) => {
                let bytes = read(part, FILE).await?;
                // A browser sends an unchosen file as an empty one without a name.
                let file = File { name: file_name, bytes };
                match (file.name.is_empty(), self.file.is_some()) {
                    (true, _) => {}
                    (_, false) => self.file = Some(file),
                    (_, true) if self.more.len() < MORE => self.more.push(file),
                    _ => return Err(Error::new("bad_request").because_of("too many files")),
                }
            }
            None => {
                let bytes = read(part, TEXT).await?;
                let text =
                    String::from_utf8(bytes).map_err(|error| Error::new("bad_request").because(error))?;
                self.fields.insert(name, text);
            }
        }
        Ok(())
    }
}

async fn read(mut part: Field, limit: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(unreadable)?;
        if bytes.len() + chunk.len() > limit {
            return Err(Error::too_large(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::new("bad_request").because_of(error.to_string())
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use actix_web::test::TestRequest;
    use actix_web::web::post;

    use super::*;
    use crate::people::staff::Role;
    use crate::web::testing::{app, ask, desk, place, text};

    async fn receive(upload: Upload) -> String {
        let file = upload.file.map_or_else(String::new, |file| format!("{}:{}", file.name, file.bytes.len()));
        format!("{} {file}", upload.fields.get("missing").map_or("", String::as_str))
    }

    fn body(csrf: &str, file: Option<(&str, &[u8])>) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, value) in [("csrf", csrf), ("missing", "stay")] {
            body.extend_from_slice(
                format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                    .as_bytes(),
            );
        }
        if let Some((name, bytes)) = file {
            let head = format!(
                "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/csv\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--b--\r\n");
        body
    }

    #[actix_web::test]
    async fn a_file_and_its_fields_arrive_when_the_token_is_right() {
        let place = place().await;
        let app = app(&place, |routes| {
            routes.route("/desk/x", post().to(receive));
        })
        .await;
        let (cookie, token) = desk(&place, Role::Organiser).await;
        let send = |body: Vec<u8>| {
            TestRequest::post()
                .uri("/desk/x")
                .cookie(cookie.clone())
                .insert_header(("Content-Type", "multipart/form-data; boundary=b"))
                .set_payload(body)
        };
        let fine = ask(&app, send(body(&token, Some(("名册.csv", b"a,b"))))).await;
        assert_eq!(text(fine).await, "stay 名册.csv:3");
        assert_eq!(text(ask(&app, send(body(&token, Some(("", b""))))).await).await, "stay ");
        assert_eq!(text(ask(&app, send(body(&token, None))).await).await, "stay ");

        let foreign = ask(&app, send(body("wrong", None))).await;
        assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
        let large = ask(&app, send(body(&token, Some(("a.csv", &vec![b'a'; FILE + 1]))))).await;
        assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert!(text(large).await.contains("最多 10 MB"));
        let broken = ask(&app, send(b"--b\r\nnonsense".to_vec())).await;
        assert_eq!(broken.status(), StatusCode::BAD_REQUEST);
    }
}
