//! A small server that speaks as much of S3 as the program does. It believes every signature of the right key.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use actix_web::http::Method;
use actix_web::web::{Bytes, Data, PayloadConfig, Query};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

#[derive(Default)]
struct State {
    key: String,
    objects: Mutex<BTreeMap<String, Bytes>>,
    /// Uploads in parts, by their id.
    parts: Mutex<HashMap<String, BTreeMap<u32, Bytes>>>,
}

pub struct Bucket {
    address: String,
    state: Arc<State>,
}

impl Bucket {
    /// A bucket that opens for the access key `key`.
    pub fn start(key: &str) -> Bucket {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State { key: key.to_string(), ..State::default() });
        let shared = Data::from(state.clone());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shared.clone())
                .app_data(PayloadConfig::new(64 << 20))
                .default_service(web::to(answer))
        });
        tokio::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
        Bucket { address, state }
    }

    /// What an operator writes into `files_url`.
    pub fn url(&self, key: &str, prefix: &str) -> String {
        format!("s3://{key}:s%2Fecret@bucket/{prefix}?endpoint={}&region=cn-north-1", self.address)
    }

    pub fn keys(&self) -> Vec<String> {
        self.state.objects.lock().unwrap().keys().cloned().collect()
    }
}

async fn answer(
    request: HttpRequest,
    query: Query<HashMap<String, String>>,
    state: Data<State>,
    body: Bytes,
) -> HttpResponse {
    let signed =
        request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !signed.starts_with(&format!("AWS4-HMAC-SHA256 Credential={}/", state.key)) {
        return HttpResponse::Forbidden().body("<Error><Code>InvalidAccessKeyId</Code></Error>");
    }
    let key = request.path().trim_start_matches("/bucket").trim_start_matches('/').to_string();
    let mut objects = state.objects.lock().unwrap();
    let mut parts = state.parts.lock().unwrap();
    let etag = ("ETag", "\"e\"");
    match (request.method(), query.get("uploadId")) {
        (&Method::POST, None) if query.contains_key("uploads") => {
            let id = format!("upload-{}", parts.len());
            parts.insert(id.clone(), BTreeMap::new());
            HttpResponse::Ok().body(format!(
                "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
            ))
        }
        (&Method::PUT, Some(id)) => {
            let number = query["partNumber"].parse().unwrap();
            parts.get_mut(id).unwrap().insert(number, body);
            HttpResponse::Ok().insert_header(etag).finish()
        }
        (&Method::POST, Some(id)) => {
            let whole: Vec<Bytes> = parts.remove(id).unwrap().into_values().collect();
            objects.insert(key, whole.concat().into());
            HttpResponse::Ok()
                .body("<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>")
        }
        (&Method::PUT, None) => {
            objects.insert(key, body);
            HttpResponse::Ok().insert_header(etag).finish()
        }
        (&Method::DELETE, _) => {
            objects.remove(&key);
            HttpResponse::NoContent().finish()
        }
        (&Method::GET, _) if query.contains_key("list-type") => {
            let prefix = &query["prefix"];
            let mut list = String::from("<ListBucketResult><IsTruncated>false</IsTruncated>");
            for (key, bytes) in objects.iter().filter(|(key, _)| key.starts_with(prefix.as_str())) {
                write!(
                    list,
                    "<Contents><Key>{key}</Key><LastModified>2026-09-19T08:30:00Z</LastModified>\
                     <ETag>\"e\"</ETag><Size>{}</Size></Contents>",
                    bytes.len()
                )
                .unwrap();
            }
            HttpResponse::Ok().body(list + "</ListBucketResult>")
        }
        (method, _) => match objects.get(&key) {
            Some(bytes) => object(&request, bytes, method == Method::HEAD),
            None => HttpResponse::NotFound().finish(),
        },
    }
}

fn object(request: &HttpRequest, bytes: &Bytes, head: bool) -> HttpResponse {
    let range = request.headers().get("range").and_then(|value| value.to_str().ok()?.strip_prefix("bytes="));
    let about = [("ETag", "\"e\""), ("Last-Modified", "Sat, 19 Sep 2026 08:30:00 GMT")];
    let mut answer = match range {
        Some(_) => HttpResponse::PartialContent(),
        None => HttpResponse::Ok(),
    };
    about.into_iter().for_each(|header| {
        answer.insert_header(header);
    });
    match range.and_then(|range| range.split_once('-')) {
        Some((from, to)) => {
            let (from, to) = (from.parse::<usize>().unwrap(), to.parse::<usize>().unwrap() + 1);
            answer.insert_header(("Content-Range", format!("bytes {from}-{}/{}", to - 1, bytes.len())));
            answer.body(bytes.slice(from..to))
        }
        None if head => answer.no_chunking(bytes.len() as u64).finish(),
        None => answer.body(bytes.clone()),
    }
}
