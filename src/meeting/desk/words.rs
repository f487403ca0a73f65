//! What the desk says: states, sources, acts and their details, in Chinese.

use std::collections::HashMap;

use chrono::DateTime;
use uuid::Uuid;

use super::After;
use crate::base::Base;
use crate::base::clock::{self, Instant};
use crate::meeting::model::{CodeKind, LocationUse, Policy, Source, attendance, meeting};
use crate::meeting::people_list::{Row, Standing};
use crate::meeting::phase::Phase;
use crate::meeting::reminder::model::Kind;
use crate::people::staff;
use crate::web::Error;

/// A word and the class of its tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    pub word: &'static str,
    pub tone: &'static str,
}

pub fn phase_tone(phase: Phase) -> &'static str {
    match phase {
        Phase::Open => "tag-good",
        Phase::Coming => "tag-act",
        Phase::Running => "tag-wait",
        Phase::Over => "",
        Phase::Cancelled => "tag-bad",
    }
}

/// Where somebody stands at `meeting`.
pub fn standing(meeting: &meeting::Model, row: &Row) -> Tag {
    let standing = Standing::of(meeting, row);
    let tone = match standing {
        Standing::OnTime => "tag-good",
        Standing::Late | Standing::MadeUp | Standing::Asked => "tag-wait",
        Standing::Undone => "tag-bad",
        Standing::Missing | Standing::OnLeave => "",
    };
    Tag { word: standing.zh(), tone }
}

/// Whether somebody is out of the room, and how.
pub fn leaving(meeting: &meeting::Model, row: &Row, now: Instant) -> Option<Tag> {
    row.leaving(meeting, now).map(|leaving| Tag { word: leaving.zh(), tone: "tag-wait" })
}

pub fn source(word: &str) -> &'static str {
    Source::parse(word).map_or("其他", Source::zh)
}

/// Every source as `data-words` of a live table reads it.
pub fn sources() -> String {
    [Source::Scan, Source::ShortCode, Source::Helper, Source::Staff, Source::MakeUp]
        .map(|source| format!("{}={}", source.word(), source.zh()))
        .join(" ")
}

/// What the page says after a form.
pub fn done(after: &After) -> Option<String> {
    let n = after.n.unwrap_or_default();
    let text = match after.done.as_str() {
        "created" => "会议已建立。下一步：导入名册，或直接打开大屏开始签到。".to_string(),
        "saved" => "已保存，大屏和手机页面立即按新内容显示。".to_string(),
        "cancelled" => "会议已取消，大屏和手机页面已显示取消。已有的签到记录保留。".to_string(),
        "closed" => "会议已结束，不再接受自助签到。".to_string(),
        "active" => "会议已重新开启。".to_string(),
        "screen" => "大屏地址已更换，原来打开的大屏已停用。".to_string(),
        "signed-in" => format!("已签到，第 {n} 位。"),
        "already" => format!("此人已签到，第 {n} 位，没有重复记录。"),
        "undone" => "已撤销。记录保留，可以再恢复。".to_string(),
        "restored" => "已恢复签到。".to_string(),
        "made-up" => format!("已为 {n} 人补签。如有误，可在本页底部整批撤销。"),
        "made-up-partly" => format!("已为 {n} 人补签，其余的人没有存入，请再提交一次。"),
        "batch-undone" => format!("已撤销这批补签中的 {n} 人。"),
        "released" => "已解除与原微信的绑定，本人用新微信扫码即可签到。".to_string(),
        "reminded" if n == 0 => {
            "没有新发送：名单里的人 30 分钟内都提醒过了，见下面的「未发送」。".to_string()
        }
        "reminded" => format!("已开始通知 {n} 人，进度见下表。"),
        "postponed" => format!("现在是夜间（22:00 至 7:00），{n} 人的通知将在早上 7:00 发出。"),
        "plan" => "自动提醒已保存。".to_string(),
        "called" => "已记为电话通知。".to_string(),
        "removed" => "已移出名册，不再计入应到。签到记录保留。".to_string(),
        "stepped-out" => "已登记离场。回来后点「返回」，离场期间不能表决。".to_string(),
        "stepped-back" => "已登记返回。".to_string(),
        "step-already" => "已经是这样，没有重复记录。".to_string(),
        "leave-approved" => "已准假。不再提醒此人；如到会可照常签到。".to_string(),
        "leave-rejected" => "已记为不准假，本人在手机上可以看到。".to_string(),
        "leave-withdrawn" => "已取消请假，此人重新计入未到。".to_string(),
        "votes" => "已改为有表决权。".to_string(),
        "votes-not" => "已改为没有表决权。".to_string(),
        "imported" => format!("名册已更新，共处理 {n} 人。"),
        "approved" => format!("已通过并完成签到，第 {n} 位。"),
        "drawn" => format!("抽到 {n} 人，请逐个核对。"),
        "drawn-none" => "没有可抽的人：还没有人签到，或者都抽过了。".to_string(),
        "found" => "已记下。".to_string(),
        "rejected" => "已处理为未通过。".to_string(),
        "agenda" => "议程已保存，手机页面立即按新内容显示。".to_string(),
        "material-added" => "材料已上传，正在准备预览。".to_string(),
        "material-saved" => "材料设置已保存，立即生效。".to_string(),
        "material-replaced" => "材料已替换，看过旧版的人会看到更新提示。".to_string(),
        "material-replaced-told" => "材料已替换。看过旧版的人几分钟后会收到一条通知。".to_string(),
        "material-withdrawn" => "材料已撤下，所有链接立即失效。".to_string(),
        _ => return None,
    };
    Some(text)
}

