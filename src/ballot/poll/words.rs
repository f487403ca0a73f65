//! How this room's lines of the audit log read. None tells of an answer.

use crate::base::clock::Instant;
use crate::web::AuditWords;

pub const AUDIT: AuditWords = AuditWords {
    kinds: &[("poll.", "小调查"), ("question.", "提问")],
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
        "question.settings" => "设置提问",
        "question.publish" => "公开提问",
        "question.reject" => "不公开提问",
        "question.answered" => "提问标为已回答",
        "question.show" => "提问放上大屏",
        "question.hide" => "提问从大屏移开",
        _ => "互动",
    }
}

/// The number of the poll; of a question nothing.
fn detail(action: &str, detail: &str, _: Instant) -> String {
    match (action, detail) {
        ("question.settings", "off") => "关闭提问".to_string(),
        ("question.settings", "moderated") => "开放提问，先审核".to_string(),
        ("question.settings", _) => "开放提问，不审核".to_string(),
        (action, _) if action.starts_with("question.") => String::new(),
        _ => format!("第 {detail} 个"),
    }
}
