//! The load tool: measures an optimised binary on this machine, over the loopback, with bounded counts, and checks
//! that every answer was right. `make bench` runs it; `docs/performance.md` tells what came out.

#![allow(clippy::disallowed_methods, reason = "it reads its environment and sleeps between measurements")]

mod cars;
mod cases;
mod copies;
mod documents;
mod http;
mod measure;
mod program;
mod pushes;
mod runs;
#[path = "../it/document/samples.rs"]
#[allow(dead_code, reason = "a deck is all that is measured")]
mod samples;
mod seed;
mod town;
mod votes;

use actix_web::{App, HttpResponse, HttpServer, web};
use program::World;

/// What the constant handler says: as long as a usual reply.
const CONSTANT: &str = "<xml><ToUserName><![CDATA[oLoad00000000000000000000000]]></ToUserName><FromUserName><![CDATA[gh_load]]></FromUserName><CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[success]]></Content></xml>";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        anyhow::bail!("a TLS provider is installed already");
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("constant") => constant().await,
        Some(binary) => {
            let has = |option: &str| arguments.iter().any(|argument| argument == option);
            let only = ["--scans", "--documents", "--votes", "--cars", "--burst", "--cases"]
                .into_iter()
                .find(|only| has(only));
            measure(binary, has("--quick"), only).await
        }
        None => anyhow::bail!(
            "load BINARY [--quick] [--scans | --documents | --votes | --cars | --burst | --cases]: measures BINARY; --quick with a tenth of the counts, the others one thing alone; --cars alone takes ten minutes for each storage, --burst is its last part; --cases alone measures a million of them besides ten thousand"
        ),
    }
}

async fn measure(binary: &str, quick: bool, only: Option<&str>) -> anyhow::Result<()> {
    runs::is_file(binary)?;
    let binary = std::fs::canonicalize(binary)?;
    let binary = binary.to_str().ok_or_else(|| anyhow::anyhow!("a path that is no text"))?;
    let part = if quick { 10 } else { 1 };
    if only.is_none() {
        runs::start_up(binary)?;
        runs::callback_replies(binary, 200_000 / part).await?;
    }
    if matches!(only, None | Some("--documents")) {
        documents::documents(binary, part).await?;
    }
    if only == Some("--documents") {
        return Ok(());
    }
    let mut worlds = vec![World::Sqlite];
    match (std::env::var("TEST_POSTGRES_URL"), std::env::var("TEST_REDIS_URL")) {
        (Ok(database), Ok(redis)) => worlds.push(World::Postgres { database, redis }),
        _ => println!("PostgreSQL + Redis: not measured, TEST_POSTGRES_URL and TEST_REDIS_URL are not set"),
    }
    for world in worlds {
        if matches!(only, None | Some("--votes")) {
            votes::votes(binary, &fresh(&world, "load_votes").await?, 3_400 / part).await?;
        }
        if matches!(only, None | Some("--cars" | "--burst")) {
            let minutes = match only {
                Some("--burst") => 0,
                Some(_) if !quick => 10,
                _ => 1,
            };
            cars::cars(binary, &fresh(&world, "load_cars").await?, minutes, 500 / part).await?;
        }
        if matches!(only, None | Some("--cases")) {
            // Two hundred patterns, so often: ten thousand cases, and a million.
            let mut often = vec![50];
            if only.is_some() && matches!(world, World::Postgres { .. }) {
                often.push(5_000 / part);
            }
            for copies in often {
                cases::cases(binary, &fresh(&world, "load_cases").await?, copies, 2_000 / part).await?;
            }
        }
        if matches!(only, None | Some("--scans")) {
            runs::scene_scans(binary, &fresh(&world, "load_scans").await?, 5_000 / part).await?;
        }
        if only.is_none() {
            runs::h5_sign_ins(binary, &fresh(&world, "load_pages").await?, 2_000 / part).await?;
        }
    }
    Ok(())
}

async fn fresh(world: &World, name: &str) -> anyhow::Result<World> {
    Ok(match world {
        World::Sqlite => World::Sqlite,
        World::Postgres { database, redis } => World::Postgres {
            database: runs::fresh_database(database, name).await?,
            redis: format!("{redis}#{name}:"),
        },
    })
}

async fn constant() -> anyhow::Result<()> {
    let server = HttpServer::new(|| {
        App::new().default_service(web::to(|_body: web::Bytes| async {
            HttpResponse::Ok().content_type("application/xml").body(CONSTANT)
        }))
    })
    .workers(2)
    .bind("127.0.0.1:0")?;
    for address in server.addrs() {
        println!("ready http://{address}");
    }
    Ok(server.run().await?)
}
