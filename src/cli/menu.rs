//! `yishiting menu …`: the account's menu, between `wechat-config/menu.toml` and WeChat.

use anyhow::Context;

use crate::base::Base;
use crate::cli::usage;
use crate::wechat::api::Api;
use crate::wechat::menu::file::{Menus, load};

#[derive(clap::Subcommand)]
pub enum Command {
    /// 把 menu.toml 发布到公众号
    Push,
    /// 把公众号现有的菜单按 menu.toml 的格式打印出来
    Pull,
    /// 看 menu.toml 与公众号现有的菜单有什么不同
    Diff,
}

pub async fn run(command: Command, base: &Base) -> anyhow::Result<()> {
    let settings = base.config.wechat.clone().context("没有配置公众号。请先填写 wechat_app_id 等设置。")?;
    let api = Api::new(settings, base.cache.clone(), base.clock.clone())?;
    match command {
        Command::Push => {
            let changes = api.push_menus(&load(&base.config)?).await?;
            usage::say(&list("公众号的菜单与 menu.toml 一致，无需发布。", "已发布，改动如下：", &changes))
        }
        Command::Diff => {
            let changes = api.diff_menus(&load(&base.config)?).await?;
            usage::say(&list("公众号的菜单与 menu.toml 一致。", "发布后会有这些改动：", &changes))
        }
        Command::Pull => usage::say(&Menus::from(api.menus().await?).to_toml(&base.config)?),
    }
}

fn list(none: &str, some: &str, changes: &[String]) -> String {
    if changes.is_empty() { none.to_string() } else { format!("{some}\n{}", changes.join("\n")) }
}
