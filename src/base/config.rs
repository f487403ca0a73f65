//! What an operator can set. One name everywhere: flag `--public-url`, variable `YST_PUBLIC_URL`, key `public_url`
//! in `wechat-config/yishiting.toml`, in that order of strength.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// The options as given: by flags and variables, or by the file. Not `Debug`: some are secrets.
#[derive(Default, Clone, clap::Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// 监听地址
    #[arg(long, env = "YST_LISTEN", global = true, value_name = "HOST:PORT")]
    pub listen: Option<String>,
    /// 用户在微信里访问的网址
    #[arg(long, env = "YST_PUBLIC_URL", global = true, value_name = "URL")]
    pub public_url: Option<String>,
    /// 数据目录
    #[arg(long, env = "YST_DATA_DIR", global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// 数据库：sqlite:文件 或 postgres://…
    #[arg(long, env = "YST_DATABASE_URL", global = true, value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// 诉求案件的数据库，与其他系统共用时填写；不填则用上面的数据库
    #[arg(long, env = "YST_CASES_DATABASE_URL", global = true, value_name = "URL", hide_env_values = true)]
    pub cases_database_url: Option<String>,
    /// Redis；不填则用内存
    #[arg(long, env = "YST_REDIS_URL", global = true, value_name = "URL", hide_env_values = true)]
    pub redis_url: Option<String>,
    /// 上传的文件存放处：file:文件夹 或 s3://…
    #[arg(long, env = "YST_FILES_URL", global = true, value_name = "URL", hide_env_values = true)]
    pub files_url: Option<String>,
    /// 一个会议材料文件最大多少 MB
    #[arg(long, env = "YST_DOCUMENT_MAX_MB", global = true, value_name = "MB")]
    pub document_max_mb: Option<u32>,
    /// 一个会议材料文件最多多少页
    #[arg(long, env = "YST_DOCUMENT_MAX_PAGES", global = true, value_name = "PAGES")]
    pub document_max_pages: Option<u32>,
    /// 主密钥文件
    #[arg(long, env = "YST_MASTER_KEY_FILE", global = true, value_name = "FILE")]
    pub master_key_file: Option<PathBuf>,
    /// 首次启动时管理员 admin 的密码
    #[arg(long, env = "YST_ADMIN_PASSWORD", global = true, hide_env_values = true)]
    pub admin_password: Option<String>,
    /// 日志级别
    #[arg(long, env = "YST_LOG", global = true, value_name = "LEVEL")]
    pub log: Option<String>,
    /// 日志格式：text 或 json；不填则在终端里用 text，其他情况用 json
    #[arg(long, env = "YST_LOG_FORMAT", global = true, value_name = "FORMAT")]
    pub log_format: Option<String>,
    /// 公众号名称，显示在页面底部
    #[arg(long, env = "YST_ACCOUNT_NAME", global = true)]
    pub account_name: Option<String>,
    /// 公众号 AppID
    #[arg(long, env = "YST_WECHAT_APP_ID", global = true)]
    pub wechat_app_id: Option<String>,
    /// 公众号 AppSecret
    #[arg(long, env = "YST_WECHAT_APP_SECRET", global = true, hide_env_values = true)]
    pub wechat_app_secret: Option<String>,
    /// 服务器配置里的 Token；更换期间可写多个，用逗号隔开
    #[arg(long, env = "YST_WECHAT_TOKEN", global = true, hide_env_values = true)]
    pub wechat_token: Option<String>,
    /// EncodingAESKey，43 个字符；更换期间可写多个，用逗号隔开，新的在前
    #[arg(long, env = "YST_WECHAT_ENCODING_AES_KEY", global = true, hide_env_values = true)]
    pub wechat_encoding_aes_key: Option<String>,
    /// 消息加解密方式：plain、compatible、safe
    #[arg(long, env = "YST_WECHAT_MODE", global = true)]
    pub wechat_mode: Option<String>,
    /// 微信接口地址
    #[arg(long, env = "YST_WECHAT_API_BASE", global = true, value_name = "URL")]
    pub wechat_api_base: Option<String>,
    /// 微信网页授权地址
    #[arg(long, env = "YST_WECHAT_OPEN_BASE", global = true, value_name = "URL")]
    pub wechat_open_base: Option<String>,
    /// 微信二维码图片地址
    #[arg(long, env = "YST_WECHAT_MP_BASE", global = true, value_name = "URL")]
    pub wechat_mp_base: Option<String>,
    /// 短信和语音服务商的密钥：aliyun=…,tencent=…,http=…
    #[arg(long, env = "YST_PHONE_SECRETS", global = true, hide_env_values = true)]
    pub phone_secrets: Option<String>,
    /// 演练：短信和语音都发给这个模拟器
    #[arg(long, env = "YST_PHONE_SIMULATOR", global = true, value_name = "URL")]
    pub phone_simulator: Option<String>,
    /// 可信的前置代理数量
    #[arg(long, env = "YST_TRUSTED_PROXIES", global = true)]
    pub trusted_proxies: Option<u8>,
    /// 会议结束多少天后删除不再需要的个人信息；不填则不删除
    #[arg(long, env = "YST_RETENTION_DAYS", global = true, value_name = "DAYS")]
    pub retention_days: Option<u16>,
    /// 读取 /metrics 的口令
    #[arg(long, env = "YST_METRICS_TOKEN", global = true, hide_env_values = true)]
    pub metrics_token: Option<String>,
}

