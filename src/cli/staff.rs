//! `yishiting staff …`: accounts of the desk, for an operator at the machine.

use std::io::IsTerminal;

use anyhow::Context;

use crate::base::Base;
use crate::base::error::describe;
use crate::base::privacy::random_code;
use crate::cli::usage;
use crate::people::staff::{self, Role, StaffError};

#[derive(clap::Subcommand)]
pub enum Command {
    /// 新建账号；密码从标准输入读一行，没有则生成一个并显示一次
    Add {
        /// 用户名
        username: String,
        /// 姓名；不填与用户名相同
        #[arg(long)]
        name: Option<String>,
        /// 角色：admin 管理员、organiser 会务人员、viewer 只读；不填为 organiser
        #[arg(long, default_value = "organiser", hide_default_value = true, value_parser = role, value_name = "ROLE")]
        role: Role,
    },
}

fn role(name: &str) -> Result<Role, String> {
    Role::parse(name).ok_or_else(|| "admin, organiser or viewer".to_string())
}

pub async fn run(command: Command, base: &Base) -> anyhow::Result<()> {
    let Command::Add { username, name, role } = command;
    let given = piped_line().context("无法读取标准输入")?;
    let password = given.clone().unwrap_or_else(|| random_code(12));
    staff::add(base, &username, name.as_deref().unwrap_or(&username), role, &password, "command line")
        .await
        .map_err(in_words)?;
    let role = role.zh();
    usage::say(&match given {
        Some(_) => format!("已新建{role}账号 {username}。"),
        None => format!("已新建{role}账号 {username}，密码 {password}（只显示这一次）。"),
    })
}

/// The first line of what was piped in; nobody is asked to type a password that others can see.
fn piped_line() -> std::io::Result<Option<String>> {
    let input = std::io::stdin();
    if input.is_terminal() {
        return Ok(None);
    }
    let mut line = String::new();
    input.read_line(&mut line)?;
    let line = line.trim_end_matches(['\r', '\n']);
    Ok((!line.is_empty()).then(|| line.to_string()))
}

fn in_words(error: StaffError) -> anyhow::Error {
    let (status, text) = describe(&error);
    match status {
        500.. => anyhow::Error::new(error).context(text),
        _ => anyhow::anyhow!(text),
    }
}
