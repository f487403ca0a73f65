//! Agenda and materials of the demo's meetings, made here: a page of text and a small table.

use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::stream;
use rust_xlsxwriter::{Format, Workbook};
use uuid::Uuid;

use crate::base::Base;
use crate::document::{Documents, Received};
use crate::meeting::agenda::{self, Item};
use crate::meeting::material::edit::{self, Settings};
use crate::meeting::material::model::Visibility;
use crate::meeting::model::meeting;

const ACTOR: &str = "演示";

/// Minutes from the start, minutes long, title, speaker.
const POINTS: [(i64, i64, &str, &str); 4] = [
    (0, 15, "通报上半年重点工作完成情况", "陈晓燕（市政府办公室）"),
    (15, 40, "部署下半年重点项目", "林国平（市发展和改革局）"),
    (55, 50, "各单位交流发言", ""),
    (105, 30, "总结讲话", "王建华（市政府）"),
];

const NOTICE: &str = "会议须知\n\n一、请提前 10 分钟到场，扫码签到后按座位图就座。\n二、会议期间请将手机调为静音。\n三、会议材料在手机上查看，不再发放纸质文件。\n四、需要在电脑上查看的，在会议页面点「在电脑上打开材料」。\n五、内部文件请勿转发。\n";

const PROJECTS: [(&str, &str, f64, &str); 8] = [
    ("东山路改造提升工程", "市住房和城乡建设局", 2.4, "按计划推进"),
    ("南滨水厂扩建", "市水利局", 3.1, "按计划推进"),
    ("市民中心二期", "市政府办公室", 1.8, "进度偏慢"),
    ("云江镇卫生院迁建", "市卫生健康局", 0.9, "已完工"),
    ("老旧小区加装电梯", "市住房和城乡建设局", 0.6, "按计划推进"),
    ("城区公办幼儿园新建", "市教育局", 1.2, "按计划推进"),
    ("农贸市场智慧化改造", "市市场监督管理局", 0.3, "已完工"),
    ("应急指挥平台升级", "市应急管理局", 0.5, "进度偏慢"),
];

/// Gives `meeting` an agenda and three materials, one of them 内部.
pub async fn add(base: &Base, meeting: &meeting::Model) -> anyhow::Result<()> {
    let points: Vec<Item> = POINTS
        .iter()
        .map(|(from, minutes, title, speaker)| {
            let starts_at = meeting.starts_at + TimeDelta::minutes(*from);
            Item {
                id: Uuid::now_v7(),
                title: (*title).to_string(),
                speaker: (*speaker).to_string(),
                starts_at: Some(starts_at),
                ends_at: Some(starts_at + TimeDelta::minutes(*minutes)),
            }
        })
        .collect();
    let second = points.get(1).map(|item| item.id);
    let write = |items: &mut Vec<Item>| {
        *items = points;
        Ok(())
    };
    agenda::alter(base, meeting.id, ACTOR, write).await?;
    let documents = Documents::new(base.clone());
    let notice = take(&documents, "会议须知.txt", NOTICE.as_bytes().to_vec()).await?;
    let list = take(&documents, "下半年重点项目清单.xlsx", projects()?).await?;
    for (received, settings) in [
        (&notice, Settings { visibility: Visibility::Before, may_download: true, ..Settings::default() }),
        (&list, Settings { agenda_item: second, may_download: true, ..Settings::default() }),
        (
            &list,
            Settings {
                name: "重点项目进度（内部）".to_string(),
                agenda_item: second,
                internal: true,
                ..Settings::default()
            },
        ),
    ] {
        edit::add(base, meeting.id, Uuid::now_v7(), received, settings, ACTOR).await?;
    }
    Ok(())
}

async fn take(documents: &Documents, name: &str, bytes: Vec<u8>) -> anyhow::Result<Received> {
    let upload = stream::iter([Ok::<_, std::io::Error>(Bytes::from(bytes))]);
    Ok(documents.intake(name, upload).await?)
}

fn projects() -> anyhow::Result<Vec<u8>> {
    let mut book = Workbook::new();
    let head = Format::new().set_bold();
    let sheet = book.add_worksheet();
    sheet.set_name("重点项目")?;
    for (column, (title, width)) in
        [("项目", 28.0), ("牵头单位", 26.0), ("总投资（亿元）", 16.0), ("进度", 14.0)].into_iter().enumerate()
    {
        let column = u16::try_from(column)?;
        sheet.write_with_format(0, column, title, &head)?;
        sheet.set_column_width(column, width)?;
    }
    for (row, (name, unit, money, progress)) in PROJECTS.iter().enumerate() {
        let row = u32::try_from(row)? + 1;
        sheet.write(row, 0, *name)?;
        sheet.write(row, 1, *unit)?;
        sheet.write(row, 2, *money)?;
        sheet.write(row, 3, *progress)?;
    }
    Ok(book.save_to_buffer()?)
}