/// The settings, checked and complete.
#[derive(Clone)]
pub struct Config {
    pub listen: String,
    /// Without a trailing slash in use: join paths with [`Config::link`].
    pub public_url: Url,
    pub data_dir: PathBuf,
    pub database_url: String,
    /// Where petitions stand, if not among everything else.
    pub cases_database_url: Option<String>,
    pub redis_url: Option<String>,
    pub files_url: String,
    /// Bytes of one uploaded document at most.
    pub document_max_bytes: u64,
    /// Pages of one uploaded document at most.
    pub document_max_pages: u32,
    pub master_key_file: PathBuf,
    pub admin_password: Option<SecretString>,
    pub log: String,
    /// `None`: text at a terminal, JSON elsewhere.
    pub log_format: Option<LogFormat>,
    pub account_name: String,
    pub wechat: Option<Wechat>,
    /// `name=secret` of short-message and voice providers, separated by commas.
    pub phone_secrets: Option<SecretString>,
    /// Where a rehearsal's messages and calls go instead of to providers.
    pub phone_simulator: Option<Url>,
    pub trusted_proxies: u8,
    pub metrics_token: Option<SecretString>,
    /// Days after which personal data is forgotten that nobody needs any more; `None`: never.
    pub retention_days: Option<u16>,
    /// The folder of the operator's files; what it lacks comes from the program.
    pub folder: PathBuf,
}

/// One official account.
#[derive(Clone)]
pub struct Wechat {
    pub app_id: String,
    pub app_secret: SecretString,
    /// Newest first; all are accepted, the first signs.
    pub tokens: Vec<String>,
    /// Newest first; all are accepted, the first seals. Empty in plain mode.
    pub aes_keys: Vec<String>,
    pub mode: Mode,
    pub api_base: Url,
    pub open_base: Url,
    pub mp_base: Url,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// How the platform sends messages (开发者中心 → 消息加解密方式).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Plain,
    Compatible,
    Safe,
}

/// Everything that is wrong, one line each: where, what, and how to mend it.
#[derive(Debug, thiserror::Error)]
#[error("配置有误：\n{}", .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);

/// Sheets are corrected and requests answered for some weeks after a meeting.
const LEAST_RETENTION: u16 = 30;

/// The file of options inside the configuration folder.
pub const FILE: &str = "yishiting.toml";

impl Config {
    /// Joins what was `given` (flags and variables) with `folder/yishiting.toml` and the defaults.
    pub fn load(given: Options, folder: &Path) -> Result<Config, ConfigError> {
        let path = folder.join(FILE);
        let file = match std::fs::read_to_string(&path) {
            Ok(text) => parse::<Options>(&path, &text)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Options::default(),
            Err(error) => return Err(ConfigError(vec![format!("{}：无法读取（{error}）", path.display())])),
        };
        Config::check(given.or(file), folder)
    }

