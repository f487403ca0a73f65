//! `yishiting simulator`: WeChat's side alone, for a back end of ours or of anybody's.

use anyhow::Context;

use crate::simulator::{SimulatorOptions, run as serve};
use crate::wechat::callback::Mode;

/// What is not given is a made-up account; `yishiting help simulator` names it.
#[derive(clap::Args)]
pub struct Arguments {
    /// 监听地址，不填为 127.0.0.1:8090
    #[arg(long, env = "YST_SIMULATOR_LISTEN", value_name = "HOST:PORT")]
    listen: Option<String>,
    /// 后台接收消息的网址，例如 http://127.0.0.1:8080/wechat/callback
    #[arg(long, env = "YST_SIMULATOR_CALLBACK", value_name = "URL")]
    callback: Option<String>,
    /// Token，不填为 yishitingtoken
    #[arg(long, env = "YST_WECHAT_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// EncodingAESKey，不填为 yishitingsimulatoryishitingsimulatoryishit0
    #[arg(long, env = "YST_WECHAT_ENCODING_AES_KEY", value_name = "KEY", hide_env_values = true)]
    encoding_aes_key: Option<String>,
    /// AppID，不填为 wx0123456789abcdef
    #[arg(long, env = "YST_WECHAT_APP_ID", value_name = "ID")]
    app_id: Option<String>,
    /// AppSecret，不填为 0123456789abcdef0123456789abcdef
    #[arg(long, env = "YST_WECHAT_APP_SECRET", value_name = "SECRET", hide_env_values = true)]
    app_secret: Option<String>,
    /// 消息加解密方式：plain、compatible、safe，不填为 safe
    #[arg(long, env = "YST_WECHAT_MODE", value_name = "MODE", value_parser = mode)]
    mode: Option<Mode>,
}

/// Where the simulator is when nobody says otherwise.
pub const LISTEN: &str = "127.0.0.1:8090";

fn mode(text: &str) -> Result<Mode, String> {
    match text {
        "plain" => Ok(Mode::Plain),
        "compatible" => Ok(Mode::Compatible),
        "safe" => Ok(Mode::Safe),
        _ => Err("plain, compatible or safe".to_string()),
    }
}

/// Serves until the process is asked to stop.
pub async fn run(given: Arguments) -> anyhow::Result<()> {
    let own = SimulatorOptions::default();
    let callback = given.callback.as_deref().map(str::parse).transpose();
    Ok(serve(SimulatorOptions {
        listen: given.listen.unwrap_or_else(|| LISTEN.to_string()),
        callback: callback.context("--callback：应是网址，例如 http://127.0.0.1:8080/wechat/callback")?,
        // While a token or key is changed there are several, the new one first; the platform uses one.
        token: first(given.token).unwrap_or(own.token),
        encoding_aes_key: first(given.encoding_aes_key).or(own.encoding_aes_key),
        app_id: given.app_id.unwrap_or(own.app_id),
        app_secret: given.app_secret.unwrap_or(own.app_secret),
        mode: given.mode.unwrap_or(own.mode),
        ..own
    })
    .await?)
}

fn first(list: Option<String>) -> Option<String> {
    let first = list?.split(',').next()?.trim().to_string();
    (!first.is_empty()).then_some(first)
}
