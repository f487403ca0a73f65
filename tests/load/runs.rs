//! The measurements themselves. Each prints its line and fails when what it measured was not right.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::http::{Connection, get, post_form};
use crate::measure::{Check, Figures, send_all};
use crate::program::{AES_KEY, APP_ID, Program, SECRET, TOKEN, World, config, options};
use crate::pushes::{between, openid, reply_text, request, scan, text};
use crate::seed::{described, seed};

/// Text replies at 64 connections beside a handler that always says the same.
pub async fn callback_replies(binary: &str, count: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    for mode in ["plain", "safe"] {
        let data = folder.path().join(mode);
        std::fs::create_dir_all(&data)?;
        let program = Program::start(binary, &options(&World::Sqlite, &data, mode, None), &data)?;
        let constant = constant()?;
        let warm = requests(&program.address, mode, 0..count / 10)?;
        let ours = requests(&program.address, mode, count / 10..count / 10 + count)?;
        let bytes = ours.first().map(Vec::len).unwrap_or_default();
        let check: Check = Arc::new(|index, status, body| {
            ensure!(status == 200, "status {status}");
            if index % 1000 == 0 {
                let said = reply_text(body)?;
                ensure!(said.contains("我的会议"), "an unexpected reply: {said}");
            }
            Ok(())
        });
        send_all(&program.address, 64, Arc::new(warm), check.clone()).await?;
        let figures = send_all(&program.address, 64, Arc::new(ours), check).await?;
        println!("{}", figures.line(&format!("text replies, {mode} mode, 64 connections")));
        println!(
            "{:<44} {:>9.1} MiB",
            format!("  memory after it ({bytes} bytes a request)"),
            program.memory()?
        );
        let beside = requests(&constant.address, mode, 0..count)?;
        let check = Arc::new(|_, status, _: &str| {
            ensure!(status == 200, "status {status}");
            Ok(())
        });
        let base = send_all(&constant.address, 64, Arc::new(beside), check).await?;
        println!("{}", base.line("  a constant handler, the same requests"));
        println!("{:<44} {:>9.2}", "  ours / constant", figures.per_second() / base.per_second());
    }
    Ok(())
}

fn requests(address: &str, mode: &str, numbers: std::ops::Range<usize>) -> anyhow::Result<Vec<Vec<u8>>> {
    numbers.map(|number| request(address, mode, &text(number, "帮助"))).collect()
}

fn constant() -> anyhow::Result<Program> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("constant");
    Program::ready(command)
}

/// Start-up and memory at rest.
pub fn start_up(binary: &str) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let options = options(&World::Sqlite, folder.path(), "safe", None);
    let first = Program::start(binary, &options, folder.path())?;
    let first_start = first.start_up;
    drop(first);
    let mut starts: Vec<Duration> = Vec::new();
    for _ in 0..5 {
        starts.push(Program::start(binary, &options, folder.path())?.start_up);
    }
    starts.sort_unstable();
    println!(
        "{:<44} {:>9.0} ms",
        "ready, very first start (migrations, password)",
        first_start.as_secs_f64() * 1000.0
    );
    println!("{:<44} {:>9.0} ms", "ready, later starts (median of 5)", starts[2].as_secs_f64() * 1000.0);
    let program = Program::start(binary, &options, folder.path())?;
    std::thread::sleep(Duration::from_secs(2));
    println!("{:<44} {:>9.1} MiB", "memory at rest", program.memory()?);
    Ok(())
}

