//! `yishiting check-config`: looks at everything that must be right before citizens come, and says how to mend what
//! is not. It changes nothing but a probe file that it removes.

use std::fmt;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use url::Host;

use crate::ballot;
use crate::base::cache::Cache;
use crate::base::calendar::Calendar;
use crate::base::clock::{Clock, Instant};
use crate::base::config::{Config, FILE, Options, Wechat};
use crate::base::db::Db;
use crate::base::files::{Files, FilesError};
use crate::base::privacy::Keys;
use crate::cases;
use crate::chat::Replies;
use crate::cli::usage;
use crate::document::Tools;
use crate::movecar;
use crate::notify::{Templates, phone};
use crate::server::{self, ownership};
use crate::wechat::callback::{Account, FRESHNESS_SECONDS};
use crate::wechat::menu::file::{self, FileError};

/// One thing looked at.
#[derive(Debug, PartialEq, Eq)]
enum Finding {
    Good(String),
    /// Works, but somebody should know.
    Note(String),
    /// Will not work; the text says how to mend it.
    Bad(String),
}

use Finding::{Bad, Good, Note};

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, text) = match self {
            Good(text) => ("✓", text),
            Note(text) => ("！", text),
            Bad(text) => ("✗", text),
        };
        write!(formatter, "{sign} {text}")
    }
}

const PATIENCE: Duration = Duration::from_secs(5);
/// Where the real platform is; anything else is a simulator.
const WECHAT_HOST: &str = "weixin.qq.com";

/// Checks and prints. Exit code 0: nothing is wrong; 1: something will not work; 2: the settings cannot be read.
pub async fn run(options: Options, folder: &Path, unknown: Vec<String>) -> anyhow::Result<ExitCode> {
    let config = Config::load(options, folder)?;
    let mut findings = vec![settings(&config)];
    findings.extend(unknown.into_iter().map(|name| {
        Bad(format!(
            "环境变量 {name} 不是本程序的设置，没有起作用。请核对拼写，可用的名字见 yishiting help。"
        ))
    }));
    findings.extend(secret_file(&config.folder.join(FILE), "里面有密码和密钥"));
    findings.push(data_dir(&config));
    findings.extend(master_key(&config));
    findings.push(database(&config).await);
    findings.push(redis(&config).await);
    findings.push(store(&config).await);
    findings.push(preview(&Tools::find().await));
    findings.push(admin_password(&config));
    findings.extend(files(&config));
    findings.extend(carriers(&config));
    findings.extend(public_url(&config));
    findings.extend(proofs(&config));
    if let Some(wechat) = &config.wechat {
        findings.push(clock(wechat, &Clock::System).await);
    }
    let mut lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    if config.wechat.is_some() {
        lines.push(format!("\n{}", console_fields(&config)));
    }
    lines.extend(receipt_addresses(&config).map(|text| format!("\n{text}")));
    let wrong = findings.iter().filter(|finding| matches!(finding, Bad(_))).count();
    lines.push(match wrong {
        0 => "检查通过。".to_string(),
        _ => format!("有 {wrong} 处需要修改（✗）。"),
    });
    usage::say(&lines.join("\n"))?;
    Ok(ExitCode::from(u8::from(wrong > 0)))
}

fn settings(config: &Config) -> Finding {
    let path = config.folder.join(FILE);
    match path.exists() {
        true => Good(format!("设置：{} 可以读取，没有写错的项", path.display())),
        false => Note(format!("设置：没有 {}，使用环境变量和默认值", path.display())),
    }
}

/// Complains when others on the machine can read a file that they should not.
fn secret_file(path: &Path, why: &str) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    (mode & 0o007 != 0).then(|| {
        let path = path.display();
        Note(format!("{path} 所有账号都能读取，{why}。请执行：chmod 640 {path}"))
    })
}

fn data_dir(config: &Config) -> Finding {
    let folder = config.data_dir.display();
    let probe =
        std::fs::create_dir_all(&config.data_dir).and_then(|()| tempfile::tempfile_in(&config.data_dir));
    match probe {
        Ok(_) => Good(format!("数据目录：{folder} 可以写入")),
        Err(error) => Bad(format!(
            "数据目录：{folder} 不能写入（{error}）。请把它的所有者改为运行服务的账号，或修改 data_dir（YST_DATA_DIR）。"
        )),
    }
}

fn master_key(config: &Config) -> Vec<Finding> {
    let path = &config.master_key_file;
    if !path.exists() {
        return vec![Note(format!("主密钥：{} 还没有，首次启动时生成。生成后请单独备份", path.display()))];
    }
    let read = match Keys::load_or_create(path) {
        Ok(_) => Good(format!("主密钥：{} 可以读取", path.display())),
        Err(error) => Bad(error.to_string()),
    };
    let exposed = secret_file(path, "个人信息用它加密");
    [Some(read), exposed].into_iter().flatten().collect()
}

