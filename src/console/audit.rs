//! Who did what, for administrators.

use std::collections::HashMap;

use actix_web::Responder;
use actix_web::web::{Data, Query, ServiceConfig, resource};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use crate::base::clock::{Instant, zh_moment, zh_second};
use crate::people::audit;
use crate::people::model::audit as table;
use crate::people::staff::{self, Role};
use crate::web::{Administrator, AuditWords, Context, Error, Layout, Page};

pub fn routes(config: &mut ServiceConfig) {
    config.service(resource("/desk/audit").get(show));
}

const LINES: u64 = 50;

/// How the lines of accounts read, and those of the conversation, which is no feature.
pub const WORDS: AuditWords = AuditWords {
    kinds: &[("staff.", "账号"), ("wechat.", "微信用户"), ("keys.", "主密钥"), ("retention.", "到期删除")],
    act,
    detail,
    target: None,
};

fn act(action: &str) -> &'static str {
    match action {
        "staff.login" => "登录",
        "staff.add" => "新建账号",
        "staff.password" => "更换密码",
        "staff.disable" => "停用账号",
        "staff.enable" => "恢复账号",
        "staff.role" => "调整角色",
        "staff.sessions" => "退出全部设备",
        "wechat.authorization_revoked" => "撤回授权",
        "wechat.account_closed" => "注销微信",
        "keys.reseal" => "重新加密",
        "retention.forget" => "到期删除个人信息",
        "retention.requests" => "到期删除申请中的手机号",
        "retention.leave" => "到期删除请假原因",
        _ => "其他操作",
    }
}

fn detail(action: &str, detail: &str, _now: Instant) -> String {
    match (action, detail) {
        ("staff.add" | "staff.role", role) => {
            Role::parse(role).map_or_else(|| role.to_string(), |role| role.zh().to_string())
        }
        ("staff.login", "") => String::new(),
        ("staff.login", address) => format!("来自 {address}"),
        ("staff.password", "own") => "本人更换".to_string(),
        ("staff.password", "reset") => "管理员重置".to_string(),
        ("keys.reseal", numbers) => match numbers.split_once(' ') {
            Some((done, left)) => format!("完成 {done} 条，未动 {left} 条"),
            None => String::new(),
        },
        ("retention.requests" | "retention.leave", count) => format!("{count} 条"),
        ("retention.forget", numbers) => match numbers.split(' ').collect::<Vec<_>>().as_slice() {
            [phones, ties, followers] => {
                format!("手机号 {phones} 个，绑定 {ties} 条，微信用户 {followers} 个")
            }
            _ => String::new(),
        },
        (_, other) => other.to_string(),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    actor: String,
    kind: String,
    before: Option<Uuid>,
}

struct Line {
    day: String,
    time: String,
    actor: String,
    /// The user name, where `actor` is a person's name.
    username: Option<String>,
    act: String,
    target: Target,
    detail: String,
}

/// What an act was about: words, and a page of it where there is one.
struct Target {
    words: String,
    link: Option<String>,
}

#[derive(Template)]
#[template(path = "console/audit.html")]
struct AuditPage {
    page: Layout,
    kinds: Vec<(&'static str, &'static str)>,
    actor: String,
    kind: String,
    lines: Vec<Line>,
    /// The last line shown, where older ones follow.
    older: Option<Uuid>,
}

async fn show(
    context: Context,
    words: Data<Vec<AuditWords>>,
    _admin: Administrator,
    page: Layout,
    wanted: Query<Wanted>,
) -> Result<impl Responder, Error> {
    let base = &context.web.base;
    let Wanted { actor, kind, before } = wanted.into_inner();
    let mut found = audit::page(base, actor.trim(), &kind, before, LINES + 1).await?;
    let more = found.len() as u64 > LINES;
    found.truncate(LINES as usize);
    let older = found.last().map(|line| line.id).filter(|_| more);
    let names: HashMap<String, String> =
        staff::list(base).await?.into_iter().map(|staff| (staff.username, staff.name)).collect();
    let now = base.clock.now();
    let lines = found.into_iter().map(|line| read(&words, &names, line, now)).collect();
    let kinds = std::iter::once(("", "全部"))
        .chain(words.iter().flat_map(|words| words.kinds.iter().copied()))
        .collect();
    Ok(Page::of(AuditPage { page: page.at("audit"), kinds, actor, kind, lines, older }))
}

/// A line in words; an act that no feature has words for is shown as it stands.
fn read(words: &[AuditWords], names: &HashMap<String, String>, line: table::Model, now: Instant) -> Line {
    let own = AuditWords::of(words, &line.action);
    let target = match own.and_then(|words| words.target) {
        Some((name, path)) => {
            Target { words: name.to_string(), link: Some(format!("{path}{}", line.target)) }
        }
        None => Target { words: line.target, link: None },
    };
    let name = names.get(&line.actor).cloned();
    Line {
        day: zh_moment(line.at, now),
        time: zh_second(line.at),
        act: own.map_or_else(|| line.action.clone(), |words| (words.act)(&line.action).to_string()),
        detail: own.map_or_else(|| line.detail.clone(), |own| (own.detail)(&line.action, &line.detail, now)),
        target,
        username: name.as_ref().map(|_| line.actor.clone()),
        actor: name.unwrap_or_else(|| actor(&line.actor).to_string()),
    }
}

/// Who acts without an account.
fn actor(word: &str) -> &str {
    match word {
        "system" => "系统",
        "command line" => "命令行",
        "wechat" => "微信",
        "self" => "本人",
        other => other,
    }
}
