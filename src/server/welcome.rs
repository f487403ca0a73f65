//! The demo's first page, and the same in the terminal: where to click.

use actix_web::Responder;
use actix_web::web::Data;
use askama::Template;
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::base::config::Config;
use crate::web::{Layout, Page};

/// What the first page leads to.
#[derive(Clone)]
pub struct Welcome {
    /// The meeting under way.
    pub running: Uuid,
    pub running_title: String,
    /// What the simulator's scanner calls its code.
    pub scene: String,
    /// Path of its big screen.
    pub screen: String,
    /// Path of its dashboard.
    pub dashboard: String,
    /// Address of the phones.
    pub simulator: String,
    pub username: String,
    pub password: String,
}

impl Welcome {
    /// The password as configured; whoever changed it at the desk knows it.
    pub fn password_of(config: &Config) -> String {
        config
            .admin_password
            .as_ref()
            .map(|password| password.expose_secret().to_string())
            .unwrap_or_default()
    }

    /// For the terminal.
    pub fn text(&self, config: &Config) -> String {
        format!(
            "议事厅演示已启动，从这一页开始：{}\n  手机（微信模拟器）  {}\n  工作台              {}　用户名 {}　密码 {}\n  大屏                {}\n按 Ctrl-C 停止，数据保存在 {}。",
            config.link("/"),
            self.simulator,
            config.link(&self.dashboard),
            self.username,
            self.password,
            config.link(&self.screen),
            config.data_dir.display(),
        )
    }
}

#[derive(Template)]
#[template(path = "demo.html")]
struct WelcomePage {
    page: Layout,
    welcome: Welcome,
}

/// `GET /` of the demo.
pub async fn show(welcome: Data<Welcome>, page: Layout) -> impl Responder {
    Page::of(WelcomePage { page, welcome: (**welcome).clone() })
}
