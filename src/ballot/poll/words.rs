//! How this room's lines of the audit log read. None tells of an answer.

use crate::base::clock::Instant;
use crate::web::AuditWords;

pub const AUDIT: AuditWords = AuditWords {
    kinds: &[("poll.", "小调查")],
    act: action,
    detail,
    target: Some(("会议", "/desk/meetings/")),
};

fn action(word: &str) -> &'static str {
    match word {
        "poll.create" => "新建小调查",
        "poll.edit" => "修改小调查",
        "poll.open" => "开始小调查",
        "poll.close" => "结束小调查",
        "poll.show" => "小调查放上大屏",
        "poll.hide" => "小调查从大屏移开",
        "poll.remove" => "删除小调查",
        _ => "小调查",
    }
}

/// The number of the poll.
fn detail(_: &str, detail: &str, _: Instant) -> String {
    format!("第 {detail} 个")
}
