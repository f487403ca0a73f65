//! Files that are too large for the database: in a folder of this machine, or in S3-compatible storage that all
//! replicas share. Keys are paths of our own making; what a user calls a file never becomes part of one.
//!
//! Every write is atomic: a reader sees the whole file or none.

use std::error::Error as _;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, WriteMultipart};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;
use uuid::Uuid;

use crate::base::error::Coded;

/// The store of files. Cheap to clone.
#[derive(Clone)]
pub struct Files {
    store: Store,
    /// Before every key.
    prefix: Path,
}

#[derive(Clone)]
enum Store {
    /// `durable` waits for the disk; `quick` is for what can be made again.
    Folder {
        root: PathBuf,
        durable: Arc<LocalFileSystem>,
        quick: Arc<LocalFileSystem>,
    },
    Bucket(Arc<AmazonS3>),
}

/// A file under way.
pub struct Stored {
    /// Its whole size.
    pub bytes: u64,
    pub stream: BoxStream<'static, Result<Bytes, FilesError>>,
}

#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    #[error("no file {0}")]
    Missing(String),
    #[error("the store of files is full")]
    Full(#[source] Cause),
    #[error("the store of files cannot be used")]
    Down(#[source] Cause),
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

impl Coded for FilesError {
    fn code(&self) -> &'static str {
        match self {
            FilesError::Missing(_) => "file_missing",
            FilesError::Full(_) => "storage_full",
            FilesError::Down(_) => "storage_down",
        }
    }
}

impl From<object_store::Error> for FilesError {
    fn from(error: object_store::Error) -> FilesError {
        trouble(error.into())
    }
}

/// A local disk's trouble, for those who write beside the store.
impl From<std::io::Error> for FilesError {
    fn from(error: std::io::Error) -> FilesError {
        trouble(error.into())
    }
}

/// Why `files_url` cannot be understood.
#[derive(Debug, thiserror::Error)]
#[error("files_url：{0}")]
pub struct FilesUrlError(String);

/// Bytes of a file that goes to S3 in one piece; larger ones go in parts of this size.
const PART_BYTES: usize = 8 << 20;
/// Parts under way at once.
const PARTS_AT_ONCE: usize = 2;
/// Bytes read from a local file at once.
const PIECE_BYTES: usize = 256 << 10;

impl Files {
    /// Opens what `url` names; nothing is asked of S3 yet.
    ///
    /// `file:PATH`, made when missing; or `s3://KEY:SECRET@BUCKET/PREFIX?endpoint=https://…&region=…&style=virtual`,
    /// where `style` is `path` (bucket in the path, the default) or `virtual` (bucket in the host name, as the large
    /// Chinese providers want it; `endpoint` then names the bucket's host).
    pub fn open(url: &str) -> Result<Files, FilesUrlError> {
        if let Some(folder) = url.strip_prefix("file:") {
            let root = PathBuf::from(if folder.starts_with("///") { &folder[2..] } else { folder });
            std::fs::create_dir_all(&root)
                .map_err(|error| FilesUrlError(format!("不能建立文件夹 {}（{error}）", root.display())))?;
            let open =
                || LocalFileSystem::new_with_prefix(&root).map(|folder| folder.with_automatic_cleanup(true));
            let wrong = |error: object_store::Error| FilesUrlError(error.to_string());
            let (durable, quick) = (open().map_err(wrong)?.with_fsync(true), open().map_err(wrong)?);
            let store = Store::Folder { root, durable: Arc::new(durable), quick: Arc::new(quick) };
            return Ok(Files { store, prefix: Path::default() });
        }
        let address = Url::parse(url).map_err(|_| FilesUrlError("不是网址".to_string()))?;
        let prefix = Path::parse(address.path().trim_matches('/'))
            .map_err(|error| FilesUrlError(format!("前缀不能用（{error}）")))?;
        Ok(Files { store: Store::Bucket(Arc::new(bucket(&address)?)), prefix })
    }

    /// Writes `bytes` as `key`; on return they are safe. What stood there is replaced.
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<(), FilesError> {
        let store = self.store.durable();
        store.put(&self.path(key), bytes.into()).await.map(|_| ()).map_err(|error| failed(key, error))
    }

    /// The same for what can be made again: a power cut may lose it, never damage it.
    pub async fn put_remakable(&self, key: &str, bytes: Bytes) -> Result<(), FilesError> {
        let store = self.store.quick();
        store.put(&self.path(key), bytes.into()).await.map(|_| ()).map_err(|error| failed(key, error))
    }

    /// Copies the local file `from` to `key`, a part at a time; on return it is safe.
    pub async fn put_file(&self, key: &str, from: &FilePath) -> Result<(), FilesError> {
        let mut file = tokio::fs::File::open(from).await?;
        let size = file.metadata().await?.len();
        if size <= PART_BYTES as u64 {
            let mut whole = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
            file.read_to_end(&mut whole).await?;
            return self.put(key, whole.into()).await;
        }
        let store = self.store.durable();
        let upload = store.put_multipart(&self.path(key)).await.map_err(|error| failed(key, error))?;
        let mut writer = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let copied = async {
                writer.wait_for_capacity(PARTS_AT_ONCE).await?;
                Ok::<_, FilesError>(file.read(&mut piece).await?)
            };
            match copied.await {
                Ok(0) => break,
                Ok(read) => writer.write(&piece[..read]),
                Err(error) => {
                    if let Err(error) = writer.abort().await {
                        tracing::debug!(%error, key, "the rest of a broken upload stays");
                    }
                    return Err(error);
                }
            }
        }
        writer.finish().await.map(|_| ()).map_err(|error| failed(key, error))
    }

    /// The whole file, for files known to be small.
    pub async fn get(&self, key: &str) -> Result<Bytes, FilesError> {
        let found = async { self.store.quick().get(&self.path(key)).await?.bytes().await };
        found.await.map_err(|error| failed(key, error))
    }

    /// The bytes of `range`, cut at the file's end.
    pub async fn range(&self, key: &str, range: Range<u64>) -> Result<Bytes, FilesError> {
        self.store.quick().get_range(&self.path(key), range).await.map_err(|error| failed(key, error))
    }

    /// The file a piece at a time.
    pub async fn stream(&self, key: &str) -> Result<Stored, FilesError> {
        let found = self.store.quick().get(&self.path(key)).await.map_err(|error| failed(key, error))?;
        let key = key.to_string();
        let bytes = found.meta.size;
        let stream = found.into_stream().map_err(move |error| failed(&key, error)).boxed();
        Ok(Stored { bytes, stream })
    }

    /// Copies the file to the local path `to`.
    pub async fn fetch(&self, key: &str, to: &FilePath) -> Result<(), FilesError> {
        let mut pieces = self.stream(key).await?.stream;
        let mut file = tokio::fs::File::create(to).await?;
        while let Some(piece) = pieces.try_next().await? {
            file.write_all(&piece).await?;
        }
        Ok(file.flush().await?)
    }

    pub async fn exists(&self, key: &str) -> Result<bool, FilesError> {
        match self.store.quick().head(&self.path(key)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(failed(key, error)),
        }
    }

    /// Removes the file; one that is not there is removed already.
    pub async fn delete(&self, key: &str) -> Result<(), FilesError> {
        match self.store.quick().delete(&self.path(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(key, error)),
        }
    }

    /// Removes every file whose key begins with `folder` and a slash.
    pub async fn delete_under(&self, folder: &str) -> Result<(), FilesError> {
        let store = self.store.quick();
        let found: Vec<Path> = store
            .list(Some(&self.path(folder)))
            .map_ok(|meta| meta.location)
            .try_collect()
            .await
            .map_err(|error| failed(folder, error))?;
        for path in found {
            match store.delete(&path).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(failed(folder, error)),
            }
        }
        Ok(())
    }

    /// Whether the store answers. Cheap; says nothing of space.
    pub async fn ping(&self) -> Result<(), FilesError> {
        if let Store::Folder { root, .. } = &self.store {
            return match tokio::fs::metadata(root).await {
                Ok(found) if found.is_dir() => Ok(()),
                Ok(_) => Err(trouble("not a folder".into())),
                Err(error) => Err(error.into()),
            };
        }
        self.exists("ping").await.map(|_| ())
    }

    /// Writes a small file, reads it and removes it.
    pub async fn probe(&self) -> Result<(), FilesError> {
        let key = format!("probe/{}", Uuid::new_v4().simple());
        self.put(&key, Bytes::from_static(b"probe")).await?;
        self.get(&key).await?;
        self.delete(&key).await
    }

    /// `folder` or `s3`, for operators; no rule may depend on it.
    pub fn name(&self) -> &'static str {
        match self.store {
            Store::Folder { .. } => "folder",
            Store::Bucket(_) => "s3",
        }
    }

    fn path(&self, key: &str) -> Path {
        self.prefix.parts().chain(Path::from(key).parts()).collect()
    }
}

