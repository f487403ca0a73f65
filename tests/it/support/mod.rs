//! What every flow test starts from: the whole server on a database of its own, a clock that stands still, and
//! clients that behave like a phone or a browser.
//!
//! `TEST_WORLD=postgres` runs the same tests on PostgreSQL and Redis (see `scripts/with-servers`).

pub mod chamber;
mod citizen;
mod client;
mod events;
pub mod hall;
pub mod leak;
pub mod line;
pub mod log;
pub mod program;
pub mod street;
pub mod town;
mod world;
pub mod yard;

use std::net::TcpListener;

use chrono::NaiveDateTime;
use yishiting::base::Base;
use yishiting::base::clock::{Clock, Instant, from_shanghai};
use yishiting::base::config::{Config, Options};
use yishiting::base::privacy;
use yishiting::jobs::Worker;
use yishiting::people::session::{self, Kind};
use yishiting::people::staff;
use yishiting::server::{self, Role, Running, Server};
use yishiting::simulator::{self, Simulator, SimulatorOptions};

pub use citizen::Citizen;
pub use client::{Answer, Client};
pub use program::Program;
pub use world::World;

/// When every test begins, on a Chinese clock.
pub const NOW: &str = "2026-09-19 08:30";
pub const ADMIN_PASSWORD: &str = "a password for tests";

/// The server under test. Dropping it drops its database.
pub struct TestApp {
    pub base: Base,
    pub clock: Clock,
    running: Option<Running>,
    worker: Worker,
    simulator: simulator::Running,
    world: World,
}

impl TestApp {
    pub async fn spawn() -> TestApp {
        TestApp::spawn_with(|_| {}).await
    }

    /// `change` alters the settings before the start.
    pub async fn spawn_with(change: impl FnOnce(&mut Options)) -> TestApp {
        TestApp::spawn_in_world(World::create().await, change).await
    }

    /// `write` puts files of the operator's into the folder before the start.
    pub async fn spawn_in(write: impl FnOnce(&std::path::Path)) -> TestApp {
        let world = World::create().await;
        write(world.folder());
        TestApp::spawn_in_world(world, |_| {}).await
    }

    async fn spawn_in_world(world: World, change: impl FnOnce(&mut Options)) -> TestApp {
        server::install_crypto();
        let clock = Clock::manual(moment(NOW));
        let played = SimulatorOptions { clock: clock.clone(), ..SimulatorOptions::default() };
        let simulator = Simulator::start(played.clone()).unwrap();
        let mut options = Options {
            listen: Some("127.0.0.1:0".to_string()),
            data_dir: Some(world.folder().join("data")),
            database_url: Some(world.database_url.clone()),
            redis_url: world.redis_url.clone(),
            admin_password: Some(ADMIN_PASSWORD.to_string()),
            wechat_app_id: Some(played.app_id),
            wechat_app_secret: Some(played.app_secret),
            wechat_token: Some(played.token),
            wechat_encoding_aes_key: played.encoding_aes_key,
            wechat_api_base: Some(simulator.url.clone()),
            wechat_open_base: Some(simulator.url.clone()),
            wechat_mp_base: Some(simulator.url.clone()),
            ..Options::default()
        };
        change(&mut options);
        let mut config = Config::load(options, world.folder()).unwrap();
        let listener: TcpListener = server::listen(&mut config).unwrap();
        simulator.set_callback(config.link("/wechat/callback").parse().unwrap());
        let base = Base::open(config, clock.clone()).await.unwrap();
        let server = Server::build(base.clone()).await.unwrap();
        let worker = server.worker();
        // Jobs run when the test says so.
        let running = server.start(listener, &[Role::Web]).unwrap();
        TestApp { base, clock, running: Some(running), worker, simulator, world }
    }

    /// An absolute address on this server.
    pub fn url(&self, path: &str) -> String {
        self.base.config.link(path)
    }

    /// WeChat's side, for acting as its users and breaking it.
    pub fn platform(&self) -> Client {
        Client::browser(self.simulator.url.clone())
    }

    /// A browser that nobody has logged in with.
    pub fn browser(&self) -> Client {
        Client::browser(self.base.config.link(""))
    }

    /// A follower of the account with their phone.
    pub async fn citizen(&self, name: &str) -> Citizen {
        Citizen::follow(name, self.base.config.link(""), &self.simulator.url).await
    }

    /// A program of a member of staff with `role`, logged in.
    pub async fn program_of(&self, role: staff::Role) -> Client {
        let username = format!("{}-{}", role.name(), privacy::random_code(8));
        let id = staff::add(&self.base, &username, "陈晓燕", role, ADMIN_PASSWORD, "test").await.unwrap();
        let opened = session::open(&self.base, Kind::Api, id, "test").await.unwrap();
        self.browser().with_bearer(&opened.token)
    }

    /// A program that holds meetings over the API.
    pub async fn organiser(&self) -> Client {
        self.program_of(staff::Role::Organiser).await
    }

    /// Runs every job that is due, and those that they make; how many ran.
    pub async fn run_jobs(&self) -> usize {
        self.worker.run_due().await.unwrap()
    }

    /// Takes the database away, as a crash of its machine would.
    pub async fn lose_database(&self) {
        self.base.db.clone().close().await.unwrap();
    }

    /// Stops the server as SIGTERM does.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    /// The folder of this test's files.
    pub fn folder(&self) -> &std::path::Path {
        self.world.folder()
    }
}

/// `2026-09-19 08:30` on a Chinese clock.
pub fn moment(text: &str) -> Instant {
    from_shanghai(NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap())
}
