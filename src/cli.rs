//! The command line: what an operator types, and what is answered when it is wrong.

mod check;
mod exchange;
mod keys;
mod log;
mod menu;
mod simulator;
mod staff;
mod usage;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgAction, CommandFactory, Parser, Subcommand};

use crate::ballot;
use crate::base::calendar::Calendar;
use crate::base::clock::Clock;
use crate::base::config::{Config, ConfigError, Options};
use crate::base::db::Db;
use crate::base::{Base, OpenError};
use crate::cases;
use crate::demo;
use crate::document;
use crate::meeting;
use crate::movecar::plate;
use crate::people;
use crate::server::{self, Role, Server, Signals};

/// 议事厅：城市公众号的后台，管会议签到。
#[derive(Parser)]
#[command(
    name = "yishiting",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    disable_help_subcommand = true,
    after_help = "全部设置见 yishiting help serve；出了问题先运行 yishiting check-config。",
    max_term_width = 110
)]
struct Cli {
    /// 显示帮助
    #[arg(short, long, global = true, action = ArgAction::HelpShort)]
    help: Option<bool>,
    /// 显示版本
    #[arg(short = 'V', long, action = ArgAction::Version)]
    version: Option<bool>,
    /// 配置目录，不填为 ./wechat-config
    #[arg(
        long,
        env = "YST_CONFIG_DIR",
        global = true,
        value_name = "DIR",
        default_value = "./wechat-config",
        hide_default_value = true
    )]
    config_dir: PathBuf,
    #[command(subcommand)]
    command: Command,
}

/// The settings that a command takes as flags and variables.
#[derive(clap::Args)]
struct Settings {
    #[command(flatten, next_help_heading = usage::SETTINGS)]
    options: Options,
}

#[derive(Subcommand)]
enum Command {
    /// 启动服务
    Serve {
        /// 本进程承担的工作：web 网页与回调，worker 后台任务；不填为两者都做
        #[arg(
            long,
            env = "YST_ROLE",
            value_name = "ROLE",
            value_delimiter = ',',
            default_value = "web,worker",
            hide_default_value = true,
            hide_possible_values = true
        )]
        role: Vec<Role>,
        #[command(flatten)]
        settings: Settings,
    },
    /// 在本机演示全部功能：服务、微信模拟器和演示数据
    Demo {
        /// 模拟器监听地址
        #[arg(long, env = "YST_SIMULATOR_LISTEN", value_name = "HOST:PORT", default_value = simulator::LISTEN, hide_default_value = true)]
        simulator_listen: String,
        #[command(flatten)]
        settings: Settings,
    },
    /// 把数据库升级到最新结构
    Migrate(Settings),
    /// 检查配置和环境，说明哪里不对、怎么改
    CheckConfig(Settings),
    /// 管理工作人员账号
    Staff {
        #[command(subcommand)]
        command: staff::Command,
        #[command(flatten)]
        settings: Settings,
    },
    /// 管理公众号菜单
    Menu {
        #[command(subcommand)]
        command: menu::Command,
        #[command(flatten)]
        settings: Settings,
    },
    /// 导入会议名册、车主信息，或原系统的诉求
    Import {
        #[command(subcommand)]
        command: exchange::Import,
        #[command(flatten)]
        settings: Settings,
    },
    /// 导出签到表，或全部诉求
    Export {
        #[command(subcommand)]
        command: exchange::Export,
        #[command(flatten)]
        settings: Settings,
    },
    /// 更换主密钥
    Keys {
        #[command(subcommand)]
        command: keys::Command,
        #[command(flatten)]
        settings: Settings,
    },
    /// 说明一条规则怎样判断，输出一个 JSON
    Explain {
        #[command(subcommand)]
        command: Explain,
    },
    /// 用日志重新推算签到状态并比对，报告每一处不同
    Verify(Settings),
    /// 启动微信模拟器，供任何公众号后台演练
    Simulator(simulator::Arguments),
    /// 在沙箱里把 OFD 画成图片，由本程序自己调用
    #[command(hide = true)]
    DrawOfd {
        /// OFD 文件
        input: PathBuf,
        /// 图片写到这个文件夹
        into: PathBuf,
        /// 每英寸多少点
        dots: u32,
        /// 最多画多少页
        most: u32,
        /// 只画这一页
        only: Option<u32>,
    },
    /// 显示帮助
    Help {
        /// 要了解的命令
        #[arg(value_name = "COMMAND", num_args = 0..)]
        command: Vec<String>,
    },
}

