//! Styles, scripts and pictures: built by `make assets`, inside the binary, under names that change with their
//! content, so that browsers keep them for good.

use std::borrow::Cow;
use std::collections::HashMap;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderName,
    IF_NONE_MATCH, VARY,
};
use actix_web::web::Path;
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
    let plain = Dist::get(&name).ok_or_else(|| Error::new("not_found"))?;
    let tag = format!("\"{}\"", hex::encode(&plain.metadata.sha256_hash()[..12]));
    if lists(request.headers(), &IF_NONE_MATCH, &tag) {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, tag)).finish());
    }
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_TYPE, kind(&name))).insert_header((CACHE_CONTROL, FOR_EVER));
    answer.insert_header((ETAG, tag)).insert_header((VARY, "Accept-Encoding"));
    let packed = [("br", ".br"), ("gzip", ".gz")].into_iter().find_map(|(encoding, ending)| {
        let wanted = lists(request.headers(), &ACCEPT_ENCODING, encoding);
        wanted.then(|| Dist::get(&format!("{name}{ending}"))).flatten().map(|file| (encoding, file))
    });
    let data = match packed {
        Some((encoding, file)) => {
            answer.insert_header((CONTENT_ENCODING, encoding));
            file.data
        }
        None => plain.data,
    };
    Ok(match data {
        Cow::Borrowed(bytes) => answer.body(bytes),
        Cow::Owned(bytes) => answer.body(bytes),
    })
}

/// Whether a header with a list names `wanted`; `;q=…` does not matter, but for the q that means no.
fn lists(headers: &HeaderMap, name: &HeaderName, wanted: &str) -> bool {
    let list = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    list.split(',').map(str::trim).any(|item| {
        let (item, quality) = item.split_once(';').unwrap_or((item, ""));
        item.trim().trim_start_matches("W/") == wanted && !matches!(quality.trim(), "q=0" | "q=0.0")
    })
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or("") {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" => "image/jpeg",
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
    fn lists_in_headers_are_read_item_by_item() {
        let headers = |name, value: &'static str| {
            actix_web::test::TestRequest::get().insert_header((name, value)).to_http_request()
        };
        let tags = headers(IF_NONE_MATCH, "\"a\", W/\"b\"");
        assert!(lists(tags.headers(), &IF_NONE_MATCH, "\"b\""));
        assert!(!lists(tags.headers(), &IF_NONE_MATCH, "\"c\""));
        let encodings = headers(ACCEPT_ENCODING, "gzip;q=0.8, br;q=0");
        assert!(lists(encodings.headers(), &ACCEPT_ENCODING, "gzip"));
        assert!(!lists(encodings.headers(), &ACCEPT_ENCODING, "br"));
    }

    #[actix_web::test]
    async fn an_asset_that_is_not_there_is_not_found() {
        let place = crate::web::testing::place().await;
        let app = crate::web::testing::app(&place, |_| {}).await;
        for name in ["none.js", "..%2Fpackage.json", "..%2F..%2FCargo.toml"] {
            let request = actix_web::test::TestRequest::get().uri(&format!("/assets/{name}"));
            assert_eq!(crate::web::testing::ask(&app, request).await.status(), 404, "{name}");
        }
    }

    #[test]
    fn scripts_and_styles_are_named_as_such() {
        assert!(kind("h5-1.js").starts_with("text/javascript"));
        assert!(kind("h5-1.css").starts_with("text/css"));
        assert_eq!(kind("favicon-1.svg"), "image/svg+xml");
    }
}
