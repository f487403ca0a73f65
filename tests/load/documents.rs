//! Documents: from the upload to pages, beside the bare converters in the same run; and pages from the cache.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use futures_util::future::try_join_all;
use serde_json::Value;
use uuid::Uuid;

use crate::http::get;
use crate::measure::send_all;
use crate::program::{PASSWORD, Program, World, config, options};
use crate::pushes::between;
use crate::runs::{Phones, Visitor, sign_in};
use crate::samples::pptx;
use crate::seed::seed;

/// Slides, and how often each is measured.
const DECKS: [(usize, usize); 3] = [(10, 3), (50, 3), (200, 2)];
/// How often progress is asked for; readers hear of it by a stream.
const ASK: Duration = Duration::from_millis(20);
/// A conversion that takes longer is stuck.
const PATIENCE: Duration = Duration::from_secs(180);

/// Uploads decks over the API, waits for their pages, and reads one page again and again.
pub async fn documents(binary: &str, part: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let phones = Phones::start(binary)?;
    let mut options = options(&World::Sqlite, folder.path(), "safe", Some(&phones.url));
    options.listen = Some(phones.callback.clone());
    let meeting = seed(config(options.clone(), folder.path())?, 1).await?;
    let program = Program::start(binary, &options, folder.path())?;
    let before = program.memory()?;
    let office = Office::sign_in(&program, meeting.id).await?;
    let peak = Peak::watch();
    for (slides, times) in DECKS {
        let times = times.div_ceil(part);
        let (mut first, mut all, mut bare) = (Vec::new(), Vec::new(), Vec::new());
        for time in 0..times {
            let deck = deck(slides, &format!("{slides} {time}"))?;
            bare.push(bare_all(std::slice::from_ref(&deck)).await?);
            let took = office.upload(deck, slides).await?;
            first.push(took.first);
            all.push(took.all);
        }
        let (first, all, bare) = (middle(first), middle(all), middle(bare));
        println!(
            "{:<44} {:>9.2} s    all pages {all:>6.2} s   bare soffice + pdftoppm {bare:>6.2} s   ratio {:.2}",
            format!("{slides} slides, first page"),
            first,
            all / bare
        );
    }
    let decks: Vec<Vec<u8>> =
        (0..4).map(|number| deck(50, &format!("together {number}"))).collect::<anyhow::Result<_>>()?;
    let bare = bare_all(&decks).await?;
    let started = Instant::now();
    let took = try_join_all(decks.into_iter().map(|deck| office.upload(deck, 50))).await?;
    let all = started.elapsed().as_secs_f64();
    println!(
        "{:<44} {:>9.2} s    all pages {all:>6.2} s   bare, four together     {bare:>6.2} s   ratio {:.2}",
        "four of 50 slides at once, last first page",
        took.iter().map(|took| took.first).fold(0.0, f64::max),
        all / bare
    );
    println!("{:<44} {:>9.1} MiB", "largest converter process", peak.end()?);
    let shown = took.last().context("no upload")?.material;
    let page = address_of_first_page(&program, &phones, &meeting.code, shown).await?;
    let reads = vec![get(&program.address, &page.path, &page.cookies); 20_000 / part];
    let check = Arc::new(|_, status, _: &str| {
        ensure!(status == 200, "status {status}");
        Ok(())
    });
    let figures = send_all(&program.address, 32, Arc::new(reads), check).await?;
    println!("{}", figures.line("a page that was shown before, 32 conn."));
    println!(
        "{:<44} {:>9.1} MiB (before the first upload {before:.1})",
        "  memory after it",
        program.memory()?
    );
    Ok(())
}

/// A deck whose bytes are like no other's, so that nothing is found in the store.
fn deck(slides: usize, mark: &str) -> anyhow::Result<Vec<u8>> {
    let mut file = std::io::Cursor::new(pptx(slides));
    let mut archive = zip::ZipWriter::new_append(&mut file)?;
    archive.set_comment(mark)?;
    archive.finish()?;
    Ok(file.into_inner())
}

fn middle(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_unstable_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or_default()
}

/// The desk, as a program of the office uses it.
struct Office {
    client: reqwest::Client,
    materials: String,
    token: String,
}

/// Seconds from the start of the upload.
struct Took {
    first: f64,
    all: f64,
    material: Uuid,
}

impl Office {
    async fn sign_in(program: &Program, meeting: Uuid) -> anyhow::Result<Office> {
        let client = reqwest::Client::new();
        let api = format!("http://{}/api/v1", program.address);
        let who = serde_json::json!({"username": "admin", "password": PASSWORD});
        let answer = client.post(format!("{api}/login")).json(&who).send().await?.error_for_status()?;
        let token = answer.json::<Value>().await?["token"].as_str().context("no token")?.to_string();
        Ok(Office { client, materials: format!("{api}/meetings/{meeting}/materials"), token })
    }