#[derive(Subcommand)]
enum Explain {
    /// 一段文字是不是车牌：结果、种类、规范写法、原因
    Plate {
        /// 车牌，如 浙C12345
        #[arg(value_name = "TEXT", allow_hyphen_values = true)]
        text: String,
    },
    /// 某一天之后第几个工作日是哪一天，怎么数的
    Workday {
        /// 起始日期，如 2026-09-28
        #[arg(value_name = "DATE")]
        date: String,
        /// 第几个工作日，如 +5
        #[arg(value_name = "+N", allow_hyphen_values = true)]
        count: String,
        #[command(flatten)]
        settings: Settings,
    },
    /// 某一天开始的办理期限到哪一天为止，怎么数的
    Due {
        /// 起始日期，如 2026-09-28 或 2026-09-28T17:30
        #[arg(value_name = "DATE")]
        date: String,
        /// 期限的代码，如 F1（答复结果）、P2（信访处理意见）
        #[arg(value_name = "RULE")]
        rule: String,
        #[command(flatten)]
        settings: Settings,
    },
}

/// Runs what was typed. 0: done; 1: it failed; 2: what was typed or configured is wrong.
pub fn main() -> ExitCode {
    server::install_crypto();
    let outcome = match Cli::try_parse() {
        Ok(cli) => start(cli),
        Err(error) => usage::explain(&error),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{}", whole(&error));
            ExitCode::from(if error.is::<ConfigError>() { 2 } else { 1 })
        }
    }
}

/// An error with its causes, each said once: many errors repeat their cause in their own words.
fn whole(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |said, cause| match cause.to_string() {
        cause if said.is_empty() => cause,
        cause if said.contains(&cause) => said,
        cause => format!("{said}：{cause}"),
    })
}

fn start(cli: Cli) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(run(cli));
    // Whatever still runs now was given its time already.
    runtime.shutdown_background();
    outcome
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let folder = cli.config_dir.as_path();
    match cli.command {
        Command::Serve { role, settings } => serve(settings.options, folder, &role).await?,
        Command::Demo { simulator_listen, settings } => {
            demo(settings.options, simulator_listen, folder).await?;
        }
        Command::Migrate(settings) => migrate(settings.options, folder).await?,
        Command::CheckConfig(settings) => {
            return check::run(settings.options, folder, unknown_variables()).await;
        }
        Command::Staff { command, settings } => {
            staff::run(command, &open(settings.options, folder).await?).await?;
        }
        Command::Menu { command, settings } => {
            menu::run(command, &open(settings.options, folder).await?).await?;
        }
        Command::Import { command, settings } => {
            return exchange::import(command, &open(settings.options, folder).await?).await;
        }
        Command::Export { command, settings } => {
            return exchange::export(command, &open(settings.options, folder).await?).await;
        }
        Command::Keys { command, settings } => return keys::run(command, settings.options, folder).await,
        Command::Explain { command: Explain::Plate { text } } => {
            usage::say(&serde_json::to_string(&plate::explain(&text))?)?;
        }
        Command::Explain { command: Explain::Workday { date, count, settings } } => {
            let config = Config::load(settings.options, folder)?;
            let calendar = Calendar::load(&config)?;
            usage::say(&cases::explain::workday(&calendar, &date, &count)?.to_string())?;
        }
        Command::Explain { command: Explain::Due { date, rule, settings } } => {
            let config = Config::load(settings.options, folder)?;
            let calendar = Calendar::load(&config)?;
            let deadlines = cases::settings::Settings::load(&config)?.deadlines;
            usage::say(&cases::explain::due(&calendar, &deadlines, &date, &rule)?.to_string())?;
        }
        Command::Verify(settings) => return verify(settings.options, folder).await,
        Command::Simulator(arguments) => simulator::run(arguments).await?,
        Command::DrawOfd { input, into, dots, most, only } => {
            usage::say(&document::draw_ofd(&input, &into, document::Order { dots, most, only })?)?;
        }
        Command::Help { command } => return usage::help(Cli::command(), &command),
    }
    Ok(ExitCode::SUCCESS)
}

