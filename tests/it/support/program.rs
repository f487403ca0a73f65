//! The program itself, started as an operator starts it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use super::TestApp;

/// A command line in a folder of its own, without the settings of whoever runs the tests.
pub fn command(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yishiting"));
    command.args(words).current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

/// Runs to the end; what was printed and the exit code.
pub fn run(folder: &Path, words: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command(folder, words).output().unwrap();
    let text = [stdout, stderr].concat();
    (status.code(), String::from_utf8(text).unwrap())
}

/// The server of `app` as a process of its own on the same database, with more settings, and its address. It lives by
/// the real clock.
pub fn serve(app: &TestApp, more: &[(&str, String)]) -> (Program, String) {
    let config = &app.base.config;
    let mut command = command(app.folder(), &["serve", "--listen", "127.0.0.1:0"]);
    command
        .env("YST_DATABASE_URL", &config.database_url)
        .env("YST_DATA_DIR", &config.data_dir)
        .env("YST_MASTER_KEY_FILE", &config.master_key_file)
        .envs(more.iter().map(|(name, value)| (*name, value)));
    if let Some(redis) = &config.redis_url {
        command.env("YST_REDIS_URL", redis);
    }
    let mut program = Program::start(command);
    let line = program.line().unwrap();
    let site = line.strip_prefix("ready ").unwrap_or_else(|| panic!("{line}")).to_string();
    (program, site)
}

/// A program at work; killed when dropped.
pub struct Program {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Program {
    pub fn start(mut command: Command) -> Program {
        command.stderr(Stdio::null());
        Program::start_logged(command)
    }

    /// The same with the log going where `command` says.
    pub fn start_logged(mut command: Command) -> Program {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Program { child, lines }
    }

    /// The next line of standard output; waits for it.
    pub fn line(&mut self) -> Option<String> {
        self.lines.next().map(Result::unwrap)
    }

    /// Asks it to stop, and waits until it did.
    pub fn terminate(mut self) -> ExitStatus {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait().map(|_| ())) {
            eprintln!("a program was left running: {error}");
        }
    }
}