async fn database(config: &Config) -> Finding {
    let url = &config.database_url;
    let file = url.strip_prefix("sqlite:").map(|path| path.trim_start_matches("//"));
    if let Some(file) = file
        && !Path::new(file.split('?').next().unwrap_or(file)).exists()
    {
        return Note(format!("数据库：{file} 还没有，首次启动时建立"));
    }
    let look = async {
        let db = Db::connect(url).await?;
        let pending = db.pending_migrations().await?;
        Ok::<_, sea_orm::DbErr>((db.name(), pending))
    };
    match tokio::time::timeout(PATIENCE, look).await {
        Ok(Ok((name, 0))) => Good(format!("数据库：{name} 连接正常，结构是最新的")),
        Ok(Ok((name, pending))) => Note(format!(
            "数据库：{name} 连接正常，有 {pending} 步结构升级，启动时自动完成，也可先执行 yishiting migrate"
        )),
        Ok(Err(error)) => Bad(format!(
            "数据库：无法连接（{error}）。请检查 database_url（YST_DATABASE_URL）里的地址、账号和密码，以及数据库是否在运行。"
        )),
        Err(_) => {
            Bad("数据库：长时间没有应答。请检查 database_url（YST_DATABASE_URL）里的地址和防火墙。"
                .to_string())
        }
    }
}

async fn redis(config: &Config) -> Finding {
    let Some(url) = config.redis_url.as_deref() else {
        return Good("缓存：用本进程的内存，只能运行一个进程".to_string());
    };
    let look =
        async { Ok::<_, redis::RedisError>(Cache::connect(Some(url), Clock::System).await?.ping().await) };
    match tokio::time::timeout(PATIENCE, look).await {
        Ok(Ok(true)) => Good("缓存：Redis 连接正常".to_string()),
        _ => Bad(
            "缓存：连不上 Redis。请检查 redis_url（YST_REDIS_URL）里的地址和密码，以及 Redis 是否在运行。"
                .to_string(),
        ),
    }
}

async fn store(config: &Config) -> Finding {
    let files = match Files::open(&config.files_url) {
        Ok(files) => files,
        Err(error) => return Bad(format!("文件：{error}。")),
    };
    match tokio::time::timeout(PATIENCE, files.probe()).await {
        Ok(Ok(())) => Good(format!("文件：{} 可以读写", files.name())),
        Ok(Err(FilesError::Full(_))) => Bad("文件：存储空间已满，不能上传。请清理空间。".to_string()),
        Ok(Err(error)) => Bad(format!(
            "文件：不能读写（{}）。请检查 files_url（YST_FILES_URL）里的地址、密钥和权限。",
            whole(&error)
        )),
        Err(_) => {
            Bad("文件：长时间没有应答。请检查 files_url（YST_FILES_URL）里的地址和防火墙。".to_string())
        }
    }
}

fn preview(tools: &Tools) -> Finding {
    match tools.missing().as_slice() {
        [] if !tools.draws_chinese() => Note(
            "会议材料：可以在线预览，但本机没有中文字体，汉字会显示为方框，内部材料不能打开。\
             请执行：apt-get install -y --no-install-recommends fontconfig fonts-noto-cjk"
                .to_string(),
        ),
        [] => Good("会议材料：可以在线预览".to_string()),
        missing => Note(format!(
            "会议材料：可以上传和下载，不能在线预览。请执行：apt-get install -y --no-install-recommends {}。\
             已经安装 bubblewrap 的，请确认系统允许它建立用户命名空间（容器里常被禁止）",
            missing.join(" ")
        )),
    }
}

/// An error and the cause right below it: enough to mend a setting by.
fn whole(error: &FilesError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => cause.to_string(),
        None => error.to_string(),
    }
}

fn admin_password(config: &Config) -> Finding {
    match config.admin_password {
        Some(_) => Note("admin_password 只在首次启动时有用。登录后请修改密码，并去掉这一项".to_string()),
        None => Good("管理员：首次启动时生成 admin 的密码并显示一次".to_string()),
    }
}