/// The floor below, for commands that work once and end.
async fn open(options: Options, folder: &Path) -> anyhow::Result<Base> {
    let config = Config::load(options, folder)?;
    log::start(&config)?;
    Ok(Base::open(config, Clock::System).await?)
}

async fn serve(options: Options, folder: &Path, roles: &[Role]) -> anyhow::Result<()> {
    let mut config = Config::load(options, folder)?;
    log::start(&config)?;
    for name in unknown_variables() {
        tracing::warn!(
            "环境变量 {name} 不是本程序的设置，没有起作用。请核对拼写，可用的名字见 yishiting help。"
        );
    }
    let signals = Signals::listen()?;
    let listener = server::listen(&mut config)?;
    let base = Base::open(config, Clock::System).await?;
    if let Some(password) = people::staff::first_admin(&base).await? {
        eprintln!("已创建管理员账号 admin，密码 {password}（只显示这一次，请登录后修改）。");
    }
    let running = Server::build(base).await?.start(listener, roles)?;
    usage::say(&format!("ready http://{}", running.address()))?;
    running.until_told_to_stop(signals).await
}

async fn demo(options: Options, simulator: String, folder: &Path) -> anyhow::Result<()> {
    // Quiet unless asked: what a newcomer should read is where to click.
    let options = Options { log: options.log.or_else(|| Some("warn".to_string())), ..options };
    let config = Config::load(options.clone(), folder)?;
    log::start(&config)?;
    demo::run(options, simulator, folder, usage::say).await
}

/// 0: the log and what is derived from it agree; 1: they do not.
async fn verify(options: Options, folder: &Path) -> anyhow::Result<ExitCode> {
    let base = open(options, folder).await?;
    let verdict = meeting::verify::verify(&base).await?;
    let votes = ballot::verify::verify(&base).await?;
    let polls = ballot::poll::verify::verify(&base).await?;
    usage::say(&format!(
        "已核对 {} 场会议、{} 条日志、{} 条签到。",
        verdict.meetings, verdict.events, verdict.rows
    ))?;
    usage::say(&format!("已核对 {} 项表决、{} 张票。", votes.rounds, votes.votes))?;
    usage::say(&format!(
        "已核对 {} 个小调查、{} 份回答、{} 个提问。",
        polls.polls, polls.answers, polls.questions
    ))?;
    let cases = cases::verify::verify(&cases::Cases::start(base).await?, |_| {}).await?;
    usage::say(&format!("已核对 {} 件诉求、{} 条经过。", cases.cases, cases.events))?;
    let differences = [verdict.differences, votes.differences, polls.differences, cases.differences].concat();
    if differences.is_empty() {
        usage::say("日志与签到状态、票与结果、小调查与回答、诉求与经过完全一致。")?;
        return Ok(ExitCode::SUCCESS);
    }
    usage::say(&differences.join("\n"))?;
    Ok(ExitCode::FAILURE)
}

async fn migrate(options: Options, folder: &Path) -> anyhow::Result<()> {
    let config = Config::load(options, folder)?;
    log::start(&config)?;
    let pending = bring_up(&config).await.map_err(OpenError::Database)?;
    usage::say(&match pending {
        0 => "数据库已是最新结构。".to_string(),
        steps => format!("已完成 {steps} 步升级。"),
    })
}

async fn bring_up(config: &Config) -> Result<usize, sea_orm::DbErr> {
    let db = Db::connect(&config.database_url).await?;
    let pending = db.pending_migrations().await?;
    db.migrate().await?;
    db.close().await?;
    Ok(pending)
}

/// Variables that look like ours and are no setting: most likely a slip of the pen.
fn unknown_variables() -> Vec<String> {
    fn known(command: &clap::Command, names: &mut Vec<String>) {
        names.extend(command.get_arguments().filter_map(|arg| Some(arg.get_env()?.to_str()?.to_string())));
        command.get_subcommands().for_each(|sub| known(sub, names));
    }
    let mut names = Vec::new();
    known(&Cli::command(), &mut names);
    crate::base::config::variables("YST_").into_iter().filter(|name| !names.contains(name)).collect()
}