    fn check(given: Options, folder: &Path) -> Result<Config, ConfigError> {
        let mut wrong = Vec::new();
        let data_dir = given.data_dir.clone().unwrap_or_else(|| PathBuf::from("./data"));
        let listen = given.listen.clone().unwrap_or_else(|| "127.0.0.1:8080".to_string());
        let public = given.public_url.clone().unwrap_or_else(|| format!("http://{listen}"));
        let public_url = url("public_url", &public, &mut wrong);
        let wechat = wechat(&given, &mut wrong);
        let rehearsal = given.phone_simulator.as_ref().filter(|text| !text.is_empty());
        let phone_simulator = rehearsal.and_then(|text| url("phone_simulator", text, &mut wrong));
        let database_url = given
            .database_url
            .unwrap_or_else(|| format!("sqlite:{}", data_dir.join("yishiting.db").display()));
        let databases = ["sqlite:", "postgres:", "postgresql:"];
        begins("database_url", Some(&database_url), &databases, &mut wrong);
        begins("cases_database_url", given.cases_database_url.as_ref(), &databases, &mut wrong);
        begins("redis_url", given.redis_url.as_ref(), &["redis://", "rediss://"], &mut wrong);
        let files_url =
            given.files_url.unwrap_or_else(|| format!("file:{}", data_dir.join("files").display()));
        if !files_url.starts_with("file:") && !files_url.starts_with("s3://") {
            wrong.push("files_url：应以 file: 或 s3:// 开头。".to_string());
        }
        let document_max_mb = given.document_max_mb.unwrap_or(50);
        if !(1..=500).contains(&document_max_mb) {
            wrong.push(format!("document_max_mb：{document_max_mb} 应在 1 到 500 之间。"));
        }
        let document_max_pages = given.document_max_pages.unwrap_or(300);
        if !(1..=2000).contains(&document_max_pages) {
            wrong.push(format!("document_max_pages：{document_max_pages} 应在 1 到 2000 之间。"));
        }
        if given.admin_password.as_ref().is_some_and(|password| password.chars().count() < 8) {
            wrong.push("admin_password：至少 8 个字符。".to_string());
        }
        if given.retention_days.is_some_and(|days| days < LEAST_RETENTION) {
            wrong.push(format!("retention_days：至少 {LEAST_RETENTION} 天，不自动删除请不填。"));
        }
        let log_format = match given.log_format.as_deref() {
            None => None,
            Some("text") => Some(LogFormat::Text),
            Some("json") => Some(LogFormat::Json),
            Some(other) => {
                wrong.push(format!("log_format：「{other}」应为 text 或 json。"));
                None
            }
        };
        match (public_url, wrong.is_empty()) {
            (Some(public_url), true) => Ok(Config {
                listen,
                public_url,
                database_url,
                cases_database_url: given.cases_database_url,
                redis_url: given.redis_url,
                files_url,
                document_max_bytes: u64::from(document_max_mb) << 20,
                document_max_pages,
                master_key_file: given.master_key_file.unwrap_or_else(|| data_dir.join("master.key")),
                admin_password: given.admin_password.map(SecretString::from),
                log_format,
                log: given.log.unwrap_or_else(|| "info".to_string()),
                account_name: given.account_name.unwrap_or_else(|| "本市发布".to_string()),
                wechat,
                phone_secrets: given.phone_secrets.map(SecretString::from),
                phone_simulator,
                trusted_proxies: given.trusted_proxies.unwrap_or(0),
                metrics_token: given.metrics_token.map(SecretString::from),
                retention_days: given.retention_days,
                folder: folder.to_path_buf(),
                data_dir,
            }),
            _ => Err(ConfigError(wrong)),
        }
    }

    /// An absolute link into this site; `path` starts with `/`.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }

    /// Reads one of the operator's files, or the program's own copy when the folder lacks it.
    /// Unknown keys are refused with file and line.
    pub fn read<T: for<'de> Deserialize<'de>>(&self, name: &str, own: &str) -> Result<T, ConfigError> {
        let path = self.folder.join(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => parse(&path, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => parse(Path::new(name), own),
            Err(error) => Err(ConfigError(vec![format!("{}：无法读取（{error}）", path.display())])),
        }
    }
}

/// The names of the environment variables that start with `start`, sorted.
pub fn variables(start: &str) -> Vec<String> {
    #[allow(clippy::disallowed_methods, reason = "this is the one place")]
    let all = std::env::vars_os();
    let mut names: Vec<String> =
        all.filter_map(|(name, _)| name.into_string().ok()).filter(|name| name.starts_with(start)).collect();
    names.sort();
    names
}

/// Parses TOML; an error names file, line and what is wrong.
fn parse<T: for<'de> Deserialize<'de>>(path: &Path, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let line =
            error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        ConfigError(vec![format!("{} 第 {line} 行：{}", path.display(), error.message())])
    })
}

fn url(key: &str, text: &str, wrong: &mut Vec<String>) -> Option<Url> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Some(url),
        _ => {
            wrong.push(format!("{key}：「{text}」不是网址，应以 http:// 或 https:// 开头。"));
            None
        }
    }
}