/// `08:47:12` today, else with the day.
pub fn moment(at: Instant, now: Instant) -> String {
    if clock::shanghai(at).date_naive() == clock::shanghai(now).date_naive() {
        clock::zh_second(at)
    } else {
        clock::zh_moment(at, now)
    }
}

/// When somebody came: with the time of the scan, where that decided.
pub fn arrival(meeting: &meeting::Model, there: &attendance::Model, now: Instant) -> String {
    let at = moment(there.at, now);
    match there.deciding_scan(meeting) {
        Some(scanned) => format!("{at}（{} 扫码）", clock::zh_second(scanned)),
        None => at,
    }
}

/// Names of those who act, by user name.
pub struct Actors(HashMap<String, String>);

impl Actors {
    pub async fn read(base: &Base) -> Result<Actors, Error> {
        let staff = staff::list(base).await?;
        Ok(Actors(staff.into_iter().map(|one| (one.username, one.name)).collect()))
    }

    pub fn name(&self, actor: &str) -> String {
        match actor {
            "self" => "本人".to_string(),
            "system" => "系统".to_string(),
            helper if helper.starts_with("helper:") => "同事".to_string(),
            username => self.0.get(username).cloned().unwrap_or_else(|| username.to_string()),
        }
    }
}

/// An act of the audit log.
pub fn action(word: &str) -> &'static str {
    match word {
        "meeting.create" => "新建会议",
        "meeting.update" => "修改会议",
        "meeting.cancelled" => "取消会议",
        "meeting.closed" => "结束会议",
        "meeting.active" => "重新开启会议",
        "meeting.screen" => "更换大屏地址",
        "meeting.remind" => "发送提醒",
        "meeting.reminder_plan" => "修改自动提醒",
        "meeting.called" => "记为已电话通知",
        "phone.call_list" => "查看电话通知名单",
        "attendance.undo" => "撤销签到",
        "attendance.restore" => "恢复签到",
        "attendance.staff" => "代签",
        "attendance.make_up" => "补签",
        "attendance.code_reused" => "拒绝签到",
        "attendance.out" => "登记离场",
        "attendance.return" => "登记返回",
        "leave.asked" => "申请请假",
        "leave.approved" => "准假",
        "leave.rejected" => "不准假",
        "leave.withdrawn" => "取消请假",
        "roster.votes" => "修改表决权",
        "roster.import" => "导入名册",
        "roster.remove" => "移出名册",
        "request.approved" => "通过申请",
        "request.rejected" => "未通过申请",
        "spot.draw" => "抽查",
        "spot.seen" => "抽查：在场",
        "spot.missing" => "抽查：未见到",
        "spot.pending" => "抽查：重新核对",
        "agenda.change" => "修改议程",
        "material.add" => "上传材料",
        "material.change" => "修改材料设置",
        "material.replace" => "替换材料",
        "material.withdraw" => "撤下材料",
        "material.order" => "调整材料顺序",
        "phone.reveal" => "查看手机号",
        "sheet.export" => "导出签到表",
        "identity.release" => "解除微信绑定",
        _ => "其他操作",
    }
}

/// The detail of an act as people read it; what cannot be read is shown as it is.
pub fn detail(action: &str, detail: &str, now: Instant) -> String {
    match action {
        "meeting.update" => detail.split("; ").map(|part| change(part, now)).collect::<Vec<_>>().join("；"),
        "attendance.code_reused" => reused(detail),
        "spot.draw" => format!("抽取 {detail} 人"),
        "meeting.remind" => remind(detail).unwrap_or_else(|| detail.to_string()),
        "meeting.reminder_plan" => plan(detail),
        "phone.call_list" => {
            detail.split_once(' ').map_or_else(|| detail.to_string(), |(_, people)| format!("{people} 人"))
        }
        "roster.import" => import(detail).unwrap_or_else(|| detail.to_string()),
        "roster.votes" => {
            if detail.ends_with("true") { "改为有表决权" } else { "改为没有表决权" }.to_string()
        }
        "agenda.change" => {
            detail.strip_prefix("items ").map_or_else(|| detail.to_string(), |n| format!("共 {n} 项"))
        }
        _ => detail.to_string(),
    }
}

