//! `yishiting keys …`: changes the master key. `docs/operations.md` tells the order of the steps.

use std::path::Path;
use std::process::ExitCode;

use super::{open, usage};
use crate::base::Base;
use crate::base::config::{Config, Options};
use crate::base::privacy::add_key;
use crate::base::privacy::reseal::{Sealed, count, reseal};
use crate::cases;
use crate::people::audit;
use crate::server;

#[derive(clap::Subcommand)]
pub enum Command {
    /// 在主密钥文件最前面加一个新密钥；旧的保留，服务重启后生效
    Add,
    /// 看每个密钥还加密着多少条
    Status,
    /// 用最新的密钥重新加密旧密钥加密过的内容；可以随时中断，再次运行会接着做
    Reseal {
        /// 确认全部服务进程都已用新的主密钥文件重启过
        #[arg(long)]
        servers_restarted: bool,
    },
}

/// 0: done; 1: not everything could be resealed, or the servers were not restarted.
pub async fn run(command: Command, options: Options, folder: &Path) -> anyhow::Result<ExitCode> {
    match command {
        Command::Add => add(&Config::load(options, folder)?),
        Command::Status => status(&open(options, folder).await?).await,
        Command::Reseal { servers_restarted: false } => {
            usage::say(
                "请先把主密钥文件复制到每台机器，重启全部服务进程，再运行：yishiting keys reseal --servers-restarted\n\
                 没有重启的进程读不了重新加密过的手机号。",
            )?;
            Ok(ExitCode::FAILURE)
        }
        Command::Reseal { servers_restarted: true } => reseal_all(&open(options, folder).await?).await,
    }
}

fn add(config: &Config) -> anyhow::Result<ExitCode> {
    let path = &config.master_key_file;
    let number = add_key(path)?;
    usage::say(&format!(
        "{} 最前面已加入密钥 {number}，旧密钥都还在。\n请依次：备份这个文件；复制到每台机器；重启全部服务进程；运行 yishiting keys reseal --servers-restarted。",
        path.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Every column of sealed values with where it stands: those of cases also in a database of their own.
async fn sealed(base: &Base) -> anyhow::Result<Vec<(Base, Sealed)>> {
    let mut all: Vec<_> = server::sealed().into_iter().map(|column| (base.clone(), column)).collect();
    if base.config.cases_database_url.is_some() {
        let store = cases::store(base).await?;
        all.extend(cases::SEALED.map(|column| (store.clone(), column)));
    }
    Ok(all)
}

async fn status(base: &Base) -> anyhow::Result<ExitCode> {
    let mut sums: Vec<(u32, u64)> = base.keys.numbers().into_iter().map(|number| (number, 0)).collect();
    let mut strange = 0;
    for (base, column) in sealed(base).await? {
        let (counts, unknown) = count(&base, &column).await?;
        sums.iter_mut().zip(&counts).for_each(|(sum, (_, count))| sum.1 += count);
        strange += unknown;
    }
    for (place, (number, sum)) in sums.iter().enumerate() {
        usage::say(&match (place, sum) {
            (0, _) => format!("密钥 {number}：{sum} 条，新内容都用它加密"),
            (_, 0) => {
                format!("密钥 {number}：0 条，可以从主密钥文件里去掉（恢复旧备份时还要用，请另行保存）")
            }
            _ => format!("密钥 {number}：{sum} 条，待重新加密"),
        })?;
    }
    if strange > 0 {
        usage::say(&format!("另有 {strange} 条用文件里没有的密钥加密，读不出来。请恢复完整的主密钥文件。"))?;
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

async fn reseal_all(base: &Base) -> anyhow::Result<ExitCode> {
    let (mut done, mut left) = (0, 0);
    for (base, column) in sealed(base).await? {
        let progress = reseal(&base, &column, |progress| {
            eprintln!("{}.{}：已完成 {} 条", column.table, column.column, progress.done);
        })
        .await?;
        done += progress.done;
        left += progress.left;
    }
    audit::note(base, "command line", "keys.reseal", "", &format!("{done} {left}")).await?;
    usage::say(&format!("已用最新的密钥重新加密 {done} 条。"))?;
    if left > 0 {
        usage::say(&format!(
            "有 {left} 条没有动：打不开，或与另一条重复。旧密钥请保留在主密钥文件里，用 yishiting keys status 查看。"
        ))?;
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}