/// The operator's other files, and the shape of the account's secrets.
fn files(config: &Config) -> Vec<Finding> {
    let loaded = [
        Replies::load(config).err(),
        Templates::load(config, &server::notice_kinds()).err(),
        phone::Settings::load(config, &server::purposes()).err(),
        movecar::settings::Settings::load(config).err(),
        Calendar::load(config).err(),
        cases::settings::Settings::load(config).err(),
        cases::units::Units::load(config).err(),
        ballot::template::load(config).err(),
    ];
    let mut wrong: Vec<String> = loaded.into_iter().flatten().flat_map(|error| error.0).collect();
    match file::load(config) {
        Ok(_) => {}
        Err(FileError::Config(error)) => wrong.extend(error.0),
        Err(error) => wrong.push(error.to_string()),
    }
    if let Some(settings) = &config.wechat
        && let Err(error) = Account::from_settings(settings)
    {
        wrong.push(error.to_string());
    }
    match wrong.is_empty() {
        true => vec![Good("回复、菜单、通知模板、短信语音、工作日和表决规则：没有写错的地方".to_string())],
        false => wrong.into_iter().map(Bad).collect(),
    }
}

/// What the platform asks of the address that citizens open.
fn public_url(config: &Config) -> Vec<Finding> {
    let url = &config.public_url;
    let mut findings = Vec::new();
    if url.path() != "/" || url.query().is_some() {
        findings.push(Bad(format!("网址：public_url（{url}）只能写到域名，后面不要带路径。")));
    }
    let Some(wechat) = &config.wechat else {
        findings.push(Note("公众号：没有填写 wechat_app_id，只有网页可用".to_string()));
        return findings;
    };
    if !is_wechat(wechat) {
        findings.push(Note(format!("公众号：接的是模拟器 {}，不是微信", wechat.api_base)));
        return findings;
    }
    match url.host() {
        Some(Host::Domain(host)) if host.contains('.') => {}
        _ => findings.push(Bad(format!(
            "网址：public_url（{url}）微信打不开。微信只访问已备案的域名，请填公众号后台登记的域名。"
        ))),
    }
    if url.scheme() != "https" {
        findings.push(Bad(format!(
            "网址：public_url（{url}）应以 https:// 开头，否则微信会提示网页不安全，扫码和定位也不可用。"
        )));
    }
    if !matches!(url.port_or_known_default(), Some(80 | 443)) {
        findings.push(Bad(format!("网址：public_url（{url}）微信回调只支持 80 和 443 端口。")));
    }
    if findings.is_empty() {
        findings.push(Good(format!("网址：{url} 符合微信的要求")));
    }
    findings
}

/// The files by which the platform knows that the domain is ours.
fn proofs(config: &Config) -> Vec<Finding> {
    let shown = |name| config.link(&format!("/{name}"));
    let found = ownership::find(&config.folder).into_iter().map(|(name, wrong)| match wrong {
        None => Good(format!("域名校验：{} 可以访问", shown(name))),
        Some(wrong) => Bad(format!("域名校验：{} {wrong}。", config.folder.join(name).display())),
    });
    let found: Vec<Finding> = found.collect();
    match &config.wechat {
        Some(wechat) if found.is_empty() && is_wechat(wechat) => vec![Note(format!(
            "域名校验：{} 里没有 MP_verify_….txt。后台登记域名时会提供，下载后放到这里即可",
            config.folder.display()
        ))],
        _ => found,
    }
}

fn is_wechat(wechat: &Wechat) -> bool {
    wechat.api_base.host_str().is_some_and(|host| host.ends_with(WECHAT_HOST))
}

/// What to type where in the platform's console.
fn console_fields(config: &Config) -> String {
    let host = config.public_url.host_str().unwrap_or_default();
    let mode = match config.wechat.as_ref().map(|wechat| wechat.mode) {
        Some(crate::base::config::Mode::Plain) => "明文模式",
        Some(crate::base::config::Mode::Compatible) => "兼容模式",
        _ => "安全模式",
    };
    format!(
        "请核对公众号后台：\n  服务器配置 → URL：{}\n  服务器配置 → 消息加解密方式：{mode}\n  网页授权域名：{host}\n  JS 接口安全域名：{host}\n  IP 白名单：本机访问外网时的地址\n",
        config.link("/wechat/callback")
    )
}

/// Who carries short messages and calls; `None`: the file cannot be read, which was said before.
fn carriers(config: &Config) -> Option<Finding> {
    let said = phone::Settings::load(config, &server::purposes()).ok()?;
    Some(match (&config.phone_simulator, said.named().as_slice()) {
        (Some(url), _) => Note(format!("短信和语音：接的是模拟器 {url}，谁也收不到")),
        (None, []) => Note("短信和语音：phone.toml 没有写服务商，不发短信，也不打电话".to_string()),
        (None, named) => Good(format!("短信和语音：由 {} 发送", named.join("、"))),
    })
}