fn wechat(given: &Options, wrong: &mut Vec<String>) -> Option<Wechat> {
    let app_id = given.wechat_app_id.clone().filter(|id| !id.is_empty())?;
    let mode = match given.wechat_mode.as_deref().unwrap_or("safe") {
        "plain" => Mode::Plain,
        "compatible" => Mode::Compatible,
        "safe" => Mode::Safe,
        other => {
            wrong.push(format!("wechat_mode：「{other}」应为 plain、compatible 或 safe。"));
            Mode::Safe
        }
    };
    let list = |text: &Option<String>| -> Vec<String> {
        text.iter()
            .flat_map(|text| text.split(','))
            .map(|part| part.trim().to_string())
            .filter(|part| !part.is_empty())
            .collect()
    };
    let tokens = list(&given.wechat_token);
    if tokens.is_empty() {
        wrong.push("wechat_token：没有填写。请填公众号后台「服务器配置」里的 Token。".to_string());
    }
    let aes_keys = list(&given.wechat_encoding_aes_key);
    if mode != Mode::Plain && aes_keys.is_empty() {
        wrong.push("wechat_encoding_aes_key：安全模式和兼容模式必须填写。".to_string());
    }
    for key in &aes_keys {
        if key.len() != 43 || !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            wrong.push(format!(
                "wechat_encoding_aes_key：应为 43 个字母或数字，现在是 {} 个字符。",
                key.chars().count()
            ));
        }
    }
    let secret = given.wechat_app_secret.clone().unwrap_or_default();
    if secret.is_empty() {
        wrong.push("wechat_app_secret：没有填写。请在公众号后台「基本配置」里获取。".to_string());
    }
    let base = |key: &str, given: &Option<String>, own: &str, wrong: &mut Vec<String>| {
        url(key, given.as_deref().unwrap_or(own), wrong)
    };
    let api_base = base("wechat_api_base", &given.wechat_api_base, "https://api.weixin.qq.com", wrong);
    let open_base = base("wechat_open_base", &given.wechat_open_base, "https://open.weixin.qq.com", wrong);
    let mp_base = base("wechat_mp_base", &given.wechat_mp_base, "https://mp.weixin.qq.com", wrong);
    Some(Wechat {
        app_id,
        app_secret: SecretString::from(secret),
        tokens,
        aes_keys,
        mode,
        api_base: api_base?,
        open_base: open_base?,
        mp_base: mp_base?,
    })
}

/// Says so where the address `url` begins with none of `starts`.
fn begins(key: &str, url: Option<&String>, starts: &[&str], wrong: &mut Vec<String>) {
    if url.is_some_and(|url| !starts.iter().any(|start| url.starts_with(start))) {
        wrong.push(format!("{key}：应以 {} 开头。", starts.join(" 或 ")));
    }
}

impl Options {
    /// The stronger `self` over the weaker `other`, key by key.
    pub fn or(self, other: Options) -> Options {
        macro_rules! stronger { ($($key:ident),* $(,)?) => { Options { $($key: self.$key.or(other.$key)),* } } }
        stronger!(
            listen,
            public_url,
            data_dir,
            database_url,
            cases_database_url,
            redis_url,
            files_url,
            document_max_mb,
            document_max_pages,
            master_key_file,
            admin_password,
            log,
            log_format,
            account_name,
            wechat_app_id,
            wechat_app_secret,
            wechat_token,
            wechat_encoding_aes_key,
            wechat_mode,
            wechat_api_base,
            wechat_open_base,
            wechat_mp_base,
            phone_secrets,
            phone_simulator,
            trusted_proxies,
            metrics_token,
            retention_days,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, given: Options) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), text).unwrap();
        Config::load(given, folder.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn flags_and_variables_are_stronger_than_the_file() {
        let given = Options { account_name: Some("甲".to_string()), ..Options::default() };
        let config = load("account_name = \"乙\"\nlisten = \"127.0.0.1:9\"", given).ok().unwrap();
        assert_eq!(config.account_name, "甲");
        assert_eq!(config.listen, "127.0.0.1:9");
        assert_eq!(config.link("/m/abc"), "http://127.0.0.1:9/m/abc");
    }

    #[test]
    fn an_unknown_key_is_refused_with_file_and_line() {
        let error = load("listen = \"127.0.0.1:9\"\n\nlissten = \"x\"", Options::default()).err().unwrap();
        assert!(error.contains("yishiting.toml 第 3 行") && error.contains("lissten"), "{error}");
    }

    #[test]
    fn everything_wrong_with_the_account_is_said_at_once_and_no_secret_with_it() {
        let text = "wechat_app_id = \"wx1\"\nwechat_mode = \"secret\"\nwechat_encoding_aes_key = \"tooshort\"\npublic_url = \"ftp://x\"";
        let error = load(text, Options::default()).err().unwrap();
        for part in ["wechat_token", "wechat_app_secret", "43 个字母或数字", "wechat_mode", "public_url"]
        {
            assert!(error.contains(part), "{part} in {error}");
        }
        assert!(!error.contains("tooshort"));
    }

    #[test]
    fn keys_in_rotation_are_a_list() {
        let key = "A".repeat(43);
        let text = format!(
            "wechat_app_id = \"wx1\"\nwechat_app_secret = \"s\"\nwechat_token = \"new, old\"\nwechat_encoding_aes_key = \"{key},{key}\""
        );
        let config = load(&text, Options::default()).ok().unwrap();
        let wechat = config.wechat.unwrap();
        assert_eq!(wechat.tokens, ["new", "old"]);
        assert_eq!(wechat.aes_keys.len(), 2);
        assert_eq!(wechat.mode, Mode::Safe);
    }
}
