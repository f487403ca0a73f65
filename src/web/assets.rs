//! Styles, scripts and pictures: built by `make assets`, inside the binary, under names that change with their
//! content, so that browsers keep them for good.

use std::borrow::Cow;
use std::collections::HashMap;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, ETAG, HeaderMap, IF_NONE_MATCH};
use actix_web::web::Path;
use actix_web::{HttpRequest, http::header::CONTENT_TYPE};
use rust_embed::RustEmbed;

use super::Error;

/// Debug builds read the folder, so a rebuilt style needs no new binary.
#[derive(RustEmbed)]
#[folder = "assets/dist"]
#[allow_missing = true]
struct Dist;

const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Plain names and where they are served.
pub struct Assets {
    urls: HashMap<String, String>,
}

impl Assets {
    /// Reads the list that the build wrote. Without it pages work, plainly.
    pub fn load() -> Assets {
        let list = Dist::get("manifest.json").and_then(|file| read(&file.data));
        if list.is_none() {
            tracing::warn!(
                "assets/dist has no manifest: pages have no styles and scripts until `make assets`"
            );
        }
        Assets { urls: list.unwrap_or_default() }
    }

    pub fn url(&self, name: &str) -> Option<&str> {
        self.urls.get(name).map(String::as_str)
    }
}

/// `{"h5.css": "h5-PKTV4GWB.css"}` as `h5.css` → `/assets/h5-PKTV4GWB.css`.
fn read(manifest: &[u8]) -> Option<HashMap<String, String>> {
    let names: HashMap<String, String> = serde_json::from_slice(manifest).ok()?;
    Some(names.into_iter().map(|(name, file)| (name, format!("/assets/{file}"))).collect())
}

/// `GET /assets/{name}`.
pub async fn serve(name: Path<String>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let file = Dist::get(&name).ok_or_else(|| Error::new("not_found"))?;
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..12]));
    if has(request.headers(), &tag) {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, tag)).finish());
    }
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_TYPE, kind(&name))).insert_header((CACHE_CONTROL, FOR_EVER));
    answer.insert_header((ETAG, tag));
    Ok(match file.data {
        Cow::Borrowed(bytes) => answer.body(bytes),
        Cow::Owned(bytes) => answer.body(bytes),
    })
}

fn has(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or("");
    known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or("") {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "json" => "application/json",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_leads_from_plain_names_to_hashed_ones() {
        let urls = read(br#"{"h5.css": "h5-PKTV4GWB.css"}"#).unwrap();
        assert_eq!(urls["h5.css"], "/assets/h5-PKTV4GWB.css");
        assert!(read(b"half a lis").is_none());
    }

    #[test]
    fn a_browser_that_has_the_file_gets_no_second_copy() {
        let request = |value: &'static str| {
            actix_web::test::TestRequest::get().insert_header((IF_NONE_MATCH, value)).to_http_request()
        };
        assert!(has(request("\"a\", W/\"b\"").headers(), "\"b\""));
        assert!(!has(request("\"a\"").headers(), "\"b\""));
    }

    #[test]
    fn scripts_and_styles_are_named_as_such() {
        assert!(kind("h5-1.js").starts_with("text/javascript"));
        assert!(kind("h5-1.css").starts_with("text/css"));
        assert_eq!(kind("favicon-1.svg"), "image/svg+xml");
    }
}
