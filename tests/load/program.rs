//! The measured program: started as an operator starts it, on a database of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use yishiting::base::config::{Config, Options};

/// Of the first account, `admin`.
pub const PASSWORD: &str = "load-load-load";
pub const APP_ID: &str = "wx00load00load0000";
pub const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub const TOKEN: &str = "loadtoken";
pub const AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// Which storage a run uses.
#[derive(Clone)]
pub enum World {
    /// SQLite and memory.
    Sqlite,
    /// PostgreSQL and Redis, both real.
    Postgres { database: String, redis: String },
}

impl World {
    pub fn name(&self) -> &'static str {
        match self {
            World::Sqlite => "SQLite",
            World::Postgres { .. } => "PostgreSQL + Redis",
        }
    }
}

pub struct Program {
    child: Child,
    /// `127.0.0.1:port`.
    pub address: String,
    /// From the start of the process to its ready line.
    pub start_up: Duration,
}

/// The options of a run in `folder`; the database is fresh.
pub fn options(world: &World, folder: &Path, mode: &str, simulator: Option<&str>) -> Options {
    let url = simulator.map(ToString::to_string);
    Options {
        listen: Some("127.0.0.1:0".to_string()),
        data_dir: Some(folder.to_path_buf()),
        database_url: match world {
            World::Sqlite => None,
            World::Postgres { database, .. } => Some(database.clone()),
        },
        redis_url: match world {
            World::Sqlite => None,
            World::Postgres { redis, .. } => Some(redis.clone()),
        },
        admin_password: Some(PASSWORD.to_string()),
        log: Some("warn".to_string()),
        wechat_app_id: Some(APP_ID.to_string()),
        wechat_app_secret: Some(SECRET.to_string()),
        wechat_token: Some(TOKEN.to_string()),
        wechat_encoding_aes_key: Some(AES_KEY.to_string()),
        wechat_mode: Some(mode.to_string()),
        wechat_api_base: url.clone().or_else(|| Some("http://127.0.0.1:9".to_string())),
        wechat_open_base: url.clone(),
        wechat_mp_base: url,
        ..Options::default()
    }
}

pub fn config(options: Options, folder: &Path) -> anyhow::Result<Config> {
    Config::load(options, folder).map_err(anyhow::Error::from)
}

impl Program {
    pub fn start(binary: &str, options: &Options, folder: &Path) -> anyhow::Result<Program> {
        let mut command = Command::new(binary);
        // Of this machine's environment, nothing but where converters are found.
        command
            .arg("serve")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("YST_CONFIG_DIR", folder)
            .current_dir(folder);
        let texts = [
            ("YST_LISTEN", options.listen.clone()),
            ("YST_DATA_DIR", options.data_dir.as_ref().map(|path| path.display().to_string())),
            ("YST_DATABASE_URL", options.database_url.clone()),
            ("YST_REDIS_URL", options.redis_url.clone()),
            ("YST_ADMIN_PASSWORD", options.admin_password.clone()),
            ("YST_LOG", options.log.clone()),
            ("YST_WECHAT_APP_ID", options.wechat_app_id.clone()),
            ("YST_WECHAT_APP_SECRET", options.wechat_app_secret.clone()),
            ("YST_WECHAT_TOKEN", options.wechat_token.clone()),
            ("YST_WECHAT_ENCODING_AES_KEY", options.wechat_encoding_aes_key.clone()),
            ("YST_WECHAT_MODE", options.wechat_mode.clone()),
            ("YST_WECHAT_API_BASE", options.wechat_api_base.clone()),
            ("YST_WECHAT_OPEN_BASE", options.wechat_open_base.clone()),
            ("YST_WECHAT_MP_BASE", options.wechat_mp_base.clone()),
            ("YST_PHONE_SIMULATOR", options.phone_simulator.clone()),
            ("YST_TRUSTED_PROXIES", options.trusted_proxies.map(|proxies| proxies.to_string())),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        Program::ready(command)
    }

    /// Starts `command` and waits for its line `ready … http://HOST:PORT`.
    pub fn ready(mut command: Command) -> anyhow::Result<Program> {
        let started = Instant::now();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| anyhow::anyhow!("no standard output"))?;
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            if line.starts_with("ready")
                && let Some((_, address)) = line.split_once("http://")
            {
                return Ok(Program {
                    child,
                    address: address.trim().to_string(),
                    start_up: started.elapsed(),
                });
            }
        }
        anyhow::bail!("the program ended before it was ready")
    }

    /// Resident memory in MiB.
    pub fn memory(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kib =
            line.and_then(|line| line.split_whitespace().nth(1)).and_then(|kib| kib.parse::<f64>().ok());
        Ok(kib.ok_or_else(|| anyhow::anyhow!("no VmRSS"))? / 1024.0)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("could not stop process {}: {error}", self.child.id());
        }
    }
}
