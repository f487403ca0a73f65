//! Floor 1: what everything else stands on. Knows nothing of WeChat, people or meetings.

pub mod cache;
pub mod calendar;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
pub mod files;
pub mod geo;
pub mod live;
pub mod pdf;
pub mod privacy;
pub mod search;
pub mod sheet;
pub mod words;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The services of this floor, opened once at start and handed to everything above. Cheap to clone.
#[derive(Clone)]
pub struct Base {
    pub config: Arc<config::Config>,
    pub db: db::Db,
    pub cache: cache::Cache,
    pub files: files::Files,
    pub clock: clock::Clock,
    pub keys: privacy::Keys,
    /// Cancelled when the process is asked to stop: streams end, workers finish what they hold.
    pub stopping: CancellationToken,
    /// Background work that must end before the process does.
    pub tasks: TaskTracker,
}

impl Base {
    /// Opens the database (and brings it to the newest migration), the cache and the keys that `config` names.
    pub async fn open(config: config::Config, clock: clock::Clock) -> Result<Base, OpenError> {
        let db = db::Db::connect(&config.database_url).await?;
        db.migrate().await?;
        let cache = cache::Cache::connect(config.redis_url.as_deref(), clock.clone()).await?;
        let files = files::Files::open(&config.files_url)?;
        let keys = privacy::Keys::load_or_create(&config.master_key_file)?;
        Ok(Base {
            config: Arc::new(config),
            db,
            cache,
            files,
            clock,
            keys,
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
        })
    }
}

/// Why the floor could not be opened; shown to the operator who starts the program.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("数据库无法使用：{0}")]
    Database(#[from] sea_orm::DbErr),
    #[error("缓存（YST_REDIS_URL）无法使用：{0}")]
    Cache(#[from] redis::RedisError),
    #[error(transparent)]
    Files(#[from] files::FilesUrlError),
    #[error(transparent)]
    Keys(#[from] privacy::KeyError),
}