impl Store {
    fn durable(&self) -> Arc<dyn ObjectStore> {
        match self {
            Store::Folder { durable, .. } => durable.clone(),
            Store::Bucket(bucket) => bucket.clone(),
        }
    }

    fn quick(&self) -> Arc<dyn ObjectStore> {
        match self {
            Store::Folder { quick, .. } => quick.clone(),
            Store::Bucket(bucket) => bucket.clone(),
        }
    }
}

fn bucket(address: &Url) -> Result<AmazonS3, FilesUrlError> {
    let missing = |what: &str| FilesUrlError(format!("缺少{what}，写法见 yishiting.toml"));
    if address.scheme() != "s3" {
        return Err(FilesUrlError("应以 file: 或 s3:// 开头".to_string()));
    }
    let decoded = |text: &str| {
        percent_encoding_free(text).ok_or_else(|| FilesUrlError("密钥里的特殊字符要写成 %XX".to_string()))
    };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(address.host_str().ok_or_else(|| missing("存储桶名称"))?)
        .with_access_key_id(decoded(address.username())?)
        .with_secret_access_key(decoded(address.password().ok_or_else(|| missing("密钥"))?)?)
        // Not every compatible storage knows how to remove many at once.
        .with_disable_bulk_delete(true)
        .with_region("us-east-1");
    for (key, value) in address.query_pairs() {
        builder = match (key.as_ref(), value.as_ref()) {
            ("endpoint", value) => builder.with_allow_http(value.starts_with("http://")).with_endpoint(value),
            ("region", value) => builder.with_region(value),
            ("style", "path") => builder.with_virtual_hosted_style_request(false),
            ("style", "virtual") => builder.with_virtual_hosted_style_request(true),
            _ => return Err(FilesUrlError(format!("不认识 {key}={value}"))),
        };
    }
    builder.build().map_err(|error| FilesUrlError(error.to_string()))
}

/// `%2F` becomes `/`; `None` when it is not text then.
fn percent_encoding_free(text: &str) -> Option<String> {
    let query = format!("x={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(query.as_bytes()).next().map(|(_, value)| value.into_owned())
}

fn failed(key: &str, error: object_store::Error) -> FilesError {
    match error {
        object_store::Error::NotFound { .. } => FilesError::Missing(key.to_string()),
        error => trouble(error.into()),
    }
}

/// Full or down, by what the system said underneath.
fn trouble(error: Cause) -> FilesError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error.as_ref());
    while let Some(current) = cause {
        if let Some(io) = current.downcast_ref::<std::io::Error>() {
            if matches!(io.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
                return FilesError::Full(error);
            }
            // An `io::Error` hides its cause from `source` when it was made of another error.
            cause = match io.get_ref() {
                Some(inner) => Some(inner),
                None => io.source(),
            };
            continue;
        }
        cause = current.source();
    }
    FilesError::Down(error)
}
