//! Where a test's data lives: a migrated database of its own, copied from a template that is made once a build.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;
use uuid::Uuid;
use yishiting::base::db::Db;

/// A test's database, cache and folder. Dropping it removes all three.
pub struct World {
    pub database_url: String,
    pub redis_url: Option<String>,
    folder: TempDir,
    /// The server's own database, where ours can be dropped from, and the name of ours.
    postgres: Option<(String, String)>,
}

impl World {
    pub async fn create() -> World {
        let folder = tempfile::tempdir().unwrap();
        match variable("TEST_WORLD").as_deref() {
            None | Some("" | "sqlite") => {
                let file = folder.path().join("test.db");
                std::fs::copy(sqlite_template().await, &file).unwrap();
                let database_url = format!("sqlite:{}", file.display());
                World { database_url, redis_url: None, folder, postgres: None }
            }
            Some("postgres") => {
                let need = |name| {
                    variable(name)
                        .unwrap_or_else(|| panic!("{name} is not set: scripts/with-servers sets it"))
                };
                let server = need("TEST_POSTGRES_URL");
                let name = format!("t_{}", Uuid::new_v4().simple());
                let template = postgres_template(&server).await;
                ask(&server, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
                World {
                    database_url: beside(&server, &name),
                    redis_url: Some(format!("{}#{name}:", need("TEST_REDIS_URL"))),
                    folder,
                    postgres: Some((server, name)),
                }
            }
            Some(other) => panic!("TEST_WORLD is `{other}`, not sqlite or postgres"),
        }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let Some((server, name)) = self.postgres.take() else { return };
        // A runtime of its own: the test's one is stopping, and a destructor cannot wait on it.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(ask(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
        });
        if dropped.join().is_err() {
            eprintln!("a test database was left behind");
        }
    }
}

fn variable(name: &str) -> Option<String> {
    #[allow(clippy::disallowed_methods, reason = "which servers to test on is no setting of the program")]
    std::env::var(name).ok()
}

/// A migrated, empty SQLite file. Tests are processes of their own, so it is shared as a file, one a build.
async fn sqlite_template() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let ready = folder.join(format!("template-{}.db", build()));
    if !ready.exists() {
        let own = folder.join(format!("template-{}.tmp", Uuid::new_v4().simple()));
        let db = Db::connect(&format!("sqlite:{}", own.display())).await.unwrap();
        db.migrate().await.unwrap();
        db.close().await.unwrap();
        // Whoever is last wins; all are equal.
        std::fs::rename(own, &ready).unwrap();
    }
    ready
}

/// The same as a PostgreSQL database on `server`; its name.
async fn postgres_template(server: &str) -> String {
    let name = format!("template_{}", build());
    let connection = Database::connect(one(server)).await.unwrap();
    // Tests start at once, and only one may make it.
    connection.execute_unprepared("SELECT pg_advisory_lock(1)").await.unwrap();
    let count = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
    let known = connection
        .query_one_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, count))
        .await
        .unwrap();
    if known.is_none() {
        let own = format!("making_{name}");
        connection.execute_unprepared(&format!("DROP DATABASE IF EXISTS {own}")).await.unwrap();
        connection.execute_unprepared(&format!("CREATE DATABASE {own}")).await.unwrap();
        let db = Db::connect(&beside(server, &own)).await.unwrap();
        db.migrate().await.unwrap();
        db.close().await.unwrap();
        connection.execute_unprepared(&format!("ALTER DATABASE {own} RENAME TO {name}")).await.unwrap();
    }
    connection.close().await.unwrap();
    name
}

async fn ask(server: &str, statement: &str) {
    let connection = Database::connect(one(server)).await.unwrap();
    connection.execute_unprepared(statement).await.unwrap();
    connection.close().await.unwrap();
}

fn one(url: &str) -> sea_orm::ConnectOptions {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    options
}

/// The address of another database on the same server.
fn beside(server: &str, name: &str) -> String {
    let mut url = url::Url::parse(server).unwrap();
    url.set_path(name);
    url.into()
}

/// Changes with every build of the tests, and so with every change of the migrations.
fn build() -> String {
    let built = std::env::current_exe().unwrap().metadata().unwrap().modified().unwrap();
    built.duration_since(UNIX_EPOCH).unwrap().as_millis().to_string()
}