/// What to type where in the consoles of providers of short messages and calls; secret, as it is all that guards it.
fn receipt_addresses(config: &Config) -> Option<String> {
    let said = phone::Settings::load(config, &server::purposes()).ok()?;
    let keys =
        config.master_key_file.exists().then(|| Keys::load_or_create(&config.master_key_file).ok())??;
    let names = [("aliyun", "阿里云"), ("tencent", "腾讯云"), ("http", "自己的接口")];
    let lines: Vec<String> = names
        .iter()
        .filter(|(name, _)| said.named().contains(name))
        .map(|(name, zh)| format!("  {zh}：{}\n", config.link(&phone::receipts::path(&keys, name))))
        .collect();
    (!lines.is_empty()).then(|| format!("短信和语音的回执地址（不要外传）：\n{}", lines.concat()))
}

/// Compares this machine's clock with the platform's, by the `Date` of any answer.
async fn clock(wechat: &Wechat, clock: &Clock) -> Finding {
    let away = |why: String| {
        Note(format!("时钟：连不上 {}（{why}），没有比对。请确认本机能访问它", wechat.api_base))
    };
    let client = match reqwest::Client::builder().timeout(PATIENCE).build() {
        Ok(client) => client,
        Err(error) => return away(error.to_string()),
    };
    match client.head(wechat.api_base.clone()).send().await {
        Ok(answer) => {
            let date = answer.headers().get("date").and_then(|date| date.to_str().ok());
            match date.and_then(|date| chrono::DateTime::parse_from_rfc2822(date).ok()) {
                Some(theirs) => skew(clock.now(), theirs.to_utc()),
                None => away("对方没有报时".to_string()),
            }
        }
        Err(error) if error.is_timeout() => away("没有应答".to_string()),
        Err(error) => away(error.without_url().to_string()),
    }
}

fn skew(ours: Instant, theirs: Instant) -> Finding {
    let seconds = (ours - theirs).num_seconds();
    let direction = if seconds > 0 { "快" } else { "慢" };
    match seconds.abs() {
        0..=2 => Good("时钟：与微信一致".to_string()),
        apart if apart <= i64::from(FRESHNESS_SECONDS) => Note(format!(
            "时钟：本机{direction} {apart} 秒，还能工作。请开启自动对时（如 systemctl enable --now systemd-timesyncd）"
        )),
        apart => Bad(format!(
            "时钟：本机{direction} {apart} 秒，微信的消息会被当作过期而拒绝。请开启自动对时（如 systemctl enable --now systemd-timesyncd）。"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn config(text: &str) -> Config {
        let folder = tempfile::tempdir().unwrap();
        let account = format!(
            "wechat_app_id = \"wx1\"\nwechat_app_secret = \"s\"\nwechat_token = \"token\"\nwechat_encoding_aes_key = \"{}\"\n",
            "A".repeat(43)
        );
        std::fs::write(folder.path().join(FILE), account + text).unwrap();
        Config::load(Options::default(), folder.path()).ok().unwrap()
    }

    fn said(findings: &[Finding]) -> String {
        findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn an_address_that_the_platform_cannot_open_is_explained() {
        let text = said(&public_url(&config("public_url = \"http://10.1.2.3:8080\"")));
        assert!(
            text.contains("已备案的域名") && text.contains("https://") && text.contains("80 和 443"),
            "{text}"
        );
        let text = said(&public_url(&config("public_url = \"https://wx.example.gov.cn/app\"")));
        assert!(text.contains("不要带路径"), "{text}");
        let good = public_url(&config("public_url = \"https://wx.example.gov.cn\""));
        assert!(matches!(good.as_slice(), [Good(_)]), "{good:?}");
    }

    #[test]
    fn a_simulator_may_live_anywhere() {
        let findings = public_url(&config("wechat_api_base = \"http://127.0.0.1:8090\""));
        assert!(matches!(findings.as_slice(), [Note(text)] if text.contains("模拟器")), "{findings:?}");
    }

    #[test]
    fn the_console_is_told_field_by_field() {
        let text = console_fields(&config("public_url = \"https://wx.example.gov.cn/\""));
        assert!(text.contains("URL：https://wx.example.gov.cn/wechat/callback"), "{text}");
        assert!(text.contains("网页授权域名：wx.example.gov.cn\n") && text.contains("安全模式"), "{text}");
    }

    #[test]
    fn an_operator_is_told_what_to_install_for_previews() {
        let text = preview(&Tools::default()).to_string();
        assert!(text.starts_with('！') && text.contains("bubblewrap libreoffice-impress"), "{text}");
        assert!(text.contains("poppler-utils"), "{text}");
    }

    #[test]
    fn a_clock_that_is_off_is_a_fault_only_when_messages_would_be_refused() {
        let now = Clock::System.now();
        assert!(matches!(skew(now, now), Good(_)));
        assert!(matches!(skew(now, now - TimeDelta::seconds(30)), Note(text) if text.contains("快 30 秒")));
        assert!(matches!(skew(now, now + TimeDelta::seconds(301)), Bad(text) if text.contains("慢 301 秒")));
    }
}
