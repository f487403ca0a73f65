//! How this feature's lines of the audit log read. None tells of a choice.

use crate::base::clock::Instant;
use crate::web::AuditWords;

pub const AUDIT: AuditWords = AuditWords {
    kinds: &[("ballot.", "表决")],
    act: action,
    detail,
    target: Some(("会议", "/desk/meetings/")),
};

fn action(word: &str) -> &'static str {
    match word {
        "ballot.prepare" => "新建表决事项",
        "ballot.edit" => "修改表决事项",
        "ballot.ready" => "表决事项定稿",
        "ballot.withdraw" => "撤回表决事项",
        "ballot.open" => "开始表决",
        "ballot.close" => "结束表决",
        "ballot.void" => "表决作废",
        "ballot.recuse" => "登记回避",
        "ballot.rejoin" => "取消回避",
        "ballot.scrutineers" => "指定监票人",
        "ballot.confirm" => "确认计票",
        "ballot.cast" => "主持人决定",
        "ballot.manual" => "人工计票",
        "ballot.publish" => "公布结果",
        "ballot.report" => "导出表决报告",
        "ballot.revise" => "更正公布",
        "ballot.repeat" => "再次提交表决",
        "ballot.runoff" => "安排再次投票",
        "ballot.template" => "修改表决规则",
        _ => "表决",
    }
}

/// `3 …`: the number of the round, and the rest.
fn detail(action: &str, detail: &str, _: Instant) -> String {
    if action == "ballot.template" {
        return match detail.rsplit_once(' ') {
            Some((title, version)) => format!("{title}，第 {version} 版"),
            None => detail.to_string(),
        };
    }
    let (number, rest) = detail.split_once(' ').unwrap_or((detail, ""));
    let rest = match action {
        "ballot.close" => match rest.rsplit_once('/').map(|(_, by)| by) {
            Some("clock") => "时间到",
            Some("all_voted") => "全部表决完毕",
            _ => "",
        }
        .to_string(),
        "ballot.scrutineers" => format!("{rest} 人"),
        // Persons by their id: the round's page has the names.
        "ballot.recuse" | "ballot.rejoin" | "ballot.confirm" => String::new(),
        "ballot.publish" => format!("第 {rest} 版"),
        "ballot.revise" => match rest.split_once(' ') {
            Some((version, reason)) => format!("第 {version} 版：{reason}"),
            None => rest.to_string(),
        },
        _ => rest.to_string(),
    };
    let rest = if rest.is_empty() { rest } else { format!("：{rest}") };
    format!("第 {number} 项{rest}")
}
