//! The store of files: the same rules in a folder and in storage that speaks S3.

mod bucket;

use bytes::Bytes;
use futures_util::TryStreamExt;
use reqwest::StatusCode;
use yishiting::base::error::Coded;
use yishiting::base::files::{Files, FilesError};
use yishiting::server::install_crypto;

use crate::support::TestApp;
use bucket::Bucket;

/// Everything that a store must do, whichever it is.
async fn keeps_files(files: &Files) {
    files.probe().await.unwrap();
    let text = Bytes::from("会议材料".repeat(1000));
    files.put("a/original", text.clone()).await.unwrap();
    files.put_remakable("a/1.jpg", Bytes::from_static(b"page")).await.unwrap();
    files.put("ab/original", Bytes::from_static(b"another")).await.unwrap();
    assert_eq!(files.get("a/original").await.unwrap(), text);
    assert_eq!(files.range("a/original", 3..9).await.unwrap(), text.slice(3..9));
    files.put("a/1.jpg", Bytes::from_static(b"newer")).await.unwrap();
    assert_eq!(files.get("a/1.jpg").await.unwrap(), "newer");
    assert!(files.exists("a/1.jpg").await.unwrap() && !files.exists("a/2.jpg").await.unwrap());

    // Larger than one part, from a local file and back to one.
    let large: Vec<u8> = (0..20_000_000u32).map(|n| (n % 251) as u8).collect();
    let (from, to) = (tempfile::NamedTempFile::new().unwrap(), tempfile::NamedTempFile::new().unwrap());
    std::fs::write(from.path(), &large).unwrap();
    files.put_file("a/large", from.path()).await.unwrap();
    files.fetch("a/large", to.path()).await.unwrap();
    assert!(std::fs::read(to.path()).unwrap() == large);
    let stored = files.stream("a/large").await.unwrap();
    assert_eq!(stored.bytes, 20_000_000);
    let pieces: Vec<Bytes> = stored.stream.try_collect().await.unwrap();
    assert!(pieces.concat() == large);

    files.delete("a/1.jpg").await.unwrap();
    files.delete("a/1.jpg").await.unwrap();
    assert!(matches!(files.get("a/1.jpg").await, Err(FilesError::Missing(_))));
    files.delete_under("a").await.unwrap();
    files.delete_under("a").await.unwrap();
    assert!(!files.exists("a/original").await.unwrap() && !files.exists("a/large").await.unwrap());
    assert!(files.exists("ab/original").await.unwrap(), "a neighbour whose name begins the same stays");
}

#[tokio::test]
async fn a_folder_keeps_files() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::open(&format!("file:{}/deep/store", folder.path().display())).unwrap();
    keeps_files(&files).await;
}

#[tokio::test]
async fn storage_that_speaks_s3_keeps_files() {
    install_crypto();
    let bucket = Bucket::start("KEY");
    let files = Files::open(&bucket.url("KEY", "city/files")).unwrap();
    keeps_files(&files).await;
    assert!(bucket.keys().iter().all(|key| key.starts_with("city/files/")), "{:?}", bucket.keys());
}

#[tokio::test]
async fn a_wrong_key_is_trouble_and_not_a_missing_file() {
    install_crypto();
    let bucket = Bucket::start("KEY");
    let files = Files::open(&bucket.url("OTHER", "p")).unwrap();
    assert_eq!(files.get("a").await.unwrap_err().code(), "storage_down");
    assert!(files.ping().await.is_err());
}

#[test]
fn an_address_that_cannot_be_understood_says_what_is_missing() {
    for (url, word) in [
        ("s3://", "存储桶"),
        ("s3://K:S@bucket/p?colour=red", "colour"),
        ("s3://K@bucket", "密钥"),
        ("ftp://x", "s3://"),
        ("nonsense", "网址"),
    ] {
        let error = Files::open(url).err().unwrap().to_string();
        assert!(error.contains(word) && error.starts_with("files_url"), "{url}: {error}");
    }
}

#[tokio::test]
async fn a_server_without_its_store_of_files_serves_and_says_so() {
    let app = TestApp::spawn().await;
    let ready = app.browser().get("/readyz").await.json();
    assert_eq!(
        (&ready["files"]["kind"], &ready["files"]["status"]),
        (&"folder".into(), &"ok".into()),
        "{ready}"
    );
    std::fs::remove_dir_all(app.base.config.data_dir.join("files")).unwrap();
    let ready = app.browser().get("/readyz").await;
    assert_eq!((ready.status, ready.json()["files"]["status"].as_str()), (StatusCode::OK, Some("down")));
}
