//! The manual, for people who attend and people who organise: `/help` and `/help/{topic}`.
//!
//! A topic is a row of [`TOPICS`] and a template of the same name in `assets/templates/help/`; its pictures are
//! taken of the running system by `make pictures`.

use actix_web::Responder;
use actix_web::web::{Data, Path, ServiceConfig, resource};
use askama::Template;

use super::licences;
use crate::base::Base;
use crate::web::{Error, Layout, Page};

/// One page of the manual.
struct Topic {
    /// The last part of its address, and the name of its template.
    name: &'static str,
    title: &'static str,
    /// What the start page says of it.
    about: &'static str,
    part: Part,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Attend,
    Organise,
    Both,
}

const fn topic(part: Part, name: &'static str, title: &'static str, about: &'static str) -> Topic {
    Topic { name, title, about, part }
}

/// In reading order.
const TOPICS: [Topic; 26] = [
    topic(Part::Attend, "check-in", "扫码签到", "扫会场的二维码，看到「签到成功」就好了"),
    topic(Part::Attend, "first-time", "第一次填写", "单位、姓名、手机号，只填一次"),
    topic(Part::Attend, "short-code", "口令签到", "扫不了码时，用大屏上的 6 位数字"),
    topic(Part::Attend, "trouble", "没签上怎么办", "来早了、来晚了、名单没有、换了微信、没带手机"),
    topic(Part::Attend, "my-meetings", "我的会议", "查时间、地点、座位和签到记录"),
    topic(Part::Attend, "voting", "表决和投票", "在手机上投票，什么时候不能投，保密到什么程度"),
    topic(Part::Attend, "interaction", "小调查和提问", "培训时在手机上选一选、问一问，不是表决"),
    topic(Part::Attend, "reading", "看会议材料", "在手机上看，在电脑上打开"),
    topic(Part::Attend, "car", "自助移车", "车被挡住了怎么办，收到移车短信怎么办"),
    topic(Part::Organise, "new-meeting", "新建会议", "填什么，签到范围和签到码怎么选"),
    topic(Part::Organise, "roster", "导入名册", "用 Excel 表导入，导错了怎么改"),
    topic(Part::Organise, "materials", "议程和材料", "上传文件，谁能看、什么时候看"),
    topic(Part::Organise, "screen", "大屏与签到码", "打开大屏，动态码、口令和打印码"),
    topic(Part::Organise, "for-others", "代签、补签和撤销", "没带手机的、来晚的、签错的"),
    topic(Part::Organise, "leave-room", "离场、请假和表决权", "中途离开、不能来、谁能表决"),
    topic(Part::Organise, "requests", "处理申请", "补签申请和名单核对"),
    topic(Part::Organise, "ballots", "组织表决", "写题目、开始、结束、公布，报告和人工计票"),
    topic(Part::Organise, "polls", "组织小调查和提问", "发起、上大屏，审核参会人的提问"),
    topic(Part::Organise, "export", "导出签到表", "Excel、PDF，版本和核验"),
    topic(Part::Organise, "statistics", "统计", "一场会的数字，一个季度的汇总"),
    topic(Part::Organise, "remind", "提醒参会人", "一键提醒未到，自动提醒，电话通知名单"),
    topic(Part::Organise, "questions", "常见问题", "开会前和现场最常遇到的事"),
    topic(Part::Organise, "car-duty", "移车值班", "核对可疑请求、接手、办结、工单、统计和接口"),
    topic(Part::Organise, "cases-desk", "诉求办理", "查找、批量办理、答复模板、回访、记者追踪和专题频道"),
    topic(Part::Both, "privacy", "个人信息说明", "收集什么、给谁看、怎么保护"),
    topic(Part::Both, "licences", "开源许可", "用到了哪些开源软件，各是什么许可"),
];

pub fn routes(config: &mut ServiceConfig) {
    config.service(resource("/help").get(start)).service(resource("/help/{topic}").get(show));
}

#[derive(Template)]
#[template(path = "help/start.html")]
struct StartPage {
    page: Layout,
    parts: [(&'static str, Vec<&'static Topic>); 3],
}

#[derive(Template)]
#[template(path = "help/topic.html")]
struct TopicPage {
    page: Layout,
    parts: [(&'static str, Vec<&'static Topic>); 3],
    here: &'static str,
    topic: &'static Topic,
    /// The one to read next, for the same readers.
    next: Option<&'static Topic>,
    /// Days for which personal data is kept, where it ends by itself.
    retention: Option<u16>,
    licences: Vec<licences::Part>,
}

async fn start(page: Layout) -> impl Responder {
    Page::of(StartPage { page, parts: parts() })
}

async fn show(base: Data<Base>, name: Path<String>, page: Layout) -> Result<impl Responder, Error> {
    let at = TOPICS.iter().position(|topic| topic.name == *name).ok_or_else(|| Error::new("not_found"))?;
    let topic = &TOPICS[at];
    let next = TOPICS.get(at + 1).filter(|next| next.part == topic.part);
    Ok(Page::of(TopicPage {
        page,
        parts: parts(),
        here: topic.name,
        topic,
        next,
        retention: base.config.retention_days,
        licences: if topic.name == "licences" { licences::parts() } else { Vec::new() },
    }))
}

fn parts() -> [(&'static str, Vec<&'static Topic>); 3] {
    [("参会人员", Part::Attend), ("会务人员", Part::Organise), ("说明", Part::Both)]
        .map(|(name, part)| (name, TOPICS.iter().filter(|topic| topic.part == part).collect()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn text(path: &str) -> String {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
    }

    #[test]
    fn every_topic_has_its_own_page_in_the_manual() {
        let index = text("assets/templates/help/topic.html");
        for topic in &TOPICS {
            let file = format!("help/{}.html", topic.name);
            assert!(index.contains(&format!("{{% include \"{file}\" %}}")), "{file} is not shown");
            let words = text(&format!("assets/templates/{file}"));
            assert!(words.chars().filter(|c| !c.is_ascii()).count() > 100, "{file} says too little");
        }
    }

    #[test]
    fn every_picture_of_the_manual_is_shown_and_loads_fast() {
        let words: String =
            TOPICS.iter().map(|topic| text(&format!("assets/templates/help/{}.html", topic.name))).collect();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/img/help");
        for file in std::fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let name = file.file_name().into_string().unwrap();
            assert!(words.contains(&format!("\"{name}\"")), "{name} is shown nowhere");
            assert!(file.metadata().unwrap().len() < 150 * 1024, "{name} is too large for a phone");
        }
        for name in words.split("picture(page, \"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(folder.join(name).exists(), "{name} is missing: run `make pictures`");
        }
    }
}
