//! The command line, as an operator meets it.

use std::time::{Duration, Instant};

use crate::support::Program;
use crate::support::program::{command, run};

#[test]
fn serving_begins_with_one_line_that_names_the_real_port() {
    let folder = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let mut program = Program::start(command(folder.path(), &["serve", "--listen", "127.0.0.1:0"]));
    let line = program.line().unwrap();
    assert!(started.elapsed() < Duration::from_secs(10));
    let port: u16 = line.strip_prefix("ready http://127.0.0.1:").unwrap().parse().unwrap();
    assert!(port > 0);
    let connected = std::net::TcpStream::connect(("127.0.0.1", port));
    assert!(connected.is_ok());
    assert!(program.terminate().success());
}

#[test]
fn an_open_connection_does_not_hold_up_a_stop() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Program::start(command(folder.path(), &["serve", "--listen", "127.0.0.1:0"]));
    let address = program.line().unwrap().strip_prefix("ready http://").unwrap().to_string();
    let mut connection = std::net::TcpStream::connect(&address).unwrap();
    std::io::Write::write_all(&mut connection, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut first = [0; 12];
    std::io::Read::read_exact(&mut connection, &mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    let asked = Instant::now();
    assert!(program.terminate().success());
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
}

#[test]
fn an_unknown_setting_is_refused_with_its_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("wechat-config")).unwrap();
    std::fs::write(folder.path().join("wechat-config/yishiting.toml"), "# 说明\nlissten = \"x\"\n").unwrap();
    for words in [["serve"], ["check-config"]] {
        let (code, text) = run(folder.path(), &words);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains("yishiting.toml 第 2 行") && text.contains("lissten"), "{text}");
        assert!(!text.contains("panicked"), "{text}");
    }
}

#[test]
fn a_port_that_is_taken_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, text) = run(folder.path(), &["serve", "--listen", &address]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains(&format!("无法监听 {address}")) && text.contains("端口是否已被"), "{text}");
}

#[test]
fn a_check_of_a_fresh_folder_says_what_the_first_start_will_make() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = run(folder.path(), &["check-config"]);
    assert_eq!(code, Some(0), "{text}");
    for part in ["数据库：./data/yishiting.db 还没有，首次启动时建立", "主密钥", "检查通过"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!folder.path().join("data/yishiting.db").exists(), "a check makes nothing");
}

#[test]
fn a_check_names_variables_that_do_nothing_and_a_database_that_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let output = command(folder.path(), &["check-config"])
        .env("YST_LISSTEN", "127.0.0.1:1")
        .env("YST_DATABASE_URL", "postgres://nobody:secret-word@127.0.0.1:1/none")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("YST_LISSTEN 不是本程序的设置") && text.contains("数据库：无法连接"), "{text}");
    assert!(!text.contains("secret-word"), "{text}");
}

#[test]
fn migrating_twice_is_migrating_once() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = run(folder.path(), &["migrate"]);
    assert!(code == Some(0) && text.contains("步升级"), "{text}");
    let (code, text) = run(folder.path(), &["migrate"]);
    assert!(code == Some(0) && text.contains("数据库已是最新结构"), "{text}");
}

#[test]
fn an_account_made_at_the_machine_shows_its_password_once() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = run(folder.path(), &["staff", "add", "wang", "--name", "王敏", "--role", "viewer"]);
    assert!(code == Some(0) && text.contains("已新建只读账号 wang，密码 "), "{text}");
    let (code, text) = run(folder.path(), &["staff", "add", "wang"]);
    assert!(code == Some(1) && text.contains("这个用户名已被使用"), "{text}");
}

#[test]
fn a_log_that_agrees_with_what_is_derived_from_it_is_said_to() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = run(folder.path(), &["verify"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("已核对 0 场会议") && text.contains("完全一致"), "{text}");
}

#[test]
fn a_menu_needs_an_account() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = run(folder.path(), &["menu", "diff"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("没有配置公众号"), "{text}");
}

#[tokio::test]
async fn a_roster_goes_in_and_a_sheet_comes_out_by_command() {
    use crate::support::hall::Hall;
    let hall = Hall::open().await;
    let code = hall.meeting().await.code;
    let folder = hall.app.folder();
    let database = hall.base.config.database_url.clone();
    let words = |words: &[&str]| {
        let mut command = command(folder, words);
        command.env("YST_DATABASE_URL", &database).env("YST_DATA_DIR", &hall.base.config.data_dir);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let list = folder.join("list.csv");
    std::fs::write(&list, "姓名,单位,手机号\n江一帆,市金融办,13812346021\n王海,市总工会,1361\n").unwrap();
    let list = list.to_str().unwrap();

    let (status, text) = words(&["import", "roster", "--meeting", &code, "--dry-run", list]);
    assert!(text.contains("没有做改动。如果导入，将会新增 1 人"), "{text}");
    assert_eq!((status, hall.snapshot().await.expected), (Some(1), 0));
    let (status, text) = words(&["import", "roster", "--meeting", &code, list]);
    assert!(text.contains("已新增 1 人") && text.contains("第 3 行没有导入"), "{text}");
    assert!(!text.contains("13812346021"), "{text}");
    assert_eq!((status, hall.snapshot().await.expected), (Some(1), 1));

    let (status, text) = words(&["export", "sheet", "--meeting", &code, "sheet.xlsx"]);
    assert_eq!(status, Some(0), "{text}");
    let book = std::fs::read(folder.join("sheet.xlsx")).unwrap();
    let rows = yishiting::base::sheet::read(&book, 10).unwrap();
    assert!(rows.iter().flatten().any(|cell| cell == "138****6021"), "{rows:?}");
    let (status, _) = words(&["export", "sheet", "--meeting", &code, "sheet.xlsx"]);
    assert_eq!(status, Some(1), "what is there is not overwritten");
    let (status, text) = words(&["export", "sheet", "--meeting", "nowhere", "other.xlsx"]);
    assert!(status == Some(1) && text.contains("没有签到码为 nowhere 的会议"), "{text}");
}

#[test]
fn every_command_is_explained_and_named_in_the_operators_manual() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = run(folder.path(), &["help"]);
    assert_eq!(code, Some(0), "{text}");
    let manual = include_str!("../../docs/operations.md");
    let list = text.split("命令：").nth(1).unwrap().split("\n\n").next().unwrap();
    let commands: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.len() > 10, "{list}");
    for name in commands {
        let (code, text) = run(folder.path(), &["help", name]);
        assert!(code == Some(0) && text.contains("用法"), "{name}: {text}");
        assert!(name == "help" || manual.contains(name), "{name} is not in docs/operations.md");
    }
}
