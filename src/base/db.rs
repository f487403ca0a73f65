//! One database behind one handle: SQLite (alone) or PostgreSQL (many replicas). Nothing above asks which.

use std::time::Duration;

use migrations::{Migrator, MigratorTrait};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ActiveModelTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction,
    DbBackend, DbErr, EntityTrait, IntoActiveModel, QuerySelect, QueryTrait, Select, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};

/// A pool for reading, and the way to write.
///
/// SQLite has one writer, so writes queue on one connection of their own, in order and without "database is
/// locked"; readers never wait for them (WAL). On PostgreSQL both are the same pool.
#[derive(Clone)]
pub struct Db {
    read: DatabaseConnection,
    write: DatabaseConnection,
}

const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long a request waits for a connection before it hears that the database is busy.
const ACQUIRE: Duration = Duration::from_secs(3);

impl Db {
    /// Connects to `sqlite:PATH` (created when missing) or `postgres://…`.
    pub async fn connect(url: &str) -> Result<Db, DbErr> {
        if let Some(file) = url.strip_prefix("sqlite:") {
            make_folder(file.trim_start_matches("//"))?;
            let write = Database::connect(sqlite(url, 1)).await?;
            let read = Database::connect(sqlite(url, SQLITE_READERS)).await?;
            return Ok(Db { read, write });
        }
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(POSTGRES_CONNECTIONS)
            .min_connections(1)
            .connect_timeout(ACQUIRE)
            .acquire_timeout(ACQUIRE)
            .test_before_acquire(false)
            .sqlx_logging(false);
        let pool = Database::connect(options).await?;
        Ok(Db { read: pool.clone(), write: pool })
    }

    /// For queries outside a transaction.
    pub fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// Opens a transaction that may write; it lasts until `commit`, and dropping it rolls back.
    /// On SQLite it takes the write lock at once, so a read inside it cannot be overtaken.
    pub async fn write(&self) -> Result<DatabaseTransaction, DbErr> {
        #[allow(clippy::disallowed_methods, reason = "this is the one place")]
        self.write
            .begin_with_options(TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            })
            .await
    }

    /// Brings the schema to the newest migration.
    pub async fn migrate(&self) -> Result<(), DbErr> {
        Migrator::up(&self.write, None).await
    }

    /// How many migrations this program knows that the database has not seen. Writes nothing.
    pub async fn pending_migrations(&self) -> Result<usize, DbErr> {
        Ok(Migrator::get_pending_migrations_read_only(&self.read).await?.len())
    }

    /// Answers when the database does.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.read.execute_unprepared("SELECT 1").await.map(|_| ())
    }

    /// `sqlite` or `postgres`, for operators; no rule may depend on it.
    pub fn name(&self) -> &'static str {
        match self.read.get_database_backend() {
            DbBackend::Sqlite => "sqlite",
            _ => "postgres",
        }
    }

    /// Ends both pools; waits for what is in flight.
    pub async fn close(self) -> Result<(), DbErr> {
        self.read.close().await?;
        self.write.close().await
    }
}

/// SQLite makes its file, but not the folder that it stands in.
fn make_folder(file: &str) -> Result<(), DbErr> {
    let file = file.split('?').next().unwrap_or(file);
    match std::path::Path::new(file).parent() {
        Some(folder) if !file.starts_with(':') => std::fs::create_dir_all(folder)
            .map_err(|error| DbErr::Custom(format!("{}: {error}", folder.display()))),
        _ => Ok(()),
    }
}

fn sqlite(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .connect_timeout(ACQUIRE)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|options| {
            use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
            options
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                // FULL: a commit that was answered survives a power cut.
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(5))
                .pragma("temp_store", "memory")
                .pragma("cache_size", "-16000")
        });
    options
}

/// How many rows `query` has, counted no further than `most`: sea-orm's own count leaves out a limit.
pub async fn count_up_to<E: EntityTrait>(
    db: &impl ConnectionTrait,
    query: Select<E>,
    most: u64,
) -> Result<u64, DbErr> {
    let rows = query.select_only().expr_as(Expr::val(1), "one").limit(most).into_query();
    let count =
        Query::select().expr_as(Expr::cust("COUNT(*)"), "many").from_subquery(rows, "counted").to_owned();
    let row = db.query_one(&count).await?;
    let many: i64 = row.map_or(Ok(0), |row| row.try_get("", "many"))?;
    Ok(many.unsigned_abs())
}

/// A row with every column set, for inserting it or writing it whole.
pub fn whole<A: ActiveModelTrait>(model: impl IntoActiveModel<A>) -> A {
    model.into_active_model().reset_all()
}
