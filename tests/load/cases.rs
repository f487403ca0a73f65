//! Petitions: submitting, searching and the inbox of a unit with ten thousand cases and with a million, ten events each.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use sea_orm::EntityTrait;
use uuid::Uuid;
use yishiting::base::Base;
use yishiting::base::clock::Clock;
use yishiting::base::db::whole;
use yishiting::cases::access::{self, Seat};
use yishiting::cases::model::Part;
use yishiting::cases::{Cases, verify};
use yishiting::people::model::follower;
use yishiting::people::session::{self, Kind};
use yishiting::people::staff::{self, Role};

use crate::copies;
use crate::http::{get, post_form, post_picture};
use crate::measure::{Check, Figures, send_all};
use crate::program::{PASSWORD, Program, World, config, options};
use crate::pushes::openid;
use crate::runs::Phones;
use crate::town::{self, PATTERNS};

const CONNECTIONS: usize = 16;
/// Units that look into their inbox.
const UNITS: usize = 8;

/// Whose sessions are used.
struct People {
    phones: Vec<String>,
    desks: Vec<String>,
}

/// `copies` of the patterns in `world`, then `count` requests of each kind.
pub async fn cases(binary: &str, world: &World, copies: usize, count: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let phones = Phones::start(binary)?;
    let mut options = options(world, folder.path(), "safe", Some(&phones.url));
    options.listen = Some(phones.callback.clone());
    let began = Instant::now();
    let now = Clock::System.now();
    let base = Base::open(config(options.clone(), folder.path())?, Clock::manual(now)).await?;
    let cases = Cases::start(base.clone()).await?;
    town::patterns(&cases, now).await?;
    let people = people(&cases, count).await?;
    if let World::Postgres { database, .. } = world {
        copies::copy(database, copies).await?;
        // A million is folded in minutes; what holds of few copies holds of many.
        if copies <= 100 {
            let verdict = verify::verify(&cases, |_| {}).await?;
            ensure!(
                verdict.differences.is_empty(),
                "rows and logs differ: {:?}",
                verdict.differences.first()
            );
        }
    }
    base.stopping.cancel();
    drop(cases);
    base.db.close().await?;
    let all = if matches!(world, World::Sqlite) { PATTERNS } else { PATTERNS * copies };
    println!("{all} cases, {} ({:.0} s to fill)", world.name(), began.elapsed().as_secs_f64());

    let program = Program::start(binary, &options, folder.path())?;
    let address = program.address.clone();
    let searches = town::words();
    let searches = searches.iter().map(|word| {
        let path =
            format!("/cases?q={}", url::form_urlencoded::byte_serialize(word.as_bytes()).collect::<String>());
        get(&address, &path, "")
    });
    let desk = |path: &str| -> Vec<Vec<u8>> {
        people.desks.iter().map(|cookie| get(&address, path, cookie)).collect()
    };
    // Paths that read; the statistics of a year belong here, too.
    let reads = [
        ("search of two signs", searches.collect::<Vec<_>>()),
        ("newest public cases", vec![get(&address, "/cases", "")]),
        ("inbox of a unit: what waits", desk("/desk/cases")),
        ("inbox of a unit: all", desk("/desk/cases?all=1")),
    ];
    for (what, requests) in reads {
        let many = |count: usize| requests.iter().cycle().take(count).cloned().collect::<Vec<_>>();
        let check: Check = Arc::new(|_, status, _| {
            ensure!(status == 200, "status {status}");
            Ok(())
        });
        send_all(&address, CONNECTIONS, Arc::new(many(requests.len().max(count / 10))), check.clone())
            .await?;
        let figures = send_all(&address, CONNECTIONS, Arc::new(many(count)), check).await?;
        println!("{}", line(what, &figures));
    }
    submit(&address, &people.phones).await
}

/// Everybody fills in the form, then everybody sends it.
async fn submit(address: &str, phones: &[String]) -> anyhow::Result<()> {
    let form = |(number, cookie): (usize, &String)| {
        let (title, body, place) = town::about(number);
        let fields = [
            ("kind", "help"),
            ("category", "road"),
            ("title", title.as_str()),
            ("body", body.as_str()),
            ("where", place.as_str()),
        ];
        post_picture(address, "/cases/new", cookie, "127.0.0.1", &fields, b"")
    };
    let shown: Check = Arc::new(|_, status, body| {
        ensure!(status == 200 && body.contains("/cases/confirm"), "status {status}: {}", said(body));
        Ok(())
    });
    let forms = phones.iter().enumerate().map(form).collect();
    let figures = send_all(address, CONNECTIONS, Arc::new(forms), shown).await?;
    println!("{}", line("form, with cases that are alike", &figures));
    let sent: Check = Arc::new(|_, status, body| {
        ensure!(status == 200 && body.contains("查询码"), "status {status}: {}", said(body));
        Ok(())
    });
    let confirm = phones.iter().map(|cookie| post_form(address, "/cases/confirm", cookie, "")).collect();
    let figures = send_all(address, CONNECTIONS, Arc::new(confirm), sent).await?;
    println!("{}", line("submit, answered when durable", &figures));
    Ok(())
}

fn said(body: &str) -> String {
    body.split("<main").last().unwrap_or(body).chars().take(600).collect()
}

/// People who follow, and liaisons of units, all signed in.
async fn people(cases: &Cases, count: usize) -> anyhow::Result<People> {
    let base = &cases.base;
    let now = base.clock.now();
    let followers: Vec<follower::Model> = (0..count)
        .map(|number| follower::Model {
            id: Uuid::now_v7(),
            openid: openid(number),
            subscribed: true,
            subscribed_at: Some(now),
            unsubscribed_at: None,
            created_at: now,
        })
        .collect();
    let tx = base.db.write().await?;
    for chunk in followers.chunks(1000) {
        let rows = chunk.iter().cloned().map(whole::<follower::ActiveModel>);
        follower::Entity::insert_many(rows).exec_without_returning(&tx).await?;
    }
    tx.commit().await?;
    let (mut phones, mut desks) = (Vec::new(), Vec::new());
    for follower in &followers {
        let opened = session::open(base, Kind::Follower, follower.id, "load").await?;
        phones.push(format!("yst_phone={}", opened.token));
    }
    for unit in cases.units.all().iter().take(UNITS) {
        let id = staff::add(base, &unit.code, "林志强", Role::Viewer, PASSWORD, "load").await?;
        let seat = Seat { part: Part::Liaison, unit: unit.code.clone() };
        access::appoint(cases, id, &seat, true, "load").await?;
        let opened = session::open(base, Kind::Staff, id, "load").await?;
        desks.push(format!("yst_desk={}", opened.token));
    }
    Ok(People { phones, desks })
}

fn line(what: &str, figures: &Figures) -> String {
    let ms = |part: Duration| part.as_secs_f64() * 1000.0;
    format!(
        "  {what:<34} p50 {:>8.2} ms   p95 {:>8.2} ms   p99 {:>8.2} ms   {:>6.0}/s   ({})",
        ms(figures.percentile(50)),
        ms(figures.percentile(95)),
        ms(figures.percentile(99)),
        figures.per_second(),
        figures.count
    )
}
