//! `yishiting import …` and `yishiting export …`: what organisers do at the desk, for an operator at the machine. The
//! rules are those of the desk and the API.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

use super::usage;
use crate::base::Base;
use crate::base::error::{Coded, describe};
use crate::cases::{Cases, export, import};
use crate::meeting::model::meeting;
use crate::meeting::roster::{self, Missing};
use crate::meeting::sheet::columns::Column;
use crate::meeting::sheet::model::Form;
use crate::meeting::{edit, sheet};
use crate::movecar::register::import as owners;
use crate::people::audit;

#[derive(clap::Subcommand)]
pub enum Import {
    /// 导入名册：.xlsx 或 .csv，列名同工作台；写错的行不导入，逐行说明原因
    Roster {
        /// 会议的签到码，即网址 /m/ 后面的部分
        #[arg(long, value_name = "CODE")]
        meeting: String,
        /// 只看结果，不做改动
        #[arg(long)]
        dry_run: bool,
        /// 新名册里没有的人移出名册（已签到的保留）
        #[arg(long)]
        move_out: bool,
        /// 名册文件
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// 导入车主名册：.xlsx 或 .csv，车牌号、手机号各一列，可加「不接电话」一列；已有的车牌改为新号码
    Owners {
        /// 车主名册文件
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// 导入原系统的诉求（.csv），编号不变；列名同 export cases，写错的行不导入，逐行说明原因。中断后重新运行即可
    Cases {
        /// 只看结果，不做改动
        #[arg(long)]
        dry_run: bool,
        /// 诉求文件
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(clap::Subcommand)]
pub enum Export {
    /// 导出签到表（.xlsx），手机号隐藏中间四位
    Sheet {
        /// 会议的签到码，即网址 /m/ 后面的部分
        #[arg(long, value_name = "CODE")]
        meeting: String,
        /// 写到这个文件；已有的文件不会被覆盖
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// 导出全部诉求（.csv），含姓名和电话，请妥善保管
    Cases {
        /// 写到这个文件；已有的文件不会被覆盖
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// As large as an upload at the desk.
const LARGEST: u64 = 10 * 1024 * 1024;

/// 0: every row is in; 1: some rows are not, and why was said.
pub async fn import(command: Import, base: &Base) -> anyhow::Result<ExitCode> {
    let (meeting, dry_run, move_out, file) = match command {
        Import::Roster { meeting, dry_run, move_out, file } => (meeting, dry_run, move_out, file),
        Import::Owners { file } => return owners(&file, base).await,
        Import::Cases { dry_run, file } => return import_cases(&file, dry_run, base).await,
    };
    let meeting = find(base, &meeting).await?;
    let bytes = read(&file, LARGEST)?;
    let rows = roster::read_file(&bytes).map_err(in_words)?;
    let missing = if move_out { Missing::MoveOut } else { Missing::Stay };
    let report =
        roster::import(base, meeting.id, rows, missing, dry_run, "command line").await.map_err(in_words)?;
    let done = if dry_run { "没有做改动。如果导入，将会" } else { "已" };
    usage::say(&format!(
        "「{}」{done}新增 {} 人，更新 {} 人，移出 {} 人；{} 人没有变化，{} 人已签到、保留在名册里。",
        meeting.title, report.added, report.changed, report.removed, report.unchanged, report.kept
    ))?;
    for bad in &report.bad {
        usage::say(&format!("第 {} 行没有导入：{}", bad.row, bad.reason))?;
    }
    Ok(ExitCode::from(u8::from(!report.bad.is_empty())))
}

fn read(file: &Path, largest: u64) -> anyhow::Result<Vec<u8>> {
    let name = file.display();
    let size = std::fs::metadata(file).with_context(|| format!("无法读取 {name}"))?.len();
    if size > largest {
        bail!("{name} 太大，最多 {} MB。", largest >> 20);
    }
    std::fs::read(file).with_context(|| format!("无法读取 {name}"))
}

async fn owners(file: &Path, base: &Base) -> anyhow::Result<ExitCode> {
    let bytes = read(file, LARGEST)?;
    let source = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let report = owners::import(base, &bytes, &source, "command line").await?;
    usage::say(&format!("已导入 {} 个车牌。", report.stored))?;
    for (row, why) in &report.bad {
        usage::say(&format!("第 {row} 行没有导入：{why}"))?;
    }
    Ok(ExitCode::from(u8::from(!report.bad.is_empty())))
}

/// Progress is told after so many lines.
const TOLD: usize = 500;
/// A hundred thousand cases with long texts.
const LARGEST_CASES: u64 = 256 * 1024 * 1024;

async fn import_cases(file: &Path, dry_run: bool, base: &Base) -> anyhow::Result<ExitCode> {
    let bytes = read(file, LARGEST_CASES)?;
    let cases = Cases::start(base.clone()).await?;
    let tell = |report: &import::Report| {
        let lines = report.added + report.known + report.bad.len();
        if lines.is_multiple_of(TOLD) {
            eprintln!("已处理 {lines} 行");
        }
    };
    let report = import::import(&cases, &bytes, dry_run, tell).await?;
    let done = if dry_run { "没有做改动。如果导入，将会" } else { "已" };
    usage::say(&format!("{done}新增 {} 件，{} 件以前已导入。", report.added, report.known))?;
    for (line, why) in &report.bad {
        usage::say(&format!("第 {line} 行没有导入：{why}"))?;
    }
    Ok(ExitCode::from(u8::from(!report.bad.is_empty())))
}

async fn export_cases(file: &Path, base: &Base) -> anyhow::Result<ExitCode> {
    let cases = Cases::start(base.clone()).await?;
    let name = file.display();
    let made = std::fs::OpenOptions::new().write(true).create_new(true).open(file);
    let out = std::io::BufWriter::new(made.with_context(|| format!("无法写入 {name}"))?);
    let count = export::export(&cases, out, |count| eprintln!("已写出 {count} 件")).await?;
    audit::note(base, "command line", "case.export", "", &count.to_string()).await?;
    usage::say(&format!("{count} 件诉求已写到 {name}。里面有姓名和电话，请妥善保管。"))?;
    Ok(ExitCode::SUCCESS)
}

pub async fn export(command: Export, base: &Base) -> anyhow::Result<ExitCode> {
    let (meeting, file) = match command {
        Export::Sheet { meeting, file } => (meeting, file),
        Export::Cases { file } => return export_cases(&file, base).await,
    };
    let meeting = find(base, &meeting).await?;
    let columns = Column::EACH.to_vec();
    let book =
        sheet::export(base, meeting.id, Form::Xlsx, columns, "command line").await.map_err(in_words)?;
    write(&file, &book.bytes).with_context(|| format!("无法写入 {}", file.display()))?;
    usage::say(&format!("「{}」的签到表已写到 {}。", meeting.title, file.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn write(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(file)?;
    file.write_all(bytes).and_then(|()| file.sync_all())
}

async fn find(base: &Base, code: &str) -> anyhow::Result<meeting::Model> {
    edit::find_by_code(base, code).await?.with_context(|| format!("没有签到码为 {code} 的会议。"))
}

fn in_words(error: impl Coded + Send + Sync + 'static) -> anyhow::Error {
    let (status, text) = describe(&error);
    match status {
        500.. => anyhow::Error::new(error).context(text),
        _ => anyhow::anyhow!(text),
    }
}
