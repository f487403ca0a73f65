//! Car-moving: how long after somebody asked the owner's message and call are with a carrier, twenty times a minute and
//! in a burst. Every rule is in force: each request comes from a person, an address and a car of its own.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use yishiting::base::Base;
use yishiting::base::clock::Clock;
use yishiting::base::privacy::mac;
use yishiting::notify::phone::receipts;

use crate::http::{Connection, post_picture};
use crate::measure::Figures;
use crate::program::{Program, World, config, options};
use crate::runs::Phones;
use crate::seed::{Driver, drivers};

/// Requests in a minute of the steady part.
const PER_MINUTE: usize = 20;
/// Connections that the phones of the burst share.
const CONNECTIONS: usize = 64;
/// How often is looked whether everything is with the carrier; times are the carrier's own.
const LOOK: Duration = Duration::from_millis(500);
/// A message that comes later does not come.
const PATIENCE: Duration = Duration::from_secs(180);

/// `minutes` of steady requests, then `burst` at once, in `world`.
pub async fn cars(binary: &str, world: &World, minutes: usize, burst: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let phones = Phones::start(binary)?;
    let mut options = options(world, folder.path(), "safe", Some(&phones.url));
    options.listen = Some(phones.callback.clone());
    options.phone_simulator = Some(phones.url.clone());
    options.trusted_proxies = Some(1);
    let base = Base::open(config(options.clone(), folder.path())?, Clock::System).await?;
    let all = drivers(&base, minutes * PER_MINUTE + burst).await?;
    let hook = |name| format!("http://{}{}", phones.callback, receipts::path(&base.keys, name));
    let hooks = json!({"receipts": {"aliyun": hook("aliyun"), "tencent": hook("tencent")}});
    base.stopping.cancel();
    base.db.close().await?;
    let carriers = Carriers { client: reqwest::Client::new(), url: phones.url.clone() };
    carriers
        .client
        .post(format!("{}/_sim/settings", phones.url))
        .json(&hooks)
        .send()
        .await?
        .error_for_status()?;
    let program = Program::start(binary, &options, folder.path())?;

    let (steady, rush) = all.split_at(minutes * PER_MINUTE);
    if !steady.is_empty() {
        let what = format!("{PER_MINUTE} a minute for {minutes} min, {}", world.name());
        carriers.report(&what, steady, ask_steadily(&program.address, steady).await?).await?;
    }
    let what = format!("{burst} at once, {}, {CONNECTIONS} conn.", world.name());
    carriers.report(&what, rush, ask_at_once(&program.address, rush).await?).await
}

/// Who asked: when, in milliseconds since 1970, and how long the answer took.
struct Asked {
    who: usize,
    at: i64,
    took: Duration,
}

/// One every three seconds, each on a connection of its own.
async fn ask_steadily(address: &str, people: &[Driver]) -> anyhow::Result<Vec<Asked>> {
    let mut turn = tokio::time::interval(Duration::from_secs(60) / PER_MINUTE as u32);
    let mut asked = Vec::new();
    for who in 0..people.len() {
        turn.tick().await;
        let mut connection = Connection::open(address).await?;
        asked.push(ask(&mut connection, address, people, who).await?);
    }
    Ok(asked)
}

async fn ask_at_once(address: &str, people: &[Driver]) -> anyhow::Result<Vec<Asked>> {
    let next = Arc::new(AtomicUsize::new(0));
    let phones = (0..CONNECTIONS).map(|_| async {
        let mut connection = Connection::open(address).await?;
        let mut asked = Vec::new();
        loop {
            let who = next.fetch_add(1, Ordering::Relaxed);
            if who >= people.len() {
                return anyhow::Ok(asked);
            }
            asked.push(ask(&mut connection, address, people, who).await?);
        }
    });
    Ok(futures_util::future::try_join_all(phones).await?.into_iter().flatten().collect())
}