    async fn upload(&self, deck: Vec<u8>, slides: usize) -> anyhow::Result<Took> {
        let started = Instant::now();
        let file = reqwest::multipart::Part::bytes(deck).file_name("工作汇报.pptx");
        let form = reqwest::multipart::Form::new().text("visibility", "before").part("file", file);
        let key = Uuid::now_v7().to_string();
        let sent = self.client.post(&self.materials).bearer_auth(&self.token).header("Idempotency-Key", key);
        let answer = sent.multipart(form).send().await?;
        let status = answer.status();
        let made: Value = answer.json().await?;
        ensure!(status == 201, "the upload was answered with {status}: {made}");
        let material: Uuid = made["id"].as_str().context("no id")?.parse()?;
        let mut first = None;
        loop {
            ensure!(started.elapsed() < PATIENCE, "no pages after {PATIENCE:?}");
            tokio::time::sleep(ASK).await;
            let asked = self.client.get(format!("{}/{material}", self.materials)).bearer_auth(&self.token);
            let preview = asked.send().await?.error_for_status()?.json::<Value>().await?["preview"].clone();
            if preview["pages_ready"].as_u64() > Some(0) {
                first.get_or_insert(started.elapsed().as_secs_f64());
            }
            match preview["state"].as_str() {
                Some("ready") => break,
                Some("failed") => anyhow::bail!("no preview: {preview}"),
                _ => {}
            }
            ensure!(preview["pages_ready"].as_u64() <= Some(slides as u64), "more pages than slides");
        }
        let all = started.elapsed().as_secs_f64();
        Ok(Took { first: first.context("no first page")?, all, material })
    }
}

/// Seconds that the converters take by themselves, each deck in a new profile, all started together.
async fn bare_all(decks: &[Vec<u8>]) -> anyhow::Result<f64> {
    let room = tempfile::tempdir()?;
    let folders: Vec<_> = (0..decks.len()).map(|number| room.path().join(number.to_string())).collect();
    for (folder, deck) in folders.iter().zip(decks) {
        std::fs::create_dir(folder)?;
        std::fs::write(folder.join("deck.pptx"), deck)?;
    }
    let started = Instant::now();
    let runs = folders.into_iter().map(|folder| tokio::task::spawn_blocking(move || bare(&folder)));
    for run in try_join_all(runs).await? {
        run?;
    }
    Ok(started.elapsed().as_secs_f64())
}

fn bare(folder: &Path) -> anyhow::Result<()> {
    let mut office = Command::new("soffice");
    office
        .arg(format!("-env:UserInstallation=file://{}/profile", folder.display()))
        .args(["--headless", "--norestore", "--convert-to", "pdf", "--outdir"])
        .arg(folder)
        .arg(folder.join("deck.pptx"));
    finish(office)?;
    let mut poppler = Command::new("pdftoppm");
    poppler
        .args(["-r", "110", "-jpeg", "-jpegopt", "quality=80"])
        .arg(folder.join("deck.pdf"))
        .arg(folder.join("page"));
    finish(poppler)
}

fn finish(mut command: Command) -> anyhow::Result<()> {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}

/// Where somebody who is signed in finds a material's first page.
struct FirstPage {
    path: String,
    cookies: String,
}

async fn address_of_first_page(
    program: &Program,
    phones: &Phones,
    code: &str,
    material: Uuid,
) -> anyhow::Result<FirstPage> {
    let mut site = Visitor::open(&program.address).await?;
    let mut wechat = Visitor::open(&phones.simulator.address).await?;
    sign_in(&mut site, &mut wechat, code, 1).await?;
    let (status, _, html) = site.get(&format!("/m/{code}/materials/{material}")).await?;
    ensure!(status == 200, "the reader's page answered {status}");
    let figure = html.split("<figure id=\"p1\"").nth(1).context("no first page")?;
    let src = between(figure, "src=\"", "\"").context("no picture")?;
    Ok(FirstPage { path: src.replace("&#38;", "&").replace("&amp;", "&"), cookies: site.cookies })
}

/// The largest resident size that a converter of this machine reached meanwhile.
struct Peak {
    kib: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
    watcher: std::thread::JoinHandle<()>,
}

impl Peak {
    fn watch() -> Peak {
        let (kib, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (seen, ended) = (kib.clone(), over.clone());
        let watcher = std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                seen.fetch_max(largest_office().unwrap_or(0), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        Peak { kib, over, watcher }
    }

    /// In MiB.
    fn end(self) -> anyhow::Result<f64> {
        self.over.store(true, Ordering::Relaxed);
        self.watcher.join().map_err(|_| anyhow::anyhow!("the watcher broke off"))?;
        Ok(self.kib.load(Ordering::Relaxed) as f64 / 1024.0)
    }
}

fn largest_office() -> Option<u64> {
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    processes
        .filter_map(|process| {
            let status = std::fs::read_to_string(process.path().join("status")).ok()?;
            let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            (line("Name:")? == "soffice.bin")
                .then(|| line("VmHWM:")?.split(' ').next()?.parse().ok())
                .flatten()
        })
        .max()
}
