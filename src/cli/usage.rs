//! Help, and what is said when something was typed wrong. The parser itself speaks English only.

use std::io::{ErrorKind as IoErrorKind, Write};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Heading of the settings that every command takes.
pub const SETTINGS: &str = "设置（也可写成环境变量，或 yishiting.toml 里的同名项）";

/// A line for standard output. A reader that went away (`yishiting help | head`) is no fault.
pub fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != IoErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints help when that was asked for, else what is wrong and where to read on.
pub fn explain(error: &clap::Error) -> anyhow::Result<ExitCode> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let text = error.render().to_string();
            say(&chinese(&text))?;
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            eprintln!("{}\n用 yishiting help 查看全部命令和选项。", describe(error));
            Ok(ExitCode::from(2))
        }
    }
}

/// Prints the help of the command that `path` names, or of all.
pub fn help(mut command: clap::Command, path: &[String]) -> anyhow::Result<ExitCode> {
    command.build();
    let mut found = &mut command;
    for name in path {
        found = found.find_subcommand_mut(name).ok_or_else(|| anyhow::anyhow!("没有「{name}」这个命令。"))?;
    }
    say(&chinese(&found.render_help().to_string()))?;
    Ok(ExitCode::SUCCESS)
}

/// The parser's own words in its help.
const WORDS: [(&str, &str); 8] = [
    ("Usage: ", "用法："),
    ("Commands:", "命令："),
    ("Arguments:", "参数："),
    ("Options:", "选项："),
    ("[OPTIONS]", "[选项]"),
    ("<COMMAND>", "<命令>"),
    ("[COMMAND]...", "[命令]"),
    ("[env: ", "[环境变量 "),
];

fn chinese(help: &str) -> String {
    // The settings are the same for all commands: once is enough.
    let end = help.find(SETTINGS).filter(|_| !help.contains("Usage: yishiting serve")).unwrap_or(help.len());
    let mut text = help[..end].trim_end().to_string();
    for (english, chinese) in WORDS {
        text = text.replace(english, chinese);
    }
    text.replace("=]", "]")
}

fn describe(error: &clap::Error) -> String {
    let given = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join("、"),
        _ => String::new(),
    };
    let argument = given(ContextKind::InvalidArg);
    let value = given(ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::UnknownArgument => format!("没有「{argument}」这个选项。"),
        ErrorKind::InvalidSubcommand => {
            format!("没有「{}」这个命令。", given(ContextKind::InvalidSubcommand))
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "请写明要做什么，例如 yishiting serve。".to_string()
        }
        ErrorKind::MissingRequiredArgument => format!("缺少 {argument}。"),
        ErrorKind::InvalidValue if value.is_empty() => format!("{argument} 后面缺少内容。"),
        ErrorKind::InvalidValue => {
            let valid = given(ContextKind::ValidValue);
            let hint = if valid.is_empty() { String::new() } else { format!("，可用：{valid}") };
            format!("{argument}：「{value}」不可用{hint}。")
        }
        ErrorKind::ValueValidation => format!("{argument}：「{value}」格式不对。"),
        ErrorKind::ArgumentConflict => format!("{argument} 重复，或不能与其他选项同时使用。"),
        _ => format!("命令写法不对：{argument}{value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::Parser;

    fn said(words: &[&str]) -> String {
        let all = [&["yishiting"], words].concat();
        Cli::try_parse_from(all).err().map(|error| describe(&error)).unwrap()
    }

    #[test]
    fn what_was_typed_wrong_is_said_in_chinese() {
        assert_eq!(said(&["serv"]), "没有「serv」这个命令。");
        assert_eq!(said(&["serve", "--prot", "1"]), "没有「--prot」这个选项。");
        assert_eq!(said(&[]), "请写明要做什么，例如 yishiting serve。");
        assert!(
            said(&["serve", "--role", "all"]).contains("可用：web、worker"),
            "{}",
            said(&["serve", "--role", "all"])
        );
        assert!(said(&["staff", "add"]).starts_with("缺少 "), "{}", said(&["staff", "add"]));
        assert!(said(&["serve", "--trusted-proxies", "many"]).contains("格式不对"));
    }

    #[test]
    fn every_command_and_option_is_explained_in_chinese() {
        use clap::CommandFactory;
        fn check(command: &clap::Command) {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(!about.is_empty() && !about.is_ascii(), "{}", command.get_name());
            for argument in command.get_arguments() {
                let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(!help.is_ascii(), "{} {}", command.get_name(), argument.get_id());
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }
}
