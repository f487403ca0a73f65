//! `yishiting demo`: the whole system on this machine, with WeChat's side played and something to look at.

mod content;
mod materials;
mod owners;

use std::net::ToSocketAddrs;
use std::path::Path;

use secrecy::SecretString;

use crate::base::Base;
use crate::base::clock::Clock;
use crate::base::config::{Config, ConfigError, Options};
use crate::notify::phone;
use crate::people;
use crate::server::{self, Role, Server, Signals};
use crate::simulator::{PhoneProvider, Simulator, SimulatorOptions};
use crate::wechat::api::Api;
use crate::wechat::menu;

/// The administrator's password where nobody chose one: the demo listens on this machine only.
const PASSWORD: &str = "demo-2026";

/// Serves until the process is asked to stop. `simulator` is where WeChat's side listens.
pub async fn run(
    options: Options,
    simulator: String,
    folder: &Path,
    say: impl Fn(&str) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    // One clock for both sides, so that whoever tries it need not wait for what an hour brings.
    let clock = Clock::ahead();
    let account = SimulatorOptions { listen: simulator, clock: clock.clone(), ..SimulatorOptions::default() };
    loopback("YST_SIMULATOR_LISTEN", &account.listen)?;
    let simulator = Simulator::start(account.clone())?;
    let mut config = config(options, &account, &simulator.url, folder)?;
    loopback("YST_LISTEN", &config.listen)?;
    let signals = Signals::listen()?;
    let listener = server::listen(&mut config)?;
    simulator.set_callback(config.link("/wechat/callback").parse()?);

    let base = Base::open(config, clock).await?;
    for (name, provider) in [("aliyun", PhoneProvider::Aliyun), ("tencent", PhoneProvider::Tencent)] {
        simulator.set_receipts(provider, base.config.link(&phone::receipts::path(&base.keys, name)).parse()?);
    }
    let said = phone::Settings::load(&base.config, &server::purposes())?;
    for purpose in server::purposes() {
        if let Some(wording) = said.wording(purpose.name) {
            for template in wording.templates.values() {
                simulator.set_wording(template, &wording.text, purpose.words);
            }
        }
    }
    people::staff::first_admin(&base).await?;
    let (welcome, guests) = content::prepare(&base, &simulator.url).await?;
    owners::fill(&base).await?;
    let server = Server::build(base.clone()).await?.welcoming(welcome.clone());
    let arrivals = content::Arrivals { meetings: server.meetings(), meeting: welcome.running, guests };
    let running = server.start(listener, &[Role::Web, Role::Worker])?;
    push_menu(&base).await?;
    base.tasks.spawn(arrivals.trickle());
    say(&welcome.text(&base.config))?;
    say(&format!("ready http://{}", running.address()))?;
    running.until_told_to_stop(signals).await?;
    simulator.stop().await;
    Ok(())
}

/// Embedded stores and the simulator's account, whatever a production file says.
fn config(
    given: Options,
    account: &SimulatorOptions,
    simulator: &str,
    folder: &Path,
) -> Result<Config, ConfigError> {
    let text = |text: &str| Some(text.to_string());
    let forced = Options {
        wechat_app_id: text(&account.app_id),
        wechat_app_secret: text(&account.app_secret),
        wechat_token: text(&account.token),
        wechat_encoding_aes_key: account.encoding_aes_key.clone(),
        wechat_mode: text("safe"),
        wechat_api_base: text(simulator),
        wechat_open_base: text(simulator),
        wechat_mp_base: text(simulator),
        phone_simulator: text(simulator),
        ..Options::default()
    };
    let given = Options { database_url: None, redis_url: None, ..given };
    let mut config = Config::load(forced.or(given), folder)?;
    config.database_url = format!("sqlite:{}", config.data_dir.join("yishiting.db").display());
    config.cases_database_url = None;
    config.redis_url = None;
    config.admin_password.get_or_insert_with(|| SecretString::from(PASSWORD));
    std::fs::create_dir_all(&config.data_dir).map_err(|error| {
        ConfigError(vec![format!("{}：无法建立数据目录（{error}）", config.data_dir.display())])
    })?;
    Ok(config)
}

/// The demo shows its password on its first page: it must not be reached from outside.
fn loopback(name: &str, address: &str) -> Result<(), ConfigError> {
    let own = address.to_socket_addrs().is_ok_and(|mut found| found.all(|one| one.ip().is_loopback()));
    if own {
        return Ok(());
    }
    Err(ConfigError(vec![format!(
        "{name}：「{address}」不行，demo 只在本机使用，请填 127.0.0.1:端口。对外服务请用 yishiting serve。"
    )]))
}

async fn push_menu(base: &Base) -> anyhow::Result<()> {
    let Some(settings) = &base.config.wechat else { return Ok(()) };
    let api = Api::new(settings.clone(), base.cache.clone(), base.clock.clone())?;
    api.push_menus(&menu::file::load(&base.config)?).await?;
    Ok(())
}