/// Known people scan the meeting's code: every answer names a position, and all positions are 1..N.
pub async fn scene_scans(binary: &str, world: &World, people: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let options = options(world, folder.path(), "safe", None);
    let code = seed(config(options.clone(), folder.path())?, people).await?.code;
    let program = Program::start(binary, &options, folder.path())?;
    let scans: Vec<Vec<u8>> = (0..people)
        .map(|number| request(&program.address, "safe", &scan(number, &format!("m_{code}"))))
        .collect::<anyhow::Result<_>>()?;
    let positions = Arc::new(Mutex::new(Vec::new()));
    let seen = positions.clone();
    let check = Arc::new(move |_, status, body: &str| {
        ensure!(status == 200, "status {status}");
        let said = reply_text(body)?;
        let position = between(&said, "您是第 ", " 位").with_context(|| format!("no position in: {said}"))?;
        seen.lock().map_err(|_| anyhow::anyhow!("poisoned"))?.push(position.parse::<i64>()?);
        Ok(())
    });
    let figures = send_all(&program.address, 32, Arc::new(scans), check).await?;
    println!("{}", figures.line(&format!("sign-ins by scene scan, {}, 32 conn.", world.name())));
    gap_free(&positions, people)
}

/// New people through the whole page: code, WeChat's authorization, form, done.
pub async fn h5_sign_ins(binary: &str, world: &World, people: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let phones = Phones::start(binary)?;
    let mut options = options(world, folder.path(), "safe", Some(&phones.url));
    options.listen = Some(phones.callback.clone());
    let code = seed(config(options.clone(), folder.path())?, 1).await?.code;
    let program = Program::start(binary, &options, folder.path())?;

    let next = Arc::new(std::sync::atomic::AtomicUsize::new(1));
    let positions = Arc::new(Mutex::new(Vec::new()));
    let started = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..32 {
        let (next, positions, code) = (next.clone(), positions.clone(), code.clone());
        let (site, wechat) = (program.address.clone(), phones.simulator.address.clone());
        tasks.push(tokio::spawn(async move {
            let mut site = Visitor::open(&site).await?;
            let mut wechat = Visitor::open(&wechat).await?;
            let mut latencies = Vec::new();
            loop {
                let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if number > people {
                    return anyhow::Ok(latencies);
                }
                let sent = Instant::now();
                let position = sign_in(&mut site, &mut wechat, &code, number).await?;
                latencies.push(sent.elapsed());
                positions.lock().map_err(|_| anyhow::anyhow!("poisoned"))?.push(position);
            }
        }));
    }
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await??);
    }
    let figures = Figures::of(started.elapsed(), latencies);
    println!("{}", figures.line(&format!("sign-ins by H5 path, {}, 32 conn.", world.name())));
    gap_free(&positions, people)
}

/// WeChat's side of the wire, on a port of its own.
pub struct Phones {
    pub simulator: Program,
    /// Its address, for the measured program.
    pub url: String,
    /// Where it expects that program: `127.0.0.1:port`.
    pub callback: String,
}

impl Phones {
    pub fn start(binary: &str) -> anyhow::Result<Phones> {
        let (own, callback) = (free_port()?, format!("127.0.0.1:{}", free_port()?));
        let mut command = Command::new(binary);
        command.args([
            "simulator",
            "--listen",
            &format!("127.0.0.1:{own}"),
            "--callback",
            &format!("http://{callback}/wechat/callback"),
            "--token",
            TOKEN,
            "--encoding-aes-key",
            AES_KEY,
            "--app-id",
            APP_ID,
            "--app-secret",
            SECRET,
            "--mode",
            "safe",
        ]);
        Ok(Phones { simulator: Program::ready(command)?, url: format!("http://127.0.0.1:{own}"), callback })
    }
}

/// One phone: a connection and its cookies.
pub struct Visitor {
    host: String,
    connection: Connection,
    pub cookies: String,
}

impl Visitor {
    pub async fn open(address: &str) -> anyhow::Result<Visitor> {
        Ok(Visitor {
            host: address.to_string(),
            connection: Connection::open(address).await?,
            cookies: String::new(),
        })
    }