async fn ask(
    connection: &mut Connection,
    address: &str,
    people: &[Driver],
    who: usize,
) -> anyhow::Result<Asked> {
    let driver = &people[who];
    // Urgent, so that telephones ring at whatever hour this runs.
    let fields = [
        ("plate", driver.plate.as_str()),
        ("reason", "fire_lane"),
        ("sure", "1"),
        ("where", "罗阳大道 88 号门口"),
        ("place", "gcj02,27.7783,120.6551,10"),
    ];
    let from = format!("10.{}.{}.{}", people.len() % 250, who / 200, 1 + who % 200);
    let picture = picture(&driver.plate)?;
    let request = post_picture(address, "/car", &driver.cookie, &from, &fields, &picture);
    let (at, sent) = (Clock::System.now().timestamp_millis(), Instant::now());
    let answer = connection.exchange(&request).await?;
    let took = sent.elapsed();
    let said = answer.text().chars().take(400).collect::<String>();
    ensure!(answer.status == 303, "status {}: {said}", answer.status);
    Ok(Asked { who, at, took })
}

/// A picture that looks like no other: 72 grey squares.
fn picture(of: &str) -> anyhow::Result<Vec<u8>> {
    let shades: Vec<u8> = (0..3u8).flat_map(|part| mac(of.as_bytes(), &[&[part]])).collect();
    let draw = |x: u32, y: u32| image::Rgb([shades[(x / 8 + y / 8 * 9) as usize]; 3]);
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new(&mut bytes);
    encoder.encode_image(&image::RgbImage::from_fn(72, 64, draw))?;
    Ok(bytes)
}

/// The carriers' side.
struct Carriers {
    client: reqwest::Client,
    url: String,
}

impl Carriers {
    async fn read(&self, path: &str) -> anyhow::Result<Value> {
        let answer = self.client.get(format!("{}/_sim/{path}", self.url)).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    /// Waits until every owner has their message and call, and prints how long after the request they were there.
    async fn report(&self, what: &str, people: &[Driver], asked: Vec<Asked>) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            let numbers = self.read("numbers").await?;
            let has_both = |one: &&Driver| numbers["numbers"][&one.owner].as_u64() >= Some(2);
            let told = people.iter().filter(has_both).count();
            if told == people.len() {
                break;
            }
            ensure!(began.elapsed() < PATIENCE, "only {told} of {} were told", people.len());
            tokio::time::sleep(LOOK).await;
        }
        let sent = self.read("phones/sent").await?;
        let items = sent["items"].as_array().context("no items")?;
        let references: HashSet<&str> = items.iter().filter_map(|item| item["reference"].as_str()).collect();
        ensure!(references.len() == items.len(), "something was sent twice");
        let mut first: HashMap<(&str, &str), i64> = HashMap::new();
        let (mut messages, mut calls) = (HashMap::<&str, usize>::new(), 0);
        for item in items {
            let (number, medium) =
                (item["number"].as_str().unwrap_or(""), item["medium"].as_str().unwrap_or(""));
            first.entry((number, medium)).or_insert(item["at_ms"].as_i64().context("no time")?);
            match medium {
                "sms" => *messages.entry(number).or_default() += 1,
                _ => calls += 1,
            }
        }
        ensure!(
            people.iter().all(|one| messages.get(one.owner.as_str()) == Some(&1)),
            "not one message each"
        );
        let after = |medium: &str| -> anyhow::Result<Figures> {
            let late = asked.iter().map(|one| {
                let at = first.get(&(people[one.who].owner.as_str(), medium)).context("not told")?;
                Ok(Duration::from_millis(u64::try_from(at - one.at)?))
            });
            Ok(Figures::of(Duration::ZERO, late.collect::<anyhow::Result<_>>()?))
        };
        let answers = Figures::of(Duration::ZERO, asked.iter().map(|one| one.took).collect());
        let (sms, call) = (after("sms")?, after("call")?);
        println!("{}", line(&format!("{what}: answered"), &answers));
        println!("{}", line("  message with the carrier", &sms));
        println!("{}", line("  call started", &call));
        println!(
            "{:<60} {:>9}   ({calls} calls so far, rung again where nobody took them)",
            "  each asked for was sent, none twice", "yes"
        );
        Ok(())
    }
}

fn line(what: &str, figures: &Figures) -> String {
    let ms = |percent| figures.percentile(percent).as_secs_f64() * 1000.0;
    format!(
        "{what:<60} p50 {:>8.1} ms   p95 {:>8.1} ms   p99 {:>8.1} ms   ({})",
        ms(50),
        ms(95),
        ms(99),
        figures.count
    )
}
