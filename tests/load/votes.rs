//! Votes: a whole hall presses within a moment of the opening, presses again, and the screen shows what it came to.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use uuid::Uuid;
use yishiting::base::Base;
use yishiting::base::clock::Clock;

use crate::http::post_form;
use crate::measure::{Check, Figures, send_all};
use crate::program::{PASSWORD, Program, World, config, options};
use crate::seed::{Voter, chamber};

/// Connections that the phones share.
const CONNECTIONS: usize = 64;
/// How often everybody presses in all.
const TIMES: usize = 5;
/// How often the screen is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// A result that comes later does not come.
const PATIENCE: Duration = Duration::from_secs(10);

/// `people` vote in a secret and in a named round of `world`.
pub async fn votes(binary: &str, world: &World, people: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let options = options(world, folder.path(), "safe", None);
    let (meeting, voters) = chamber(config(options.clone(), folder.path())?, people).await?;
    let program = Program::start(binary, &options, folder.path())?;
    let chair = Chair::sign_in(&program, meeting.id).await?;
    let hall = Hall { program: &program, code: &meeting.code, screen: &meeting.screen_key, voters: &voters };
    for (template, kind) in [("congress_motion", "secret"), ("residents", "named")] {
        let round = chair.open(template).await?;
        let figures = hall.press(&round).await?;
        println!(
            "{}",
            figures.line(&format!("{people} vote, {kind}, {}, {CONNECTIONS} conn.", world.name()))
        );
        for _ in 1..TIMES {
            hall.press(&round).await?;
        }
        let closing = Instant::now();
        chair.act(&round, "close").await?;
        let closed = closing.elapsed();
        let shown = hall.result(closing).await?;
        println!(
            "{:<44} {:>9.0} ms   on the screen {:>8.0} ms   (counts as pressed, every press {TIMES} times)",
            "  closed, counted and frozen",
            closed.as_secs_f64() * 1000.0,
            shown.as_secs_f64() * 1000.0,
        );
    }
    drop(program);
    let base = Base::open(config(options, folder.path())?, Clock::System).await?;
    let proof = yishiting::ballot::verify::verify(&base).await?;
    ensure!(proof.differences.is_empty(), "the count does not hold: {:?}", proof.differences);
    println!("{:<44} {:>9}", "  receipts = counts, digests hold", "yes");
    Ok(base.db.close().await?)
}

/// The chair's program.
struct Chair {
    client: reqwest::Client,
    rounds: String,
    token: String,
}

impl Chair {
    async fn sign_in(program: &Program, meeting: Uuid) -> anyhow::Result<Chair> {
        let client = reqwest::Client::new();
        let api = format!("http://{}/api/v1", program.address);
        let who = json!({"username": "admin", "password": PASSWORD});
        let answer = client.post(format!("{api}/login")).json(&who).send().await?.error_for_status()?;
        let token = answer.json::<Value>().await?["token"].as_str().context("no token")?.to_string();
        Ok(Chair { client, rounds: format!("{api}/meetings/{meeting}/rounds"), token })
    }

    async fn post(&self, url: &str, body: Value) -> anyhow::Result<Value> {
        let key = Uuid::now_v7().to_string();
        let sent = self.client.post(url).bearer_auth(&self.token).header("Idempotency-Key", key).json(&body);
        let answer = sent.send().await?;
        let status = answer.status();
        let body: Value = answer.json().await?;
        ensure!(status.is_success(), "{url} was answered with {status}: {body}");
        Ok(body)
    }

    async fn act(&self, round: &str, verb: &str) -> anyhow::Result<Value> {
        self.post(&format!("{}/{round}/{verb}", self.rounds), json!({})).await
    }

    /// The id of a round that is open.
    async fn open(&self, template: &str) -> anyhow::Result<String> {
        let draft = json!({"template": template, "question": "关于通过本次会议决议的表决"});
        let made = self.post(&self.rounds, draft).await?;
        let round = made["id"].as_str().context("no id")?.to_string();
        self.act(&round, "ready").await?;
        self.act(&round, "open").await?;
        Ok(round)
    }
}

/// Everybody in the room.
struct Hall<'a> {
    program: &'a Program,
    code: &'a str,
    screen: &'a str,
    voters: &'a [Voter],
}

impl Hall<'_> {
    /// Everybody presses once: a third each for, against and abstaining.
    async fn press(&self, round: &str) -> anyhow::Result<Figures> {
        let path = format!("/m/{}/ballots/{round}", self.code);
        let presses = self.voters.iter().enumerate().map(|(number, voter)| {
            let form = format!("op={}&m1={}", voter.person.simple(), number % 3);
            post_form(&self.program.address, &path, &voter.cookie, &form)
        });
        let check: Check = Arc::new(|_, status, body| {
            ensure!(
                status == 200 && body.contains("已表决"),
                "status {status}: {}",
                &body[..body.len().min(400)]
            );
            Ok(())
        });
        send_all(&self.program.address, CONNECTIONS, Arc::new(presses.collect()), check).await
    }

    /// From `since` until the screen shows the numbers that were pressed.
    async fn result(&self, since: Instant) -> anyhow::Result<Duration> {
        let url = format!("http://{}/screen/{}/ballot/snapshot", self.program.address, self.screen);
        loop {
            ensure!(since.elapsed() < PATIENCE, "no result on the screen");
            let looked: Value = reqwest::get(&url).await?.error_for_status()?.json().await?;
            let picture = &looked["ballot"];
            if picture["mode"] == "result" {
                ensure!(picture["voted"] == json!(self.voters.len()), "not everybody is counted: {picture}");
                return Ok(since.elapsed());
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}