/// `starts_at 2026-09-19T01:00:00+00:00 → …`
fn change(part: &str, now: Instant) -> String {
    let read = || {
        let (field, rest) = part.split_once(' ')?;
        let (before, after) = rest.split_once(" → ")?;
        let name = match field {
            "starts_at" => "开始时间",
            "ends_at" => "结束时间",
            "opens_at" => "签到开始",
            "closes_at" => "签到截止",
            "policy" => "签到范围",
            "code" => "签到码",
            "place" => "地点",
            "mask_names" => "大屏隐去姓名",
            "helpers" => "代同事签到",
            "location" => "位置",
            _ => return None,
        };
        Some(format!("{name}：{} → {}", value(field, before, now), value(field, after, now)))
    };
    read().unwrap_or_else(|| part.to_string())
}

fn value(field: &str, text: &str, now: Instant) -> String {
    let zh = match field {
        "policy" => Policy::parse(text).map(|policy| policy.zh().to_string()),
        "code" => CodeKind::parse(text).map(|kind| kind.zh().to_string()),
        "place" => None,
        "location" => location(text),
        "mask_names" | "helpers" => Some(if text == "true" { "是" } else { "否" }.to_string()),
        _ => DateTime::parse_from_rfc3339(text).ok().map(|at| clock::zh_moment(at.to_utc(), now)),
    };
    zh.unwrap_or_else(|| text.to_string())
}

/// `evidence 27.7783,120.6551 300`
fn location(text: &str) -> Option<String> {
    let mut words = text.split(' ');
    let manner = LocationUse::parse(words.next()?)?.zh();
    Some(match words.next().zip(words.next()) {
        Some((degrees, radius)) => format!("{manner}（{degrees}，{radius} 米内）"),
        None => manner.to_string(),
    })
}

/// `added 3 changed 1 removed 0 bad 2`
fn import(detail: &str) -> Option<String> {
    let words: Vec<&str> = detail.split(' ').collect();
    match words.as_slice() {
        ["added", added, "changed", changed, "removed", removed, "bad", bad] => {
            Some(format!("新增 {added} 人，修改 {changed} 人，移出 {removed} 人，有误 {bad} 行"))
        }
        _ => None,
    }
}

/// `not_signed_in 12`
fn remind(detail: &str) -> Option<String> {
    let (kind, people) = detail.split_once(' ')?;
    Some(format!("{}，{people} 人", Kind::parse(kind)?.zh()))
}

/// Whose scan it was that another phone brought again; by a name where one is known, and never by an id.
fn reused(owner: &str) -> String {
    match owner.is_empty() || owner.split(' ').any(|word| word.parse::<Uuid>().is_ok()) {
        true => "所用的扫码已由他人签到".to_string(),
        false => format!("所用的扫码已由{owner}签到"),
    }
}

/// `1101`: which reminders go out by themselves.
fn plan(detail: &str) -> String {
    let names = ["会前一天", "会前一小时", "开始后 10 分钟", "变更、取消和替换材料", "表决开始"];
    let on: Vec<&str> =
        detail.chars().zip(names).filter(|(flag, _)| *flag == '1').map(|(_, name)| name).collect();
    if on.is_empty() { "全部关闭".to_string() } else { format!("自动提醒：{}", on.join("、")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_of_the_log_read_as_sentences() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        assert_eq!(
            detail(
                "meeting.update",
                "starts_at 2026-09-19T01:00:00+00:00 → 2026-09-19T01:30:00+00:00; policy open → roster",
                now
            ),
            "开始时间：9月19日（周六）09:00 → 9月19日（周六）09:30；签到范围：开放签到 → 名单内签到"
        );
        assert_eq!(
            detail("roster.import", "added 3 changed 1 removed 0 bad 2", now),
            "新增 3 人，修改 1 人，移出 0 人，有误 2 行"
        );
        assert_eq!(detail("attendance.undo", "点错了人", now), "点错了人");
        assert_eq!(detail("meeting.update", "", now), "");
        assert_eq!(detail("meeting.remind", "not_signed_in 12", now), "提醒未到，12 人");
        assert_eq!(detail("meeting.reminder_plan", "1001", now), "自动提醒：会前一天、变更、取消和替换材料");
    }

    #[test]
    fn every_source_has_its_word_for_live_tables() {
        assert!(sources().contains("make_up=补签") && !sources().contains("= "));
    }
}
