//! Feature: the shell of the staff pages (login, accounts, the audit log) and the manual.

mod accounts;
mod api;
mod audit;
mod help;
mod licences;
mod login;
mod me;

use actix_web::web::{ServiceConfig, resource};

use crate::people::staff::Role;
use crate::web::NavEntry;

pub use audit::WORDS as AUDIT;

/// This feature's part of the desk's navigation.
pub const NAVIGATION: [NavEntry; 3] = [
    entry("accounts", "账号与权限", "/desk/accounts", Role::Admin),
    entry("audit", "操作记录", "/desk/audit", Role::Admin),
    entry("help", "使用手册", "/help", Role::Viewer),
];

const fn entry(key: &'static str, label: &'static str, href: &'static str, least: Role) -> NavEntry {
    NavEntry { part: "系统", key, label, href, least }
}

/// Every path of this feature.
pub fn routes(config: &mut ServiceConfig) {
    config.service(resource("/desk").get(login::start));
    login::routes(config);
    me::routes(config);
    accounts::routes(config);
    audit::routes(config);
    api::routes(config);
    help::routes(config);
}
