//! Who did what, for administrators.

use actix_web::Responder;
use actix_web::web::{self as routes, Query, ServiceConfig};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use crate::base::clock::{zh_moment, zh_second};
use crate::people::audit;
use crate::web::{Administrator, Context, Error, Layout, Page};

pub fn routes(config: &mut ServiceConfig) {
    config.route("/desk/audit", routes::get().to(show));
}

const LINES: u64 = 50;

/// Kinds of acts to look for: what their names begin with.
const KINDS: [(&str, &str); 7] = [
    ("", "全部"),
    ("meeting.", "会议"),
    ("attendance.", "签到"),
    ("roster.", "名册"),
    ("request", "申请"),
    ("phone.", "查看手机号"),
    ("staff.", "账号"),
];

/// Acts by their stable names.
const ACTS: [(&str, &str); 29] = [
    ("staff.login", "登录"),
    ("staff.add", "新建账号"),
    ("staff.password", "更换密码"),
    ("staff.disable", "停用账号"),
    ("staff.enable", "恢复账号"),
    ("staff.role", "调整角色"),
    ("staff.sessions", "退出全部设备"),
    ("meeting.create", "新建会议"),
    ("meeting.update", "修改会议"),
    ("meeting.cancelled", "取消会议"),
    ("meeting.closed", "结束会议"),
    ("meeting.open", "重新开放会议"),
    ("meeting.active", "重新开放会议"),
    ("meeting.screen", "更换大屏地址"),
    ("meeting.export", "导出签到表"),
    ("roster.import", "导入名册"),
    ("roster.remove", "移出名册"),
    ("attendance.undo", "撤销签到"),
    ("attendance.undone", "撤销签到"),
    ("attendance.check_in", "代为签到"),
    ("attendance.make_up", "补签"),
    ("attendance.staff", "代为签到"),
    ("request.approve", "通过申请"),
    ("request.reject", "驳回申请"),
    ("request.approved", "通过申请"),
    ("request.rejected", "驳回申请"),
    ("phone.reveal", "查看完整手机号"),
    ("identity.release", "解除微信绑定"),
    ("follower.authorize", "用户授权变更"),
];

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
    act: String,
    target: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "console/audit.html")]
struct AuditPage {
    page: Layout,
    kinds: [(&'static str, &'static str); 7],
    actor: String,
    kind: String,
    lines: Vec<Line>,
    /// The last line shown, where older ones follow.
    older: Option<Uuid>,
}

async fn show(
    context: Context,
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
    let now = base.clock.now();
    let lines = found.into_iter().map(|line| Line {
        day: zh_moment(line.at, now),
        time: zh_second(line.at),
        act: act(&line.action).to_string(),
        actor: line.actor,
        target: line.target,
        detail: line.detail,
    });
    let lines = lines.collect();
    Ok(Page::of(AuditPage { page: page.at("audit"), kinds: KINDS, actor, kind, lines, older }))
}

/// The act in words; one without words is shown by its name.
fn act(action: &str) -> &str {
    ACTS.iter().find(|(name, _)| *name == action).map_or(action, |(_, words)| words)
}