    /// Sends a request and keeps the cookies; status, `Location`, body.
    async fn go(&mut self, request: Vec<u8>) -> anyhow::Result<(u16, String, String)> {
        let answer = self.connection.exchange(&request).await?;
        let mut fresh: Vec<String> = Vec::new();
        for cookie in answer.headers("set-cookie") {
            fresh.push(cookie.split(';').next().unwrap_or_default().to_string());
        }
        let location = answer.headers("location").next().unwrap_or_default().to_string();
        let result = (answer.status, location, answer.text().to_string());
        for cookie in fresh {
            let name = cookie.split('=').next().unwrap_or_default().to_string();
            let mut kept: Vec<&str> = self
                .cookies
                .split("; ")
                .filter(|old| !old.is_empty() && !old.starts_with(&format!("{name}=")))
                .collect();
            kept.push(&cookie);
            self.cookies = kept.join("; ");
        }
        Ok(result)
    }

    pub async fn get(&mut self, path: &str) -> anyhow::Result<(u16, String, String)> {
        let request = get(&self.host, path, &self.cookies);
        self.go(request).await
    }
}

/// Person `number` signs in on a phone that nobody has used; their position.
pub async fn sign_in(
    site: &mut Visitor,
    wechat: &mut Visitor,
    code: &str,
    number: usize,
) -> anyhow::Result<i64> {
    site.cookies.clear();
    let page = format!("/m/{code}");
    let (status, authorize, _) = site.get(&page).await?;
    ensure!(status == 302, "the page sent to WeChat with {status}");
    let (path, fragment) = authorize.split_once("#").unwrap_or((&authorize, ""));
    ensure!(fragment == "wechat_redirect", "no fragment in {authorize}");
    let path = path_of(path)?;
    let (status, back, _) = wechat.get(&format!("{path}&sim_openid={}", openid(100_000 + number))).await?;
    ensure!(status == 302, "authorized with {status}");
    let (status, clean, body) = site.get(path_of(&back)?).await?;
    ensure!(status == 302, "returned with {status}: {body}");
    let (status, _, form) = site.get(path_of(&clean)?).await?;
    ensure!(status == 200 && form.contains("确认签到"), "no form: {status}");
    let person = described(number).context("a phone")?;
    let fields: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("csrf", between(&form, "name=\"csrf\" value=\"", "\"").unwrap_or_default())
        .append_pair("unit", &person.unit)
        .append_pair("name", &person.name)
        .append_pair("phone", person.phone.reveal())
        .finish();
    let post = post_form(&site.host, &format!("{page}/checkin"), &site.cookies, &fields);
    let (status, location, body) = site.go(post).await?;
    ensure!(status == 303, "the form was answered with {status}: {body}");
    let (_, _, done) = site.get(path_of(&location)?).await?;
    let position =
        between(&done, "您是第<b class=\"figure\">", "</b>位").context("no position on the page")?;
    Ok(position.parse()?)
}

fn path_of(url: &str) -> anyhow::Result<&str> {
    match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map(|at| &rest[at..]).context("an address without a path"),
        None => Ok(url),
    }
}

fn gap_free(positions: &Mutex<Vec<i64>>, people: usize) -> anyhow::Result<()> {
    let mut positions = positions.lock().map_err(|_| anyhow::anyhow!("poisoned"))?.clone();
    positions.sort_unstable();
    ensure!(
        positions == (1..=people as i64).collect::<Vec<_>>(),
        "positions are not 1..{people} without gap or repeat"
    );
    println!("{:<44} {:>9}", "  positions 1..N without gap or repeat", "yes");
    Ok(())
}

fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A fresh database on the server at `url`.
pub async fn fresh_database(url: &str, name: &str) -> anyhow::Result<String> {
    use sea_orm::ConnectionTrait;
    let admin = sea_orm::Database::connect(url).await?;
    admin.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name}")).await?;
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
    admin.close().await?;
    let mut fresh = url::Url::parse(url)?;
    fresh.set_path(&format!("/{name}"));
    Ok(fresh.to_string())
}

/// The folder that a run may use must exist.
pub fn is_file(path: &str) -> anyhow::Result<()> {
    ensure!(Path::new(path).is_file(), "{path} is not there: run `make dist` first");
    Ok(())
}
